"""Tests queries in `async` and `blocking` mode: raw answers, placeholders, parameters, epochs, and
errors."""

from __future__ import annotations

import enum
import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from aioinflux import AsyncInfluxDBClient, InfluxDBClient, InfluxDBError
from aioinflux.exceptions import InfluxDBQueryError
from aioinflux.influxql import Duration, Identifier, Literal, Regex, influxql
from scripted import Scripted, results
from support import Calls, Database

TEXTS = [
    "SELECT * FROM m",
    "SELECT * FROM m GROUP BY *",
    "SELECT * FROM nothing",
    "SHOW DATABASES",
    "SHOW FIELD KEYS",
    "SELECT f FROM m; SHOW MEASUREMENTS; SELECT s FROM m",
    "SHOW USERS",
]


@pytest.fixture
def filled(client: Calls) -> Calls:
    lines = [f'm,t=a f={2**53 + n}i,g={n}.5,s="text",b=true {n}' for n in range(3)]
    client.write([*lines, 'm,t=b f=1i,s="other" 7'])
    return client


@pytest.mark.parametrize("text", TEXTS)
def test_answer_is_the_servers_json(filled: Calls, database: Database, text: str) -> None:
    assert filled.query(text) == database.query(text)


def test_integers_are_exact_and_times_are_nanoseconds(filled: Calls) -> None:
    answer = filled.query("SELECT f FROM m WHERE t='a'")
    assert answer["results"][0]["series"][0]["values"] == [[n, 2**53 + n] for n in range(3)]


def test_query_is_posted_with_its_parameters() -> None:
    with Scripted(results({})) as server:
        client = AsyncInfluxDBClient(server.host, server.port, db="base", mode="blocking")
        client.query("SELECT * FROM m")
        client.query("SHOW DATABASES", db="other", epoch="s")
    first, second = server.requests
    assert (first.method, first.path) == ("POST", "/query")
    assert first.parameters["q"] == "SELECT * FROM m"
    assert (first.parameters["db"], first.parameters["epoch"]) == ("base", "ns")
    assert first.parameters["chunked"] == "true"
    assert (second.parameters["db"], second.parameters["epoch"]) == ("other", "s")


def test_db_argument_selects_the_database(filled: Calls, database: Database) -> None:
    name = database.name
    filled.client.db = "no_such_database"
    assert filled.query("SELECT * FROM m", db=name) == database.query("SELECT * FROM m")


@pytest.mark.parametrize(
    ("epoch", "time"),
    [
        ("ns", 86_400_000_000_000),
        ("u", 86_400_000_000),
        ("us", 86_400_000_000),
        ("µ", 86_400_000_000),
        ("ms", 86_400_000),
        ("s", 86_400),
        ("m", 1440),
        ("h", 24),
    ],
)
def test_epoch_is_the_unit_of_times(client: Calls, epoch: str, time: int) -> None:
    client.write("m f=1 86400000000000")
    answer = client.query("SELECT f FROM m", epoch=epoch)
    assert answer["results"][0]["series"][0]["values"] == [[time, 1]]


@pytest.mark.parametrize("epoch", ["d", "seconds", "", 5])
def test_unknown_epoch_is_refused(client: Calls, epoch: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="epoch"):
        client.query("SELECT f FROM m", epoch=epoch)


# Placeholders


def test_placeholders_are_filled(filled: Calls, database: Database) -> None:
    answer = filled.query("SELECT {what} FROM {measurement}", what="g", measurement="m")
    assert answer == database.query("SELECT g FROM m")


def test_db_is_a_placeholder_too() -> None:
    with Scripted(results({})) as server:
        client = AsyncInfluxDBClient(server.host, server.port, db="base", mode="blocking")
        client.query("SELECT * FROM {db}..m")
        client.query("SELECT * FROM {db}..m", db="other")
    assert [r.parameters["q"] for r in server.requests] == [
        "SELECT * FROM base..m",
        "SELECT * FROM other..m",
    ]


def test_missing_placeholder_is_refused(client: Calls) -> None:
    with pytest.raises(ValueError, match=r'Missing argument "measurement" in .SELECT'):
        client.query("SELECT * FROM {measurement}")


