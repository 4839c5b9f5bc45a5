"""The one sender: console, log, JSON webhook, and through apprise WeCom, DingTalk, Feishu, mail and the rest.

NotDelivered(retry)   the channel did not take it   → retry: later; else a person must mend the channel
"""

import asyncio
import base64
import json
import logging
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TextIO
from urllib.parse import unquote, urlsplit, urlunsplit

from pydantic import SecretStr

from agents.alerting.alert import Alert
from agents.grading.excerpt import visible
from agents.notifying.route import DEFAULT_CHANNEL, Delivery

LEVEL_NAMES = {"red": "红", "orange": "橙", "yellow": "黄", "blue": "蓝"}
NOTIFY_TYPES = {"red": "failure", "orange": "warning", "yellow": "warning", "blue": "info"}
TIMEOUT = timedelta(seconds=30)
"""Of one message. Apprise spaces two messages to one address by up to 5.5 s, which counts."""
RETRY_STATUS = frozenset({408, 425, 429})
"""Answers that may be another one later, beside 5xx."""
CHAT_HOSTS = {
    "qyapi.weixin.qq.com": "wecombot://KEY",
    "oapi.dingtalk.com": "dingtalk://TOKEN",
    "open.feishu.cn": "feishu://TOKEN",
    "open.larksuite.com": "lark://TOKEN",
}
"""Chat robots that answer any JSON with 200 and drop it: their addresses must be written apprise's way."""
logger = logging.getLogger(__name__)


class NotDelivered(Exception):
    """The channel did not take the message. `why` names the channel and never holds its address."""

    def __init__(self, retry: bool, why: str) -> None:
        super().__init__(why)
        self.retry = retry
        self.why = why


@dataclass(frozen=True)
class Sent:
    """What became of a delivery: sent, or recorded only because the alert is history by now."""

    outcome: Literal["sent", "historical"]


Post = Callable[[Delivery], None]
"""Sends one message, may block; raises NotDelivered."""


class Sender:
    """Sends to the configured targets: channel name → "console://", "log://", http(s) or apprise URL.

    Raises ValueError for an address that nothing understands, naming the channel only.
    """

    def __init__(
        self,
        targets: Mapping[str, str | SecretStr],
        max_age: timedelta = timedelta(hours=6),
        timeout: timedelta = TIMEOUT,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        console: TextIO | None = None,
    ) -> None:
        _quiet_libraries()
        self._max_age, self._timeout, self._now = max_age, timeout.total_seconds(), now
        self._console = console
        self._posts = {name: self._post_for(name, _revealed(target)) for name, target in targets.items()}
        self._posts.setdefault(DEFAULT_CHANNEL, self._print)

    async def send(self, delivery: Delivery) -> Sent:
        """Send once. An alert event older than `max_age` by the wall clock is not pushed to anybody.

        Raises NotDelivered; a retry sends the same key, so that the receiver can drop a double.
        """
        if self._now() - delivery.event.at > self._max_age:
            return Sent("historical")
        post = self._posts.get(delivery.channel)
        if post is None:
            raise NotDelivered(
                False, f"channel '{delivery.channel}' is not configured: WEISU_NOTIFY__CHANNELS"
            )
        try:
            await asyncio.wait_for(asyncio.to_thread(post, delivery), self._timeout)
        except TimeoutError:
            raise NotDelivered(
                True, f"channel '{delivery.channel}': no answer in {self._timeout:g} s"
            ) from None
        return Sent("sent")

    def _post_for(self, name: str, target: str) -> Post:
        scheme = target.partition("://")[0].lower()
        if scheme == "console":
            return self._print
        if scheme == "log":
            return _log
        if scheme in ("http", "https", "json", "jsons"):
            return _webhook(name, target, self._timeout)
        return _apprise(name, target)

    def _print(self, delivery: Delivery) -> None:
        print(f"\n{headline(delivery)}\n{body(delivery)}", file=self._console or sys.stdout, flush=True)


def headline(delivery: Delivery) -> str:
    """ "【红色预警】…"; an update says so."""
    alert = delivery.event.alert
    title = " ".join(visible(alert.title).split())
    if delivery.event.event == "digest":
        return f"【预警摘要】{title}"
    kind = "预警更新" if delivery.event.event == "updated" else "预警"
    return f"【{LEVEL_NAMES[alert.level]}色{kind}】{title}"


