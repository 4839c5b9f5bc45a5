"""Whether a worker lives: /healthz, /metrics, and the watchdog that ends one that has fallen silent.

Faust can stop reading without a word and without an exit; a process that ends is started again by whoever
runs it.
"""

import asyncio
import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from streams.metrics import Metrics
from streams.outbox import Halt, Held
from streams.settings import HealthSettings

log = logging.getLogger(__name__)

Place = tuple[str, int]
"""(topic, partition)."""


STOPPED = 70
"""Exit status of a worker that ended itself: start it again once the cause is gone."""
HELD = 71
"""Exit status of a worker that stopped because nearly all inputs fail: started again at once, it would go on to
empty the topic into the dead letters."""


@dataclass
class Agent:
    """What is watched of one agent."""

    name: str
    topics: frozenset[str]
    in_flight: Callable[[], int]
    alive: Callable[[], bool]
    moved_at: float
    """Monotonic time of the last sign of life: an acknowledgement, or a wait for something outside."""
    acked_at: float


class Health:
    """What the page says and the watchdog decides by."""

    def __init__(
        self,
        settings: HealthSettings,
        metrics: Metrics,
        lag: Callable[[], Mapping[Place, int]],
        halt: Halt,
        *,
        busy: Callable[[], bool] = lambda: False,
        offsets: Callable[[], Mapping[str, int]] = dict,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._lag = lag
        self._halt = halt
        self._busy = busy
        self._offsets = offsets
        self._clock = clock
        self._agents: dict[str, Agent] = {}
        self._runner: web.AppRunner | None = None

    def watch(
        self,
        name: str,
        topics: frozenset[str],
        in_flight: Callable[[], int] = lambda: 0,
        alive: Callable[[], bool] = lambda: True,
    ) -> None:
        """Watch an agent from now on."""
        now = self._clock()
        self._agents[name] = Agent(name, topics, in_flight, alive, moved_at=now, acked_at=now)

    def acked(self, name: str, inputs: int) -> None:
        """`inputs` were acknowledged by the agent."""
        agent = self._agents[name]
        agent.moved_at = agent.acked_at = self._clock()
        self._metrics.count("weisu_acknowledged_total", inputs, agent=name)

    def waiting(self, name: str) -> None:
        """The agent waits for something outside, and says so: it is not stalled."""
        self._agents[name].moved_at = self._clock()
        self._metrics.count("weisu_retries_total", agent=name)

    def stalled(self) -> str | None:
        """Why the worker counts as stalled, None when it does not."""
        now, lag, patience_s = self._clock(), self._lag(), self._settings.silence_s
        for agent in self._agents.values():
            silent_s = now - agent.moved_at
            behind = sum(records for (topic, _), records in lag.items() if topic in agent.topics)
            if self._busy():
                # Reading the state back takes its time, but not for ever.
                if silent_s > 4 * patience_s:
                    return f"a rebalance or recovery has not ended for {silent_s:.0f} s"
            elif behind == 0:
                # With nothing to do, silence is no sign; what comes then gets its time.
                agent.moved_at = max(agent.moved_at, now - patience_s / 2)
            elif silent_s > patience_s:
                return f"{agent.name} acknowledged nothing for {silent_s:.0f} s with {behind} waiting"
        return None

    def report(self) -> tuple[bool, dict[str, object]]:
        """(healthy, what /healthz says)."""
        now, lag = self._clock(), self._lag()
        why = self.stalled()
        agents = {
            agent.name: {
                "alive": agent.alive(),
                "in_flight": agent.in_flight(),
                "last_ack_age_s": round(now - agent.acked_at, 1),
                "lag": sum(records for (topic, _), records in lag.items() if topic in agent.topics),
            }
            for agent in self._agents.values()
        }
        dead = [agent.name for agent in self._agents.values() if not agent.alive()]
        if dead:
            why = why or f"not running: {', '.join(dead)}"
        body: dict[str, object] = {"status": "ok" if why is None else "stalled", "agents": agents}
        if why is not None:
            body["why"] = why
        return why is None, body

    def page(self) -> bytes:
        """/metrics."""
        now = self._clock()
        for agent in self._agents.values():
            self._metrics.set("weisu_in_flight", agent.in_flight(), agent=agent.name)
            self._metrics.set("weisu_last_ack_age_seconds", now - agent.acked_at, agent=agent.name)
        self._metrics.clear("weisu_lag")
        for (topic, partition), records in self._lag().items():
            self._metrics.set("weisu_lag", records, topic=topic, partition=str(partition))
        for what, times in self._offsets().items():
            self._metrics.set("weisu_consumer_offsets", times, what=what)
        return self._metrics.text()

    async def serve(self) -> int:
        """Start the page; returns its port."""
        site = web.Application()
        site.router.add_get("/healthz", self._healthz)
        site.router.add_get("/metrics", self._metricz)
        self._runner = web.AppRunner(site, access_log=None, handle_signals=False)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._settings.host, self._settings.port).start()
        port: int = self._runner.addresses[0][1]
        log.info("health page http://%s:%s/healthz", self._settings.host, port)
        return port

    async def close(self) -> None:
        """Stop the page."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def guard(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """The watchdog: looks every few seconds, and ends a stalled worker. Run it as a task of its own."""
        while True:
            await sleep(min(5.0, self._settings.silence_s / 4))
            why = self.stalled()
            if why is not None:
                self._halt(f"stalled: {why}")
                return

    async def _healthz(self, request: web.Request) -> web.Response:
        healthy, body = self.report()
        return web.json_response(body, status=200 if healthy else 503)

    async def _metricz(self, request: web.Request) -> web.Response:
        return web.Response(body=self.page(), content_type="text/plain", charset="utf-8")


def end_process(why: str) -> None:
    """One clear line, then the end, as hard as a kill: nothing can be acknowledged by mistake on the way."""
    log.critical("worker stops: %s", why)
    logging.shutdown()
    os._exit(HELD if isinstance(why, Held) else STOPPED)


def on_signals() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
