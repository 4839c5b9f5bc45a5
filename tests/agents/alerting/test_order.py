"""News is decided in event-time order, whatever order it comes in."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.alerting.alert import Command
from agents.alerting.order import News, Waiting, name_of, rank_of
from agents.problems.problem import Candidate, Count

START = datetime(2025, 3, 3, 8, tzinfo=UTC)


def count(second: int, ticket_id: str = "t") -> Count:
    at = START + timedelta(seconds=second)
    return Count(ticket_id=ticket_id, at=at, district="东", category="供水", fresh=True)


def candidate(second: int, kind: str = "burst", scope: str = "problem") -> Candidate:
    at = START + timedelta(seconds=second)
    return Candidate.model_validate(
        {"candidate_id": f"c{second}{scope}", "kind": kind, "scope": scope, "key": "k", "at": at}
    )


def command(second: int) -> Command:
    return Command(
        command="acknowledge",
        command_id=f"o{second}",
        by="王",
        at=START + timedelta(seconds=second),
    )


news_lists = st.lists(
    st.one_of(
        st.builds(count, st.integers(0, 600), st.sampled_from("abcdef")),
        st.builds(candidate, st.integers(0, 600), scope=st.sampled_from(["problem", "street", "district"])),
    ),
    max_size=60,
)


def all_of(waiting: Waiting[int], news: list[News]) -> list[tuple[News, int]]:
    released = [pair for number, each in enumerate(news) for pair in waiting.push(each, number)]
    return released + waiting.drain()


@given(news_lists)
@settings(max_examples=60)
def test_everything_comes_out_once_with_its_token(news: list[News]) -> None:
    released = all_of(Waiting(), news)
    assert sorted(token for _, token in released) == list(range(len(news)))
    assert all(news[token] is each for each, token in released)


@given(news_lists, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_any_arrival_within_the_lateness_gives_one_order(news: list[News], chance: object) -> None:
    wide = timedelta(seconds=600)
    shuffled = list(news)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types its Random as object here

    def order(arrivals: list[News]) -> list[tuple[datetime, int, str]]:
        return [(n.at, rank_of(n), name_of(n)) for n, _ in all_of(Waiting(lateness=wide), arrivals)]

    assert order(news) == order(shuffled) == sorted(order(news))


@given(news_lists, st.integers(1, 8))
@settings(max_examples=40)
def test_no_more_than_the_limit_ever_waits(news: list[News], limit: int) -> None:
    waiting: Waiting[None] = Waiting(lateness=timedelta(days=1), limit=limit)
    for each in news:
        waiting.push(each, None)
        assert len(waiting) <= limit


def test_news_waits_for_the_watermark() -> None:
    waiting: Waiting[str] = Waiting()
    assert waiting.push(count(0), "a") == []
    assert waiting.push(count(59), "b") == []
    assert waiting.push(count(61), "c") == [(count(0), "a")]


def test_a_tick_moves_the_watermark() -> None:
    waiting: Waiting[str] = Waiting()
    waiting.push(count(0), "a")
    assert waiting.advance(START + timedelta(seconds=59)) == []
    assert waiting.advance(START + timedelta(seconds=60)) == [(count(0), "a")]


def test_late_news_is_released_at_once() -> None:
    waiting: Waiting[str] = Waiting()
    waiting.push(count(1000), "now")
    assert waiting.push(count(0), "late") == [(count(0), "late")]


def test_one_date_far_ahead_neither_waits_nor_moves_the_watermark() -> None:
    waiting: Waiting[str] = Waiting()
    waiting.push(count(0), "a")
    far = count(10**9)
    assert waiting.push(far, "far") == [(far, "far")]
    assert waiting.push(count(59), "b") == []
    assert waiting.push(count(61), "c") == [(count(0), "a")]


def test_a_second_date_far_ahead_bears_it_out() -> None:
    waiting: Waiting[str] = Waiting()
    waiting.push(count(0), "a")
    waiting.push(count(10**8), "far")
    assert waiting.push(count(10**8 + 5), "farther") == [(count(0), "a")]


def test_a_first_date_far_ahead_is_taken_back_by_the_second() -> None:
    waiting: Waiting[str] = Waiting()
    waiting.push(count(10**9), "far")
    assert waiting.push(count(0), "a") == []
    assert waiting.push(count(61), "b") == [(count(0), "a")]


def test_dangers_and_commands_do_not_wait() -> None:
    waiting: Waiting[str] = Waiting()
    waiting.push(count(0), "a")
    hazard, order = candidate(500, kind="hazard"), command(9999)
    assert waiting.push(hazard, "h") == [(hazard, "h")]
    assert waiting.push(order, "c") == [(order, "c")]
    assert len(waiting) == 1


def test_one_instant_goes_from_counts_to_the_widest_finding() -> None:
    waiting: Waiting[None] = Waiting()
    parts: list[News] = [candidate(0, scope=s) for s in ("district", "street", "problem")]
    released = all_of_none(waiting, [*parts, count(0)])
    assert [getattr(news, "scope", "count") for news in released] == [
        "count",
        "problem",
        "street",
        "district",
    ]


def all_of_none(waiting: Waiting[None], news: list[News]) -> list[News]:
    for each in news:
        waiting.push(each, None)
    return [each for each, _ in waiting.drain()]
