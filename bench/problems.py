"""What gathering costs a ticket as a district's book grows: `python -m bench.problems`.

Every ticket of the fill opens a problem of its own; then new ones are gathered at each size, as many a day as before.
The ratio must stay near 1: cost per ticket must not grow with history. A storm is measured beside it: one ticket a
minute where there were twenty a day, so that each is a finding at every level and all texts of the crowd are compared.
"""

import random
import sys
import time
from datetime import datetime, timedelta

from agents.city import City
from agents.grading.grade import Grade, Graded
from agents.intake.ticket import Place, Ticket
from agents.problems.books import Books
from agents.problems.gather import gather

Row = tuple[str, float, str]
SIZES = (1_000, 10_000, 100_000)
MEASURED = 1_000
START = datetime.fromisoformat("2026-03-02T08:00:00+08:00")
FILL_DAYS = 50
_CHARACTERS = [chr(0x4E00 + number) for number in range(2_500)]
_SAID = "小区门口的井盖松了，车一过就响，夜里吵得睡不着，已经反映过几次没有人来看，希望尽快派人修一下"


def main() -> list[Row]:
    """(name, value, unit) of each figure."""
    rows: list[Row] = []
    costs: list[float] = []
    for size in SIZES:
        books = Books(City(), {}, {}, {})
        step = timedelta(days=FILL_DAYS) / size
        for number in range(size):
            gather(_graded(f"f{number}", START + step * number, random.Random(f"fill {number}")), books)
        costs.append(_measure(books, step))
        rows.append((f"gather one ticket, {size:,} problems", costs[-1] * 1e6, "µs of processor"))
        if size == SIZES[0]:
            storm = _measure(books, timedelta(minutes=1), after=step * MEASURED)
            rows.append((f"the same in a storm, {2 * size:,} problems", storm * 1e6, "µs of processor"))
    return [*rows, (f"cost at {SIZES[-1]:,} / at {SIZES[0]:,}", costs[-1] / costs[0], "×")]


def _measure(books: Books, step: timedelta, after: timedelta = timedelta()) -> float:
    """Seconds of the processor that a new ticket takes, one each `step`, beginning so long `after` the fill."""
    at, name = START + timedelta(days=FILL_DAYS) + after, f"n{after}"
    new = [
        _graded(f"{name} {number}", at + step * number, random.Random(f"{name} {number}"))
        for number in range(MEASURED)
    ]
    started = time.process_time()
    for graded in new:
        gather(graded, books)
    return (time.process_time() - started) / MEASURED


def _graded(ticket_id: str, at: datetime, rng: random.Random) -> Graded:
    """A ticket of its own words among common ones, at one of 2,000 estates."""
    own = "".join(rng.choices(_CHARACTERS, k=60))
    cut = rng.randrange(len(_SAID))
    estate = f"{_CHARACTERS[rng.randrange(2_000)]}景园"
    place = Place(district="东城区", street=f"第{rng.randrange(12)}街道", community=estate)
    ticket = Ticket(
        ticket_id=ticket_id,
        revision=1,
        edition=1,
        created_at=at,
        updated_at=at,
        trigger_at=at,
        reporter=f"r-{ticket_id}",
        content=f"{own}{_SAID[cut:]}{_SAID[:cut]}",
        said_place=place,
        place=place,
    )
    grade = Grade(
        summary="井盖松动",
        kind="complaint",
        category="道路",
        urgency="normal",
        urgency_reason="",
        matter="",
        confidence=0.5,
        source="rules",
        rules="bench",
    )
    return Graded(ticket=ticket, grade=grade)


if __name__ == "__main__":
    for told, value, unit in main():
        sys.stdout.write(f"{told:<36} {value:>12,.2f} {unit}\n")