def test_doubled_braces_are_braces(filled: Calls, database: Database) -> None:
    answer = filled.query("SELECT g FROM m WHERE t =~ /^a{{1}}$/")
    assert answer == database.query("SELECT g FROM m WHERE t =~ /^a{1}$/")


@pytest.mark.parametrize("text", ["SELECT /a{1}/ FROM m", "SELECT { FROM m", "SELECT {} FROM m"])
def test_lone_braces_are_a_value_error_that_says_what_to_do(client: Calls, text: str) -> None:
    with pytest.raises(ValueError, match=r"\{\{"):
        client.query(text)


@pytest.mark.parametrize("text", [None, 5, b"SHOW DATABASES", ["SHOW DATABASES"]])
def test_query_that_is_no_text_is_refused(client: Calls, text: Any) -> None:
    with pytest.raises(TypeError, match="q"):
        client.query(text)


def test_nul_in_a_query_is_refused(client: Calls) -> None:
    # A server would silently end the query at the NUL.
    with pytest.raises(ValueError, match=r"(?i)\bnul\b"):
        client.query("SELECT * FROM m\0 WHERE t='a'")


@pytest.mark.parametrize(
    "text",
    ["", " ; ", "-- a", "/* a */", "/***/;--\n/* a * / */ -- b\n;", "/*a*/" * 999 + "--a" * 999],
)
def test_query_of_nothing_but_comments_is_refused(text: str) -> None:
    # A server would return an empty answer to a query that contains only comments.
    with pytest.raises(ValueError, match="argument `q`: expected a statement, got none"):
        AsyncInfluxDBClient(mode="blocking").query(text)


@pytest.mark.parametrize(
    "text",
    ["/* a */ SHOW DATABASES", "-- a\nSHOW DATABASES -- b", "/**//*/*/ SHOW DATABASES"],
)
def test_comments_around_a_statement_change_nothing(client: Calls, text: str) -> None:
    assert client.query(text) == client.query("SHOW DATABASES")


HALF = "a half \ud800"


@pytest.mark.parametrize(
    ("where", "call"),
    [
        ("argument `q`", lambda client: client.query(HALF)),
        ("argument `db`", lambda client: client.query("SELECT f FROM m", db=HALF)),
        ("parameter `p`", lambda client: client.query("SELECT $p", params={"p": HALF})),
        ("parameter `p`", lambda client: client.query("SELECT $p", params={"p": {"regex": HALF}})),
        ("argument `params`", lambda client: client.query("SELECT $p", params={HALF: 1})),
        ("argument `rp`", lambda _: InfluxDBClient(db="d", rp=HALF)),
        ("argument `db`", lambda _: AsyncInfluxDBClient(db=HALF)),
        ("argument `host`", lambda _: AsyncInfluxDBClient(HALF)),
        ("argument `username`", lambda _: AsyncInfluxDBClient(username=HALF)),
    ],
)  # fmt: skip
def test_half_a_surrogate_pair_is_refused_by_its_place(where: str, call: Any) -> None:
    with pytest.raises(ValueError, match=where):
        call(AsyncInfluxDBClient(mode="blocking"))


def test_half_a_surrogate_pair_in_a_password_does_not_show_it() -> None:
    with pytest.raises(ValueError, match="argument `password`") as caught:
        AsyncInfluxDBClient(username="u", password="hunter2\ud800")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__context__ is None


# Bind parameters


@pytest.mark.parametrize(
    ("column", "value"), [("s", "text"), ("f", 2**53 + 1), ("g", 1.5), ("b", True)]
)
def test_bind_parameter_of_each_type(filled: Calls, column: str, value: Any) -> None:
    answer = filled.query(
        f'SELECT "{column}" FROM m WHERE "{column}" = $value', params={"value": value}
    )
    rows = answer["results"][0]["series"][0]["values"]
    assert rows
    assert all(row[1] == value for row in rows)


@pytest.mark.parametrize("value", ["a'b", 'a"b', "a\\b", "' OR 1=1 --", "é🚀", "{x}", "$y", "a\nb"])
def test_bind_parameter_cannot_inject(client: Calls, value: str) -> None:
    points = [
        {"measurement": "m", "fields": {"s": s}, "time": i} for i, s in enumerate([value, "x"])
    ]
    client.write(points)
    answer = client.query("SELECT s FROM m WHERE s = $s", params={"s": value})
    assert answer["results"][0]["series"][0]["values"] == [[0, value]]


