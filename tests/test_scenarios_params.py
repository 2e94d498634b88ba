"""Tests that values which are bound to a Flux query, or filled into a template, come back unchanged
from a real InfluxDB 2.x.

The tests run on the server that the environment names (see `servers`). If it names no server,
`conftest` leaves this file out.
"""

from __future__ import annotations

import math
import random
import struct
from datetime import timedelta
from typing import Any

import pytest

import servers
from aioinflux import InfluxDBClient
from aioinflux.exceptions import InfluxDBQueryError
from aioinflux.flux import Duration, Regex, flux

# The first moment of 2020, in nanoseconds since 1970.
YEAR_2020 = 1_577_836_800_000_000_000


@pytest.fixture(params=["2.x"], scope="module")
def live() -> InfluxDBClient:
    """A client for the server that the environment names."""
    return servers.place_of_2x().client()


ARRAY = 'import "array"\n'
ROW = "array.from(rows: [{{v: {}}}])"


def _both(live: InfluxDBClient, value: object, expression: str = "{}") -> list[Any]:
    """Returns a value as it comes back from a parameter, and from a template."""
    bound = ARRAY + ROW.format(expression.format("params.x"))
    template = ARRAY + ROW.replace("{{", "{{{{").replace("}}", "}}}}")
    texts = [
        (bound, {"x": value}),
        (flux(template.format(expression.format("{x}")), x=value), None),
    ]
    answers = [live.query(text, params=params, output="dicts") for text, params in texts]
    return [rows[0]["v"] for rows in answers]


@pytest.mark.parametrize(
    "value",
    [-5, -(2**63), 2**63 - 1, 2**63, 2**64 - 1, 1.0, 1e300, 5e-324, -1.7976931348623157e308, True],
)
def test_a_number_comes_back_unchanged(live: InfluxDBClient, value: float) -> None:
    for found in _both(live, value):
        assert (type(found), found) == (type(value), value)


def test_times_and_durations_come_back_unchanged(live: InfluxDBClient) -> None:
    for ns in (-(2**63), -1, 0, YEAR_2020 + 1, 2**63 - 1):
        assert _both(live, {"time": ns}) == [ns, ns]
    for value, text in [(timedelta(hours=-1), "-1h"), (Duration("1y2mo5us"), "1y2mo5us")]:
        assert _both(live, value, "string(v: {})") == [text, text]
    assert _both(live, [timedelta(1), timedelta(2)], "string(v: {}[1])") == ["2d", "2d"]


def test_floats_come_back_with_every_bit(live: InfluxDBClient) -> None:
    source = random.Random(5)
    values = [struct.unpack("<d", source.randbytes(8))[0] for _ in range(300)]
    values = [value for value in values if not math.isnan(value)] + [-0.0, math.inf]
    rows = "array.from(rows: {} |> array.map(fn: (x) => ({{{{v: x}}}})))"
    text = ARRAY + rows.format("{x}")
    bound = ARRAY + rows.format("params.x").replace("{{", "{").replace("}}", "}")
    for found in (
        live.query(bound, params={"x": values}, output="dicts"),
        live.query(flux(text, x=values), output="dicts"),
    ):
        sent = [struct.pack("<d", value) for value in values]
        assert [struct.pack("<d", row["v"]) for row in found] == sent


def hostile(source: random.Random) -> str:
    """Returns text in which the characters are frequent that a scanner treats differently."""
    pieces = [
        '"',
        "\\",
        "$",
        "{",
        "}",
        "${",
        '$"',
        '\\"',
        "\t",
        "\0",
        "/",
        "//",
        "x24",
        "\\x",
        "|>",
    ]
    pieces += ["é", "日", "\u2028", "a", " ", ") yield(", "'", ",", "#"]
    return "".join(source.choice(pieces) for _ in range(source.randrange(1, 12)))


def test_hostile_texts_come_back_unchanged(live: InfluxDBClient) -> None:
    source = random.Random(7)
    texts = [hostile(source) for _ in range(200)]
    rows = ", ".join("{{v: {}}}" for _ in texts)
    template = ARRAY + f"array.from(rows: [{rows.replace('{{', '{{{{').replace('}}', '}}}}')}])"
    names = [f"x{index}" for index in range(len(texts))]
    values = dict(zip(names, texts, strict=True))
    text = flux(template.format(*("{" + name + "}" for name in names)), **values)
    bound = template.format(*(f"params.{name}" for name in names)).replace("{{", "{")
    for found in (
        live.query(text, output="dicts"),
        live.query(bound.replace("}}", "}"), params=values, output="dicts"),
    ):
        assert [row["v"] for row in found] == texts


@pytest.mark.parametrize(
    ("pattern", "matches", "other"),
    [
        ("^a/b$", "a/b", "a-b"),
        (r"^a\/b$", "a/b", r"a\/b"),
        (r"^a\x2eb$", "a.b", "axb"),
        (r"^\x{e9}\\$", "é\\\\", "é"),
        (r"^[\x5d/]\.$", "].", "]x"),
        ("^a\nb$", "a\\nb", "ab"),
    ],
)
def test_a_pattern_keeps_its_meaning(
    live: InfluxDBClient, pattern: str, matches: str, other: str
) -> None:
    assert _both(live, Regex(pattern), f'"{matches}" =~ {{}}') == [True, True]
    other = other.replace("\\", "\\\\")
    assert _both(live, Regex(pattern), f'"{other}" =~ {{}}') == [False, False]


def test_an_invalid_pattern_is_no_reason_to_try_again(live: InfluxDBClient) -> None:
    with pytest.raises(InfluxDBQueryError, match="missing closing") as caught:
        live.query(ARRAY + 'x = "a" =~ params.x', params={"x": Regex("(")})
    assert not caught.value.retryable
