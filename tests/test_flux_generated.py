"""Tests random answers to Flux against a slow reader (`flux_reference`).

If a test fails, it reports the seed that reproduces the failure.
"""

from __future__ import annotations

import random
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from aioinflux import parse_line_protocol, parse_response, to_line_protocol
from flux_reference import CSV, Block, arranged, csv, pivoted, read

SEEDS = range(40)
TYPES = ["long", "unsignedLong", "double", "boolean", "string", "dateTime:RFC3339", "duration"]
NAMES = ["_time", "_start", "_value", "_field", "host", "a,b", 'q"', "#x", "é", "", "two\r\nlines"]
TEXTS = ["a", "", 'say "hi"', "x,y", "\r\n", "#datatype", "é🚀", " ", "a" * 40, "1", "true", "nan"]
NUMBERS = {
    "long": ["0", "-1", str(2**63 - 1), str(-(2**63)), "42"],
    "unsignedLong": ["0", str(2**64 - 1), "7"],
    "double": ["0", "0.1", "-5", "1e300", "123456789.125", "-0", "5e-324", "+Inf", "-Inf"],
    "boolean": ["true", "false"],
    "string": TEXTS,
    "duration": ["1h30m", "-5ns"],
    "dateTime:RFC3339": [
        "2023-11-14T22:13:20Z", "1970-01-01T00:00:00.5Z", "2262-04-11T23:47:16.854775806Z",
        "1677-09-21T00:12:43.145224194Z", "2023-01-01T00:00:00.123456789Z",
    ],
}  # fmt: skip


def answer(seed: int) -> bytes:
    """Returns a random answer with several results, schemas and tables."""
    rng = random.Random(seed)
    schemas = []
    for _ in range(rng.randint(1, 3)):
        names = rng.sample(NAMES, rng.randint(1, 6))
        schemas.append((names, [rng.choice(TYPES) for _ in names]))
    blocks = []
    table = 0
    for _ in range(rng.randint(1, 6)):
        names, types = rng.choice(schemas)
        groups = [rng.choice(["true", "false"]) for _ in names]
        defaults = [rng.choice(NUMBERS[kind]) if rng.random() < 0.2 else "" for kind in types]
        rows: list[list[Any]] = []
        for _ in range(rng.randint(0, 3)):
            table += 1
            for _ in range(rng.randint(1, 4)):
                cells = ["" if rng.random() < 0.25 else rng.choice(NUMBERS[kind]) for kind in types]
                rows.append(["", str(table), *cells])
        table += not rows
        blocks.append(
            Block(
                ["string", "long", *types],
                ["false", "false", *groups],
                [rng.choice(["_result", "r,1"]), str(table) if not rows else "", *defaults],
                ["result", "table", *names],
                rows,
            )
        )
    return csv(*blocks, end=rng.choice(["\r\n", "\n"]))


def parse(body: bytes, output: str, **options: Any) -> Any:
    return parse_response(body, CSV, output, **options)  # type: ignore[arg-type]


def listed(made: Any) -> list[Any]:
    return [one for _, one in made] if isinstance(made, list) else [made]


def shown(rows: list[dict[str, Any]]) -> list[str]:
    """Returns rows as text, in which -0.0 differs from 0.0 and 1 from 1.0 and True."""
    return [repr(list(row.items())) for row in rows]


@pytest.mark.parametrize("tables", ["schema", "each", "one"])
@pytest.mark.parametrize("seed", SEEDS)
def test_rows_of_all_arrangements_are_those_of_the_reference(seed: int, tables: str) -> None:
    body = answer(seed)
    try:
        expected = arranged(read(body), tables)
    except ValueError:
        with pytest.raises(ValueError, match="expected one type in all tables"):
            parse(body, "dicts", tables=tables)
        return
    made = listed(parse(body, "dicts", tables=tables))
    assert [shown(list(rows)) for rows in made] == [shown(rows) for rows in expected]


@pytest.mark.parametrize("seed", SEEDS)
def test_lists_and_batches_have_the_rows_of_the_reference(seed: int) -> None:
    body = answer(seed)
    expected = shown([row for block in read(body) for row in block.dicts()])
    assert shown(parse(body, "dict")) == expected
    assert shown(list(parse(body, "dicts", chunked=True))) == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_tables_have_the_cells_of_the_reference(seed: int) -> None:
    body = answer(seed)
    expected = arranged(read(body), "schema")
    for output in ("polars", "pyarrow", "pandas"):
        made = listed(parse(body, output))
        cells = [shown(_sorted(_dicts(table))) for table in made]
        assert cells == [shown(_sorted(rows)) for rows in expected], output


