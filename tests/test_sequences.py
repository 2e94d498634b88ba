"""Tests `Rows` and `Table` as sequences: their indices, slices, pickles and copies."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import aioinflux
from aioinflux import InfluxDBClient, parse_response
from support import Database

CHUNK = 7
ROWS = 20


def columns() -> list[str]:
    return ["time", "f", "i", "u", "b", "s", "n"]


def row(number: int) -> list[Any]:
    """Returns a row with a value of every type, or with nulls."""
    if number % 5 == 4:
        return [number, None, None, None, None, None, None]
    return [
        number * 10**9, number + 0.5, -number, 2**64 - 1 - number, number % 2 == 0,
        "ä\u0000😀" * (number % 3), None,
    ]  # fmt: skip


def body(count: int = ROWS, **series: Any) -> bytes:
    """Returns a chunked answer that is decoded in several batches."""
    documents = []
    for start in range(0, max(count, 1), CHUNK):
        values = [row(number) for number in range(start, min(count, start + CHUNK))]
        one = {"name": "m", **series, "columns": columns(), "values": values}
        part = {"statement_id": 0, "series": [one]}
        if start + CHUNK < count:
            one["partial"] = part["partial"] = True
        documents.append(json.dumps({"results": [part]}))
    return "\n".join(documents).encode()


def expected(output: str, count: int = ROWS) -> list[Any]:
    tuples = [tuple(row(number)) for number in range(count)]
    if output == "dicts":
        return [dict(zip(columns(), one, strict=True)) for one in tuples]
    return tuples


@pytest.fixture(params=["rows", "dicts", "arrow"])
def output(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_every_index_is_a_row(output: Any) -> None:
    made, rows = parse_response(body(), output=output), expected(output)
    assert len(made) == ROWS
    for index in range(-ROWS, ROWS):
        assert made[index] == rows[index]
    assert type(made[0]) is (dict if output == "dicts" else tuple)
    assert list(made) == rows
    assert list(reversed(made)) == rows[::-1]
    assert rows[3] in made


@pytest.mark.parametrize("index", [np.int64(3), np.uint8(3), True])
def test_index_is_any_integer(output: Any, index: Any) -> None:
    assert parse_response(body(), output=output)[index] == expected(output)[index]


@pytest.mark.parametrize("index", [ROWS, -ROWS - 1, 2**70, -(2**70)])
def test_index_out_of_range_is_told(output: Any, index: int) -> None:
    with pytest.raises(IndexError, match=f"row {index} is out of range: 20 rows"):
        parse_response(body(), output=output)[index]


@pytest.mark.parametrize("index", ["f", 1.0, None, (1, 2), [1]])
def test_index_of_another_type_is_refused_with_a_hint(output: Any, index: Any) -> None:
    kind = type(index).__name__
    with pytest.raises(TypeError, match=f"index: expected int or slice, got `{kind}`; hint"):
        parse_response(body(), output=output)[index]


SLICES = [
    slice(None), slice(0), slice(3), slice(5, 16), slice(7, 14), slice(-3, None), slice(18, 99),
    slice(99, 100), slice(10, 5), slice(None, None, 2), slice(1, 18, 3), slice(None, None, -1),
    slice(15, 2, -4), slice(None, None, 100), slice(np.int64(2), np.int64(9)),
]  # fmt: skip


@pytest.mark.parametrize("part", SLICES, ids=str)
def test_slice_is_of_the_same_type(output: Any, part: slice) -> None:
    made = parse_response(body(), output=output)
    found = made[part]
    assert type(found) is type(made)
    assert list(found) == expected(output)[part]
    assert (found.name, found.tags, found.columns) == (made.name, made.tags, made.columns)
    # The following lines test a slice of a slice, and a row of a slice.
    assert list(found[1:4]) == expected(output)[part][1:4]
    if len(found):
        assert found[-1] == expected(output)[part][-1]
    assert repr(found)


@pytest.mark.parametrize("part", SLICES, ids=str)
def test_slice_of_a_table_is_a_table_for_others(part: slice) -> None:
    whole = parse_response(body(), output="arrow")
    rows = pa.table(whole).to_pylist()
    assert pa.table(whole[part]).to_pylist() == rows[part]
    assert pa.table(whole[part]).schema == pa.table(whole).schema
    assert pl.DataFrame(whole[part]).rows() == pl.DataFrame(whole).rows()[part]


def test_slice_of_zero_step_is_refused(output: Any) -> None:
    with pytest.raises(ValueError, match="zero"):
        parse_response(body(), output=output)[::0]


@pytest.mark.parametrize("as_categories", [False, True])
def test_tags_are_cells_of_rows_and_slices(output: Any, as_categories: bool) -> None:
    raw = body(tags={"h": "ü", "f": "tag"})
    made = parse_response(raw, output=output, tags_as_categories=as_categories)
    assert list(made[-1].values() if output == "dicts" else made[-1])[-2:] == ["tag", "ü"]
    assert list(made[::-7]) == list(made)[::-7]
    assert made[3:5].tags == {"h": "ü", "f": "tag"}
    if output == "arrow":
        kind = pa.table(made).schema.field("h").type
        assert pa.table(made[::3]).schema.field("h").type == kind
        assert pa.types.is_dictionary(kind) is as_categories


def test_times_of_rows_are_in_the_unit_that_was_asked_for(database: Database) -> None:
    server = database.server
    client = InfluxDBClient(server.host, server.port, db=database.name, mode="blocking")
    client.write([f"m f={n}i {n * 10**9}" for n in range(5)])
    rows = client.query("SELECT f FROM m", output="rows", epoch="s")
    assert (rows[3], list(rows[1:3])) == ((3, 3), [(1, 1), (2, 2)])
    assert list(pickle.loads(pickle.dumps(rows))[-1:]) == [(4, 4)]


def test_a_series_without_rows_is_an_empty_sequence(output: Any) -> None:
    made = parse_response(body(0), output=output)
    for one in (made, made[:], pickle.loads(pickle.dumps(made))):
        assert (len(one), list(one), one.columns) == (0, [], made.columns)
        with pytest.raises(IndexError):
            one[0]


# Pickles


def same(one: Any, other: Any) -> None:
    assert type(one) is type(other)
    assert list(one) == list(other)
    assert (one.name, one.tags, one.columns, repr(one)) == (
        other.name, other.tags, other.columns, repr(other),
    )  # fmt: skip
    if isinstance(one, aioinflux.Table):
        assert one.types == other.types
        assert pa.table(one).equals(pa.table(other), check_metadata=True)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("part", [slice(None), slice(5, 16), slice(9, 2, -3), slice(0)], ids=str)
@pytest.mark.parametrize("as_categories", [False, True])
def test_pickle_gives_back_the_same(
    output: Any, part: slice, protocol: int, as_categories: bool
) -> None:
    raw = body(tags={"h": "ü", "f": "tag"})
    made = parse_response(raw, output=output, tags_as_categories=as_categories)[part]
    same(pickle.loads(pickle.dumps(made, protocol)), made)


def test_pickle_of_several_series(output: Any) -> None:
    series = [json.loads(body(3, tags={"h": h}))["results"][0]["series"][0] for h in "ab"]
    raw = json.dumps({"results": [{"statement_id": 0, "series": series}]}).encode()
    made = parse_response(raw, output=output)
    again = pickle.loads(pickle.dumps(made))
    assert type(again) is aioinflux.SeriesList
    for (name, one), (other_name, other) in zip(made, again, strict=True):
        assert name == other_name
        same(one, other)


def test_pickle_of_a_slice_holds_the_slice_alone(output: Any) -> None:
    values = [[n, "text " * 20] for n in range(10_000)]
    one = {"name": "m", "columns": ["time", "s"], "values": values}
    raw = json.dumps({"results": [{"statement_id": 0, "series": [one]}]}).encode()
    made = parse_response(raw, output=output)
    assert len(pickle.dumps(made)) < 10_000 * (100 + 8 + 4) * 1.1
    assert len(pickle.dumps(made[500:510])) < 5_000


def test_columns_whose_type_changes_go_through_pickle() -> None:
    documents = [
        {"columns": ["time", "v"], "values": [[1, 1]], "partial": True},
        {"columns": ["time", "v"], "values": [[2, "text"]]},
    ]
    raw = "\n".join(
        json.dumps({"results": [{"statement_id": 0, "series": [{"name": "m", **one}]}]})
        for one in documents
    ).encode()
    made = parse_response(raw, output="rows")
    assert list(pickle.loads(pickle.dumps(made))) == list(made) == [(1, 1), (2, "text")]


def test_columns_of_the_same_name_go_through_pickle(output: Any) -> None:
    one = {"name": "m", "tags": {"f": "x"}, "columns": ["f", "f"], "values": [[1, 2]]}
    raw = json.dumps({"results": [{"statement_id": 0, "series": [one]}]}).encode()
    made = parse_response(raw, output=output)
    assert made.columns == ["f", "f_1", "f_2"]
    same(pickle.loads(pickle.dumps(made)), made)


def test_copies_are_the_same_object(output: Any) -> None:
    made = parse_response(body(), output=output)
    assert copy.copy(made) is made
    assert copy.deepcopy([made])[0] is made


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda state: ("9 little", *state[1:]), "expected format"),
        (lambda state: (*state[:3], ["one", "two"], state[4]), "number of columns"),
        (lambda state: with_column(state, ("integer", b"12", None, None)), "length"),
        (lambda state: with_column(state, ("integer", b"12345678", None, b"")), "length"),
        (lambda state: with_column(state, ("other", b"", None, None)), "unknown kind"),
        (lambda state: with_column(state, ("string", b"ab", ends(0, 3), None)), "pickled rows"),
        (lambda state: with_column(state, ("string", b"ab", ends(2, 0), None)), "out of order"),
        (lambda state: with_column(state, ("string", b"ab", None, None)), "length"),
        (lambda state: with_column(state, ("string", b"\xff", ends(0, 1), None)), "(?i)utf-?8"),
        (lambda state: with_column(state, ("boolean", b"", None, None)), "length"),
    ],
)
def test_pickle_that_was_changed_is_refused(change: Any, text: str) -> None:
    one = {"name": "m", "columns": ["f"], "values": [[1]]}
    raw = json.dumps({"results": [{"statement_id": 0, "series": [one]}]}).encode()
    for output in ("rows", "arrow"):
        make, (state, *rest) = parse_response(raw, output=output).__reduce__()
        make(state, *rest)
        with pytest.raises(ValueError, match=text):
            make(change(state), *rest)


def with_column(state: Any, column: Any) -> Any:
    return (*state[:4], [(1, [column])])


def ends(*numbers: int) -> bytes:
    return np.array(numbers, "i4").tobytes()


def test_what_others_make_of_a_table_is_what_it_was() -> None:
    made = parse_response(body(), output="arrow")
    assert pa.table(made).num_rows == pl.DataFrame(made).height == ROWS
    rows = parse_response(body(), output="dicts")
    assert list(pd.DataFrame(rows[2:4])["i"]) == [-2, -3]
