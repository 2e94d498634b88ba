"""Tests the template of Flux: the text that it produces, and the values and places that it
refuses."""

from __future__ import annotations

import math
import pickle
import random
import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from aioinflux import influxql
from aioinflux.flux import Duration, Flux, Regex, flux

ZONE = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('it\'s "${x}"\n', '"it\'s \\"\\x24{x}\\"\\n"'),
        ("", '""'),
        (True, "true"),
        (np.bool_(False), "false"),
        (5, "5"),
        (-5, "(-5)"),
        (-(2**63), 'int(v: "-9223372036854775808")'),
        (2**64 - 1, 'uint(v: "18446744073709551615")'),
        (np.uint8(5), 'uint(v: "5")'),
        ({"unsigned": 5}, 'uint(v: "5")'),
        (0.5, "0.5"),
        (-1e20, "(-100000000000000000000.0)"),
        (1e-9, "0.000000001"),
        (np.float32(0.5), "0.5"),
        (Decimal("1.50"), "1.5"),
        (math.nan, 'float(v: "NaN")'),
        (-math.inf, 'float(v: "-Inf")'),
        (datetime(2020, 1, 2, 2, tzinfo=ZONE), "2020-01-02T00:00:00.000000000Z"),
        (date(1969, 12, 31), "1969-12-31T00:00:00.000000000Z"),
        (pd.Timestamp(1), "1970-01-01T00:00:00.000000001Z"),
        (np.datetime64(1, "ns"), "1970-01-01T00:00:00.000000001Z"),
        (timedelta(hours=1, minutes=30), "1h30m"),
        (timedelta(microseconds=-5), "(-5us)"),
        (Duration("-1mo"), "(-1mo)"),
        (influxql.Duration("5u"), "5us"),
        (Regex("^a/b$"), "/^a\\/b$/"),
        (influxql.Regex("^a/b$"), "/^a\\/b$/"),
        (["a", "b"], '["a", "b"]'),
        ([], "[]"),
        ([[-1], (2,)], "[[(-1)], [2]]"),
        (flux("r.a"), "r.a"),
    ],
)
def test_a_value_becomes_a_literal(value: object, text: str) -> None:
    assert flux("x = {x}", x=value) == f"x = {text}"


@pytest.mark.parametrize(
    "value",
    [None, b"x", object(), {1}, 1j, pd.NA, influxql.Identifier("a"), influxql.Literal(1)],
)
def test_a_value_of_a_type_that_flux_does_not_have_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match=f"template: value for `x`: .*{type(value).__name__}"):
        flux("{x}", x=value)


@pytest.mark.parametrize(
    "value",
    [
        2**64, -(2**63) - 1, "\ud800", [1, "a"], [1, 1.5], {"identifier": "a"}, pd.NaT,
        np.datetime64("NaT"), np.timedelta64(1, "Y"), datetime(3000, 1, 1), {"regex": "a\\"},
        {"duration": "1"},
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_written_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="template: value for `x`: "):
        flux("{x}", x=value)


@pytest.mark.parametrize("pattern", ["", "a\\", "a\0b", "\\x00", "\\x{zz}", 5, None])
def test_a_regex_that_cannot_be_written_is_refused(pattern: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="a regular expression"):
        Regex(pattern)


@pytest.mark.parametrize("value", ["", "7", "1.5h", "1h; x", "999999y999999999w", 5, None, True])
def test_what_is_no_duration_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError), match="duration"):
        Duration(value)


def test_pieces_are_values() -> None:
    one, same, other = Duration("1h"), Duration(timedelta(hours=1)), Regex("1h")
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert repr(other) == "<Regex /1h/>"
    assert pickle.loads(pickle.dumps(one)) == one
    with pytest.raises(AttributeError, match="Duration"):
        one.value = 1  # type: ignore[attr-defined]


def test_a_template_fills_each_kind() -> None:
    text = flux(
        'from(bucket: {bucket}) |> range(start: {since}) |> filter(fn: (r) => r["_field"] == {f} '
        "and r[{tag}] =~ {r}) |> map(fn: (r) => ({{r with x: r._value / {n}}})) {rest}",
        bucket="it's {f}",
        since=timedelta(hours=-1),
        f="a b",
        tag='h"t',
        r=Regex("^x"),
        n=2.0,
        rest=flux("|> limit(n: {n})", n=5),
    )
    assert text == (
        'from(bucket: "it\'s {f}") |> range(start: (-1h)) |> filter(fn: (r) => r["_field"] == '
        '"a b" and r["h\\"t"] =~ /^x/) |> map(fn: (r) => ({r with x: r._value / 2.0})) '
        "|> limit(n: 5)"
    )
    assert isinstance(text, Flux)


