"""The committed documents that are made from the code say what the code says now."""

import pytest
from house.generated import DOCS, PAGES, names

from weisu.settings import PREFIX, Settings, describe


@pytest.mark.parametrize("file", sorted(PAGES))
def test_committed_page_is_what_the_code_says(file: str) -> None:
    committed = (DOCS / file).read_text(encoding="utf-8")
    assert committed == PAGES[file](), "renew it: python3 dev.py shell python tests/house/generated.py"


def test_page_knows_every_setting_that_the_command_prints() -> None:
    printed = {name for name, _, _ in describe(Settings())}
    assert printed == names()
    page = PAGES["settings.md"]()
    assert [name for name in sorted(printed) if f"| `{name}` |" not in page] == []
    assert all(name.startswith(PREFIX) for name in printed)
