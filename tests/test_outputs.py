"""Tests all outputs: answers from memory and from the server are converted and compared with the
server's JSON."""

from __future__ import annotations

import base64
import contextlib
import gc
import json
import math
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import aioinflux
from aioinflux import parse_response
from aioinflux.exceptions import InfluxDBDecodeError, InfluxDBError, InfluxDBQueryError
from support import Calls, Database

CAPTURES = Path(__file__).resolve().parent / "captures"
MSGPACK = "application/x-msgpack"
TABLES = ["pandas", "polars", "pyarrow", "arrow"]
BIG = 9007199254740993


def body(*series: dict[str, Any]) -> bytes:
    """Returns a complete answer that contains the result of one statement."""
    return json.dumps({"results": [{"statement_id": 0, "series": list(series)}]}).encode()


def table(columns: list[str], *values: list[Any], **more: Any) -> dict[str, Any]:
    return {"name": "m", **more, "columns": columns, "values": list(values)}


def records(made: Any) -> list[dict[str, Any]]:
    """Returns the rows of an output of any kind as dicts, with nulls as `None` and times as
    nanoseconds."""
    if isinstance(made, pd.DataFrame):
        times = isinstance(made.index, pd.DatetimeIndex)
        columns = {name: list(made[name]) for name in made.columns}
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        if times and not columns:
            rows = [{} for _ in made.index]
        if times:
            rows = [{"time": at, **row} for at, row in zip(made.index.asi8, rows, strict=True)]
        return [{key: _plain(cell) for key, cell in row.items()} for row in rows]
    if isinstance(made, pl.DataFrame):
        made = made.to_arrow()
    if isinstance(made, aioinflux.Table):
        made = pa.table(made)
    assert isinstance(made, pa.Table)
    for position, field in enumerate(made.schema):
        if pa.types.is_timestamp(field.type):
            cells = made.column(position).cast(pa.int64())
            made = made.set_column(position, field.name, cells)
    return made.to_pylist()


def _plain(cell: Any) -> Any:
    if isinstance(cell, pd.Timestamp):
        return cell.value
    return None if cell is None or cell is pd.NA or cell != cell else cell


def answers() -> Iterator[Any]:
    """Yields the recorded answers of successful queries, each with the result of a simple, slow
    reader."""
    for server in ("1.6", "1.12"):
        for line in (CAPTURES / f"influxdb-{server}.jsonl").read_text().splitlines():
            capture = json.loads(line)
            headers = capture["response"]["headers"]
            kind = headers.get("Content-Type", "")
            path = capture["request"]["path"]
            if not path.startswith("/query") or headers.get("Content-Encoding") == "gzip":
                continue
            if kind not in ("application/json", MSGPACK) or "epoch=ns" not in path:
                continue
            pieces = [
                one.encode() if isinstance(one, str) else base64.b64decode(one["base64"])
                for one in capture["response"]["chunks"]
            ]
            if capture["response"]["status"] == 200:
                name = f"{server} {capture['name']}"
                yield pytest.param(b"".join(pieces), kind, id=name)


def slow_series(made: dict[str, Any]) -> list[tuple[str, dict[str, str], list[dict[str, Any]]]]:
    """Returns the name, the tags and the rows of every series in a dict; the tags are also columns
    of the rows."""
    found = []
    for result in made["results"]:
        for one in result.get("series", []):
            tags = one.get("tags", {})
            rows = [dict(zip(one["columns"], row, strict=True)) for row in one.get("values", [])]
            found.append((one.get("name"), tags, [{**row, **tags} for row in rows]))
    return found


