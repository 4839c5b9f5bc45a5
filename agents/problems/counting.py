"""Count a ticket in the streams it belongs to: problem, street × category, district × category, all."""

from agents.problems.baseline import Rate, clock_of, count, learn_hours, week_of
from agents.problems.book import Book
from agents.problems.case import scope_of
from agents.problems.member import Member

STREAM_RECENT = 50
CLOCK_TICKETS = 5


def rates_after(member: Member, book: Book) -> dict[str, Rate]:
    """The streams of the ticket with it counted, those it has left without it, and that of all tickets."""
    total_key = book.stream("all")
    total = book.rate(total_key)
    if total is None or member.was_open is None:
        total = _count_all(total, member)
    clock = clock_of(total.newest)
    rates: dict[str, Rate] = {}
    for key, fresh in zip(member.left_streams, member.left_fresh, strict=True):
        rates[key] = _count_in(book.rate(key), key, member, -float(fresh), total, clock)
    for key, fresh in zip(member.streams, member.fresh, strict=True):
        rate = book.rate(key)
        if rate is None or key in member.new_streams:
            rate = _count_in(rate, key, member, float(fresh), total, clock)
        rates[key] = rate
    rates[total_key] = total
    return rates


def _count_in(rate: Rate | None, key: str, member: Member, weight: float, total: Rate, clock: float) -> Rate:
    week = week_of(rate.hours if rate is not None else (), total.hours)
    after = count(rate, member.seq, member.at, weight, member.caller, week, clock)
    if after is rate:
        return after
    if scope_of(key) == "district" and key not in member.left_streams:
        after = learn_hours(rate, after, member.at)
    others = after.recent
    if member.ticket_id in others:
        others = tuple(known for known in others if known != member.ticket_id)
    recent = others if key in member.left_streams else (*others, member.ticket_id)[-STREAM_RECENT:]
    return after.model_copy(update={"recent": recent})


def _count_all(total: Rate | None, member: Member) -> Rate:
    if total is not None and total.seq >= member.seq:
        return total
    newest = (*(total.newest if total is not None else ()), member.at)[-CLOCK_TICKETS:]
    clock = clock_of(newest)
    week = week_of((), total.hours if total is not None else ())
    after = count(total, member.seq, member.at, float(any(member.fresh)), "", week, clock)
    after = learn_hours(total, after, member.at)
    named = bool(member.caller) and member.caller[0] != "~"
    return after.model_copy(
        update={
            "callers": {},
            "named": after.named + named,
            "unnamed": after.unnamed + (not named),
            "newest": newest,
        }
    )
