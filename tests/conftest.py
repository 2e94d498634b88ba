"""Fixtures for the tests: one private server for the whole run, a new database for each test, and
clients in each mode."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

import servers
from aioinflux import AsyncInfluxDBClient, InfluxDBClient
from influxd import Influxd
from scripted import Scripted, answer
from servers import Place
from support import FACES, Calls, Database, Wire, lines_sent

_numbers = itertools.count(1)
# Tests that need a server which only the environment can name.
collect_ignore = [] if "2.x" in servers.NAMES else servers.ONLY_2X


@pytest.fixture(scope="session")
def influxd() -> Iterator[Influxd]:
    """The private server of this test run."""
    with Influxd() as server:
        yield server


@pytest.fixture
def database(influxd: Influxd) -> Database:
    """A fresh database."""
    name = f"test_{next(_numbers)}"
    influxd.execute(f'CREATE DATABASE "{name}"')
    return Database(influxd, name)


@pytest.fixture(params=servers.NAMES)
def place(request: pytest.FixtureRequest) -> Place:
    """A new database or bucket; a test with this fixture runs on each server."""
    if request.param == "1.x":
        return servers.place_of_1x(request.getfixturevalue("influxd"))
    return servers.place_of_2x()


@pytest.fixture(params=["async", "blocking"])
def mode(request: pytest.FixtureRequest) -> str:
    """Runs a test twice: in `async` mode and in `blocking` mode."""
    name: str = request.param
    return name


def _connect(database: Database, mode: str) -> AsyncInfluxDBClient:
    server = database.server
    return AsyncInfluxDBClient(host=server.host, port=server.port, db=database.name, mode=mode)


@pytest.fixture
def client(database: Database, mode: str) -> Calls:
    """A client for the database that was created for this test. In both modes of the client, a call
    returns the result itself."""
    return Calls(_connect(database, mode))


@pytest.fixture
def admin(database: Database, mode: str) -> Calls:
    """A client for the new database; this client has the administrative methods."""
    server = database.server
    return Calls(InfluxDBClient(server.host, server.port, mode=mode, db=database.name))


@pytest.fixture
def blocking(database: Database) -> AsyncInfluxDBClient:
    """A client for the new database, in blocking mode."""
    return _connect(database, "blocking")


@pytest.fixture
def frames(database: Database) -> AsyncInfluxDBClient:
    """A client for the new database, in dataframe mode."""
    return _connect(database, "dataframe")


@pytest.fixture
def wire() -> Iterator[Wire]:
    """A function that takes the arguments of `write` and returns the lines that `write` sends; if
    nothing is sent, the list is empty."""
    with Scripted(answer(204)) as server:
        client = AsyncInfluxDBClient(host=server.host, port=server.port, db="db", mode="blocking")

        yield lambda *args, **kwargs: lines_sent(server, client, *args, **kwargs)


@pytest.fixture(params=FACES, ids=lambda face: face.__name__)
def face(request: pytest.FixtureRequest) -> type:
    """Runs a test once with each of the two client classes."""
    found: type = request.param
    return found


@pytest.fixture
def either(face: type, database: Database) -> Any:
    """A client of either class for the new database, in blocking mode."""
    server = database.server
    return face(host=server.host, port=server.port, db=database.name, mode="blocking")


@pytest.fixture
def sends(face: type) -> Iterator[Wire]:
    """A function that takes the arguments of `write` and returns the lines that `write` of either
    client class sends."""
    with Scripted(answer(204)) as server:
        client = face(host=server.host, port=server.port, db="db", mode="blocking")
        yield lambda *args, **kwargs: lines_sent(server, client, *args, **kwargs)
