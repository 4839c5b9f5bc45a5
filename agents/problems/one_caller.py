"""One caller, many tickets: repeated calls 重复来电, a storm of one caller, few callers against one target.

None of them is a crowd: whoever calls twenty times is one reporter. Each is a finding of its own, for the
supervisor; a danger in one of the texts is told beside it, as if the others had not been said.
"""

from datetime import timedelta

from agents.problems.callers import is_named
from agents.problems.case import Case, candidate_of, members_within
from agents.problems.member import Member
from agents.problems.problem import Candidate, CandidateKind

STORM = 6
"""Tickets of one reporter within a day. Source: the hoaxes of alerting.md A.1 are 6–30 calls."""
STORM_SPAN = timedelta(hours=24)
REPEATS = 5
"""Tickets of one reporter about one problem within 30 days, over a week at least."""
REPEATS_SPAN = timedelta(days=30)
REPEATS_LEAST = timedelta(days=7)
TARGETED = 10
TARGETED_SPAN = timedelta(days=7)
"""Ten tickets about one problem within a week, most of them from the same few. Neighbours of what never ends
send as many in a month."""
FEW = 3
FEW_SHARE = 0.6
"""Source: alerting.md D."""


def find_one_caller(case: Case) -> tuple[Candidate, ...]:
    """What one reporter's or a few reporters' many tickets are, told again each time they have doubled."""
    caller = case.member.caller
    if not is_named(caller):
        return ()
    return (*_storm_or_target(case, caller), *_repeats(case, caller))


def is_step(number: int, first: int) -> bool:
    """`first`, twice, four times as many …: what grows is told again, but not at each call."""
    times, rest = divmod(number, first)
    return not rest and times > 0 and not times & (times - 1)


def _storm_or_target(case: Case, caller: str) -> tuple[Candidate, ...]:
    # Most have not called so often; what older tickets say is not even read.
    since = case.member.at - STORM_SPAN.total_seconds()
    calls = _calls(case, caller, STORM_SPAN) if len(case.book.calls_of(caller, since)) >= STORM - 1 else []
    if len(calls) >= STORM and case.fires("harassment:problem", is_step(len(calls), STORM)):
        figures = {"calls": float(len(calls)), "problems": float(len({m.problem_id for m in calls}))}
        return (_finding(case, "harassment", caller, calls, figures, "24小时内"),)
    problem = case.problem
    if problem.tickets < TARGETED or problem.reporters * 2 > problem.tickets:
        return ()
    members = members_within(case, problem.recent, TARGETED_SPAN)
    by_caller = sorted(
        (sum(m.caller == who for m in members) for who in {m.caller for m in members}), reverse=True
    )
    share = sum(by_caller[:FEW]) / len(members)
    is_found = is_step(len(members), TARGETED) and len(by_caller) > 1 and share >= FEW_SHARE
    if not case.fires("harassment:problem", is_found):
        return ()
    figures = {"calls": float(len(members)), "top_share": round(share, 4), "callers": float(len(by_caller))}
    return (_finding(case, "harassment", problem.problem_id, members, figures, "7天内"),)


def _repeats(case: Case, caller: str) -> tuple[Candidate, ...]:
    """One reporter who calls about one problem again and again."""
    if case.problem.callers.get(caller, 0) < REPEATS:
        return ()
    calls = [m for m in _calls(case, caller, REPEATS_SPAN) if m.problem_id == case.problem.problem_id]
    lasts = case.member.at - min(m.at for m in calls) >= REPEATS_LEAST.total_seconds()
    is_found = lasts and (is_step(len(calls), REPEATS) or "same_caller" not in case.problem.patterns)
    if not case.fires("same_caller:problem", is_found and len(calls) >= REPEATS):
        return ()
    figures = {"calls": float(len(calls))}
    return (_finding(case, "same_caller", f"{case.problem.problem_id}|{caller}", calls, figures, "30天内"),)


def _calls(case: Case, caller: str, span: timedelta) -> list[Member]:
    """The caller's tickets in this district that came in such a span before this one, and this one, last."""
    since = case.member.at - span.total_seconds()
    known = members_within(case, case.book.calls_of(caller, since), span)
    return [m for m in known if m.at <= case.member.at]


def _finding(
    case: Case, kind: CandidateKind, who: str, members: list[Member], figures: dict[str, float], span: str
) -> Candidate:
    key = f"{kind}:{case.book.district}|{who}"
    reporters = len({member.caller for member in members})
    return candidate_of(case, kind, "problem", key, members, reporters, figures, {"span": span})
