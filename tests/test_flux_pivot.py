"""Tests `pivot`, which makes a column of each field, and objects made of answers to Flux."""

from __future__ import annotations

import dataclasses
import math
import pickle
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from aioinflux import (
    FLOAT,
    INT,
    MEASUREMENT,
    TAG,
    TIMEINT,
    lineprotocol,
    parse_line_protocol,
    parse_response,
    to_line_protocol,
)
from flux_reference import CSV, Block, block, captured, csv, pivoted, read

DAY = 1_672_531_200 * 10**9
COLUMNS = "_start _stop _time _value _field _measurement host"
START, STOP = "2023-01-01T00:00:00Z", "2023-02-01T00:00:00Z"
OUTPUTS = ["dict", "dicts", "pandas", "polars", "pyarrow", "arrow", "rows"]


def field(name: str, kind: str, values: dict[int, str], *, host: str = "a", **more: str) -> Block:
    """Returns the table of a field in a series, with the value of each second."""
    types = f"dateTime:RFC3339 dateTime:RFC3339 dateTime:RFC3339 {kind} string string string"
    names = " ".join([COLUMNS, *more])
    rows = [
        ["0", START, STOP, f"2023-01-01T00:00:{second:02}Z", value, name, "m", host, *more.values()]
        for second, value in values.items()
    ]
    types = " ".join([types, *["string"] * len(more)])
    return block(names, types, *rows, groups="_start _stop _field _measurement host dc")


FLOATS = field("f", "double", {0: "0.5", 1: "1.5"})
INTEGERS = field("i", "long", {0: str(2**63 - 1), 2: "-1"})
UNSIGNED = field("u", "unsignedLong", {1: str(2**64 - 1)})
BOOLEANS = field("b", "boolean", {0: "true", 1: "false"})
TEXTS = field("s", "string", {0: "a,b", 2: 'say "hi"'})
MIXED = csv(FLOATS, INTEGERS, UNSIGNED, BOOLEANS, TEXTS)
POINTS = [
    {"_time": DAY, "f": 0.5, "i": 2**63 - 1, "u": None, "b": True, "s": "a,b"},
    {"_time": DAY + 10**9, "f": 1.5, "i": None, "u": 2**64 - 1, "b": False, "s": None},
    {"_time": DAY + 2 * 10**9, "f": None, "i": -1, "u": None, "b": None, "s": 'say "hi"'},
]
LINES = (
    'm,host=a f=0.5,i=9223372036854775807i,b=true,s="a,b" 1672531200000000000\n'
    "m,host=a f=1.5,u=18446744073709551615u,b=false 1672531201000000000\n"
    'm,host=a i=-1i,s="say \\"hi\\"" 1672531202000000000\n'
)


def parse(body: bytes, output: str = "dict", **options: Any) -> Any:
    return parse_response(body, CSV, output, **{"pivot": True, **options})  # type: ignore[arg-type]


def lines(table: Any, **options: Any) -> str:
    return to_line_protocol(table, server="2.x", **options).decode()


def test_each_field_becomes_a_column_of_its_type() -> None:
    made = {"_measurement": "m", "host": "a"}
    expected = [{"_time": one["_time"], **made, **one} for one in POINTS]
    assert [list(row.items()) for row in parse(MIXED)] == [list(row.items()) for row in expected]
    frame = parse(MIXED, "pandas")
    assert list(frame.columns) == ["_measurement", "host", "f", "i", "u", "b", "s"]
    assert frame.index.asi8.tolist() == [one["_time"] for one in POINTS]
    dtypes = {"f": "float64", "i": "Int64", "u": "UInt64", "b": "boolean"}
    assert {name: str(frame.dtypes[name]) for name in dtypes} == dtypes
    assert parse(MIXED, "polars").schema["u"] == pl.UInt64
    assert parse(MIXED, "pyarrow").schema.field("i").type == pa.int64()


@pytest.mark.parametrize("output", OUTPUTS)
def test_the_pivot_is_one_table_in_every_output(output: str) -> None:
    made = parse(MIXED, output)
    assert len(made) == 3
    assert len(parse(b"\r\n", output)) == 0