@pytest.mark.parametrize(("raw", "kind"), list(answers()))
@pytest.mark.parametrize("output", [*TABLES, "rows", "dicts"])
def test_every_output_of_a_recorded_answer_holds_the_same(
    raw: bytes, kind: str, output: Any
) -> None:
    try:
        whole = parse_response(raw, kind)
    except InfluxDBError as error:
        with pytest.raises(type(error)):
            parse_response(raw, kind, output)
        return
    expected = slow_series(whole)
    made = parse_response(raw, kind, output)
    pairs = made if isinstance(made, list) else [(expected[0][0], made)]
    assert [name for name, _ in pairs] == [name for name, _, _ in expected]
    for (_, one), (_, tags, rows) in zip(pairs, expected, strict=True):
        if output == "rows":
            assert [dict(zip(one.columns, row, strict=True)) for row in one] == rows
            assert one.tags == tags
        elif output == "dicts":
            assert list(one) == rows
        else:
            assert records(one) == rows
        assert len(one) == len(rows)


@pytest.mark.parametrize(("raw", "kind"), list(answers()))
@pytest.mark.parametrize("output", [*TABLES, "rows", "dicts"])
def test_chunked_reading_gives_the_same_rows(raw: bytes, kind: str, output: Any) -> None:
    try:
        whole = parse_response(raw, kind, "dicts")
    except InfluxDBError as error:
        with pytest.raises(type(error)):
            list(parse_response(raw, kind, output, chunked=True))
        return
    series = whole if isinstance(whole, list) else [("", whole)]
    expected = [row for _, rows in series for row in rows]
    made = list(parse_response(raw, kind, output, chunked=True))
    if output == "dicts":
        assert made == expected
    elif output == "rows":
        assert made == [tuple(row.values()) for row in expected]
    else:
        assert [row for one in made for row in records(one)] == expected


MIXED = table(
    ["time", "f", "i", "u", "b", "s", "n"],
    [1, 0.5, BIG, 2**64 - 1, True, "ä\u0000€😀", None],
    [2, None, None, None, None, None, None],
    [3, -1e300, -5, 7, False, "", None],
)


@pytest.mark.parametrize("output", TABLES)
def test_every_type_with_nulls_is_exact(output: Any) -> None:
    made = parse_response(body(MIXED), output=output)
    rows = [dict(zip(MIXED["columns"], row, strict=True)) for row in MIXED["values"]]
    assert records(made) == rows


def test_dtypes_of_pandas() -> None:
    df = parse_response(body(MIXED), output="pandas")
    assert {name: str(df[name].dtype) for name in df.columns} == {
        "f": "float64",
        "i": "Int64",
        "u": "UInt64",
        "b": "boolean",
        "s": str(pd.Series(["a"]).dtype),
        "n": "Int64",
    }
    assert str(df.index.dtype) == "datetime64[ns, UTC]"
    whole = parse_response(body(table(*[MIXED["columns"], MIXED["values"][0]])), output="pandas")
    assert [str(whole[name].dtype) for name in "fiub"] == ["float64", "int64", "uint64", "bool"]


def test_types_of_arrow_and_polars() -> None:
    made = parse_response(body(MIXED), output="arrow")
    assert made.columns == MIXED["columns"]
    assert (made.name, made.tags, len(made)) == ("m", {}, 3)
    time = pa.timestamp("ns", "UTC")
    kinds = [time, pa.float64(), pa.int64(), pa.uint64(), pa.bool_(), pa.string(), pa.null()]
    assert pa.table(made).schema.types == kinds
    assert list(made.types) == made.columns
    assert parse_response(body(MIXED), output="polars").dtypes == [
        pl.Datetime("ns", "UTC"), pl.Float64, pl.Int64, pl.UInt64, pl.Boolean, pl.String, pl.Null,
    ]  # fmt: skip


def test_a_frame_may_be_changed() -> None:
    df = parse_response(body(MIXED), output="pandas")
    df.loc[df.index[0], "f"] = 7.0
    df["x"] = df["f"] * 2
    assert df["x"].iloc[0] == 14.0


def long(kinds: list[Any]) -> bytes:
    """Returns an answer in which the type of the values changes after one batch of the decoder."""
    values = [[n, kinds[n >= 300_000]] for n in range(300_001)]
    return body(table(["time", "v"], *values))


