"""One worker of a role as a process: python role_worker.py ROLE ADDRESS PREFIX FOLDER."""

import logging
import sys
from pathlib import Path

from agents.city import City
from agents.grading.ladder import Ladder
from agents.grading.rules import RulesGrader
from streams.app import run
from streams.bindings import Parts
from streams.settings import StreamSettings
from streams.topics import Role


def main(role: Role, address: str, prefix: str, folder: str) -> int:
    assert role in ("core", "grading")
    city = City(name="试城")
    settings = StreamSettings(
        address=address,
        prefix=prefix,
        data_dir=Path(folder),
        session_s=6,
        commit_s=0.5,
        grace_s=2,
        tick_s=1,
        lateness_s=5,
    )
    return run(role, settings, Parts(city=city, key=b"k" * 32, grader=Ladder(RulesGrader(city))))


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    sys.exit(main(*sys.argv[1:5]))  # type: ignore[arg-type]  # checked by the assertion
