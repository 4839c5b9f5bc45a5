"""Scores of several cities as one: counts are added, shares are taken of the sums."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

from weisu.evaluation.intervals import quantile, wilson

Scores = Mapping[str, Any]


def pooled(scores: Sequence[Scores]) -> dict[str, object]:
    """What curve.py does not pool: alerts a day, false alarms, kinds, hoaxes, hazards, ledger, problems."""
    days = sum(one["days"] for one in scores)
    return {
        "cities": len(scores),
        "days": days,
        "tickets": sum(one["tickets"] for one in scores),
        "alerts": _alerts([one["alerts"] for one in scores]),
        "false": _false([one["false"] for one in scores], days),
        "kinds": {
            kind: shares(
                _added([one["kinds"][kind] for one in scores], KIND), ("true", "alerts"), ("told", "planted")
            )
            for kind in scores[0]["kinds"]
        },
        "hoaxes": _added([one["hoaxes"] for one in scores], ("planted", "crowd_alerts")),
        "hazards": shares(
            _added([one["hazards"] for one in scores], HAZARD),
            ("found", "planted"),
            ("about_planted", "alerts"),
        ),
        "held": _held([one["held"] for one in scores]),
        "problems": _problems([one["problems"] for one in scores]),
    }


KIND = ("alerts", "true", "planted", "told")
HAZARD = ("planted", "found", "alerts", "about_planted")


def _added(parts: Sequence[Scores], names: Sequence[str]) -> dict[str, int]:
    return {name: sum(part[name] for part in parts) for name in names}


def shares(counts: Mapping[str, int], *pairs: tuple[str, str]) -> dict[str, object]:
    """The counts, and for each pair of names the first's share of the second with Wilson's interval."""
    found: dict[str, object] = dict(counts)
    for hits, of in pairs:
        low, high = wilson(counts[hits], counts[of])
        value = round(counts[hits] / counts[of], 4) if counts[of] else None
        found[f"{hits}/{of}"] = [value, round(low, 4), round(high, 4)]
    return found


def _alerts(parts: Sequence[Scores]) -> dict[str, object]:
    per_day = [float(count) for part in parts for count in part["per_day"]]
    return {
        "mean": round(mean(per_day), 3) if per_day else None,
        "p95": quantile(per_day, 0.95),
        "most": max(per_day, default=None),
        "dangers": sum(part["dangers"] for part in parts),
    }


def _false(parts: Sequence[Scores], days: int) -> dict[str, object]:
    about: Counter[str] = Counter()
    for part in parts:
        about.update(part["about"])
    counts = _added(parts, ("total", "bursts", "hoax", "storm_local", "campaign", "true", "judged"))
    return {
        **shares(counts, ("true", "judged")),
        "a_day": round(counts["total"] / days, 3) if days else None,
        "bursts_a_day": round(counts["bursts"] / days, 3) if days else None,
        "about": dict(sorted(about.items(), key=lambda pair: (-pair[1], pair[0]))),
    }


def _held(parts: Sequence[Mapping[str, int]]) -> dict[str, object]:
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part)
    total = sum(counts.values())
    return {reason: {"held": n, "share": round(n / total, 4)} for reason, n in sorted(counts.items())}


def _problems(parts: Sequence[Scores]) -> dict[str, object]:
    """Means over the cities: each is a clustering of its own."""
    return {
        measure: {
            name: round(mean(part[measure][name] for part in parts), 4)
            for name in ("precision", "recall", "f1")
        }
        for measure in ("pairwise", "b_cubed", "strict")
    }
