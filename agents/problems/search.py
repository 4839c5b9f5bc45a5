"""Search for the problem of a ticket: an inverted index over the places and character pairs of recent
tickets.

Leader clustering: a ticket joins the problem of the best single earlier ticket, or opens one. Source of the
score and of its bounds: alerting.md B.2. All order is that of slots and pairs, never that of a hash.
"""

import math
from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from itertools import repeat

from agents.problems.member import Member
from agents.problems.signature import (
    OTHER,
    Relation,
    Signature,
    grams_of,
    has_spot,
    place_keys,
    query_keys,
    relate,
)

THETA = 0.20
"""Least score of two long texts. Source: 0.9997 quantile of random pairs 90 days apart, alerting.md B.2."""
THETA_SHORT = 0.90
"""The same for texts of fewer than SHORT_GRAMS pairs: two short complaints share half their words by
chance."""
THETA_APART = 1.0
"""The same when a place is known for sure and the two do not share it: hardly less than a copy. In a
simulated phone city 700 of 720 such joins below it were of strangers, and no true one was lost."""
THETA_ONE_PLACE = 0.45
"""The same when only one of the two says where it is, or their places seem to differ."""
THETA_OTHER_CATEGORY = 0.15
"""On top when both have a category and the two differ."""
LEAST_TEXT = 0.10
"""Least cosine of the texts themselves where no place is shared: a title alone never joins."""
GREY = 0.06
"""Just below the bound a merge is proposed to a person."""
SHORT_GRAMS = 40
WINDOW_S = 60 * 86_400.0
QUERY_GRAMS = 48
POSTINGS = 100
VISITS = 2_000
COMMON = 0.03
FEW = 10
"""A pair is searched by when at most 3 % of the tickets have it, or at most ten."""
EXACT = 8
PLACE_CANDIDATES = 8
INDEXED_MEMBERS = 12
"""Newest tickets by which a problem is found; keeps a problem of 50,000 tickets as cheap as one of twelve."""
BACKGROUND = 200
"""Virtual earlier tickets, so that the first real ones are not all rare words."""
MOST_DEAD = 24
"""Postings of entries that are gone, before a list is cleared of them."""
GUARDED_FROM = 5
"""Joining a problem of so many indexed tickets also needs half the bound on average over them: no chains."""


@dataclass(frozen=True)
class Found:
    """The best problem for a ticket: `problem_id` None = none is good enough; `near` = almost."""

    problem_id: str | None = None
    near: str | None = None
    score: dict[str, float] = field(default_factory=dict)
    norm_text: float = 1.0
    norm_title: float = 1.0
    """Lengths of the two weighted texts by what was known; kept with the member, never recomputed."""


@dataclass(slots=True)
class _Entry:
    member: Member
    text: "array[int]"
    title: "array[int]"


@dataclass
class _Query:
    signature: Signature
    text: dict[int, float]
    title: dict[int, float]
    norm_text: float
    norm_title: float


_MOST = 1 << 16
_LOGS = [math.log(number + 1) for number in range(_MOST + 1)]


