"""The sender over real HTTP: what arrives, what is tried again, and what never leaks."""

import io
import logging
from datetime import datetime, timedelta

import pytest
from fakes.findings import finding, hours, make_desk, raised
from fakes.webhook import receiving
from pydantic import SecretStr

from agents.city import City
from agents.notifying.route import Delivery, Routing, route
from agents.notifying.send import NotDelivered, Sender, Sent

EVENT = raised(make_desk(), finding(0))
TOKEN = "s3cr3t-t0ken"
# Apprise imports a module that Python 3.11 warns about.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def delivery(channel: str = "hook") -> Delivery:
    return route(EVENT, Routing(City(), (channel,)))[0]


def sender(url: str, now: datetime = EVENT.at, seconds: float = 60.0) -> Sender:
    return Sender({"hook": SecretStr(url)}, timeout=timedelta(seconds=seconds), now=lambda: now)


@pytest.mark.parametrize("scheme", ["http", "json"])
async def test_a_webhook_receives_the_alert_with_its_key(scheme: str) -> None:
    with receiving() as hook:
        url = hook.url.replace("http://", f"{scheme}://duty:pass%20word@")
        assert await sender(url).send(delivery()) == Sent("sent")
    (post,), (headers,) = hook.posts, hook.headers
    assert post["idempotency_key"] == headers["idempotency-key"] == delivery().key
    assert headers["authorization"].startswith("Basic ")
    assert (post["version"], post["event"], post["seq"]) == (1, "raised", 1)
    alert = EVENT.alert.model_dump(mode="json")
    for name in ("alert_id", "level", "title", "text", "evidence", "raised_at", "ticket_ids", "reporters"):
        assert post[name] == alert[name]


async def test_nothing_that_a_citizen_wrote_steers_a_terminal_or_turns_a_message_round() -> None:
    told = {"title": "新华小区\x1b[2J\n预警：假的", "text": "“停水\x9b0m\x07\u202e\u2067了”。\n第二行"}
    one = delivery("console")
    event = EVENT.model_copy(update={"alert": EVENT.alert.model_copy(update=told)})
    screen = io.StringIO()
    await Sender({}, now=lambda: EVENT.at, console=screen).send(one.model_copy(update={"event": event}))
    shown = screen.getvalue()
    assert not set(shown) & {"\x1b", "\x9b", "\x07", "\u202e", "\u2067"}
    assert len(shown.splitlines()) == 5  # a blank one, the headline, the two of the text, the number


async def test_every_attempt_carries_the_same_key() -> None:
    with receiving(503, 200) as hook:
        with pytest.raises(NotDelivered):
            await sender(hook.url).send(delivery())
        await sender(hook.url).send(delivery())
    assert hook.posts[0] == hook.posts[1]


@pytest.mark.parametrize(
    ("status", "retry"),
    [(500, True), (503, True), (429, True), (408, True), (400, False), (404, False), (302, False)],
)
async def test_the_answer_tells_whether_to_try_again(status: int, retry: bool) -> None:
    with receiving(status) as hook, pytest.raises(NotDelivered) as refused:
        await sender(f"{hook.url}?token={TOKEN}").send(delivery())
    assert refused.value.retry is retry
    assert str(status) in refused.value.why
    assert len(hook.posts) == 1


async def test_nobody_listening_is_tried_again() -> None:
    with receiving() as hook:
        pass
    with pytest.raises(NotDelivered) as refused:
        await sender(hook.url).send(delivery())
    assert refused.value.retry


async def test_a_receiver_that_hangs_is_given_up() -> None:
    with receiving(hangs=True) as hook:
        with pytest.raises(NotDelivered) as refused:
            await sender(hook.url, seconds=0.2).send(delivery())
        hook.hold.set()
    assert refused.value.retry


async def test_history_is_recorded_and_not_pushed() -> None:
    with receiving() as hook:
        late = EVENT.at + timedelta(hours=6, seconds=1)
        assert await sender(hook.url, now=late).send(delivery()) == Sent("historical")
        assert await sender(hook.url, now=EVENT.at + timedelta(hours=6)).send(delivery()) == Sent("sent")
    assert len(hook.posts) == 1


async def test_secrets_and_texts_stay_out_of_logs_and_errors(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), receiving(500) as hook:
        host = hook.url.removeprefix("http://")
        for url in (f"http://duty:{TOKEN}@{host}?key={TOKEN}", f"gotify://{host}/{TOKEN}"):
            with pytest.raises(NotDelivered) as refused:
                await sender(url).send(delivery())
            assert TOKEN not in f"{refused.value!r}{refused.value.__cause__!r}"
    assert TOKEN not in caplog.text
    assert "停水" not in caplog.text


@pytest.mark.parametrize(
    "target",
    [
        f"nonsense://{TOKEN}",
        f"{TOKEN}",
        f"https:///{TOKEN}",
        f"https://oapi.dingtalk.com/robot/send?t={TOKEN}",
    ],
)
def test_an_address_nobody_understands_stops_the_start(target: str) -> None:
    with pytest.raises(ValueError, match="channel 'hook'") as wrong:
        sender(target)
    assert TOKEN not in str(wrong.value)


async def test_a_chat_service_gets_headline_text_and_number() -> None:
    with receiving() as hook:
        target = hook.url.replace("http://", "gotify://").replace("/hook", f"/{TOKEN}?cto=60&rto=60")
        await sender(target).send(delivery())
    (post,) = hook.posts
    assert post["title"] == "【黄色预警】新华小区停水：3小时内3人反映，为平时的10倍以上"
    assert post["message"].endswith(f"编号 {EVENT.alert.alert_id}-1")


async def test_an_unknown_channel_is_not_tried_again() -> None:
    with pytest.raises(NotDelivered) as refused:
        await Sender({}).send(delivery("pager").model_copy(update={"event": recent()}))
    assert not refused.value.retry


def recent() -> object:
    return EVENT.model_copy(update={"at": datetime.now(EVENT.at.tzinfo)})


async def test_the_console_shows_level_title_and_text() -> None:
    console = io.StringIO()
    plain = Sender({}, now=lambda: hours(1), console=console)
    await plain.send(delivery("console"))
    shown = console.getvalue()
    assert "【黄色预警】新华小区停水：3小时内3人反映" in shown
    assert f"编号 {EVENT.alert.alert_id}-1" in shown


async def test_the_log_names_the_alert_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    log = Sender({"log": "log://"}, now=lambda: hours(1))
    await log.send(delivery("log"))
    (line,) = caplog.records
    assert line.alert_id == EVENT.alert.alert_id  # type: ignore[attr-defined]  # set through `extra`
    assert EVENT.alert.alert_id in line.getMessage()
    assert "停水" not in caplog.text
