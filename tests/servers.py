"""Defines the servers of each version family on which the scenario tests run.

A private InfluxDB 1.x always runs. The tests also run on the InfluxDB 2.x that the variables
`AIOINFLUX_TEST_V2_URL`, `AIOINFLUX_TEST_V2_TOKEN` and `AIOINFLUX_TEST_V2_ORG` name. On that server
each test creates a bucket of its own.
"""

from __future__ import annotations

import itertools
import json
import os
import secrets
import urllib.parse
import urllib.request
from typing import Any

from aioinflux import InfluxDBClient
from influxd import Influxd
from support import Calls

__all__ = ["NAMES", "ONLY_2X", "Place", "place_of_1x", "place_of_2x"]

_V2 = ("AIOINFLUX_TEST_V2_URL", "AIOINFLUX_TEST_V2_TOKEN", "AIOINFLUX_TEST_V2_ORG")
NAMES = ["1.x", *(["2.x"] if os.environ.get(_V2[0]) else [])]

# The files with tests that have no counterpart on 1.x.
ONLY_2X = [f"test_scenarios_{name}.py" for name in ("flux", "nouns", "params")]

_numbers = itertools.count(1)
# The names of buckets are not reused by a later run, which may use the same server.
_run = secrets.token_hex(4)


class Place:
    """A new database or bucket on a server, which can be read without our client."""

    def __init__(self, server: str, name: str, url: str, **options: Any) -> None:
        self.server = server
        self.name = name
        self.url = url
        self.options = options

    def client(self, mode: str = "blocking", **options: Any) -> InfluxDBClient:
        """Returns a client whose default is this database or bucket."""
        given = {"db": self.name, "mode": mode, "server": self.server, **self.options, **options}
        return InfluxDBClient(self.url, **given)

    def calls(self, mode: str) -> Calls:
        """Returns a client whose calls return the result itself in both modes."""
        return Calls(self.client(mode))

    def series(self, text: str) -> list[dict[str, Any]]:
        """Returns the series of an InfluxQL statement, which both version families understand."""
        form = {"q": text, "db": self.name, "epoch": "ns"}
        answer = json.loads(request(f"{self.url}/query", form, **self.options))
        first = answer["results"][0]
        assert "error" not in first, first
        found: list[dict[str, Any]] = first.get("series", [])
        return found

    def types(self) -> dict[str, str]:
        """Returns the types of the fields of all measurements, keyed by field."""
        return {key: kind for one in self.series("SHOW FIELD KEYS") for key, kind in one["values"]}


def place_of_1x(server: Influxd) -> Place:
    """Returns a new database."""
    name = f"place_{next(_numbers)}"
    server.execute(f'CREATE DATABASE "{name}"')
    return Place("1.x", name, f"http://{server.host}:{server.port}")


def place_of_2x() -> Place:
    """Returns a new bucket."""
    url, token, org = (os.environ[name] for name in _V2)
    url = url.rstrip("/")
    name = f"test_{_run}_{next(_numbers)}"
    query = urllib.parse.urlencode({"org": org})
    found = json.loads(request(f"{url}/api/v2/orgs?{query}", token=token))
    request(f"{url}/api/v2/buckets", {"orgID": found["orgs"][0]["id"], "name": name}, token=token)
    return Place("2.x", name, url, token=token, org=org)


def request(
    url: str, data: dict[str, Any] | None = None, token: str | None = None, **_: object
) -> bytes:
    """Sends a request without our client: a form to `/query`, and JSON to any other path."""
    body = None
    if data is not None:
        is_form = url.endswith("/query")
        body = (urllib.parse.urlencode(data) if is_form else json.dumps(data)).encode()
    headers = {} if token is None else {"Authorization": f"Token {token}"}
    if data is not None and not url.endswith("/query"):
        headers["Content-Type"] = "application/json"
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
        found: bytes = answer.read()
    return found
