"""Provides an InfluxDB 2.x for the code blocks of the manual: recorded answers, or a real server.

The file `captures/manual-2.9.jsonl` contains the requests that the blocks of each page sent to a
real InfluxDB 2.9.1, in order, with the answers. `tools/record_manual.py` records this file.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import re
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import servers
from scripted import Answer, Request, Scripted, answer

CAPTURES = Path(__file__).resolve().parent / "captures/manual-2.9.jsonl"
# The names that the blocks use.
URL, TOKEN, ORG, BUCKET = "http://localhost:8086", "my-token", "my-org", "my-bucket"

# The headers of an answer on which the client depends.
_HEADERS = ("Content-Type", "X-Influxdb-Version", "X-Platform-Error-Code")
# The answers of the recorded server never contain a token that worked elsewhere.
_TOKEN = re.compile(r'("token": ?)"[^"]*"')


@dataclass(frozen=True)
class Server2x:
    """An InfluxDB 2.x, and the names that replace those of the manual."""

    url: str
    token: str = TOKEN
    org: str = ORG
    bucket: str = BUCKET

    def fill(self, code: str) -> str:
        """Returns a block with the names of this server."""
        for name, own in ((URL, self.url), (TOKEN, self.token), (ORG, self.org)):
            code = code.replace(name, own)
        return code.replace(BUCKET, self.bucket)


def live() -> Server2x:
    """Returns the server that the environment names, with a new bucket."""
    place = servers.place_of_2x()
    return Server2x(place.url, place.options["token"], place.options["org"], place.name)


@contextlib.contextmanager
def recorded(page: str, reading: int) -> Iterator[Server2x]:
    """Runs a server that gives the recorded answers of a page.

    If a page sends a request several times, each time gets the next recorded answer.
    """
    answers: dict[str, list[Answer]] = defaultdict(list)
    for line in CAPTURES.read_text().splitlines():
        one = json.loads(line)
        if (one["page"], one["reading"]) == (page, reading):
            answers[one["request"]].append(_answer_of(one))

    def replay(request: Request) -> Answer:
        found = answers[key(request)]
        if not found:
            return answer(418, f"not recorded: {key(request)}; run tools/record_manual.py")
        return found.pop(0) if len(found) > 1 else found[0]

    with Scripted(replay) as server:
        yield Server2x(server.url)


def key(request: Request) -> str:
    """Returns a text that is equal for equal requests."""
    body = request.text
    with contextlib.suppress(ValueError):
        body = json.dumps(json.loads(body), sort_keys=True)
    query = urllib.parse.urlencode(sorted(request.query.items()))
    return f"{request.method} {request.path}?{query}\n{body}"


@contextlib.contextmanager
def recording(url: str, page: str, reading: int) -> Iterator[tuple[Server2x, list[dict[str, Any]]]]:
    """Runs a server that passes each request on to the server at `url`, and records the answers."""
    found: list[dict[str, Any]] = []

    def forward(request: Request) -> Answer:
        one = {"page": page, "reading": reading, "request": key(request)}
        found.append(one | _asked(url, request))
        return _answer_of(found[-1])

    with Scripted(forward) as server:
        yield Server2x(server.url), found


def _asked(url: str, request: Request) -> dict[str, Any]:
    """Sends a request to the server at `url`, and returns the answer in the recorded form."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)
    kept = ("authorization", "content-type", "accept")
    headers = {name: value for name, value in request.headers.items() if name in kept}
    query = urllib.parse.urlencode(request.query)
    path = f"{request.path}?{query}" if query else request.path
    with contextlib.closing(connection):
        connection.request(request.method, path, request.body, headers)
        got = connection.getresponse()
        body = got.read()
    names = {name: got.headers[name] for name in _HEADERS if name in got.headers}
    try:
        text = {"body": _TOKEN.sub(r'\1"new-token"', body.decode())}
    except UnicodeDecodeError:
        text = {"base64": base64.b64encode(body).decode()}
    return {"status": got.status, "headers": names, **text}


def _answer_of(one: dict[str, Any]) -> Answer:
    body = one["body"].encode() if "body" in one else base64.b64decode(one["base64"])
    return answer(one["status"], body, **one["headers"])
