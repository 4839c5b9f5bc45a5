"""Search for the problem of a ticket: by its place, and by its words where no place is known.

Leader clustering: a ticket joins the problem of the two earlier tickets that are most like it, or opens one. All order
is that of slots and pairs, never that of a hash.
"""

import math
from array import array
from bisect import insort
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from heapq import nlargest
from itertools import chain, repeat
from operator import itemgetter
from typing import TypeVar

from agents.problems.found import LINK, Drawn, Found, Looked, rival_of
from agents.problems.kinship import topic_of
from agents.problems.likeness import (
    NEAR,
    SURE,
    THETA,
    Asked,
    Known,
    Likeness,
    compare,
    cosine,
    norm_of,
    of_problem,
    stranger_to,
)
from agents.problems.member import Member
from agents.problems.narrowness import Narrowness
from agents.problems.signature import Signature, grams_of, hash_of
from agents.problems.taught import Taught
from agents.problems.whereabouts import place_keys, query_keys

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
PLACE_CANDIDATES = 24
"""Tickets of one place that are looked at closely, of one category and of any."""
OF_ONE_PROBLEM = 5
INDEXED_MEMBERS = 12
"""Newest tickets by which a problem is found; keeps a problem of 50,000 tickets as cheap as one of twelve."""
BACKGROUND = 200
"""Virtual earlier tickets, so that the first real ones are not all rare words."""
USUAL_NUMBERS = 256
"""Numbers of tickets that most pairs stay below: their weights are worked out at once."""
MOST_DEAD = 24
"""Postings of entries that are gone, before a list is cleared of them."""
GUARDED_FROM = 5
"""Joining a problem of so many indexed tickets by words also needs half the bound on average over them: no
chains."""
_Key = TypeVar("_Key")
_Of = TypeVar("_Of")


@dataclass(slots=True, eq=False)
class _Entry(Known):
    """There is one for each ticket of 60 days."""

    slot: int
    ticket_id: str
    problem_id: str
    is_wordy: bool
    """Found by its words: no place is known for sure."""
    copy_key: str


class _Weights(dict[int, float]):
    """The weights of pairs that 0, 1, … tickets have, where e^`known` tickets are known; each worked out once."""

    def __init__(self, known: float) -> None:
        super().__init__({number: (known - math.log(number + 1)) ** 2 for number in range(USUAL_NUMBERS)})
        self._known = known

    def __missing__(self, number: int) -> float:
        weight = self[number] = (self._known - math.log(number + 1)) ** 2
        return weight


_weights_of = lru_cache(maxsize=256)(_Weights)


