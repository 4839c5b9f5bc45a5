"""The step of gathering 聚类: which problem a ticket belongs to, and which patterns it shows.

tickets.graded → problems, alerts.candidates, city.counts. A district's problems are known to that district
alone, but where a name lies the whole city's tickets tell: all of them live on one partition.

Praise opens no problem and is counted nowhere: it must never look like a crowd. Consultations are gathered
like complaints: many people asking about one outage are its first sign.

Order of the writes: the member first, with all that was decided; then what it changes. Every value carries
the running number of its last change, so that a redelivery after a crash between two writes completes the
rest and repeats the outputs, and a redelivery after none of them changes nothing.
"""

from dataclasses import replace

from agents.city import City
from agents.grading.grade import Graded
from agents.intake.ticket import PlacePart, Ticket
from agents.problems.book import OPEN_RETENTION, Book, key_of
from agents.problems.books import Books
from agents.problems.callers import caller_of, is_named
from agents.problems.case import Case
from agents.problems.counting import rates_after
from agents.problems.found import Found
from agents.problems.habit import calendar_after
from agents.problems.hours import local_seconds
from agents.problems.learned import learn, with_learned
from agents.problems.member import Member
from agents.problems.patterns import PATTERNS, find_graded_hazard, is_graded_hazard
from agents.problems.problem import (
    Candidate,
    Change,
    Count,
    Gathered,
    Pattern,
    Problem,
    Record,
    Share,
    exclude,
    include,
)
from agents.problems.proposing import are_apart, proposal_of, with_proposal
from agents.problems.rate import Rate, clock_of, is_fresh
from agents.problems.recurrence import earlier_of, is_over, is_return, kind_of, with_recurrence
from agents.problems.relocating import is_refiled, leave
from agents.problems.returns import says_back
from agents.problems.rising import FOUND, is_crowd, rise
from agents.problems.share import share_of
from agents.problems.signature import (
    Signature,
    Told,
    category_of,
    digest_of,
    hash_of,
    quote_of,
    sign,
    tell,
)
from agents.problems.spots import title_of


def gather(graded: Graded, books: Books, told: Told | None = None) -> Gathered:
    """The step. A ticket whose `created` has not come, a praise, and one older than memory lead to
    nothing. `told`: what tell() makes of the ticket, where that is known already."""
    ticket = graded.ticket
    if ticket.created_at is None:
        return Gathered()
    member = books.members.get(ticket.ticket_id)
    if member is None:
        if graded.grade.kind == "praise" or ticket.trigger_at - ticket.created_at > OPEN_RETENTION:
            return Gathered()
        return _meet(graded, books, told or tell(graded))
    book = books.of(member.district)
    if member.learned and key_of(graded.district) in ("", member.district):
        graded, told = with_learned(graded, member.learned), None
    if ticket.edition > member.edition:
        if is_refiled(graded, member):
            return _refile(graded, member, books)
        digest = told.digest if told is not None else digest_of(graded)
        return _settle(graded, _update(graded, member, book, digest, books.city), book, books.city)
    return _with_left(_settle(graded, member, book, books.city), member, books)


def _refile(graded: Graded, member: Member, books: Books) -> Gathered:
    """A ticket that turns out to be another district's is met anew there."""
    leave(member, share_of(graded.ticket, member, books.city), books.of(member.district))
    return _meet(graded, books, tell(graded), (member.district, member.problem_id))


def _with_left(gathered: Gathered, member: Member, books: Books) -> Gathered:
    """What was gathered, and before it the problem in another district that the ticket was taken out of."""
    left = books.of(member.came_from[0]).problem(member.came_from[1]) if member.came_from else None
    if left is None:
        return gathered
    return replace(gathered, changes=(Change(problem=left, joined="left"), *gathered.changes))