def test_rows_of_a_series_are_in_the_order_of_their_times() -> None:
    late = field("f", "double", {1: "1", 3: "3"})
    early = field("i", "long", {0: "0", 2: "2", 3: "3"})
    assert [row["_time"] - DAY for row in parse(csv(late, early))] == [
        0,
        10**9,
        2 * 10**9,
        3 * 10**9,
    ]
    down = field("f", "double", {3: "3", 1: "1"}), field("i", "long", {2: "2", 0: "0"})
    assert [row["_time"] - DAY for row in parse(csv(*down))] == [
        3 * 10**9, 2 * 10**9, 10**9, 0,
    ]  # fmt: skip
    mixed = field("f", "double", {1: "1", 3: "3"}), field("i", "long", {2: "2", 1: "0"})
    rows = parse(csv(*mixed))
    assert [(row["_time"] - DAY, row["f"], row["i"]) for row in rows] == [
        (10**9, 1.0, 0), (3 * 10**9, 3.0, None), (2 * 10**9, None, 2),
    ]  # fmt: skip


def test_series_that_differ_in_a_tag_have_rows_of_their_own() -> None:
    tagged = field("f", "double", {0: "2"}, dc="x")
    other = field("i", "long", {0: "3"}, host="b")
    rows = parse(csv(FLOATS, tagged, other))
    assert [(row["host"], row["dc"], row["f"], row["i"]) for row in rows] == [
        ("a", None, 0.5, None), ("a", None, 1.5, None), ("a", "x", 2.0, None), ("b", None, None, 3),
    ]  # fmt: skip


def test_a_tag_that_is_null_is_no_tag() -> None:
    empty = field("i", "long", {0: "3"}, dc="")
    (first, _) = parse(csv(FLOATS, empty))
    assert (first["f"], first["i"], first["dc"]) == (0.5, 3, None)


def test_rows_of_all_series_in_one_table_are_told_apart() -> None:
    body = captured("flux group all")
    rows = parse(body)
    assert [(row["_time"], row["region"], row["value"]) for row in rows] == [
        (row["_time"], row["region"], row["_value"]) for row in parse(body, pivot=False)
    ]
    mixed = block(
        "_time _value _field host", "dateTime:RFC3339 long string string",
        ["0", START, "1", "i", "a"], ["0", START, "2", "i", "b"], ["0", START, "3", "j", "a"],
    )  # fmt: skip
    assert parse(csv(mixed)) == [
        {"_time": DAY, "host": "a", "i": 1, "j": 3}, {"_time": DAY, "host": "b", "i": 2, "j": None},
    ]  # fmt: skip


def test_null_values_keep_their_row() -> None:
    rows = parse(csv(field("f", "double", {0: "", 1: "1"})))
    assert [row["f"] for row in rows] == [None, 1.0]


def test_the_pivot_agrees_with_a_slow_one_on_recorded_answers() -> None:
    for name in ("flux cpu", "flux weird", "flux sparse", "flux windows", "flux all types"):
        body = captured(name)
        expected = pivoted(read(body))
        rows = parse(body)
        names = {key for row in expected.values() for key in row}
        found = {}
        for row in rows:
            cells = row.items()
            key = frozenset((k, v) for k, v in cells if k not in names and v is not None)
            found[key] = {k: v for k, v in cells if k in names}
        assert len(found) == len(rows)
        assert found == {key: dict.fromkeys(names) | row for key, row in expected.items()}


def test_types_of_a_field_that_conflict_are_refused() -> None:
    other = field("f", "long", {0: "1"}, host="b")
    expected = "field `f`: expected one type in all tables, got double and long"
    with pytest.raises(ValueError, match=expected):
        parse(csv(FLOATS, other))
    whole = field("f", "double", {0: "1"}), field("f", "long", {1: "1"})
    with pytest.raises(ValueError, match=expected):
        parse(csv(*whole), "pandas")


@pytest.mark.parametrize("second", [{1: "1.5"}, {1: ""}, {0: "9", 1: "9"}])
def test_two_values_of_a_field_in_one_row_are_refused(second: dict[int, str]) -> None:
    other = field("f", "double", second)._replace(defaults=["max", *[""] * 8])
    expected = r"field `f` has two values at 2023-01-01T00:00:0.Z in the series `.*host=a`"
    with pytest.raises(ValueError, match=expected):
        parse(csv(FLOATS, other))
    with pytest.raises(ValueError, match=expected):
        parse(csv(FLOATS, INTEGERS, other), "pandas")
    twice = FLOATS._replace(rows=[*FLOATS.rows, FLOATS.rows[0]])
    with pytest.raises(ValueError, match="field `f` has two values"):
        parse(csv(twice))


