"""The committed documents that are made from the code say what the code says now."""

import re

import pytest
from house.generated import ALERT, DOCS, PAGES, READMES, ROOT, SNAPSHOTS, alert_block, names

from streams.metrics import METRICS
from weisu.settings import PREFIX, Settings, describe

RENEW = "renew it: python3 dev.py shell python tests/house/generated.py"


@pytest.mark.parametrize("file", sorted(PAGES))
def test_committed_page_is_what_the_code_says(file: str) -> None:
    committed = (DOCS / file).read_text(encoding="utf-8")
    assert committed == PAGES[file](), RENEW


@pytest.mark.parametrize("file", sorted(SNAPSHOTS))
def test_committed_snapshot_is_what_the_code_says(file: str) -> None:
    assert (ROOT / file).read_text(encoding="utf-8") == SNAPSHOTS[file](), RENEW


def test_alert_in_the_readmes_is_what_the_shown_run_raises() -> None:
    block = alert_block()
    for file in READMES:
        assert ALERT.findall((ROOT / file).read_text(encoding="utf-8")) == [block], RENEW


def test_page_knows_every_setting_that_the_command_prints() -> None:
    printed = {name for name, _, _ in describe(Settings())}
    assert printed == names()
    page = PAGES["settings.md"]()
    assert [name for name in sorted(printed) if f"| `{name}` |" not in page] == []
    assert all(name.startswith(PREFIX) for name in printed)


@pytest.mark.parametrize("page", ["docs/operations.md", "docs/metrics.md", "deploy/prometheus-rules.yml"])
def test_every_metric_named_exists(page: str) -> None:
    named = set(re.findall(r"\bweisu_[a-z_]+\b", (ROOT / page).read_text(encoding="utf-8")))
    assert named
    assert sorted(named - set(METRICS)) == []