def _meet(graded: Graded, books: Books, told: Told, came_from: tuple[str, str] | None = None) -> Gathered:
    """A ticket met for the first time goes to its district, or to the one that its place is known in."""
    signature, digest = told.signature or sign(graded), told.digest
    learned = learn(graded.ticket.place, signature, books.names())
    if learned:
        graded = with_learned(graded, learned)
        digest = digest_of(graded)
        signature = replace(signature, street=graded.ticket.place.street or "")
    book = books.of(key_of(graded.district))
    told = Told(digest, signature, told.quote or quote_of(graded))
    member = _enter(graded, told, learned, book, books.city, refiled=came_from is not None)
    if came_from is not None:
        member = member.model_copy(update={"came_from": came_from})
    return _with_left(_settle(graded, member, book, books.city, decides=True), member, books)


# Deciding: everything about a ticket stands in its Member before anything else is written


def _enter(
    graded: Graded, told: Told, learned: tuple[PlacePart, ...], book: Book, city: City, refiled: bool
) -> Member:
    """The decision about a ticket met for the first time."""
    ticket = graded.ticket
    assert ticket.created_at is not None and told.signature is not None
    at = local_seconds(ticket.created_at, city.utc_offset)
    signature = book.search.locate(told.signature)
    caller = caller_of(ticket, signature, at, book.rate(book.total_key))
    before, found = _drawn_to(book.search.find(signature, at, caller), ticket, book)
    problem_id, joined = _choose(before, ticket, book.district if refiled else "")
    heading = book.heading_of(signature.matter, signature.category)
    streams = book.streams_of(signature.street, heading, problem_id)
    return Member.trusted(
        ticket_id=ticket.ticket_id,
        district=book.district,
        problem_id=problem_id,
        edition=ticket.edition,
        first_edition=ticket.edition,
        seq=book.seq + 1,
        slot=book.seq + 1,
        at=at,
        caller=caller,
        signature=signature,
        digest=told.digest,
        norm_text=found.norm_text,
        norm_title=found.norm_title,
        quote=told.quote,
        learned=learned,
        streams=streams,
        new_streams=streams,
        fresh=tuple([is_fresh(book.rate(key), caller, at) for key in streams]),
        joined="opened" if joined == "opened" else "joined",
        open=ticket.status == "open",
        score=found.score,
        near=found.near,
        rival=found.rival,
        link=found.link,
        after=before.problem_id if before is not None and joined == "opened" else None,
        newcomer=is_named(caller) and before is not None and caller not in before.callers,
        says_back=says_back(graded, city),
        recurrence=kind_of(before, graded, caller, city.thresholds),
        returns=before is not None and is_return(before, graded, city.thresholds),
        earlier=earlier_of(before, ticket.ticket_id),
    )


def _drawn_to(found: Found, ticket: Ticket, book: Book) -> tuple[Problem | None, Found]:
    """The problem that was found; of one that is over, what follows it. The two are no rivals."""
    assert ticket.created_at is not None
    problem = book.problem(found.problem_id) if found.problem_id else None
    if problem is None:
        return None, found
    drawn = book.following.latest(problem, ticket.created_at)
    rival = book.problem(found.rival) if found.rival else None
    if rival is not None and book.following.latest(rival, ticket.created_at) is drawn:
        found = found._replace(rival=None, link=0.0)
    return drawn, found


def _choose(before: Problem | None, ticket: Ticket, refiled: str = "") -> tuple[str, str]:
    """The problem to join, or the id of the one to open: of a problem that is over, one that follows it. `refiled`: the
    district that the ticket has come to; its own id may stand for the problem that it opened elsewhere."""
    assert ticket.created_at is not None
    if before is not None and not is_over(before, ticket.created_at):
        return before.problem_id, "joined"
    return f"p-{hash_of(ticket.ticket_id, *filter(None, [refiled]))}", "opened"


