"""How much personal data masking leaves, and how much it takes that is none: rates with their bounds."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agents.intake.masking import Tokens, find_spans
from weisu.evaluation.intervals import wilson
from weisu.evaluation.leaks import Label, LeakText

DOOR = "门牌"
LEAK_LIMIT, OVER_LIMIT = 0.005, 0.01
"""Most that may leak, of the labelled items; most that may be masked wrongly, of the look-alikes."""


@dataclass(frozen=True)
class Share:
    """A share with its denominator and Wilson's interval."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """0 where there is nothing."""
        return self.hits / self.of if self.of else 0.0

    @property
    def bounds(self) -> tuple[float, float]:
        return wilson(self.hits, self.of)


@dataclass(frozen=True)
class Leaks:
    """What masking did to a leak set."""

    texts: int
    leaked: Share
    over_masked: Share
    by_kind: Mapping[str, Share]
    """Kind of item → leaked."""
    leaked_forms: Mapping[str, int]
    """ "kind, form" of each leak → how often; empty is best."""
    over_kinds: Mapping[str, int]
    """Kind of each look-alike that was taken; "frame": other words of the text."""

    @property
    def passes(self) -> bool:
        return self.leaked.value <= LEAK_LIMIT and self.over_masked.value <= OVER_LIMIT


def measure_leaks(texts: Iterable[LeakText]) -> Leaks:
    """An item leaks when a single letter or digit of it is left. Doors count as secrets where they are hidden and
    as look-alikes where they are not."""
    items: Counter[str] = Counter()
    forms: Counter[str] = Counter()
    over: Counter[str] = Counter()
    alike = count = 0
    for text in texts:
        count += 1
        items.update(label.kind for label in text.secrets)
        hidden = _covered(text.text, hide_doors=True)
        forms.update(
            f"{label.kind}, {label.form}" for label in text.secrets if _shows(text.text, label, hidden)
        )
        stays = (*text.look_alikes, *(label for label in text.secrets if label.kind == DOOR))
        alike += len(stays)
        over.update(_taken(text, stays))
    leaked: Counter[str] = Counter()
    for form, hits in forms.items():
        leaked[form.split(",")[0]] += hits
    return Leaks(
        texts=count,
        leaked=Share(sum(forms.values()), sum(items.values())),
        over_masked=Share(sum(over.values()), alike),
        by_kind={kind: Share(leaked[kind], of) for kind, of in sorted(items.items())},
        leaked_forms=dict(sorted(forms.items())),
        over_kinds=dict(sorted(over.items())),
    )


def _covered(text: str, hide_doors: bool) -> set[int]:
    spans = find_spans(text, Tokens(hide_doors=hide_doors))
    return {at for span in spans for at in range(span.start, span.end)}


def _shows(text: str, label: Label, covered: set[int]) -> bool:
    return any(at not in covered and not text[at].isspace() for at in range(label.start, label.end))


def _taken(text: LeakText, stays: Iterable[Label]) -> list[str]:
    """Kinds of the look-alikes that were touched, and "frame" for each span that touches no label at all."""
    spans = find_spans(text.text, Tokens())
    taken = [
        label.kind
        for label in stays
        if any(span.start < label.end and label.start < span.end for span in spans)
    ]
    labels = (*text.secrets, *text.look_alikes)
    strays = [
        span
        for span in spans
        if not any(span.start < label.end and label.start < span.end for label in labels)
    ]
    return taken + ["frame"] * len(strays)
