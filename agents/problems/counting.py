"""Count a ticket in the streams it belongs to: problem, street × matter, district × matter, all."""

from agents.problems.book import Book
from agents.problems.callers import noted
from agents.problems.case import scope_of
from agents.problems.member import Member
from agents.problems.rate import Rate, clock_of, count, first, learned

STREAM_RECENT = 50
CLOCK_TICKETS = 5


def rates_after(member: Member, book: Book) -> dict[str, Rate]:
    """The streams of the ticket with it counted, those it has left without it, and that of all tickets."""
    total_key = book.total_key
    total = book.rate(total_key)
    if total is None or member.was_open is None:
        total = _count_all(total, member)
    clock = clock_of(total.newest)
    rates: dict[str, Rate] = {}
    for key, fresh in zip(member.left_streams, member.left_fresh, strict=True):
        rates[key] = _count_in(key, book.rate(key), member, -float(fresh), clock)
    for key, fresh in zip(member.streams, member.fresh, strict=True):
        rate = book.rate(key)
        if rate is None or key in member.new_streams:
            rate = _count_in(key, rate, member, float(fresh), clock)
        rates[key] = rate
    rates[total_key] = total
    return rates


def _count_in(key: str, rate: Rate | None, member: Member, weight: float, clock: float) -> Rate:
    if rate is None and weight == 1.0 and scope_of(key) == "problem":
        return first(member.seq, member.at, member.caller, member.ticket_id)
    leaves = key in member.left_streams
    recent = rate.recent if rate is not None else ()
    if member.ticket_id in recent:
        recent = tuple(known for known in recent if known != member.ticket_id)
    if not leaves:
        recent = (*recent, member.ticket_id)[-STREAM_RECENT:]
    more = learned(rate, member.at) if not leaves and scope_of(key) == "district" else {}
    return count(rate, member.seq, member.at, weight, member.caller, clock, recent=recent, **more)


def _count_all(total: Rate | None, member: Member) -> Rate:
    if total is not None and total.seq >= member.seq:
        return total
    before = total or Rate()
    newest = (*before.newest, member.at)[-CLOCK_TICKETS:]
    return count(
        total,
        member.seq,
        member.at,
        float(any(member.fresh)),
        None,
        clock_of(newest),
        newest=newest,
        **noted(before, member.caller, int(member.at // 86_400)),
        **learned(total, member.at),
    )
