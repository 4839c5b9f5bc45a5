"""Campaigns 组织化诉求: many accounts send one text. Counted at a discount, shown as such, never discarded.

Source: alerting.md D. Honest crowds write different texts (59 messages, 57 texts), template-driven groups do
not (14 accounts, 4 texts). Neighbours who copy a text from their chat group have a right to be heard: the tag
changes the wording and the rank, nothing else.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from agents.problems.case import MAX_TICKETS, Case, candidate_of, members_within
from agents.problems.member import Member
from agents.problems.problem import Candidate
from agents.problems.rate import people_since

LEAST_PEOPLE = 8
MOST_TEXTS = 0.5
"""Share of different texts below which it looks like a campaign."""
ALIKE = 0.5
"""Jaccard of the character triples of two texts that are one."""
LONG_ENOUGH, LONG = 25.0, 40.0
"""Chinese characters, of letters twice as many: shorter complaints and clerks' formulas are alike by themselves; between
the two only what is all but the same is a copy. Source: docs/decisions/0036."""
ALIKE_IF_SHORT = 0.8
BITS = 1024
"""Of a text's print; a text has about 150 triples."""
COPY_WEIGHT = 0.3
"""What a copy keeps of a citizen. Source: alerting.md D, not fitted."""
SPAN = timedelta(days=30)


class Texts(NamedTuple):
    """How many of the newest people of a problem, each by the newest text, write how many different texts."""

    people: int
    different: int

    @property
    def is_campaign(self) -> bool:
        return self.people >= LEAST_PEOPLE and self.different < MOST_TEXTS * self.people

    def weight(self, reporters: float) -> float:
        """n_eff = T + 0.3 · (n − T) of so many reporters, with the share of texts of those compared."""
        share = self.different / self.people if self.people else 1.0
        return reporters * (share + COPY_WEIGHT * (1.0 - share))


def find_campaign(case: Case) -> tuple[Candidate, ...]:
    """Once a problem looks like one, and again each time its people have doubled."""
    problem, member = case.problem, case.member
    if problem.reporters < LEAST_PEOPLE or member.score.get("text", 0.0) < ALIKE or not member.fresh[-1]:
        return ()
    members = members_within(case, problem.recent, SPAN)
    texts = texts_of(members)
    is_new = "campaign" not in problem.patterns or problem.reporters % (2 * LEAST_PEOPLE) == 0
    if not case.fires("campaign:problem", texts.is_campaign and is_new):
        return ()
    reporters = len({other.caller for other in members})
    if len(members) >= MAX_TICKETS:
        # Not all tickets are listed any more; the stream knows of so many at least.
        reporters = max(reporters, people_since(case.rates[case.member.streams[-1]], 24.0))
    figures = figures_of(texts, reporters)
    key = f"campaign:{case.book.stream('problem', problem.problem_id)}"
    return (candidate_of(case, "campaign", "problem", key, members, reporters, figures),)


def figures_of(texts: Texts, reporters: int) -> dict[str, float]:
    """What an alert about so many people says of their texts."""
    return {
        "compared": float(texts.people),
        "texts": float(texts.different),
        "n_eff": round(texts.weight(reporters), 2),
    }


def texts_of(members: Sequence[Member]) -> Texts:
    """Connected components of texts by Jaccard ≥ 0.5 of their triples; bounded by what the index keeps."""
    newest: dict[str, str] = {}
    for member in reversed(members):
        signature = member.signature
        if signature is None or signature.thin or _length(signature.text) < LONG_ENOUGH:
            continue
        newest.setdefault(member.caller, signature.text)
    return Texts(len(newest), count_different([*newest.values()]))


def _length(text: str) -> float:
    """In Chinese characters; a letter of an alphabet is half of one. By bytes: those have three, these one."""
    return (len(text) + len(text.encode("utf-8", "surrogatepass"))) / 4


class _Print(NamedTuple):
    """What two texts are compared by: their triples, and a bit for each, by which most pairs are told apart at once."""

    triples: frozenset[str]
    bits: int
    lost: int
    """How many triples share a bit with another one."""
    bound: float
    """Its part of what two texts that are alike share at least, times 1 + ALIKE."""


@lru_cache(maxsize=2048)
def _print_of(text: str) -> _Print:
    bound = ALIKE if _length(text) >= LONG else (1.0 + ALIKE) * ALIKE_IF_SHORT / (1.0 + ALIKE_IF_SHORT)
    triples = frozenset(text[start : start + 3] for start in range(len(text) - 2))
    bits = 0
    for triple in triples:
        bits |= 1 << crc32(triple.encode("utf-8", "surrogatepass")) % BITS
    return _Print(triples, bits, len(triples) - bits.bit_count(), bound * len(triples))


def count_different(texts: Sequence[str]) -> int:
    """How many different texts there are: those that are alike, directly or by way of others, are one."""
    prints, group_of = [_print_of(text) for text in texts], list[int]()
    for number, (triples, bits, lost, bound) in enumerate(prints):
        # Jaccard ≥ a: (1 + a) · shared ≥ a · (both). No more can be shared than bits are, and what these hide.
        close = [
            (group_of[earlier], other)
            for earlier, other in enumerate(prints[:number])
            if (1.0 + ALIKE) * ((bits & other.bits).bit_count() + lost) >= bound + other.bound
        ]
        same = {
            group
            for group, other in close
            if (1.0 + ALIKE) * len(triples & other.triples) >= bound + other.bound
        }
        group_of.append(number)
        if same:
            group_of = [number if group in same else group for group in group_of]
    return len(set(group_of))
