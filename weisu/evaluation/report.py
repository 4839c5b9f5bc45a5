"""The figures of `weisu evaluate alerts` as a page with charts, and as docs/quality.md."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from weisu.evaluation.experiment import EARS, NAIVE, NAIVE_CALLS, OURS, UNCAPPED
from weisu.evaluation.page import figure, heading, markdown_table, page, paragraph, plain, table
from weisu.evaluation.plot import Axis, Point, Series, bar_chart, line_chart
from weisu.evaluation.targets import targets

PROTOCOL = Path(__file__).resolve().parents[2] / "docs" / "evaluation" / "alerts.md"
METHODS = (OURS, UNCAPPED, NAIVE, NAIVE_CALLS, EARS)
TITLE = "How good the alerts are"
FALSE = Axis("false crowd alarms a day (whole city)", 0.02, 50, log=True)
KIND_COLUMNS = ("kind", "alerts", "true", "precision", "planted", "told", "recall")
Rows = list[list[object]]
Table = tuple[str, str, Sequence[str], Rows]
"""Heading, what to read in it, names of the columns, rows."""


def protocol_hash() -> str:
    """sha256 of the protocol written before the run; "" where the documents are not installed."""
    return hashlib.sha256(PROTOCOL.read_bytes()).hexdigest() if PROTOCOL.is_file() else ""


def html_report(figures: Mapping[str, Any]) -> str:
    """One self-contained file."""
    parts = [paragraph(line) for line in _about(figures)]
    parts += [heading("The curve"), *_charts(figures)]
    for title, text, head, rows in tables(figures):
        parts += [heading(title), paragraph(text), table(head, rows)]
    return page(TITLE, parts)


def quality_page(figures: Mapping[str, Any], charts: str = "") -> str:
    """The same for docs/, without the charts but the first; `charts`: the folder of curve.svg, as seen from the page."""
    command = figures["command"]
    parts = [
        f"# {TITLE}",
        f"<!-- made by `{command}`: do not edit -->",
        *_about(figures),
        f"Made by `{command}`.",
    ]
    parts += [
        f"![Recall against false alarms a day]({charts}curve.svg)",
        f"More charts: [report.html]({charts}report.html).",
    ]
    for title, text, head, rows in tables(figures):
        parts += [f"## {title}", text, markdown_table(head, rows)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _about(figures: Mapping[str, Any]) -> Iterator[str]:
    plan, pooled = figures["plan"], figures["pooled"]
    seeds = ", ".join(str(seed) for seed in plan["seeds"])
    yield (
        f"Simulated cities of {plan['tickets_per_day']} tickets a day, seeds {seeds}, {plan['days']} days each from "
        f"{plan['start']}; the first {plan['warm_up_days']} days only teach the usual rates and are not scored. "
        f"{pooled['tickets']} tickets were walked through the live functions by version {figures['version']}; "
        f"{pooled['days']} days with {figures['as_shipped']['of']} incidents of four tickets or more are scored."
    )
    yield (
        "A crowd alert is true when the ticket that triggered it belongs to a planted incident, at least two of the "
        "incident's tickets are in the alert and they come from at least 30 % of its distinct callers. Everything else "
        "is false, also where strangers by chance called about one matter; hoaxes, campaigns and storm days are counted "
        "apart. Brackets are 95 % intervals: Wilson's for shares, a bootstrap over days for rates and delays."
    )
    digest = figures.get("protocol", "")
    if digest:
        yield f"The protocol (docs/evaluation/alerts.md) was written before the run; sha256 {digest}."
    yield "All of this is a simulator's city. It ranks methods and guards against getting worse; it promises no city its figures."


def curve_chart(figures: Mapping[str, Any]) -> str:
    """Recall against false alarms a day, as SVG."""
    recall = [
        Series(name, tuple(map(_recall_point, curve)), dashed=name != OURS) for name, curve in _named(figures)
    ]
    marks = [(5, 0.87, "target: 0.87 at 5"), (1, 0.80, "target: 0.80 at 1")]
    return line_chart(recall, FALSE, Axis("recall of incidents", 0, 1), marks)


def _named(figures: Mapping[str, Any]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    curves = figures["curves"]
    return [
        (name, [p for p in curves[name] if p["recall"] is not None]) for name in METHODS if name in curves
    ]


def _charts(figures: Mapping[str, Any]) -> Iterator[str]:
    caption = "Recall against false alarms a day; each point is a threshold, crosses are the targets."
    yield figure(curve_chart(figures), caption)
    for measure, label, most in (("reporters", "distinct reporters", 12), ("minutes", "minutes", 240)):
        delay = [
            Series(name, tuple(_delay_points(curve, measure)), dashed=name != OURS)
            for name, curve in _named(figures)
        ]
        yield figure(
            line_chart(delay, FALSE, Axis(f"median {label} when told", 0, most)),
            f"Median {label} at the alarm over all incidents; what was never told is censored (Kaplan–Meier).",
        )
    sizes = figures["as_shipped"]["by_size"]
    bars = [
        Point(0, part["recall"] or 0.0, part["low"], part["high"], _share(part)) for part in sizes.values()
    ]
    yield figure(
        bar_chart(bars, list(sizes), Axis("recall", 0, 1)), "Recall by size of the incident, as shipped."
    )


def _recall_point(point: Mapping[str, Any]) -> Point:
    note = f"threshold {point['threshold']:g}: {_share(point)}"
    return Point(point["false_a_day"], point["recall"], point["low"], point["high"], note)


def _delay_points(curve: Sequence[Mapping[str, Any]], measure: str) -> Iterator[Point]:
    for point in curve:
        median = point[measure]["median"]
        if median is not None:
            yield Point(point["false_a_day"], median, note=f"threshold {point['threshold']:g}: {median:g}")


def tables(figures: Mapping[str, Any]) -> Iterator[Table]:
    """Every table of the report, in order."""
    head = ("target", "asked", "measured", "verdict")
    rows: Rows = [
        [t.name, t.asked, t.measured, t.is_met if t.is_met is not None else t.verdict]
        for t in targets(figures)
    ]
    yield "Targets", "What was asked for, and what came out.", head, rows
    yield from _shipped(figures)
    yield from _curves(figures["curves"])
    yield from _kinds(figures["pooled"])
    if figures["years"]:
        yield _of_years(figures["years"])


def _shipped(figures: Mapping[str, Any]) -> Iterator[Table]:
    shipped, pooled = figures["as_shipped"], figures["pooled"]
    alerts, false = pooled["alerts"], pooled["false"]
    rows: Rows = [
        [
            "alerts a day, dangers not counted: mean / p95 / most",
            f"{alerts['mean']} / {alerts['p95']} / {alerts['most']}",
        ],
        ["false alerts a day, all kinds but dangers", false["a_day"]],
        ["false crowd alerts a day", f"{shipped['false_a_day']} {_interval(shipped['false_interval'])}"],
        ["precision of all kinds that can be judged", _wilson(false["true/judged"])],
        ["recall of incidents", _share(shipped)],
        ["  by size", "; ".join(f"{name}: {_share(part)}" for name, part in shipped["by_size"].items())],
        ["  by level", "; ".join(f"{name}: {_share(part)}" for name, part in shipped["by_scope"].items())],
        ["distinct reporters when told, median / p90", _delay(shipped["reporters"])],
        ["minutes after the first call, median / p90", _delay(shipped["minutes"])],
        *_leads(shipped["lead_minutes"]),
        ["share of the tickets still to come, median of the told", shipped["still_to_come"]["told"]],
        ["local alerts about a storm's matter on storm days", false["storm_local"]],
        ["crowd alerts about a campaign", false["campaign"]],
    ]
    yield (
        "As shipped",
        "The thresholds and the budget that the example city comes with.",
        ("figure", "value"),
        rows,
    )
    about = [[what, count] for what, count in list(false["about"].items())[:15]]
    yield (
        "What the false ones were about",
        "Kind and scope of the alert, and what its trigger belonged to.",
        ("about", "alerts"),
        about,
    )


def _leads(lead_minutes: Mapping[str, Any]) -> Rows:
    return [
        [
            f"told before the {n}th distinct caller",
            f"{lead['in_time']} of {lead['of']}, median {plain(lead['median'])} min earlier",
        ]
        for n, lead in lead_minutes.items()
    ]


def _curves(curves: Mapping[str, Any]) -> Iterator[Table]:
    head = ("threshold", "false a day", "alerts a day", "recall", *("4–5", "6–8", "9–20", "21+"), "place", "street", "district",
            "reporter", "minutes", "storm", "hoax")  # fmt: skip
    for name in METHODS:
        if name not in curves:
            continue
        rows: Rows = [
            [
                point["threshold"],
                f"{point['false_a_day']:.2f} {_interval(point['false_interval'])}",
                f"{point['alerts_a_day']:.2f}",
                _share(point),
                *(part["recall"] for part in point["by_size"].values()),
                *(part["recall"] for part in point["by_scope"].values()),
                point["reporters"]["median"],
                point["minutes"]["median"],
                point["storm_alerts"],
                point["hoax_alerts"],
            ]
            for point in curves[name]
        ]
        yield f"Curve: {name}", _READ.get(name, ""), head, rows


_READ: Mapping[str, str] = {
    OURS: "λ* fixed for the whole run, no budget. Only alerting's step is run again for each row.",
    UNCAPPED: "The first city once more, with a caller of its own for every call: what one person's many calls would do.",
    NAIVE: "Same place and category, distinct callers within 24 hours; the first row is the rule as usually written.",
    NAIVE_CALLS: "The same by calls.",
    EARS: "Three nested keys, seven days of baseline, two of guard, the same gate, rest and folding.",
}


def _kinds(pooled: Mapping[str, Any]) -> Iterator[Table]:
    yield (
        "Slower patterns",
        "Each kind against what was planted of it. A return is true of any subject that was closed before, as unrelated "
        "callers meet at such ones far more often than returns are planted; a planted one is due once two people call "
        "after the closing.",
        KIND_COLUMNS,
        _kind_rows(pooled),
    )
    hazards, hoaxes, problems = pooled["hazards"], pooled["hoaxes"], pooled["problems"]
    rows: Rows = [
        [
            "planted dangers told",
            f"{hazards['found']} of {hazards['planted']} {_wilson(hazards['found/planted'])}",
        ],
        [
            "alerts of dangers, and how many of them planted",
            f"{hazards['alerts']}, {hazards['about_planted']}",
        ],
        ["hoaxes, and crowd alerts about them", f"{hoaxes['planted']}, {hoaxes['crowd_alerts']}"],
    ]
    yield (
        "Dangers and hoaxes",
        "Other alerts of dangers quote one too: citizens tell of them in ordinary tickets.",
        ("figure", "value"),
        rows,
    )
    rows = [[name, p["precision"], p["recall"], p["f1"]] for name, p in problems.items()]
    yield (
        "Problems",
        "Mean over the cities. strict: two affairs of one's own put together count as an error.",
        ("measure", "precision", "recall", "F"),
        rows,
    )
    rows = [[reason, part["held"], part["share"]] for reason, part in pooled["held"].items()]
    yield "Held back", "The ledger by reason, warm-up included.", ("reason", "candidates", "share"), rows


def _of_years(years: Mapping[str, Any]) -> Table:
    text = (
        f"A town of {years['tickets_per_day']} tickets a day over {years['years']} years, of which the last is scored; "
        "what comes back each year by the weather alone, not planted, counts as false."
    )
    return "Patterns of years", text, KIND_COLUMNS, _kind_rows(years)


def _kind_rows(pooled: Mapping[str, Any]) -> Rows:
    return [
        [
            kind,
            part["alerts"],
            part["true"],
            _wilson(part["true/alerts"]),
            part["planted"],
            part["told"],
            _wilson(part["told/planted"]),
        ]
        for kind, part in pooled["kinds"].items()
    ]


def _share(part: Mapping[str, Any]) -> str:
    if not part["of"]:
        return "—"
    return f"{part['recall']:.2f} ({part['low']:.2f}–{part['high']:.2f}; {part['told']}/{part['of']})"


def _wilson(triple: Sequence[float | None]) -> str:
    value, low, high = triple
    return "—" if value is None else f"{value:.2f} ({low:.2f}–{high:.2f})"


def _interval(ends: Sequence[float] | None) -> str:
    return f"({ends[0]:.2f}–{ends[1]:.2f})" if ends else ""


def _delay(part: Mapping[str, Any]) -> str:
    def one(name: str) -> str:
        return (
            "more than half never told"
            if part[name] is None and name == "median"
            else f"{part[name] if part[name] is not None else '—'}"
        )

    return (
        f"{one('median')} / {one('p90')}; of the told alone {part['median_of_told']} / {part['p90_of_told']}"
    )
