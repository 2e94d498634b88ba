"""Tests for bugs of other clients that encode DataFrames, with one test for each bug: our client
must not have them.

The number in the name of a test is the number of the bug in our survey of other clients ("peers").
Each docstring describes what other clients do, as observed with influxdb 5.3.2, influxdb-client
1.50.0, influxdb3-python 0.21.0 or aioinflux 0.9.0.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from support import Database, Wire

NOON = dt.datetime(2024, 1, 1, 12)
NOON_NS = 1704110400_000000000


def polars_frame(**columns: object) -> pl.DataFrame:
    """Returns a polars DataFrame whose rows are all at noon."""
    height = len(next(iter(columns.values())))  # type: ignore[arg-type]
    return pl.DataFrame({"time": [NOON] * height, **columns})


def pandas_frame(**columns: object) -> pd.DataFrame:
    """Returns a pandas DataFrame whose rows are one second apart, beginning at noon."""
    height = len(next(iter(columns.values())))  # type: ignore[arg-type]
    return pd.DataFrame(columns, index=pd.date_range(NOON, periods=height, freq="s"))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_b01_the_index_of_a_frame_is_read_in_its_own_unit(sends: Wire, unit: str) -> None:
    """influxdb writes the time 1704110400000000 for a DataFrame of pandas 3, whose unit is `us`."""
    index = pd.DatetimeIndex(["2024-01-01T12:00:00"]).as_unit(unit)
    assert sends(pd.DataFrame({"v": [1.0]}, index=index), "m") == [f"m v=1.0 {NOON_NS}"]


def test_b06_an_empty_string_of_a_polars_frame_is_kept(either: Any, database: Database) -> None:
    """influxdb3-python leaves out a field whose value is an empty string."""
    either.write(polars_frame(s=[""], v=[1]), "m")
    assert [one["fields"] for one in database.points()] == [{"s": "", "v": 1}]


def test_b07_a_nan_of_a_polars_frame_is_left_out(either: Any, database: Database) -> None:
    """influxdb3-python sends `v=nan` for a NaN; the server rejects the whole batch with a 400."""
    either.write(polars_frame(v=[math.nan], w=[1.0]), "m")
    assert [one["fields"] for one in database.points()] == [{"w": 1.0}]


def test_b07_an_infinity_of_a_polars_frame_is_refused_by_row_and_column(sends: Wire) -> None:
    """influxdb3-python sends `v=inf` for an infinity; the server rejects the whole batch with a
    400."""
    with pytest.raises(ValueError, match=r"point 1: field `v`: .* infinite"):
        sends(polars_frame(v=[1.0, math.inf]), "m")


@pytest.mark.parametrize("name", ["my meas", "my,meas", "my=meas"])
def test_b08_the_measurement_of_a_polars_frame_is_escaped(
    either: Any, database: Database, name: str
) -> None:
    """influxdb3-python writes `my meas v=1i`, which the server either stores in the measurement
    `my` or rejects with a 400."""
    either.write(polars_frame(v=[1]), name)
    assert [one["measurement"] for one in database.points()] == [name]


def test_b09_a_row_of_nulls_is_skipped_and_counted(
    either: Any, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """influxdb3-python sends `m 1704110400000000000`, a line without fields; the server rejects the
    whole batch with a 400."""
    with caplog.at_level("WARNING", "aioinflux"):
        either.write(polars_frame(v=[None, 1]), "m")
    assert [one["fields"] for one in database.points()] == [{"v": 1}]
    assert "1 points without fields" in caplog.text


def test_b10_a_null_as_time_is_refused_by_its_row(sends: Wire) -> None:
    """influxdb3-python sends `m v=2i None` for a missing time; the server rejects the whole batch
    with a 400."""
    with pytest.raises(ValueError, match="point 1: the time is missing"):
        sends(pl.DataFrame({"time": [NOON, None], "v": [1, 2]}), "m")


def test_b11_a_field_of_times_is_refused_by_its_column(sends: Wire) -> None:
    """influxdb3-python sends `v=2024-01-01 12:00:00+00:00` for a datetime; the server rejects the
    whole batch with a 400."""
    with pytest.raises(TypeError, match="column `v`"):
        sends(polars_frame(v=[NOON]), "m")


TEXTS = ["2024-01-01T12:00:00.123456789", "2024-01-01 13:00:00+01:00", "2024-01-01"]
READ = [NOON_NS + 123456789, NOON_NS, NOON_NS - 12 * 3600 * 10**9]


@pytest.mark.parametrize(
    "kind", [pl.DataFrame, pa.table, pd.DataFrame], ids=["polars", "arrow", "pandas"]
)
def test_b12_times_of_a_table_may_be_text(sends: Wire, kind: Callable[..., object]) -> None:
    """With polars 2, influxdb3-python fails with an error of polars, even on the example in its own
    README."""
    table = kind({"time": TEXTS, "v": [1, 2, 3]})
    lines = [f"m v={v}i {time}" for v, time in zip((1, 2, 3), READ, strict=True)]
    assert sends(table, "m", time_column="time") == lines


@pytest.mark.parametrize("text", ["soon", "", "2300-01-01"])
def test_b12_text_that_is_no_time_is_refused_by_row(sends: Wire, text: str) -> None:
    """influxdb3-python fails on every string, with an error from polars."""
    with pytest.raises(ValueError, match=f"point 1: time `{text}`: expected ISO 8601"):
        sends(pl.DataFrame({"time": ["2024-01-01", text], "v": [1, 2]}), "m")


@pytest.mark.parametrize("dtype", ["uint64", "UInt64"])
def test_b13_an_integer_of_a_frame_that_the_server_cannot_hold_is_refused(
    sends: Wire, dtype: str
) -> None:
    """For an unsigned integer, influxdb-client and influxdb3-python send `9223372036854775808i`;
    the server rejects the whole batch with a 400."""
    frame = pandas_frame(v=pd.array([1, 2**63], dtype=dtype))
    with pytest.raises(ValueError, match="point 1: field `v`"):
        sends(frame, "m")


def test_b13_an_integer_of_a_polars_frame_that_the_server_cannot_hold_is_refused(
    sends: Wire,
) -> None:
    """For an unsigned integer, influxdb3-python sends `v=9223372036854775808i`; the server rejects
    the whole batch with a 400."""
    with pytest.raises(ValueError, match="point 1: field `v`"):
        sends(polars_frame(v=pl.Series([1, 2**63], dtype=pl.UInt64)), "m")


def test_b13_an_unsigned_integer_that_fits_is_an_integer(either: Any, database: Database) -> None:
    """If an unsigned integer is small enough for the server, influxdb-client writes it correctly.
    Refusing an unsigned integer that fits would be no better than an overflow."""
    either.write(pandas_frame(v=np.array([2**63 - 1], dtype="uint64")), "m")
    assert database.types() == {"v": "integer"}
    assert [one["fields"] for one in database.points()] == [{"v": 2**63 - 1}]


def test_b14_an_infinity_in_the_first_column_is_refused(sends: Wire) -> None:
    """influxdb3-python sends `m ,w=1i ...` and influxdb-client sends `m a=inf,w=1i ...`; the server
    rejects each with a 400."""
    with pytest.raises(ValueError, match=r"point 0: field `a`: .* infinite"):
        sends(pandas_frame(a=[math.inf], w=[1]), "m")


def test_b14_a_null_in_the_first_column_leaves_no_comma(either: Any, database: Database) -> None:
    """If a column is infinite, influxdb3-python leaves out the field, but still writes the comma
    after it."""
    either.write(pandas_frame(a=[math.nan, 1.0], w=[1, 2]), "m")
    assert [one["fields"] for one in database.points()] == [{"w": 1}, {"a": 1.0, "w": 2}]


@pytest.mark.parametrize("text", ['a"b', "c\\", '\\"', 'a=nan ,b="nan"', "two\nlines", ""])
@pytest.mark.parametrize("dtype", ["object", "string", "category"])
def test_b20_text_of_a_frame_comes_back_as_it_was(
    either: Any, database: Database, text: str, dtype: str
) -> None:
    """For a string with a quote, influxdb and aioinflux 0.9.0 send `s="a"b"`; aioinflux 0.9.0 also
    changed strings that look like nulls."""
    either.write(pandas_frame(s=pd.Series([text, text]).astype(dtype).array, v=[None, 1.0]), "m")
    assert [one["fields"].get("s") for one in database.points()] == [text, text]


def test_b20_a_row_of_nulls_with_a_tag_is_skipped(either: Any, database: Database) -> None:
    """For a row of nulls, the client `influxdb` (influxdb-python) sends `m,t=b 1704110401000000`.

    The server rejects the whole batch that contains such a line with a 400.
    """
    either.write(pandas_frame(v=[1.0, math.nan], t=["a", "b"]), "m", tag_columns=["t"])
    assert [one["tags"] for one in database.points()] == [{"t": "a"}]


def test_b21_a_list_in_a_frame_is_refused_by_row_and_column(sends: Wire) -> None:
    """influxdb converts a list to a string, and sends it as a string field."""
    with pytest.raises(TypeError, match=r"point 1: field `v`: .* `list`"):
        sends(pandas_frame(v=[1, [1, 2]]), "m")
