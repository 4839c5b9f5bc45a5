"""The step of alerting 预警: what reaches a person, and why the rest does not."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from agents.alerting.alert import LEVELS, Alert, AlertEvent, Command, Held
from agents.alerting.desk import SCOPES, Budget, Counted, Decided, Kept, Last, Waits
from agents.alerting.desk import Desk as Desk
from agents.alerting.digest import put_off, send_digest
from agents.alerting.gates import (
    No,
    alert_id_of,
    budget_key,
    cool_down,
    first_no,
    is_campaign_of,
    is_surge_of,
)
from agents.alerting.life import settle
from agents.alerting.neighbours import remember
from agents.alerting.obey import obey
from agents.alerting.rates import find_storm, note
from agents.alerting.shadow import see, set_bar
from agents.alerting.storm import storm_candidate
from agents.alerting.sweep import sweep
from agents.alerting.weigh import evidence_needed, level_of, needed_by, people_of, weigh, with_needed
from agents.alerting.wording import DANGER, Wording, compose
from agents.city import City
from agents.problems.problem import Candidate, Count, Evidence

STORM_RETRY = timedelta(hours=1)
"""A storm is looked at again so long after it was told or held: one ledger entry an hour, not one a call."""
MOST_TICKETS = 200
MOST_QUOTES = 8


def decide(news: Candidate | Count | Command, desk: Desk) -> tuple[AlertEvent, ...]:
    """alerts.candidates, city.counts, alerts.commands → alerts. The same news gives the same events again."""
    if isinstance(news, Count):
        return _take_count(news, desk)
    if isinstance(news, Candidate):
        return _decide_once(news, desk)
    return obey(news, desk)


def decide_on_tick(at: datetime, desk: Desk) -> tuple[AlertEvent, ...]:
    """What is due by the clock; `at` is event time.

    λ* is set at midnight, the digest is sent in the morning, quiet alerts resolve, what is too old is forgotten.
    """
    set_bar(at, desk)
    return (*send_digest(at, desk), *sweep(at, desk))


def _decide_once(candidate: Candidate, desk: Desk) -> tuple[AlertEvent, ...]:
    name = f"decided:{candidate.candidate_id}"
    decided = desk.find(name, Decided)
    if decided is not None:
        return decided.events
    events = _decide(candidate, desk)
    # Written last: if a crash kept only the entries before this one, the finding runs again and meets its own
    # alert (gate `duplicate`, or Kept.told_by), which is given out again under the same number.
    desk.state[name] = Decided(at=candidate.at, events=events)
    return events


def _decide(candidate: Candidate, desk: Desk) -> tuple[AlertEvent, ...]:
    candidate = weigh(candidate, desk)
    wording = compose(candidate, desk.city)
    no = first_no(candidate, desk) or (None if wording.is_supported else No("unsupported"))
    see(candidate, no, desk)
    if no is None:
        return _raise(candidate, wording, desk)
    under = desk.kept(no.under) if no.under else None
    if no.reason == "duplicate" and under is not None:
        remember(candidate, under.alert.alert_id, desk)
        return (AlertEvent(event="raised", at=under.alert.raised_at, alert=under.alert, seq=under.seq),)
    events = [_hold(candidate, wording, no, desk)]
    if under is not None:
        if no.tell_again and wording.is_supported:
            events.append(_tell_again(candidate, under, desk))
        else:
            heard_at = max(under.heard_at, candidate.at)
            desk.state[f"alert:{under.alert.alert_id}"] = under.model_copy(update={"heard_at": heard_at})
    return tuple(events)


def _raise(candidate: Candidate, wording: Wording, desk: Desk) -> tuple[AlertEvent, ...]:
    alert = Alert.model_validate(_fields(candidate, wording, desk.city))
    events = []
    last = desk.find(f"last:{candidate.key}", Last)
    before = desk.kept(last.alert_id) if last else None
    if before is not None and before.alert.status in ("open", "acknowledged"):
        ended = settle(before.alert, candidate.at, f"由新预警 {alert.alert_id} 接续")
        events.append(_keep(before, ended, desk))
    desk.state[f"alert:{alert.alert_id}"] = Kept(
        alert=alert,
        seq=1,
        told_at=candidate.at,
        told_reporters=people_of(candidate),
        told_by=candidate.candidate_id,
        heard_at=candidate.at,
    )
    remember(candidate, alert.alert_id, desk)
    if candidate.kind != "hazard":
        key = budget_key(candidate.at, desk)
        spent = desk.find(key, Budget)
        desk.state[key] = Budget(at=candidate.at, spent=spent.spent + 1 if spent else 1)
    events.append(AlertEvent(event="raised", at=candidate.at, alert=alert, seq=1))
    return tuple(events)


def _hold(candidate: Candidate, wording: Wording, no: No, desk: Desk) -> AlertEvent:
    fields = _fields(candidate, wording, desk.city)
    held = Held.model_validate(fields | {"suppressed": no.reason, "under": no.under, "note": no.note})
    if no.reason == "unconfirmed":
        desk.state[f"waits:{candidate.key}"] = Waits(at=candidate.at, reporters=candidate.reporters)
    elif no.reason == "budget":
        put_off(held, candidate.at, desk)
    return AlertEvent(event="held", at=candidate.at, alert=held, note=no.note)


def _tell_again(candidate: Candidate, kept: Kept, desk: Desk) -> AlertEvent:
    """The open alert with the newest facts. One that was over opens again: what grew was not over."""
    old = kept.alert
    listed = tuple(dict.fromkeys((*old.ticket_ids, *candidate.ticket_ids)))[-MOST_TICKETS:]
    danger = {DANGER: "+".join(old.hazards)} if old.kind == "hazard" else {}
    said = candidate.model_copy(update={"ticket_ids": listed, "facts": candidate.facts | danger})
    fields = _fields(candidate, compose(said, desk.city), desk.city)
    fields |= {
        "alert_id": old.alert_id,
        "kind": "campaign" if is_campaign_of(candidate, kept) else old.kind,
        "key": old.key,
        "raised_at": old.raised_at,
        "trigger_ticket_id": old.trigger_ticket_id,
        "problem_id": old.problem_id or candidate.problem_id,
        "level": max(old.level, level_of(candidate, desk.city), key=LEVELS.index),
        "scope": max(old.scope, candidate.scope, key=SCOPES.index),
        "ticket_ids": listed,
        "evidence": _fresh_first((*candidate.evidence, *old.evidence)),
        "hazards": tuple(dict.fromkeys((*old.hazards, *candidate.hazards))),
        "acknowledged_by": old.acknowledged_by if old.status == "acknowledged" else None,
        "status": "acknowledged" if old.status == "acknowledged" else "open",
        # What an officer found stays said until another is: it was found of what had been told.
        "verdict": old.verdict,
    }
    alert = Alert.model_validate(fields)
    told = kept.model_copy(
        update={
            # Told by this very finding before: the same event under the same number.
            "seq": kept.seq - 1 if kept.told_by == candidate.candidate_id else kept.seq,
            "told_at": candidate.at,
            "told_reporters": people_of(candidate),
            "told_by": candidate.candidate_id,
            "heard_at": max(kept.heard_at, candidate.at),
        }
    )
    event = _keep(told, AlertEvent(event="updated", at=candidate.at, alert=alert), desk)
    # Last: if a crash kept only what is above, the finding is told again under the same number.
    if candidate.key == old.key or is_surge_of(candidate, kept):
        # What goes on after a surge is told in this alert, too.
        remember(candidate, old.alert_id, desk)
    if candidate.key != old.key:
        desk.state[f"last:{old.key}"] = Last(at=candidate.at, alert_id=old.alert_id)
    return event


def _keep(kept: Kept, event: AlertEvent, desk: Desk) -> AlertEvent:
    """The event with the alert's next number, and the alert as it stands after it."""
    numbered = event.model_copy(update={"seq": kept.seq + 1})
    after = kept.model_copy(update={"alert": event.alert, "seq": kept.seq + 1})
    desk.state[f"alert:{event.alert.alert_id}"] = after
    return numbered


