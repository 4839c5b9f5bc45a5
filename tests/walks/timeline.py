"""The time-line language for alerts: who calls when about what, and what must reach the duty officer by when.

    city = TimeLine(town(evidence=1.0)).lives_ordinarily(days=28)
    city.at("08:01").call("甲", "新华小区停水了", district="城东区")
    city.at("09:00").calls(3, "阳光花园停电了", every=4, district="城东区")     three people, every four minutes
    city.at("10:00").calls(20, "楼上太吵", by="乙", every=2)                     one person, twenty times
    city.at("D2 08:09").close("t1", reply="已修好")
    city.at("D2 09:00").officer("silence", key="城东区|供水", until=moment_of("D3 09:00"))

    city.expect(alert("burst").at("阳光花园").between("09:08", "09:10").with_reporters(3))
    city.expect(update("burst").at("新华小区").times(2))
    city.expect(held("burst", "budget"))
    city.expect(resolved("burst").between("D1 08:00", "D2 08:00"))
    city.never(alert("burst").over("district"))
    city.quiet("00:00", "08:00")                                              nothing reaches a person

Times are local; "D2 08:09" is the same hour two days later, "D-3" three days before the story. Everything walks
the real path over dicts, and each quote of each alert must stand word for word in the ticket that it names.
"""

import json
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

from agents.alerting.alert import AlertEvent, Command
from agents.alerting.desk import Desk
from agents.alerting.follow import follows_of
from agents.alerting.order import News, Waiting
from agents.city import Category, City, District, Duty, NamedPlace, Officer, Street, Thresholds
from agents.grading.ladder import Ladder
from agents.grading.rules import RulesGrader
from agents.intake.accept import Intake
from agents.notifying.route import Delivery, Routing
from agents.problems.books import Books
from agents.problems.merging import Ask
from streams.path import Path

MONDAY = datetime(2025, 3, 3, tzinfo=timezone(timedelta(hours=8)))
HOUR = timedelta(hours=1)
Answer = TypeVar("Answer")
ESTATES = ("新华小区", "阳光花园", "和平里小区", "翠湖花园", "东方家园", "幸福里小区", "锦绣花园", "望江小区")
DISTRICTS = ("城东区", "城西区", "城南区", "城北区")
MATTERS = (
    "路灯不亮了",
    "垃圾没人清运",
    "施工噪音扰民",
    "小区停车位被占",
    "下水道堵塞",
    "电梯坏了",
    "占道经营摆摊",
)


def town(**thresholds: Any) -> City:
    """Four districts of two streets with one estate each, a duty, one officer by day and one by night."""
    streets, places = [], []
    for number, district in enumerate(DISTRICTS):
        for half in (0, 1):
            street = f"{district[1]}{'一二'[half]}街道"
            streets.append(Street(street, district))
            places.append(NamedPlace(ESTATES[number * 2 + half], "community", street, district))
    return City(
        name="试验市",
        utc_offset=timezone(timedelta(hours=8)),
        districts=tuple(District(name) for name in DISTRICTS),
        streets=tuple(streets),
        places=tuple(places),
        categories=(
            Category("供水", ("市政公用", "供水"), ("停水", "没水", "水压")),
            Category("供电", ("市政公用", "供电"), ("停电", "断电")),
            Category("排水", ("市政公用", "排水"), ("积水", "下水道")),
            Category("噪音", ("生态环境", "噪声"), ("噪音", "扰民")),
            Category("环境卫生", ("城市管理", "环卫"), ("垃圾",)),
        ),
        duties=(Duty("1", "供水抢修", "供水", ("停水",), "{district}水务局", "城镇供水条例第二十七条"),),
        roster=(
            Officer("白班", "duty", "08:00-20:00", (), ("wecom",)),
            Officer("夜班", "duty", "20:00-08:00", (), ("sms",)),
        ),
        thresholds=Thresholds(**thresholds),
        version="town@1",
    )