def _update(graded: Graded, member: Member, book: Book, digest: str, city: City) -> Member:
    """The decision about a newer state of a known ticket: a search only where text or place have changed."""
    ticket = graded.ticket
    changes: dict[str, object] = {
        "edition": ticket.edition,
        "seq": book.seq + 1,
        "was_open": member.open,
        "open": ticket.status == "open",
        "joined": "updated",
        "moved_from": None,
        "left_streams": (),
        "left_fresh": (),
        "new_streams": (),
    }
    if digest != member.digest:
        changes |= _move(graded, book.search.locate(sign(graded)), member, book)
        changes |= {"digest": digest, "says_back": says_back(graded, city)}
    return member.model_copy(update=changes)


def _move(graded: Graded, signature: Signature, member: Member, book: Book) -> dict[str, object]:
    """What changes with a ticket's text or place: perhaps its problem, and the streams it is counted in."""
    ticket = graded.ticket
    book.search.discard(member.slot)
    before, found = _drawn_to(book.search.find(signature, member.at, member.caller), ticket, book)
    own = book.problem(member.problem_id)
    if own is not None and before is not None and are_apart(own, before):
        # A person has split the two: what the ticket says anew takes nothing back.
        before, found = own, found._replace(score=member.score)
    alone = own is not None and own.tickets <= 1
    stays = (before is None and alone) or (before is not None and before.problem_id == member.problem_id)
    problem_id = member.problem_id if stays else _choose(before, ticket)[0]
    known = book.stored(problem_id)
    if problem_id != member.problem_id and before is None and (known is None or known.into is not None):
        problem_id = f"p-{hash_of(ticket.ticket_id, str(ticket.edition))}"
    heading = book.heading_of(signature.matter, signature.category)
    streams = book.streams_of(signature.street, heading, problem_id)
    kept = dict(zip(member.streams, member.fresh, strict=True))
    fresh = tuple(
        kept[key] if key in kept else is_fresh(book.rate(key), member.caller, member.at) for key in streams
    )
    left = [key for key in member.streams if key not in streams]
    moves = problem_id != member.problem_id
    return {
        "problem_id": problem_id,
        "slot": book.seq + 1,
        "signature": signature,
        "norm_text": found.norm_text,
        "norm_title": found.norm_title,
        "quote": quote_of(graded),
        "streams": streams,
        "fresh": fresh,
        "joined": "moved" if moves else "updated",
        "moved_from": member.problem_id if moves else None,
        "left_streams": tuple(left),
        "left_fresh": tuple(kept[key] for key in left),
        "new_streams": tuple(key for key in streams if key not in kept),
        "score": found.score,
        "near": found.near,
        "rival": found.rival,
        "link": found.link,
        "earlier": earlier_of(before, ticket.ticket_id) if moves else member.earlier,
    }


# Applying: each value takes the change once, however often it comes


def _settle(graded: Graded, member: Member, book: Book, city: City, decides: bool = False) -> Gathered:
    """Apply a decided member to problem, rates and index, and say all that follows from it."""
    share = share_of(graded.ticket, member, city)
    known = None if member.moved_from else member.was_open
    before = book.problem(member.problem_id)
    problem = before or _open(graded, member, book)
    problem = include(problem, share, member.seq, known)
    counts = graded.ticket.edition <= member.first_edition
    recounts = counts or member.new_streams or member.left_streams
    rates = rates_after(member, book) if recounts else {}
    # A later edition is counted in no calendar; only what was replied at its closing is kept there.
    remembers = counts or (share.reply and not share.open)
    calendar = calendar_after(graded, member, share, book, city) if remembers else None
    candidates: tuple[Candidate, ...] = ()
    if counts or is_graded_hazard(graded):
        at = graded.ticket.trigger_at
        case = Case(graded, at, member, problem, rates, book, city, calendar, repeats=not decides)
        finders = PATTERNS if counts else (find_graded_hazard,)
        candidates = tuple([candidate for find in finders for candidate in find(case)])
        problem = _with_patterns(problem, candidates)
    record = proposal_of(member, problem, graded.ticket.trigger_at, book) if member.rival else None
    if record is not None:
        problem = with_proposal(problem, record)
    if decides:
        fired = tuple([_finding(candidate) for candidate in candidates])
        if is_crowd(problem) and (before is None or not is_crowd(before)):
            fired = (*fired, FOUND)
        if fired:
            member = member.model_copy(update={"fired": fired})
    left = _write(member, problem, before, rates, share, book)
    if calendar is not None:
        book.store_calendar(calendar)
    return _say(graded, member, problem, left, candidates, counts, record)


