"""Tests writing DataFrames: the index, tag columns, extra tags, and each dtype with its nulls."""

from __future__ import annotations

import logging
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from aioinflux import AsyncInfluxDBClient
from support import Calls, Database, Wire

NOV = 1_257_894_000_000_000_000


def index(n: int, **kwargs: Any) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(range(NOV, NOV + n)), **kwargs)


def frame(**columns: Any) -> pd.DataFrame:
    n = max(len(values) for values in columns.values())
    return pd.DataFrame({k: list(v) for k, v in columns.items()}, index=index(n))


def test_frame_of_the_readme_is_stored(client: Calls, database: Database) -> None:
    df = frame(LUY=[2.5, -0.3], BEM=[5.1, -1.1], tag=["B", "E"])
    assert client.write(df, measurement="prices", tag_columns=["tag"], asset_class="eq") is True
    assert database.points() == [
        {
            "measurement": "prices",
            "tags": {"tag": tag, "asset_class": "eq"},
            "fields": {"LUY": luy, "BEM": bem},
            "time": NOV + i,
        }
        for i, (tag, luy, bem) in enumerate([("B", 2.5, 5.1), ("E", -0.3, -1.1)])
    ]
    assert database.types() == {"LUY": "float", "BEM": "float"}


def test_measurement_is_needed(client: Calls) -> None:
    with pytest.raises(ValueError, match="measurement"):
        client.write(frame(f=[1]))


@pytest.mark.parametrize(
    "df",
    [
        pd.DataFrame({"f": [1]}),
        pd.DataFrame({"f": [1]}, index=["2009-11-10"]),
        pd.DataFrame({"f": [1]}, index=pd.to_timedelta([1])),
    ],
    ids=["range", "text", "durations"],
)
def test_index_must_be_a_datetime_index(client: Calls, df: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="DatetimeIndex"):
        client.write(df, "m")


def test_empty_frame_sends_nothing(wire: Wire) -> None:
    assert wire(frame(f=[1]).iloc[:0], "m") == []


# The index


@pytest.mark.parametrize("unit", ["ns", "us", "ms", "s"])
def test_index_of_any_unit_is_exact(wire: Wire, unit: str) -> None:
    times = pd.DatetimeIndex(["1969-12-31T23:59:59", "2018-07-01"]).as_unit(unit)
    df = pd.DataFrame({"f": [1, 2]}, index=times)
    assert wire(df, "m") == ["m f=1i -1000000000", "m f=2i 1530403200000000000"]


def test_nanoseconds_are_kept(wire: Wire) -> None:
    df = pd.DataFrame({"f": [1]}, index=pd.DatetimeIndex([pd.Timestamp(NOV + 123_456_789)]))
    assert wire(df, "m") == [f"m f=1i {NOV + 123_456_789}"]


def test_zones_are_converted_and_naive_is_utc(wire: Wire) -> None:
    times = pd.DatetimeIndex(["2018-11-04T00:30", "2018-11-04T03:30"])
    naive = pd.DataFrame({"f": [1, 2]}, index=times)
    aware = pd.DataFrame({"f": [1, 2]}, index=times.tz_localize("America/New_York"))
    assert wire(naive, "m") == ["m f=1i 1541291400000000000", "m f=2i 1541302200000000000"]
    assert wire(aware, "m") == ["m f=1i 1541305800000000000", "m f=2i 1541320200000000000"]


def test_nat_in_the_index_is_refused_by_its_row(client: Calls, database: Database) -> None:
    df = pd.DataFrame({"f": [1, 2]}, index=pd.DatetimeIndex(["2009-11-10", pd.NaT]))
    with pytest.raises(ValueError, match=r"\b1\b.*"):
        client.write(df, "m")
    assert database.points() == []


def test_index_beyond_the_range_is_refused(client: Calls) -> None:
    times = pd.DatetimeIndex(np.array(["2009-11-10", "2300-01-01"], dtype="datetime64[s]"))
    with pytest.raises(ValueError, match=r"\b1\b"):
        client.write(pd.DataFrame({"f": [1, 2]}, index=times), "m")


# Tests columns of every dtype, with and without nulls.


def arrow(values: list[Any], kind: pa.DataType) -> Any:
    return pd.arrays.ArrowExtensionArray(pa.array(values, kind))


NULLS = (None, float("nan"), pd.NA)

