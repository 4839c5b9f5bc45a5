"""The ladder: endpoint → endpoint → rules. Every grade says which rung made it and why."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pydantic import Field

from agents.grading.answer import Answer
from agents.grading.audit import Audit, audit_of
from agents.grading.budget import BudgetSettings, Purse
from agents.grading.endpoint import Endpoint, EndpointSettings, Usage
from agents.grading.excerpt import excerpt, facts
from agents.grading.grade import Climbed, Grade, ReviewReason
from agents.grading.matters import says_nothing
from agents.grading.memory import Answered, Memory, key_of
from agents.grading.rules import RulesGrader
from agents.grading.rung import Question, Rung, RungSettings
from agents.grading.settle import settle
from agents.grading.waiting import OUTAGES, best, failed, note
from agents.intake.ticket import Kind, Ticket
from prompts import Prompt

V = TypeVar("V")

NO_WORDS = "no_words"
"""Why of a grade by rules where the text is nothing but a number or a mask: no model is paid to read that."""
KEPT_S = 90 * 86_400.0
CALM: frozenset[Kind] = frozenset({"praise", "suggestion", "consult"})
"""Kinds that nobody is in need of: the rules' doubt about them costs no one's time."""
UNSURE: tuple[ReviewReason, ...] = ("low_confidence",)
RULED = 50_000
"""Tickets whose rules' grade is remembered."""


class LadderSettings(RungSettings, BudgetSettings):
    """How the grading agent uses its endpoints."""

    endpoints: tuple[EndpointSettings, ...] = ()
    """In the order they are tried. None: rules only."""
    longest_text: int = Field(3000, ge=500)
    """Characters of a ticket that a model sees: head, tail, and sentences with a danger or a place."""
    cache_size: int = Field(10_000, ge=1)
    """Paid answers that are remembered, for each partition."""
    review_below: float = Field(0.4, ge=0, le=1)
    """A grade whose maker, rules or model, is less sure goes to the list for review."""
    waiting_size: int = Field(2_000, ge=1)
    """Tickets that wait to be graded again when a model is back, for each partition."""


