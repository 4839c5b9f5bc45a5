"""The console in a real browser: what an officer sees while the page is open."""

import os
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from fakes.console_city import HOSTILE, ConsoleCity, MemoryCommander, filled, morning, write
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from indexing.index import Document
from indexing.sqlite import SqliteIndex
from weisu.console.app import create

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PATIENCE_MS = 60_000
"""How long a page may take for anything: no test is about speed."""
NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@dataclass
class Desk:
    """A running console, its page in the browser, and what stands behind."""

    city: ConsoleCity
    index: SqliteIndex
    commander: MemoryCommander
    server: uvicorn.Server
    address: str
    page: Page
    troubles: list[str]
    """What the browser complained about: script errors, and requests to anywhere else."""

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def alert(self, kind: str) -> Document:
        alert_id = self.city.raised(kind).alert.alert_id
        (found,) = (document for document in self.city.documents() if document.id == alert_id)
        return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        message = f"no browser: install one of {', '.join(NAMES)}"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{message} (in CI the browser is not optional)")
        pytest.skip(message)
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        chromium = playwright.chromium.launch(executable_path=found, args=list(OPTIONS))
        yield chromium
        chromium.close()


@pytest.fixture
def desk(browser: Browser, tmp_path: Path) -> Iterator[Desk]:
    city, commander = ConsoleCity(morning()), MemoryCommander()
    quiet = [document for document in city.documents() if document.collection != "alerts"]
    index = filled(tmp_path, quiet)
    server = uvicorn.Server(uvicorn.Config(create(index, commander, city.city), log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="zh-CN")
        page.set_default_timeout(PATIENCE_MS)
        address = f"http://127.0.0.1:{door.getsockname()[1]}"
        made = Desk(city, index, commander, server, address, page, [])
        page.on("pageerror", lambda error: made.troubles.append(str(error)))
        page.route("**/*", lambda route: _only_here(route, made))
        try:
            yield made
        finally:
            page.close()
            server.should_exit = True
            thread.join()
    assert not made.troubles


def _only_here(route: Route, desk: Desk) -> None:
    if route.request.url.startswith(desk.address):
        route.continue_()
    else:
        desk.troubles.append(f"asked {route.request.url}")
        route.abort()


def test_an_alert_appears_without_reload(desk: Desk) -> None:
    page = desk.open("/")
    expect(page.get_by_text("目前没有未办结的预警")).to_be_visible()
    page.evaluate("window.same = true")
    burst = desk.alert("burst")
    write(desk.index, [burst])
    card = page.locator(f"#alert-{burst.id}")
    expect(card).to_be_visible()
    expect(card.get_by_role("heading")).to_have_text(burst.body["title"])
    expect(card).to_contain_text(re.compile(r"诉求人\s*3 人"))
    expect(card.locator("blockquote")).to_have_count(len(burst.body["evidence"][:3]))
    expect(page.get_by_text("目前没有未办结的预警")).to_have_count(0)
    assert page.evaluate("window.same")


def test_acknowledging_sends_a_command_and_the_state_returns(desk: Desk) -> None:
    burst = desk.alert("burst")
    write(desk.index, [burst])
    page = desk.open("/")
    card = page.locator(f"#alert-{burst.id}")
    card.get_by_role("button", name="签收").click()
    expect(card.locator(".answer")).to_have_text("已提交签收，等待确认…")
    (command,) = desk.commander.commands
    assert (command.command, command.alert_id) == ("acknowledge", burst.id)
    assert command.key == burst.body["key"]
    write(desk.index, desk.city.obey(command.model_copy(update={"at": datetime(2025, 3, 3, 4, tzinfo=UTC)})))
    expect(card.get_by_text("已签收 · 值班员")).to_be_visible()
    expect(card.get_by_role("button", name="签收")).to_have_count(0)


def test_an_alerts_own_page_tells_the_new_state_too(desk: Desk) -> None:
    burst = desk.alert("burst")
    write(desk.index, [burst])
    page = desk.open(f"/alerts/{burst.id}")
    page.get_by_text("处置…").click()
    page.get_by_label("署名").fill("王")
    page.get_by_role("button", name="误报").click()
    expect(page.locator(".answer")).to_have_text("已提交误报，等待确认…")
    (command,) = desk.commander.commands
    write(desk.index, desk.city.obey(command.model_copy(update={"at": datetime(2025, 3, 3, 4, tzinfo=UTC)})))
    expect(page.locator(f"#alert-{burst.id} .chip.false_alarm")).to_have_text("误报")
    expect(page.get_by_role("button")).to_have_count(0)


def test_a_refresh_leaves_an_open_action_alone(desk: Desk) -> None:
    burst, hazard = desk.alert("burst"), desk.alert("hazard")
    write(desk.index, [burst])
    page = desk.open("/")
    card = page.locator(f"#alert-{burst.id}")
    card.get_by_text("处置…").click()
    card.get_by_label("说明").fill("已通知水务局")
    changed = Document("alerts", burst.id, 50, burst.body | {"title": "变了的标题"})
    write(desk.index, [hazard, changed])
    expect(page.locator(f"#alert-{hazard.id}")).to_be_visible()
    expect(card.get_by_label("说明")).to_have_value("已通知水务局")
    expect(card.get_by_label("说明")).to_be_focused()
    card.get_by_label("说明").press("Escape")
    expect(card.get_by_label("说明")).to_be_hidden()
    card.get_by_text("处置…").press("Enter")
    card.get_by_role("button", name="办结").click()
    expect(card.get_by_role("heading")).to_have_text("变了的标题")
    (command,) = desk.commander.commands
    assert (command.command, command.note) == ("resolve", "已通知水务局")


def test_a_reader_keeps_the_place_when_an_alert_arrives(desk: Desk) -> None:
    burst = desk.alert("burst")
    older = [
        Document(
            "alerts",
            f"a-{n:02}",
            1,
            burst.body | {"alert_id": f"a-{n:02}", "raised_at": f"2025-03-03T07:{n:02}:00+08:00"},
        )
        for n in range(8)
    ]
    write(desk.index, older)
    page = desk.open("/")
    card = page.locator("#alert-a-01")
    card.evaluate("card => window.scrollTo(0, card.offsetTop - 200)")
    before = card.evaluate("card => card.getBoundingClientRect().top")
    write(desk.index, [burst])
    expect(page.locator(f"#alert-{burst.id}")).to_be_attached()
    # The browser moves the page back with its next frame.
    moved = "top => Math.abs(document.querySelector('#alert-a-01').getBoundingClientRect().top - top)"
    page.wait_for_function(f"{moved} < 2", arg=before)


def test_a_broker_that_is_down_is_told_on_the_card(desk: Desk) -> None:
    burst = desk.alert("burst")
    write(desk.index, [burst])
    desk.commander.down = True
    card = desk.open("/").locator(f"#alert-{burst.id}")
    card.get_by_role("button", name="签收").click()
    expect(card.get_by_text("没有提交成功")).to_be_visible()
    expect(card.get_by_role("button", name="签收")).to_be_enabled()


def test_a_lost_console_is_told_and_found_again(desk: Desk) -> None:
    page = desk.open("/")
    page.route("**/desk/live*", lambda route: route.abort())
    expect(page.get_by_text("连接中断，正在重试…")).to_be_visible()
    page.unroute("**/desk/live*")
    expect(page.get_by_text("每2秒自动更新")).to_be_visible()


def test_search_finds_and_marks_the_words(desk: Desk) -> None:
    page = desk.open("/tickets")
    page.get_by_label("检索词").fill("停水一上午")
    page.get_by_label("检索词").press("Enter")
    expect(page.locator("mark").first).to_have_text("停水一上午")
    page.locator("td.said a.through").first.click()
    expect(page.get_by_role("heading", name="诉求原文")).to_be_visible()


def test_an_alert_leads_to_its_problem_and_tickets(desk: Desk) -> None:
    burst = desk.alert("burst")
    write(desk.index, [burst])
    page = desk.open("/")
    page.get_by_text("背后的 3 件工单").click()
    expect(page.locator(".behind li")).to_have_text(burst.body["ticket_ids"])
    page.get_by_role("link", name="查看经过").click()
    steps = page.locator(".timeline li")
    expect(steps.first).to_contain_text("首次来诉")
    expect(steps.filter(has_text=burst.body["title"])).to_have_count(1)
    expect(steps.filter(has_text="办结工单 1 件")).to_have_count(1)
    expect(page.locator("svg rect").first).to_be_visible()


def test_hostile_text_runs_nothing(desk: Desk) -> None:
    burst = desk.alert("burst")
    hurt = {
        "title": HOSTILE,
        "text": HOSTILE,
        "key": HOSTILE,
        "level": HOSTILE,
        "ticket_ids": [HOSTILE, "T2"],
    }
    page = desk.open("/")
    write(desk.index, [Document("alerts", burst.id, 9, burst.body | hurt)])
    expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
    for path in ("/tickets/T9", "/tickets?q=路灯", "/problems"):
        desk.open(path)
        assert page.evaluate("window.hurt") is None


@pytest.mark.parametrize("path", ["/", "/tickets?q=停水", "/problems", "/ledger", "/tickets/T9", "/api"])
def test_a_phone_needs_no_sideways_scrolling(desk: Desk, path: str) -> None:
    write(desk.index, [desk.alert("burst"), desk.alert("hazard")])
    desk.page.set_viewport_size({"width": 390, "height": 844})
    page = desk.open(path)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
