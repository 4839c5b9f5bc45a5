"""Proposing merges 并入建议: a ticket that belongs to two problems as surely says that they may be one.

The machine merges nothing by itself: docs/decisions/0027.
"""

from datetime import datetime

from agents.problems.book import Book
from agents.problems.member import Member
from agents.problems.merging import MACHINE
from agents.problems.problem import MAX_PROPOSALS, Problem, Record
from agents.problems.signature import hash_of


def proposal_of(member: Member, problem: Problem, at: datetime, book: Book) -> Record | None:
    """That the ticket's problem and its rival be one; None where they are, or where a person has split them."""
    rival = book.problem(member.rival) if member.rival is not None else None
    if rival is None or rival.problem_id == problem.problem_id or are_apart(problem, rival):
        return None
    return Record(
        record="merge_proposed",
        at=at,
        problem_id=problem.problem_id,
        other_id=rival.problem_id,
        score=round(member.link, 2),
        why=f"工单 {member.ticket_id} 与两个问题都相符",
        record_id=f"m-{hash_of('propose', *sorted((problem.problem_id, rival.problem_id)))}",
        by=MACHINE,
        ticket_ids=(member.ticket_id,),
    )


def with_proposal(problem: Problem, record: Record) -> Problem:
    """The problem with the proposal on its list, of one pair the strongest."""
    known = next((one for one in problem.proposals if one.record_id == record.record_id), None)
    if known is not None and known.score >= record.score:
        return problem
    others = tuple(one for one in problem.proposals if one is not known)
    return problem.model_copy(update={"proposals": (*others, record)[-MAX_PROPOSALS:]})


def are_apart(one: Problem, other: Problem) -> bool:
    """Whether a person has split the one from the other."""
    ids = {one.problem_id, other.problem_id}
    records = (*one.records, *other.records)
    return any(record.record == "split" and {record.problem_id, record.other_id} == ids for record in records)
