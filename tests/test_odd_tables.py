"""Tests tables with unusual types, labels and readers: some are written, and the others are
refused."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from aioinflux import line_batches, to_line_protocol
from support import Wire

SCHEMA = pa.schema([("time", pa.int64()), ("f", pa.int64())])


class BrokenError(Exception):
    """An exception that is raised by a user's reader."""


def batches(error: BaseException) -> Iterator[pa.RecordBatch]:
    yield pa.record_batch([[1], [1]], schema=SCHEMA)
    raise error


def reader(error: BaseException) -> pa.RecordBatchReader:
    return pa.RecordBatchReader.from_batches(SCHEMA, batches(error))


class Wrapped:
    """A table with a method that raises an exception."""

    columns = ("time", "f")

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def select(self, _names: list[str]) -> Wrapped:
        return self

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        raise self.error


class Single(Wrapped):
    """A table with one batch, and with a method that raises an exception."""

    def __arrow_c_array__(self, requested_schema: object = None) -> object:
        raise self.error

    __arrow_c_stream__ = property()  # type: ignore[assignment]


ERRORS = [
    BrokenError("broken"), KeyError("k"), ValueError("v"), OSError(5, "io"), KeyboardInterrupt(),
    SystemExit(3),
]  # fmt: skip


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("kind", [reader, Wrapped, Single])
def test_an_exception_of_a_reader_is_raised_itself(
    kind: Callable[[BaseException], object], error: BaseException
) -> None:
    with pytest.raises(type(error)) as caught:
        to_line_protocol(kind(error), "m")
    assert caught.value is error
    with pytest.raises(type(error)) as caught:
        list(line_batches(kind(error), "m", threads=2))
    assert caught.value is error


def test_an_exception_of_a_reader_keeps_its_traceback_and_cause() -> None:
    cause = LookupError("cause")
    error = BrokenError("broken")
    error.__cause__ = cause
    with pytest.raises(BrokenError) as caught:
        to_line_protocol(reader(error), "m")
    assert caught.value.__cause__ is cause
    assert "batches" in [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]


def test_an_exception_of_a_reader_ends_the_write_with_its_type(sends: Wire) -> None:
    with pytest.raises(BrokenError, match="broken"):
        sends(reader(BrokenError("broken")), "m")


def test_a_reader_whose_words_alone_are_left_is_refused_with_them() -> None:
    class Hidden:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return reader(BrokenError("broken")).__arrow_c_stream__()

    with pytest.raises(ValueError, match=r"the table cannot be read any further: .*broken"):
        to_line_protocol(Hidden(), "m")


def test_a_reader_is_read_to_its_end_batch_by_batch() -> None:
    def all_of_it() -> Iterator[pa.RecordBatch]:
        for n in range(100):
            yield pa.record_batch([[n, n], [n, n]], schema=SCHEMA)

    lines = to_line_protocol(pa.RecordBatchReader.from_batches(SCHEMA, all_of_it()), "m")
    assert lines.count(b"\n") == 200
    made = line_batches(
        pa.RecordBatchReader.from_batches(SCHEMA, all_of_it()), "m", batch_lines=30, threads=2
    )
    assert b"".join(made) == lines


def column(array: Any) -> pa.Table:
    return pa.table({"time": [1] * len(array), "f": array})


def bool8() -> pa.Array:
    return pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1, 0, None], pa.int8()))


def test_bool8_of_arrow_is_a_boolean() -> None:
    lines = b"m f=true 1\nm f=false 1\n"
    assert to_line_protocol(column(bool8()), "m") == lines
    assert to_line_protocol(column(bool8()).to_reader(), "m") == lines
    frame = pd.DataFrame(
        {"f": pd.arrays.ArrowExtensionArray(bool8())}, index=pd.to_datetime([1, 1, 1])
    )
    assert to_line_protocol(frame, "m") == lines
    point = {"measurement": "m", "fields": {"f": bool8()[0]}, "time": 1}
    assert to_line_protocol(point) == b"m f=true 1\n"
    with pytest.warns(UserWarning, match=r"tag `f` \(2 in all\)"):
        tags = to_line_protocol(
            pa.table(column(bool8())).append_column("g", [[1, 1, 1]]), "m", ["f"]
        )
    assert tags == b"m,f=True g=1i 1\nm,f=False g=1i 1\nm g=1i 1\n"


ODD: dict[str, Callable[[], pa.Array]] = {
    "run ends": lambda: pa.RunEndEncodedArray.from_arrays([1], [0.5]),
    "list": lambda: pa.array([[1]]),
    "large list": lambda: pa.array([[1]], pa.large_list(pa.int64())),
    "fixed list": lambda: pa.array([[1]], pa.list_(pa.int64(), 1)),
    "list view": lambda: pa.array([[1]], pa.list_view(pa.int64())),
    "large list view": lambda: pa.array([[1]], pa.large_list_view(pa.int64())),
    "struct": lambda: pa.array([{"a": 1}]),
    "map": lambda: pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())),
    "bytes": lambda: pa.array([b"x"]),
    "bytes view": lambda: pa.array([b"x"], pa.binary_view()),
    "interval": lambda: pa.array([(1, 2, 3)], pa.month_day_nano_interval()),
    "uuid": lambda: pa.array([b"x" * 16], pa.uuid()),
    "union": lambda: pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([[1]])]),
    "dictionary": lambda: pa.array([b"x"]).dictionary_encode(),
}
TIMES: dict[str, Callable[[], pa.Array]] = {
    "date": lambda: pa.array([1], pa.date32()),
    "time": lambda: pa.array([1], pa.time32("s")),
    "timestamp": lambda: pa.array([1], pa.timestamp("s")),
    "duration": lambda: pa.array([1], pa.duration("s")),
}