def rungs_of(
    endpoints: Sequence[Endpoint],
    settings: LadderSettings,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> tuple[Rung, ...]:
    """The rungs of these endpoints, in this order."""
    return tuple(Rung(endpoint, settings, clock, sleep) for endpoint in endpoints)


@dataclass
class Ladder:
    """Grades a ticket by the first rung that answers. The rules run always: no model lowers what they found."""

    rules: RulesGrader
    settings: LadderSettings = field(default_factory=LadderSettings)
    rungs: Sequence[Rung] = ()
    prompt: Prompt | None = None
    """Needed with rungs."""
    memory: Memory = field(default_factory=Memory)
    kept_s: float = KEPT_S
    """How long a paid answer is used and remembered: as long as its record."""
    _ruled: OrderedDict[str, tuple[tuple[object, ...], str | None, Grade]] = field(
        default_factory=OrderedDict
    )
    _purse: Purse = field(init=False)

    def __post_init__(self) -> None:
        self._purse = Purse(self.settings, self.memory.spent, self.memory.share)

    def over(self, memory: Memory) -> "Ladder":
        """The same ladder over the memory of another partition: breakers and pace are shared, the purse is not."""
        return replace(self, memory=memory)

    def unaffordable(self) -> str:
        """One line for the start, where this partition's share of a day's cap cannot pay for the shortest question;
        empty: it can, or a cap of 0 says that rules are wanted."""
        caps, share = self.settings, self.memory.share
        if not self.rungs or self.prompt is None or not (caps.tokens_per_day and caps.cny_per_day):
            return ""
        least = [rung.endpoint.most(self.prompt.text, "") for rung in self.rungs]
        if any(map(self._purse.affords, least)):
            return ""
        return (
            f"the day's budget is too small, no model will be asked: one of {round(1 / share)} partitions has"
            f" {caps.tokens_per_day * share:.0f} tokens and {caps.cny_per_day * share:.2f} yuan a day, one question may"
            f" take {min(most.tokens for most in least)} tokens and {min(most.cost_cny for most in least):.4f} yuan"
        )

    async def climb(self, ticket: Ticket) -> Climbed:
        """Never raises for what a ticket holds or an endpoint does. What no model has answered waits."""
        climbed, reasons = await self._climb(ticket)
        if reasons is not None:
            note(self.memory.waiting, ticket, climbed.grade, reasons, self.settings.waiting_size)
        return climbed

    async def climb_again(self, ticket: Ticket) -> Climbed:
        """For a ticket that waits: it stays in line until graded() says that its grade has been delivered, or until no
        model can grade its text."""
        climbed, reasons = await self._climb(ticket, again=True)
        if climbed.grade.source == "rules":
            failed(self.memory.waiting, ticket, reasons or ())
        return climbed

    def graded(self, ticket: Ticket) -> None:
        """The grade of this state has been delivered: it waits no more."""
        if self.is_waiting(ticket):
            del self.memory.waiting[ticket.ticket_id]

    def is_waiting(self, ticket: Ticket) -> bool:
        """Whether this very state is in line: a newer one may have been graded meanwhile."""
        entry = self.memory.waiting.get(ticket.ticket_id)
        return entry is not None and entry.ticket.edition == ticket.edition

    async def _climb(self, ticket: Ticket, again: bool = False) -> tuple[Climbed, list[str] | None]:
        """The grade, and why no model made it; None: that is known from before, and nobody was asked now.

        `again`: an answer that could not be used does not count as known.
        """
        ruled = self._by_rules(ticket)
        if not self.rungs or self.prompt is None:
            return Climbed(ruled), []
        if says_nothing(ticket):
            return Climbed(ruled.model_copy(update={"why": NO_WORDS})), []
        prompt = f"{self.prompt.id}+{self.prompt.digest[:8]}"
        question = Question(
            self.prompt.text, ticket.text, excerpt(ticket, self.settings.longest_text), facts(ticket)
        )
        for rung in self.rungs:
            known = self.memory.answers.get(key_of(rung.endpoint.fingerprint, prompt, question.message))
            if known is None or known.asked_at < rung.clock() - self.kept_s:
                continue
            if known.serves(ticket) and not (again and known.answer is None):
                reasons: list[str] | None = None if known.answer is None else []
                return Climbed(self._grade_by(ruled, known, ticket), known.records(ticket)), reasons
        return await self._ask_all(ruled, question, ticket, prompt)

    def due(self, most: int) -> list[Ticket]:
        """Tickets to be climbed for again, when a model may be asked: urgent and new ones first."""
        if not self.memory.waiting or all(rung.is_open() for rung in self.rungs):
            return []
        return best(self.memory.waiting, most)

    async def _ask_all(
        self, ruled: Grade, question: Question, ticket: Ticket, prompt: str
    ) -> tuple[Climbed, list[str]]:
        """Rung by rung until one answers."""
        audits: list[Audit] = []
        why: list[tuple[str, str]] = []
        answer: Answer | None = None
        by = self.rungs[0]
        for place, rung in enumerate(self.rungs, start=1):
            asked = await rung.ask(question, self._purse, self._day)
            audits += [audit_of(ticket, place, prompt, call) for call in asked.calls]
            if asked.reply is not None:
                answer, by = asked.reply.answer, rung
                break
            why.append((rung.name, asked.reason))
        reasons = [reason for _, reason in why]
        known = Answered.trusted(answer=answer, audits=tuple(audits), why=_told(why), **vars(_cost(audits)))
        if answer is not None or (audits and OUTAGES.isdisjoint(reasons)):
            key = key_of(by.endpoint.fingerprint, prompt, question.message)
            self.memory.keep(key, known, self.settings.cache_size)
        return Climbed(self._grade_by(ruled, known, ticket), tuple(audits), len(audits)), reasons

    def _grade_by(self, ruled: Grade, known: Answered, ticket: Ticket) -> Grade:
        """The grade by a known answer; it costs the state that it was paid for, and no other, which says whose it is.

        Only the words are another's: dangers, place and all that rules read are this ticket's own.
        """
        if known.answer is None:
            return ruled.model_copy(update={"why": known.why, **vars(known.usage)})
        is_own = known.is_for(ticket)
        spent = {
            "model": known.audit.call.model,
            "prompt": known.audit.prompt,
            "why": known.why if is_own else f"reused from {known.audit.ticket_id}",
            **vars(known.usage if is_own else Usage()),
        }
        grade = settle(ruled, known.answer, ticket, self.settings.review_below)
        return self.rules.assign(grade, ticket).model_copy(update=spent)

    def _day(self, at: float) -> int:
        """The local day of an instant, in days since 1970."""
        offset = self.rules.city.utc_offset
        shift_s = offset.utcoffset(None).total_seconds() if offset is not None else 0.0
        return int((at + shift_s) // 86_400)

    def _by_rules(self, ticket: Ticket) -> Grade:
        """The rules' grade, remembered while what they read stays the same."""
        seen = (
            ticket.title,
            ticket.content,
            ticket.kind,
            ticket.category,
            ticket.place,
            ticket.parts,
        )
        known = self._ruled.get(ticket.ticket_id)
        if known is None or known[0] != seen:
            grade = self.rules.grade(ticket)
            if grade.confidence < self.settings.review_below and grade.kind not in CALM:
                grade = grade.model_copy(update={"review": UNSURE})
        elif known[1] == ticket.unit:
            return known[2]
        else:
            grade = self.rules.hand_over(known[2], ticket)
        _remember(self._ruled, ticket.ticket_id, (seen, ticket.unit, grade), RULED)
        return grade


def _cost(audits: Sequence[Audit]) -> Usage:
    usage = Usage()
    for audit in audits:
        usage += Usage(audit.call.tokens_in, audit.call.tokens_out, audit.call.cost_cny)
    return usage


def _told(why: Sequence[tuple[str, str]]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in why)


def _remember(store: OrderedDict[str, V], key: str, value: V, size: int) -> None:
    store[key] = value
    store.move_to_end(key)
    if len(store) > size:
        store.popitem(last=False)
