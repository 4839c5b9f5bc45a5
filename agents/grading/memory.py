"""What grading remembers of one partition: paid answers, the day's account, tickets to be graded again."""

import hashlib
import re
import unicodedata
from collections.abc import MutableMapping
from dataclasses import dataclass, field

from agents.grading.answer import Answer
from agents.grading.audit import Audit, reuse_of
from agents.grading.budget import Spent
from agents.grading.endpoint import Usage
from agents.grading.waiting import Waiting
from agents.intake.ticket import Ticket, Value

_SPACE = re.compile(r"\s+")


class Answered(Value):
    """A paid answer: a redelivery, and any ticket of the same text, gets it without asking again."""

    answer: Answer | None
    """None: all were asked and none had an answer that can be used; a redelivery only is spared asking again."""
    audits: tuple[Audit, ...]
    """Of all calls that it took, for the state that it was paid for; the last one brought it."""
    why: str = ""
    """What the rungs above had said."""
    tokens_in: int
    tokens_out: int
    cost_cny: float
    """Of all calls that it took."""

    @property
    def audit(self) -> Audit:
        """Of the call that brought it."""
        return self.audits[-1]

    @property
    def asked_at(self) -> float:
        """Seconds since 1970, by the clock of the worker."""
        return self.audit.call.asked_at

    @property
    def usage(self) -> Usage:
        return Usage(self.tokens_in, self.tokens_out, self.cost_cny)

    def is_for(self, ticket: Ticket) -> bool:
        """Whether it was paid for this very state of the ticket."""
        return (self.audit.ticket_id, self.audit.edition) == (ticket.ticket_id, ticket.edition)

    def serves(self, ticket: Ticket) -> bool:
        """Whether this state of a ticket of the same text need not be asked about: a failure may not last."""
        return self.answer is not None or self.is_for(ticket)

    def records(self, ticket: Ticket) -> tuple[Audit, ...]:
        """What is told about a ticket that gets it: the calls again for the state that paid, for another ticket
        whose answer it is; for another state of the same ticket they stand there already."""
        if self.is_for(ticket):
            return self.audits
        return () if self.audit.ticket_id == ticket.ticket_id else (reuse_of(self.audit, ticket),)


@dataclass
class Memory:
    """Dicts in replay and tests, Faust tables live. `share`: this partition's part of the day's budget."""

    answers: MutableMapping[str, Answered] = field(default_factory=dict)
    spent: MutableMapping[str, Spent] = field(default_factory=dict)
    waiting: MutableMapping[str, Waiting] = field(default_factory=dict)
    share: float = 1.0

    def keep(self, key: str, answered: Answered, most: int) -> None:
        """Remember an answer; of more than `most` the first kept goes (after a restart any: tables come back by key)."""
        if key not in self.answers and len(self.answers) >= most:
            del self.answers[next(iter(self.answers))]
        self.answers[key] = answered

    def forget(self, before: float) -> int:
        """Drop the answers asked for before this instant, seconds since 1970; how many: they hold what citizens
        said, though masked."""
        old = [key for key, known in self.answers.items() if known.asked_at < before]
        for key in old:
            del self.answers[key]
        return len(old)


def key_of(fingerprint: str, prompt: str, text: str) -> str:
    """Where the answer of one model to one prompt about one masked text is kept: spelling and spaces do not count."""
    plain = _SPACE.sub(" ", unicodedata.normalize("NFKC", text)).strip()
    told = "\x1f".join((fingerprint, prompt, plain))
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:40]