@pytest.mark.parametrize("output", TABLES)
def test_integers_before_a_float_become_floats(output: Any) -> None:
    made = parse_response(long([4, 0.5]), output=output)
    cells = [row["v"] for row in records(made)]
    assert cells == [4] * 300_000 + [0.5]
    assert all(isinstance(cell, float) for cell in cells)


def test_values_without_a_common_type() -> None:
    raw = long([4, "x"])
    df = parse_response(raw, output="pandas")
    assert (list(df["v"]) == [4] * 300_000 + ["x"], df["v"].dtype) == (True, object)
    assert [row[1] for row in parse_response(raw, output="rows")] == list(df["v"])
    with pytest.raises(ValueError, match=r"series `m`, column `v`: .* Int64 and Utf8"):
        parse_response(raw, output="arrow")


def groups() -> bytes:
    return body(
        *(
            table(["time", "f"], [1, 1.5], [2, 2.5], tags={"host": host, "f": "tag"})
            for host in ("a", "ü", "a")
        )
    )


@pytest.mark.parametrize("output", [*TABLES, "dicts"])
def test_tags_are_columns_after_the_others(output: Any) -> None:
    made = parse_response(groups(), output=output)
    assert [name for name, _ in made] == ["m"] * 3
    rows = list(made[1][1]) if output == "dicts" else records(made[1][1])
    tags = {"f_1": "tag", "host": "ü"}
    assert rows == [{"time": 1, "f": 1.5, **tags}, {"time": 2, "f": 2.5, **tags}]


def test_tags_as_categories() -> None:
    frames = [df for _, df in parse_response(groups(), output="pandas", tags_as_categories=True)]
    whole = pd.concat(frames)
    assert list(whole["host"]) == ["a", "a", "ü", "ü", "a", "a"]
    assert list(whole["host"].cat.categories) == ["a", "ü"]
    tables = [
        pa.table(one)
        for _, one in parse_response(groups(), output="arrow", tags_as_categories=True)
    ]
    assert pa.types.is_dictionary(tables[0].schema.field("host").type)
    assert pa.concat_tables(tables).column("host").to_pylist() == list(whole["host"])
    polars = parse_response(groups(), output="polars", tags_as_categories=True)
    assert polars[1][1]["host"].dtype == pl.Categorical
    assert polars[1][1]["host"].to_list() == ["ü", "ü"]


def test_words_of_0_9_are_outputs_as_well() -> None:
    two = {
        "results": [{"statement_id": n, "series": [table(["time", "f"], [n, 1.5])]} for n in (0, 1)]
    }
    assert parse_response(groups(), output="json") == json.loads(groups())
    one = parse_response(body(MIXED), output="dataframe")
    pd.testing.assert_frame_equal(one, parse_response(body(MIXED), output="pandas"))
    several = parse_response(groups(), output="dataframe", tags_as_categories=True)
    assert list(several) == ["m,f=tag,host=a", "m,f=tag,host=ü", "m,f=tag,host=a (2)"]
    assert several["m,f=tag,host=ü"]["host"].dtype == "category"
    statements = parse_response(json.dumps(two).encode(), output="dataframe")
    assert [list(frames) for frames in statements] == [["m"], ["m"]]
    frames = list(parse_response(body(MIXED), output="dataframe", chunked=True, epoch="s"))
    assert [list(df.index.asi8) for df in frames] == [[at * 10**9 for at in one.index.asi8]]
    assert list(parse_response(body(MIXED), output="json", chunked=True))


def test_stream_and_the_seed_take_every_output_of_a_query(database: Database) -> None:
    server = database.server
    options = {"host": server.host, "port": server.port, "db": database.name, "mode": "blocking"}
    client = aioinflux.InfluxDBClient(**options)
    seed = aioinflux.AsyncInfluxDBClient(**options)
    client.write(["m,h=a f=1i 1", "m,h=b f=2i 2"])
    text = "SELECT f FROM m GROUP BY h"
    whole = client.query(text, output="dataframe")
    assert list(seed.query(text, output="dataframe")) == list(whole) == ["m,h=a", "m,h=b"]
    assert seed.query(text, output="json") == client.query(text, output="json")
    assert [list(df["f"]) for df in client.stream(text, output="dataframe")] == [[1], [2]]
    assert len(list(client.stream(text, output="json"))) == 2
    assert [list(df["f"]) for df in seed.query(text, output="dataframe", chunked=True)] == [
        [1],
        [2],
    ]


