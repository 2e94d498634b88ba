"""Tests that the text of a tag does not depend on the type of its value or table, so that all
points are in one series."""

from __future__ import annotations

import enum
import math
import random
import struct
import warnings
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from aioinflux import line_batches, lineprotocol, to_line_protocol
from aioinflux.serialization.usertype import FLOAT, INT, TAG
from support import Database

pytestmark = pytest.mark.filterwarnings("ignore:Non-string-like data")

NOON = datetime(2024, 1, 2, 3, 4, 5)


@lineprotocol
class Typed:
    """A typed point that has one tag."""

    tag: TAG
    f: INT

    def __init__(self, tag: Any) -> None:
        self.tag, self.f = tag, 1


def text_of(lines: bytes) -> str | None:
    """Returns the tag of a line that has only one tag, without escapes."""
    key = lines.decode().removesuffix("\n").rpartition(" f=1i")[0]
    _, _, text = key.partition(",tag=")
    return text.replace("\\", "") or None


def as_objects(value: object) -> Any:
    cells = np.empty(1, dtype=object)
    cells[0] = value
    return cells


def of_pandas(column: Any) -> bytes:
    frame = pd.DataFrame({"tag": column, "f": [1]}, index=pd.to_datetime([1]))
    return to_line_protocol(frame, "m", ["tag"])


def of_arrow(array: pa.Array) -> bytes:
    table = pa.table({"time": [1], "tag": array, "f": [1]})
    return to_line_protocol(table, "m", ["tag"])


def of_polars(values: Any, kind: Any) -> bytes:
    table = pl.DataFrame({"time": [1], "tag": pl.Series(values, dtype=kind), "f": [1]})
    return to_line_protocol(table, "m", ["tag"])


def of_structure(value: object, kind: Any) -> bytes:
    array = np.zeros(1, [("time", "i8"), ("tag", kind), ("f", "i8")])
    array["tag"][0], array["f"] = value, 1
    return to_line_protocol(array, "m", ["tag"])


def carriers_of_scalars(value: object) -> Iterator[bytes]:
    """Yields the encoded line of a point for every way in which a scalar can be passed as a tag."""
    point = {"measurement": "m", "fields": {"f": 1}}
    yield to_line_protocol({**point, "tags": {"tag": value}})
    yield to_line_protocol(point, tag=value)
    yield to_line_protocol(Typed(value))
    yield of_pandas(as_objects(value))
    yield of_pandas(pd.Categorical.from_codes([0], pd.Index(as_objects(value), dtype=object)))
    yield of_structure(value, "O")
    yield b"".join(line_batches(point, tags={"tag": value}))


def carriers_of_numpy(value: object, kind: str) -> Iterator[bytes]:
    array = np.array([value], dtype=kind)
    yield from carriers_of_scalars(array[0])
    yield of_pandas(array)
    yield of_structure(array[0], kind)
    yield of_structure(array[0], np.dtype(kind).newbyteorder())
    packed = np.zeros(2, [("odd", "i1"), ("tag", kind)])
    packed["tag"] = array
    yield of_pandas(packed["tag"][:1])
    if kind != "f2":
        yield of_pandas(pd.Categorical(array))


def carriers_of_arrow(array: pa.Array) -> Iterator[bytes]:
    yield of_arrow(array)
    yield of_arrow(array.dictionary_encode())
    ids = pa.array([0], pa.int8())
    if pa.types.is_floating(array.type) or pa.types.is_integer(array.type):
        yield of_arrow(pa.UnionArray.from_sparse(ids, [array]))
    yield of_pandas(pd.arrays.ArrowExtensionArray(array))
    yield of_pandas(pd.arrays.ArrowExtensionArray(array.dictionary_encode()))
    yield from carriers_of_scalars(array[0])


FLOATS = {
    0.1: "0.1",
    1e20: "1e+20",
    1e-7: "1e-07",
    1e16: "1e+16",
    1e15: "1000000000000000.0",
    1e-4: "0.0001",
    16777216.0: "16777216.0",
    -2.5: "-2.5",
    3.0: "3.0",
    -0.0: "-0.0",
}


