"""Small bar charts as inline SVG: no script, no picture file."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from markupsafe import Markup, escape

from indexing.index import Interval

MOST_BARS = 120
FEW_BARS = 12
HEIGHT = 100
_STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


def bars(counts: Sequence[tuple[str, int]], interval: Interval = "day") -> Markup:
    """One bar a stretch of time; stretches without tickets stay visible as gaps. "" when there is nothing.

    Each bar says its time and count when pointed at; both ends and the highest count stand below.
    """
    slots = _slots(counts, _STEPS[interval])
    if not slots:
        return Markup("")
    most = max(count for _, count in slots)
    thick = 0.4 if len(slots) < FEW_BARS else 0.8
    form = "%m-%d %H:%M" if interval == "hour" else "%Y-%m-%d"
    shapes = "".join(
        _bar(place, count / most * HEIGHT, thick, f"{start.strftime(form)} · {count} 件")
        for place, (start, count) in enumerate(slots)
        if count
    )
    first, last = slots[0][0].strftime(form), slots[-1][0].strftime(form)
    spoken = f"{first} 至 {last}，最高 {most} 件"
    return Markup(
        f'<figure class="bars"><svg viewBox="0 0 {len(slots)} {HEIGHT}" preserveAspectRatio="none" role="img"'
        f' aria-label="{escape(spoken)}">{shapes}</svg><figcaption><span>{first}</span>'
        f"<span>最高 {most} 件</span><span>{last if len(slots) > 1 else ''}</span></figcaption></figure>"
    )


def _slots(counts: Sequence[tuple[str, int]], step: timedelta) -> list[tuple[datetime, int]]:
    """The buckets with the empty ones between them; neighbours together when there are too many to draw."""
    known = {datetime.fromisoformat(start): count for start, count in counts}
    if not known:
        return []
    first = min(known)
    length = (max(known) - first) // step + 1
    together = -(-length // MOST_BARS)
    slots = [0] * -(-length // together)
    for start, count in known.items():
        slots[(start - first) // step // together] += count
    return [(first + place * together * step, count) for place, count in enumerate(slots)]


def _bar(place: int, tall: float, thick: float, title: str) -> str:
    tall = max(tall, 2.0)
    return (
        f'<rect x="{place + (1 - thick) / 2:.2f}" y="{HEIGHT - tall:.1f}" width="{thick}"'
        f' height="{tall:.1f}"><title>{escape(title)}</title></rect>'
    )
