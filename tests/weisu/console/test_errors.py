"""What can go wrong: hostile text, odd queries, an index that is down."""

import asyncio
import re
from urllib.parse import quote

import pytest
from fakes.console_city import HOSTILE, ConsoleCity, write
from starlette.testclient import TestClient

from indexing.index import Document
from indexing.sqlite import SqliteIndex


@pytest.mark.parametrize(
    "address",
    ["/", "/tickets", "/tickets?q=路灯", "/tickets/T9", "/problems", "/?show=all", "/api/tickets/T9"],
)
def test_hostile_text_stays_text(page: TestClient, address: str) -> None:
    answer = page.get(address)
    assert answer.status_code == 200
    if not address.startswith("/api/"):
        assert "<script>window" not in answer.text and "<img src=x" not in answer.text


def test_hostile_words_of_an_alert_stay_text(own: TestClient, index: SqliteIndex, city: ConsoleCity) -> None:
    alert = city.raised("burst").alert
    evidence = [{"ticket_id": HOSTILE, "quote": HOSTILE}]
    (document,) = (d for d in city.documents() if d.id == alert.alert_id)
    hurt = {"title": HOSTILE, "text": HOSTILE, "key": HOSTILE, "note": HOSTILE, "evidence": evidence}
    hurt |= {
        "ticket_ids": [HOSTILE, "T2"],
        "status": "acknowledged",
        "acknowledged_by": HOSTILE,
        "level": HOSTILE,
    }
    write(index, [Document("alerts", document.id, 99, document.body | hurt)])
    for address in ("/", f"/alerts/{alert.alert_id}", f"/problems/{alert.problem_id}"):
        html = own.get(address).text
        assert "&lt;script&gt;" in html and "<script>window" not in html and "<img src=x" not in html


@pytest.mark.parametrize("field", ["q", "where", "since", "until"])
def test_hostile_parameters_stay_text(page: TestClient, field: str) -> None:
    value = f"district={HOSTILE}" if field == "where" else HOSTILE
    html = page.get("/tickets", params={field: value}).text
    assert "<script>window" not in html and "<img src=x" not in html


@pytest.mark.parametrize(
    "query", ["\0", "停\0水", "停" * 3_000, '"', '"停水', "”“", "NOT AND OR *", "u : x", "\ud7ff", "%"]
)
def test_odd_queries_are_queries(page: TestClient, query: str) -> None:
    for address in ("/tickets", "/problems", "/api/search"):
        assert page.get(address, params={"q": query}).status_code == 200


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/tickets/none", 404),
        ("/problems/none", 404),
        ("/alerts/none", 404),
        (f"/tickets/{quote(HOSTILE, safe='')}", 404),
        ("/tickets/a%00b", 404),
        ("/tickets/a%2Fb", 404),
        ("/nowhere", 404),
        ("/static/../app.py", 404),
        ("/tickets?page=401", 422),
        ("/tickets?page=0", 422),
        ("/?page=401", 422),
        ("/tickets?page=99999999999999999999", 422),
        ("/?level=purple", 422),
        ("/tickets?where=nonsense", 400),
        ("/tickets?where=content=x", 400),
        (f"/tickets?q={'x' * 10_001}", 422),
    ],
)
def test_errors_are_pages_for_people(page: TestClient, address: str, status: int) -> None:
    answer = page.get(address)
    assert answer.status_code == status
    assert "text/html" in answer.headers["content-type"] and "返回值班台" in answer.text
    assert "<script>window" not in answer.text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/search?where=nonsense", 400),
        ("/api/search?where=content=x", 400),
        ("/api/search?since=2025-03-03T00:00:00", 400),
        ("/api/search?size=201", 422),
        ("/api/search?offset=10000", 400),
        ("/api/search?collection=secrets", 422),
        ("/api/tickets/none", 404),
    ],
)
def test_errors_are_json_for_programs(page: TestClient, address: str, status: int) -> None:
    answer = page.get(address)
    assert answer.status_code == status and isinstance(answer.json()["detail"], str)


@pytest.mark.parametrize(
    "address", ["/", "/tickets", "/desk/live", "/alerts/a-1/live", "/problems/p", "/ledger"]
)
def test_an_index_that_is_down_is_told_in_chinese(own: TestClient, index: SqliteIndex, address: str) -> None:
    asyncio.run(index.close())
    answer = own.get(address)
    assert answer.status_code == 503 and "检索服务暂时没有应答" in answer.text
    assert own.get("/api/search").status_code == 503


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_a_foreign_host_is_refused(page: TestClient, host: str) -> None:
    assert page.get("/", headers={"Host": host}).status_code == 400


def test_nothing_is_loaded_from_elsewhere(page: TestClient) -> None:
    for address in ("/", "/tickets", "/api"):
        answer = page.get(address)
        assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.text)
        assert "style=" not in answer.text and "onclick" not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
