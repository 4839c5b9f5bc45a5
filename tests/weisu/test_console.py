"""The console's pages and its search API over real documents in the embedded index."""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
from fakes.console_city import HOSTILE, ConsoleCity, MemoryCommander, filled, morning, write
from starlette.testclient import TestClient

from agents.city import City
from agents.problems.merging import Ask
from indexing.documents import of_change
from indexing.index import Document
from indexing.sqlite import SqliteIndex
from weisu.console.app import create
from weisu.console.charts import MOST_BARS, bars
from weisu.console.view import local, marked

HERE = "http://127.0.0.1"


@pytest.fixture(scope="module")
def city() -> ConsoleCity:
    return ConsoleCity(morning())


@pytest.fixture
def index(city: ConsoleCity, tmp_path: Path) -> SqliteIndex:
    return filled(tmp_path, city.documents())


@pytest.fixture
def commander() -> MemoryCommander:
    return MemoryCommander()


@pytest.fixture
def own(city: ConsoleCity, index: SqliteIndex, commander: MemoryCommander) -> Iterator[TestClient]:
    """A console that a test may change or break."""
    with TestClient(create(index, commander, city.city), base_url=HERE) as client:
        yield client


@pytest.fixture(scope="module")
def page(city: ConsoleCity, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A console that is only read."""
    index = filled(tmp_path_factory.mktemp("page"), city.documents())
    with TestClient(create(index, MemoryCommander(), city.city), base_url=HERE) as client:
        yield client


@pytest.fixture
def bare(tmp_path: Path, commander: MemoryCommander) -> Iterator[TestClient]:
    """A console without a single document."""
    with TestClient(create(filled(tmp_path, []), commander, City()), base_url=HERE) as client:
        yield client


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text_of(html: str) -> str:
    """What a reader sees, without tags, spaces folded."""
    reader = _Reader()
    reader.feed(html)
    return re.sub(r"\s+", " ", " ".join(reader.parts))


# --- what an officer sees -----------------------------------------------------------------------------------


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


# --- what an officer does -----------------------------------------------------------------------------------


def test_an_action_becomes_a_command(own: TestClient, commander: MemoryCommander, city: ConsoleCity) -> None:
    alert = city.raised("burst").alert
    form = {"by": "王", "note": "已通知水务局", "key": alert.key}
    answer = own.post(f"/alerts/{alert.alert_id}/acknowledge", data=form, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and "已提交签收" in answer.text
    (command,) = commander.commands
    assert (command.command, command.alert_id, command.by) == ("acknowledge", alert.alert_id, "王")
    assert (command.note, command.key, command.until) == ("已通知水务局", alert.key, None)


def test_a_silence_lasts_a_day(own: TestClient, commander: MemoryCommander) -> None:
    own.post("/alerts/a-1/silence", data={"key": "城东区|供水"}, headers={"HX-Request": "true"})
    (command,) = commander.commands
    assert command.by == "值班员" and command.until == command.at + timedelta(hours=24)


def test_the_state_comes_back_through_alerting(
    own: TestClient, index: SqliteIndex, commander: MemoryCommander
) -> None:
    walked = ConsoleCity(morning())
    alert = walked.raised("burst").alert
    own.post(f"/alerts/{alert.alert_id}/acknowledge", data={"by": "王"}, headers={"HX-Request": "true"})
    assert "已签收" not in own.get("/").text
    at = datetime(2025, 3, 3, 4, tzinfo=UTC)
    write(index, walked.obey(commander.commands[0].model_copy(update={"at": at})))
    assert "已签收 · 王" in own.get("/").text


def test_a_verdict_is_shown_on_the_alert_and_counted_on_the_desk(
    own: TestClient, index: SqliteIndex, commander: MemoryCommander
) -> None:
    walked = ConsoleCity(morning())
    alert = walked.raised("burst").alert
    own.post(f"/alerts/{alert.alert_id}/confirm", data={"by": "王"}, headers={"HX-Request": "true"})
    assert "值班员反馈" not in own.get("/").text
    at = datetime(2025, 3, 3, 4, tzinfo=UTC)
    write(index, walked.obey(commander.commands[0].model_copy(update={"at": at})))
    assert "值班员反馈 1 经确认" in " ".join(text_of(own.get("/").text).split())


def test_a_merge_names_the_other_alert(own: TestClient, commander: MemoryCommander) -> None:
    told = own.post("/alerts/a-1/merge", data={"into": "a-2"}, headers={"HX-Request": "true"})
    assert told.status_code == 200 and commander.commands[0].into == "a-2"
    nowhere = own.post("/alerts/a-1/merge", headers={"HX-Request": "true"})
    assert nowhere.status_code == 422 and len(commander.commands) == 1


def test_a_problem_s_page_asks_for_a_merge_and_a_split(
    own: TestClient, commander: MemoryCommander, city: ConsoleCity
) -> None:
    one, other = list(city.results.problems)[:2]
    assert "并入或拆分" in own.get(f"/problems/{one}").text
    form = {"by": "王五", "note": "同一家店", "into": other}
    answer = own.post(f"/problems/{one}/merge", data=form, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and "已提交并入" in answer.text
    form = {"by": "王五", "tickets": "T2， T3,T2"}
    own.post(f"/problems/{one}/split", data=form, headers={"HX-Request": "true"})
    merge, split = commander.commands
    assert (merge.command, merge.problem_id, merge.into, merge.by, merge.note) == (
        "merge_problems",
        one,
        other,
        "王五",
        "同一家店",
    )
    assert (split.command, split.problem_id, split.ticket_ids) == ("split_problem", one, ("T2", "T3"))


@pytest.mark.parametrize(
    ("action", "form", "said"),
    [
        ("merge", {"into": "p-2"}, "请先署名"),
        ("merge", {"by": "王五", "into": "p-none"}, "没有这个编号的问题"),
        ("split", {"by": "王五"}, "请填写要拆出的工单编号"),
    ],
)
def test_a_merge_or_split_that_is_not_whole_is_not_sent(
    own: TestClient, commander: MemoryCommander, action: str, form: dict[str, str], said: str
) -> None:
    answer = own.post(f"/problems/p-1/{action}", data=form, headers={"HX-Request": "true"})
    assert answer.status_code == 422 and said in answer.text and not commander.commands


def test_a_problem_that_was_taken_in_leads_to_the_other_with_its_record(
    own: TestClient, index: SqliteIndex
) -> None:
    walked = ConsoleCity(morning())
    water = walked.results.problem_of["T2"]
    at = datetime(2025, 3, 3, 4, tzinfo=UTC)
    asked = {"at": at, "by": "王五", "problem_id": water}
    split = walked.path.on_ask(Ask(ask_id="s1", ticket_ids=("T4",), **asked))
    new = split.moved["T4"]
    merged = walked.path.on_ask(Ask(ask_id="m1", into=new, why="同一件事", **asked))
    write(index, [document for change in merged.changes for document in of_change(change)])
    page = own.get(f"/problems/{new}")
    assert page.url.path == f"/problems/{water}"
    said = text_of(page.text)
    assert "王五：拆出1件工单" in said
    assert f"王五：并入问题 {new}（1件工单），理由：同一件事" in said


def test_an_alert_s_page_says_why_it_was_told(page: TestClient, city: ConsoleCity) -> None:
    told = city.raised("burst").alert
    said = text_of(page.get(f"/alerts/{told.alert_id}").text)
    assert "3名不同诉求人反映；证据强度λ=" in said


def test_a_broker_that_is_down_is_told_in_chinese(own: TestClient, commander: MemoryCommander) -> None:
    commander.down = True
    answer = own.post("/alerts/a-1/resolve", headers={"HX-Request": "true"})
    assert answer.status_code == 503 and "没有提交成功" in answer.text


@pytest.mark.parametrize(
    ("address", "form", "headers", "status"),
    [
        ("/alerts/a-1/resolve", {}, {}, 403),
        ("/alerts/a-1/delivered", {}, {"HX-Request": "true"}, 422),
        ("/alerts/a-1/resolve", {"by": "王" * 41}, {"HX-Request": "true"}, 422),
        ("/alerts/a-1/resolve", {"note": "长" * 201}, {"HX-Request": "true"}, 422),
    ],
)
def test_other_posts_are_refused(
    own: TestClient,
    commander: MemoryCommander,
    address: str,
    form: dict[str, str],
    headers: dict[str, str],
    status: int,
) -> None:
    answer = own.post(address, data=form, headers=headers)
    assert answer.status_code == status and not commander.commands


# --- what can go wrong --------------------------------------------------------------------------------------


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


# --- the search API -----------------------------------------------------------------------------------------


def test_the_api_searches_with_facets_and_histogram(page: TestClient) -> None:
    asked = {"q": "停水", "facet": ["status"], "histogram": "hour", "where": ["district=城东区"]}
    found = page.get("/api/search", params=asked).json()
    assert found["total"] == 3
    assert any("〖停水〗" in hit["highlights"].get("content", [""])[0] for hit in found["hits"])
    assert {value["value"] for value in found["facets"]["status"]} == {"open", "closed"}
    assert found["histogram"] == [{"start": "2025-03-03T08:00:00+08:00", "count": 3}]


def test_the_deepest_pages_can_be_asked_for(page: TestClient) -> None:
    for address in ("/?page=400", "/tickets?page=400", "/problems?page=400", "/ledger?page=400"):
        assert page.get(address).status_code == 200


def test_the_api_describes_itself(page: TestClient) -> None:
    document = page.get("/api/openapi.json").json()
    assert set(document["paths"]) == {"/api/search", "/api/{collection}/{id}"}
    assert "/api/search" in text_of(page.get("/api").text)


# --- how values look ----------------------------------------------------------------------------------------


def test_only_our_own_marks_become_marks() -> None:
    assert str(marked("<b>〖停水〗</b>")) == "&lt;b&gt;<mark>停水</mark>&lt;/b&gt;"


@pytest.mark.parametrize(
    ("offset", "said"), [(480, "2025-03-03 08:00"), (0, "2025-03-03 00:00"), (-300, "2025-03-02 19:00")]
)
def test_times_are_the_citys_own(offset: int, said: str) -> None:
    assert local("2025-03-03T08:00:00+08:00", offset) == said


def test_a_chart_keeps_gaps_and_stays_small() -> None:
    assert bars([]) == ""
    gap = bars([("2025-03-03T08:00:00+08:00", 2), ("2025-03-03T11:00:00+08:00", 1)], "hour")
    assert 'viewBox="0 0 4 100"' in gap and gap.count("<rect") == 2
    start = datetime(2015, 1, 1, tzinfo=UTC)
    years = bars([((start + timedelta(days=day)).isoformat(), 1) for day in range(3_650)])
    assert years.count("<rect") <= MOST_BARS