def test_whole_float_parameter_stays_a_float() -> None:
    with Scripted(results({})) as server:
        client = AsyncInfluxDBClient(server.host, server.port, mode="blocking")
        client.query("SELECT $a, $b", params={"a": 1.0, "b": 1})
    sent = json.loads(server.requests[0].parameters["params"])
    assert [type(sent["a"]), type(sent["b"])] == [float, int]
    assert sent == {"a": 1.0, "b": 1}


@pytest.mark.parametrize(
    "value",
    [
        object(), [1], None, float("nan"), float("inf"), 2**63, {}, {"regex": 5}, {"float": "x"},
        {"other": 1}, {5: "x"}, {"regex": "a", "string": "b"},
    ],
)  # fmt: skip
def test_parameter_that_cannot_be_sent_is_refused_by_its_name(client: Calls, value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="`name`"):
        client.query("SELECT * FROM m WHERE f = $name", params={"name": value})


class Color(enum.Enum):
    RED = "red"


class Level(str, enum.Enum):
    HIGH = "high"


class Size(enum.IntEnum):
    BIG = 3


ZONE = timezone(timedelta(hours=2))
# Each item has a value and the form in which it is sent as a parameter.
VALUES = [
    ("text", "text"), (np.str_("text"), "text"), (Level.HIGH, "high"),
    (True, True), (np.bool_(True), True), (np.bool_(False), False),
    (5, 5), (Size.BIG, 3), (np.int8(-5), -5), (np.uint8(5), 5), (np.int64(2**53 + 1), 2**53 + 1),
    (1.5, 1.5), (np.float64(1.5), 1.5), (np.float32(0.5), 0.5), (Decimal("0.1"), 0.1),
    (Decimal("5"), 5.0),
    (datetime(2020, 1, 2, 3, 4, 5, 6), "2020-01-02T03:04:05.000006000Z"),
    (datetime(2020, 1, 2, 2, tzinfo=ZONE), "2020-01-02T00:00:00.000000000Z"),
    (date(2020, 1, 2), "2020-01-02T00:00:00.000000000Z"),
    (pd.Timestamp(1), "1970-01-01T00:00:00.000000001Z"),
    (np.datetime64(1, "ns"), "1970-01-01T00:00:00.000000001Z"),
    (timedelta(hours=1, minutes=30), {"duration": "1h30m"}),
    (pd.Timedelta(5, "ns"), {"duration": "5ns"}), (np.timedelta64(90, "s"), {"duration": "1m30s"}),
    (Duration("7d"), {"duration": "7d"}), (Identifier("a b"), {"identifier": "a b"}),
    (Regex("^a/b$"), {"regex": "^a/b$"}), (Literal(np.int64(5)), 5),
    (Literal(date(2020, 1, 2)), "2020-01-02T00:00:00.000000000Z"),
    ({"duration": timedelta(minutes=1)}, {"duration": "1m"}),
    ({"duration": Duration("1w")}, {"duration": "1w"}),
    ({"integer": np.int64(5)}, 5), ({"float": Decimal("0.5")}, 0.5),
]  # fmt: skip


@pytest.mark.parametrize(("value", "sent"), VALUES)
def test_parameter_is_of_any_type_that_influxql_takes(face: type, value: Any, sent: Any) -> None:
    if not isinstance(value, dict):
        assert influxql("{x}", x=value)
    with Scripted(results({})) as server:
        client = face(host=server.host, port=server.port, db="d", mode="blocking")
        client.query("SELECT $a", params={"a": value})
        client.query("SELECT $a", params={"a": value}, output="rows")
        if face is InfluxDBClient:
            list(client.stream("SELECT $a", params={"a": value}))
        else:
            list(client.query("SELECT $a", params={"a": value}, chunked=True))
    asked = [json.loads(request.parameters["params"])["a"] for request in server.requests]
    assert asked == [sent] * 3
    assert {type(one) for one in asked} == {type(sent)}