def _write(
    member: Member, problem: Problem, before: Problem | None, rates: dict[str, Rate], share: Share, book: Book
) -> Problem | None:
    """All writes of one ticket, in the order that makes a crash between any two harmless.

    `before`: the problem as it is stored. Returns the problem that the ticket has left, if any.
    """
    book.store_member(member)
    if member.signature is not None:
        book.search.add(member)
    # Before the problems: the stream of a problem of one ticket is not stored, and follows from the problem.
    for key, rate in rates.items():
        book.store_rate(key, rate)
    left = book.problem(member.moved_from) if member.moved_from else None
    if left is not None:
        left = exclude(left, share, member.seq, bool(member.was_open))
        book.store_problem(left)
    if before is None or before.version < problem.version:
        book.store_problem(problem)
    if rates:
        book.tidy(member.problem_id, clock_of(rates[book.total_key].newest))
    return left


def _open(graded: Graded, member: Member, book: Book) -> Problem:
    """A problem that holds no ticket yet; one that follows a closed problem goes on counting its closures."""
    ticket, grade = graded.ticket, graded.grade
    assert ticket.created_at is not None
    past = book.problem(member.after) if member.after else None
    return Problem.trusted(
        problem_id=member.problem_id,
        district=book.district,
        title=title_of(graded),
        matter=grade.matter,
        category=category_of(graded),
        place=ticket.place,
        first_seen=ticket.created_at,
        last_seen=ticket.created_at,
        tickets=0,
        reporters=0,
        after=member.after,
        closures=past.closures if past is not None else 0,
        returns=past.returns if past is not None else 0,
        last_closed_at=past.last_closed_at if past is not None else None,
        promised=past is not None and past.promised,
        promise=past.promise if past is not None else "",
        solved_at=past.solved_at if past is not None else None,
        solution=past.solution if past is not None else "",
    )


# Saying


def _finding(candidate: Candidate) -> str:
    return f"{candidate.kind}:{candidate.scope}"


def _with_patterns(problem: Problem, candidates: tuple[Candidate, ...]) -> Problem:
    names: list[Pattern] = []
    for candidate in candidates:
        if candidate.scope != "problem" or candidate.kind == "hazard" or candidate.kind in problem.patterns:
            continue
        names.append(candidate.kind)
    return problem.model_copy(update={"patterns": (*problem.patterns, *names)}) if names else problem


def _say(
    graded: Graded,
    member: Member,
    problem: Problem,
    left: Problem | None,
    candidates: tuple[Candidate, ...],
    counts: bool,
    record: Record | None,
) -> Gathered:
    ticket = graded.ticket
    assert ticket.created_at is not None
    is_first = member.recurrence == "first" and not member.earlier and graded.grade.recurrence.kind == "first"
    told = graded if is_first else with_recurrence(graded, member.recurrence, member.earlier)
    if is_crowd(problem) and member.open:
        told = told.model_copy(update={"grade": rise(told.grade)})
    change = Change.trusted(
        problem=problem,
        graded=told,
        joined=member.joined,
        score=member.score,
        record=record,
        moves=member.moves,
    )
    gone = (Change(problem=left, joined="left"),) if left is not None else ()
    count_ = None
    if counts:
        count_ = Count.trusted(
            ticket_id=ticket.ticket_id,
            at=ticket.created_at,
            district=graded.district,
            category=problem.category,
            fresh=member.fresh[0],
        )
    recalled: tuple[str, ...] = ()
    if FOUND in member.fired:
        recalled = tuple([known for known in problem.recent if known != ticket.ticket_id])
    return Gathered(changes=(*gone, change), candidates=candidates, count=count_, recalled=recalled)
