"""A storm as a finding: the whole city calls about one category, told once and with its districts named."""

from agents.alerting.desk import Desk, Rate, hashed
from agents.alerting.rates import Storm
from agents.problems.problem import Candidate, Count

MOST_DISTRICTS_NAMED = 6


def storm_candidate(storm: Storm, count: Count, desk: Desk) -> Candidate:
    """The candidate of scope "city". It quotes nobody: a count carries no text."""
    key = f"burst|city|{count.category}"
    rate = desk.find(f"rate:{count.category}", Rate)
    named = [f"{name}{reporters}人" for name, reporters in storm.districts[:MOST_DISTRICTS_NAMED]]
    return Candidate(
        candidate_id=hashed("burst", key, count.ticket_id),
        kind="burst",
        scope="city",
        key=key,
        at=count.at,
        trigger_ticket_id=count.ticket_id,
        category=count.category,
        matter=count.category,
        ticket_ids=rate.recent[-storm.reporters :] if rate else (count.ticket_id,),
        reporters=storm.reporters,
        figures={
            "lambda": storm.evidence,
            "hours": float(storm.hours),
            "expected": round(storm.expected, 3),
            "ratio": round(storm.reporters / max(storm.expected, 0.1), 3),
            "districts": float(len(storm.districts)),
        },
        facts={"districts": "、".join(named)},
    )