@pytest.mark.parametrize(
    ("where", "params"),
    [
        ("time = $x", {"x": datetime(2020, 1, 1)}),
        ("time <= $x", {"x": date(2020, 1, 1)}),
        ("time >= $x", {"x": pd.Timestamp("2020-01-01T02:00:00+02:00")}),
        ("time >= $x - $y", {"x": np.datetime64("2020-01-01T00:00:05"), "y": timedelta(seconds=5)}),
        ("i = $x", {"x": np.int64(5)}),
        ("b = $x", {"x": np.bool_(True)}),
        ("f = $x", {"x": np.float32(0.5)}),
        ("s =~ $x", {"x": Regex("^t")}),
        ("s = $x", {"x": Level.HIGH}),
        ("$x = 5", {"x": Identifier("i")}),
    ],
)
def test_server_reads_parameters_of_these_types(
    client: Calls, where: str, params: dict[str, Any]
) -> None:
    points = {"i": 5, "b": True, "f": 0.5, "s": "high" if "Level" in repr(params) else "text"}
    client.write({"measurement": "m", "fields": points, "time": datetime(2020, 1, 1)})
    found = client.query(f"SELECT i FROM m WHERE {where}", params=params, output="rows")
    assert [i for _, i in found] == [5]


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ([1, 2], "got `list`; InfluxQL 1.x has no lists; hint: join comparisons with OR"),
        ((1, 2), "got `tuple`; InfluxQL 1.x has no lists"),
        ({1, 2}, "got `set`; InfluxQL 1.x has no lists"),
        (np.array([1, 2]), "got `ndarray`; InfluxQL 1.x has no lists"),
        (pd.Series([1, 2]), "got `Series`; InfluxQL 1.x has no lists"),
        (None, "got `NoneType`; InfluxQL has no null"),
        (pd.NA, "got `NAType`"),
        (pd.NaT, "expected a time, got NaT"),
        (np.datetime64("NaT"), "expected a time, got NaT"),
        (np.float64("nan"), "`nan` is not a number"),
        (Decimal("inf"), "`Infinity` is not a number"),
        (Decimal("sNaN"), "NaN"),
        (Color.RED, "got `Color`; hint: .* pass its `.name`"),
        (b"x", "got `bytes`; hint: decode it"),
        (np.complex128(1), "got `complex128`"),
        (timedelta(-1), "expected a non-negative number"),
        (influxql("SELECT {x}", x=1), "the result of `influxql\\(\\)` is query text"),
        (Identifier("rp", "m"), "`Identifier` with several parts"),
        (np.uint64(2**63), "beyond 64 bits"),
    ],
)
def test_parameter_that_no_statement_has_is_refused_with_a_hint(
    client: Calls, value: Any, hint: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^parameter `name`: .*{hint}"):
        client.query("SELECT * FROM m WHERE f = $name", params={"name": value})


@pytest.mark.parametrize("params", ["text", [("a", 1)], 5])
def test_params_that_are_no_mapping_are_refused(client: Calls, params: Any) -> None:
    with pytest.raises(TypeError, match="params"):
        client.query("SELECT * FROM m", params=params)


# Errors


def test_parse_error_is_an_error_with_the_servers_words(client: Calls) -> None:
    with pytest.raises(InfluxDBQueryError, match="error parsing query") as caught:
        client.query("SELEKT * FROM m")
    assert caught.value.status == 400
    assert "SELEKT" in caught.value.message


def test_statement_error_keeps_what_succeeded(filled: Calls, database: Database) -> None:
    # The invalid statement comes last, because InfluxDB 1.6 reports only `not executed` if other
    # statements follow it.
    good = "SELECT g FROM m"
    with pytest.raises(InfluxDBQueryError, match="nowhere") as caught:
        filled.query(f"{good}; SELECT * FROM nowhere..m")
    error = caught.value
    assert error.statement == 1
    assert error.result["results"][0] == database.query(good)["results"][0]
    assert isinstance(error, InfluxDBError)


def test_spaces_and_lower_case_make_no_difference(filled: Calls, database: Database) -> None:
    assert filled.query("  select g from m") == database.query("SELECT g FROM m")


def test_into_writes(filled: Calls, database: Database) -> None:
    answer = filled.query("SELECT g INTO copy FROM m")
    assert "messages" not in answer["results"][0]
    assert len(database.series("SELECT * FROM copy")[0]["values"]) == 3
