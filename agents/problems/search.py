"""Search for the problem of a ticket: an inverted index over the places and character pairs of recent
tickets.

Leader clustering: a ticket joins the problem of the best single earlier ticket, or opens one. Source of the
score and of its bounds: alerting.md B.2. All order is that of slots and pairs, never that of a hash.
"""

import math
from array import array
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
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
QUERY_GRAMS = 20
POSTINGS = 100
VISITS = 800
"""Postings that one search reads. With 48 pairs and 2,000 postings the same simulated city's tickets were paired
no better (F1 0.377, here 0.391)."""
COMMON = 0.03
FEW = 10
"""A pair is searched by when at most 3 % of the tickets have it, or at most ten."""
EXACT = 6
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
    """What has to be known of a member to find it: there is one for each ticket of 60 days."""

    ticket_id: str
    problem_id: str
    at: float
    signature: Signature
    """Without its texts."""
    norm_text: float
    norm_title: float
    text: "array[int]"
    title: "array[int]"


@dataclass
class _Query:
    signature: Signature
    text: dict[int, float]
    title: dict[int, float]
    norm_text: float
    norm_title: float


class _Weights(dict[int, float]):
    """Number of tickets that have a pair → the pair's weight where e^`known` tickets are known."""

    def __init__(self, known: float) -> None:
        super().__init__()
        self._known = known

    def __missing__(self, number: int) -> float:
        weight = self[number] = (self._known - math.log(number + 1)) ** 2
        return weight


_weights = lru_cache(maxsize=256)(_Weights)


class Search:
    """The findable tickets of one district. Derived from stored members; rebuilt in the order of their
    slots."""

    def __init__(self) -> None:
        self._entries: dict[int, _Entry] = {}
        self._order: deque[int] = deque()
        self._postings: defaultdict[int, array[int]] = defaultdict(partial(array, "I"))
        self._df: Counter[int] = Counter()
        self._places: dict[str, list[int]] = {}
        self._of_problem: dict[str, list[int]] = {}

    def add(self, member: Member) -> None:
        """Make a member findable, once for each slot."""
        slot = member.slot
        if slot in self._entries:
            return
        self._entries[slot] = entry = _entry_of(member)
        signature = entry.signature
        self._order.append(slot)
        self._df.update(entry.text)
        postings = self._postings
        for gram in entry.text:
            postings[gram].append(slot)
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
                living = [slot for slot in self._postings[gram] if slot in self._entries]
                self._postings[gram] = array("I", living)
        for key in place_keys(entry.signature):
            _take_out(self._places, f"{key}|{entry.signature.category}", slot)
        _take_out(self._of_problem, entry.problem_id, slot)

    def expired(self, clock: float) -> list[str]:
        """Take out what is older than the window, oldest slot first; the ids of the tickets."""
        gone: list[str] = []
        while self._order:
            entry = self._entries.get(self._order[0])
            if entry is not None:
                if entry.at >= clock - WINDOW_S:
                    break
                self.remove(self._order[0])
                gone.append(entry.ticket_id)
            self._order.popleft()
        return gone

    def surplus(self, problem_id: str) -> list[str]:
        """Take out all but the newest tickets of a problem; the ids of the tickets."""
        gone: list[str] = []
        for slot in self._of_problem.get(problem_id, [])[:-INDEXED_MEMBERS]:
            gone.append(self._entries[slot].ticket_id)
            self.remove(slot)
        return gone

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
            if abs(at - entry.at) > WINDOW_S:
                continue
            margin, parts = self._compare(query, entry)
            if margin >= 0 and self._is_chained(query, entry, margin):
                margin = -GREY
            row = (margin, -slot, entry.problem_id, parts)
            if margin >= 0:
                best = row if best is None or row[:2] > best[:2] else best
            elif margin >= -GREY:
                near = row if near is None or row[:2] > near[:2] else near
        norms = query.norm_text, query.norm_title
        if best is not None:
            return Found(best[2], None, best[3], *norms)
        return Found(None, near[2], near[3], *norms) if near is not None else Found(None, None, {}, *norms)

    def _ask(self, signature: Signature) -> _Query:
        text: dict[int, float] = {}
        title: dict[int, float] = {}
        if not signature.thin:
            grams = grams_of(signature.text)
            # Rounded, so that the weights need not be computed anew for each ticket.
            weights = _weights(round(math.log(len(self._entries) + BACKGROUND), 2))
            numbers = map(self._df.get, grams, repeat(0))
            text = dict(zip(grams, map(weights.__getitem__, numbers), strict=True))
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
                problem_id = self._entries[slot].problem_id
                if problem_id not in taken and len(taken) < PLACE_CANDIDATES:
                    taken.add(problem_id)
                    yield slot

    def _alike(self, query: _Query) -> list[int]:
        """Tickets that share the rarest pairs that have postings: term at a time, then the best by cosine
        so far."""
        most = max(FEW, int(COMMON * len(self._entries)))
        numbers = map(self._df.get, query.text, repeat(0))
        known = [pair for pair in zip(numbers, query.text, strict=True) if 0 < pair[0] <= most]
        scores: defaultdict[int, float] = defaultdict(float)
        visits = 0
        for number, gram in sorted(known)[:QUERY_GRAMS]:
            weight = query.text[gram]
            for slot in self._read(gram, number):
                scores[slot] += weight
            visits += number
            if visits >= VISITS:
                break
        if not scores:
            return []
        # Far below the best sum no norm can make up for it; leaves few to look at closely.
        least = 0.25 * max(scores.values())
        entries = self._entries
        close = [(score / entries[slot].norm_text, -slot) for slot, score in scores.items() if score > least]
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
        one, other = query.signature, entry.signature
        relation = relate(one, other)
        short = min(len(query.text), len(entry.text)) < SHORT_GRAMS
        if relation == "different" or (relation == "doubtful" and short):
            return -1.0, {}
        if one.thin or other.thin:
            fits = one.category == other.category and _is_one_spot(relation, one, other)
            return (1.0 if fits else -1.0), {"place": 1.0, "category": 1.0, "score": 1.0}
        text = _cosine(query.text, query.norm_text, entry.text, entry.norm_text)
        title = _cosine(query.title, query.norm_title, entry.title, entry.norm_title)
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
        slots = self._of_problem.get(entry.problem_id, [])
        if margin >= 1.0 or len(slots) < GUARDED_FROM:
            return False
        total = 0.0
        for slot in slots[-EXACT:]:
            other = self._entries[slot]
            total += _cosine(query.text, query.norm_text, other.text, other.norm_text)
        return total / len(slots[-EXACT:]) < 0.5 * THETA


def _entry_of(member: Member) -> _Entry:
    signature = member.signature
    assert signature is not None
    thin = signature.thin
    return _Entry(
        member.ticket_id,
        member.problem_id,
        member.at,
        signature.model_copy(update={"text": "", "title": ""}),
        member.norm_text,
        member.norm_title,
        array("I") if thin else grams_of(signature.text),
        array("I") if thin else grams_of(signature.title),
    )


def _bound(relation: Relation, query: _Query, entry: _Entry) -> float:
    one, other = query.signature, entry.signature
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