class Search:
    """The findable tickets of one district. Derived from stored members; rebuilt in the order of their
    slots."""

    def __init__(self) -> None:
        self._entries: dict[int, _Entry] = {}
        self._order: deque[int] = deque()
        self._postings: dict[int, list[int]] = {}
        self._df: dict[int, int] = {}
        self._places: dict[str, list[int]] = {}
        self._of_problem: dict[str, list[int]] = {}

    def add(self, member: Member) -> None:
        """Make a member findable; the same slot again only replaces it."""
        signature = member.signature
        assert signature is not None
        if member.slot in self._entries:
            self._entries[member.slot].member = member
            return
        thin = signature.thin
        text = array("I") if thin else grams_of(signature.text)
        entry = _Entry(member, text, array("I") if thin else grams_of(signature.title))
        slot = member.slot
        self._entries[slot] = entry
        self._order.append(slot)
        df, postings = self._df, self._postings
        for gram in entry.text:
            if gram in df:
                df[gram] += 1
                postings[gram].append(slot)
            else:
                df[gram] = 1
                postings[gram] = [slot]
        for key in place_keys(signature):
            self._places.setdefault(f"{key}|{signature.category}", []).append(slot)
        self._of_problem.setdefault(member.problem_id, []).append(slot)

    def discard(self, slot: int) -> None:
        """Take a slot out of the index if it is there."""
        if slot in self._entries:
            self.remove(slot)

    def remove(self, slot: int) -> None:
        """Forget an entry; its postings are cleared away when the dead outnumber the living."""
        entry = self._entries.pop(slot)
        for gram in entry.text:
            left = self._df[gram] - 1
            if not left:
                del self._df[gram], self._postings[gram]
                continue
            self._df[gram] = left
            if len(self._postings[gram]) > left + MOST_DEAD:
                self._postings[gram] = [live for live in self._postings[gram] if live in self._entries]
        signature = entry.member.signature
        assert signature is not None
        for key in place_keys(signature):
            _take_out(self._places, f"{key}|{signature.category}", slot)
        _take_out(self._of_problem, entry.member.problem_id, slot)

    def expired(self, clock: float) -> list[Member]:
        """Take out what is older than the window, oldest slot first, and say what it was."""
        gone: list[Member] = []
        while self._order:
            entry = self._entries.get(self._order[0])
            if entry is not None:
                if entry.member.at >= clock - WINDOW_S:
                    break
                self.remove(entry.member.slot)
                gone.append(entry.member)
            self._order.popleft()
        return gone

    def surplus(self, problem_id: str) -> list[Member]:
        """Take out all but the newest tickets of a problem, and say what they were."""
        slots = self._of_problem.get(problem_id, [])
        gone = [self._entries[slot].member for slot in slots[: max(0, len(slots) - INDEXED_MEMBERS)]]
        for member in gone:
            self.remove(member.slot)
        return gone

    def newest(self, problem_id: str) -> Iterator[Member]:
        """The findable tickets of a problem, newest first."""
        return (self._entries[slot].member for slot in reversed(self._of_problem.get(problem_id, [])))

    def find(self, signature: Signature, at: float) -> Found:
        """The problem of the best earlier ticket within the window; ties go to the older ticket."""
        query = self._ask(signature)
        slots = dict.fromkeys(self._near_by(signature))
        if not signature.thin:
            slots |= dict.fromkeys(self._alike(query))
        best: tuple[float, int, str, dict[str, float]] | None = None
        near: tuple[float, int, str, dict[str, float]] | None = None
        for slot in slots:
            entry = self._entries[slot]
            if abs(at - entry.member.at) > WINDOW_S:
                continue
            margin, parts = self._compare(query, entry)
            if margin >= 0 and self._is_chained(query, entry, margin):
                margin = -GREY
            row = (margin, -slot, entry.member.problem_id, parts)
            if margin >= 0:
                best = row if best is None or row[:2] > best[:2] else best
            elif margin >= -GREY:
                near = row if near is None or row[:2] > near[:2] else near
        norms = query.norm_text, query.norm_title
        if best is not None:
            return Found(best[2], None, best[3], *norms)
        return Found(None, near[2], near[3], *norms) if near is not None else Found(None, None, {}, *norms)

    def _ask(self, signature: Signature) -> _Query:
        known, rarity = math.log(len(self._entries) + BACKGROUND), self._df.get
        text: dict[int, float] = {}
        title: dict[int, float] = {}
        if not signature.thin:
            logs, grams = _LOGS, grams_of(signature.text)
            text = {
                gram: (known - logs[number if number < _MOST else _MOST]) ** 2
                for gram, number in zip(grams, map(rarity, grams, repeat(0)), strict=True)
            }
            title = {gram: text[gram] for gram in grams_of(signature.title)}
        return _Query(
            signature,
            text,
            title,
            math.sqrt(sum(text.values())) or 1.0,
            math.sqrt(sum(title.values())) or 1.0,
        )

    def _near_by(self, signature: Signature) -> Iterator[int]:
        """Newest tickets of the same category at the same address, cell or named place, few of each
        problem."""
        taken: set[str] = set()
        for key in query_keys(signature):
            for slot in reversed(self._places.get(f"{key}|{signature.category}", [])[-POSTINGS:]):
                problem_id = self._entries[slot].member.problem_id
                if problem_id not in taken and len(taken) < PLACE_CANDIDATES:
                    taken.add(problem_id)
                    yield slot

    def _alike(self, query: _Query) -> list[int]:
        """Tickets that share the rarest pairs that have postings: term at a time, then the best by cosine
        so far."""
        df, most = self._df.get, max(FEW, int(COMMON * len(self._entries)))
        known = [(number, gram) for gram in query.text if (number := df(gram, 0)) and number <= most]
        scores: dict[int, float] = {}
        reached = scores.get
        visits = 0
        for number, gram in sorted(known)[:QUERY_GRAMS]:
            weight = query.text[gram]
            for slot in self._read(gram, number):
                scores[slot] = reached(slot, 0.0) + weight
            visits += number
            if visits >= VISITS:
                break
        if not scores:
            return []
        # Far below the best sum no norm can make up for it; leaves few to look at closely.
        least = 0.25 * max(scores.values())
        entries = self._entries
        close = [
            (score / entries[slot].member.norm_text, -slot) for slot, score in scores.items() if score > least
        ]
        return [-slot for _, slot in nlargest(EXACT, close)]

    def _read(self, gram: int, living: int) -> Sequence[int]:
        """The last living postings of a pair, newest first."""
        posted, entries = self._postings[gram], self._entries
        dead = len(posted) - living
        if not dead:
            return posted[: -POSTINGS - 1 : -1]
        return [slot for slot in posted[: -POSTINGS - dead - 1 : -1] if slot in entries][:POSTINGS]

    def _compare(self, query: _Query, entry: _Entry) -> tuple[float, dict[str, float]]:
        """How far the pair stands above (≥ 0) or below its bound, and the parts of the score."""
        one, other = query.signature, entry.member.signature
        assert other is not None
        relation = relate(one, other)
        short = min(len(query.text), len(entry.text)) < SHORT_GRAMS
        if relation == "different" or (relation == "doubtful" and short):
            return -1.0, {}
        if one.thin or other.thin:
            fits = one.category == other.category and _is_one_spot(relation, one, other)
            return (1.0 if fits else -1.0), {"place": 1.0, "category": 1.0, "score": 1.0}
        text = _cosine(query.text, query.norm_text, entry.text, entry.member.norm_text)
        title = _cosine(query.title, query.norm_title, entry.title, entry.member.norm_title)
        score = text + 0.5 * title
        placed = relation in ("same", "named")
        bound = _bound(relation, query, entry)
        parts = {
            "text": round(text, 4),
            "title": round(title, 4),
            "place": float(placed),
            "score": round(score, 4),
            "bound": bound,
        }
        if placed and one.matter and one.matter == other.matter and one.category == other.category:
            return 1.0 + score, {**parts, "matter": 1.0}
        if not placed and text < LEAST_TEXT:
            return -1.0, parts
        return score - bound, parts

    def _is_chained(self, query: _Query, entry: _Entry, margin: float) -> bool:
        slots = self._of_problem.get(entry.member.problem_id, [])
        if margin >= 1.0 or len(slots) < GUARDED_FROM:
            return False
        total = 0.0
        for slot in slots[-EXACT:]:
            other = self._entries[slot]
            total += _cosine(query.text, query.norm_text, other.text, other.member.norm_text)
        return total / len(slots[-EXACT:]) < 0.5 * THETA


