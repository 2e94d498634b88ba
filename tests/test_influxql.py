"""Tests parts of InfluxQL and the template: the text that they produce, and the values that they
refuse."""

from __future__ import annotations

import pickle
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from aioinflux import AsyncInfluxDBClient
from aioinflux.influxql import Duration, Identifier, InfluxQL, Literal, Regex, influxql
from scripted import Scripted, results

ZONE = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("it's", "'it\\'s'"),
        ("", "''"),
        ('a"\\\n\t', "'a\"\\\\\\n\t'"),
        (True, "true"),
        (np.bool_(False), "false"),
        (-5, "-5"),
        (2**64 - 1, "18446744073709551615"),
        (np.int64(5), "5"),
        (0.5, "0.5"),
        (5.0, "5.0"),
        (1e20, "100000000000000000000.0"),
        (1e-9, "0.000000001"),
        (np.float32(0.5), "0.5"),
        (Decimal("1.50"), "1.50"),
        (Decimal("1E+3"), "1000.0"),
        (datetime(2020, 1, 2, 3, 4, 5, 6), "'2020-01-02T03:04:05.000006000Z'"),
        (datetime(2020, 1, 2, 2, tzinfo=ZONE), "'2020-01-02T00:00:00.000000000Z'"),
        (date(1969, 12, 31), "'1969-12-31T00:00:00.000000000Z'"),
        (pd.Timestamp(1), "'1970-01-01T00:00:00.000000001Z'"),
        (np.datetime64(1, "ns"), "'1970-01-01T00:00:00.000000001Z'"),
        (timedelta(hours=1, minutes=30), "1h30m"),
        (pd.Timedelta(5, "ns"), "5ns"),
        (np.timedelta64(90, "s"), "1m30s"),
    ],
)
def test_plain_value_becomes_a_literal(value: object, text: str) -> None:
    assert str(Literal(value)) == text
    assert influxql("{x}", x=value) == text


@pytest.mark.parametrize("value", [None, b"x", object(), {"a": 1}, {1}, 1j])
def test_value_that_influxql_does_not_have_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match=type(value).__name__):
        Literal(value)


@pytest.mark.parametrize(
    "value",
    [
        2**64, -(2**63) - 1, float("nan"), float("inf"), Decimal("NaN"), Decimal("1E+400"),
        "a\0b", "a\rb", "\ud800", np.timedelta64(1, "Y"), np.timedelta64(5), pd.NaT,
        np.datetime64("NaT"), np.timedelta64("NaT"), timedelta(-1), datetime(3000, 1, 1),
    ],
)  # fmt: skip
def test_value_that_cannot_be_written_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"template: value for `x`"):
        influxql("{x}", x=value)


def test_identifier_joins_its_parts() -> None:
    assert str(Identifier("a b")) == '"a b"'
    assert str(Identifier('d"b', "r.p", "m\\")) == '"d\\"b"."r.p"."m\\\\"'


@pytest.mark.parametrize("parts", [(), ("",), ("a", ""), ("a\0",), ("a\rb",), (5,), (None,)])
def test_identifier_that_cannot_be_written_is_refused(parts: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        Identifier(*parts)


def test_regex_escapes_its_slashes_alone() -> None:
    assert str(Regex(r"^a/b\d'$")) == r"/^a\/b\d'$/"


@pytest.mark.parametrize("pattern", ["", "a\\", "a\nb", "a\rb", "a\0b", 5, None])
def test_regex_that_cannot_be_written_is_refused(pattern: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        Regex(pattern)


@pytest.mark.parametrize(
    ("value", "text"),
    [("7d", "7d"), ("1h30m", "1h30m"), ("inf", "INF"), ("5µ", "5u"), (timedelta(0), "0s")],
)
def test_duration_is_text_or_a_timedelta(value: object, text: str) -> None:
    assert str(Duration(value)) == text


@pytest.mark.parametrize("value", ["", "7", "1us", "-1h", "1h; x", "999999w", 5, None, True])
def test_what_is_no_duration_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError), match="duration"):
        Duration(value)


def test_pieces_are_values() -> None:
    one, same, other = Literal("x"), Literal("x"), Identifier("x")
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert one != "'x'"
    assert repr(other) == '<Identifier "x">'
    assert pickle.loads(pickle.dumps(one)) == one
    with pytest.raises(AttributeError, match="Literal"):
        one.value = 1  # type: ignore[attr-defined]


