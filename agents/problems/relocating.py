"""A ticket whose district is corrected leaves the books of the one it was filed under, and is met anew in the other.

Order of the writes: the member first, with what it leaves and the number of that change; then what loses it. A crash
between two of them is completed by the redelivery under the same number.
"""

from agents.grading.grade import Graded
from agents.problems.book import Book, key_of
from agents.problems.counting import rates_after
from agents.problems.member import Member
from agents.problems.problem import Share, exclude


def is_refiled(graded: Graded, member: Member) -> bool:
    """Whether the ticket says another district now. What a person has merged or split stays where it was put."""
    district = key_of(graded.district)
    return bool(district) and district != member.district and not member.regrouped


def leave(member: Member, share: Share, book: Book) -> None:
    """Take a ticket out of everything that its district counts and finds it by.

    What it has said there stays said: the district's stream of all tickets remembers that somebody called.
    """
    if not member.leaves:
        member = member.model_copy(
            update={
                "leaves": True,
                "seq": book.seq + 1,
                "was_open": member.open,
                "left_streams": member.streams,
                "left_fresh": member.fresh,
                "streams": (),
                "fresh": (),
                "new_streams": (),
            }
        )
        book.store_member(member)
    book.search.discard(member.slot)
    for key, rate in rates_after(member, book).items():
        book.store_rate(key, rate)
    left = book.problem(member.problem_id)
    if left is not None:
        left = exclude(left, share, member.seq, bool(member.was_open))
        book.store_problem(left)
    book.let_go(member)
