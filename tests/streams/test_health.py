"""Health: a silent worker with work waiting is stalled, and ends; all else is patience."""

import asyncio
import urllib.error
import urllib.request
from typing import Any

import pytest

from streams.health import Health
from streams.metrics import METRICS, Metrics
from streams.settings import HealthSettings


class World:
    """A hand-moved clock, lag and load."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.lag: dict[tuple[str, int], int] = {}
        self.busy = False
        self.halts: list[str] = []
        self.metrics = Metrics()
        self.health = Health(
            HealthSettings(silence_s=60),
            self.metrics,
            lambda: self.lag,
            self.halts.append,
            busy=lambda: self.busy,
            clock=lambda: self.now,
        )
        self.alive = True
        self.health.watch("grade", frozenset({"accepted"}), in_flight=lambda: 3, alive=lambda: self.alive)


def test_silence_with_work_waiting_is_a_stall() -> None:
    world = World()
    world.lag = {("accepted", 0): 2, ("accepted", 1): 3}
    world.now += 61
    why = world.health.stalled()
    assert why is not None and "grade" in why and "5 waiting" in why


def test_an_acknowledgement_is_a_sign_of_life() -> None:
    world = World()
    world.lag = {("accepted", 0): 2}
    world.now += 59
    world.health.acked("grade", 1)
    world.now += 59
    assert world.health.stalled() is None


def test_waiting_for_a_model_is_a_sign_of_life() -> None:
    world = World()
    world.lag = {("accepted", 0): 2}
    world.now += 59
    world.health.waiting("grade")
    world.now += 59
    assert world.health.stalled() is None


@pytest.mark.parametrize("lag", [{}, {("accepted", 0): 0}, {("other", 0): 50}])
def test_silence_with_nothing_to_do_is_no_stall(lag: dict[tuple[str, int], int]) -> None:
    world = World()
    world.lag = lag
    world.now += 1000
    assert world.health.stalled() is None


def test_work_after_a_long_quiet_gets_its_time() -> None:
    world = World()
    world.now += 1000
    assert world.health.stalled() is None
    world.lag = {("accepted", 0): 1}
    world.now += 5
    assert world.health.stalled() is None
    world.now += 60
    assert world.health.stalled() is not None


def test_recovery_has_more_time_but_not_for_ever() -> None:
    world = World()
    world.busy = True
    world.now += 200
    assert world.health.stalled() is None
    world.now += 50
    why = world.health.stalled()
    assert why is not None and "recovery" in why


async def test_the_watchdog_ends_a_stalled_worker() -> None:
    world = World()
    world.lag = {("accepted", 0): 2}
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        world.now += seconds

    await world.health.guard(sleep)
    assert len(world.halts) == 1 and world.halts[0].startswith("stalled: grade")
    assert sum(slept) > 60


def test_the_report_names_what_does_not_run() -> None:
    world = World()
    world.alive = False
    healthy, body = world.health.report()
    assert not healthy
    assert body["why"] == "not running: grade"


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


async def test_the_pages_answer_on_loopback() -> None:
    world = World()
    world.lag = {("accepted", 0): 2}
    port = await world.health.serve()
    try:
        status, body = await asyncio.to_thread(get, f"http://127.0.0.1:{port}/healthz")
        assert status == 200 and '"in_flight": 3' in body and '"lag": 2' in body
        status, body = await asyncio.to_thread(get, f"http://127.0.0.1:{port}/metrics")
        assert status == 200 and 'weisu_lag{partition="0",topic="accepted"} 2.0' in body
        world.now += 61
        status, body = await asyncio.to_thread(get, f"http://127.0.0.1:{port}/healthz")
        assert status == 503 and "stalled" in body
    finally:
        await world.health.close()


def test_every_metric_can_be_written_and_is_on_the_page() -> None:
    metrics = Metrics()
    for name, metric in METRICS.items():
        labels: dict[str, Any] = dict.fromkeys(metric.labels, "x")
        match metric.kind:
            case "counter":
                metrics.count(name, **labels)
            case "gauge":
                metrics.set(name, 1, **labels)
            case "histogram":
                metrics.observe(name, 1, **labels)
        assert f"# HELP {name} {metric.meaning} ({metric.unit})" in metrics.text().decode()


def test_two_sets_of_metrics_do_not_meet() -> None:
    one, other = Metrics(), Metrics()
    one.count("weisu_index_waits_total")
    assert "weisu_index_waits_total 1.0" in one.text().decode()
    assert "weisu_index_waits_total 0.0" in other.text().decode()


def test_partitions_that_are_gone_leave_the_page() -> None:
    world = World()
    world.lag = {("accepted", 0): 2}
    assert 'partition="0"' in world.health.page().decode()
    world.lag = {}
    assert 'partition="0"' not in world.health.page().decode()


def test_what_the_consumer_met_is_on_the_page() -> None:
    metrics = Metrics()
    health = Health(
        HealthSettings(), metrics, dict, pytest.fail, offsets=lambda: {"rewinds": 3, "missing": 0}
    )
    page = health.page().decode()
    assert 'weisu_consumer_offsets{what="rewinds"} 3.0' in page
    assert 'weisu_consumer_offsets{what="missing"} 0.0' in page
