"""Tickets, ladders and a clock moved by hand for the tests of the model rung."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from fakes.model_server import ModelServer
from pydantic import SecretStr

import prompts
from agents.city import City
from agents.grading.answer import Answer, answer_model
from agents.grading.chat import ChatEndpoint
from agents.grading.endpoint import EndpointSettings
from agents.grading.grade import Climbed, Grade
from agents.grading.ladder import Ladder, LadderSettings, rungs_of
from agents.grading.memory import Memory
from agents.grading.rules import RulesGrader
from agents.intake.hazards import find_hazards
from agents.intake.ticket import Ticket

CITY = City()
RULES = RulesGrader(CITY)
ANSWER = answer_model(CITY)
AT = datetime.fromisoformat("2026-03-02T08:00:00+08:00")
CALM = "新华小区停水一上午了,什么时候能来水?"
GAS = "新华小区3号楼楼道里燃气泄漏,味道很大,快来人!"


def ticket(text: str, ticket_id: str = "T1", edition: int = 1, later_s: float = 0, **more: Any) -> Ticket:
    at = AT + timedelta(seconds=later_s)
    return Ticket(
        ticket_id=ticket_id,
        revision=edition,
        edition=edition,
        created_at=at,
        updated_at=at,
        trigger_at=at,
        content=text,
        hazards=find_hazards(text, CITY),
        **more,
    )


class Clock:
    """Moved by hand; sleeping moves it."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


def endpoint(
    server: ModelServer, model: str = "m0", answer: type[Answer] = ANSWER, **settings: Any
) -> ChatEndpoint:
    own = {"cny_per_million_in": 2, "cny_per_million_out": 8, **settings}
    return ChatEndpoint(
        EndpointSettings(model=model, base_url=server.base_url, api_key=SecretStr("k"), **own), answer
    )


def ladder(
    *servers: ModelServer,
    clock: Clock | None = None,
    memory: Memory | None = None,
    own: dict[str, Any] | None = None,
    answer: type[Answer] = ANSWER,
    **settings: Any,
) -> Ladder:
    """A ladder over these servers; `own`: settings of each endpoint."""
    clock = clock or Clock()
    known = LadderSettings(**settings)
    endpoints = [endpoint(server, f"m{place}", answer, **(own or {})) for place, server in enumerate(servers)]
    rungs = rungs_of(endpoints, known, clock, clock.sleep)
    return Ladder(RULES, known, rungs, prompts.load("grade"), memory or Memory())


def climb(rungs: Ladder, *texts: str) -> list[Grade]:
    return [climbed.grade for climbed in climb_all(rungs, *texts)]


def climb_all(rungs: Ladder, *texts: str | Ticket) -> list[Climbed]:
    """One after the other."""

    async def run() -> list[Climbed]:
        return [
            await rungs.climb(text if isinstance(text, Ticket) else ticket(text, f"T{place}"))
            for place, text in enumerate(texts)
        ]

    return asyncio.run(run())


def climb_again(rungs: Ladder, *tickets: Ticket) -> list[Climbed]:
    """For tickets that wait, one after the other."""

    async def run() -> list[Climbed]:
        return [await rungs.climb_again(one) for one in tickets]

    return asyncio.run(run())
