"""What officers found on the spot, used there: false alarms ask for more evidence, a confirmation for less."""

from datetime import datetime, timedelta

from agents.alerting.alert import Alert, Verdict
from agents.alerting.desk import Desk, Trust
from agents.problems.problem import Candidate

REMEMBERED = timedelta(days=28)
FALSE_ALARMS = 2
"""One may be bad luck; from two on the threshold rises."""
RAISED_BY = 1.0
"""For each two false alarms the evidence must be ten times rarer by chance."""
LOWERED_BY = 0.5
MOST_RAISED = 2.0
MOST_KEPT = 8


def place_and_matter(finding: Candidate | Alert) -> str:
    """What a verdict is remembered by: the place in the words of its scope, and the category."""
    place, district = finding.place, finding.district or finding.place.district or ""
    exact = {
        "problem": place.community or place.address or place.street or "",
        "street": place.street or "",
    }.get(finding.scope, "")
    matter = finding.matter if finding.category in ("", "other") else finding.category
    return f"trust:{finding.scope}|{district}|{exact}|{matter}"


def learn(alert: Alert, verdict: Verdict, at: datetime, desk: Desk) -> None:
    """Remember a verdict. The same verdict of the same instant is one: commands are delivered twice."""
    if alert.kind != "burst" or verdict == "merged":
        return
    name = place_and_matter(alert)
    trust = desk.find(name, Trust) or Trust(at=at)
    field = "false_alarms" if verdict == "false_alarm" else "confirmed"
    known: tuple[datetime, ...] = getattr(trust, field)
    told = tuple(sorted({*known, at}))[-MOST_KEPT:]
    desk.state[name] = trust.model_copy(update={field: told, "at": max(trust.at, at)})


def adjustment(candidate: Candidate, desk: Desk) -> tuple[float, str]:
    """(what is added to the threshold, why in Chinese); (0, "") where officers have said nothing lately.

    A confirmation takes back the false alarms before it: the place is in trouble after all.
    """
    trust = desk.find(place_and_matter(candidate), Trust)
    if trust is None or candidate.kind != "burst":
        return 0.0, ""
    confirmed = [at for at in trust.confirmed if _counts(at, candidate.at)]
    newest = max(confirmed, default=None)
    false = [at for at in trust.false_alarms if _counts(at, candidate.at) and (newest is None or at > newest)]
    days = REMEMBERED.days
    if len(false) >= FALSE_ALARMS:
        more = min(MOST_RAISED, RAISED_BY * (len(false) // FALSE_ALARMS))
        return more, f"此处同类预警{days}天内被判误报{len(false)}次，门槛提高{more:g}"
    if confirmed and not false:
        return -LOWERED_BY, f"此处同类预警{days}天内经确认{len(confirmed)}次，门槛降低{LOWERED_BY:g}"
    return 0.0, ""


def _counts(verdict_at: datetime, at: datetime) -> bool:
    return timedelta(0) <= at - verdict_at < REMEMBERED
