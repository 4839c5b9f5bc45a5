"""Who called: a person, nobody in particular, or an account that so many use that it is no person."""

from agents.intake.ticket import Ticket
from agents.problems.rate import Rate
from agents.problems.signature import Signature, hash_of

UNNAMED_PLATFORM = 20
"""So many tickets without a caller, and fewer than 1 % with one: the platform names nobody."""
ACCOUNTS = 8
"""Accounts whose calls are counted. One with more than 1/9 of all calls is always among them (Misra, Gries 1982)."""
SHARED: tuple[tuple[float, int, int], ...] = ((0.2, 200, 14), (0.6, 60, 5))
"""From such a share of so many tickets of a district on, spread over so many days, an account is no person ("匿名", a
counter, a mini-program): one caller's flood of a day or two is one caller's flood.

A fifth is told for sure from 31 % on: the count of an account may be short by a ninth of all. The busiest person of a real
message board wrote 1.7 % of it.
"""


def caller_of(ticket: Ticket, signature: Signature, at: float, total: Rate | None) -> str:
    """The reporter; "" = the one shared unnamed caller. `total`: the stream of all tickets before this one.

    Where a platform names nobody (American 311 data) that would silence every crowd: there each text in each
    minute stands for a caller of its own, "~…"; rate.is_fresh() caps how many of them count a day.
    """
    if ticket.reporter and (total is None or ticket.reporter not in total.nobodies):
        return ticket.reporter
    if total is None or total.unnamed < UNNAMED_PLATFORM or total.named * 100 > total.unnamed:
        return ""
    return f"~{hash_of(signature.text, str(int(at // 60)))}"


def is_named(caller: str) -> bool:
    """Whether it is one person, by pseudonym."""
    return bool(caller) and caller[0] != "~"


def noted(total: Rate, caller: str, day: int) -> dict[str, object]:
    """The fields of the stream of all tickets that say who calls, with one more ticket of `caller`."""
    if not is_named(caller):
        return {"unnamed": total.unnamed + 1}
    often = _counted(total.often, caller, day)
    calls, days, _ = often.get(caller, (0, 0, 0))
    tickets = total.named + total.unnamed + 1
    if not any(
        calls >= share * tickets and tickets >= least and days >= spread for share, least, spread in SHARED
    ):
        return {"named": total.named + 1, "often": often}
    del often[caller]
    return {
        "named": max(0, total.named + 1 - calls),
        "unnamed": total.unnamed + calls,
        "often": often,
        "nobodies": (*total.nobodies, caller)[-ACCOUNTS:],
    }


def _counted(
    often: dict[str, tuple[int, int, int]], caller: str, day: int
) -> dict[str, tuple[int, int, int]]:
    """Misra and Gries: a newcomer without a place takes one call from everyone, who then may lose theirs."""
    if caller in often or len(often) < ACCOUNTS:
        calls, days, last = often.get(caller, (0, 0, day - 1))
        return {**often, caller: (calls + 1, days + (day > last), max(day, last))}
    return {name: (calls - 1, days, last) for name, (calls, days, last) in often.items() if calls > 1}
