"""Figures as lines for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any


def printed(figures: Mapping[str, Any]) -> str:
    """The figures of one city, one fact a line."""
    return "\n".join(_lines(figures))


def _lines(figures: Mapping[str, Any]) -> Iterator[str]:
    incidents, alerts, false = figures["incidents"], figures["alerts"], figures["false"]
    yield f"{figures['days']} days scored after {figures['warm_up_days']} of warm-up, {figures['tickets']} tickets"
    yield f"incidents told   {share(incidents)}"
    yield "  by size        " + "  ".join(
        f"{name}: {share(part)}" for name, part in incidents["by_size"].items()
    )
    yield "  by scope       " + "  ".join(
        f"{name}: {share(part)}" for name, part in incidents["by_scope"].items()
    )
    people, minutes = incidents["reporters"], incidents["minutes"]
    yield (
        f"told at          reporter {people['median']} (median), {people['p90']} (p90); of the told alone "
        f"{people['median_of_told']}, {people['p90_of_told']}"
    )
    yield (
        f"told after       {minutes['median']} min (median), {minutes['p90']} (p90); of the told alone "
        f"{minutes['median_of_told']}, {minutes['p90_of_told']}"
    )
    for n, lead in incidents["lead_minutes"].items():
        yield f"  before the {n}th   {lead['in_time']}/{lead['of']}, median {lead['median']} min earlier"
    yield f"  still to come  {incidents['still_to_come']['told']} of the tickets (median of the told)"
    yield f"alerts a day     {alerts['mean']} (p95 {alerts['p95']}), besides {alerts['dangers']} dangers in all"
    yield (
        f"false a day      {false['a_day']} (bursts {false['bursts_a_day']}); precision {false['precision']} "
        f"({false['precision_low']}–{false['precision_high']})"
    )
    for what, count in list(false["about"].items())[:12]:
        yield f"  {count:4d} {what}"
    yield f"hoaxes           {figures['hoaxes']['crowd_alerts']} crowd alerts about {figures['hoaxes']['planted']}"
    yield f"storm days       {false['storm_local']} local alerts; campaigns told as crowds: {false['campaign']}"
    for kind, part in figures["kinds"].items():
        yield (
            f"{kind:16s} {part['true']}/{part['alerts']} true, {part['told']}/{part['planted']} of the planted told"
        )
    hazards = figures["hazards"]
    yield f"hazards          {hazards['found']}/{hazards['planted']} planted told; {hazards['alerts']} alerts"
    pairs, cubed = figures["problems"]["pairwise"], figures["problems"]["b_cubed"]
    yield f"problems         pairwise P {pairs['precision']} R {pairs['recall']} F1 {pairs['f1']}"
    strict, own = figures["problems"]["strict"], figures["problems"]["own_affairs_together"]
    yield f"                 with affairs of one's own ({own} put with another) F1 {strict['f1']}"
    yield f"                 B³ P {cubed['precision']} R {cubed['recall']} F {cubed['f1']}"
    yield "held             " + ", ".join(f"{reason} {count}" for reason, count in figures["held"].items())


def share(part: Mapping[str, Any]) -> str:
    """told/of recall (interval)"""
    if not part["of"]:
        return "0/0"
    return f"{part['told']}/{part['of']} {part['recall']:.2f} ({part['low']:.2f}–{part['high']:.2f})"


def printed_curves(figures: Mapping[str, Any]) -> str:
    """The curves of all methods, one point a line."""
    lines = []
    for method, curve in (("as shipped", [figures["as_shipped"]]), *figures["curves"].items()):
        lines.append(method)
        for point in curve:
            reporters, minutes = point["reporters"]["median"], point["minutes"]["median"]
            lines.append(
                f"  {point['threshold']:6.2f}  false {point['false_a_day']:6.2f}  alerts {point['alerts_a_day']:6.2f}  "
                f"{share(point)}  reporter {reporters}, {minutes} min"
            )
    return "\n".join(lines)