def test_rows_can_be_iterated_over_again() -> None:
    rows = parse_response(groups(), output="rows")[0][1]
    assert isinstance(rows, aioinflux.Rows)
    assert (rows.name, rows.tags, len(rows)) == ("m", {"f": "tag", "host": "a"}, 2)
    assert list(rows) == list(rows) == [(1, 1.5, "tag", "a"), (2, 2.5, "tag", "a")]
    assert type(next(iter(rows))) is tuple


def test_many_rows_with_many_texts() -> None:
    values = [[n, f"text {n % 1000}" * (n % 3)] for n in range(20_000)]
    raw = body(table(["time", "s"], *values))
    assert [list(row) for row in parse_response(raw, output="rows")] == values
    assert [list(row.values()) for row in parse_response(raw, output="dicts")] == values


def test_dicts_do_not_share_anything() -> None:
    rows = list(parse_response(body(MIXED), output="dicts"))
    rows[0]["f"] = "changed"
    rows[1]["new"] = 1
    again = list(parse_response(body(MIXED), output="dicts"))
    assert rows[2] == again[2] == dict(zip(MIXED["columns"], MIXED["values"][2], strict=True))


@pytest.mark.parametrize(
    ("epoch", "factor"), [("ns", 1), ("u", 10**3), ("ms", 10**6), ("s", 10**9), ("h", 36 * 10**11)]
)
def test_epoch_is_the_unit_of_the_body(epoch: str, factor: int) -> None:
    raw = body(table(["time", "f"], [5, 1.5], [-7, 2.5]))
    df = parse_response(raw, output="pandas", epoch=epoch)
    assert list(df.index.asi8) == [5 * factor, -7 * factor]
    assert [row[0] for row in parse_response(raw, output="rows", epoch=epoch)] == [5, -7]
    assert parse_response(raw, epoch=epoch) == json.loads(raw)


def test_times_beyond_nanoseconds_are_refused() -> None:
    raw = body(table(["time", "f"], [10**12, 1.5]))
    with pytest.raises(ValueError, match="time `1000000000000` is outside"):
        parse_response(raw, output="pandas", epoch="h")


def test_texts_of_times_are_times_in_tables() -> None:
    times = ["2017-04-12T02:17:04.224703001Z", "1969-12-31T23:59:59.5Z"]
    raw = body(table(["time", "f"], *[[at, 1.5] for at in times]))
    df = parse_response(raw, output="pandas")
    assert list(df.index.asi8) == [1491963424224703001, -500_000_000]
    assert [row[0] for row in parse_response(raw, output="rows")] == times


@pytest.mark.parametrize("output", [*TABLES, "rows", "dicts"])
def test_answers_without_series_are_empty_lists(output: Any) -> None:
    raw = b'{"results":[{"statement_id":0},{"statement_id":1}]}'
    assert parse_response(raw, output=output) == []
    assert list(parse_response(raw, output=output, chunked=True)) == []


@pytest.mark.parametrize("output", TABLES)
def test_a_series_without_rows_keeps_its_columns(output: Any) -> None:
    made = parse_response(body({"name": "m", "columns": ["time", "f"]}), output=output)
    assert (len(made), list(made.columns if output != "pyarrow" else made.column_names)) == (
        0,
        ["time", "f"],
    )