def test_windows_without_times_of_their_own_are_refused() -> None:
    types = "dateTime:RFC3339 dateTime:RFC3339 double string"
    windows = [
        block(
            "_start _stop _value _field", types, ["0", START, f"2023-01-0{day}T00:00:00Z", "1", "f"]
        )
        for day in (2, 3)
    ]
    with pytest.raises(ValueError, match="field `f` has two values; hint"):
        parse(csv(*windows))


@pytest.mark.parametrize("name", ["host", "_measurement", "_time"])
def test_fields_with_the_name_of_another_column_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"field `{name}`: another column has the same name"):
        parse(csv(field(name, "double", {0: "1"})))


def test_a_row_without_a_field_is_refused() -> None:
    with pytest.raises(ValueError, match="column `_field`: expected a name in every row"):
        parse(csv(field("", "double", {0: "1"})))


def test_fields_may_have_the_names_of_dropped_columns() -> None:
    (row,) = parse(csv(field("table", "double", {0: "1"})))
    assert (row["table"], "result" in row, "_start" in row) == (1.0, False, False)


def test_answers_without_times_are_pivoted() -> None:
    frames = parse(captured("flux mean"), "pandas")
    assert list(frames.columns) == ["_measurement", "host", "region", "value"]
    assert frames["value"].tolist() == [3.0, 12.5, 12.0, 13.0]
    assert isinstance(frames.index, pd.RangeIndex)


def test_tables_that_are_pivoted_in_the_query_keep_their_rows() -> None:
    body = captured("flux pivot")
    frame = parse(body, "pandas")
    assert list(frame.columns) == [
        "_measurement", "host", "region", "value", "count", "note", "up",
    ]  # fmt: skip
    assert frame.attrs["tag_columns"] == ["host", "region"]
    fields = parse(captured("flux cpu"), "pandas")
    assert sorted(lines(frame).splitlines()[1:]) == sorted(
        line for line in _sorted_fields(lines(fields)) if "region" in line
    )


def _sorted_fields(text: str) -> list[str]:
    """Returns lines whose fields are in the order of the columns of the recorded pivot."""
    points = parse_line_protocol(text, server="2.x")
    for point in points:
        order = ["value", "count", "note", "up"]
        point["fields"] = {key: point["fields"][key] for key in order if key in point["fields"]}
    return to_line_protocol(points, server="2.x").decode().splitlines()


@pytest.mark.parametrize("output", ["pandas", "pyarrow", "arrow"])
def test_a_pivot_is_written_back_as_it_is(output: str) -> None:
    assert lines(parse(MIXED, output)) == LINES
    empty = parse(csv(FLOATS._replace(rows=[])), output)
    assert lines(empty) == ""


def test_a_pivot_in_polars_is_written_back_with_roles() -> None:
    frame = parse(MIXED, "polars")
    roles = {"time_column": "_time", "measurement_column": "_measurement", "tag_columns": ["host"]}
    assert lines(frame, **roles) == LINES


def test_a_pickled_pivot_is_written_back() -> None:
    table = pickle.loads(pickle.dumps(parse(MIXED, "arrow")))
    assert lines(table) == LINES
    assert pa.table(table).schema == parse(MIXED, "pyarrow").schema


def test_parts_of_a_pivot_are_written_back() -> None:
    frame = parse(MIXED, "pandas")
    assert frame.attrs == {
        "result": "_result", "measurement_column": "_measurement", "tag_columns": ["host"],
    }  # fmt: skip
    part = frame[["_measurement", "f"]].head(1)
    with pytest.raises(ValueError, match="`tag_columns` names `host`, which is not a column"):
        lines(part)
    assert lines(part, measurement_column="_measurement") == "m f=0.5 1672531200000000000\n"
    assert lines(parse(MIXED, "arrow")[:1]) == LINES.splitlines(keepends=True)[0]
    table = parse(MIXED, "pyarrow").select(["_time", "_measurement", "u"])
    assert lines(table) == "m u=18446744073709551615u 1672531201000000000\n"
    selected = parse(MIXED, "arrow", columns=["_time", "_measurement", "host", "i"])
    assert lines(selected).startswith("m,host=a i=9223372036854775807i")


