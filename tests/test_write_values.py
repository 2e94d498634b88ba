"""Tests field values: each kind of Python value, and the type with which the server stores it."""

from __future__ import annotations

import enum
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from aioinflux import AsyncInfluxDBClient
from support import Calls, Database, Wire


class Colour(str, enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Text(str):
    """A string whose class is derived from `str`."""


KEPT: list[tuple[Any, str, Any]] = [
    (True, "boolean", True),
    (False, "boolean", False),
    (np.bool_(True), "boolean", True),
    (np.bool_(False), "boolean", False),
    (0, "integer", 0),
    (-5, "integer", -5),
    (2**53 + 1, "integer", 2**53 + 1),
    (2**63 - 1, "integer", 2**63 - 1),
    (-(2**63), "integer", -(2**63)),
    (np.int8(-8), "integer", -8),
    (np.int16(16), "integer", 16),
    (np.int32(32), "integer", 32),
    (np.int64(64), "integer", 64),
    (np.uint8(8), "integer", 8),
    (np.uint64(2**63 - 1), "integer", 2**63 - 1),
    (1.0, "float", 1),
    (0.64, "float", 0.64),
    (1e300, "float", 1e300),
    (5e-324, "float", 5e-324),
    (-0.0, "float", 0),
    (0.1 + 0.2, "float", 0.1 + 0.2),
    (np.float64(0.1), "float", 0.1),
    (np.float32(0.5), "float", 0.5),
    (np.float16(0.25), "float", 0.25),
    (Decimal("1.50"), "float", 1.5),
    (Decimal("1E+3"), "float", 1000),
    (Decimal("7"), "float", 7),
    ("text", "string", "text"),
    ("", "string", ""),
    (np.str_("text"), "string", "text"),
    (Text("text"), "string", "text"),
    (Colour.RED, "string", "red"),
]


@pytest.mark.parametrize(
    ("value", "kind", "stored"), KEPT, ids=[f"{type(v).__name__}-{v!r}" for v, _, _ in KEPT]
)
def test_value_is_kept_with_its_type(
    blocking: AsyncInfluxDBClient, database: Database, value: Any, kind: str, stored: Any
) -> None:
    blocking.write({"measurement": "m", "fields": {"f": value}, "time": 1})
    assert database.types() == {"f": kind}
    (point,) = database.points()
    assert point["fields"] == {"f": stored}


@pytest.mark.parametrize(
    "value",
    [
        None,
        float("nan"),
        np.nan,
        np.float32("nan"),
        pd.NA,
        pd.NaT,
        Decimal("NaN"),
        np.datetime64("NaT"),
    ],
    ids=repr,
)
def test_missing_value_is_left_out(
    blocking: AsyncInfluxDBClient, database: Database, value: object
) -> None:
    blocking.write({"measurement": "m", "fields": {"gone": value, "f": 1}, "time": 1})
    assert database.types() == {"f": "integer"}


@pytest.mark.parametrize(
    "value",
    [float("inf"), float("-inf"), np.float64("inf"), np.float32("-inf"), Decimal("Infinity")],
    ids=repr,
)
def test_infinity_is_refused(client: Calls, database: Database, value: object) -> None:
    with pytest.raises(ValueError, match=r"point 0: field `f`"):
        client.write({"measurement": "m", "fields": {"f": value}})
    assert database.points() == []


@pytest.mark.parametrize(
    "value", [2**63, -(2**63) - 1, 10**40, np.uint64(2**63), Decimal("1E+400")], ids=repr
)
def test_number_beyond_the_range_is_refused(client: Calls, value: object) -> None:
    with pytest.raises(ValueError, match=r"point 0: field `f`"):
        client.write({"measurement": "m", "fields": {"f": value}})


@pytest.mark.parametrize(
    "value",
    [
        b"bytes",
        bytearray(b"x"),
        [1],
        (1,),
        {"a": 1},
        {1},
        1j,
        object(),
        Fraction(1, 3),
        pd.Timestamp(0),
        np.datetime64(0, "ns"),
        np.timedelta64(1, "s"),
        np.array([1, 2]),
        int,
    ],
    ids=lambda value: type(value).__name__,
)
def test_value_of_another_type_is_refused_by_its_name(client: Calls, value: object) -> None:
    name = type(value).__name__
    with pytest.raises(TypeError, match=rf"point 0: field `f`.*{name}"):
        client.write({"measurement": "m", "fields": {"f": value}})


def test_int_enum_is_an_integer(blocking: AsyncInfluxDBClient, database: Database) -> None:
    blocking.write({"measurement": "m", "fields": {"f": Level.HIGH}, "time": 1})
    assert database.types() == {"f": "integer"}
    assert database.points()[0]["fields"] == {"f": 3}


def test_plain_enum_is_the_name_of_its_member(
    blocking: AsyncInfluxDBClient, database: Database
) -> None:
    member = enum.Enum("Shape", ["ROUND"])["ROUND"]
    blocking.write({"measurement": "m", "fields": {"f": member}, "time": 1})
    assert database.points()[0]["fields"] == {"f": "ROUND"}


def test_order_of_fields_is_kept(wire: Wire) -> None:
    data = {"measurement": "m", "fields": {"z": 1, "a": 2, "m": 3}, "time": 1}
    assert wire(data) == ["m z=1i,a=2i,m=3i 1"]


def test_str_subclass_with_its_own_str_keeps_its_characters(
    blocking: AsyncInfluxDBClient, database: Database
) -> None:
    class Loud(str):
        def __str__(self) -> str:
            return "loud"

    blocking.write({"measurement": "m", "fields": {"f": Loud("quiet")}, "time": 1})
    assert database.points()[0]["fields"] == {"f": "quiet"}
