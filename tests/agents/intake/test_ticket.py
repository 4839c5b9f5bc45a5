from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.intake.ticket import MAX_SEEN, MAX_STEPS, News, Place, Stamp, Step, StepName, Ticket, fold

START = datetime(2024, 5, 1, tzinfo=UTC)
BEIJING = timezone(timedelta(hours=8))


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def statement(id: str, revision: int, creates: bool = True, **fields: object) -> News:
    return News(id, "t1", revision, at(revision), creates=creates, fields=fields)


def step(id: str, revision: int, event: StepName, **facts: object) -> News:
    made = Step.model_validate(
        {"event_id": id, "event": event, "at": at(revision), "revision": revision, **facts}
    )
    return News(id, "t1", revision, at(revision), step=made)


def fold_all(news: list[News]) -> Ticket:
    ticket: Ticket | None = None
    for one in news:
        ticket = fold(ticket, one)
    assert ticket is not None
    return ticket


def state(ticket: Ticket) -> str:
    """The bytes of the state; trigger_at is by its meaning that of the event folded in last."""
    return ticket.model_dump_json(exclude={"trigger_at"})


@st.composite
def histories(draw: st.DrawFn) -> list[News]:
    made: list[News] = []
    for number in range(draw(st.integers(1, 7))):
        id = f"e{number}"
        revision = draw(st.integers(0, 4))
        when = at(draw(st.integers(0, 3))).astimezone(draw(st.sampled_from([UTC, BEIJING])))
        if draw(st.booleans()):
            fields = draw(
                st.fixed_dictionaries(
                    {},
                    optional={
                        "title": st.sampled_from(["甲", "乙"]),
                        "content": st.sampled_from(["丙", "丁"]),
                        "channel": st.sampled_from(["phone", "app"]),
                        "said_place": st.sampled_from([Place(), Place(district="东区")]),
                        "category": st.sampled_from([("水",), ("路", "坑")]),
                    },
                )
            )
            made.append(News(id, "t1", revision, when, creates=draw(st.booleans()), fields=fields))
        else:
            event = draw(st.sampled_from(["dispatched", "returned", "closed", "reviewed", "reopened"]))
            unit = draw(st.sampled_from(["水务局", "城管局", None]))
            done = Step(event_id=id, event=event, at=when, revision=revision, unit=unit)
            made.append(News(id, "t1", revision, when, step=done))
    return made


@settings(max_examples=80)
@given(histories(), st.randoms(use_true_random=False))
def test_any_order_of_events_folds_to_one_state(history: list[News], random: object) -> None:
    shuffled = list(history)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types it as Any
    assert state(fold_all(shuffled)) == state(fold_all(history))


@settings(max_examples=50)
@given(histories(), st.data())
def test_the_same_event_twice_changes_nothing(history: list[News], data: st.DataObject) -> None:
    ticket = fold_all(history)
    assert fold(ticket, data.draw(st.sampled_from(history))) is ticket


def test_newest_revision_wins_per_field() -> None:
    ticket = fold_all(
        [statement("b", 5, title="新", content="新文"), statement("a", 3, creates=False, title="旧")]
    )
    assert (ticket.title, ticket.content, ticket.revision) == ("新", "新文", 5)


def test_equal_revisions_are_decided_by_event_id() -> None:
    ticket = fold_all([statement("b", 5, title="乙"), statement("a", 5, title="甲")])
    assert ticket.title == "乙"


def test_revisions_may_go_backwards() -> None:
    ticket = fold_all(
        [statement("a", 9, title="九"), statement("b", 2, title="二"), statement("c", 1, title="一")]
    )
    assert (ticket.title, ticket.revision, ticket.edition) == ("九", 9, 3)
    assert ticket.created_at == at(1)


def test_a_second_created_with_higher_revision_is_an_update() -> None:
    ticket = fold_all([statement("a", 1, content="停水"), statement("b", 2, content="停水两天")])
    assert ticket.content == "停水两天"
    assert ticket.created_at == at(1)
    assert ticket.revision == 2


def test_fields_that_an_update_is_silent_about_stay() -> None:
    ticket = fold_all(
        [statement("a", 1, title="题", content="文"), statement("b", 2, creates=False, title="新题")]
    )
    assert (ticket.title, ticket.content) == ("新题", "文")


def test_a_closed_before_its_created_waits() -> None:
    waiting = fold_all([step("z", 7, "closed", unit="水务局", reply="已修复")])
    assert waiting.created_at is None
    assert waiting.text == ""
    complete = fold(waiting, statement("a", 1, content="停水"))
    assert complete.created_at == at(1)
    assert (complete.status, complete.unit) == ("closed", "水务局")


@pytest.mark.parametrize(
    ("events", "status", "unit"),
    [
        ([("dispatched", "甲局")], "open", "甲局"),
        ([("dispatched", "甲局"), ("returned", "甲局")], "open", None),
        ([("dispatched", "甲局"), ("returned", "甲局"), ("dispatched", "乙局")], "open", "乙局"),
        ([("dispatched", "甲局"), ("closed", "甲局")], "closed", "甲局"),
        ([("closed", "甲局"), ("reviewed", None)], "closed", "甲局"),
        ([("closed", "甲局"), ("reopened", None)], "open", "甲局"),
        ([("closed", "甲局"), ("reopened", None), ("closed", "乙局")], "closed", "乙局"),
    ],
)
def test_steps_decide_status_and_unit(
    events: list[tuple[StepName, str | None]], status: str, unit: str | None
) -> None:
    ticket = fold_all([step(f"e{n}", n, event, unit=said) for n, (event, said) in enumerate(events)])
    assert (ticket.status, ticket.unit) == (status, unit)


def test_trigger_is_the_event_folded_in_last() -> None:
    ticket = fold_all([statement("b", 9, title="九"), statement("a", 2, title="二")])
    assert ticket.trigger_at == at(2)
    assert ticket.updated_at == at(9)


def test_index_version_grows_with_every_change() -> None:
    first = fold(None, statement("a", 5, title="甲"))
    second = fold(first, statement("b", 3, title="乙"))
    third = fold(second, statement("c", 6, title="丙"))
    assert first.index_version < second.index_version < third.index_version


def test_of_too_many_steps_the_newest_stay_in_any_order() -> None:
    steps = [step(f"e{n:04}", n, "dispatched", unit=f"单位{n}") for n in range(MAX_STEPS + 20)]
    forwards, backwards = fold_all(steps), fold_all(steps[::-1])
    assert forwards.steps == backwards.steps
    assert [forwards.steps[0].revision, forwards.steps[-1].revision] == [20, MAX_STEPS + 19]


def test_a_forgotten_event_that_comes_again_changes_no_fact() -> None:
    events = [statement(f"e{n:04}", n, title=f"题{n}") for n in range(MAX_SEEN + 1)]
    ticket = fold_all(events)
    assert len(ticket.seen) == MAX_SEEN
    again = fold(ticket, events[0])
    same = {"trigger_at", "edition", "seen"}
    assert again.model_dump(exclude=same) == ticket.model_dump(exclude=same)


def test_a_trusted_value_is_the_validated_one_and_is_written_alike() -> None:
    at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    given = {"trigger_at": at, "ticket_id": "t1", "revision": 1, "edition": 2, "updated_at": at}
    given |= {"stamps": {"title": Stamp.trusted(event_id="e1", revision=1)}}
    one, other = Ticket.trusted(**given), Ticket.model_validate(given)
    assert one == other and one.model_dump_json() == other.model_dump_json()
    assert Ticket.model_validate_json(one.model_dump_json()) == one
