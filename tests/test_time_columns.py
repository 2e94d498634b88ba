"""Tests columns and indexes with times: the types that count as times, and the types that are
refused."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from aioinflux import INT, TIMEDT, TIMESTR, lineprotocol, to_line_protocol

MAY = 1_714_521_600_000_000_000
JUNE = 1_717_200_000_000_000_000
INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FAR = r"is outside 64-bit nanoseconds, the years 1677 to 2262$"


def times(data: object, *args: Any, **kwargs: Any) -> list[int]:
    lines = to_line_protocol(data, "m", *args, **kwargs).decode().splitlines()
    return [int(line.rpartition(" ")[2]) for line in lines]


def indexed(index: Any) -> pd.DataFrame:
    return pd.DataFrame({"f": 1}, index=index)


FLOATS = [1.0, 2.0]
FLOAT_TABLES: dict[str, Any] = {
    **{
        f"pandas {dtype}": pd.DataFrame({"f": 1, "time": pd.Series(FLOATS, dtype=dtype)})
        for dtype in (
            "float64", "float32", "float16", "Float64", "Float32", "double[pyarrow]",
            "Sparse[float64]", "longdouble", "object", "category",
        )
    },
    "polars": pl.DataFrame({"time": FLOATS, "f": [1, 2]}),
    "polars f32": pl.DataFrame({"time": pl.Series(FLOATS, dtype=pl.Float32), "f": [1, 2]}),
    "pyarrow": pa.table({"time": FLOATS, "f": [1, 2]}),
    "pyarrow half": pa.table({"time": pa.array(np.array(FLOATS, "f2")), "f": [1, 2]}),
    **{
        f"numpy {dtype}": np.array([(one, 1) for one in FLOATS], [("time", dtype), ("f", "i8")])
        for dtype in ("f8", "f4", "f2", "g", "O")
    },
}  # fmt: skip


@pytest.mark.parametrize("unit", [None, "s"])
@pytest.mark.parametrize("name", FLOAT_TABLES)
def test_floats_are_no_times_of_a_table(name: str, unit: str | None) -> None:
    expected = r"(column|point 0: time) `time`: expected .* got .*|.*hint: .* `time_unit`$"
    with pytest.raises(TypeError, match=expected) as caught:
        times(FLOAT_TABLES[name], time_column="time", time_unit=unit)
    assert "integer" in str(caught.value)
    assert "`time_unit`" in str(caught.value)


@pytest.mark.parametrize("name", FLOAT_TABLES)
def test_a_table_without_rows_may_have_times_of_any_type(name: str) -> None:
    table = FLOAT_TABLES[name]
    empty = table[:0] if not isinstance(table, pa.Table) else table.slice(0, 0)
    assert times(empty, time_column="time") == []


def test_a_float_index_is_no_index_of_times() -> None:
    with pytest.raises(ValueError, match=r"^DataFrame index is not DatetimeIndex, .*`time_column`"):
        times(indexed([1.0, 2.0]))


@pytest.mark.parametrize("marker", [TIMEDT, TIMESTR], ids=["TIMEDT", "TIMESTR"])
def test_floats_are_no_times_of_a_class(marker: Any) -> None:
    class Reading:
        def __init__(self, at: float) -> None:
            self.at, self.f = at, 1

    made: Any = lineprotocol(Reading, schema={"at": marker, "f": INT})
    with pytest.raises(TypeError, match=r"^point 0: attribute `Reading.at`: .* `time_unit`$"):
        times(made(5.0))


@pytest.mark.parametrize("kind", INTEGERS)
def test_integers_of_every_width_are_times(kind: str) -> None:
    numbers = np.array([5, 100], kind)
    arrow = pa.table({"time": pa.array(numbers), "f": [1, 2]})
    tables = [
        arrow,
        pl.DataFrame({"time": numbers, "f": [1, 2]}),
        pd.DataFrame({"time": numbers, "f": [1, 2]}),
        pd.DataFrame({"time": pd.array(numbers, f"{kind}[pyarrow]"), "f": [1, 2]}),
        pd.DataFrame({"time": pd.array(numbers, kind.replace("i", "I").replace("uI", "UI"))}),
        np.array([(5, 1), (100, 2)], [("time", kind), ("f", "i8")]),
        np.array([(1, 5), (2, 100)], np.dtype({"names": ["f", "time"], "formats": ["i1", kind]})),
    ]
    tables[4]["f"] = 1
    for table in tables:
        assert times(table, time_column="time") == [5, 100]
        assert times(table, time_column="time", time_unit="s") == [5_000_000_000, 100_000_000_000]


@pytest.mark.parametrize(
    ("column", "unit", "message"),
    [
        (pa.array([1, 2**63], pa.uint64()), None, r"time `9223372036854775808 ns` "),
        (pa.array([1, 2**64 - 1], pa.uint64()), "s", r"time `18446744073709551615 s` "),
        (pa.array([1, 2**63 + 1], pa.uint64()), "h", r"time `9223372036854775809 h` "),
        (pa.array([1, 2**62], pa.uint64()), "us", r"time `4611686018427387904 u` "),
        (pa.array([1, -(2**62)]), "ms", r"time `-4611686018427387904 ms` "),
        (pa.array([1, 2**31 - 1], pa.int32()), "h", r"time `2147483647 h` "),
        (pa.array([1, 2**62], pa.timestamp("s")), None, r"time `4611686018427387904 s` "),
        (pa.array([1, 2**62], pa.timestamp("ms")), None, r"time `4611686018427387904 ms` "),
        (pa.array([1, -(2**62)], pa.timestamp("us", "UTC")), None, r"time `-46116860184273879"),
        (pa.array([1, 2**62], pa.date64()), None, r"time `4611686018427387904 ms` "),
        (pa.array([1, 2**31 - 1], pa.date32()), None, r"time `2147483647 days` "),
    ],
    ids=str,
)
def test_a_time_of_arrow_that_overflows_is_refused(
    column: Any, unit: str | None, message: str
) -> None:
    with pytest.raises(ValueError, match=rf"^point 1: {message}.*{FAR}"):
        times(pa.table({"time": column, "f": [1, 2]}), time_unit=unit)


def test_a_missing_time_of_arrow_is_named() -> None:
    for kind in (pa.uint64(), pa.int32(), pa.timestamp("s"), pa.string()):
        table = pa.table({"time": pa.array([None, None], kind), "f": [1, 2]})
        with pytest.raises(ValueError, match=r"^point 0: the time is missing$"):
            times(table, time_unit="s")


@pytest.mark.parametrize("kind", [pa.bool_(), pa.duration("s"), pa.decimal128(38, 2)], ids=str)
def test_types_that_are_no_times_are_refused(kind: Any) -> None:
    table = pa.table({"time": pa.array([1], pa.int64()).cast(kind), "f": [1]})
    with pytest.raises(TypeError, match=r"^column `time`: expected timestamps, dates"):
        times(table)


def test_periods_of_pandas_in_arrow_are_refused_and_not_taken_as_numbers() -> None:
    frame = pd.DataFrame({"f": [1, 2], "time": pd.period_range("2024-05", periods=2, freq="M")})
    with pytest.raises(TypeError, match=r"^column `time`: .* periods of pandas; hint: `to_timest"):
        times(pa.Table.from_pandas(frame))


@pytest.mark.parametrize("frequency", ["M", "D", "W", "Q", "Y", "h", "s"])
def test_a_period_stands_for_its_start(frequency: str) -> None:
    index = pd.period_range("2024-05-01", periods=3, freq=frequency)
    expected = [int(start.as_unit("ns").value) for start in index.to_timestamp(how="start")]
    assert times(indexed(index)) == expected
    frame = pd.DataFrame({"f": 1, "at": index})
    assert times(frame, time_column="at") == expected
    points = [{"fields": {"f": 1}, "time": period} for period in index]
    assert times(points) == expected


ZONED = [pd.Timestamp("2024-05-01", tz="UTC"), pd.Timestamp("2024-06-01 02:00+02:00")]
INDEXES: dict[str, Any] = {
    "zones": pd.Index(ZONED, dtype=object),
    "datetimes": pd.Index([datetime(2024, 5, 1), datetime(2024, 6, 1)], dtype=object),
    "dates": pd.Index([date(2024, 5, 1), date(2024, 6, 1)], dtype=object),
    "kinds": pd.Index([np.datetime64("2024-05-01"), pd.Period("2024-06")], dtype=object),
    "arrow": pd.Index(pd.array([MAY, JUNE], "timestamp[ns][pyarrow]")),
    "arrow dates": pd.Index(pd.array([date(2024, 5, 1), date(2024, 6, 1)], "date32[pyarrow]")),
}


@pytest.mark.parametrize("name", INDEXES)
def test_an_index_of_times_is_an_index_of_times(name: str) -> None:
    assert times(indexed(INDEXES[name])) == [MAY, JUNE]


@pytest.mark.parametrize(
    "index",
    [
        pd.Index(["2024-05-01", "2024-06-01"]),
        pd.Index(["2024-05-01", "2024-06-01"], dtype=object),
        pd.Index([datetime(2024, 5, 1), 5], dtype=object),
        pd.Index([None, None], dtype=object),
        pd.Index([1, 2]),
        pd.RangeIndex(2),
        pd.to_timedelta([1, 2]),
    ],
    ids=repr,
)
def test_other_indexes_are_refused(index: Any) -> None:
    with pytest.raises(ValueError, match=r"^DataFrame index is not DatetimeIndex"):
        times(indexed(index))


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (pd.PeriodIndex(["2024-05", "NaT"], freq="M"), "expected a time, got NaT$"),
        (pd.PeriodIndex(["2024-05", "3000-05"], freq="M"), FAR),
        (pd.PeriodIndex(["2024-05", "1500-05"], freq="M"), FAR),
        (pd.Index([datetime(2024, 5, 1), datetime.max], dtype=object), FAR),
        (pd.Index([date(2024, 5, 1), date.min], dtype=object), FAR),
        (pd.Index([datetime(2024, 5, 1), pd.NaT], dtype=object), "expected a time, got NaT$"),
        (pd.DatetimeIndex(np.array(["2024-05-01", "3000-01-01"], "M8[s]")), FAR),
    ],
    ids=str,
)
def test_an_index_with_a_time_that_is_none_names_the_point(index: Any, message: str) -> None:
    with pytest.raises(ValueError, match=rf"^point 1: time.*{message}"):
        times(indexed(index))