def _fields(candidate: Candidate, wording: Wording, city: City) -> dict[str, object]:
    return {
        "alert_id": alert_id_of(candidate),
        "kind": candidate.kind,
        "level": level_of(candidate, city),
        "scope": candidate.scope,
        "key": candidate.key,
        "raised_at": candidate.at,
        "updated_at": candidate.at,
        "problem_id": candidate.problem_id,
        "trigger_ticket_id": candidate.trigger_ticket_id,
        "ticket_ids": candidate.ticket_ids,
        "reporters": candidate.reporters,
        "title": wording.title,
        "text": wording.text,
        "evidence": candidate.evidence,
        "district": candidate.district,
        "place": candidate.place,
        "category": candidate.category,
        "matter": candidate.matter,
        "hazards": candidate.hazards,
        "figures": candidate.figures | {"dropped_sentences": float(wording.dropped)},
        "rules": candidate.rules,
    }


def _fresh_first(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Each ticket once, the newest finding's quotes first."""
    by_ticket: dict[str, Evidence] = {}
    for entry in evidence:
        by_ticket.setdefault(entry.ticket_id, entry)
    return tuple(by_ticket.values())[:MOST_QUOTES]


def _take_count(count: Count, desk: Desk) -> tuple[AlertEvent, ...]:
    """Into the city's rates, once; and does the whole city call about this?"""
    name = f"counted:{count.ticket_id}"
    counted = desk.find(name, Counted)
    if counted is not None:
        return counted.events
    events: tuple[AlertEvent, ...] = ()
    if count.fresh:
        note(count, desk)
        events = _look_for_storm(count, desk)
    desk.state[name] = Counted.trusted(at=count.at, events=events)
    return events


def _look_for_storm(count: Count, desk: Desk) -> tuple[AlertEvent, ...]:
    needed = evidence_needed(desk)
    least = needed_by({}, "city", needed)
    storm = find_storm(count.category, count.at, desk, least)
    if storm is None or storm.evidence < least:
        return ()
    candidate = with_needed(storm_candidate(storm, count, desk), needed)
    tried = desk.find(f"last:tried|{candidate.key}", Last)
    if tried is not None and abs(count.at - tried.at) < STORM_RETRY:
        return ()
    no = cool_down(candidate, desk)
    if no is not None and not no.tell_again:
        return ()
    desk.state[f"last:tried|{candidate.key}"] = Last(at=count.at, alert_id=alert_id_of(candidate))
    return _decide(candidate, desk)