class Search:
    """The findable tickets of one district. Derived from stored members; rebuilt in the order of their
    slots. `taught`: what the whole city's tickets teach, which all districts share."""

    def __init__(self, district: str, taught: Taught, heading_of: Callable[[str, str], str]) -> None:
        self._district = district
        self._entries: dict[int, _Entry] = {}
        self._order: deque[int] = deque()
        self._postings: defaultdict[int, array[int]] = defaultdict(partial(array, "I"))
        self._places: dict[str, dict[str | None, list[_Entry]]] = {}
        """Key → category, None for all of them → entries in the order in which they came."""
        self._names, self._kinship, self._words = taught.names, taught.kinship, taught.words
        self._heading_of = heading_of
        """What a ticket of this matter and category is counted under."""
        self._narrowness = Narrowness()
        self._of_problem: dict[str, list[int]] = {}

    def add(self, member: Member) -> None:
        """Make a member findable, once for each slot."""
        slot = member.slot
        if slot in self._entries:
            return
        self._entries[slot] = entry = _entry_of(member, self._heading_of)
        self._order.append(slot)
        self._words.add(entry.text)
        if entry.is_wordy:
            postings = self._postings
            for gram in entry.text:
                postings[gram].append(slot)
        for key in _keys_of(entry):
            here = self._places.setdefault(key, {})
            for category in (entry.signature.category, None):
                here.setdefault(category, []).append(entry)
        self._names.add(entry.signature, self._district)
        if (spot := self._spot(entry.signature)) is not None:
            self._kinship.add(spot, slot, entry.at, entry.caller, entry.topic)
        self._narrowness.add(entry.signature)
        self._of_problem.setdefault(member.problem_id, []).append(slot)

    def hand_over(self, slot: int, problem_id: str) -> None:
        """The ticket of a slot belongs to another problem now; nothing where the slot is not known."""
        entry = self._entries.get(slot)
        if entry is None or entry.problem_id == problem_id:
            return
        _take_out(self._of_problem, entry.problem_id, slot)
        entry.problem_id = problem_id
        # In the order of the slots, as they would be read back.
        insort(self._of_problem.setdefault(problem_id, []), slot)

    def discard(self, slot: int) -> None:
        """Take a slot out of the index if it is there."""
        if slot in self._entries:
            self.remove(slot)

    def remove(self, slot: int) -> None:
        """Forget an entry; its postings are cleared away when the dead outnumber the living."""
        entry = self._entries.pop(slot)
        self._words.remove(entry.text)
        if entry.is_wordy:
            self._thin_out(entry.text)
        for key in _keys_of(entry):
            here = self._places[key]
            for category in (entry.signature.category, None):
                _take_out(here, category, entry)
            if not here:
                del self._places[key]
        self._names.remove(entry.signature, self._district)
        if (spot := self._spot(entry.signature)) is not None:
            self._kinship.remove(spot, slot)
        self._narrowness.remove(entry.signature)
        _take_out(self._of_problem, entry.problem_id, slot)

    def _thin_out(self, grams: "array[int]") -> None:
        for gram in grams:
            posted = self._postings[gram]
            if len(posted) > 2 * MOST_DEAD or gram not in self._words.having:
                living = [slot for slot in posted if slot in self._entries]
                if living:
                    self._postings[gram] = array("I", living)
                else:
                    del self._postings[gram]

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

    def locate(self, signature: Signature) -> Signature:
        """The signature with the place that its words name, where tickets have taught that name."""
        return self._names.locate(signature, self._district)

    def find(self, signature: Signature, at: float, caller: str = "") -> Found:
        """The problem that draws the ticket most by its earlier tickets within the window; ties go to the older ticket."""
        asked = self._ask(signature, at, caller)
        narrowness = self._narrowness.of(signature.category)
        topic = topic_of(self._heading_of(signature.matter, signature.category), signature.title)
        kinship = self._kinship.to(topic)
        is_stranger = stranger_to(asked, topic, kinship)
        looked: Looked = {}
        spared: dict[str, list[_Entry]] = {}
        seen: set[int] = set()
        sure: set[str] = set()
        is_placed = _is_placed(signature)
        for entry in self._candidates(asked):
            if entry.slot in seen or entry.problem_id in sure or abs(at - entry.at) > WINDOW_S:
                continue
            seen.add(entry.slot)
            if is_placed and is_stranger(entry):
                spared.setdefault(entry.problem_id, []).append(entry)
                continue
            likeness = compare(asked, entry, narrowness, kinship)
            if likeness.is_odds or likeness.margin >= 0 or likeness.is_near:
                looked.setdefault(entry.problem_id, []).append((likeness.margin, -entry.slot, likeness))
                if likeness.margin >= SURE:
                    sure.add(entry.problem_id)
        for problem_id, pairs in looked.items():
            # They draw nobody, but where another ticket of their problem does, they may be the second best.
            if problem_id in spared and NEAR <= max(pairs)[0] < SURE:
                others = [
                    (compare(asked, other, narrowness, kinship), other.slot) for other in spared[problem_id]
                ]
                pairs += [(likeness.margin, -slot, likeness) for likeness, slot in others if likeness.is_odds]
        return self._choose(asked, looked)

    def _choose(self, asked: Asked, looked: Looked) -> Found:
        """Of the problems that were looked at the one that draws most."""
        best: Drawn | None = None
        near: Drawn | None = None
        links: dict[str, float] = {}
        for problem_id, pairs in looked.items():
            if len(pairs) > 1:
                pairs.sort(key=itemgetter(0, 1), reverse=True)
            if pairs[0][0] < NEAR:
                continue
            likeness = of_problem([pair for _, _, pair in pairs])
            if likeness.margin < 0 and not likeness.is_near:
                continue
            row = (self._draw(problem_id, likeness), pairs[0][1], problem_id, likeness)
            if likeness.margin >= 0 and not self._is_chained(asked, problem_id, likeness):
                best = row if best is None or row[:2] > best[:2] else best
                if likeness.is_odds and likeness.margin >= LINK:
                    links[problem_id] = likeness.margin
            else:
                near = row if near is None or row[:2] > near[:2] else near
        norms = asked.norm_text, asked.norm_title
        if best is not None:
            return Found(best[2], None, best[3].told(), *norms, *rival_of(best[2], links))
        if near is not None:
            return Found(None, near[2], near[3].told(), *norms)
        return Found(None, None, {}, *norms)

    def _spot(self, signature: Signature) -> str | None:
        """The named place in which a ticket teaches which headings are one thing."""
        return f"{self._district}|{signature.names[0]}" if signature.is_sure and signature.names else None

    def _draw(self, problem_id: str, likeness: Likeness) -> float:
        """Of two problems of one place, which are both likely, the one with twice as many recent tickets is twice as
        likely: what was split by mistake does not go on growing side by side."""
        if not likeness.is_odds:
            return likeness.margin
        return min(likeness.margin, SURE) + math.log(len(self._of_problem[problem_id]))

    def _ask(self, signature: Signature, at: float, caller: str) -> Asked:
        if signature.thin:
            return Asked(signature, at, caller, 0.0, {}, {}, 1.0, 1.0)
        grams = grams_of(signature.text).tolist()
        # Rounded, so that the weights need not be computed anew for each ticket.
        weights = _weights_of(round(math.log(self._words.tickets + BACKGROUND), 2))
        numbers = map(self._words.having.get, grams, repeat(0))
        text = dict(zip(grams, map(weights.__getitem__, numbers), strict=True))
        # A title that is nothing but a learned name has pairs that the text has no more: they are no words.
        title = {gram: text[gram] for gram in grams_of(signature.title) if gram in text}
        return Asked(signature, at, caller, weights[0], text, title, norm_of(text), norm_of(title))

    def _candidates(self, asked: Asked) -> list[_Entry]:
        """Most telling first; some perhaps twice."""
        signature = asked.signature
        candidates = self._near_by(signature)
        if not signature.thin and not _is_placed(signature):
            copies = self._places.get(_copy_key(signature), {}).get(None, [])
            candidates += reversed(copies[-EXACT:])
            candidates += map(self._entries.__getitem__, self._alike(asked))
        return candidates

    def _near_by(self, signature: Signature) -> list[_Entry]:
        """Newest tickets at the same address, cell or named place, few of each problem."""
        keys = (*query_keys(signature), *self._names.alike(signature, self._district))
        here = [self._places[key] for key in keys if key in self._places]
        found: list[_Entry] = []
        for category in (signature.category, None):
            entries = chain.from_iterable([reversed(known.get(category, ())) for known in here])
            found += _few_of_each_problem(entries)
        return found

    def _alike(self, asked: Asked) -> list[int]:
        """Tickets that share the rarest pairs that have postings: term at a time, then the best by cosine
        so far."""
        most = max(FEW, int(COMMON * len(self._entries)))
        numbers = ((len(self._postings[gram]) if gram in self._postings else 0) for gram in asked.text)
        known = [pair for pair in zip(numbers, asked.text, strict=True) if 0 < pair[0] <= most]
        scores: defaultdict[int, float] = defaultdict(float)
        visits = 0
        for number, gram in sorted(known)[:QUERY_GRAMS]:
            weight = asked.text[gram]
            for slot in self._read(gram):
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

    def _read(self, gram: int) -> Sequence[int]:
        """The last living postings of a pair, newest first."""
        posted, entries = self._postings[gram], self._entries
        return [slot for slot in posted[: -POSTINGS - MOST_DEAD - 1 : -1] if slot in entries][:POSTINGS]

    def _is_chained(self, asked: Asked, problem_id: str, likeness: Likeness) -> bool:
        slots = self._of_problem.get(problem_id, [])
        if likeness.margin >= 1.0 or len(slots) < GUARDED_FROM:
            return False
        total = 0.0
        for slot in slots[-EXACT:]:
            other = self._entries[slot]
            total += cosine(asked.text, asked.norm_text, other.text, other.norm_text)
        return total / len(slots[-EXACT:]) < 0.5 * THETA


