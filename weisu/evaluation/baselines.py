"""Two simpler detectors over the same tickets: the rule every hotline starts with, and EARS C2.

Both see what the product saw: its places, categories, problems and pseudonyms. Their alerts are judged by the
same rule, rest for the same 24 hours, and list the tickets of the last 24 hours.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import mean, stdev

from weisu.evaluation.outcome import Outcome, Telling, Told
from weisu.evaluation.tape import Seen

WINDOW = timedelta(hours=24)
REST = timedelta(hours=24)
LEAST_CALLERS = 3
LEAST_DEVIATION = 0.5
"""Floor of the standard deviation of EARS: a key without any past would otherwise divide by zero."""


@dataclass(frozen=True)
class Exceeding:
    """One ticket at which a detector's statistic is known: an alert, if it is high enough."""

    at: datetime
    scope: str
    key: str
    street: str
    """District and category of an enclosing alert, with the street where it has one."""
    district: str
    statistic: float
    trigger: str
    ticket_ids: tuple[str, ...]
    category: str


def naive(seen: Sequence[Seen], by_caller: bool) -> list[Exceeding]:
    """Same place and category within 24 hours: the number of calls, or of distinct callers."""
    found = []
    recent: dict[str, deque[Seen]] = defaultdict(deque)
    for ticket in in_order(seen):
        if not ticket.spot:
            continue
        key = f"{ticket.spot}|{ticket.category}"
        window = _taken(recent[key], ticket)
        count = len({one.caller for one in window}) if by_caller else len(window)
        if count >= LEAST_CALLERS:
            found.append(_exceeding(ticket, "problem", key, float(count), window))
    return found


@dataclass
class _Key:
    """What EARS remembers of one key: its days, and its last 24 hours."""

    days: dict[date, set[str]] = field(default_factory=lambda: defaultdict(set))
    window: deque[Seen] = field(default_factory=deque)


def ears_c2(seen: Sequence[Seen]) -> list[Exceeding]:
    """(distinct callers today − mean) / standard deviation of seven days, two days of guard between.

    At each of three nested keys: problem, street and category, district and category; the day counts from its
    first call on, not only when it is over. Source: L. Hutwagner et al., The bioterrorism preparedness and
    response Early Aberration Reporting System (EARS), J Urban Health 2003; guard band and gate as in the
    alerting notes, A.1.
    """
    found = []
    keys: dict[str, _Key] = defaultdict(_Key)
    for ticket in in_order(seen):
        today = ticket.at.date()
        for scope, name in _keys(ticket):
            key = keys[name]
            key.days[today].add(ticket.caller)
            window = _taken(key.window, ticket)
            if len({one.caller for one in window}) >= LEAST_CALLERS:
                past = [float(len(key.days.get(today - timedelta(days=back), ()))) for back in range(3, 10)]
                usual, spread = mean(past), max(stdev(past), LEAST_DEVIATION)
                found.append(_exceeding(ticket, scope, name, (len(key.days[today]) - usual) / spread, window))
    return found


def _keys(ticket: Seen) -> Iterator[tuple[str, str]]:
    yield "problem", ticket.problem
    if ticket.street:
        yield "street", f"{ticket.district}|{ticket.street}|{ticket.category}"
    if ticket.district:
        yield "district", f"{ticket.district}|{ticket.category}"


def _taken(window: deque[Seen], ticket: Seen) -> deque[Seen]:
    window.append(ticket)
    while window[0].at <= ticket.at - WINDOW:
        window.popleft()
    return window


def _exceeding(ticket: Seen, scope: str, key: str, statistic: float, window: Iterable[Seen]) -> Exceeding:
    return Exceeding(
        at=ticket.at,
        scope=scope,
        key=key,
        street=f"{ticket.district}|{ticket.street}|{ticket.category}",
        district=f"{ticket.district}|{ticket.category}",
        statistic=statistic,
        trigger=ticket.ticket_id,
        ticket_ids=tuple(one.ticket_id for one in window),
        category=ticket.category,
    )


def alerts_at(found: Sequence[Exceeding], threshold: float, name: str) -> Outcome:
    """The alerts of a threshold: each key rests for 24 hours, and nested keys are told once."""
    last: dict[str, datetime] = {}
    alerts = []
    for one in found:
        if one.statistic < threshold:
            continue
        if any(one.at - last[key] < REST for key in _covering(one) if key in last):
            continue
        alerts.append(
            Told(
                f"{name}-{one.key}-{one.trigger}",
                "burst",
                one.scope,
                one.category,
                "yellow",
                (Telling(one.at, one.ticket_ids, one.trigger),),
            )
        )
        for key in _leaves(one):
            last[key] = one.at
    return Outcome(tuple(alerts), {}, {})


def _covering(one: Exceeding) -> Iterator[str]:
    """Its own key, what encloses it, and (for a wide key) anything nested in it that was told."""
    yield one.key
    if one.scope == "problem":
        yield from (f"wide:{one.street}", f"wide:{one.district}")
    elif one.scope == "street":
        yield from (f"wide:{one.district}", f"in:{one.street}")
    else:
        yield f"in:{one.district}"


def _leaves(one: Exceeding) -> Iterator[str]:
    yield one.key
    if one.scope == "problem":
        yield from (f"in:{one.street}", f"in:{one.district}")
    elif one.scope == "street":
        yield from (f"wide:{one.street}", f"in:{one.district}")
    else:
        yield f"wide:{one.district}"


def in_order(seen: Iterable[Seen]) -> list[Seen]:
    return sorted(seen, key=lambda ticket: (ticket.at, ticket.ticket_id))
