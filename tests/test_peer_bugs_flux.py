"""Tests for bugs of other clients that read answers to Flux, with one test for each bug: our client
must not have them.

The names of the tests contain the number of the bug or complaint in our survey of other clients
("peers"). Each docstring describes what other clients do or did.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import polars as pl
import pytest

from aioinflux import parse_response
from aioinflux.exceptions import InfluxDBDecodeError, InfluxDBQueryError
from flux_reference import CSV, block, captured, csv

TIME = "2023-11-14T22:13:20.123456789Z"
TIME_NS = 1_700_000_000_123_456_789


def parse(body: bytes, output: str = "dicts", **options: Any) -> Any:
    return parse_response(body, CSV, output, **options)  # type: ignore[arg-type]


def test_bug_28_answers_that_are_pivoted_or_have_empty_values_are_read() -> None:
    """influxdb2 (Rust) panics if an answer is pivoted in the query, or a `_value` is empty."""
    assert [len(rows) for _, rows in parse(captured("flux pivot"))] == [1, 25]
    values = [row["_value"] for row in parse(captured("flux windows"))]
    assert values[:3] == [None, None, 5.0]


def test_complaint_18_integers_next_to_nulls_are_exact() -> None:
    """influxdb-client turns a column of integers into floats if one of them is missing, which
    rounds those beyond 2^53."""
    big = 2**53 + 1
    body = csv(block("n", "long", ["0", str(big)], ["0", ""]))
    frame = parse(body, "pandas")
    assert frame.dtypes["n"] == pd.Int64Dtype()
    assert frame["n"].iloc[0] == big
    assert parse(body, "polars")["n"].to_list() == [big, None]


def test_complaint_18_unsigned_integers_are_exact() -> None:
    """influxdb-client returns unsigned integers next to missing values as floats, too."""
    body = csv(block("n", "unsignedLong", ["0", str(2**64 - 1)], ["0", ""]))
    frame = parse(body, "pandas")
    assert frame.dtypes["n"] == pd.UInt64Dtype()
    assert frame["n"].iloc[0] == 2**64 - 1


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_complaint_18_cells_with_line_ends_are_whole(output: str) -> None:
    """influxdb-client splits an answer into lines before it reads the quotes in them, so that a
    cell with a newline breaks the row, or the whole answer."""
    body = csv(block("s n", "string long", ["0", 'a\r\nb,"c"', "1"], ["0", "\r\n\r\n", "2"]))
    made = parse(body, output)
    assert list(made["s"]) == ['a\r\nb,"c"', "\r\n\r\n"]
    assert list(made["n"]) == [1, 2]


def test_complaint_20_large_answers_are_read_in_batches() -> None:
    """Clients that collect an answer before they return its first row run out of memory."""
    rows = [["0", str(n)] for n in range(50_000)]
    batches = parse(csv(block("n", "long", *rows)), "pandas", chunked=True)
    first = next(batches)
    assert 0 < len(first) < 50_000
    assert len(first) + sum(map(len, batches)) == 50_000


@pytest.mark.parametrize("output", ["dict", "rows", "pandas"])
def test_complaint_21_an_answer_that_was_cut_is_an_error(output: str) -> None:
    """influxdb-client-go returns the rows before a broken connection as if they were all."""
    body = captured("flux cpu")
    for end in (len(body) - 2, len(body) // 2, len(body) // 3):
        with pytest.raises(InfluxDBDecodeError):
            parse(body[:end], output)
    # The end of one table is not the end of the answer if a row of the next one follows.
    at = body.index(b"\r\n\r\n") + 4
    with pytest.raises(InfluxDBDecodeError):
        parse(body[: at + 20], output)


def test_complaint_21_an_error_after_rows_is_an_error() -> None:
    """An error that occurs after the first row comes as a table, after the status 200."""
    with pytest.raises(InfluxDBQueryError, match="cannot convert string") as info:
        parse(captured("flux error after rows of another yield"), "pandas")
    assert info.value.result["a"].tolist() == [1, 2]


@pytest.mark.parametrize("output", ["rows", "dicts", "pandas", "polars", "pyarrow"])
def test_complaint_25_times_keep_nanoseconds(output: str) -> None:
    """influxdb-client reads times as `datetime` unless a global option is set, and loses the last
    three digits."""
    made = parse(csv(block("_time", "dateTime:RFC3339", ["0", TIME])), output)
    if output in ("rows", "dicts"):
        (row,) = made
        found = row["_time"] if output == "dicts" else row[2]
    elif output == "pandas":
        found = made.index[0].value
    else:
        found = pl.DataFrame(made)["_time"].dt.timestamp("ns")[0]
    assert found == TIME_NS


def test_complaint_29_the_shape_does_not_depend_on_the_number_of_tables() -> None:
    """influxdb-client returns a DataFrame or a list of them, depending on the data."""
    one = block("host n", "string long", ["0", "a", "1"], groups="host")
    two = block("host dc n", "string string long", ["1", "b", "x", "2"], groups="host dc")
    for body in (csv(one), csv(one, two)):
        assert isinstance(parse(body, "pandas", tables="one"), pd.DataFrame)
        assert isinstance(parse(body, "pandas", tables="schema"), list)
        assert isinstance(parse(body, "pandas", pivot=True), pd.DataFrame)


def test_complaint_29_columns_of_frames_have_types() -> None:
    """influxdb-client returns columns of the dtype `object` for texts and booleans with nulls."""
    frame = parse(csv(block("s b", "string boolean", ["0", "x", "true"], ["0", "", ""])), "pandas")
    assert frame.dtypes["b"] == pd.BooleanDtype()
    assert pd.api.types.is_string_dtype(frame.dtypes["s"])
    assert [pd.isna(value) for value in frame["s"]] == [False, True]


def test_complaint_29_fields_become_columns_without_a_pivot_in_the_query() -> None:
    """Users of influxdb-client must pivot in the query, which is slow and forgets the types of
    fields that are missing in the first table."""
    frame = parse(captured("flux cpu"), "pandas", pivot=True)
    dtypes = {name: str(frame.dtypes[name]) for name in ("value", "count", "up")}
    assert dtypes == {"value": "float64", "count": "Int64", "up": "boolean"}


@pytest.mark.parametrize("text", ["+Inf", "-Inf", "NaN"])
def test_numbers_that_are_no_decimals_are_read(text: str) -> None:
    """Parsers that know only decimals reject the server's `+Inf`, `-Inf` and `NaN`."""
    (row,) = parse(csv(block("f", "double", ["0", text])))
    assert row["f"] == float(text) or (math.isnan(row["f"]) and text == "NaN")


def test_names_of_results_are_columns() -> None:
    """influxdb-client shows `_result` for the results of all yields, whose names are only in the
    annotation `#default`."""
    made = parse(captured("flux two yields"), "pandas")
    assert [set(frame["result"]) for _, frame in made] == [{"a"}, {"a"}, {"b"}]


def test_columns_with_special_names_are_no_annotations() -> None:
    """Readers that look for `#` at the start of any cell take a value for an annotation."""
    body = csv(block("s", "string", ["0", "#datatype"], ["0", "#default"]))
    assert [row["s"] for row in parse(body)] == ["#datatype", "#default"]