@pytest.mark.parametrize("value", FLOATS)
@pytest.mark.parametrize("kind", ["f8", "f4"])
def test_a_float_of_any_width_is_the_text_of_its_own_width(value: float, kind: str) -> None:
    arrow = {"f8": pa.float64(), "f4": pa.float32()}[kind]
    pandas = {"f8": "Float64", "f4": "Float32"}[kind]
    polars = {"f8": pl.Float64, "f4": pl.Float32}[kind]
    lines = [
        *carriers_of_numpy(value, kind),
        *carriers_of_arrow(pa.array([value], arrow)),
        of_pandas(pd.array([value], pandas)),
        of_pandas(pd.arrays.SparseArray(np.array([value], dtype=kind), fill_value=99)),
        of_polars([value], polars),
    ]
    if kind == "f8":
        lines += carriers_of_scalars(value)
    assert {text_of(line) for line in lines} == {FLOATS[value]}


@pytest.mark.parametrize(
    ("value", "text"), [(0.1, "0.1"), (65504, "65500.0"), (6e-8, "6e-08"), (1.5, "1.5")]
)
def test_a_half_is_the_text_of_its_own_width(value: float, text: str) -> None:
    lines = [
        *carriers_of_numpy(value, "f2"),
        *carriers_of_arrow(pa.array([np.float16(value)], pa.float16())),
    ]
    assert {text_of(line) for line in lines} == {text}


def test_a_long_double_keeps_its_digits() -> None:
    value = np.longdouble("0.1")
    lines = [*carriers_of_scalars(value), of_pandas(np.array([value])), of_structure(value, "g")]
    assert {text_of(line) for line in lines} == {str(value)}


def test_the_text_of_a_float_is_that_of_python() -> None:
    numbers = random.Random(1)
    values = [2.0**power for power in range(-1074, 1024)]
    values += [-(10.0**power) for power in range(-30, 30)]
    while len(values) < 20_000:
        (value,) = struct.unpack("d", numbers.randbytes(8))
        values += [value] if math.isfinite(value) else []
    table = pa.table({"time": range(len(values)), "tag": values, "f": [1] * len(values)})
    lines = to_line_protocol(table, "m", ["tag"]).splitlines()
    assert [text_of(line.rpartition(b" ")[0]) for line in lines] == [repr(one) for one in values]


@pytest.mark.parametrize("kind", ["f4", "f2"])
def test_the_text_of_a_narrow_float_is_the_shortest_that_reads_back(kind: str) -> None:
    numbers = random.Random(2)
    size = np.dtype(kind).itemsize
    values = np.frombuffer(numbers.randbytes(size * 3000), kind)
    values = values[np.isfinite(values)]
    table = pa.table({"time": range(len(values)), "tag": values, "f": [1] * len(values)})
    for value, line in zip(values, to_line_protocol(table, "m", ["tag"]).splitlines(), strict=True):
        text = text_of(line.rpartition(b" ")[0])
        assert text is not None
        assert np.dtype(kind).type(text) == value
        digits = np.format_float_scientific(value, unique=True, trim="-").partition("e")[0]
        shortest = digits.replace(".", "").strip("-0")
        ours = text.partition("e")[0].replace(".", "").strip("-0")
        assert len(ours) == len(shortest)


class Colour(enum.Enum):
    """An enum whose members are written by name."""

    RED = 1


class Level(enum.IntEnum):
    """An enum whose members are also integers."""

    HIGH = 3


class Flag(enum.IntFlag):
    """A flag enum whose members are also integers."""

    A = 1
    B = 2