@pytest.mark.parametrize("output", ["pandas", "arrow"])
def test_the_roles_of_a_pivot_give_way_to_arguments(output: str) -> None:
    table = parse(MIXED, output)
    with pytest.raises(ValueError, match="measurement `x`: the table has its own measurements in"):
        lines(table, measurement="x")
    with pytest.raises(ValueError, match="Missing 'measurement'"):
        lines(table, tag_columns=["host"])


@pytest.mark.parametrize("output", ["pandas", "polars", "pyarrow", "arrow"])
def test_an_answer_that_is_not_pivoted_is_not_written(output: str) -> None:
    table = parse(MIXED, output, pivot=False)
    tables = [one for _, one in table]
    for one in tables:
        with pytest.raises(ValueError, match="Missing 'measurement'"):
            lines(one)
        with pytest.raises(ValueError, match="the table has the columns `_field` and `_value`"):
            lines(one, measurement="m", stamp=True)
    with pytest.raises(ValueError, match="`pivot=True` returns a table that can be written"):
        lines(table)


def test_a_field_of_two_batches_is_pivoted() -> None:
    values = {n: str(n) for n in range(60)}
    rows = [
        [
            "0",
            START,
            STOP,
            f"2023-01-01T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z",
            str(n),
            name,
            "m",
            "a",
        ]
        for name in "xy"
        for n in range(20_000)
    ]
    both = FLOATS._replace(rows=[["", *row] for row in rows])
    frame = parse(csv(both, field("z", "long", values)), "pandas")
    assert len(frame) == 20_000
    assert frame["x"].tolist() == frame["y"].tolist() == list(map(float, range(20_000)))
    assert frame["z"].dropna().tolist() == list(range(60))


@lineprotocol
@dataclasses.dataclass
class Load:
    at: TIMEINT
    name: MEASUREMENT
    host: TAG
    f: FLOAT | None = None
    i: INT | None = None


def test_objects_are_made_of_the_pivot() -> None:
    made = parse(MIXED, into=Load, pivot=False)
    assert made == [
        Load(DAY, "m", "a", 0.5, 2**63 - 1),
        Load(DAY + 10**9, "m", "a", 1.5, None),
        Load(DAY + 2 * 10**9, "m", "a", None, -1),
    ]
    assert parse(MIXED, into=Load) == made
    assert to_line_protocol(made, server="2.x").decode().startswith("m,host=a f=0.5,i=92")


def test_objects_of_batches_need_a_pivot_in_the_query() -> None:
    with pytest.raises(ValueError, match=r"argument `into`.*`schema.fieldsAsCols\(\)`"):
        list(parse(MIXED, into=Load, pivot=False, chunked=True))
    types = "dateTime:RFC3339 string string double long"
    wide = block("_time _measurement host f i", types, ["0", START, "m", "a", "0.5", ""])
    for options in ({}, {"chunked": True}):
        made = list(parse(csv(wide), into=Load, pivot=False, **options))
        assert made == [Load(DAY, "m", "a", 0.5, None)]


def test_objects_name_the_column_that_is_missing() -> None:
    wide = block("host f", "string double", ["0", "a", "0.5"])
    with pytest.raises(ValueError, match=r"attribute `Load\.at`: the answer has no column `_time`"):
        parse(csv(wide), into=Load)


@pytest.mark.parametrize("options", [{"columns": ["f"]}, {"tables": "one"}])
def test_objects_have_neither_tables_nor_columns(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not with `into`"):
        parse(MIXED, into=Load, **options)


def test_infinities_and_nan_are_pivoted() -> None:
    rows = parse(csv(field("f", "double", {0: "+Inf", 1: "-Inf", 2: "NaN"})))
    assert [row["f"] for row in rows[:2]] == [math.inf, -math.inf]
    assert math.isnan(rows[2]["f"])


def test_a_renamed_tag_column_is_refused() -> None:
    frame = pd.DataFrame({"host": ["a"], "f": [0.5]}, index=pd.to_datetime([1]))
    frame.attrs = {"tag_columns": ["host"], "measurement_column": None}
    assert to_line_protocol(frame, "m") == b"m,host=a f=0.5 1\n"
    for one in (frame.rename(columns={"host": "server"}), frame.drop(columns="host")):
        with pytest.raises(ValueError, match="`tag_columns` names `host`, which is not a column"):
            to_line_protocol(one, "m")
