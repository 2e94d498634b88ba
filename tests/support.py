"""Defines helpers for several test files: calls that work in both modes, and access to a server
without our client."""

from __future__ import annotations

import asyncio
import base64
import gc
import inspect
import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aioinflux import AsyncInfluxDBClient, InfluxDBClient
from influxd import Influxd
from scripted import Scripted

# The type of the fixture `wire`, a function that returns the lines that `write` sends for its
# arguments.
Wire = Callable[..., list[str]]

# The two client classes of the package. A behaviour that is wrong for one client class is wrong for
# both.
FACES: list[type] = [AsyncInfluxDBClient, InfluxDBClient]


def user_of(name: str, password: str) -> str:
    """Returns the header `Authorization` of a user."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def collect_until(holds: Callable[[], bool]) -> None:
    """Collects garbage until a condition becomes true, for at most a minute.

    A single collection would be enough, unless another thread is collecting at that moment;
    `gc.collect` then does nothing.
    """
    end = time.monotonic() + 60
    gc.collect()
    while not holds():
        assert time.monotonic() < end, "it does not come to hold"
        gc.collect()


class Calls:
    """Calls the methods of a client in any mode; a coroutine runs in a new event loop."""

    def __init__(self, client: AsyncInfluxDBClient) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            result = method(*args, **kwargs)
            return asyncio.run(_value(result)) if inspect.isawaitable(result) else result

        return call

    def rows(self, q: str, **kwargs: Any) -> list[Any]:
        """Returns all rows that a chunked query yields."""
        if self.client.mode == "async":
            return asyncio.run(_collect(self.client, q, kwargs))
        return list(self.client.query(q, chunked=True, **kwargs))


async def _value(awaitable: Any) -> Any:
    return await awaitable


async def _collect(client: AsyncInfluxDBClient, q: str, kwargs: dict[str, Any]) -> list[Any]:
    return [row async for row in await client.query(q, chunked=True, **kwargs)]


class Database:
    """A database of the live server, which is read without our client."""

    def __init__(self, server: Influxd, name: str) -> None:
        self.server = server
        self.name = name

    def query(self, text: str) -> Any:
        return json.loads(self.server.execute(text, db=self.name))

    def series(self, text: str) -> list[dict[str, Any]]:
        """Returns the series in the result of the first statement."""
        first = self.query(text)["results"][0]
        assert "error" not in first, first
        found: list[dict[str, Any]] = first.get("series", [])
        return found

    def points(self) -> list[dict[str, Any]]:
        """Returns every point that is stored in the database: its measurement, its tags, those
        fields that are not null, and its time in ns."""
        found = []
        for one in self.series("SELECT * FROM /.*/ GROUP BY *"):
            tags = {key: value for key, value in one.get("tags", {}).items() if value != ""}
            for row in one["values"]:
                cells = dict(zip(one["columns"], row, strict=True))
                time = cells.pop("time")
                fields = {key: value for key, value in cells.items() if value is not None}
                found.append(
                    {"measurement": one["name"], "tags": tags, "fields": fields, "time": time}
                )
        return found

    def types(self) -> dict[str, str]:
        """Returns the types of the fields of all measurements, keyed by field."""
        return {key: kind for one in self.series("SHOW FIELD KEYS") for key, kind in one["values"]}


def lines_sent(server: Scripted, client: Any, *args: Any, **kwargs: Any) -> list[str]:
    """Returns the lines that a blocking client sends in one call of `write`; if nothing is sent,
    the list is empty."""
    seen = len(server.requests)
    assert client.write(*args, **kwargs) is True
    sent = [request.text for request in server.requests[seen:]]
    return [line for text in sent for line in text.removesuffix("\n").split("\n")]


def run_python(
    program: str,
    *args: str,
    options: tuple[str, ...] = (),
    folder: Path | None = None,
    **variables: str,
) -> subprocess.Popen[str]:
    """Starts a program with the current Python interpreter; its standard input and output are
    pipes."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")} | variables
    return subprocess.Popen(
        [sys.executable, *options, "-c", textwrap.dedent(program), *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=folder,
    )


def without(*modules: str) -> str:
    """Returns the first lines of a program in which the given modules cannot be imported."""
    return f"import sys\nfor name in {modules!r}:\n    sys.modules[name] = None\n"
