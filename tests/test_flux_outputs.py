"""Tests that answers to Flux come out of every output with all columns and exact values."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import pickle
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from aioinflux import FLOAT, TIMEINT, lineprotocol, parse_response
from aioinflux.exceptions import InfluxDBDecodeError, InfluxDBQueryError
from flux_reference import CSV, arranged, block, captured, csv, read

ROWS = ["rows", "dicts"]
TABLES = ["pandas", "polars", "pyarrow", "arrow"]
ALL = ["dict", "json", "dataframe", *TABLES, *ROWS]
BIG = 2**64 - 1

# Answers with every annotation, as recorded.
RECORDED = [
    "flux cpu", "flux pivot", "flux weird", "flux two yields", "flux mean", "flux buckets",
    "flux types", "flux windows", "flux group all", "flux multiline strings",
    "flux null and empty strings", "flux mixed types one column", "flux schema field keys",
    "flux all types", "flux several tables of one schema", "flux three yields, the middle empty",
    "flux empty kept", "flux empty from a bucket kept", "flux yield of strange names",
    "flux null of every type", "flux unsigned by text", "flux times", "flux strings",
    "flux long unicode cut by chunks", "flux rows cut by chunks", "flux annotations default",
    "flux annotations ", "flux annotations datatype",
]  # fmt: skip

TYPES = block(
    "_time f i u b s d",
    "dateTime:RFC3339 double long unsignedLong boolean string duration",
    ["0", "2023-11-14T22:13:20.123456789Z", "1.5", str(2**53 + 1), str(BIG), "true", "a", "1h30m"],
    ["0", "2023-11-14T22:13:21Z", "", "", "", "", "", ""],
)
FIRST = {
    "result": "_result", "table": 0, "_time": 1_700_000_000_123_456_789, "f": 1.5, "i": 2**53 + 1,
    "u": BIG, "b": True, "s": "a", "d": "1h30m",
}  # fmt: skip
LAST = dict.fromkeys(FIRST) | {"result": "_result", "table": 0, "_time": 1_700_000_001 * 10**9}


def parse(body: bytes, output: str, **options: Any) -> Any:
    return parse_response(body, CSV, output, **options)  # type: ignore[arg-type]


def tables_of(made: Any) -> list[Any]:
    return [one for _, one in made] if isinstance(made, list) else [made]


def same(value: Any) -> Any:
    """Returns a value in a form in which NaN equals NaN."""
    return repr(value) if isinstance(value, float) else value


@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.parametrize("content_type", ["text/csv", "text/csv; charset=utf-8", "Text/CSV"])
def test_recorded_answers_have_the_rows_of_a_slow_reader(name: str, content_type: str) -> None:
    body = captured(name)
    expected = arranged(read(body), "schema")
    made = tables_of(parse_response(body, content_type, "dicts"))
    assert [list(rows) for rows in made] == expected
    in_order = [row for one in read(body) for row in one.dicts()]
    assert parse_response(body, content_type) == in_order


@pytest.mark.parametrize("output", ["pandas", "polars", "pyarrow", "arrow", "rows"])
@pytest.mark.parametrize("name", RECORDED)
def test_all_outputs_have_the_same_columns_and_lengths(name: str, output: str) -> None:
    body = captured(name)
    dicts = tables_of(parse(body, "dicts"))
    made = tables_of(parse(body, output))
    assert [len(one) for one in made] == [len(one) for one in dicts]
    for one, rows in zip(made, dicts, strict=True):
        names = list(getattr(one, "column_names", one.columns))
        has_index = output == "pandas" and isinstance(one.index, pd.DatetimeIndex)
        assert names == [n for n in rows.columns if n != "_time" or not has_index]


@pytest.mark.parametrize("output", ["json", "dict"])
def test_json_is_one_list_of_row_dicts(output: str) -> None:
    assert parse(csv(TYPES), output) == [FIRST, LAST]
    (batch,) = parse(csv(TYPES), output, chunked=True)
    assert batch == [FIRST, LAST]


def test_rows_are_tuples_with_times_in_nanoseconds() -> None:
    rows = parse(csv(TYPES), "rows")
    assert rows.columns == list(FIRST)
    assert list(rows) == [tuple(FIRST.values()), tuple(LAST.values())]
    assert list(parse(csv(TYPES), "rows", chunked=True)) == list(rows)
    assert (rows[-1], len(rows[1:])) == (tuple(LAST.values()), 1)


def test_integers_of_a_dataframe_stay_exact_next_to_nulls() -> None:
    frame = parse(csv(TYPES), "pandas")
    assert (frame.dtypes["i"], frame.dtypes["u"]) == (pd.Int64Dtype(), pd.UInt64Dtype())
    assert frame["i"].iloc[0] == 2**53 + 1
    assert frame["u"].iloc[0] == BIG
    assert frame["i"].isna().tolist() == frame["u"].isna().tolist() == [False, True]
    assert frame.dtypes["b"] == pd.BooleanDtype()
    assert frame["f"].tolist()[0] == 1.5
    assert math.isnan(frame["f"].iloc[1])
    without = parse(csv(TYPES._replace(rows=TYPES.rows[:1])), "pandas")
    assert [without[name].dtype for name in "iub"] == ["int64", "uint64", "bool"]


def test_the_index_of_a_dataframe_is_the_time() -> None:
    frame = parse(captured("flux windows"), "pandas")
    assert isinstance(frame.index, pd.DatetimeIndex)
    assert str(frame.index.dtype) == "datetime64[ns, UTC]"
    rows = parse(captured("flux windows"), "dicts")
    assert frame.index.asi8.tolist() == [row["_time"] for row in rows]
    columns = ["result", "table", "_start", "_stop", "_value", "_field", "_measurement"]
    assert list(frame.columns)[:7] == columns
    assert frame["_start"].iloc[0] == pd.Timestamp("2023-11-14T22:13:00Z")


def test_a_dataframe_without_times_has_row_numbers() -> None:
    frame = parse(captured("flux group all"), "pandas", columns=["_value", "host"])
    assert frame.index.tolist() == [0, 1, 2, 3]
    for one in tables_of(parse(captured("flux mean"), "pandas")):
        assert isinstance(one.index, pd.RangeIndex)
        assert "_start" in one


def test_attrs_have_the_result_and_the_group_key() -> None:
    (one, many) = tables_of(parse(captured("flux mean"), "pandas"))
    times = {"_start": 1_672_531_200 * 10**9, "_stop": 1_704_067_200 * 10**9}
    key = {**times, "_field": "value", "_measurement": "cpu", "host": "h0"}
    assert one.attrs == {"result": "_result", "group": key}
    assert many.attrs == {"result": "_result", "group": [*key, "region"]}


def test_attrs_list_the_results_of_a_frame_with_several() -> None:
    two = [block("a", "long", ["0", "1"], result=name) for name in ("x", "y")]
    frame = parse(csv(*two), "pandas")
    assert frame["result"].tolist() == ["x", "y"]
    assert frame.attrs == {"result": ["x", "y"], "group": []}


@pytest.mark.parametrize("output", TABLES)
def test_the_result_is_named_where_its_cells_are_empty(output: str) -> None:
    made = parse(captured("flux two yields"), output)
    assert [name for name, _ in made] == ["a", "a", "b"]
    for name, one in made:
        assert {row[0] for row in pl.DataFrame(one).select("result").iter_rows()} == {name}


def test_the_dataframes_of_0_9_are_those_of_pandas() -> None:
    first, second = (parse(captured("flux cpu"), output) for output in ("dataframe", "pandas"))
    assert type(first) is type(second)
    for (_, one), (_, other) in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(one, other)
        assert one.attrs == other.attrs
    frame = parse(csv(TYPES), "dataframe")
    pd.testing.assert_frame_equal(frame, parse(csv(TYPES), "pandas"))


def test_polars_and_pyarrow_keep_types_and_nulls() -> None:
    expected = [FIRST, LAST]
    frame = parse(csv(TYPES), "polars")
    assert frame.schema["_time"] == pl.Datetime("ns", "UTC")
    assert (frame.schema["u"], frame.schema["i"]) == (pl.UInt64, pl.Int64)
    ints = frame.with_columns(pl.col("_time").dt.timestamp("ns"))
    assert ints.to_dicts() == expected
    table = parse(csv(TYPES), "pyarrow")
    cast = table.set_column(2, "_time", table["_time"].cast(pa.int64()))
    assert cast.to_pylist() == expected
    assert pa.table(parse(csv(TYPES), "arrow")) == table


def test_arrow_fields_have_the_annotations() -> None:
    field = parse(captured("flux windows"), "pyarrow").schema.field("host")
    assert field.metadata == {b"flux::datatype": b"string", b"flux::group": b"true"}
    metadata = parse(captured("flux windows"), "pyarrow").schema.metadata
    assert metadata == {b"result": b"_result"}


@pytest.mark.parametrize("output", ALL)
def test_an_empty_answer_is_an_empty_list(output: str) -> None:
    for body in (captured("flux empty"), b"\r\n"):
        assert parse(body, output) == []
        assert list(parse(body, output, chunked=True)) == []
        assert parse(body, output, columns=["anything"]) == []


@pytest.mark.parametrize("output", ["pandas", "polars", "pyarrow", "arrow", *ROWS])
def test_a_kept_table_without_rows_keeps_its_columns(output: str) -> None:
    made = parse(captured("flux empty kept"), output)
    assert len(made) == 0
    columns = made.column_names if output == "pyarrow" else list(made.columns)
    assert columns == ["result", "table", "k", "v"]
    if output == "pandas":
        assert made.attrs == {"result": "_result", "group": {"k": "a"}}


def test_the_group_key_of_a_table_without_rows_has_types() -> None:
    frames = parse(captured("flux empty from a bucket kept"), "pandas", tables="each")
    keys = [frame.attrs["group"] for _, frame in frames]
    assert {key["_start"] for key in keys} == {1_672_531_200 * 10**9}
    assert all(key["_measurement"] == "ty" and key["t1"] == "tag" for key in keys)


def test_columns_of_one_name_are_told_apart() -> None:
    body = captured("flux columns of strange names")
    (row,) = parse(body, "dicts")
    assert row == {
        "result": "_result", "table": 0, "a,b": 1, 'c"d': 2, "": 3, "result_1": "r", "table_1": 7,
        "#x": 1, "e\r\nf": 2,
    }  # fmt: skip
    frame = parse(body, "pandas", columns=["table_1", "result_1"])
    assert frame.to_dict("list") == {"table_1": [7], "result_1": ["r"]}
    assert parse(body, "polars").columns == list(row)


def test_cells_with_line_ends_and_commas_are_whole() -> None:
    texts = ["a,b", 'say "hi"', "two\r\nlines", "#datatype", ",", '"']
    body = csv(block("s", "string", *(["0", text] for text in texts)))
    assert [row["s"] for row in parse(body, "dicts")] == texts
    assert parse(body, "pandas")["s"].tolist() == texts
    assert parse(body.replace(b"\r\n", b"\n"), "polars")["s"].to_list()[0] == "a,b"


@pytest.mark.parametrize("output", ALL)
def test_batches_together_have_the_rows_of_the_whole_answer(output: str) -> None:
    body = captured("flux cpu")
    made = list(parse(body, output, chunked=True))
    expected = parse(body, "dict")
    if output in ("dict", "json"):
        assert [row for batch in made for row in batch] == expected
    elif output in ROWS:
        values = expected if output == "dicts" else [tuple(row.values()) for row in expected]
        assert made == values
        schemas = tables_of(parse(body, output))
        assert sorted(map(repr, made)) == sorted(repr(row) for one in schemas for row in one)
    else:
        assert sum(map(len, made)) == len(expected)


def test_an_error_keeps_the_rows_before_it() -> None:
    body = captured("flux error after rows of another yield")
    with pytest.raises(InfluxDBQueryError, match="cannot convert string") as info:
        parse(body, "dicts")
    kept = [{"a": 1, "s": "x"}, {"a": 2, "s": "y"}]
    assert [{"a": row["a"], "s": row["s"]} for row in info.value.result] == kept
    with pytest.raises(InfluxDBQueryError) as info:
        parse(body, "pandas", pivot=True)
    assert info.value.result["a"].tolist() == [1, 2]
    seen = []
    with pytest.raises(InfluxDBQueryError):
        seen.extend(parse(body, "rows", chunked=True))


def test_an_error_is_not_hidden_by_tables_that_cannot_be_arranged() -> None:
    body = captured("flux error after rows of another yield")
    with pytest.raises(InfluxDBQueryError, match="cannot convert string") as info:
        parse(body, "dicts", columns=["nothing"])
    assert info.value.result is None


@pytest.mark.parametrize(
    "body", [b",error,reference\r\n", b"#datatype,string,string\r\n,error,reference\r\n"]
)
def test_the_head_of_an_error_is_an_error(body: bytes) -> None:
    with pytest.raises((InfluxDBQueryError, InfluxDBDecodeError), match="error"):
        parse(body, "dicts")


def test_a_body_that_was_cut_is_never_an_answer() -> None:
    body = csv(TYPES)
    for end in range(len(body) - 2):
        with pytest.raises(InfluxDBDecodeError):
            parse(body[:end], "rows")
        with pytest.raises(InfluxDBDecodeError):
            list(parse(body[:end], "rows", chunked=True))


@pytest.mark.parametrize(
    "body", [b"<html><body>Welcome</body></html>", b'{"results":[]}', b"", b"null", b"a;b\r\n"]
)
def test_other_formats_are_no_answer(body: bytes) -> None:
    with pytest.raises(InfluxDBDecodeError):
        parse(body, "dict")


def test_csv_is_no_answer_to_influxql() -> None:
    with pytest.raises(InfluxDBDecodeError):
        parse_response(csv(TYPES), "application/json")
    with pytest.raises(ValueError, match=r"argument `content_type`.*text/csv, got `text/html`"):
        parse_response(csv(TYPES), "text/html", "rows")


@pytest.mark.parametrize("chunked", [False, True])
def test_the_unit_of_times_is_refused(chunked: bool) -> None:
    with pytest.raises(ValueError, match="argument `epoch`: not for answers to Flux"):
        parse(csv(TYPES), "rows", epoch="s", chunked=chunked)


@pytest.mark.parametrize("output", ["rows", "dicts", "arrow"])
def test_flux_series_are_shown_copied_and_pickled(output: str) -> None:
    made = parse(captured("flux windows"), output)
    assert "_measurement" in repr(made)
    assert "<th>_value<br>" in made._repr_html_()
    again = pickle.loads(pickle.dumps(made))
    assert list(again) == list(made) == list(copy.copy(made))
    assert again.columns == made.columns


@pytest.mark.parametrize("output", ["rows", "arrow", "pandas", "polars", "pyarrow"])
def test_series_lists_are_shown(output: str) -> None:
    made = parse(captured("flux cpu"), output, tables="each")
    assert repr(made).startswith("<13 series, 101 rows>")
    assert "13 series" in made._repr_html_()


def test_infinities_and_nan_are_kept() -> None:
    (row,) = parse(captured("flux inf nan"), "dicts")
    assert [same(row[name]) for name in "abc"] == ["inf", "-inf", "nan"]


def test_answers_to_influxql_refuse_the_arguments_of_flux() -> None:
    body = json.dumps({"results": [{"statement_id": 0}]}).encode()
    for options in ({"tables": "one"}, {"columns": ["a"]}, {"pivot": True}):
        for kind in ("application/json", "application/x-msgpack"):
            with pytest.raises(ValueError, match="only for answers to Flux"):
                parse_response(body, kind, "rows", **options)  # type: ignore[arg-type]


def test_objects_of_an_answer_without_rows_are_no_objects() -> None:
    @lineprotocol(schema={"time": TIMEINT, "v": FLOAT})
    @dataclasses.dataclass
    class Row:
        time: int
        v: float

    assert parse_response(b"\r\n", "text/csv", into=Row) == []
