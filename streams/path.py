"""The path of a ticket on one page. Live agents and replay both walk it: there is no other code that decides."""

from dataclasses import dataclass
from datetime import datetime

from agents.alerting.alert import AlertEvent, Command
from agents.alerting.decide import Desk, decide, decide_on_tick
from agents.grading.grade import Graded, Grader, Judged, grade, grade_again
from agents.intake.accept import Accepted, Intake, foresee, read, take
from agents.intake.ticket import News, Ticket
from agents.notifying.route import Delivery, Routing, route
from agents.problems.books import Books
from agents.problems.gather import gather
from agents.problems.merging import Ask, regroup
from agents.problems.patterns import find_hazards_alone
from agents.problems.problem import Candidate, Count, Gathered
from agents.problems.signature import Told, tell
from agents.problems.tick import gather_on_tick


@dataclass
class Path:
    """The agents' states and settings, wired once (weisu/wiring.py). A process that plays one role leaves the rest None."""

    intake: Intake | None = None
    grader: Grader | None = None
    books: Books | None = None
    desk: Desk | None = None
    routing: Routing | None = None

    def on_event(self, raw: bytes) -> tuple[Accepted, tuple[Candidate, ...]]:
        """tickets.events → tickets.accepted, and critical hazards at once → alerts.candidates. Raises InvalidEvent."""
        return self.on_read(self.read(raw))

    def read(self, raw: bytes) -> News:
        """The half of on_event() that knows no other event. Raises InvalidEvent."""
        assert self.intake is not None
        return read(raw, self.intake)

    def foresee(self, news: News) -> None:
        """For those who take many at once, between read() and on_read(): the same results, sooner."""
        assert self.intake is not None
        foresee(news, self.intake)

    def on_read(self, news: News) -> tuple[Accepted, tuple[Candidate, ...]]:
        """The other half of on_event()."""
        assert self.intake is not None
        accepted = take(news, self.intake)
        return accepted, find_hazards_alone(accepted.ticket)

    async def on_accepted(self, ticket: Ticket) -> Judged:
        """tickets.accepted → tickets.graded, grading.audit. The only step that may wait: for a model."""
        assert self.grader is not None
        return await grade(ticket, self.grader)

    async def on_model_back(self, ticket: Ticket) -> Judged:
        """A ticket that waits for a model → tickets.graded, grading.audit."""
        assert self.grader is not None
        return await grade_again(ticket, self.grader)

    def tell(self, graded: Graded) -> Told:
        """For those who take many at once, between on_accepted() and on_graded(): the same results, sooner."""
        return tell(graded)

    def on_graded(self, graded: Graded, told: Told | None = None) -> Gathered:
        """tickets.graded → problems, alerts.candidates, city.counts."""
        assert self.books is not None
        return gather(graded, self.books, told)

    def on_ask(self, ask: Ask) -> Gathered:
        """alerts.commands by way of tickets.graded → problems: a merge or a split that a person asks for."""
        assert self.books is not None
        return regroup(ask, self.books)

    def on_news(self, news: Candidate | Count | Command) -> tuple[AlertEvent, ...]:
        """alerts.candidates, city.counts, alerts.commands, in the order of agents/alerting/order.py → alerts."""
        assert self.desk is not None
        return decide(news, self.desk)

    def on_alert(self, event: AlertEvent) -> tuple[Delivery, ...]:
        """alerts → whom to tell, and how."""
        assert self.routing is not None
        return route(event, self.routing)

    def on_tick(self, at: datetime) -> tuple[Gathered, tuple[AlertEvent, ...]]:
        """What needs no new ticket: quiet problems close, open alerts resolve. `at` is event time."""
        gathered = gather_on_tick(at, self.books) if self.books is not None else Gathered()
        return gathered, decide_on_tick(at, self.desk) if self.desk is not None else ()
