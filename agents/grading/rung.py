"""One rung of the ladder: an endpoint with its breaker, its pace and the one loop that asks again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from pydantic import BaseModel, ConfigDict, Field

from agents.grading.audit import LONGEST_ANSWER, Call
from agents.grading.breaker import Breaker
from agents.grading.budget import Purse
from agents.grading.endpoint import (
    VARIANTS,
    BadJson,
    Broken,
    Busy,
    Endpoint,
    OffList,
    OffText,
    Refused,
    Reply,
    TimedOut,
    TooLong,
    Unavailable,
    Usage,
    WrongSetting,
)
from agents.grading.evidence import stray
from agents.grading.excerpt import fenced, shorten
from agents.grading.pace import Bucket, Limit

LEAST_LENGTH = 400
"""Characters below which shortening a text helps nobody."""
REPAIRS: dict[type[Unavailable], str] = {
    BadJson: "上一次的输出不符合结构。只输出一个完整、合法的 JSON 对象,字段与取值严格按结构。",
    OffList: "上一次的输出中,有字段取了结构没有列出的值({detail})。只从结构列出的值中选取。",
    OffText: "上一次的输出与上面的市民原文对不上。只依据市民原文,用中文填写,quotes 必须一字不差。",
}
BRIEF = "请尽量简短。"
LONGEST_TOLD_S = 3_600.0
"""An endpoint that asks to be spared for longer is tried all the same once this is over."""
MOST_CALLS = len(VARIANTS)
"""Of one question: once in each way, where the endpoint's own is not known yet."""


class RungSettings(BaseModel):
    """When an endpoint is waited for, and when it is spared."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    longest_wait_s: float = Field(20, ge=0)
    """Longest time to wait for a 429 or for the endpoint's pace before the next rung is taken."""
    breaker_failures: int = Field(5, ge=1)
    """Failures in a row that open an endpoint's breaker."""
    breaker_open_s: float = Field(60, gt=0)
    """How long it stays open at first; twice as long each time it fails again, at most ten minutes."""


@dataclass(frozen=True)
class Question:
    """What is asked, and how it is asked again."""

    instructions: str
    text: str
    """The whole text that answers are checked against; what is shown of it is `shown`."""
    shown: str
    facts: str = ""
    """What the platform's own records say of the ticket: before the fence, for no citizen wrote it."""
    remark: str = ""
    """After the fence: what was wrong the last time. The instructions stay as they are, for prefix caches."""
    wait_s: float = 0.0

    @property
    def message(self) -> str:
        return "\n".join(part for part in (self.facts, fenced(self.shown), self.remark) if part)


@dataclass(frozen=True)
class Asked:
    """What became of a question: a reply or a reason, and every call that it took."""

    reply: Reply | None
    reason: str
    calls: tuple[Call, ...]


