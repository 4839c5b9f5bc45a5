"""Whether a city's own word lists can be used: found by trying them on a made-up ticket, not on the first real one."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from agents.city import City
from agents.grading.rules import RulesGrader
from agents.intake.hazards import find_hazards
from agents.intake.ticket import Ticket
from weisu.city_files import CityError

_AT = datetime(2000, 1, 1, tzinfo=UTC)
_TEXT = "楼道里有燃气味，昨天起停水，反映过多次没人管，工作人员态度很好，请尽快处理。"


def require_words(city: City, folder: Path) -> None:
    """Raises CityError naming each file of lexicon/ by which no ticket could be graded."""
    if not city.lexicon or _fault(city) is None:
        return
    alone = {name: _fault(replace(city, lexicon={name: table})) for name, table in city.lexicon.items()}
    told = [f"lexicon/{name}.toml: 词表不能用：{why}" for name, why in alone.items() if why]
    raise CityError(folder, told or [f"lexicon/: 各词表合起来不能用：{_fault(city)}"])


def _fault(city: City) -> str | None:
    """What goes wrong when a ticket is read and graded by the city's lists; None: nothing."""
    ticket = Ticket(
        ticket_id="t", revision=0, edition=1, created_at=_AT, updated_at=_AT, trigger_at=_AT, content=_TEXT
    )
    try:
        find_hazards(ticket.text, city)
        RulesGrader(city).grade(ticket)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, re.error) as error:
        return f"{type(error).__name__}: {error}"
    return None
