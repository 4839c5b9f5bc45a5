"""Puts what the city's desk hears into event-time order, so that two runs over the same events agree."""

from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Generic, TypeVar

from agents.alerting.alert import Command
from agents.alerting.desk import SCOPES
from agents.intake.event_time import EventTime
from agents.problems.problem import Candidate, Count

News = Candidate | Count | Command
Token = TypeVar("Token")


def rank_of(news: News) -> int:
    """Order within one instant: the city's counts, findings from the narrowest scope to the widest, commands.

    The narrowest goes first, so that an estate's alert takes in its street and its district, not the reverse.
    """
    if isinstance(news, Count):
        return 0
    return SCOPES.index(news.scope) + 1 if isinstance(news, Candidate) else len(SCOPES) + 1


def order_of(news: News) -> tuple[int, bool, int, str]:
    """The place of one piece of news among those of one instant.

    Five hundred copies of one second are findings of every size: the largest speaks for all, and that they are
    copies is said first.
    """
    if not isinstance(news, Candidate):
        return rank_of(news), False, 0, name_of(news)
    return rank_of(news), news.kind != "campaign", -news.reporters, name_of(news)


def name_of(news: News) -> str:
    """The id that breaks ties: candidate, ticket or command."""
    if isinstance(news, Count):
        return news.ticket_id
    return news.candidate_id if isinstance(news, Candidate) else news.command_id


def never_waits(news: News) -> bool:
    """A critical hazard and an officer's command are decided at once, whatever the order of the rest."""
    # The most frequent first: on pydantic classes isinstance() is slow where the answer is no.
    if isinstance(news, Count):
        return False
    return isinstance(news, Command) or news.kind == "hazard"


class Waiting(Generic[Token]):
    """News held back until the watermark has passed it.

    Watermark = event time less `lateness`. What arrives behind it is released at once, and so is a date far ahead
    that no other bears out; beyond `limit` the oldest goes first: nothing is lost and memory is bounded. Commands
    carry the officer's clock, not the stream's, and never move the watermark. `Token` travels along untouched: an offset, for
    instance.
    """

    def __init__(self, lateness: timedelta = timedelta(seconds=60), limit: int = 4096) -> None:
        self._lateness = lateness
        self._limit = limit
        self._time = EventTime()
        self._arrivals = 0
        self._heap: list[tuple[datetime, tuple[int, bool, int, str], int, News, Token]] = []

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, news: News, token: Token) -> list[tuple[News, Token]]:
        """Take one piece of news; give back all that may be decided now, in order of time, then order_of()."""
        if never_waits(news) or not self._time.see(news.at):
            return [(news, token)]
        # The arrival number separates two deliveries of the same thing: the heap must never compare tokens.
        self._arrivals += 1
        heappush(self._heap, (news.at, order_of(news), self._arrivals, news, token))
        released = self._release()
        while len(self._heap) > self._limit:
            released.append(self._pop())
        return released

    def advance(self, at: datetime) -> list[tuple[News, Token]]:
        """Event time has reached `at` (a tick): give back what the watermark has passed, in order."""
        self._time.reach(at)
        return self._release()

    def _release(self) -> list[tuple[News, Token]]:
        assert self._time.at is not None
        watermark = self._time.at - self._lateness
        released: list[tuple[News, Token]] = []
        while self._heap and self._heap[0][0] <= watermark:
            released.append(self._pop())
        return released

    def drain(self) -> list[tuple[News, Token]]:
        """All that still waits, in order: the end of a file."""
        return [self._pop() for _ in range(len(self._heap))]

    def _pop(self) -> tuple[News, Token]:
        *_, news, token = heappop(self._heap)
        return news, token