def body(delivery: Delivery) -> str:
    """The text, and the number that tells two messages of one alert apart.

    Citizens' words stand in it: nothing in them steers a terminal or turns the text round.
    """
    return f"{visible(delivery.event.alert.text)}\n编号 {delivery.event.alert.alert_id}-{delivery.event.seq}"


def payload(delivery: Delivery) -> dict[str, Any]:
    """Our own JSON webhook. Fields are only ever added; `idempotency_key` is the same for every attempt."""
    event, alert = delivery.event, delivery.event.alert
    shown = alert.model_dump(mode="json", include=_SHOWN)
    return {
        "version": 1,
        "idempotency_key": delivery.key,
        "event": event.event,
        "seq": event.seq,
        "at": event.at.isoformat(),
        "officers": list(delivery.officers),
        **shown,
    }


_SHOWN = {
    *("alert_id", "kind", "level", "scope", "title", "text", "evidence", "raised_at", "updated_at", "status"),
    *(
        "problem_id",
        "trigger_ticket_id",
        "ticket_ids",
        "reporters",
        "district",
        "category",
        "matter",
        "hazards",
    ),
}
assert set(Alert.model_fields) >= _SHOWN, "the webhook shows a field that alerts no longer have"


def _log(delivery: Delivery) -> None:
    """The fact without a citizen's words: texts do not belong into logs."""
    event, alert = delivery.event, delivery.event.alert
    fields = {
        "alert_id": alert.alert_id,
        "kind": alert.kind,
        "level": alert.level,
        "reporters": alert.reporters,
    }
    # In the line too: the usual format of a log shows no extra fields.
    logger.warning(
        "alert %s id=%s kind=%s level=%s reporters=%s",
        event.event,
        alert.alert_id,
        alert.kind,
        alert.level,
        alert.reporters,
        extra=fields | {"key": delivery.key},
    )


def _apprise(name: str, target: str) -> Post:
    # Imported here: it reads some 150 services at the first address, which only those who use one should pay.
    import apprise

    plugin = apprise.Apprise.instantiate(target)
    if plugin is None:
        raise ValueError(f"channel '{name}': not an address of console, log, http(s) or apprise")

    def post(delivery: Delivery) -> None:
        """Apprise tells only whether it worked: the HTTP status, not a robot's error code in the answer."""
        sent = plugin.notify(
            title=headline(delivery),
            body=body(delivery),
            notify_type=NOTIFY_TYPES[delivery.event.alert.level],
            body_format="text",
        )
        if not sent:
            raise NotDelivered(True, f"channel '{name}': the service did not accept the message")

    return post


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST would become a GET somewhere else: it is an error to be mended."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _webhook(name: str, target: str, timeout: float) -> Post:
    url, headers = _address(name, target)
    opener = urllib.request.build_opener(_NoRedirect)

    def post(delivery: Delivery) -> None:
        data = json.dumps(payload(delivery), ensure_ascii=False).encode()
        request = urllib.request.Request(
            url, data, {**headers, "Idempotency-Key": delivery.key}, method="POST"
        )
        try:
            with opener.open(request, timeout=timeout):
                return
        except urllib.error.HTTPError as error:
            error.close()
            retry = error.code >= 500 or error.code in RETRY_STATUS
            raise NotDelivered(retry, f"channel '{name}': the webhook answered {error.code}") from None
        except (OSError, ValueError) as error:
            # The exception's own text may hold the address, and with it a token.
            raise NotDelivered(True, f"channel '{name}': no connection ({type(error).__name__})") from None

    return post


def _address(name: str, target: str) -> tuple[str, dict[str, str]]:
    """URL without user and password, and the headers that carry them."""
    parts = urlsplit(target)
    if not parts.hostname:
        raise ValueError(f"channel '{name}': the webhook's address names no host")
    if parts.hostname in CHAT_HOSTS:
        raise ValueError(f"channel '{name}': write this robot's address as {CHAT_HOSTS[parts.hostname]}")
    scheme = {"json": "http", "jsons": "https"}.get(parts.scheme, parts.scheme)
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "weisu"}
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((scheme, host, parts.path or "/", parts.query, "")), headers


def _revealed(target: str | SecretStr) -> str:
    return target.get_secret_value() if isinstance(target, SecretStr) else target


def _quiet_libraries() -> None:
    """Apprise and the HTTP library under it write addresses, tokens and texts into their logs."""
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    for name in ("urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.WARNING)
