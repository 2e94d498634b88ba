"""Tests the parameters of Flux queries: what is sent, and what is refused. `test_scenarios_params`
tests what a server returns."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd
import pytest

from aioinflux import InfluxDBClient, influxql
from aioinflux.exceptions import InfluxDBQueryError, InfluxDBWriteError
from aioinflux.flux import Duration, Regex, flux
from scripted import Scripted, answer

# The first moment of 2020, in nanoseconds since 1970.
YEAR_2020 = 1_577_836_800_000_000_000


class Color(Enum):
    RED = 1


def _client(server: Scripted) -> InfluxDBClient:
    """Returns a client that speaks 2.x without asking."""
    options: dict[str, Any] = {"org": "o", "db": "b", "mode": "blocking", "server": "2.x"}
    return InfluxDBClient(server.host, server.port, token="t0ken", **options)


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted(answer(200, "\r\n", Content_Type="text/csv; charset=utf-8")) as server:
        yield server


def _sent(server: Scripted, value: object) -> Any:
    """Returns the node of the syntax tree that the client sends for a parameter."""
    _client(server).query("x = params.p", params={"p": value})
    body = json.loads(server.requests[-1].body)
    assert body["query"] == "x = params.p"
    (option,) = body["extern"]["body"]
    (found,) = option["assignment"]["init"]["properties"]
    assert found["key"]["name"] == "p"
    return found["value"]


def _literal(kind: str, value: object) -> dict[str, object]:
    return {"type": kind, "value": value}


@pytest.mark.parametrize(
    ("value", "node"),
    [
        ('a"${x}\n', _literal("StringLiteral", 'a"${x}\n')),
        (-(2**63), _literal("IntegerLiteral", "-9223372036854775808")),
        (np.int8(-5), _literal("IntegerLiteral", "-5")),
        (2**63, _literal("UnsignedIntegerLiteral", "9223372036854775808")),
        (2**64 - 1, _literal("UnsignedIntegerLiteral", "18446744073709551615")),
        (np.uint8(5), _literal("UnsignedIntegerLiteral", "5")),
        ({"unsigned": 5}, _literal("UnsignedIntegerLiteral", "5")),
        ({"integer": np.uint8(5)}, _literal("IntegerLiteral", "5")),
        (True, _literal("BooleanLiteral", True)),
        (np.bool_(False), _literal("BooleanLiteral", False)),
        (datetime(2020, 1, 1), _literal("DateTimeLiteral", "2020-01-01T00:00:00.000000000Z")),
        (
            datetime(2020, 1, 1, 2, microsecond=6, tzinfo=timezone(timedelta(hours=2))),
            _literal("DateTimeLiteral", "2020-01-01T00:00:00.000006000Z"),
        ),
        (date(1969, 12, 31), _literal("DateTimeLiteral", "1969-12-31T00:00:00.000000000Z")),
        (pd.Timestamp(1), _literal("DateTimeLiteral", "1970-01-01T00:00:00.000000001Z")),
        (np.datetime64(-1, "ns"), _literal("DateTimeLiteral", "1969-12-31T23:59:59.999999999Z")),
        ({"time": YEAR_2020}, _literal("DateTimeLiteral", "2020-01-01T00:00:00.000000000Z")),
        ({"time": "2020"}, _literal("DateTimeLiteral", "2020-01-01T00:00:00.000000000Z")),
        (Regex("^a/b\\x2e$"), _literal("RegexpLiteral", "^a/b\\x2e$")),
        (influxql.Regex("^a/b$"), _literal("RegexpLiteral", "^a/b$")),
        ({"regex": "a"}, _literal("RegexpLiteral", "a")),
    ],
)
def test_a_value_is_sent_as_a_literal_beside_the_text(
    server: Scripted, value: object, node: object
) -> None:
    assert _sent(server, value) == node


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.0"),
        (1e300, "1e300"),
        (-0.0, "-0.0"),
        (5e-324, "5e-324"),
        (math.nan, "NaN"),
        (math.inf, "+Inf"),
        (np.float32(-np.inf), "-Inf"),
        (np.float64(0.1), "0.1"),
        (Decimal("1.50"), "1.5"),
    ],
)
def test_a_float_is_sent_as_text_that_the_server_parses(
    server: Scripted, value: object, text: str
) -> None:
    sent = _sent(server, value)
    assert sent["callee"] == {"type": "Identifier", "name": "float"}
    ((named,),) = [argument["properties"] for argument in sent["arguments"]]
    assert named["value"] == _literal("StringLiteral", text)


@pytest.mark.parametrize(
    ("value", "parts", "negative"),
    [
        (timedelta(hours=1, minutes=30), [(1, "h"), (30, "m")], False),
        (timedelta(hours=-1), [(1, "h")], True),
        (pd.Timedelta(5, "ns"), [(5, "ns")], False),
        (np.timedelta64(7, "us"), [(7, "us")], False),
        (Duration("-1mo3us"), [(1, "mo"), (3, "us")], True),
        (influxql.Duration("5u"), [(5, "us")], False),
        ({"duration": "1y"}, [(1, "y")], False),
        ({"duration": timedelta(days=-7)}, [(1, "w")], True),
    ],
)
def test_a_duration_is_sent_in_its_units(
    server: Scripted, value: object, parts: list[tuple[int, str]], negative: bool
) -> None:
    sent = _sent(server, value)
    if negative:
        assert (sent["type"], sent["operator"]) == ("UnaryExpression", "-")
        sent = sent["argument"]
    assert [(one["magnitude"], one["unit"]) for one in sent["values"]] == parts


@pytest.mark.parametrize("kind", [list, tuple])
def test_a_list_is_an_array(server: Scripted, kind: type) -> None:
    sent = _sent(server, kind(["a", "b"]))
    assert sent["type"] == "ArrayExpression"
    assert [one["value"] for one in sent["elements"]] == ["a", "b"]
    assert _sent(server, kind())["elements"] == []
    nested = _sent(server, [[datetime(2020, 1, 1)], []])
    assert nested["elements"][0]["elements"][0]["type"] == "DateTimeLiteral"


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (None, "got `NoneType`; Flux has no null"),
        (b"x", "got `bytes`; hint: decode it"),
        ({1}, "got `set`; hint: pass a list"),
        (np.array([1]), "got `ndarray`; hint: pass a list"),
        (pd.NA, "got `NAType`"),
        (pd.NaT, "expected a time, got NaT"),
        (np.datetime64("NaT"), "expected a time, got NaT"),
        (np.timedelta64("NaT"), "duration"),
        (1j, "got `complex`"),
        (Color.RED, "got `Color`; hint: .* pass its `.name`"),
        ([1, None], "got `NoneType`"),
        ([1, 2.0], "value 0 is an integer and value 1 is a float"),
        ([[1], ["a"], [1, "a"]], "value 0 is an integer and value 1 is a string"),
        (2**64, "beyond 64 bits"),
        (-(2**63) - 1, "beyond 64 bits"),
        ({"unsigned": -1}, "negative"),
        ({"integer": 2**63}, "too large|too big"),
        ({"a": 1}, "a dict with one of the keys identifier, regex"),
        ({"regex": "a", "string": "b"}, "a dict with one of the keys"),
        ({"regex": ""}, "the regular expression is empty"),
        ({"duration": "1 h"}, "expected whole numbers"),
        ({"duration": "9223372036854775807h"}, "beyond 64-bit"),
        (timedelta(days=300 * 366), "beyond|64 bits"),
        (datetime(3000, 1, 1), "3000"),
        ("\ud800", "surrogate"),
        (flux("1"), "the result of `flux\\(\\)` is query text"),
        (influxql.influxql("a"), "`InfluxQL` is InfluxQL"),
        (influxql.Identifier("a"), "`Identifier` is InfluxQL; hint: .*`r\\[...\\]`"),
        (influxql.Literal(datetime(2020, 1, 1)), "hint: pass the value itself"),
        ({"identifier": "a"}, "no parameters for identifiers; hint: .*`r\\[...\\]`"),
    ],
)
def test_a_value_that_cannot_be_bound_is_refused_and_nothing_is_sent(
    server: Scripted, value: object, hint: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=f"parameter `p`: .*({hint})"):
        _client(server).query("x = params.p", params={"p": value})
    assert server.requests == []


def test_the_language_determines_how_values_are_sent(server: Scripted) -> None:
    client = _client(server)
    when = datetime(2020, 1, 1)
    with pytest.raises(TypeError, match=r"parameter `p`: .*InfluxQL 1\.x has no lists"):
        client.query("SELECT $p", params={"p": [1]}, language="influxql")
    assert server.requests == []
    for run in (
        lambda: client.query("x = params.p", params={"p": when}, output="rows"),
        lambda: list(client.stream("x = params.p", params={"p": when})),
    ):
        run()
        assert b'"DateTimeLiteral"' in server.requests[-1].body


def test_1_x_gets_times_as_text_and_no_unsigned_integers() -> None:
    with Scripted(answer(200, '{"results":[{"statement_id":0}]}')) as server:
        client = InfluxDBClient(server.host, server.port, db="d", mode="blocking")
        client.query("SELECT $p", params={"p": datetime(2020, 1, 1)})
        sent = json.loads(server.requests[-1].parameters["params"])
        assert sent == {"p": "2020-01-01T00:00:00.000000000Z"}
        count = len(server.requests)
        for value in (2**63, np.uint64(2**63)):
            with pytest.raises(ValueError, match=r"^parameter `p`: .* no unsigned parameters"):
                client.query("SELECT $p", params={"p": value})
        assert len(server.requests) == count


def test_text_in_the_wrong_language_is_refused_with_the_names_of_python(server: Scripted) -> None:
    with pytest.raises(ValueError, match=r'is InfluxQL, .* sent as Flux; .*`language="influxql"`'):
        _client(server).query("SELECT * FROM m")
    with pytest.raises(ValueError, match=r'is Flux, .* sent as InfluxQL; .*`language="flux"`'):
        InfluxDBClient(server.host, server.port, db="d", mode="blocking").query("buckets()")
    assert server.requests == []


def test_an_unmapped_database_is_named_with_the_call_that_maps_it() -> None:
    body = '{"results":[{"statement_id":0,"error":"database not found: nope"}]}'
    with Scripted(answer(200, body)) as server:
        client = _client(server)
        for output in ("raw", "json", "rows"):
            with pytest.raises(InfluxDBQueryError, match=r"`client\.dbrps\.create\(\.\.\.\)`"):
                client.query("SELECT * FROM m", language="influxql", output=output)


def test_a_server_of_3_x_stops_a_client_without_a_token() -> None:
    with Scripted(answer(204, cluster_uuid="284803df")) as server:
        client = InfluxDBClient(server.host, server.port, db="d", mode="blocking")
        with pytest.raises(
            InfluxDBWriteError, match=r'InfluxDB 3\.x, which stored .* pass `server="3\.x"`'
        ):
            client.write("m f=1 1")


# On a real server