@pytest.mark.parametrize(
    "template",
    [
        '"{x}"', '"a" + "{x}"', '"\\"{x}"', '"\\\\\\"{x}"', '"a$"  + "{x}"', "=~ /a {x}/",
        "(/{x}/)", "= /a\\/{x}/", "x = 1 // {x}", "// \"\n// {x}", '" {x}', '{x} "', "= /a {x}",
        "m_{x}", "{x}_m", "{x}{x}", "{x}.5", "2.{x}", '"a"{x}', "r.{x}", "{x}.y", "@{x}", "{x}()",
        '"${{ {x} }}"', '"a$\\\\" == {x}', "/a/{x}",
    ],
)  # fmt: skip
def test_a_placeholder_where_no_value_can_stand_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="template"):
        flux(template, x='" |> yield()')


@pytest.mark.parametrize(
    "template", ["f() {x}", "a\n{x}", "5 {x}", "[1] {x}", '"a" {x}', "{{}} {x}"]
)
def test_only_query_text_can_follow_an_operand(template: str) -> None:
    # `f()\n[1]` would be an index, and `f()\n(-1)` a call.
    for value in ([1], -1, "a"):
        with pytest.raises(ValueError, match=r"`\{x\}` follows an operand"):
            flux(template, x=value)
    assert flux(template, x=flux("|> f()")).endswith("|> f()")


@pytest.mark.parametrize(
    "template",
    [
        "{x}", "a == {x}", "f(a: {x})", "r.v / {x} / 2", "v/{x}", "(v)/{x}/2", "[{x},{x}]",
        'r["a"] == {x}', "r[{x}]", "// it's \"\n{x}", "a / 2 // / \n - {x}",
        "a =~ /\"/ and b == {x}",
        '"//" + "/" + {x}', "x =~ /\\/\"/ or {x}", "if {x} then {x} else {x}", "not {x}",
        "(r) => {x}", "return {x}", '"$" == {x}', '"$$" == {x}', '"\\x22" == {x}', "a - {x}",
        "{{a: {x}}}", "a |> f(x: {x})", "exists {x}",
        '"$${{1}}" + {x}',
    ],
)  # fmt: skip
def test_a_placeholder_where_an_operand_is_expected_is_filled(template: str) -> None:
    expected = template.replace("{x}", "5").replace("{{", "{").replace("}}", "}")
    assert flux(template, x=5) == expected


@pytest.mark.parametrize("template", ["{x!r}", "{x:>3}", "{x.y}", "{x[0]}", "{}", "{0}", "{", "}"])
def test_a_placeholder_is_a_name_and_nothing_else(template: str) -> None:
    with pytest.raises(ValueError, match="template"):
        flux(template, x=1)


def test_missing_and_unused_names_are_named() -> None:
    with pytest.raises(ValueError, match=r"\{host\}"):
        flux("a == {host}")
    with pytest.raises(ValueError, match="hots"):
        flux("a == 1", hots="x")


def test_a_template_is_text_without_a_nul() -> None:
    with pytest.raises(TypeError, match="template"):
        flux(b"a = 1")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="NUL"):
        flux("a\0 = {x}", x=1)


# Strings, as the scanner of Flux reads them: the character after a `$` belongs to it, even if it is
# a backslash.
STRING = re.compile(r'"((?:[^"\\$]|\\[nrt\\"]|\\\$\{|\\x[0-9a-f]{2}|\$(?!["{]).)*\$?)"', re.DOTALL)


def _value(literal: str) -> str:
    """Returns the value of a string, as the parser of Flux reads it."""
    names = {"n": "\n", "r": "\r", "t": "\t"}
    escape = re.compile(r"\\(?:x(..)|(.))", re.DOTALL)
    return escape.sub(
        lambda found: chr(int(found[1], 16)) if found[1] else names.get(found[2], found[2]), literal
    )


def test_hostile_texts_stay_inside_of_their_strings() -> None:
    source = random.Random(11)
    pieces = [
        '"',
        "\\",
        "$",
        "{",
        "}",
        "${",
        '$"',
        '\\"',
        "\\${",
        "\n",
        "\r",
        "\0",
        "/",
        "//",
        "x24",
    ]
    pieces += ["\\x", "é", "\u2028", "a", " ", ") |> drop()", "\x7f"]
    for _ in range(2000):
        value = "".join(source.choice(pieces) for _ in range(source.randrange(10)))
        text = flux("x = {x} + 1", x=value)
        found = STRING.match(text, 4)
        assert found, text
        assert text[found.end() :] == " + 1", text
        assert _value(found[1]) == value
    # The reference finds what an escape with a backslash would not prevent.
    naive = STRING.match('"$\\" |> drop() // "')
    assert naive is None or naive.end() < 10