ALIKE: dict[str, Callable[[], list[bytes]]] = {
    "5": lambda: [
        *carriers_of_scalars(5),
        *(line for kind in ("i8", "u1", "u8", "i2") for line in carriers_of_numpy(5, kind)),
        *carriers_of_arrow(pa.array([5], pa.int8())),
        *carriers_of_arrow(pa.array([5], pa.uint64())),
        of_pandas(pd.array([5], "Int16")),
        of_polars([5], pl.UInt8),
        of_polars([5], pl.Int128),
    ],
    "3": lambda: [*carriers_of_scalars(Level.HIGH), *carriers_of_scalars(Flag.A | Flag.B)],
    "True": lambda: [
        *carriers_of_scalars(True),
        *carriers_of_numpy(True, "?"),
        *carriers_of_arrow(pa.array([True])),
        of_arrow(pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1], pa.int8()))),
        of_pandas(pd.array([True], "boolean")),
        of_polars([True], pl.Boolean),
    ],
    "RED": lambda: [
        *carriers_of_scalars(Colour.RED),
        of_polars(["RED"], pl.Enum(["RED"])),
        of_polars(["RED"], pl.Categorical),
    ],
    "2024-01-02": lambda: [
        *carriers_of_scalars(date(2024, 1, 2)),
        to_line_protocol({"measurement": "m", "fields": {"f": 1}}, tag=np.datetime64("2024-01-02")),
        *carriers_of_arrow(pa.array([date(2024, 1, 2)], pa.date32())),
        *carriers_of_arrow(pa.array([date(2024, 1, 2)], pa.date64())),
        of_structure(np.datetime64("2024-01-02"), "M8[D]"),
        of_polars([date(2024, 1, 2)], pl.Date),
    ],
    "2024-01-02 03:04:05": lambda: [
        *carriers_of_scalars(NOON),
        *carriers_of_scalars(pd.Timestamp(NOON)),
        *(line for unit in ("s", "ms", "us", "ns") for line in of_times(NOON, unit)),
    ],
    "2024-01-02 03:04:05.120000": lambda: [
        *carriers_of_scalars(NOON.replace(microsecond=120_000)),
        *(
            line
            for unit in ("ms", "us", "ns")
            for line in of_times(NOON.replace(microsecond=120_000), unit)
        ),
    ],
    "2024-01-02 03:04:05.000000007": lambda: [
        *carriers_of_scalars(pd.Timestamp(NOON) + pd.Timedelta(7, "ns")),
        *carriers_of_scalars(np.datetime64(NOON, "ns") + np.timedelta64(7, "ns")),
        of_pandas(pd.DatetimeIndex([pd.Timestamp(NOON) + pd.Timedelta(7, "ns")])),
        of_arrow(pa.array([1704164645_000000007], pa.timestamp("ns"))),
    ],
    "2024-01-02 04:04:05+01:00": lambda: [
        *carriers_of_scalars(in_zone(ZoneInfo("Europe/Berlin"))),
        *carriers_of_scalars(in_zone(timezone(timedelta(hours=1)))),
        *carriers_of_scalars(pd.Timestamp(in_zone(ZoneInfo("Europe/Berlin")))),
        *carriers_of_arrow(pa.array([in_zone(timezone.utc)], pa.timestamp("us", "Europe/Berlin"))),
        *carriers_of_arrow(pa.array([in_zone(timezone.utc)], pa.timestamp("s", "+01:00"))),
        of_pandas(pd.DatetimeIndex([in_zone(ZoneInfo("Europe/Berlin"))])),
        of_polars([in_zone(timezone.utc)], pl.Datetime("us", "Europe/Berlin")),
    ],
    "0:01:30": lambda: [
        *carriers_of_scalars(timedelta(seconds=90)),
        *carriers_of_scalars(pd.Timedelta(seconds=90)),
        *carriers_of_numpy(np.timedelta64(90, "s"), "m8[s]"),
        *carriers_of_arrow(pa.array([timedelta(seconds=90)], pa.duration("ms"))),
        *carriers_of_arrow(pa.array([timedelta(seconds=90)], pa.duration("ns"))),
        of_polars([timedelta(seconds=90)], pl.Duration("us")),
    ],
    "01:02:03": lambda: [
        *carriers_of_scalars(time(1, 2, 3)),
        *carriers_of_arrow(pa.array([time(1, 2, 3)], pa.time32("s"))),
        *carriers_of_arrow(pa.array([time(1, 2, 3)], pa.time64("ns"))),
        of_polars([time(1, 2, 3)], pl.Time),
    ],
    "1.50": lambda: [
        *carriers_of_scalars(Decimal("1.50")),
        *(
            line
            for kind in (pa.decimal32(5, 2), pa.decimal64(9, 2), pa.decimal256(60, 2))
            for line in (of_arrow(pa.array([Decimal("1.50")], kind)),)
        ),
        *carriers_of_arrow(pa.array([Decimal("1.50")], pa.decimal128(10, 2))),
        of_polars([Decimal("1.50")], pl.Decimal(10, 2)),
    ],
    "1.00E-8": lambda: [
        *carriers_of_scalars(Decimal("1.00E-8")),
        *carriers_of_arrow(pa.array([Decimal("1E-8")], pa.decimal128(20, 10))),
    ],
    "1.5E+3": lambda: [
        *carriers_of_scalars(Decimal("1.5E+3")),
        of_arrow(pa.array([Decimal("1500")], pa.decimal128(10, -2))),
    ],
    "x y": lambda: [
        *carriers_of_numpy("x y", "U3"),
        *carriers_of_arrow(pa.array(["x y"], pa.large_string())),
        of_arrow(pa.array(["x y"], pa.string_view())),
        of_pandas(pd.array(["x y"], "string")),
        of_polars(["x y"], pl.String),
    ],
    "1/3": lambda: [*carriers_of_scalars(Fraction(1, 3))],
}


