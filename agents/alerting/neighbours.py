"""Which alerts stand beside a finding, and which of them say it already: place in street in district in city."""

from collections.abc import Iterator
from datetime import timedelta

from agents.alerting.desk import Desk, Fired, Kept, Last, Near
from agents.problems.problem import Candidate, CandidateKind

PRIORITY: tuple[CandidateKind, ...] = ("hazard", "burst", "campaign", "recurrence", "seasonal", "chronic")
"""Of several findings about one problem the first here is told, the others fold into it.

Disputes between units and one caller's many tickets are about somebody else and fold into nothing.
"""
ONE_CROWD: tuple[CandidateKind, ...] = ("burst", "campaign")
"""Of one problem they are the same people: whichever was told first takes in the other. A crowd about what was told
of as come back is news of that alert."""
MOST_NEIGHBOURS = 64
ONE_DANGER = timedelta(hours=1)
"""Calls about one danger at one estate come within so long."""


def remember(candidate: Candidate, alert_id: str, desk: Desk) -> None:
    """Where its own key and its neighbours will find the alert. Twice is the same as once."""
    desk.state[f"last:{candidate.key}"] = Last(at=candidate.at, alert_id=alert_id)
    fired = Fired(
        at=candidate.at,
        alert_id=alert_id,
        kind=candidate.kind,
        scope=candidate.scope,
        street=candidate.place.street or "",
        problem_id=candidate.problem_id,
        hazards=candidate.hazards if candidate.kind == "hazard" else (),
    )
    for name in homes_of(candidate):
        near = desk.find(f"near:{name}", Near)
        before = tuple(entry for entry in near.fired if entry != fired) if near else ()
        desk.state[f"near:{name}"] = Near(at=candidate.at, fired=(*before[1 - MOST_NEIGHBOURS :], fired))


def cover_of(candidate: Candidate, desk: Desk) -> Kept | None:
    """The newest alert of the last cool-down, of another key, that says what the candidate says."""
    if candidate.kind == "hazard" and (same := _same_danger(candidate, desk)) is not None:
        return same
    for fired in _neighbours(candidate, desk):
        kept = desk.kept(fired.alert_id)
        if kept is None or kept.alert.key == candidate.key or not _covers(fired, candidate):
            continue
        if not _stands_apart(candidate, kept):
            return kept
    return None


def _stands_apart(candidate: Candidate, kept: Kept) -> bool:
    """Is it a place of its own within a street or a district that was told of? None of its people are among those
    told of, and by itself it is further from chance than they were together. Or a wide crowd of which the alert of a danger
    has told less than half?"""
    told = kept.alert
    if told.kind == "hazard" and candidate.scope != "problem":
        return 2 * len(set(candidate.ticket_ids) & set(told.ticket_ids)) < len(candidate.ticket_ids)
    if candidate.kind != "burst" or candidate.scope != "problem" or told.scope not in ("street", "district"):
        return False
    is_stronger = candidate.figures.get("lambda", 0.0) > told.figures.get("lambda", 0.0)
    return is_stronger and not set(candidate.ticket_ids) & set(told.ticket_ids)


def _same_danger(candidate: Candidate, desk: Desk) -> Kept | None:
    """The open alert of the last hour about this danger at this estate, told from another door of it.

    One fire is called in from the gate, from the fifth floor and by its number. Two houses that are both named
    are two dangers.
    """
    near = desk.find(f"near:{_danger_home(candidate)}", Near)
    for fired in reversed(near.fired if near else ()):
        kept = desk.kept(fired.alert_id)
        if kept is None or kept.alert.key == candidate.key or abs(candidate.at - fired.at) >= ONE_DANGER:
            continue
        houses = {house for place in (kept.alert.place, candidate.place) if (house := place.address)}
        if kept.alert.status in ("open", "acknowledged") and len(houses) < 2:
            return kept
    return None


def _danger_home(candidate: Candidate) -> str:
    place = candidate.place
    where = place.community or candidate.trigger_ticket_id
    return f"danger|{'+'.join(candidate.hazards)}|{candidate.district}|{where}"


def _neighbours(candidate: Candidate, desk: Desk) -> Iterator[Fired]:
    """Alerts of the last cool-down about the same problem, or the same category in the district or city."""
    for name in _nearby(candidate):
        near = desk.find(f"near:{name}", Near)
        for fired in reversed(near.fired if near else ()):
            if abs(candidate.at - fired.at) < desk.city.thresholds.cool_down:
                yield fired


def homes_of(candidate: Candidate) -> list[str]:
    """Where an alert is found by its neighbours."""
    names = [f"problem|{candidate.problem_id}"] if candidate.problem_id else []
    if candidate.kind == "hazard":
        names += [f"ticket|{candidate.trigger_ticket_id}", _danger_home(candidate)]
    elif candidate.kind in ONE_CROWD:
        names.append(f"{'city' if candidate.scope == 'city' else candidate.district}|{candidate.category}")
    return names


def _nearby(candidate: Candidate) -> list[str]:
    """Where a finding looks for neighbours: by problem, category, and by tickets that told a danger."""
    names = homes_of(candidate)
    if candidate.kind != "hazard":
        names += [f"ticket|{ticket_id}" for ticket_id in candidate.ticket_ids]
    if candidate.kind == "burst" and candidate.scope != "city":
        names.append(f"city|{candidate.category}")
    return names


def _covers(fired: Fired, candidate: Candidate) -> bool:
    """Does the alert say what the candidate says?

    A city-wide storm explains a district and a street, but not one place that beats even the storm.
    """
    if candidate.kind == "hazard":
        # Several dangers in one call are one alert; a danger told later is not.
        return fired.kind == "hazard" and fired.at == candidate.at
    if fired.kind == "hazard":
        return candidate.scope == "problem" or not set(fired.hazards).isdisjoint(candidate.hazards)
    if fired.kind not in PRIORITY:
        return False
    if fired.problem_id is not None and fired.problem_id == candidate.problem_id:
        if fired.kind in ONE_CROWD and candidate.kind in ONE_CROWD:
            return True
        if fired.kind == "recurrence" and candidate.kind == "burst":
            return True
        return PRIORITY.index(fired.kind) <= PRIORITY.index(candidate.kind)
    if fired.kind not in ONE_CROWD or candidate.scope == "city":
        return False
    if fired.scope == "city":
        return candidate.scope in ("street", "district")
    return _nested(fired, candidate)


def _nested(fired: Fired, candidate: Candidate) -> bool:
    scopes = {fired.scope, candidate.scope}
    if fired.scope == candidate.scope:
        return False
    if "district" in scopes:
        return True
    return bool(fired.street) and fired.street == (candidate.place.street or "")
