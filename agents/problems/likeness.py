"""Whether two tickets are about one problem: place and matter as log odds, words where no place is known.

Placed tickets: the log odds (base e) that the matters are one, given that the place is; the sum must not be
below 0. Source of the weights: docs/decisions/0029, 0033, 0035. Others: the cosine of their words against a bound,
alerting.md B.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from agents.problems.kinship import Topic
from agents.problems.signature import OTHER, Signature
from agents.problems.whereabouts import PLACED, Relation, has_spot, place_keys, relate

if TYPE_CHECKING:
    from array import array

PLACE: Mapping[Relation, float] = {"same": 0.0, "near": -3.0, "named": 0.0, "road": 0.0, "alike": -1.0}
MATTER_AND_CATEGORY, MATTER_ONLY, CATEGORY_ONLY, NEITHER = -1.75, -3.0, -3.4, -3.8
"""What is one of the two tickets' matter and category."""
NARROW_BOTH, NARROW_CATEGORY = 4.1, 7.2
"""Where the category is one, for a category that knows a single matter; less by the share of pairs that differ."""
TEXT_BOTH, TEXT, TITLE = 4.4, 12.0, 2.7
"""For a cosine of 1."""
CALLER, CALLER_OTHERWISE = 3.8, 1.5
"""One reporter; the same where matter, category and title differ: whoever calls about everything calls about many
problems."""
ONE_TITLE = 0.5
"""Cosine of two titles that say the same."""
SOON: tuple[tuple[float, float], ...] = ((2 * 3600.0, 2.9), (12 * 3600.0, 1.7))
"""Seconds between the two calls, less than which so much speaks for one problem."""
HALF_A_DAY = SOON[-1][0]
SURE = 4.0
"""Odds of 50 to 1: no other ticket of that problem need be looked at, and more speaks no louder."""
NEAR = -1.0
"""Odds below the bound from which the problem is told as the one that a ticket almost joined."""
THETA = 0.20
"""Least score of two long texts. Source: 0.9997 quantile of random pairs 90 days apart, alerting.md B.2."""
THETA_APART = 1.0
"""The same when a place is known for sure and the two do not share it: hardly less than a copy."""
THETA_ONE_PLACE = 0.45
"""The same when only one of the two says where it is, or their places seem to differ."""
THETA_OTHER_CATEGORY = 0.15
"""On top when both have a category and the two differ."""
COPY_S = 12 * 3600.0
LEAST_TEXT = 0.10
"""Least cosine of the texts themselves where no place is shared: a title alone never joins."""
GREY = 0.06
"""The same for a score of words."""
SHORT_GRAMS = 40
LEAST_RARE = 100
"""A text counts at least as long as so many pairs that no one else has: what is made of common phrases says too
little to be like another."""
COPY = 0.9
"""Cosine of two copies; where no place is known they join when they come within hours, or from one caller."""


@dataclass(slots=True, eq=False)
class Known:
    """An earlier ticket: its pairs, and the length of the weighted text by what was known when it came."""

    signature: Signature
    """Without its texts."""
    at: float
    """Local seconds of its creation."""
    caller: str
    text: "array[int]"
    title: "array[int]"
    norm_text: float
    norm_title: float
    topic: Topic


@dataclass(slots=True)
class Asked:
    """The ticket that looks for its problem: its pairs with their weights."""

    signature: Signature
    at: float
    caller: str
    rare: float
    """Weight of a pair that no one else has."""
    text: dict[int, float]
    title: dict[int, float]
    norm_text: float
    norm_title: float


class Likeness(NamedTuple):
    """How far a pair stands above (≥ 0) or below its bound, and the parts that make it up."""

    margin: float
    parts: dict[str, float]
    is_near: bool = False
    """So little below that it is told."""
    is_odds: bool = False
    """The margin is log odds, base e, given that the place is one: the sum of the parts."""

    def told(self) -> dict[str, float]:
        """The parts as they are kept with the ticket."""
        if not self.is_odds:
            return self.parts
        shown = {name: round(weight, 2) for name, weight in self.parts.items() if weight}
        return {"place": 1.0, **shown, "score": round(self.margin, 2), "bound": 0.0}


_NO_PARTS: dict[str, float] = {}
UNLIKE = Likeness(-99.0, _NO_PARTS)
PARTS = ("distance", "matter", "kinship", "text", "title", "time", "caller")
"""What the log odds of a pair are the sum of; those of a problem have "second" beside it."""


def of_problem(pairs: Sequence[Likeness]) -> Likeness:
    """How alike a ticket is to a problem, by those of its tickets that were looked at, best first: the mean of the two
    best odds, as of many tickets one is alike by luck; a sure one decides alone, whichever was looked at first."""
    best, margins = pairs[0], [pair.margin for pair in pairs if pair.is_odds]
    if not best.is_odds or best.margin >= SURE or len(margins) < 2:
        return best
    second = (margins[1] - best.margin) / 2
    margin = best.margin + second
    return Likeness(margin, {**best.parts, "second": second}, NEAR <= margin < 0, is_odds=True)


def compare(one: Asked, other: Known, narrowness: float, kinship: Callable[[Topic], float]) -> Likeness:
    """How alike the asking ticket and an earlier one are; `narrowness` is that of their category, if it is one:
    the share of its pairs of tickets that have one matter; `kinship` tells that of a topic with the asking
    ticket's, see kinship.py."""
    relation = relate(one.signature, other.signature)
    if relation == "different":
        return UNLIKE
    if one.signature.thin or other.signature.thin:
        return _thin(relation, one.signature, other.signature)
    if relation in PLACED:
        return _at_one_place(relation, one, other, narrowness, kinship)
    return _by_words(relation, one, other)