@pytest.mark.parametrize("output", ["dict", *TABLES, "rows", "dicts"])
def test_a_failed_statement_keeps_what_others_gave(output: Any) -> None:
    series = table(["time", "f"], [1, 1.5])
    results = [{"statement_id": 0, "series": [series]}, {"statement_id": 1, "error": "no way"}]
    raw = json.dumps({"results": results}).encode()
    with pytest.raises(InfluxDBQueryError, match="no way") as caught:
        parse_response(raw, output=output)
    kept = caught.value.result
    assert caught.value.statement == 1
    if output == "dict":
        assert kept == json.loads(raw)
    elif output in ("rows", "dicts"):
        assert [tuple(row) for row in kept] == [(1, 1.5) if output == "rows" else ("time", "f")]
    else:
        assert records(kept) == [{"time": 1, "f": 1.5}]
    with pytest.raises(InfluxDBQueryError, match="no way"):
        list(parse_response(raw, output=output, chunked=True))


@pytest.mark.parametrize("output", ["dict", "pandas", "rows"])
@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("raw", [b"", b"[]", b"<html>", body(MIXED)[:-3], body(MIXED) + b"x"])
def test_damaged_bodies_are_errors(raw: bytes, output: Any, chunked: bool) -> None:
    with pytest.raises(InfluxDBDecodeError):
        list(parse_response(raw, output=output, chunked=chunked))


def test_the_servers_error_is_an_error() -> None:
    for output in ("dict", "pandas"):
        with pytest.raises(InfluxDBQueryError, match="error parsing query"):
            parse_response(b'{"error":"error parsing query: x"}', output=output)


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview])
@pytest.mark.parametrize("output", ["dict", "dicts"])
def test_bodies_are_bytes_like(make: Any, output: Any) -> None:
    made = parse_response(make(body(MIXED)), "Application/JSON; charset=utf-8", output)
    assert len(made) == (1 if output == "dict" else 3)


@pytest.mark.parametrize(
    ("arguments", "kind", "text"),
    [
        ({"body": "text"}, TypeError, "`body`: expected a bytes-like object, got `str`"),
        ({"body": 5, "output": "rows"}, TypeError, "`body`"),
        ({"content_type": "text/html", "output": "rows"}, ValueError, "`content_type`.*text/html"),
        ({"content_type": None}, TypeError, "`content_type`"),
        ({"output": "frame"}, ValueError, "`output`: expected one of dict, pandas.*'frame'"),
        ({"epoch": "d"}, ValueError, "`epoch`"),
        ({"tags_as_categories": 1}, TypeError, "`tags_as_categories`"),
    ],
)
def test_wrong_arguments_are_named(
    arguments: dict[str, Any], kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text):
        parse_response(**{"body": body(MIXED), **arguments})


def without(*modules: str) -> str:
    """Returns the first lines of a program in which the given modules cannot be imported."""
    program = f"""
        import sys
        for name in {modules!r}:
            sys.modules[name] = None
        from aioinflux import parse_response
        body = {groups()!r}
        """
    return textwrap.dedent(program)


