"""Tests the convenience functions: the statement that each of them sends, and hostile names."""

from __future__ import annotations

from typing import Any

import pytest

from aioinflux import AsyncInfluxDBClient
from scripted import Scripted, results
from support import Calls, Database

NAMES = [
    "plain",
    "with space",
    "SELECT",
    "1st",
    'quo"te',
    "it's",
    "back\\slash",
    'x"; DROP DATABASE "victim',
    'x\\"; DROP DATABASE "victim"; --',
    "{braces}",
    "é🚀",
    "semi;colon",
    "a.b",
    "a,b=c",
]


@pytest.fixture
def sent() -> Any:
    """A function that returns the query that a call of a client method sends."""

    def ask(method: str, **arguments: Any) -> str:
        with Scripted(results({})) as server:
            client = AsyncInfluxDBClient(server.host, server.port, db="base", mode="blocking")
            getattr(client, method)(**arguments)
        return server.requests[-1].parameters["q"]

    return ask


@pytest.mark.parametrize(
    ("method", "arguments", "text"),
    [
        ("create_database", {"db": "x"}, 'CREATE DATABASE "x"'),
        ("create_database", {}, 'CREATE DATABASE "base"'),
        ("drop_database", {"db": "x"}, 'DROP DATABASE "x"'),
        ("drop_measurement", {"measurement": "x"}, 'DROP MEASUREMENT "x"'),
        ("show_databases", {}, "SHOW DATABASES"),
        ("show_measurements", {}, "SHOW MEASUREMENTS"),
        ("show_retention_policies", {}, "SHOW RETENTION POLICIES"),
        ("show_users", {}, "SHOW USERS"),
        ("select_all", {"measurement": "x"}, 'SELECT * FROM "x"'),
        ("drop_measurement", {"measurement": 'a"b\\c'}, 'DROP MEASUREMENT "a\\"b\\\\c"'),
    ],
)
def test_text_of_each_function(
    sent: Any, method: str, arguments: dict[str, str], text: str
) -> None:
    assert sent(method, **arguments) == text


def databases(client: Calls) -> set[str]:
    answer = client.show_databases()
    return {row[0] for row in answer["results"][0]["series"][0].get("values", [])}


# A server refuses the name of a database if it contains a backslash.
@pytest.mark.parametrize("name", [n for n in NAMES if "\\" not in n])
def test_database_of_any_name(client: Calls, database: Database, name: str) -> None:
    database.query('CREATE DATABASE "victim"')
    full = f"{database.name} {name}"
    client.create_database(db=full)
    assert full in databases(client)
    client.client.db = full
    assert client.write("m f=1 1") is True
    assert client.select_all(measurement="m")["results"][0]["series"][0]["values"] == [[1, 1]]
    client.drop_database(db=full)
    assert full not in databases(client)
    assert "victim" in databases(client)


# In the name of a measurement, a server of 1.x loses a backslash that precedes a quote.
@pytest.mark.parametrize("name", [n for n in NAMES if '\\"' not in n])
def test_measurement_of_any_name(client: Calls, database: Database, name: str) -> None:
    database.query('CREATE DATABASE "victim"')
    client.write({"measurement": name, "fields": {"f": 1}, "time": 1})
    client.write("other f=2 2")
    (series,) = client.select_all(measurement=name)["results"][0]["series"]
    assert (series["name"], series["values"]) == (name, [[1, 1]])
    client.drop_measurement(measurement=name)
    names = [row[0] for row in client.show_measurements()["results"][0]["series"][0]["values"]]
    assert names == ["other"]
    assert "victim" in databases(client)


def test_functions_take_keywords_only(client: Calls) -> None:
    for method in ("create_database", "drop_measurement", "select_all"):
        with pytest.raises(TypeError):
            getattr(client.client, method)("name")


@pytest.mark.parametrize("method", ["drop_measurement", "select_all"])
def test_missing_measurement_is_refused(client: Calls, method: str) -> None:
    with pytest.raises((TypeError, ValueError), match="measurement"):
        getattr(client, method)()


@pytest.mark.parametrize("name", [None, 5, b"x", ["x"]])
def test_name_that_is_no_text_is_refused(client: Calls, name: Any) -> None:
    with pytest.raises(TypeError, match="measurement"):
        client.drop_measurement(measurement=name)


def test_name_with_a_nul_is_refused(client: Calls) -> None:
    # The server would end the statement at the NUL, and drop a measurement with a shorter name.
    with pytest.raises(ValueError, match=r"(?i)\bnul\b"):
        client.drop_measurement(measurement="m\0x")


def test_functions_answer_with_frames_in_dataframe_mode(frames: AsyncInfluxDBClient) -> None:
    frames.write("m f=1 1")
    assert list(frames.select_all(measurement="m")["f"]) == [1.0]
    assert "results" in frames.show_databases()


def test_functions_take_the_arguments_of_query(client: Calls, database: Database) -> None:
    client.write("m f=1 3600000000000")
    client.client.db = "elsewhere"
    answer = client.select_all(measurement="m", epoch="h", db=database.name)
    assert answer["results"][0]["series"][0]["values"] == [[1, 1]]
