"""What comes back after a problem is over comes together in one problem that follows it."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.city import City
from agents.grading.grade import Graded
from agents.problems.books import Books
from agents.problems.gather import gather
from agents.problems.merging import Ask, regroup
from agents.problems.recurrence import ABSORBS, is_over

Make = Callable[..., Graded]
Story = list[tuple[float, bool]]
DAY = 24.0


def new_books() -> Books:
    return Books(City(), {}, {}, {})


def tell(graded: Make, story: Story, first: int = 0) -> list[Graded]:
    """Calls of different people about one place, each so many hours after the one before, some closed in an hour."""
    tickets, hours = [], 0.0
    for number, (gap, closes) in enumerate(story, first):
        hours += gap
        tickets.append(graded(f"t{number}", f"人{number}", hours=hours))
        if closes:
            tickets.append(
                graded(f"t{number}", f"人{number}", hours=hours, edition=2, closed_hours=hours + 1)
            )
    return tickets


def problem_of(books: Books, ticket_id: str) -> str:
    return books.members[ticket_id].problem_id


def test_returns_after_a_problem_is_over_come_together(graded: Make) -> None:
    books = new_books()
    for ticket in tell(graded, [(0, True), (2, True), (2, True), (20 * DAY, False), (2, False), (30, False)]):
        gather(ticket, books)
    (old,) = {problem_of(books, f"t{n}") for n in range(3)}
    (new,) = {problem_of(books, f"t{n}") for n in range(3, 6)}
    problem = books.of("东城区").problem(new)
    assert problem is not None
    assert (problem.after, problem.tickets, problem.returns) == (old, 3, 1)
    assert books.members["t5"].recurrence == "after_closure"
    assert problem.proposals == ()


def test_what_follows_and_is_over_is_followed_itself(graded: Make) -> None:
    books = new_books()
    for ticket in tell(graded, [(0, True), (2, True), (20 * DAY, True), (20 * DAY, True), (1, False)]):
        gather(ticket, books)
    book = books.of("东城区")
    last, middle = book.problem(problem_of(books, "t4")), book.problem(problem_of(books, "t2"))
    assert last is not None and middle is not None
    assert (last.after, middle.after) == (middle.problem_id, problem_of(books, "t0"))
    assert (last.tickets, last.closures) == (2, 4)


def test_a_corrected_return_stays_where_it_is(graded: Make) -> None:
    books = new_books()
    for ticket in tell(graded, [(0, True), (2, True), (20 * DAY, False), (2, False)]):
        gather(ticket, books)
    before = problem_of(books, "t3")
    hours = 20 * DAY + 4
    gather(graded("t3", "人3", "小区停水一上午了，没有人管，又停了", hours=hours, edition=2), books)
    assert problem_of(books, "t3") == before == problem_of(books, "t2")


def test_a_follower_merged_into_what_it_follows_leads_nowhere(graded: Make) -> None:
    books = new_books()
    story: Story = [(0, True), (2, True), (20 * DAY, True)]
    tickets = tell(graded, story)
    for ticket in tickets:
        gather(ticket, books)
    old, new = problem_of(books, "t0"), problem_of(books, "t2")
    at = tickets[-1].ticket.trigger_at + timedelta(hours=1)
    regroup(Ask(ask_id="m", at=at, by="王科", problem_id=new, into=old), books)
    assert (books.problems[f"东城区|{old}"].closures, books.problems[f"东城区|{old}"].returns) == (3, 1)
    late = [graded(f"l{n}", f"晚{n}", hours=50 * DAY + n) for n in range(2)]
    for ticket in late:
        gather(ticket, books)
    (after,) = {problem_of(books, ticket.ticket.ticket_id) for ticket in late}
    assert after not in (old, new)
    assert books.problems[f"东城区|{after}"].after == old


stories = st.lists(
    st.tuples(st.sampled_from([0.5, 30.0, 15 * DAY, 20 * DAY]), st.sampled_from([True, True, False])),
    min_size=3,
    max_size=9,
)
LAW = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


@LAW
@given(stories)
def test_at_most_one_follower_takes_in_and_a_restart_or_a_redelivery_changes_nothing(
    graded: Make, story: Story
) -> None:
    kept, restarted = new_books(), new_books()
    for ticket in tell(graded, story):
        expected = gather(ticket, kept)
        restarted.forget()
        assert gather(ticket, restarted) == expected
        assert gather(ticket, restarted) == expected
        followed = [one.after for one in kept.problems.values() if one.after is not None]
        assert len(followed) == len(set(followed))
    assert restarted.problems == kept.problems
    assert restarted.members == kept.members


def test_what_is_forgotten_is_followed_by_nothing(graded: Make) -> None:
    books = new_books()
    tickets = tell(graded, [(0, True), (2, True), (20 * DAY, True)])
    for ticket in tickets:
        gather(ticket, books)
    book = books.of("东城区")
    at = tickets[-1].ticket.trigger_at + timedelta(days=121)
    book.sweep(at, tickets[-1].ticket.trigger_at.timestamp() + 121 * 86_400)
    assert books.problems == {}
    late = graded("l", "晚", hours=150 * DAY)
    gather(late, books)
    (only,) = books.problems.values()
    assert only.after is None
    assert not is_over(only, at + ABSORBS)