def test_template_fills_each_kind() -> None:
    text = influxql(
        "SELECT {f} FROM {m} WHERE host =~ {r} AND v = {v} GROUP BY time({d}) {{x}}",
        f=[Identifier("a"), Identifier("b")],
        m=Identifier("a b"),
        r=Regex("^x"),
        v="it's {m}",
        d=Duration("1m"),
    )
    expected = (
        'SELECT "a", "b" FROM "a b" WHERE host =~ /^x/ AND v = \'it\\\'s {m}\' '
        "GROUP BY time(1m) {x}"
    )
    assert text == expected
    assert isinstance(text, InfluxQL)


def test_template_takes_its_own_texts_as_they_are() -> None:
    condition = influxql("host = {host}", host="{x}")
    assert influxql("SELECT * FROM m WHERE {c}", c=condition).endswith("WHERE host = '{x}'")


def test_negative_number_behind_a_minus_makes_no_comment() -> None:
    assert influxql("a -{n}", n=-5) == "a - -5"


@pytest.mark.parametrize(
    "template",
    [
        "'{x}'", '"{x}"', "'it''{x}'", "=~ /a {x}/", "=~ /{x}/", 'FROM "r"./{x}/',
        "=~ /a\\/{x}/", "SELECT /{x}/", "a = 1 -- {x}", "/* {x} */", "a/* {x}", "' {x}", '{x} "',
        "=~ /a {x}", "m_{x}", "{x}_m", "{x}{x}", "{x}.5", "2.{x}", "'a'{x}", '"a"{x}',
        "${x}", "v::{x}",
    ],
)  # fmt: skip
def test_placeholder_where_no_value_can_stand_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="template"):
        influxql(template, x="' OR 1 = 1 --")


@pytest.mark.parametrize(
    "template",
    [
        "{x}", "a = {x};", "f({x})", "v / {x} / 2", "v/{x}", "(v)/{x}/2", "a={x},b", "{x}.{x}",
        "'/' = {x} AND '/'", "a =~ /'/ AND b = {x} AND c = 'd'", "/* ' */ {x}", "-- '\n {x}",
        "a =~ /\\/'/ AND b = {x}", "time - {x}",
    ],
)  # fmt: skip
def test_placeholder_outside_of_quotes_is_filled(template: str) -> None:
    assert influxql(template, x=5) == template.replace("{x}", "5")


@pytest.mark.parametrize("template", ["{x!r}", "{x:>3}", "{x.y}", "{x[0]}", "{}", "{0}", "{", "}"])
def test_placeholder_is_a_name_and_nothing_else(template: str) -> None:
    with pytest.raises(ValueError, match="template"):
        influxql(template, x=1)


def test_missing_and_unused_names_are_named() -> None:
    with pytest.raises(ValueError, match=r"\{host\}"):
        influxql("a = {host}")
    with pytest.raises(ValueError, match="hots"):
        influxql("a = 1", hots="x")


def test_value_that_cannot_be_filled_in_is_named() -> None:
    with pytest.raises(TypeError, match="host"):
        influxql("a = {host}", host=None)
    with pytest.raises(ValueError, match="host"):
        influxql("a = {host}", host="\ud800")
    with pytest.raises(ValueError, match="host"):
        influxql("a IN ({host})", host=[])


def test_template_is_text_without_a_nul() -> None:
    with pytest.raises(TypeError, match="template"):
        influxql(b"a = 1")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="NUL"):
        influxql("a\0 = {x}", x=1)


def test_placeholders_of_the_seed_are_not_filled_in_a_finished_text() -> None:
    text = influxql("SELECT * FROM m WHERE host = {host}", host="{db} {x} {{")
    with Scripted(results({})) as server:
        AsyncInfluxDBClient(server.host, server.port, mode="blocking").query(text, x="y")
    assert server.requests[-1].parameters["q"] == "SELECT * FROM m WHERE host = '{db} {x} {{'"


def test_pieces_fill_the_placeholders_of_the_seed() -> None:
    with Scripted(results({})) as server:
        client = AsyncInfluxDBClient(server.host, server.port, mode="blocking")
        client.query("SELECT * FROM {m} WHERE host =~ {r}", m=Identifier("a b"), r=Regex("a/b"))
    assert server.requests[-1].parameters["q"] == 'SELECT * FROM "a b" WHERE host =~ /a\\/b/'