DTYPES: dict[str, tuple[Any, str, list[Any]]] = {
    "int64": (np.array([1, -2, 3]), "integer", [1, -2, 3]),
    "int8": (np.array([1, -2, 3], dtype="int8"), "integer", [1, -2, 3]),
    "uint16": (np.array([1, 2, 3], dtype="uint16"), "integer", [1, 2, 3]),
    "uint64": (np.array([1, 2, 2**63 - 1], dtype="uint64"), "integer", [1, 2, 2**63 - 1]),
    "large int64": (np.array([2**53 + 1, 2**63 - 1, 0]), "integer", [2**53 + 1, 2**63 - 1, 0]),
    "float64": (np.array([1.0, np.nan, 0.1]), "float", [1, None, 0.1]),
    "float32": (np.array([0.5, np.nan, 2], dtype="float32"), "float", [0.5, None, 2]),
    "float16": (np.array([0.5, np.nan, 2], dtype="float16"), "float", [0.5, None, 2]),
    "bool": (np.array([True, False, True]), "boolean", [True, False, True]),
    "Int64": (pd.array([1, pd.NA, 2**53 + 1], "Int64"), "integer", [1, None, 2**53 + 1]),
    "UInt8": (pd.array([1, pd.NA, 3], "UInt8"), "integer", [1, None, 3]),
    "Float64": (pd.array([1.5, pd.NA, 3], "Float64"), "float", [1.5, None, 3]),
    "boolean": (pd.array([True, pd.NA, False], "boolean"), "boolean", [True, None, False]),
    "string": (pd.array(["a", pd.NA, ""], "string"), "string", ["a", None, ""]),
    "str": (pd.Series(["a", None, 'b"\\'], dtype="str").array, "string", ["a", None, 'b"\\']),
    "object str": (np.array(["a", None, "nan"], dtype=object), "string", ["a", None, "nan"]),
    "object int": (np.array([1, np.nan, 3], dtype=object), "integer", [1, None, 3]),
    "object bool": (np.array([True, None, False], dtype=object), "boolean", [True, None, False]),
    "object NA": (np.array([1.5, pd.NA, pd.NaT], dtype=object), "float", [1.5, None, None]),
    "object Decimal": (
        np.array([Decimal("1.5"), None, Decimal("NaN")], dtype=object),
        "float",
        [1.5, None, None],
    ),
    "category str": (pd.Categorical(["a", None, "b"]), "string", ["a", None, "b"]),
    "category int": (pd.Categorical([1, None, 3]), "integer", [1, None, 3]),
    "category bool": (pd.Categorical([True, None, False]), "boolean", [True, None, False]),
    "arrow int64": (arrow([1, None, 2**53 + 1], pa.int64()), "integer", [1, None, 2**53 + 1]),
    "arrow uint8": (arrow([1, None, 3], pa.uint8()), "integer", [1, None, 3]),
    "arrow double": (arrow([1.5, None, 3], pa.float64()), "float", [1.5, None, 3]),
    "arrow float": (arrow([1.5, None, 3], pa.float32()), "float", [1.5, None, 3]),
    "arrow bool": (arrow([True, None, False], pa.bool_()), "boolean", [True, None, False]),
    "arrow string": (arrow(["a", None, ""], pa.string()), "string", ["a", None, ""]),
    "arrow large_string": (arrow(["a", None, ""], pa.large_string()), "string", ["a", None, ""]),
    "arrow dictionary": (
        arrow(["a", None, "b"], pa.dictionary(pa.int32(), pa.string())),
        "string",
        ["a", None, "b"],
    ),
    "arrow decimal": (
        arrow([Decimal("1.50"), None, Decimal("2.25")], pa.decimal128(10, 2)),
        "float",
        [1.5, None, 2.25],
    ),
    "sparse": (pd.arrays.SparseArray([1.5, np.nan, 3]), "float", [1.5, None, 3]),
}


@pytest.mark.parametrize("dtype", DTYPES)
def test_column_is_kept_with_its_type(
    blocking: AsyncInfluxDBClient, database: Database, dtype: str
) -> None:
    values, kind, stored = DTYPES[dtype]
    df = pd.DataFrame({"f": values}, index=index(3))
    df["always"] = True
    blocking.write(df, "m")
    assert database.types() == {"f": kind, "always": "boolean"}
    assert [p["fields"].get("f") for p in database.points()] == stored


def test_object_column_of_several_types_is_typed_value_by_value(wire: Wire) -> None:
    df = frame(f=pd.Series([1, "x", True, 0.5], dtype=object))
    lines = [line.split(" ")[1] for line in wire(df, "m")]
    assert lines == ["f=1i", 'f="x"', "f=true", "f=0.5"]


