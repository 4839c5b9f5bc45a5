"""Installs the space, data views, dashboard and role into a running Kibana 9.5. Safe to repeat."""

import base64
import http.client
import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from indexing.fields import COLLECTIONS
from indexing.kibana.dashboard import TITLE, dashboard
from indexing.kibana.objects import TITLES, analyst, data_view, is_plain, named, space

API_VERSION = "2023-10-31"
_LONGEST_REASON = 300
"""Characters of Kibana's own words in an error."""


class KibanaError(Exception):
    """Kibana does not answer, refuses or is not there: one line with what to do."""


def install(
    url: str,
    user: str | None,
    password: str | None,
    prefix: str = "",
    *,
    api_key: str | None = None,
    utc_offset_minutes: int = 480,
    timeout_s: float = 30.0,
) -> list[str]:
    """One line per object that now stands in Kibana as it must; what a person changed in it is overwritten.

    `prefix` is that of the index; each has a space, ids and a role of its own. `api_key`: in place of user and
    password. Without either Kibana runs without security, where there are no roles. Raises KibanaError at the first
    refusal; what was installed before it stays and does not disturb the next try.
    """
    if not is_plain(prefix):
        raise KibanaError("the index prefix must be lower-case letters, digits, '.', '_' and '-' for Kibana")
    kibana = _Kibana(url, user, password, api_key, timeout_s)
    home, in_space = named(prefix), f"/s/{named(prefix)}"
    body = space(prefix)
    # PUT changes a space and does not make one.
    if kibana.send("PUT", f"/api/spaces/space/{home}", body, accepted=(404,)) == 404:
        kibana.send("POST", "/api/spaces/space", body)
    lines = [f"空间 space {home}"]
    for collection in COLLECTIONS:
        kibana.send("POST", f"{in_space}/api/data_views/data_view", data_view(collection, prefix))
        lines.append(f"数据视图 data view {named(prefix, collection)} ({TITLES[collection]})")
    overview = named(prefix, "overview")
    kibana.send("PUT", f"{in_space}/api/dashboards/{overview}", dashboard(prefix, utc_offset_minutes))
    lines.append(f"仪表板 dashboard {overview} ({TITLE})")
    role = named(prefix, "analyst")
    if user is None and api_key is None:
        return [*lines, f"角色 role {role}: 未启用安全，略过 (no user is set: skipped)"]
    kibana.send("PUT", f"/api/security/role/{role}", analyst(prefix))
    return [*lines, f"角色 role {role} (只读 read only)"]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A password is never carried to another address."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class _Kibana:
    """Kibana's HTTP interface."""

    def __init__(
        self, url: str, user: str | None, password: str | None, api_key: str | None, timeout_s: float
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise KibanaError("the address of Kibana must look like http://HOST:5601")
        if parts.username is not None or parts.password is not None:
            raise KibanaError("the address of Kibana must not carry a user: set user and password apart")
        self._base = url.rstrip("/")
        self._shown = f"Kibana at {parts.scheme}://{parts.netloc}"
        self._secrets = [secret for secret in (password, api_key) if secret]
        self._timeout_s = timeout_s
        self._headers = {
            "kbn-xsrf": "true",
            "Elastic-Api-Version": API_VERSION,
            "Content-Type": "application/json; charset=utf-8",
        }
        if api_key is not None:
            self._headers["Authorization"] = f"ApiKey {api_key}"
        elif user is not None:
            token = base64.b64encode(f"{user}:{password or ''}".encode()).decode()
            self._headers["Authorization"] = f"Basic {token}"
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())

    def send(self, method: str, path: str, body: dict[str, Any], accepted: tuple[int, ...] = ()) -> int:
        """The status of the answer: 2xx or one of `accepted`."""
        data = json.dumps(body, ensure_ascii=False).encode()
        request = urllib.request.Request(self._base + path, data, self._headers, method=method)
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                answer.read()
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                if error.code in accepted:
                    return error.code
                raise KibanaError(self._refusal(method, path, error)) from None
        except TimeoutError:
            raise KibanaError(self._silence()) from None
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, TimeoutError):
                raise KibanaError(self._silence()) from None
            raise KibanaError(
                f"{self._shown} cannot be reached ({type(reason).__name__}): check address and start"
            ) from None

    def _silence(self) -> str:
        return f"{self._shown} did not answer within {self._timeout_s:g} s: it may still be starting"

    def _refusal(self, method: str, path: str, error: urllib.error.HTTPError) -> str:
        if error.code in (401, 403):
            return f"{self._shown} answers {error.code} to {method} {path}: the user is unknown or may not do this"
        if 300 <= error.code < 400:
            return f"{self._shown} answers {error.code} to {method} {path}: give the address it points to"
        if error.code == 503:
            return f"{self._shown} answers 503: it is not ready, try again"
        return f"{self._shown} answers {error.code} to {method} {path}: {self._reason(error)}"

    def _reason(self, error: urllib.error.HTTPError) -> str:
        """Kibana's own words, on one line and without our secrets."""
        try:
            raw = error.read(65_536).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            raw = ""
        try:
            told = str(json.loads(raw)["message"])
        except (ValueError, KeyError, TypeError):
            told = raw
        line = " ".join(told.split())
        for secret in self._secrets:
            line = line.replace(secret, "***")
        return line[:_LONGEST_REASON] or "no reason is given"
