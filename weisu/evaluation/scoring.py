"""One replay against the truth: every figure that needs no curve."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import mean

from weisu.evaluation.clusters import clustering
from weisu.evaluation.incidents import fates, summary
from weisu.evaluation.intervals import quantile, wilson
from weisu.evaluation.outcome import Outcome
from weisu.evaluation.truth import CityTruth, Thing
from weisu.evaluation.verdicts import ECHO, Finding, Verdict, judge

Figures = dict[str, object]
CALM = ("hazard",)
"""Kinds that no budget counts and no false-alarm rate includes: a danger is told whatever it costs."""


def score(truth: CityTruth, outcome: Outcome, warm_up: int) -> Figures:
    """Figures of one city; days before `warm_up` are left out everywhere but in the clustering."""
    judged = judge(truth, outcome.alerts)
    verdicts = [v for v in judged if truth.day_of(v.told.at) >= warm_up]
    days = truth.days - warm_up
    return {
        "days": days,
        "warm_up_days": warm_up,
        "tickets": len(truth.calls),
        "incidents": summary(fates(truth, outcome.alerts, warm_up)),
        "alerts": alerts_a_day(truth, verdicts, warm_up),
        "false": false_alarms(verdicts, days),
        "kinds": by_kind(truth, judged, warm_up),
        "hoaxes": _hoaxes(truth, verdicts, warm_up),
        "hazards": hazards(truth, outcome, warm_up),
        "held": dict(outcome.held),
        "problems": clustering(truth, outcome.problem_of),
    }


def is_counted(verdict: Verdict) -> bool:
    """Whether the budget and the false-alarm rate count it."""
    return verdict.told.kind not in CALM


def alerts_a_day(truth: CityTruth, verdicts: Sequence[Verdict], warm_up: int) -> Figures:
    """Alerts other than dangers: mean, 95th percentile and most a day."""
    per_day = Counter(truth.day_of(v.told.at) for v in verdicts if is_counted(v))
    counts = [float(per_day[day]) for day in range(warm_up, truth.days)]
    return {
        "total": int(sum(counts)),
        "per_day": [int(count) for count in counts],
        "mean": round(mean(counts), 3) if counts else None,
        "p95": quantile(counts, 0.95),
        "most": max(counts, default=None),
        "dangers": sum(not is_counted(v) for v in verdicts),
    }


def false_alarms(verdicts: Sequence[Verdict], days: int) -> Figures:
    """False alerts a day, what they were about, and the precision of those that can be judged."""
    judged = [v for v in verdicts if is_counted(v) and v.finding != "unjudged"]
    wrong = [v for v in judged if v.finding == "false"]
    true = sum(v.finding in ("true", "again", "campaign") for v in judged)
    low, high = wilson(true, len(judged))
    about = Counter(f"{v.told.kind}/{v.told.scope}: {v.what}" for v in wrong)
    return {
        "total": len(wrong),
        "bursts": sum(v.told.kind == "burst" for v in wrong),
        "true": true,
        "judged": len(judged),
        "a_day": round(len(wrong) / days, 3) if days > 0 else None,
        "bursts_a_day": round(sum(v.told.kind == "burst" for v in wrong) / days, 3) if days > 0 else None,
        "about": dict(sorted(about.items(), key=lambda pair: (-pair[1], pair[0]))),
        "hoax": sum(v.finding == "hoax" for v in judged),
        "storm_local": sum(v.finding == "storm" for v in judged),
        "campaign": sum(v.finding == "campaign" for v in judged),
        "precision": round(true / len(judged), 4) if judged else None,
        "precision_low": round(low, 4),
        "precision_high": round(high, 4),
    }


def by_kind(truth: CityTruth, verdicts: Sequence[Verdict], warm_up: int) -> Figures:
    """Precision of each kind of alert, and how many of the planted things of that kind were told.

    Precision is of the scored days; what stands for weeks may have been told in the warm-up, and is told then.
    """
    found: dict[str, Figures] = {}
    for kind, planted in PLANTED_AS.items():
        ever = [v for v in verdicts if _is_of(kind, v)]
        mine = [v for v in ever if truth.day_of(v.told.at) >= warm_up]
        true = sum(v.finding in RIGHT[kind] for v in mine)
        things = [
            thing
            for thing in truth.things.values()
            if thing.kind == planted and is_due(truth, thing) and truth.day_of(thing.end) >= warm_up
        ]
        told = {v.thing for v in ever if v.finding in RIGHT[kind]}
        low, high = wilson(true, len(mine))
        found[kind] = {
            "alerts": len(mine),
            "true": true,
            "precision": round(true / len(mine), 4) if mine else None,
            "precision_low": round(low, 4),
            "precision_high": round(high, 4),
            "planted": len(things),
            "told": sum(thing.truth_id in told for thing in things),
        }
    return dict(found)


PLANTED_AS: Mapping[str, str] = {
    "recurrence": "after_closure",
    "chronic": "chronic",
    "seasonal": "seasonal",
    "harassment": "hoax",
    "campaign": "campaign",
}
"""Kind of alert → kind of planted thing that it should find."""


RIGHT: Mapping[str, tuple[Finding, ...]] = {
    **dict.fromkeys(PLANTED_AS, ("true", "again")),
    "campaign": ("campaign",),
}
"""Kind of alert → the verdicts that say it was what it said it was."""


def _is_of(kind: str, verdict: Verdict) -> bool:
    """What begins as a crowd is told as a campaign when enough of it has one text: that counts as much."""
    return verdict.told.names_copies if kind == "campaign" else verdict.told.kind == kind


def is_due(truth: CityTruth, thing: Thing) -> bool:
    """Whether an alert is due at all: what came back was told by two people after the closing, what is chronic by four.

    One caller after a closing is written on the ticket and is no alert (R1 of docs/notes/alerting.md, C.1).
    """
    if thing.kind == "after_closure":
        return _came_back(truth, thing) >= 2
    return thing.reporters >= 4 if thing.kind == "chronic" else True


def _came_back(truth: CityTruth, thing: Thing) -> int:
    """How many people called about it a day or longer after its first closing."""
    calls = [truth.calls[known] for known in thing.ticket_ids]
    closings = [call.closed_at for call in calls if call.closed_at is not None]
    return len({call.caller for call in calls if closings and call.at >= min(closings) + ECHO})


def _hoaxes(truth: CityTruth, verdicts: Sequence[Verdict], warm_up: int) -> Figures:
    planted = [t for t in truth.things.values() if t.kind == "hoax" and truth.day_of(t.start) >= warm_up]
    return {"planted": len(planted), "crowd_alerts": sum(v.finding == "hoax" for v in verdicts)}


def hazards(truth: CityTruth, outcome: Outcome, warm_up: int) -> Figures:
    """Planted dangers whose ticket is in some alert, and how many alerts of dangers there were."""
    planted = [t for t in truth.things.values() if t.kind == "hazard" and truth.day_of(t.start) >= warm_up]
    told = {known for alert in outcome.alerts for telling in alert.tellings for known in telling.ticket_ids}
    found = sum(any(known in told for known in thing.ticket_ids) for thing in planted)
    low, high = wilson(found, len(planted))
    alerts = [a for a in outcome.alerts if a.kind == "hazard" and truth.day_of(a.at) >= warm_up]
    return {
        "planted": len(planted),
        "found": found,
        "recall_low": round(low, 4),
        "recall_high": round(high, 4),
        "alerts": len(alerts),
        "about_planted": sum(
            (t := truth.thing_of(a.trigger)) is not None and t.kind == "hazard" for a in alerts
        ),
    }
