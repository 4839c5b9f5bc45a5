"""What an officer sees: every page over real documents in the embedded index."""

import re

import pytest
from fakes.console_city import ConsoleCity, text_of, write
from starlette.testclient import TestClient

from indexing.index import Document
from indexing.sqlite import SqliteIndex


def test_the_desk_shows_each_alert_with_its_ground(page: TestClient, city: ConsoleCity) -> None:
    said = text_of(page.get("/").text)
    for kind in ("burst", "hazard"):
        alert = city.raised(kind).alert
        assert alert.title in said and alert.text in said
        assert all(evidence.quote in said and evidence.ticket_id in said for evidence in alert.evidence[:3])
    assert "诉求人 3 人" in said and "背后的 3 件工单" in said and "红色" in said


def test_levels_are_counted_and_filter_the_desk(page: TestClient, city: ConsoleCity) -> None:
    gas, water = city.raised("hazard").alert, city.raised("burst").alert
    assert gas.level == "red" != water.level
    red = text_of(page.get("/?level=red").text)
    assert gas.title in red and water.title not in red
    assert "1 红色预警" in red


def test_an_alert_page_lists_the_tickets_behind(page: TestClient, city: ConsoleCity) -> None:
    alert = city.raised("burst").alert
    html = page.get(f"/alerts/{alert.alert_id}").text
    assert all(f'href="/tickets/{ticket_id}"' in html for ticket_id in alert.ticket_ids)
    assert "证据强度 λ" in html and alert.rules in html


def test_a_problem_page_tells_its_timeline_in_order(page: TestClient, city: ConsoleCity) -> None:
    alert = city.raised("burst").alert
    said = text_of(page.get(f"/problems/{alert.problem_id}").text)
    steps = ("首次来诉", "发出", "最近来诉", "办结工单 1 件")
    places = [said.index(step) for step in steps]
    assert places == sorted(places)
    assert "2025-03-03 08:02 首次来诉" in said


def test_a_ticket_page_tells_grade_and_answer(page: TestClient) -> None:
    said = text_of(page.get("/tickets/T2").text)
    assert "新华小区停水了" in said and "阀门已更换,恢复供水" in said and "停水" in said
    assert "2025-03-03 11:00 办结 · 水务局" in said


def test_search_finds_and_marks(page: TestClient) -> None:
    html = page.get("/tickets", params={"q": "停水"}).text
    assert "<mark>停水</mark>" in html
    assert "共 3 件" in text_of(html)  # the third said "没水": found by its matter


def test_a_chosen_facet_narrows_and_can_be_taken_back(page: TestClient) -> None:
    html = page.get("/tickets", params={"where": "status=closed"}).text
    assert "共 1 件" in text_of(html) and "状态：已办结 ✕" in text_of(html)
    assert 'href="/tickets?q=&amp;since=&amp;until="' in html or 'href="/tickets?q=&since=&until="' in html


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"since": "2025-03-03", "until": "2025-03-03"}, 5),
        ({"since": "2025-03-04"}, 0),
        ({"until": "2025-03-02"}, 0),
        ({"since": "no day", "until": "9999-12-31"}, 5),
        ({"since": "0001-01-01"}, 5),
    ],
)
def test_days_are_local_days(page: TestClient, asked: dict[str, str], count: int) -> None:
    assert f"共 {count} 件" in text_of(page.get("/tickets", params=asked).text)


def test_the_ledger_names_the_reason(own: TestClient, index: SqliteIndex, city: ConsoleCity) -> None:
    burst = city.raised("burst").alert.alert_id
    (raised,) = (document for document in city.documents() if document.id == burst)
    write(index, [Document("ledger", raised.id, 1, {**raised.body, "suppressed": "below_threshold"})])
    said = text_of(own.get("/ledger", params={"reason": "below_threshold"}).text)
    assert "证据不足" in said and "3人说法相近，但不是同一地点。" in said
    assert "没有压下的线索" in text_of(own.get("/ledger", params={"reason": "budget"}).text)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/", "目前没有未办结的预警"),
        ("/tickets", "没有符合条件的工单"),
        ("/problems", "没有符合条件的问题"),
        ("/ledger", "没有压下的线索"),
    ],
)
def test_an_empty_console_says_so(bare: TestClient, address: str, said: str) -> None:
    answer = bare.get(address)
    assert answer.status_code == 200 and said in text_of(answer.text)


def test_what_the_officer_has_already_is_not_sent_again(page: TestClient) -> None:
    html = page.get("/desk/live").text
    seen = re.search(r'name="seen" value="(\w+)"', html)
    assert seen is not None
    assert page.get("/desk/live", params={"seen": seen[1]}).status_code == 204
    assert page.get("/desk/live", params={"seen": seen[1], "level": "red"}).status_code == 200