def in_zone(zone: Any) -> datetime:
    return NOON.replace(tzinfo=timezone.utc).astimezone(zone)


def of_times(value: datetime, unit: str) -> Iterator[bytes]:
    yield from carriers_of_numpy(np.datetime64(value, unit), f"M8[{unit}]")  # type: ignore[call-overload]
    yield from carriers_of_arrow(pa.array([value], pa.timestamp(unit)))
    if unit != "s":
        yield of_polars([value], pl.Datetime(unit))  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ALIKE)
def test_a_value_is_one_text_wherever_it_comes_from(text: str) -> None:
    assert {text_of(line) for line in ALIKE[text]()} == {text}


def test_dates_times_and_durations_of_arrow_are_the_texts_of_python() -> None:
    numbers = random.Random(3)
    moments = [
        datetime(1, 1, 1) + timedelta(microseconds=numbers.randrange(315_537_897_599_999_999))
        for _ in range(500)
    ]
    spans = [timedelta(microseconds=numbers.randrange(-(10**17), 10**17)) for _ in range(500)]
    for values, kind in (
        (moments, pa.timestamp("us")),
        ([one.date() for one in moments], pa.date32()),
        ([one.time() for one in moments], pa.time64("us")),
        (spans, pa.duration("us")),
        ([Decimal(one.days).scaleb(-numbers.randrange(12)) for one in spans], None),
    ):
        for value in values:
            array = pa.array([value], kind)
            if kind is None:
                assert isinstance(value, Decimal)
                array = pa.array([value], pa.decimal128(38, -int(value.as_tuple().exponent)))
            assert text_of(of_arrow(array)) == str(value)


def test_an_unknown_zone_is_refused_by_its_column() -> None:
    with pytest.raises(ValueError, match="column `tag`: unknown time zone `Nowhere/X`"):
        of_arrow(pa.array([1], pa.timestamp("s", "Nowhere/X")))