def again(error: Unavailable, question: Question, longest_wait_s: float) -> Question | None:
    """How to ask once more after this failure; None: the next rung. Each outcome has its own answer."""
    if error.has_other_way:
        return question
    if isinstance(error, Busy):
        wait_s = 1.0 if error.retry_after_s is None else error.retry_after_s
        return replace(question, wait_s=wait_s) if wait_s <= longest_wait_s else None
    if isinstance(error, TimedOut | Broken):
        return replace(question, wait_s=0.5)
    if isinstance(error, TooLong):
        if len(question.shown) <= LEAST_LENGTH:
            return None
        return replace(question, shown=shorten(question.shown, len(question.shown) // 2), remark=BRIEF)
    remark = REPAIRS.get(type(error))
    return replace(question, remark=remark.format(detail=error)) if remark is not None else None


def _is_of_the_text(error: Unavailable, question: Question) -> bool:
    """An endpoint that answers that it will not have this one text works: the next one may ask it.

    One for which a short text is too long would say so of all.
    """
    return isinstance(error, Refused) or (isinstance(error, TooLong) and len(question.shown) > LEAST_LENGTH)


@dataclass
class Rung:
    """Shared by all partitions of a worker: it is the endpoint that must not be overrun."""

    endpoint: Endpoint
    settings: RungSettings
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    breaker: Breaker = field(default_factory=Breaker)
    limit: Limit = field(init=False)
    _requests: Bucket = field(init=False)
    _tokens: Bucket = field(init=False)
    _busy: int = 0
    _freed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        own = self.endpoint.settings
        self.limit = Limit.open(own.at_once)
        self._requests = Bucket.full(own.requests_per_minute, self.clock())
        self._tokens = Bucket.full(own.tokens_per_minute, self.clock())

    @property
    def name(self) -> str:
        return self.endpoint.settings.name

    def is_open(self) -> bool:
        """Whether the breaker keeps questions from the endpoint just now."""
        return self.breaker.is_open(self.clock())

    async def ask(self, question: Question, purse: Purse, day: Callable[[float], int]) -> Asked:
        """Two tries at most. Never raises for what the endpoint does. `day`: the local day of an instant."""
        async with self._place():
            if self.is_open():
                return Asked(None, "breaker_open", ())
            calls: list[Call] = []
            reply, reason = await self._try(question, purse, day, calls)
        return Asked(reply, reason, tuple(calls))

    async def _try(
        self, question: Question, purse: Purse, day: Callable[[float], int], calls: list[Call]
    ) -> tuple[Reply | None, str]:
        """One call after the other until there is a reply, or no more sense in asking."""
        tries = 0
        while True:
            most = self.endpoint.most(question.instructions, question.message)
            at = self.clock()
            wait_s = max(question.wait_s, self._requests.wait_s(1, at), self._tokens.wait_s(most.tokens, at))
            if wait_s > self.settings.longest_wait_s:
                return None, "throttled"
            if not purse.reserve(most, day(at)):
                return None, "budget_spent"
            if not calls:
                self._let_through(at)
            reply, error = await self._call(question, most, wait_s, purse, day, calls)
            if error is None:
                self.breaker = Breaker()
                return reply, ""
            tries += not error.has_other_way
            may_ask = tries < 2 and len(calls) < MOST_CALLS
            following = again(error, question, self.settings.longest_wait_s) if may_ask else None
            if following is None:
                if _is_of_the_text(error, question):
                    self.breaker = Breaker()
                else:
                    self._fail(error)
                return None, error.reason
            question = following

    async def _call(
        self,
        question: Question,
        most: Usage,
        wait_s: float,
        purse: Purse,
        day: Callable[[float], int],
        calls: list[Call],
    ) -> tuple[Reply | None, Unavailable | None]:
        """One call at the endpoint's pace: paid, timed and written down."""
        usage, reply, error = Usage(), None, None
        now = self.clock()
        self._requests, self._tokens = self._requests.draw(1, now), self._tokens.draw(most.tokens, now)
        try:
            if wait_s:
                await self.sleep(wait_s)
            at = self.clock()
            try:
                reply = await self.endpoint.ask(question.instructions, question.message)
                usage = reply.usage
                if why := stray(reply.answer, question.text):
                    raise OffText(why, usage, reply.answer.model_dump_json())
                self.limit = self.limit.after_success()
            except Unavailable as failure:
                usage, reply, error = failure.usage, None, failure
                if isinstance(failure, Busy | TimedOut):
                    self.limit = self.limit.after_overload(self.clock())
        finally:
            purse.settle(most, usage, day(now))
            self._tokens = self._tokens.draw(usage.tokens - most.tokens, self.clock())
        calls.append(self._write_down(question, reply, error, usage, len(calls) + 1, at))
        return reply, error

    def _write_down(
        self,
        question: Question,
        reply: Reply | None,
        error: Unavailable | None,
        usage: Usage,
        attempt: int,
        at: float,
    ) -> Call:
        said = (
            reply.answer.model_dump_json() if reply is not None else error.said if error is not None else ""
        )
        return Call.trusted(
            model=self.name,
            attempt=attempt,
            outcome="answered" if error is None else error.reason,
            detail="" if error is None else str(error),
            variant=reply.variant if reply is not None else error.variant if error is not None else None,
            message=question.message,
            answer=said[:LONGEST_ANSWER],
            tokens_in=usage.tokens_in,
            tokens_out=usage.tokens_out,
            cost_cny=usage.cost_cny,
            latency_ms=round((self.clock() - at) * 1000),
            asked_at=at,
        )

    def _let_through(self, at: float) -> None:
        """This question is the one that tries an endpoint whose breaker's time is over: others wait for it."""
        trial_s = 2 * self.endpoint.settings.timeout_s + self.settings.longest_wait_s
        self.breaker = self.breaker.admit(at, trial_s) or self.breaker

    def _fail(self, error: Unavailable) -> None:
        told_s = min(error.retry_after_s or 0.0, LONGEST_TOLD_S) if isinstance(error, Busy) else 0.0
        self.breaker = self.breaker.after_failure(
            self.clock(),
            self.settings.breaker_failures,
            self.settings.breaker_open_s,
            at_least_s=told_s if told_s > self.settings.longest_wait_s else 0.0,
            at_once=isinstance(error, WrongSetting),
        )

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """One of the places that the endpoint can bear just now."""
        async with self._freed:
            await self._freed.wait_for(lambda: self._busy < self.limit.places)
            self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
            async with self._freed:
                self._freed.notify_all()
