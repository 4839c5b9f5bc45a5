"""A real Elasticsearch of our own that asks who one is: roles and users from files, as its file realm reads them."""

import base64
import hashlib
import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from tests.servers import Server, launch_elastic, start

ADMIN = "admin"
PASSWORD = "only-for-this-test"
ROUNDS = 10_000


@contextmanager
def secured_elastic(roles: Mapping[str, Any]) -> Iterator[str]:
    """Its address. Each role has a user of its name, and ADMIN may do everything; all have PASSWORD."""
    users = {**{name: name for name in roles}, ADMIN: "superuser"}
    accounts = {
        # YAML reads JSON.
        "roles.yml": "".join(f"{name}: {json.dumps(role)}\n" for name, role in roles.items()),
        "users": "".join(f"{name}:{_hashed(PASSWORD)}\n" for name in users),
        "users_roles": "".join(f"{role}:{name}\n" for name, role in users.items()),
    }
    server = start("elastic", partial(launch_elastic, accounts=accounts), _is_ready)
    try:
        yield server.address
    finally:
        server.stop()


def _hashed(password: str) -> str:
    """As Elasticsearch writes PBKDF2: rounds, salt, SHA-512 cut to 32 bytes."""
    salt = hashlib.sha256(b"salt").digest()
    told = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ROUNDS, 32)
    return f"{{PBKDF2}}{ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(told).decode()}"


def _is_ready(server: Server) -> bool:
    told = base64.b64encode(f"{ADMIN}:{PASSWORD}".encode()).decode()
    asked = urllib.request.Request(
        f"{server.address}/_cluster/health", headers={"Authorization": f"Basic {told}"}
    )
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=2) as answer:
            health = json.load(answer)
    except (OSError, ValueError):
        return False
    return health["cluster_name"] == server.folder.name and health["status"] in ("green", "yellow")
