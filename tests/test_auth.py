"""Tests a server with authentication: the calls that it allows and refuses, and secrets, which are
never shown."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aioinflux import InfluxDBClient
from aioinflux.exceptions import InfluxDBQueryError, InfluxDBResponseError, InfluxDBWriteError
from influxd import Influxd
from support import Calls

ROOT = "pass:wörd '\\ \""
SECRET = "hunter2"

Connect = Callable[..., Calls]


@pytest.fixture(scope="module")
def guarded() -> Iterator[Influxd]:
    """A server that requires authentication and has one administrator and one database."""
    with Influxd("auth-enabled = true") as server:
        first = InfluxDBClient(server.host, server.port, mode="blocking", db="own")
        first.create_user("root", ROOT, admin=True)
        root = _client(server, "blocking", "root", ROOT)
        for name in ("own", "other"):
            root.create_database(name)
            root.client.write("m f=1 1", db=name)
        yield server


def _client(server: Influxd, mode: str, username: str | None, password: str | None) -> Calls:
    return Calls(
        InfluxDBClient(
            server.host, server.port, mode=mode, db="own", username=username, password=password
        )
    )


@pytest.fixture
def connect(guarded: Influxd, mode: str) -> Connect:
    """Returns a function that creates a client with a user name and a password."""

    def made(username: str | None = None, password: str | None = None) -> Calls:
        return _client(guarded, mode, username, password)

    return made


@pytest.fixture
def user(guarded: Influxd, request: pytest.FixtureRequest) -> str:
    """A user that exists for this test only, without privileges and with the password `SECRET`."""
    name = request.node.name
    _client(guarded, "blocking", "root", ROOT).create_user(name, SECRET)
    return name


def values(answer: dict[str, Any]) -> list[Any]:
    found: list[Any] = answer["results"][0]["series"][0]["values"]
    return found


def test_administrator_may_do_everything(connect: Connect) -> None:
    root = connect("root", ROOT)
    assert root.write("written f=1 1") is True
    assert values(root.query("SELECT f FROM written")) == [[1, 1]]
    assert ["root", True] in values(root.show_users())


def test_user_with_a_right_to_one_database(connect: Connect, user: str) -> None:
    root, own = connect("root", ROOT), connect(user, SECRET)
    root.grant("ALL", user, db="own")
    own.write("m f=1 1")
    assert values(own.query("SELECT f FROM m")) == [[1, 1]]
    assert values(own.show_databases()) == [["own"]]
    with pytest.raises(InfluxDBWriteError) as refused:
        own.write("m f=1 1", db="other")
    assert refused.value.status == 403
    with pytest.raises(InfluxDBQueryError) as refused_query:
        own.query("SELECT f FROM m", db="other")
    assert refused_query.value.status == 403


@pytest.mark.parametrize(("privilege", "reads", "writes"), [("READ", 1, 0), ("WRITE", 0, 1)])
def test_right_to_read_or_to_write(
    connect: Connect, user: str, privilege: str, reads: int, writes: int
) -> None:
    connect("root", ROOT).grant(privilege, user)
    client = connect(user, SECRET)
    for allowed, call in [
        (reads, lambda: client.query("SELECT f FROM m")),
        (writes, lambda: client.write("m f=1 1")),
    ]:
        if allowed:
            call()
        else:
            with pytest.raises(InfluxDBResponseError, match=user[:10]) as refused:
                call()
            assert refused.value.status == 403


def test_right_that_was_revoked(connect: Connect, user: str) -> None:
    root, own = connect("root", ROOT), connect(user, SECRET)
    root.grant("READ", user)
    own.query("SELECT f FROM m")
    root.revoke("READ", user)
    with pytest.raises(InfluxDBQueryError) as refused:
        own.query("SELECT f FROM m")
    assert refused.value.status == 403


def test_user_becomes_an_administrator(connect: Connect, user: str) -> None:
    connect("root", ROOT).grant_admin(user)
    connect(user, SECRET).show_users()
    connect("root", ROOT).revoke_admin(user)
    with pytest.raises(InfluxDBQueryError) as refused:
        connect(user, SECRET).show_users()
    assert refused.value.status == 403


def test_new_password_is_the_one(connect: Connect, user: str) -> None:
    root = connect("root", ROOT)
    root.grant("READ", user)
    root.set_password(user, ROOT)
    connect(user, ROOT).query("SELECT f FROM m")
    with pytest.raises(InfluxDBQueryError) as refused:
        connect(user, SECRET).query("SELECT f FROM m")
    assert refused.value.status == 401


def test_user_that_was_dropped(connect: Connect, user: str) -> None:
    connect("root", ROOT).drop_user(user)
    with pytest.raises(InfluxDBQueryError) as refused:
        connect(user, SECRET).show_databases()
    assert refused.value.status == 401


@pytest.mark.parametrize("who", [("root", SECRET), ("nobody", SECRET), (None, None)])
@pytest.mark.parametrize("call", ["query", "write"])
def test_wrong_user_or_password(connect: Connect, who: tuple[Any, Any], call: str) -> None:
    client = connect(*who)
    argument = {"query": "SHOW DATABASES", "write": "m f=1 1"}[call]
    with pytest.raises(InfluxDBResponseError) as refused:
        getattr(client, call)(argument)
    assert refused.value.status == 401
    assert not refused.value.retryable
    assert SECRET not in f"{refused.value} {refused.value!r} {vars(refused.value)}"


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("create_user", ("x", SECRET + "!")),
        ("set_password", ("root", SECRET + "!")),
        ("create_subscription", ("s", [f"http://u:{SECRET}!@localhost:1"])),
    ],
)
def test_statement_that_is_refused_shows_no_password(
    connect: Connect,
    user: str,
    caplog: pytest.LogCaptureFixture,
    method: str,
    arguments: tuple[Any, ...],
) -> None:
    caplog.set_level(logging.DEBUG, "aioinflux")
    client = connect(user, SECRET)
    with pytest.raises(InfluxDBQueryError) as refused:
        getattr(client, method)(*arguments)
    assert refused.value.status == 403
    error = refused.value
    assert SECRET not in f"{error} {error!r} {vars(error)} {client.client!r} {caplog.text}"


def test_ping_needs_no_user(connect: Connect) -> None:
    assert "X-Influxdb-Version" in connect("nobody", SECRET).ping()