def stranger_to(one: Asked, topic: Topic, kinship: Callable[[Topic], float]) -> Callable[[Known], bool]:
    """What tells whether nothing but a common place speaks for the asking ticket and another: another category, matter and
    title, topics that are no kin, other callers, half a day apart or more. The texts of such a pair do not make it one
    problem; only one that may be a copy is looked at. `topic`: of the asking ticket. Source: docs/decisions/0039."""
    at, category, matter = one.at, one.signature.category, one.signature.matter or None
    title, pairs = topic.title, len(one.text)
    caller = one.caller if is_one_caller(one.caller, one.caller) else None

    def is_stranger(other: Known) -> bool:
        known = other.signature
        return (
            category != known.category
            and abs(at - other.at) >= HALF_A_DAY
            and matter != known.matter
            and title != other.topic.title
            and pairs != len(other.text)
            and caller != other.caller
            and kinship(other.topic) <= 0.0
        )

    return is_stranger


def _thin(relation: Relation, one: Signature, other: Signature) -> Likeness:
    """Tickets that say nothing: one address or point; a shared name counts where not both give a spot."""
    is_spot = relation in ("same", "near") or (relation in PLACED and not (has_spot(one) and has_spot(other)))
    if one.category != other.category or not is_spot:
        return UNLIKE
    return Likeness(1.0, {"place": 1.0, "category": 1.0, "score": 1.0})


def _at_one_place(
    relation: Relation, one: Asked, other: Known, narrowness: float, kinship: Callable[[Topic], float]
) -> Likeness:
    text, title = cosines(one, other)
    matter, text_weight = _matter(one.signature, other.signature, narrowness)
    weights = (
        PLACE[relation],
        matter,
        kinship(other.topic),
        text_weight * text,
        TITLE * title,
        _soon(abs(one.at - other.at)),
        _caller(one, other, title),
    )
    margin = sum(weights)
    if margin < NEAR:
        return Likeness(margin, _NO_PARTS, False, True)
    return Likeness(margin, dict(zip(PARTS, weights, strict=True)), is_near=margin < 0, is_odds=True)


def _caller(one: Asked, other: Known, title: float) -> float:
    if not is_one_caller(one.caller, other.caller):
        return 0.0
    asked, known = one.signature, other.signature
    is_one = asked.category == known.category or (bool(asked.matter) and asked.matter == known.matter)
    return CALLER if is_one or title >= ONE_TITLE else CALLER_OTHERWISE


def _matter(one: Signature, other: Signature, narrowness: float) -> tuple[float, float]:
    """Weight of what matter and category say, and the weight of a cosine of 1 beside it."""
    is_one = bool(one.matter) and one.matter == other.matter
    if one.category != other.category:
        return (MATTER_ONLY if is_one else NEITHER), TEXT
    if is_one:
        return MATTER_AND_CATEGORY + NARROW_BOTH * narrowness, TEXT_BOTH
    return CATEGORY_ONLY + NARROW_CATEGORY * narrowness, TEXT


def _soon(gap_s: float) -> float:
    for bound_s, weight in SOON:
        if gap_s < bound_s:
            return weight
    return 0.0


def is_one_caller(one: str, other: str) -> bool:
    """Whether both are one named reporter; "" and "~…" name nobody."""
    return one == other and bool(one) and not one.startswith("~")


def _by_words(relation: Relation, one: Asked, other: Known) -> Likeness:
    short = min(len(one.text), len(other.text)) < SHORT_GRAMS
    text, title = cosines(one, other)
    bound = _bound(relation, one.signature, other.signature)
    if text >= COPY and bound < THETA_APART:
        is_copy = abs(one.at - other.at) < COPY_S or is_one_caller(one.caller, other.caller)
        return Likeness(
            1.0 if is_copy else UNLIKE.margin, {"copy": 1.0, "text": round(text, 4), "score": 1.0}
        )
    least = LEAST_RARE * one.rare / (one.norm_text * other.norm_text)
    if least > 1.0:
        text, title = text / least, title / least
    if short or text < LEAST_TEXT:
        return UNLIKE
    score = text + 0.5 * title
    parts = {
        "text": round(text, 4),
        "title": round(title, 4),
        "score": round(score, 4),
        "bound": bound,
    }
    return Likeness(score - bound, parts, -GREY <= score - bound < 0)


def _bound(relation: Relation, one: Signature, other: Signature) -> float:
    bound = THETA
    if one.is_sure or other.is_sure or has_spot(one) or has_spot(other):
        bound = THETA_APART
    elif relation == "doubtful" or bool(place_keys(one)) != bool(place_keys(other)):
        bound = THETA_ONE_PLACE
    if one.category != other.category and OTHER not in (one.category, other.category):
        bound += THETA_OTHER_CATEGORY
    return bound


def cosines(one: Asked, other: Known) -> tuple[float, float]:
    """Cosines of the two texts and of the two titles."""
    return (
        cosine(one.text, one.norm_text, other.text, other.norm_text),
        cosine(one.title, one.norm_title, other.title, other.norm_title),
    )


def cosine(asked: dict[int, float], norm: float, grams: "array[int]", other_norm: float) -> float:
    # Without the None of each pair that only the other has.
    shared = sum(filter(None, map(asked.get, grams)))
    return min(1.0, shared / (norm * other_norm))


def norm_of(weights: Mapping[int, float]) -> float:
    return math.sqrt(sum(weights.values())) or 1.0
