"""Merging problems and splitting them 并入、拆分: what a person asks for, or the machine where there is no doubt.

Both give tickets to another problem and count the two anew from their tickets, so a merge taken back by a split
leaves the counts as they were. The older problem survives a merge, the larger part a split; the id of a problem
that was taken in stays and stands for the one that has it now.

Order of the writes: the problem that goes or comes first, with the record of what was decided; last the one that
keeps its id, with the same record. A redelivery finds the record on the one only and completes the rest, or on
both and says it again.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from agents.intake.ticket import Value
from agents.problems.book import Book
from agents.problems.books import Books
from agents.problems.counting import STREAM_RECENT
from agents.problems.member import Member
from agents.problems.problem import (
    MAX_ALIASES,
    MAX_CALLERS,
    MAX_CAME_BACK,
    MAX_DAYS,
    MAX_PROPOSALS,
    MAX_RECENT,
    MAX_RECORDS,
    MAX_SAID,
    MAX_UNITS,
    Change,
    Gathered,
    Problem,
    Record,
)
from agents.problems.rate import Rate, clock_of, count, is_fresh
from agents.problems.signature import hash_of

MACHINE = "weisu"
"""Who merges when nobody asked."""
_DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()


class Ask(Value):
    """What is asked of problems: a merge where `into` is given, else a split."""

    ask_id: str
    at: datetime
    by: str
    problem_id: str
    into: str | None = None
    """The other problem; which of the two survives is decided by their age."""
    ticket_ids: tuple[str, ...] = ()
    """What to split off."""
    why: str = ""
    score: float = 0.0
    """Of a merge by the machine: the evidence for it."""


def regroup(ask: Ask, books: Books) -> Gathered:
    """Do what is asked, once. A second delivery changes nothing and says the same.

    What cannot be done is recorded as refused at the problem that is known; where none is known, nothing is said.
    """
    names = [name for name in (ask.problem_id, ask.into) if name is not None]
    changes: list[Change] = []
    moved: dict[str, str] = {}
    for book in books.all():
        found = [problem for name in names if (problem := book.problem(name)) is not None]
        if not found:
            continue
        if len(found) < len(names):
            outcome = _refuse(ask, found[0], book, "另一个问题不存在，或者在另一个区")
        elif ask.into is not None:
            outcome = _merge(ask, found, book)
        else:
            outcome = _split(ask, found[0], book)
        changes += outcome.changes
        moved |= outcome.moved
    return Gathered(changes=tuple(changes), moved=moved)


# Merging


def _merge(ask: Ask, found: Sequence[Problem], book: Book) -> Gathered:
    begun = [book.stored(name) for name in (ask.problem_id, ask.into or "")]
    record = _record_of(ask, [*found, *begun])
    if record is not None and record.record == "refused":
        return _say(record, (), book)
    if record is None:
        if found[0].problem_id == found[1].problem_id:
            return Gathered(changes=(Change(problem=found[0]),))
        older, younger = sorted(found, key=lambda problem: (problem.first_seen, problem.problem_id))
        members = book.members_of((younger,))
        record = _decide(ask, "merged", older, younger.problem_id, members, book)
    kept, gone = book.stored(record.problem_id), book.stored(record.other_id)
    assert kept is not None
    if gone is None:
        return _say(record, (), book)
    if _has(kept, record):
        return _say(record, (*gone.aliases, gone.problem_id), book)
    return _take_in(kept, gone, record, book)


def _take_in(kept: Problem, gone: Problem, record: Record, book: Book) -> Gathered:
    """Give all that the younger problem has to the older one."""
    names = (*gone.aliases, gone.problem_id)
    # It keeps its list of names: a redelivery finds in it what is still to be pointed to the survivor.
    points = {"into": kept.problem_id, "status": "merged", "version": record.seq, "proposals": ()}
    book.store_problem(gone.model_copy(update={**points, "records": _with(gone, record)}))
    for name in gone.aliases:
        if (alias := book.stored(name)) is not None:
            book.store_problem(alias.model_copy(update={**points, "records": _with(alias, record)}))
    members = book.members_of((kept, gone))
    _move(members, {member.ticket_id for member in members}, kept.problem_id, record.seq, book)
    _count_stream(kept.problem_id, members, record.seq, book)
    book.drop_stream(gone.problem_id)
    aliases = (*kept.aliases, *names)
    for name in aliases[:-MAX_ALIASES]:
        book.forget_alias(name)
    changes = {**_joined(kept, gone), **_counted(members), "aliases": aliases[-MAX_ALIASES:]}
    _finish(kept, changes, record, book)
    return _say(record, names, book)


def _joined(older: Problem, younger: Problem) -> dict[str, object]:
    """What the survivor takes over beside the counts of its tickets."""
    last = max((older, younger), key=lambda problem: (_time(problem.last_closed_at), problem is older))
    solved = max((older, younger), key=lambda problem: (_time(problem.solved_at), problem is older))
    # What follows a problem has gone on counting from there.
    follows = younger.after in (older.problem_id, *older.aliases)
    is_open = bool(older.open_tickets or younger.open_tickets)
    closings = [at for at in (older.closed_at, younger.closed_at) if at is not None]
    return {
        "first_seen": min(older.first_seen, younger.first_seen),
        "last_seen": max(older.last_seen, younger.last_seen),
        "closed_at": None if is_open else max(closings, default=None),
        "closures": younger.closures + (0 if follows else older.closures),
        "patterns": tuple(dict.fromkeys((*older.patterns, *younger.patterns))),
        "status": "open" if "open" in (older.status, younger.status) else "closed",
        "units": tuple(dict.fromkeys((*older.units, *younger.units)))[-MAX_UNITS:],
        "reply": last.reply,
        "promised": last.promised,
        "promise": last.promise,
        "returns": younger.returns + (0 if follows else older.returns),
        "last_closed_at": last.last_closed_at,
        "solved_at": solved.solved_at,
        "solution": solved.solution,
        "proposals": _still_open(older, younger),
        "came_back": tuple(dict.fromkeys((*older.came_back, *younger.came_back)))[-MAX_CAME_BACK:],
    }


def _still_open(older: Problem, younger: Problem) -> tuple[Record, ...]:
    """The proposals of both that are about a third problem, by whatever names the two have been known."""
    own = {older.problem_id, younger.problem_id, *older.aliases, *younger.aliases}
    proposals = (*older.proposals, *younger.proposals)
    return tuple([one for one in proposals if not own.issuperset((one.problem_id, one.other_id))])[
        -MAX_PROPOSALS:
    ]


def _time(at: datetime | None) -> float:
    return at.timestamp() if at is not None else 0.0


# Splitting


def _split(ask: Ask, whole: Problem, book: Book) -> Gathered:
    begun = [book.stored(name) for name in (_name_of(ask), *whole.aliases)]
    record = _record_of(ask, [whole, *begun])
    if record is not None and record.record == "refused":
        return _say(record, (), book)
    if record is None:
        members = book.members_of((whole,))
        part = _smaller(members, set(ask.ticket_ids))
        if not part:
            return _refuse(ask, whole, book, "要拆出的工单不在这个问题里，或者就是它的全部工单")
        record = _decide(ask, "split", whole, _id_of(part, whole, ask), part, book)
    kept, new = book.stored(record.problem_id), book.stored(record.other_id)
    assert kept is not None
    members = book.members_of((kept,) if new is None else (kept, new))
    part = _smaller(members, set(ask.ticket_ids))
    # Nothing is left to split off where the record on the one has made room for sixteen later ones.
    if _has(kept, record) or not part:
        return _say(record, (record.other_id, *(new.aliases if new is not None else ())), book)
    own = {member.ticket_id for member in part}
    rest = [member for member in members if member.ticket_id not in own]
    left = {f"p-{hash_of(ticket_id)}" for ticket_id in own}
    aliases = tuple(name for name in kept.aliases if name in left and name != record.other_id)
    new = _new(kept, new, members, part, record, book).model_copy(update={"aliases": aliases})
    book.store_problem(new)
    for name in aliases:
        if (alias := book.stored(name)) is not None:
            book.store_problem(alias.model_copy(update={"into": new.problem_id, "version": record.seq}))
    _move(members, own, new.problem_id, record.seq, book)
    _count_stream(new.problem_id, part, record.seq, book)
    _count_stream(kept.problem_id, rest, record.seq, book)
    changes = {**_spanned(kept, members, rest), **_counted(rest)}
    changes["aliases"] = tuple(name for name in kept.aliases if name not in (*aliases, new.problem_id))
    _finish(kept, changes, record, book)
    return _say(record, (new.problem_id, *aliases), book)


def _smaller(members: Sequence[Member], chosen: set[str]) -> list[Member]:
    """The part that leaves: of two equal ones that without the oldest ticket. None, where there is only one part."""
    one = [member for member in members if member.ticket_id in chosen]
    two = [member for member in members if member.ticket_id not in chosen]
    if not one or not two:
        return []
    first = members[0]
    return min(one, two, key=lambda part: (len(part), first in part))


def _name_of(ask: Ask) -> str:
    return f"p-{hash_of('split', ask.ask_id)}"


def _id_of(part: Sequence[Member], whole: Problem, ask: Ask) -> str:
    """A new id; that of a problem once taken in where the part begins with its first ticket."""
    name = f"p-{hash_of(part[0].ticket_id)}"
    return name if name in whole.aliases else _name_of(ask)


def _new(
    kept: Problem,
    before: Problem | None,
    members: Sequence[Member],
    part: Sequence[Member],
    record: Record,
    book: Book,
) -> Problem:
    """The problem split off. One that had been taken in is itself again; else it is named as the one it leaves."""
    plain = {"closures": 0, "returns": 0, "patterns": (), "came_back": (), "after": None, "proposals": ()}
    base = before or kept.model_copy(update={**plain, "problem_id": record.other_id, "records": ()})
    return base.model_copy(
        update={
            **_spanned(kept, members, part),
            **_counted(part),
            "into": None,
            "status": "open",
            "version": record.seq,
            "records": _with(base, record),
        }
    )


def _spanned(kept: Problem, members: Sequence[Member], part: Sequence[Member]) -> dict[str, object]:
    """First and last call of a part, and when it was closed. Tickets keep local seconds only: measured from the
    newest ticket of all."""
    newest = members[-1].at
    first, last = (kept.last_seen - timedelta(seconds=newest - member.at) for member in (part[0], part[-1]))
    closed_at = kept.closed_at or kept.last_closed_at or last
    is_open = any(member.open for member in part)
    return {"first_seen": first, "last_seen": last, "closed_at": None if is_open else closed_at}


# What both do


def _record_of(ask: Ask, problems: Sequence[Problem | None]) -> Record | None:
    """The record of an ask that was answered before, or begun."""
    for problem in problems:
        for record in problem.records if problem is not None else ():
            if record.record_id == ask.ask_id:
                return record
    return None


def _has(problem: Problem, record: Record) -> bool:
    return any(known.record_id == record.record_id for known in problem.records)


def _with(problem: Problem, record: Record) -> tuple[Record, ...]:
    """What was refused makes room first: a redelivery finds what was done by its record."""
    if _has(problem, record):
        return problem.records
    records = (*problem.records, record)
    if len(records) <= MAX_RECORDS:
        return records
    refused = [one for one in records if one.record == "refused"]
    return tuple([one for one in records if one is not (refused or records)[0]])


def _decide(
    ask: Ask, what: str, kept: Problem, other_id: str, members: Sequence[Member], book: Book
) -> Record:
    return Record.model_validate(
        {
            "record": what,
            "at": ask.at,
            "problem_id": kept.problem_id,
            "other_id": other_id,
            "score": ask.score,
            "why": ask.why[:MAX_SAID],
            "record_id": ask.ask_id,
            "by": ask.by[:MAX_SAID],
            "seq": book.seq + 1,
            "tickets": len(members),
            "ticket_ids": tuple(member.ticket_id for member in members[-MAX_RECENT:]),
        }
    )


def _refuse(ask: Ask, problem: Problem, book: Book, why: str) -> Gathered:
    """Nothing is changed but the record that it was asked."""
    record = _record_of(ask, (problem,))
    if record is None:
        record = _decide(ask, "refused", problem, ask.into or "", (), book).model_copy(update={"why": why})
        _finish(problem, {}, record, book)
    return _say(record, (), book)


def _move(members: Sequence[Member], chosen: set[str], problem_id: str, seq: int, book: Book) -> None:
    """Give the chosen tickets to a problem."""
    stream = book.stream("problem", problem_id)
    for member in members:
        if member.ticket_id not in chosen or member.problem_id == problem_id:
            continue
        changes: dict[str, object] = {
            "problem_id": problem_id,
            "streams": (*member.streams[:-1], stream),
            "joined": "moved",
            "moves": member.moves + 1,
            "regrouped": seq,
            # What its last update changed and what it triggered is done: neither is done again where it is now.
            "fired": (),
            "moved_from": None,
            "new_streams": (),
            "left_streams": (),
            "left_fresh": (),
        }
        book.store_member(member.model_copy(update=changes))
        book.search.hand_over(member.slot, problem_id)
    book.tidy(problem_id, clock_of(_total(book).newest))


def _counted(members: Sequence[Member]) -> dict[str, object]:
    """What a problem counts, from its tickets: oldest first."""
    callers: dict[str, int] = {}
    days: dict[str, int] = {}
    for member in members:
        callers[member.caller] = callers.get(member.caller, 0) + 1
        day = date.fromordinal(_EPOCH + int(member.at // _DAY)).isoformat()
        days[day] = days.get(day, 0) + 1
    return {
        "tickets": len(members),
        "reporters": len(callers),
        "callers": dict(list(callers.items())[:MAX_CALLERS]),
        "recent": tuple(member.ticket_id for member in members[-MAX_RECENT:]),
        "open_tickets": sum(member.open for member in members),
        "days": {day: days[day] for day in sorted(days)[-MAX_DAYS:]},
    }


def _count_stream(problem_id: str, members: Sequence[Member], seq: int, book: Book) -> None:
    """The problem's stream of reporters, counted anew; with each ticket whether it added one."""
    key, clock = book.stream("problem", problem_id), clock_of(_total(book).newest)
    rate: Rate | None = None
    for number, ticket in enumerate(members, 1):
        member = book.member(ticket.ticket_id)
        assert member is not None
        fresh = is_fresh(rate, member.caller, member.at)
        recent = (*(rate.recent if rate is not None else ()), member.ticket_id)[-STREAM_RECENT:]
        rate = count(rate, number, member.at, float(fresh), member.caller, clock, recent=recent)
        if member.fresh[-1] is not fresh:
            book.store_member(member.model_copy(update={"fresh": (*member.fresh[:-1], fresh)}))
    book.drop_stream(problem_id)
    if rate is not None:
        book.store_rate(key, rate.model_copy(update={"seq": seq}))


def _total(book: Book) -> Rate:
    return book.rate(book.total_key) or Rate()


def _finish(problem: Problem, changes: dict[str, object], record: Record, book: Book) -> None:
    """The last write: from here on it is done."""
    last = {"version": record.seq, "records": _with(problem, record)}
    book.store_problem(problem.model_copy(update={**changes, **last}))


def _say(record: Record, others: Sequence[str], book: Book) -> Gathered:
    """The problem that kept its id with the record, the others as they stand, and the tickets to tell again."""
    kept = book.stored(record.problem_id)
    assert kept is not None
    found = [problem for name in others if (problem := book.stored(name)) is not None]
    home = book.problem(record.problem_id if record.record == "merged" else record.other_id)
    members = book.members_of((home,)) if others and home is not None else []
    return Gathered(
        changes=(*(Change(problem=problem) for problem in found), Change(problem=kept, record=record)),
        moved={member.ticket_id: member.problem_id for member in members if member.regrouped == record.seq},
    )
