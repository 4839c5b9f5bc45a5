"""The report of grading: for a terminal, as a page with charts, and as docs/quality-grading.md."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from weisu.evaluation.golden import SPLITS, Split
from weisu.evaluation.grading import Run
from weisu.evaluation.grading_figures import (
    LEAST_POSITIVES,
    TAGS,
    ClassFigure,
    Figures,
    Gate,
    calibration_error,
    gates_of,
    halves_of,
    sum_of,
    unseen_of,
    worst_pairs,
)
from weisu.evaluation.masking import Leaks, Share
from weisu.evaluation.page import figure, heading, markdown_table, page, paragraph, table
from weisu.evaluation.paired import Paired
from weisu.evaluation.plot import Axis, Point, Series, bar_chart, line_chart

TITLE = "How good grading is"
NAMES: Mapping[Split, str] = {"dev": "dev", "held_out": "held out"}
Rows = list[Sequence[object]]


@dataclass(frozen=True)
class Table:
    """One table of the report with its heading."""

    title: str
    note: str
    head: tuple[str, ...]
    rows: Rows


@dataclass(frozen=True)
class Report:
    """A run with what masking leaves, in figures."""

    run: Run
    leaks: Leaks
    halves: Mapping[Split, Figures]
    gates: tuple[Gate, ...]

    @property
    def passes(self) -> bool:
        """Every target is met; one without a verdict is not met."""
        return all(gate.met for gate in self.gates)


def report_of(run: Run, leaks: Leaks) -> Report:
    return Report(run, leaks, halves_of(run), gates_of(run, leaks))


def shown(share: Share) -> str:
    """hits/of, the share and its 95 % interval."""
    if not share.of:
        return "—"
    low, high = share.bounds
    return f"{share.hits}/{share.of} = {share.value:.3f} ({low:.3f}–{high:.3f})"


def verdict(gate: Gate) -> str:
    if gate.met is None:
        return f"no verdict: {gate.share.of} cases, {LEAST_POSITIVES} are needed"
    return "met" if gate.met else "missed"


def tables_of(report: Report) -> Iterator[Table]:
    """Every table, in order."""
    halves = [report.halves[split] for split in SPLITS]
    head = ("", *(NAMES[split] for split in SPLITS))
    yield Table(
        "Targets",
        "Emergencies and workload count on all texts that nobody tunes on, set by set below.",
        ("what", "target", "measured", "verdict"),
        [(gate.name, gate.target, shown(gate.share), verdict(gate)) for gate in report.gates],
    )
    yield _unseen_table(report.run)
    yield Table(
        "Urgent recall beside the workload it costs",
        "High = graded critical or urgent.",
        head,
        [
            ("tickets", *(half.tickets for half in halves)),
            ("emergencies graded high", *(shown(half.emergencies) for half in halves)),
            ("critical ones graded critical", *(shown(half.critical) for half in halves)),
            ("ordinary ones graded high", *(shown(half.workload) for half in halves)),
            ("of those graded high, emergencies", *(shown(half.right_alarm) for half in halves)),
            ("dangers found", *(shown(half.hazards) for half in halves)),
            ("moved by an injection", *(shown(half.injections) for half in halves)),
        ],
    )
    yield Table(
        "Right answers",
        "Diversion and unit are labelled on some tickets only.",
        head,
        [(name, *(shown(half.accuracy[name]) for half in halves)) for name in halves[0].accuracy],
    )
    for name in ("urgencies", "kinds", "categories"):
        yield _class_table(name, [getattr(half, name) for half in halves])
    yield _tag_table(report.halves["held_out"])
    yield _hazard_table(halves, head)
    yield from _confusion_tables(report.halves["held_out"])
    yield _calibration_table(report.halves["held_out"])
    yield _leak_table(report.leaks)
    yield _cost_table(halves, head)


def _unseen_table(run: Run) -> Table:
    sets = unseen_of(run)
    together = tuple(sum_of(shares) for shares in zip(*sets.values(), strict=True))
    return Table(
        "Texts that nobody tunes on, set by set",
        "Graded critical or urgent. How often their totals were looked at: weisu/evaluation/alarm_corpus/README.md.",
        ("set", "emergencies", "ordinary ones"),
        [(name, *map(shown, shares)) for name, shares in {**sets, "together": together}.items()],
    )


def _class_table(name: str, halves: Sequence[Sequence[ClassFigure]]) -> Table:
    found = {one.name: one for one in halves[1]}
    names = list(dict.fromkeys(one.name for half in halves for one in half))
    dev = {one.name: one for one in halves[0]}
    rows: Rows = []
    for one in names:
        cells: list[object] = [one]
        for half in (dev, found):
            cells += [shown(half[one].precision), shown(half[one].recall)] if one in half else ["—", "—"]
        rows.append(cells)
    head = ("class", "precision, dev", "recall, dev", "precision, held out", "recall, held out")
    return Table(f"By class: {name}", "95 % intervals by Wilson.", head, rows)


def _tag_table(held_out: Figures) -> Table:
    rows: Rows = [(tag, *(shown(share) for share in held_out.by_tag[tag])) for tag in TAGS]
    head = ("tag", "emergencies graded high", "ordinary graded high", "kind and category right")
    return Table("By the kind of text, held out", "", head, rows)


def _hazard_table(halves: Sequence[Figures], head: tuple[str, ...]) -> Table:
    names = sorted({name for half in halves for name in half.hazard_names})
    none = Share(0, 0)
    rows: Rows = [(name, *(shown(half.hazard_names.get(name, none)) for half in halves)) for name in names]
    return Table("Dangers found", "", head, rows)


def _confusion_tables(held_out: Figures) -> Iterator[Table]:
    pairs = held_out.confusion["urgency"]
    names = [one.name for one in held_out.urgencies]
    rows: Rows = [(true, *(pairs.get((true, said), 0) for said in names)) for true in names]
    yield Table(
        "Confusion of urgency, held out", "Rows: expected; columns: graded.", ("expected", *names), rows
    )
    for what in ("kind", "category"):
        wrong = worst_pairs(held_out.confusion[what])
        yield Table(
            f"What is taken for what: {what}, held out", "", ("expected", "graded", "tickets"), [*wrong]
        )


def _calibration_table(held_out: Figures) -> Table:
    rows: Rows = [
        (f"{one.low:g}–{one.high:g}", f"{one.mean:.2f}", shown(one.right)) for one in held_out.calibration
    ]
    error = calibration_error(held_out.calibration)
    note = f"Right: kind, category and urgency together. Expected calibration error {error:.3f}."
    return Table("Calibration of confidence, held out", note, ("confidence", "mean", "right"), rows)


def _leak_table(leaks: Leaks) -> Table:
    rows: Rows = [(kind, shown(share)) for kind, share in leaks.by_kind.items()]
    rows += [("all", shown(leaks.leaked)), ("look-alikes masked", shown(leaks.over_masked))]
    note = f"{leaks.texts} texts of the leak set (weisu/evaluation/leaks.toml); an item leaks when one sign of it is left."
    return Table("Personal data left by masking", note, ("kind", "leaked"), rows)


def _cost_table(halves: Sequence[Figures], head: tuple[str, ...]) -> Table:
    spends = [half.spend for half in halves]
    sources = [", ".join(f"{name} {count}" for name, count in spend.by_source.items()) for spend in spends]
    return Table(
        "Cost",
        "",
        head,
        [
            ("graded by", *sources),
            ("tokens in", *(spend.tokens_in for spend in spends)),
            ("tokens out", *(spend.tokens_out for spend in spends)),
            ("CNY per 1,000 tickets", *(f"{spend.cny_per_thousand:.2f}" for spend in spends)),
        ],
    )


def _about(report: Report) -> str:
    run = report.run
    return (
        f"Grader: {run.grader}; rules {run.rules}; golden set {run.golden}, {len(run.outcomes)} tickets written for "
        "this project in two halves: dev may be looked at when rules and prompts are changed, held out may not."
    )


def printed(report: Report) -> str:
    """For a terminal."""
    lines = [_about(report), ""]
    for one in tables_of(report):
        lines += [one.title + (f" ({one.note})" if one.note else "")]
        lines += ["  " + "  ".join(str(cell) for cell in row) for row in [one.head, *one.rows]] + [""]
    return "\n".join(lines)


def markdown(report: Report) -> str:
    """docs/quality-grading.md."""
    command = "weisu evaluate grading --report docs/quality-grading.md"
    lines = [f"# {TITLE}", "", f"<!-- made by `{command}`: do not edit -->", "", _about(report), ""]
    for one in tables_of(report):
        lines += [f"## {one.title}", ""] + ([one.note, ""] if one.note else [])
        lines += [markdown_table(one.head, one.rows), ""]
    return "\n".join(lines)


def html(report: Report) -> str:
    """One page with charts."""
    parts = [paragraph(_about(report))]
    for one in tables_of(report):
        parts += [heading(one.title)] + ([paragraph(one.note)] if one.note else [])
        if one.title.startswith("Urgent recall"):
            parts.append(
                figure(_recall_chart(report), "Held out: recall of each urgency with its 95 % interval")
            )
        if one.title.startswith("Calibration"):
            parts.append(figure(_calibration_chart(report), "Held out: what is claimed and what is right"))
        parts.append(table(one.head, one.rows))
    return page(TITLE, parts)


def _recall_chart(report: Report) -> str:
    classes = report.halves["held_out"].urgencies
    bars = [_point(number, one.recall) for number, one in enumerate(classes)]
    return bar_chart(bars, [one.name for one in classes], Axis("recall", 0, 1))


def _calibration_chart(report: Report) -> str:
    bins = report.halves["held_out"].calibration
    points = tuple(_point(one.mean, one.right) for one in bins)
    even = Series("as claimed", (Point(0, 0), Point(1, 1)), dashed=True)
    return line_chart([Series("right", points), even], Axis("confidence", 0, 1), Axis("right", 0, 1))


def _point(x: float, share: Share) -> Point:
    low, high = share.bounds
    return Point(x, share.value, low, high, shown(share))


def printed_pairs(first: Run, second: Run, pairs: Sequence[Paired]) -> str:
    """The comparison of two runs, for a terminal."""
    lines = [f"A: {first.grader} (rules {first.rules})", f"B: {second.grader} (rules {second.rules})", ""]
    for one in pairs:
        low, high = one.bounds
        lines.append(
            f"{one.name}: A {one.first}/{one.of}, B {one.second}/{one.of}; B − A {one.difference:+.3f} "
            f"({low:+.3f}–{high:+.3f}); only A {one.only_first}, only B {one.only_second}, "
            f"p {one.p_value:.3f}: {one.verdict}"
        )
    return "\n".join(lines)
