"""Tests the arguments `tables` and `columns`, which arrange the tables of answers to Flux."""

from __future__ import annotations

from typing import Any

import pandas as pd
import polars as pl
import pytest

from aioinflux import parse_response
from aioinflux._series import SeriesList
from flux_reference import CSV, arranged, block, captured, csv, read

# Two tables with a float, one with a tag more, and one with an integer.
FLOATS = block(
    "_time _value _field host", "dateTime:RFC3339 double string string",
    ["0", "2023-01-01T00:00:00Z", "1.5", "f", "a"],
    ["1", "2023-01-01T00:00:00Z", "2.5", "f", "b"],
    groups="_field host",
)  # fmt: skip
TAGGED = block(
    "_time _value _field host dc", "dateTime:RFC3339 double string string string",
    ["2", "2023-01-01T00:00:01Z", "3.5", "f", "c", "x"], groups="_field host dc",
)  # fmt: skip
INTEGERS = block(
    "_time _value _field host", "dateTime:RFC3339 long string string",
    ["3", "2023-01-01T00:00:00Z", "7", "i", "a"], groups="_field host",
)  # fmt: skip
OUTPUTS = ["pandas", "polars", "pyarrow", "arrow", "rows", "dicts"]


def parse(body: bytes, output: str = "dicts", **options: Any) -> Any:
    return parse_response(body, CSV, output, **options)  # type: ignore[arg-type]


def values(made: Any) -> list[Any]:
    """Returns the values of a table of any kind."""
    if isinstance(made, pd.DataFrame):
        return list(made["_value"])
    if hasattr(made, "_rows"):
        rows: list[dict[str, Any]] = pl.DataFrame(made).to_dicts() if hasattr(made, "types") else []
        dicts = rows or [dict(zip(made.columns, row, strict=True)) for row in made]
        return [row["_value"] for row in dicts]
    return list(pl.DataFrame(made)["_value"])


@pytest.mark.parametrize("output", ["pandas", "polars", "pyarrow", "arrow", "rows"])
def test_tables_of_one_schema_become_one(output: str) -> None:
    assert values(parse(csv(FLOATS), output)) == [1.5, 2.5]
    apart = csv(FLOATS, TAGGED, FLOATS)
    made = parse(apart, output)
    assert isinstance(made, SeriesList)
    assert [values(one) for _, one in made] == [[1.5, 2.5, 1.5, 2.5], [3.5]]


@pytest.mark.parametrize("output", OUTPUTS)
def test_tables_by_schema_are_always_a_list(output: str) -> None:
    made = parse(csv(FLOATS), output, tables="schema")
    assert isinstance(made, SeriesList)
    assert [(name, len(one)) for name, one in made] == [("_result", 2)]
    assert len(parse(csv(FLOATS, TAGGED, INTEGERS), output, tables="schema")) == 3


@pytest.mark.parametrize("output", OUTPUTS)
def test_each_table_of_the_server_is_one(output: str) -> None:
    made = parse(csv(FLOATS, TAGGED), output, tables="each")
    assert isinstance(made, SeriesList)
    assert [len(one) for _, one in made] == [1, 1, 1]
    body = captured("flux cpu")
    lengths = [len(rows) for rows in arranged(read(body), "each")]
    assert [len(one) for _, one in parse(body, output, tables="each")] == lengths


def test_each_table_is_named_by_its_group_key() -> None:
    made = parse(csv(FLOATS, TAGGED), "pandas", tables="each")
    keys = [frame.attrs["group"] for _, frame in made]
    assert keys == [
        {"_field": "f", "host": "a"},
        {"_field": "f", "host": "b"},
        {"_field": "f", "host": "c", "dc": "x"},
    ]


@pytest.mark.parametrize("output", ["pandas", "polars", "pyarrow", "arrow"])
def test_one_table_has_the_columns_of_all(output: str) -> None:
    made = parse(csv(FLOATS, TAGGED), output, tables="one")
    assert values(made) == [1.5, 2.5, 3.5]
    frame = pl.DataFrame(made)
    assert frame["dc"].to_list() == [None, None, "x"]
    assert frame["host"].to_list() == ["a", "b", "c"]


def test_dicts_of_one_table_have_every_key() -> None:
    for output in ("dict", "dicts"):
        rows = list(parse(csv(FLOATS, TAGGED), output, tables="one"))
        assert rows == arranged(read(csv(FLOATS, TAGGED)), "one")[0]
    assert "dc" not in parse(csv(FLOATS, TAGGED), "dict")[0]


def test_the_attrs_of_one_table_have_the_keys_that_all_share() -> None:
    frame = parse(csv(FLOATS, TAGGED), "pandas", tables="one")
    assert frame.attrs == {"result": "_result", "group": ["_field", "host"]}