@dataclass(frozen=True)
class Expected:
    """A pattern of an alert's events; what is not said does not matter."""

    event: str
    kind: str | None = None
    reason: str | None = None
    """Why it was held back."""
    place: str | None = None
    since: str | None = None
    until: str | None = None
    reporters: int | None = None
    level: str | None = None
    scope: str | None = None
    said: str | None = None
    number: int = 1
    """How many there must be."""

    def at(self, place: str) -> "Expected":
        return replace(self, place=place)

    def by(self, time: str) -> "Expected":
        return replace(self, until=time)

    def after(self, time: str) -> "Expected":
        return replace(self, since=time)

    def between(self, since: str, until: str) -> "Expected":
        return replace(self, since=since, until=until)

    def with_reporters(self, least: int) -> "Expected":
        return replace(self, reporters=least)

    def of_level(self, level: str) -> "Expected":
        return replace(self, level=level)

    def over(self, scope: str) -> "Expected":
        return replace(self, scope=scope)

    def saying(self, words: str) -> "Expected":
        return replace(self, said=words)

    def times(self, number: int) -> "Expected":
        return replace(self, number=number)

    def matches(self, event: AlertEvent) -> bool:
        alert = event.alert
        text = f"{alert.title}{alert.text}"
        wanted: list[tuple[object, bool]] = [
            (self.event, event.event == self.event),
            (self.kind, alert.kind == self.kind),
            (self.reason, getattr(alert, "suppressed", None) == self.reason),
            (self.place, str(self.place) in text),
            (self.since, self.since is None or event.at >= moment_of(self.since)),
            (self.until, self.until is None or event.at <= moment_of(self.until)),
            (self.reporters, alert.reporters >= (self.reporters or 0)),
            (self.level, alert.level == self.level),
            (self.scope, alert.scope == self.scope),
            (self.said, str(self.said) in text),
        ]
        return all(is_so for asked, is_so in wanted if asked is not None)


def alert(kind: str | None = None) -> Expected:
    """A new alert reaches a person."""
    return Expected("raised", kind)


def update(kind: str | None = None) -> Expected:
    """An open alert is told again, with fresh content."""
    return Expected("updated", kind)


def resolved(kind: str | None = None) -> Expected:
    return Expected("resolved", kind)


def held(kind: str | None = None, reason: str | None = None) -> Expected:
    """An entry of the ledger."""
    return Expected("held", kind, reason)


def moment_of(time: str) -> datetime:
    """ "08:01" on the first day, "D2 08:01" two days later."""
    day, _, clock = time.rpartition(" ")
    hours, minutes = clock.split(":")
    days = int(day[1:]) if day else 0
    return MONDAY + timedelta(days=days, hours=int(hours), minutes=int(minutes))