def _sorted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns rows with sorted keys, because a DataFrame has no position for its index."""
    return [dict(sorted(row.items())) for row in rows]


def _dicts(table: Any) -> list[dict[str, Any]]:
    """Returns the rows of a table, with times in nanoseconds."""
    if isinstance(table, pl.DataFrame):
        times = pl.selectors.datetime()
        return table.with_columns(times.dt.timestamp("ns")).to_dicts()
    if isinstance(table, pa.Table):
        for at, field in enumerate(table.schema):
            if pa.types.is_timestamp(field.type):
                table = table.set_column(at, field.name, table.column(at).cast(pa.int64()))
        rows: list[dict[str, Any]] = table.to_pylist()
        return rows
    return _dicts_of_pandas(table)


def _dicts_of_pandas(frame: pd.DataFrame) -> list[dict[str, Any]]:
    columns = {name: [_plain(value) for value in frame[name]] for name in frame.columns}
    if isinstance(frame.index, pd.DatetimeIndex):
        columns["_time"] = [_plain(value) for value in frame.index]
    rows = zip(*columns.values(), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.value
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def points(seed: int) -> tuple[bytes, list[dict[str, Any]]]:
    """Returns points in random tables of Flux, and the points themselves."""
    rng = random.Random(seed)
    kinds = {f"f{n}": rng.choice(TYPES[:5]) for n in range(rng.randint(1, 5))}
    cells: dict[Any, str] = {}
    for _ in range(rng.randint(1, 80)):
        tags = (rng.choice(["a", "b", ""]), rng.choice(["x", "é,", ""]))
        second = rng.randrange(12)
        name = rng.choice(list(kinds))
        cells[name, tags, second] = rng.choice([v for v in NUMBERS[kinds[name]] if "Inf" not in v])
    style = rng.choice(["tables", "grouped", "shuffled"])
    order = sorted(cells) if style != "shuffled" else rng.sample(list(cells), len(cells))
    blocks: list[Block] = []
    for name, tags, second in order:
        kind = kinds[name]
        own = {"t1": tags[0], "t2": tags[1]}
        if style == "tables":
            own = {key: text for key, text in own.items() if text}
        names = ["_time", "_value", "_field", "_measurement", *own]
        types = ["string", "long", "dateTime:RFC3339", kind, *["string"] * (2 + len(own))]
        groups = ["false"] * 4 + ["true"] * (2 + len(own))
        head = [types, groups, ["_result", *[""] * (1 + len(names))], ["result", "table", *names]]
        if not blocks or blocks[-1][:4] != tuple(head):
            blocks.append(Block(*head, []))
        time = f"2023-01-01T00:00:{second:02}Z"
        value = cells[name, tags, second]
        row = ["", str(len(blocks)), time, value, name, "m", *own.values()]
        blocks[-1].rows.append(row)
    expected = [
        {"field": name, "tags": tags, "second": second, "kind": kinds[name], "text": text}
        for (name, tags, second), text in cells.items()
    ]
    return csv(*blocks), expected


@pytest.mark.parametrize("seed", SEEDS)
def test_pivots_have_the_rows_of_the_reference(seed: int) -> None:
    body, _ = points(seed)
    expected = pivoted(read(body))
    rows = parse(body, "dict", pivot=True)
    fields = {name for row in expected.values() for name in row}
    found = {}
    for row in rows:
        cells = row.items()
        key = frozenset((k, v) for k, v in cells if k not in fields and v is not None)
        found[key] = {k: v for k, v in cells if k in fields}
    assert len(found) == len(rows)
    full = {key: dict.fromkeys(fields) | row for key, row in expected.items()}
    assert {k: repr(sorted(v.items())) for k, v in found.items()} == {
        k: repr(sorted(v.items())) for k, v in full.items()
    }


@pytest.mark.parametrize("output", ["pandas", "pyarrow", "arrow"])
@pytest.mark.parametrize("seed", SEEDS)
def test_pivots_are_written_as_the_points_that_they_came_from(seed: int, output: str) -> None:
    body, expected = points(seed)
    text = to_line_protocol(parse(body, output, pivot=True), server="2.x")
    found = set()
    for point in parse_line_protocol(text, server="2.x"):
        for name, value in point["fields"].items():
            tags = (point["tags"].get("t1", ""), point["tags"].get("t2", ""))
            found.add(repr((name, tags, point["time"], value)))
    day = 1_672_531_200 * 10**9
    convert = {"long": int, "unsignedLong": int, "double": float, "boolean": "true".__eq__}
    wanted = {
        repr((
            one["field"], one["tags"], day + one["second"] * 10**9,
            convert.get(one["kind"], str)(one["text"]),
        ))
        for one in expected
        if one["text"] != ""
    }  # fmt: skip
    assert found == wanted