@pytest.mark.parametrize("kind", [*ODD, *TIMES])
def test_a_rare_type_of_arrow_is_no_field(kind: str) -> None:
    array = (ODD | TIMES)[kind]()
    with pytest.raises(TypeError, match="column `f`: expected"):
        to_line_protocol(column(array), "m")
    frame = pd.DataFrame({"f": pd.arrays.ArrowExtensionArray(array)}, index=pd.to_datetime([1]))
    with pytest.raises(TypeError, match="column `f`: expected"):
        to_line_protocol(frame, "m")
    point = {"measurement": "m", "fields": {"f": array[0]}}
    if kind != "run ends":
        with pytest.raises(TypeError, match="point 0: field `f`: expected"):
            to_line_protocol(point)


@pytest.mark.parametrize("kind", ODD)
def test_a_rare_type_of_arrow_is_no_tag(kind: str) -> None:
    table = column(ODD[kind]()).append_column("g", [[1]])
    with pytest.raises(TypeError, match="column `f`: expected"):
        to_line_protocol(table, "m", ["f"])
    with pytest.raises(TypeError, match="column `f`: expected"):
        to_line_protocol(table, measurement_column="f")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("c8", 1j), ("V3", b"abc"), ([("a", "i4")], (1,)), ("m8[s]", 5), ("M8[D]", 5),
        ("S3", b"x"), ("(2,)i4", [1, 2]), ("O", [1]),
    ],
)  # fmt: skip
def test_a_rare_type_of_numpy_is_no_field(kind: Any, value: object) -> None:
    array = np.zeros(1, [("time", "i8"), ("f", kind)])
    array["f"][0] = value
    with pytest.raises(TypeError, match="point 0: field `f`: expected"):
        to_line_protocol(array, "m")


def test_several_levels_of_rows_are_refused_with_a_hint() -> None:
    index = pd.MultiIndex.from_tuples([(pd.Timestamp(1), "a")], names=["at", "host"])
    frame = pd.DataFrame({"f": [1]}, index=index)
    with pytest.raises(ValueError, match=r"`MultiIndex`; hint: `reset_index\(\)`"):
        to_line_protocol(frame, "m")
    with pytest.raises(ValueError, match=r"`host` is an index of the DataFrame.*`reset_index\(\)`"):
        to_line_protocol(frame, "m", ["host"])
    with pytest.raises(ValueError, match=r"`at` is an index of the DataFrame.*`reset_index\(\)`"):
        to_line_protocol(frame, "m", time_column="at")
    lines = to_line_protocol(frame.reset_index(), "m", ["host"], time_column="at")
    assert lines == b"m,host=a f=1i 1\n"


def test_several_levels_of_columns_are_refused_with_a_hint() -> None:
    frame = pd.DataFrame({"f": [1]}, index=pd.to_datetime([1]))
    frame.columns = pd.MultiIndex.from_tuples([("f", "mean")])
    with pytest.raises(ValueError, match=r"columns .* are a MultiIndex; hint: .*_") as caught:
        to_line_protocol(frame, "m")
    hint = str(caught.value).split("`")[1]
    exec(hint, {"df": frame})
    assert to_line_protocol(frame, "m") == b"m f_mean=1i 1\n"


@pytest.mark.parametrize("value", [Decimal("sNaN"), Decimal("-sNaN1")])
def test_a_signaling_nan_raises_no_error_of_decimal(value: Decimal) -> None:
    point = {"measurement": "m", "tags": {"t": value}, "fields": {"f": 1, "g": value}}
    assert to_line_protocol(point, u=value) == b"m f=1i\n"


def test_a_polars_column_of_objects_is_refused_by_its_name() -> None:
    table = pl.DataFrame({"time": [1], "f": pl.Series([object()], dtype=pl.Object)})
    with pytest.raises(TypeError, match="column `f`: expected"):
        to_line_protocol(table, "m")


@pytest.mark.parametrize("name", [["f"], pl.col("f"), "\ud800", 5, object()])
def test_a_column_of_an_odd_name_is_not_there(name: Any) -> None:
    frames = pd.DataFrame({"f": [1]}, index=pd.to_datetime([1])), column(pa.array([1]))
    for frame in frames:
        with pytest.raises(ValueError, match=r"tag column `.*` is not in the DataFrame"):
            to_line_protocol(frame, "m", [name])
        with pytest.raises(ValueError, match=r"time column `.*` is not in the DataFrame"):
            to_line_protocol(frame, "m", time_column=name)


def test_a_name_of_a_table_without_utf_8_is_refused_by_its_place() -> None:
    with pytest.raises(ValueError, match=r"point 0: name of a table: .*surrogates"):
        to_line_protocol(("\ud800", column(pa.array([1]))))


def test_an_integer_of_thousands_of_digits_is_refused_by_its_place() -> None:
    point = {"measurement": "m", "fields": {"f": 10**5000}}
    with pytest.raises(ValueError, match="point 0: field `f`: integer `of type int` is beyond"):
        to_line_protocol(point)
    with pytest.raises(ValueError, match="point 0: key `time`: `of type int ns` is outside"):
        to_line_protocol({"measurement": "m", "fields": {"f": 1}, "time": 10**5000})