@pytest.mark.parametrize(
    "values",
    [
        pd.to_datetime(["2009-11-10", "2009-11-11"]),
        pd.to_datetime(["2009-11-10", "2009-11-11"]).tz_localize("UTC"),
        pd.to_timedelta([1, 2]),
        np.array([pd.Timestamp(0), None], dtype=object),
        np.array([date(2009, 11, 10), None], dtype=object),
        np.array([[1], [2]], dtype=object).tolist(),
        np.array([b"x", b"y"], dtype=object),
        np.array([1j, 2j]),
        arrow([date(2009, 11, 10), None], pa.date32()),
        arrow([[1], None], pa.list_(pa.int64())),
    ],
    ids=["datetime", "tz", "timedelta", "Timestamp", "date", "list", "bytes", "complex", "a", "b"],
)
def test_column_that_is_no_field_is_refused_by_its_name(client: Calls, values: Any) -> None:
    df = pd.DataFrame({"good": [1, 2], "the column": values}, index=index(2))
    with pytest.raises(TypeError, match="`the column`"):
        client.write(df, "m")


@pytest.mark.parametrize("dtype", ["float64", "float32", "Float64", object, "float64[pyarrow]"])
def test_infinity_is_refused(client: Calls, database: Database, dtype: Any) -> None:
    df = pd.DataFrame({"x": pd.Series([1.0, float("inf")]).astype(dtype).array}, index=index(2))
    with pytest.raises(ValueError, match=r"`x`"):
        client.write(df, "m")
    assert database.points() == []


def test_uint64_beyond_the_range_is_refused(client: Calls) -> None:
    df = pd.DataFrame({"x": np.array([1, 2**63], dtype="uint64")}, index=index(2))
    with pytest.raises(ValueError, match=r"`x`.*9223372036854775808"):
        client.write(df, "m")


def test_row_without_fields_is_skipped_with_one_logged_warning(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    df = frame(a=[1.5, np.nan, np.nan], b=["x", None, None], tag=["t", "t", "t"])
    assert wire(df, "m", ["tag"]) == [f'm,tag=t a=1.5,b="x" {NOV}']
    (record,) = [r for r in caplog.records if r.name == "aioinflux"]
    assert record.levelno == logging.WARNING
    assert "2 points" in record.getMessage()


def test_views_and_slices_are_read_right(wire: Wire) -> None:
    df = frame(f=range(10), g=[str(n) for n in range(10)])
    assert wire(df.iloc[::-3], "m") == [f'm f={n}i,g="{n}" {NOV + n}' for n in (9, 6, 3, 0)]


# Column names


@pytest.mark.parametrize(
    "name",
    ["with space", "class", "1st", "_hidden", "a,b=c", "é🚀", "a=nan ,", "{0}", "\\x", "time."],
)
def test_column_of_any_name(client: Calls, database: Database, name: str) -> None:
    client.write(pd.DataFrame({name: [0.5], "t": ["q a=nan w, z"]}, index=index(1)), "m")
    assert database.points()[0]["fields"] == {name: 0.5, "t": "q a=nan w, z"}


def test_column_that_is_no_string_is_converted_with_a_warning(wire: Wire) -> None:
    df = pd.DataFrame([[1, 2]], index=index(1))
    with pytest.warns(UserWarning, match="[Nn]on-string"):
        assert wire(df, "m") == [f"m 0=1i,1=2i {NOV}"]


def test_duplicate_columns_are_refused(client: Calls) -> None:
    df = pd.DataFrame([[1, 2]], columns=["a", "a"], index=index(1))
    with pytest.raises(ValueError, match="`a`"):
        client.write(df, "m")


@pytest.mark.parametrize("name", ["time", "", "back\\", "nul\0"])
def test_column_that_no_server_holds_is_refused(client: Calls, name: str) -> None:
    with pytest.raises(ValueError, match="field"):
        client.write(pd.DataFrame({name: [1]}, index=index(1)), "m")


def test_nothing_in_a_name_is_run_as_code(client: Calls, database: Database) -> None:
    name = 'm{__import__("os").getpid()}'
    client.write(pd.DataFrame({name: [1]}, index=index(1)), name)
    (point,) = database.points()
    assert (point["measurement"], point["fields"]) == (name, {name: 1})


# Tags


@pytest.mark.parametrize("columns", [["b", "a"], ("b", "a"), {"a", "b"}, iter(["a", "b"])])
def test_tag_columns_are_any_iterable_and_are_sorted(wire: Wire, columns: Any) -> None:
    df = frame(b=["2"], f=[1], a=["1"])
    assert wire(df, "m", tag_columns=columns) == [f"m,a=1,b=2 f=1i {NOV}"]


def test_text_as_tag_columns_is_refused(client: Calls) -> None:
    with pytest.raises(TypeError, match="tag_columns"):
        client.write(frame(a=["1"], f=[1]), "m", tag_columns="a")


def test_unknown_tag_column_is_refused(client: Calls) -> None:
    with pytest.raises(ValueError, match="`host`"):
        client.write(frame(f=[1]), "m", tag_columns=["host"])


def test_empty_tags_are_left_out(wire: Wire) -> None:
    tags = pd.Series(["a", None, float("nan"), pd.NA, ""], dtype=object)
    lines = wire(frame(f=range(5), t=tags), "m", ["t"])
    assert lines == [f"m,t=a f=0i {NOV}", *(f"m f={n}i {NOV + n}" for n in range(1, 5))]


@pytest.mark.parametrize(
    "values",
    [
        pd.Categorical(["y z", None, "a,b"]),
        pd.array(["y z", pd.NA, "a,b"], "string"),
        pd.Series(["y z", None, "a,b"], dtype="str").array,
        arrow(["y z", None, "a,b"], pa.string()),
        arrow(["y z", None, "a,b"], pa.dictionary(pa.int8(), pa.string())),
    ],
    ids=["category", "string", "str", "arrow", "dictionary"],
)
def test_tag_column_of_each_text_dtype(
    blocking: AsyncInfluxDBClient, database: Database, values: Any
) -> None:
    df = pd.DataFrame({"f": [1, 2, 3], "the tag": values}, index=index(3))
    blocking.write(df, "me as", ["the tag"])
    stored = {p["time"] - NOV: p["tags"] for p in database.points()}
    assert stored == {0: {"the tag": "y z"}, 1: {}, 2: {"the tag": "a,b"}}


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([5, 6], ["5", "6"]),
        ([True, False], ["True", "False"]),
        ([0.5, 1.0], ["0.5", "1.0"]),
        (pd.Categorical([5, 6]), ["5", "6"]),
    ],
    ids=["int", "bool", "float", "category"],
)
def test_tags_that_are_no_strings_are_converted_with_a_warning(
    wire: Wire, values: Any, texts: list[str]
) -> None:
    df = pd.DataFrame({"f": [1, 1], "t": values}, index=index(2))
    with pytest.warns(UserWarning, match="[Nn]on-string"):
        lines = wire(df, "m", ["t"])
    assert lines == [f"m,t={text} f=1i {NOV + n}" for n, text in enumerate(texts)]


