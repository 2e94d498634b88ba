"""Tests the arguments of the administrative methods: errors name each refused argument, and secrets
are never shown."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest

from aioinflux import InfluxDBClient
from aioinflux.exceptions import InfluxDBQueryError
from aioinflux.influxql import Identifier, Regex
from support import Calls, Database


@pytest.mark.parametrize(
    ("method", "arguments", "word"),
    [
        ("create_database", ("a", "b"), "positional"),
        ("create_database", (5,), "db"),
        ("create_retention_policy", ("p", "7"), "duration"),
        ("create_retention_policy", ("p", timedelta(-1)), "duration"),
        ("create_retention_policy", ("p", timedelta(0)), "duration"),
        ("create_retention_policy", ("p", "0s"), "duration"),
        ("create_database", ("",), "db"),
        ("create_retention_policy", ("p", "7d", 0), "replication"),
        ("create_retention_policy", ("", "7d"), "name"),
        ("alter_retention_policy", ("p",), "duration"),
        ("create_continuous_query", ("c", "SELECT 1; DROP DATABASE x"), "select"),
        ("create_continuous_query", ("c", ""), "select"),
        ("create_subscription", ("s", "http://h:1"), "destinations"),
        ("create_subscription", ("s", []), "destinations"),
        ("create_subscription", ("s", ["ftp://h:1"]), "destinations"),
        ("create_user", ("u", ""), "password"),
        ("create_user", ("u", None), "password"),
        ("grant", ("EVERYTHING", "u"), "privilege"),
        ("grant", ("READ", 5), "user"),
        ("drop_measurement", (None,), "measurement"),
        ("drop_measurement", (Regex("x"),), "measurement"),
        ("delete", (Identifier("rp", "m"),), "measurement"),
        ("show_tag_values", ([],), "key"),
        ("show_tag_values", ([5],), "key"),
        ("drop_shard", ("1; x",), "id"),
        ("drop_shard", (True,), "id"),
        ("kill_query", (-1,), "id"),
        ("explain", ("SELECT 1 -- x",), "select"),
        ("explain", (5,), "select"),
    ],
)
def test_argument_that_is_wrong_is_named(
    admin: Calls, method: str, arguments: tuple[Any, ...], word: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=word):
        getattr(admin, method)(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        {"limit": -1}, {"limit": 0}, {"limit": "1"}, {"limit": True}, {"offset": -1}, {"where": 5},
        {"where": {"host": 5}}, {"where": {"host": []}}, {"where": {5: "a"}}, {"where": "a\0"},
    ],
)  # fmt: skip
def test_option_of_show_that_is_wrong_is_named(admin: Calls, arguments: dict[str, Any]) -> None:
    (name,) = arguments
    with pytest.raises((TypeError, ValueError), match=name):
        admin.show_series(**arguments)


@pytest.mark.filterwarnings("ignore:No default databases")
def test_statement_about_no_database_is_refused(database: Database, mode: str) -> None:
    server = database.server
    client = Calls(InfluxDBClient(server.host, server.port, mode=mode))
    for method, arguments in [
        ("create_database", ()),
        ("drop_database", ()),
        ("create_retention_policy", ("p", "7d")),
        ("grant", ("READ", "u")),
    ]:
        with pytest.raises(ValueError, match="`db`"):
            getattr(client, method)(*arguments)


# Secrets.

SECRET = "hunter2"


def test_password_is_in_no_log(
    admin: Calls, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "aioinflux")
    admin.create_user(database.name, SECRET)
    admin.set_password(database.name, SECRET + "!")
    admin.create_subscription("s", [f"http://user:{SECRET}@localhost:1"])
    admin.show_subscriptions()
    admin.show_queries()
    assert "CREATE USER" in caplog.text
    assert "CREATE SUBSCRIPTION" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("create_user", ("u\0", SECRET)),
        ("create_user", ("u", SECRET + "\0")),
        ("create_user", ("u", SECRET + "\ud800")),
        ("create_user", ("u", [SECRET])),
        ("set_password", ("no such user", SECRET)),
        ("create_user", ("existing", SECRET)),
        ("create_subscription", ("s", [f"ftp://u:{SECRET}@h:1"])),
        ("create_subscription", ("s", [f"http://u:{SECRET}@h"])),
        ("create_subscription", ("s", f"http://u:{SECRET}@h:1")),
    ],
)
def test_password_is_in_no_error(admin: Calls, method: str, arguments: tuple[Any, ...]) -> None:
    admin.create_user("existing", "other")
    with pytest.raises((TypeError, ValueError, InfluxDBQueryError)) as caught:
        getattr(admin, method)(*arguments)
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET not in f"{error} {error!r} {vars(error)}"
        error = error.__cause__ or error.__context__