def _bound(relation: Relation, query: _Query, entry: _Entry) -> float:
    one, other = query.signature, entry.member.signature
    assert other is not None
    bound = THETA
    short = min(len(query.text), len(entry.text)) < SHORT_GRAMS
    if relation in ("same", "named"):
        bound = THETA_ONE_PLACE if short else THETA
    elif one.is_sure or other.is_sure or has_spot(one) or has_spot(other):
        bound = THETA_APART
    elif short:
        bound = THETA_SHORT
    elif relation == "doubtful" or bool(place_keys(one)) != bool(place_keys(other)):
        bound = THETA_ONE_PLACE
    if one.category != other.category and OTHER not in (one.category, other.category):
        bound += THETA_OTHER_CATEGORY
    return bound


def _is_one_spot(relation: Relation, one: Signature, other: Signature) -> bool:
    """For tickets that say nothing: one address or point; a shared name counts where not both give a spot."""
    return relation == "same" or (relation == "named" and not (has_spot(one) and has_spot(other)))


def _cosine(query: dict[int, float], norm: float, grams: "array[int]", other_norm: float) -> float:
    shared = sum(map(query.get, grams, repeat(0.0)))
    return min(1.0, shared / (norm * other_norm))


def _take_out(lists: dict[str, list[int]], key: str, slot: int) -> None:
    slots = lists[key]
    slots.remove(slot)
    if not slots:
        del lists[key]