def test_extra_tags_are_tags_and_nothing_else(client: Calls, database: Database) -> None:
    client.write(frame(f=[1]), "m", mytag="x")
    assert database.types() == {"f": "integer"}
    assert database.points()[0]["tags"] == {"mytag": "x"}


def test_extra_tag_beats_a_tag_column(wire: Wire) -> None:
    assert wire(frame(f=[1], t=["old"]), "m", ["t"], t="new") == [f"m,t=new f=1i {NOV}"]


def test_extra_tag_named_like_a_field_leaves_the_field(wire: Wire) -> None:
    assert wire(frame(f=[1]), "m", f="x") == [f"m,f=x f=1i {NOV}"]


def test_all_columns_tags_leaves_no_fields(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    assert wire(frame(t=["a"]), "m", ["t"]) == []
    assert "1 point" in caplog.text


def test_newlines_in_names_and_tags_are_removed_with_one_warning(
    blocking: AsyncInfluxDBClient, database: Database
) -> None:
    df = pd.DataFrame({"a\nb": ["x\ny"], "t\n": ["v\nw"]}, index=index(1))
    with pytest.warns(UserWarning, match="newline") as warned:
        blocking.write(df, "m\n", ["t\n"])
    assert len(warned) == 1
    (point,) = database.points()
    assert (point["measurement"], point["tags"]) == ("m", {"t": "vw"})
    assert point["fields"] == {"ab": "x\ny"}


@pytest.mark.parametrize("value", ["back\\", "nul\0"])
def test_tag_that_no_server_holds_is_refused_by_its_place(
    client: Calls, database: Database, value: str
) -> None:
    with pytest.raises(ValueError, match=r"point 1: tag `t`"):
        client.write(frame(f=[1, 2], t=["good", value]), "m", ["t"])
    assert database.points() == []


def test_frame_is_not_changed(blocking: AsyncInfluxDBClient) -> None:
    df = frame(f=[1.5, np.nan], t=["a", None])
    before = df.copy(deep=True)
    blocking.write(df, "m", ["t"], host="x")
    pd.testing.assert_frame_equal(df, before)


def test_frames_in_a_list_with_points_and_text(wire: Wire) -> None:
    data = [frame(f=[1]), "m f=2i 2", {"fields": {"f": 3}, "time": 3}, [frame(f=[4])]]
    assert wire(data, "m") == [f"m f=1i {NOV}", "m f=2i 2", "m f=3i 3", f"m f=4i {NOV}"]


def test_dict_points_ignore_tag_columns(wire: Wire) -> None:
    data = [frame(f=[1], t=["a"]), {"fields": {"f": 3}, "time": 3}]
    assert wire(data, "m", ["t"]) == [f"m,t=a f=1i {NOV}", "m f=3i 3"]