@dataclass
class TimeLine:
    """A city whose calls the test writes down. Results are kept in the order in which they were decided."""

    city: City = field(default_factory=town)
    events: list[AlertEvent] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.path = Path(
            intake=Intake(self.city, b"a key for tests only"),
            grader=Ladder(RulesGrader(self.city)),
            books=Books(self.city, {}, {}, {}),
            desk=Desk(self.city, {}),
            routing=Routing(self.city, ("wecom", "sms")),
        )
        self._waiting: Waiting[None] = Waiting()
        self._ticked: datetime | None = None

    def at(self, time: str) -> "Moment":
        return Moment(self, moment_of(time))

    def play(self, raw: bytes, at: datetime) -> None:
        """One event through every step, as replay does it."""
        self.raw.append(raw)
        self.tick_to(at)
        accepted, hazards = self.path.on_event(raw)
        for hazard in hazards:
            self.offer(hazard)
        if accepted.ticket.created_at is None:
            return
        gathered = self.path.on_graded(at_once(self.path.on_accepted(accepted.ticket)).graded)
        for candidate in gathered.candidates:
            self.offer(candidate)
        if gathered.count is not None:
            self.offer(gathered.count)

    def offer(self, news: News) -> None:
        for released, _ in self._waiting.push(news, None):
            self.keep(self.path.on_news(released))

    def keep(self, events: tuple[AlertEvent, ...]) -> None:
        self.events += events
        for event in events:
            self.deliveries += self.path.on_alert(event)
            self._check_quotes(event)

    def _check_quotes(self, event: AlertEvent) -> None:
        assert self.path.intake is not None
        for said in event.alert.evidence:
            ticket = self.path.intake.tickets[said.ticket_id]
            assert said.quote in f"{ticket.title}\n{ticket.content}", (
                f"{said.quote} is not in {said.ticket_id}"
            )

    def tick_to(self, at: datetime) -> None:
        """Hourly ticks up to `at`; what waits for its turn by then has it."""
        self._ticked = self._ticked or at
        while self._ticked + HOUR <= at:
            self._ticked += HOUR
            for released, _ in self._waiting.advance(self._ticked):
                self.keep(self.path.on_news(released))
            gathered, events = self.path.on_tick(self._ticked)
            self.keep(events)
            for candidate in gathered.candidates:
                self.offer(candidate)

    def settle(self) -> None:
        """Release what still waits: the end of the story, or an officer who looks at what there is."""
        for news, _ in self._waiting.drain():
            self.keep(self.path.on_news(news))

    def told(self, kind: str = "raised") -> list[AlertEvent]:
        return self.found(Expected(kind))

    def expect(self, expected: Expected) -> AlertEvent:
        """Exactly one such event, or as many as `times` says; gives the newest."""
        found = self.found(expected)
        assert len(found) == expected.number, f"{len(found)} × {expected}\n{self.story()}"
        return found[-1]

    def expect_any(self, expected: Expected) -> AlertEvent:
        """At least one such event; gives the first."""
        found = self.found(expected)
        assert found, f"none of {expected}\n{self.story()}"
        return found[0]

    def never(self, expected: Expected) -> None:
        assert not self.found(expected), f"{expected}\n{self.story()}"

    def quiet(self, since: str, until: str) -> None:
        """Nothing reaches a person in between."""
        for told in (alert(), update()):
            self.never(told.between(since, until))

    def found(self, expected: Expected) -> list[AlertEvent]:
        self.settle()
        return [event for event in self.events if expected.matches(event)]

    def story(self) -> str:
        """What happened, for the message of a failed test."""
        return "\n".join(
            f"{event.at:%m-%d %H:%M} {event.event} {event.alert.kind}/{event.alert.scope} {event.alert.title}"
            f" {getattr(event.alert, 'suppressed', '')} λ={event.alert.figures.get('lambda')}"
            for event in self.events
        )

    def lives_ordinarily(self, days: int, calls_a_day: int = 24) -> "TimeLine":
        """So many days before the story: different people call about different things in different places."""
        for number in range(days * calls_a_day):
            back = timedelta(days=days) - timedelta(days=number / calls_a_day)
            day, hour = divmod((MONDAY - back - MONDAY).total_seconds() / 3600, 24)
            at = MONDAY + timedelta(days=day, hours=8 + hour / 2)
            estate = ESTATES[number * 5 % len(ESTATES)]
            text = f"{estate}{number * 7 % 30 + 1}栋反映,{MATTERS[number % len(MATTERS)]},希望处理"
            Moment(self, at).call(f"路人{number}", text, district=DISTRICTS[number * 5 % len(ESTATES) // 2])
        return self


@dataclass(frozen=True)
class Moment:
    """An instant of the story: who does what."""

    line: TimeLine
    at: datetime

    def call(self, who: str, text: str, **fields: Any) -> str:
        """A new ticket; gives its id. `district` and `street` are the platform's fields."""
        ticket_id = f"t{len(self.line.raw) + 1}"
        place = {name: fields.pop(name) for name in ("district", "street") if name in fields}
        event = {"event": "created", "content": text, "caller": {"id": who}, "place": place, **fields}
        self._send(ticket_id, event)
        return ticket_id

    def calls(self, number: int, says: str | Sequence[str], **fields: Any) -> list[str]:
        """So many calls, `every` so many minutes (1), by as many people, or all `by` one; gives the tickets' ids.

        Of several texts each caller says the next; {n} in a text is the caller's number.
        """
        every, by = timedelta(minutes=fields.pop("every", 1)), fields.pop("by", None)
        texts = (says,) if isinstance(says, str) else says
        tickets = []
        for caller in range(number):
            moment = Moment(self.line, self.at + caller * every)
            who = by or f"{self.at:%m%d%H%M}{texts[0][:4]}{caller}"
            tickets.append(
                moment.call(who, texts[caller % len(texts)].replace("{n}", str(caller + 1)), **fields)
            )
        return tickets

    def close(self, ticket_id: str, reply: str = "已处理", unit: str = "水务局") -> None:
        self._send(ticket_id, {"event": "closed", "unit": unit, "reply": reply, "outcome": "solved"})

    def again(self) -> None:
        """Everything so far is delivered a second time."""
        for raw in list(self.line.raw):
            self.line.play(raw, self.at)

    def officer(self, command: str, **fields: Any) -> AlertEvent:
        """What the officer asks; gives what came of it."""
        self.line.settle()
        number = f"c{len(self.line.events)}"
        asked = Command.model_validate(
            {"command": command, "command_id": number, "by": "王", "at": self.at, **fields}
        )
        self.line.offer(asked)
        return self.line.events[-1]

    def merge(self, one: str, other: str) -> None:
        """The officer makes one of the problems of two tickets; alerting hears of it as it does live."""
        self.line.settle()
        books = self.line.path.books
        assert books is not None
        ids = [member.problem_id for member in books.members.values() if member.ticket_id in (one, other)]
        ask = Ask(ask_id=f"c{len(self.line.raw)}", at=self.at, by="王", problem_id=ids[0], into=ids[-1])
        for command in follows_of(self.line.path.on_ask(ask)):
            self.line.offer(command)

    def _send(self, ticket_id: str, fields: dict[str, Any]) -> None:
        event = {"event_id": f"e{len(self.line.raw) + 1}", "ticket_id": ticket_id, **fields}
        event["occurred_at"] = self.at.isoformat()
        self.line.play(json.dumps(event, ensure_ascii=False).encode(), self.at)


def at_once(step: Coroutine[Any, Any, Answer]) -> Answer:
    """The result of a step that has nothing to wait for: no model is asked here."""
    try:
        step.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]  # StopIteration.value is untyped
    raise AssertionError("the step waits for something")