def _few_of_each_problem(entries: Iterable[_Entry]) -> list[_Entry]:
    """The first that are looked at closely."""
    found: list[_Entry] = []
    taken: dict[str, int] = {}
    for entry in entries:
        number = taken.get(entry.problem_id, 0)
        if number < OF_ONE_PROBLEM:
            taken[entry.problem_id] = number + 1
            found.append(entry)
            if len(found) == PLACE_CANDIDATES:
                break
    return found


def _is_placed(signature: Signature) -> bool:
    return signature.is_sure or bool(signature.address) or signature.lat is not None


def _keys_of(entry: _Entry) -> Iterator[str]:
    yield from place_keys(entry.signature)
    if entry.is_wordy:
        yield entry.copy_key


def _copy_key(signature: Signature) -> str:
    """Of a text that many have sent every pair is too common to be searched by."""
    return f"copy:{hash_of(signature.text)}"


def _entry_of(member: Member, heading_of: Callable[[str, str], str]) -> _Entry:
    signature = member.signature
    assert signature is not None
    thin = signature.thin
    is_wordy = not thin and not _is_placed(signature)
    return _Entry(
        signature.without_texts(),
        member.at,
        member.caller,
        array("I") if thin else grams_of(signature.text),
        array("I") if thin else grams_of(signature.title),
        member.norm_text,
        member.norm_title,
        topic_of(heading_of(signature.matter, signature.category), signature.title),
        member.slot,
        member.ticket_id,
        member.problem_id,
        is_wordy,
        _copy_key(signature) if is_wordy else "",
    )


def _take_out(lists: dict[_Key, list[_Of]], key: _Key, gone: _Of) -> None:
    left = lists[key]
    left.remove(gone)
    if not left:
        del lists[key]