@pytest.mark.parametrize("output", OUTPUTS)
def test_types_that_conflict_are_refused_in_one_table(output: str) -> None:
    expected = "column `_value`: expected one type in all tables, got double and long"
    with pytest.raises(ValueError, match=expected):
        parse(csv(FLOATS, INTEGERS), output, tables="one")
    # The values do not matter: 1.0 and 1 have different types, too.
    whole = INTEGERS._replace(rows=[])
    with pytest.raises(ValueError, match=expected):
        parse(csv(FLOATS, whole), output, tables="one")


@pytest.mark.parametrize("output", OUTPUTS)
def test_one_table_is_made_of_an_empty_answer(output: str) -> None:
    made = parse(b"\r\n", output, tables="one", columns=["a"])
    assert not isinstance(made, SeriesList)
    assert len(made) == 0


def test_a_long_table_that_comes_in_pieces_is_one_table() -> None:
    rows = [["0", f"2023-01-01T00:00:00.{n:09}Z", str(n), "f", "a"] for n in range(20_000)]
    body = csv(INTEGERS._replace(rows=[["", *row] for row in rows]), INTEGERS)
    made = parse(body, "rows", tables="each")
    assert [len(one) for _, one in made] == [20_000, 1]
    pieces = list(parse(body, "arrow", tables="each", chunked=True))
    assert sum(map(len, pieces)) == 20_001
    assert len(pieces) > 2


def test_batches_are_cut_at_tables() -> None:
    frames = list(parse(csv(FLOATS, TAGGED), "pandas", tables="each", chunked=True))
    assert [frame["host"].tolist() for frame in frames] == [["a"], ["b"], ["c"]]
    assert frames[1].attrs["group"] == {"_field": "f", "host": "b"}


@pytest.mark.parametrize("options", [{"tables": "one"}, {"pivot": True}])
def test_batches_refuse_what_needs_the_whole_answer(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="needs the whole answer, not its batches"):
        parse(csv(FLOATS), "pandas", chunked=True, **options)


def test_columns_are_selected_and_ordered() -> None:
    columns = ["host", "_time", "_value"]
    rows = parse(csv(FLOATS), "rows", columns=columns)
    assert rows.columns == columns
    assert list(rows) == [("a", 1_672_531_200 * 10**9, 1.5), ("b", 1_672_531_200 * 10**9, 2.5)]
    frame = parse(csv(FLOATS), "pandas", columns=iter(columns))
    assert list(frame.columns) == ["host", "_value"]
    assert isinstance(frame.index, pd.DatetimeIndex)
    assert parse(csv(FLOATS), "polars", columns=columns).columns == columns
    assert parse(csv(FLOATS), "pyarrow", columns=columns).column_names == columns
    assert parse(csv(FLOATS), "dict", columns=["host"]) == [{"host": "a"}, {"host": "b"}]
    assert list(parse(csv(FLOATS), "rows", columns=["host"], chunked=True)) == [("a",), ("b",)]


def test_a_table_without_a_selected_column_comes_without_it() -> None:
    made = parse(csv(FLOATS, TAGGED), "rows", columns=["dc", "host"])
    assert [one.columns for _, one in made] == [["host"], ["dc", "host"]]
    one = parse(csv(FLOATS, TAGGED), "rows", columns=["dc", "host"], tables="one")
    assert list(one) == [(None, "a"), (None, "b"), ("x", "c")]


def test_columns_that_no_table_has_are_refused() -> None:
    with pytest.raises(ValueError, match="argument `columns`: no table has a column `hosts`; the"):
        parse(csv(FLOATS), columns=["host", "hosts"])
    with pytest.raises(ValueError, match="argument `columns`: a table has none of the columns"):
        parse(csv(FLOATS, TAGGED), columns=["dc"])


def test_a_batch_may_lack_a_column_that_another_has() -> None:
    body = csv(FLOATS, TAGGED)
    made = list(parse(body, "dicts", columns=["host", "dc"], chunked=True))
    assert made == [{"host": "a"}, {"host": "b"}, {"host": "c", "dc": "x"}]
    with pytest.raises(ValueError, match="a table has none of the columns `dc`"):
        list(parse(body, "dicts", columns=["dc"], chunked=True))


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"tables": "all"}, ValueError, "argument `tables`: expected one of one, schema, each"),
        ({"tables": 1}, ValueError, "argument `tables`: expected one of"),
        ({"columns": "host"}, TypeError, "argument `columns`: expected an iterable of names"),
        ({"columns": [1]}, TypeError, "argument `columns`: expected names, got `int`"),
        ({"columns": []}, ValueError, "argument `columns`: expected at least one name"),
        ({"columns": ["host", "host"]}, ValueError, "column `host` is selected twice"),
        ({"pivot": 1}, TypeError, "argument `pivot`: expected bool"),
        ({"pivot": True, "tables": "each"}, ValueError, "`pivot` makes one table, got 'each'"),
    ],
)
def test_wrong_arguments_are_named(options: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        parse(csv(FLOATS), **options)


def test_a_list_of_dicts_has_no_tables() -> None:
    with pytest.raises(ValueError, match="argument `tables`: `dict` and `json` are one list"):
        parse(csv(FLOATS), "json", tables="each")