def run(program: str) -> str:
    """Runs a program in a new process and returns its output."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_arrow_and_rows_need_nothing_installed() -> None:
    program = without("numpy", "pandas", "pyarrow", "polars") + textwrap.dedent("""
        one = parse_response(body, output="arrow")[0][1]
        print(len(one), type(one.__arrow_c_stream__()).__name__, one.columns)
        print(list(parse_response(body, output="rows")[0][1])[0])
        print(parse_response(body)["results"][0]["statement_id"])
        """)
    expected = "2 PyCapsule ['time', 'f', 'f_1', 'host']\n(1, 1.5, 'tag', 'a')\n0\n"
    assert run(program) == expected


def test_pandas_needs_no_pyarrow() -> None:
    program = without("pyarrow") + textwrap.dedent("""
        df = parse_response(body, output="pandas")[1][1]
        print(list(df["host"]), df["f"].tolist(), df.index.asi8.tolist())
        """)
    assert run(program) == "['ü', 'ü'] [1.5, 2.5] [1, 2]\n"


def test_a_missing_package_is_an_import_error() -> None:
    program = without("polars") + textwrap.dedent("""
        try:
            parse_response(body, output="polars")
        except ImportError as error:
            print("polars" in str(error))
        """)
    assert run(program) == "True\n"


LINES = [
    "m,host=a f=1.0,i=9007199254740993i,b=true 1",
    'm,host=b f=2.5,s="ä" 2',
    "m,host=a f=4.0,i=-1i 3",
]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("output", [*TABLES, "dicts"])
def test_queries_have_outputs(client: Calls, output: str, chunked: bool) -> None:
    client.write(LINES)
    expected = [
        {"time": 1, "f": 1.0, "i": BIG, "b": True, "s": None, "host": "a"},
        {"time": 3, "f": 4.0, "i": -1, "b": None, "s": None, "host": "a"},
        {"time": 2, "f": 2.5, "i": None, "b": None, "s": "ä", "host": "b"},
    ]
    text = "SELECT f, i, b, s FROM m GROUP BY host"
    if chunked:
        made = client.rows(text, output=output)
        rows = made if output == "dicts" else [row for one in made for row in records(one)]
    else:
        made = client.query(text, output=output)
        assert [name for name, _ in made] == ["m", "m"]
        rows = [row for _, one in made for row in (one if output == "dicts" else records(one))]
    assert rows == expected
    assert math.isclose(rows[0]["f"], 1.0)


def test_rows_of_queries_have_the_unit_asked_for(client: Calls) -> None:
    client.write("m f=1.5 3600000000000")
    assert list(client.query("SELECT f FROM m", output="rows", epoch="h")) == [(1, 1.5)]
    assert client.rows("SELECT f FROM m", output="rows", epoch="s") == [(3600, 1.5)]


def test_output_dict_is_the_servers_json_in_any_mode(
    frames: aioinflux.AsyncInfluxDBClient, client: Calls
) -> None:
    client.write("m f=1 1")
    text = "SELECT f FROM m"
    assert frames.query(text, output="dict") == client.query(text)
    assert client.query(text, output="dict") == client.query(text)
    assert client.rows(text, output="dict") == [client.query(text)]


def test_errors_of_queries_keep_the_output(client: Calls) -> None:
    client.write("m f=1.5 1")
    with pytest.raises(InfluxDBQueryError) as caught:
        client.query("SELECT f FROM m; SELECT f FROM nowhere..m", output="pandas")
    assert list(caught.value.result["f"]) == [1.5]


def test_an_output_that_is_none_is_refused_before_anything_is_sent(client: Calls) -> None:
    with pytest.raises(ValueError, match="`output`"):
        client.query("SELECT f FROM m", output="frame")


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("raw", [groups(), groups() + b"x"])
def test_the_garbage_collector_is_left_as_it_was(raw: bytes, enabled: bool) -> None:
    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        with contextlib.suppress(InfluxDBDecodeError):
            parse_response(raw)
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()


@pytest.mark.parametrize("output", ["rows", "dicts"])
def test_rows_that_are_asked_for_while_others_are_made_are_others(output: str) -> None:
    values = [[n, f"text {n}", n / 2] for n in range(5000)]
    lists = parse_response(body(table(["time", "s", "f"], *values)), output=output)._lists()
    found: list[Any] = []

    def ask(phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            found.extend(next(lists, []))

    before = gc.get_threshold()
    gc.callbacks.append(ask)
    # In CPython 3.11 and earlier, the garbage collector runs while the rows of a list are created.
    gc.set_threshold(20)
    try:
        for rows in lists:
            found.extend(rows)
    finally:
        gc.callbacks.remove(ask)
        gc.set_threshold(*before)
    made = [tuple(row.values()) if output == "dicts" else row for row in found]
    assert sorted(made) == [tuple(row) for row in values]


@pytest.mark.parametrize("output", ["polars", "pyarrow", "arrow"])
def test_types_that_no_column_holds_are_named_alike(output: str) -> None:
    with pytest.raises(ValueError, match="column `a`: expected values of one type, got Utf8 and"):
        parse_response(body(table(["a"], ["x"], [1])), output=output)