def test_one_series_is_stored_for_one_value(either: Any, database: Database) -> None:
    value = np.float32(0.1)
    either.write({"measurement": "m", "tags": {"tag": value}, "fields": {"f": 1}, "time": 1})
    frame = pd.DataFrame({"tag": [value], "f": [2]}, index=pd.to_datetime([2]))
    either.write(frame.astype({"tag": "f4"}), "m", tag_columns=["tag"])
    either.write(
        pl.DataFrame({"time": [3], "tag": pl.Series([value], dtype=pl.Float32), "f": [3]}),
        "m",
        tag_columns=["tag"],
    )
    assert [one["tags"] for one in database.points()] == [{"tag": "0.1"}] * 3


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (pa.array([np.float32(0.1)], pa.float32()), "0.1"),
        (pa.array([5]), "5"),
        (pa.array([True]), "True"),
        (pa.array([date(2024, 1, 2)]), "2024-01-02"),
    ],
    ids=["float", "int", "bool", "date"],
)
def test_a_measurement_is_the_same_text_as_a_tag(column: pa.Array, text: str) -> None:
    expected = f"{text} f=1i 1\n".encode()
    table = pa.table({"time": [1], "name": column, "f": [1]})
    assert to_line_protocol(table, measurement_column="name") == expected
    frame = pd.DataFrame(
        {"name": column.to_pandas().to_numpy(), "f": [1]}, index=pd.to_datetime([1])
    )
    assert to_line_protocol(frame, measurement_column="name") == expected
    point = {"measurement": frame["name"].to_numpy()[0], "fields": {"f": 1}, "time": 1}
    assert to_line_protocol(point) == expected


def test_a_column_label_that_is_a_float_is_the_same_text_as_a_key() -> None:
    frame = pd.DataFrame([[1]], columns=pd.Index([0.1], dtype="f4"), index=pd.to_datetime([1]))
    point = {"measurement": "m", "fields": {np.float32(0.1): 1}, "time": 1}
    assert to_line_protocol(frame, "m") == to_line_protocol(point) == b"m 0.1=1i 1\n"


def test_every_converted_cell_counts_for_the_warning() -> None:
    categories = pd.Categorical(np.array([0.5, 0.25, 0.5], dtype="f4"))
    categories[1] = None
    columns = [
        categories,
        pd.array([1, None, 2], "Int64"),
        pd.arrays.ArrowExtensionArray(pa.array([date(2024, 1, 2), None, date(2024, 1, 3)])),
    ]
    for column in columns:
        frame = pd.DataFrame({"tag": column, "f": 1}, index=pd.to_datetime([1, 2, 3]))
        with pytest.warns(UserWarning, match=r"point 0: tag `tag` \(2 in all\)"):
            to_line_protocol(frame, "m", ["tag"])


def test_texts_are_no_conversion() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        of_pandas(pd.Categorical(["a"]))
        of_arrow(pa.array(["a"]).dictionary_encode())
        of_arrow(pa.nulls(1))


@lineprotocol
class Measured:
    """A typed point that has one float."""

    f: FLOAT

    def __init__(self, f: Any) -> None:
        self.f = f


def test_a_float_of_a_field_is_widened_exactly_wherever_it_comes_from() -> None:
    value = np.float32(0.1)
    frame = pd.DataFrame({"f": np.array([value])}, index=pd.to_datetime([1]))
    table = pa.table({"time": [1], "f": pa.array([value], pa.float32())})
    point = {"measurement": "m", "fields": {"f": value}, "time": 1}
    scalar = {"measurement": "m", "fields": {"f": pa.scalar(value, pa.float32())}, "time": 1}
    lines = [
        to_line_protocol(frame, "m"),
        to_line_protocol(table, "m"),
        to_line_protocol(point),
        to_line_protocol(scalar),
    ]
    assert set(lines) == {f"m f={float(value)!r} 1\n".encode()}
    assert to_line_protocol(Measured(value)) == f"Measured f={float(value)!r}\n".encode()


@pytest.mark.parametrize(
    "value",
    [b"x", np.void(b"x"), np.array(5), np.array([1]), pa.scalar(b"x"), pa.scalar([1]), [1]],
    ids=["bytes", "void", "array", "array 1", "arrow bytes", "arrow list", "list"],
)
def test_what_has_no_text_is_no_tag(value: object) -> None:
    point = {"measurement": "m", "fields": {"f": 1}}
    with pytest.raises(TypeError, match="point 0: tag `tag`: expected"):
        to_line_protocol({**point, "tags": {"tag": value}})
    with pytest.raises(TypeError, match="extra tag `tag`: expected"):
        to_line_protocol(point, tag=value)
    with pytest.raises(TypeError, match=r"`Typed.tag`: expected str"):
        to_line_protocol(Typed(value))
