"""Charts as inline SVG, written by hand: they need no library, print well and stand in a page that works offline."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 720, 380
LEFT, RIGHT, TOP, BOTTOM = 56, 220, 16, 48
COLOURS = ("#1f5fa8", "#c2410c", "#15803d", "#7e22ce", "#64748b", "#b45309")
Scale = Callable[[float], float]


@dataclass(frozen=True)
class Point:
    """One measured point; `low` and `high` are the ends of its interval, where there is one."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    note: str = ""
    """Shown when the pointer rests on it."""


@dataclass(frozen=True)
class Series:
    name: str
    points: tuple[Point, ...]
    dashed: bool = False


@dataclass(frozen=True)
class Axis:
    label: str
    low: float
    high: float
    log: bool = False

    @property
    def ticks(self) -> list[float]:
        """Round values within the axis: powers of ten with 2 and 5 between, or some five equal steps."""
        if self.log:
            first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
            all_ticks = [m * 10.0**e for e in range(first, last + 1) for m in (1, 2, 5)]
        else:
            raw = (self.high - self.low) / 5
            step = 10.0 ** math.floor(math.log10(raw))
            step *= next(m for m in (1, 2, 5, 10) if m * step >= raw - 1e-12)
            first = math.ceil(self.low / step - 1e-9)
            all_ticks = [n * step for n in range(first, math.floor(self.high / step + 1e-9) + 1)]
        return [tick for tick in all_ticks if self.low - 1e-9 <= tick <= self.high + 1e-9]

    def scale(self, start: float, end: float) -> Scale:
        """Value → position; values beyond the ends stand at the ends."""
        turn = math.log10 if self.log else float
        low, high = turn(self.low), turn(self.high)

        def place(value: float) -> float:
            held = min(max(value, self.low), self.high)
            return start + (end - start) * (turn(held) - low) / (high - low)

        return place


def line_chart(
    series: Sequence[Series], x: Axis, y: Axis, marks: Sequence[tuple[float, float, str]] = ()
) -> str:
    """Lines with points and vertical intervals; `marks`: (x, y, name) of targets, drawn as crosses."""
    across, up = x.scale(LEFT, WIDTH - RIGHT), y.scale(HEIGHT - BOTTOM, TOP)
    parts = [*_frame(x, y, across, up)]
    for number, one in enumerate(series):
        parts += _line(one, COLOURS[number % len(COLOURS)], across, up)
        parts += _key(one, COLOURS[number % len(COLOURS)], number)
    for at, height, name in marks:
        cx, cy = across(at), up(height)
        cross = f"M{cx - 5:.1f} {cy - 5:.1f}l10 10m0 -10l-10 10"
        parts.append(
            f'<path d="{cross}" stroke="#b91c1c" stroke-width="2"><title>{escape(name)}</title></path>'
        )
    return _svg(parts, ", ".join(one.name for one in series))


def bar_chart(bars: Sequence[Point], names: Sequence[str], y: Axis) -> str:
    """One bar a name with its interval."""
    up = y.scale(HEIGHT - BOTTOM, TOP)
    parts = [*_levels(y, up)]
    room = (WIDTH - LEFT - 20) / max(1, len(bars))
    for number, (bar, name) in enumerate(zip(bars, names, strict=True)):
        left, middle = LEFT + room * number + room * 0.2, LEFT + room * (number + 0.5)
        top = up(bar.y)
        parts.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{room * 0.6:.1f}" height="{HEIGHT - BOTTOM - top:.1f}" '
            f'fill="{COLOURS[0]}" fill-opacity="0.75"><title>{escape(bar.note or f"{name}: {bar.y:g}")}</title></rect>'
        )
        parts += _interval(bar, middle, up, "#111")
        parts.append(
            f'<text x="{middle:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{escape(name)}</text>'
        )
    return _svg(parts, ", ".join(names))


def _svg(parts: Sequence[str], label: str) -> str:
    body = "".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}" '
        f'font-family="system-ui, sans-serif" font-size="12" fill="none">{body}</svg>'
    ).replace("<text ", '<text fill="#222" ')


def _frame(x: Axis, y: Axis, across: Scale, up: Scale) -> Iterator[str]:
    yield from _levels(y, up)
    bottom = HEIGHT - BOTTOM
    for tick in x.ticks:
        at = across(tick)
        yield f'<path d="M{at:.1f} {bottom}v5" stroke="#888"/>'
        yield f'<text x="{at:.1f}" y="{bottom + 18}" text-anchor="middle">{tick:g}</text>'
    yield (
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(x.label)}</text>'
    )


def _levels(y: Axis, up: Scale) -> Iterator[str]:
    for tick in y.ticks:
        at = up(tick)
        yield f'<path d="M{LEFT} {at:.1f}H{WIDTH - 20}" stroke="#e5e7eb"/>'
        yield f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{tick:g}</text>'
    middle = (TOP + HEIGHT - BOTTOM) / 2
    yield f'<text x="14" y="{middle:.0f}" text-anchor="middle" transform="rotate(-90 14 {middle:.0f})">{escape(y.label)}</text>'


def _line(one: Series, colour: str, across: Scale, up: Scale) -> Iterator[str]:
    places = [(across(point.x), up(point.y)) for point in one.points]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    dash = ' stroke-dasharray="5 4"' if one.dashed else ""
    if places:
        yield f'<path d="{path}" stroke="{colour}" stroke-width="2"{dash}/>'
    for point, (x, y) in zip(one.points, places, strict=True):
        yield from _interval(point, x, up, colour)
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"><title>{escape(point.note)}</title></circle>'


def _interval(point: Point, x: float, up: Scale, colour: str) -> Iterator[str]:
    if point.low is not None and point.high is not None:
        yield f'<path d="M{x:.1f} {up(point.low):.1f}V{up(point.high):.1f}" stroke="{colour}" stroke-opacity="0.5"/>'


def _key(one: Series, colour: str, number: int) -> Iterator[str]:
    x, y = WIDTH - RIGHT + 12, TOP + 12 + 20 * number
    yield f'<path d="M{x} {y - 4}h18" stroke="{colour}" stroke-width="3"/>'
    yield f'<text x="{x + 24}" y="{y}">{escape(one.name)}</text>'
