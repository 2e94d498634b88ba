"""Tests that `delete` has the same meaning on every server."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from aioinflux import InfluxDBClient
from aioinflux.influxql import Regex
from scripted import Scripted, answer, results
from servers import Place
from support import Calls

HOSTILE = "a\" AND k\\ 'it' ${x} é,="
LINES = [
    {"measurement": "m", "tags": {"k": "k1"}, "fields": {"i": 1, "s": "x"}, "time": 1},
    {"measurement": "m", "tags": {"k": HOSTILE}, "fields": {"i": 2}, "time": 2},
    {"measurement": "m", "tags": {}, "fields": {"i": 3}, "time": 3},
    {"measurement": "n x", "tags": {"k": "k1"}, "fields": {"f": 1.5}, "time": 4},
    {"measurement": "n x", "tags": {"q": "z"}, "fields": {"f": 2.5}, "time": 5},
]


def left(place: Place) -> list[int]:
    """Returns the times of the points that are stored, without our client."""
    times = [row[0] for one in place.series("SELECT * FROM /.*/") for row in one["values"]]
    return sorted(times)


# The arguments of a deletion, the times of the points that are left, and the number of values of
# the others.
CASES: list[tuple[dict[str, Any], list[int], int]] = [
    ({"measurement": "m"}, [4, 5], 4),
    ({"measurement": "n x"}, [1, 2, 3], 2),
    ({"measurement": "nothing"}, [1, 2, 3, 4, 5], 0),
    ({"tags": {"k": "k1"}}, [2, 3, 5], 3),
    ({"where": {"k": "k1"}}, [2, 3, 5], 3),
    ({"tags": {"k": HOSTILE}}, [1, 3, 4, 5], 1),
    ({"measurement": "m", "tags": {"k": "k1"}, "where": {"k": "k1"}}, [2, 3, 4, 5], 2),
    ({"measurement": "m", "start": 2}, [1, 4, 5], 2),
    ({"measurement": "m", "start": 2, "stop": "1970-01-01T01:00:00Z"}, [1, 4, 5], 2),
    ({"all": True}, [], 6),
    ({"all": True, "start": 3}, [1, 2], 3),
    ({"predicate": '_measurement="m" AND k="k1"'}, [2, 3, 4, 5], 2),
    ({"predicate": "(k != k1)"}, [1, 3, 4, 5], 1),
    ({"predicate": "k != k1 AND k != other", "measurement": "m"}, [1, 3, 4, 5], 1),
    ({"predicate": "nothing != k1"}, [1, 2, 3, 4, 5], 0),
    ({"predicate": "k=k1", "tags": {"q": "z"}}, [1, 2, 3, 4, 5], 0),
]


@pytest.mark.parametrize(("arguments", "kept", "count"), CASES, ids=lambda one: str(one)[:40])
def test_a_deletion_deletes_what_a_dry_run_counts(
    place: Place, arguments: dict[str, Any], kept: list[int], count: int
) -> None:
    client = place.client()
    client.write(LINES)
    assert client.delete(**arguments, dry_run=True) == count
    assert left(place) == [1, 2, 3, 4, 5]
    client.delete(**arguments)
    assert left(place) == kept


def test_a_deletion_in_each_mode(place: Place, mode: str) -> None:
    calls = place.calls(mode)
    calls.write(LINES)
    assert calls.delete("m", dry_run=True) == 4
    calls.delete("m")
    assert left(place) == [4, 5]


def test_the_end_of_the_time_range_belongs_to_it_only_on_2x(place: Place) -> None:
    client = place.client()
    client.write(LINES)
    stop = datetime(1970, 1, 1, tzinfo=timezone.utc)
    client.write([{"measurement": "m", "fields": {"i": 1}, "time": 0}])
    is_2x = place.server == "2.x"
    assert client.delete("m", stop=stop, dry_run=True) == int(is_2x)
    client.delete("m", stop=stop)
    assert left(place) == [*([] if is_2x else [0]), 1, 2, 3, 4, 5]


def test_a_database_of_the_call_takes_precedence(place: Place) -> None:
    client = place.client(db="other")
    client.write(LINES, db=place.name)
    assert client.delete("m", dry_run=True, bucket=place.name) == 4
    client.delete("m", database=place.name)
    assert left(place) == [4, 5]


@pytest.fixture(params=["1.x", "2.x"])
def connect(request: pytest.FixtureRequest) -> Callable[[Scripted, str], Calls]:
    """Returns a function that creates a client for a scripted server of each version family."""
    given: dict[str, Any] = {"server": request.param, "db": "db"}
    if request.param == "2.x":
        given |= {"token": "t0ken", "org": "org"}
    return lambda server, mode: Calls(InfluxDBClient(server.url, mode=mode, **given))


INVALID: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({}, ValueError, "`all=True` deletes all points"),
    ({"start": 1, "stop": 2}, ValueError, "`all=True` deletes all points"),
    ({"all": True, "measurement": "m"}, ValueError, "argument `all`"),
    ({"all": 1}, TypeError, "argument `all`"),
    ({"measurement": ""}, ValueError, "empty"),
    ({"tags": {}}, ValueError, "argument `tags`: the dict is empty"),
    ({"where": {}}, ValueError, "argument `where`: the dict is empty"),
    ({"tags": {"k": ""}}, ValueError, "argument `tags`: must not be empty"),
    ({"tags": {"k": ["a", "b"]}}, TypeError, "argument `tags`: expected one str"),
    ({"tags": {"k": Regex("a")}}, TypeError, "argument `tags`: expected one str"),
    ({"tags": {5: "a"}}, TypeError, "argument `tags`: expected str"),
    ({"tags": "k"}, TypeError, "argument `tags`"),
    ({"predicate": ""}, ValueError, "predicate: position 1"),
    ({"predicate": "a = b OR c = d"}, ValueError, "predicate: position 7: OR is not supported"),
    ({"predicate": "_measurement='m'"}, ValueError, "values are in double quotes"),
    ({"predicate": "_measurement=~/m/"}, ValueError, "regular expressions"),
    ({"predicate": "_measurement=m k=v"}, ValueError, "position 16: expected AND"),
    ({"predicate": "_measurement!=m"}, ValueError, "cannot exclude a measurement"),
    ({"predicate": "_field=f"}, ValueError, "delete whole points"),
    ({"predicate": "time=1"}, ValueError, "pass `start` and `stop`"),
    ({"predicate": 5}, TypeError, "argument `predicate`"),
    ({"measurement": "m", "start": 2, "stop": 1}, ValueError, "argument `stop`"),
    ({"measurement": "m", "start": "noon"}, ValueError, "noon"),
    ({"measurement": "m", "db": ""}, ValueError, "`db`"),
    ({"measurement": "m", "unknown": 1}, TypeError, "argument `unknown`"),
]


@pytest.mark.parametrize(("arguments", "error", "text"), INVALID, ids=lambda one: str(one)[:40])
def test_an_invalid_deletion_is_refused_before_anything_is_sent(
    connect: Callable[[Scripted, str], Calls],
    mode: str,
    arguments: dict[str, Any],
    error: type[Exception],
    text: str,
) -> None:
    with Scripted(answer(500)) as server:
        for dry_run in (False, True):
            with pytest.raises(error, match=text):
                connect(server, mode).delete(**arguments, dry_run=dry_run)
        assert server.requests == []


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"where": "time < 5"}, "only 1.x deletes by; hint: pass `predicate`"),
        ({"where": {"k": ["a", "b"]}}, "expected one str for each name, got `list`"),
        ({"where": {"k": Regex("a")}}, "expected one str for each name, got `Regex`"),
        ({"measurement": Regex("a")}, "expected one str for each name, got `Regex`"),
        ({"where": {"k": "a"}, "tags": {"k": "b"}}, "`k` has another value in `where`"),
    ],
)
def test_what_only_1x_can_select_is_refused_on_2x(arguments: dict[str, Any], text: str) -> None:
    with Scripted(answer(500)) as server:
        client = InfluxDBClient(server.url, mode="blocking", token="t", server="2.x", db="b")
        with pytest.raises((TypeError, ValueError), match=text):
            client.delete(**arguments)
        assert server.requests == []


def test_the_predicate_is_built_from_quoted_parts() -> None:
    with Scripted(answer(204)) as server:
        client = InfluxDBClient(
            server.url, mode="blocking", token="t0ken", server="2.x", org="o", db="b"
        )
        stop = datetime(2020, 1, 1, tzinfo=timezone.utc)
        assert client.delete('m "x"', tags={"k": "\\"}, predicate="(q != z)", stop=stop) is None
    request = server.requests[0]
    assert (request.method, request.path) == ("POST", "/api/v2/delete")
    assert request.query == {"org": "o", "bucket": "b"}
    assert json.loads(request.text) == {
        "start": "1677-09-21T00:12:43.145224194Z",
        "stop": "2020-01-01T00:00:00Z",
        "predicate": r'"_measurement" = "m \"x\"" AND "k" = "\\" AND "q" != "z"',
    }


def test_the_statement_on_1x_has_all_conditions() -> None:
    with Scripted(results({})) as server:
        client = InfluxDBClient(server.host, server.port, mode="blocking", db="b")
        client.delete("m", where="a = 'b' OR c = ''", tags={"k": "'"}, start=1, stop=2)
        client.delete(predicate='_measurement = "n" AND q != z')
        client.delete(Regex("x"), where="time < 5")
        client.delete(all=True)
    sent = [request.parameters["q"] for request in server.requests]
    assert sent == [
        "DELETE FROM \"m\" WHERE (a = 'b' OR c = '') AND \"k\" = '\\'' AND time >= 1 AND time < 2",
        'DELETE FROM "n" WHERE "q" != \'z\' AND "q" != \'\'',
        "DELETE FROM /x/ WHERE time < 5",
        "DELETE FROM /.*/",
    ]


def test_a_measurement_that_is_given_twice_is_refused_on_1x() -> None:
    with Scripted(answer(500)) as server:
        client = InfluxDBClient(server.host, server.port, mode="blocking", db="b")
        with pytest.raises(ValueError, match="given twice"):
            client.delete("m", predicate="_measurement=n")
        assert server.requests == []


def test_a_server_of_an_unknown_version_is_asked_for_it() -> None:
    with Scripted(answer(204, X_Influxdb_Version="v2.7.1"), answer(204)) as server:
        client = InfluxDBClient(server.url, mode="blocking", token="t0ken", org="o", db="b")
        assert client.delete("m") is None
    assert [request.path for request in server.requests] == ["/ping", "/api/v2/delete"]
