"""Tests `InfluxDBClient.stream`: both kinds of loops, every output, errors in the middle, ends, and
bounds."""

from __future__ import annotations

import asyncio
import copy
import inspect
import json
import pickle
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from aioinflux import (
    AsyncInfluxDBClient,
    InfluxDBClient,
    InfluxDBConnectionError,
    InfluxDBQueryError,
    Stream,
)
from scripted import Scripted, chunked
from support import Database, run_python

ROWS = 25_000


@pytest.fixture
def client(database: Database) -> InfluxDBClient:
    """A client for a database that contains some rows."""
    server = database.server
    client = InfluxDBClient(server.host, server.port, mode="blocking", db=database.name)
    client.write(f"m,h={'ab'[n % 2]} f={n}i {n}" for n in range(ROWS))
    return client


def collect(stream: Stream[Any]) -> list[Any]:
    async def run() -> list[Any]:
        return [item async for item in stream]

    return asyncio.run(run())


@pytest.mark.parametrize("take", [list, collect])
def test_rows_are_named_tuples(client: InfluxDBClient, take: Any) -> None:
    rows = take(client.stream("SELECT f FROM m"))
    assert [row.f for row in rows] == list(range(ROWS))
    assert rows[7] == (7, 7)
    assert rows[7]._fields == ("time", "f")


@pytest.mark.parametrize("take", [list, collect])
def test_plain_tuples_and_dicts(client: InfluxDBClient, take: Any) -> None:
    assert take(client.stream("SELECT f FROM m LIMIT 2", output="rows")) == [(0, 0), (1, 1)]
    rows = take(client.stream("SELECT f FROM m LIMIT 2", output="dicts", epoch="u"))
    assert rows == [{"time": 0, "f": 0}, {"time": 0, "f": 1}]


@pytest.mark.parametrize("take", [list, collect])
@pytest.mark.parametrize("output", ["pandas", "polars", "pyarrow", "arrow"])
def test_tables_come_chunk_by_chunk(client: InfluxDBClient, take: Any, output: Any) -> None:
    tables = take(client.stream("SELECT f FROM m", output=output, chunk_size=10_000))
    assert [len(table) for table in tables] == [10_000, 10_000, 5_000]


def test_groups_are_told_apart(client: InfluxDBClient) -> None:
    frames = list(client.stream("SELECT f FROM m GROUP BY h", output="pandas"))
    whole = pd.concat(frames)
    assert whole.groupby("h")["f"].sum().to_dict() == {
        "a": sum(range(0, ROWS, 2)),
        "b": sum(range(1, ROWS, 2)),
    }


@pytest.mark.parametrize("take", [list, collect])
def test_tags_of_groups_are_cells_of_rows(client: InfluxDBClient, take: Any) -> None:
    rows = take(client.stream("SELECT f FROM m GROUP BY h"))
    assert rows[0]._fields == ("time", "f", "h")
    assert {row.f % 2: row.h for row in rows} == {0: "a", 1: "b"}
    assert rows == take(client.stream("SELECT f FROM m GROUP BY h", output="rows"))
    # A column keeps its name even if a tag has the same name; the tag is renamed.
    (first, *_) = take(client.stream("SELECT f AS h FROM m GROUP BY h LIMIT 1"))
    assert first._asdict() == {"time": 0, "h": 0, "h_1": "a"}


AWKWARD = ["_id", "class", "温度", "a b", "a-b", "a_b", "1st", "µ", "_fields", "count", "é_x"]


@pytest.mark.parametrize("take", [list, collect])
def test_columns_of_any_name_are_attributes_under_their_own_name(
    client: InfluxDBClient, take: Any
) -> None:
    client.write({"measurement": "n", "time": 1, "fields": {key: key for key in AWKWARD}})
    (row,) = take(client.stream("SELECT * FROM n"))
    assert sorted(row._columns) == sorted([*AWKWARD, "time"])
    assert dict(zip(row._columns, row, strict=True)) == {"time": 1, **{key: key for key in AWKWARD}}
    for key in AWKWARD:
        if key != "_fields":
            assert getattr(row, key) == key
    # As in a program.
    assert (row._id, row.温度, row.µ, row.a_b) == ("_id", "温度", "µ", "a_b")
    assert len(row._fields) == len(row)


def test_rows_of_a_seed_query_have_their_names_as_well(database: Database) -> None:
    server = database.server
    seed = AsyncInfluxDBClient(server.host, server.port, mode="blocking", db=database.name)
    seed.write("m _id=1i,class=2i 1")
    (row,) = seed.query("SELECT _id, class FROM m", chunked=True)
    assert (row._id, getattr(row, "class"), row._columns) == (1, 2, ("time", "_id", "class"))


def test_columns_that_are_alike_are_told_apart(client: InfluxDBClient) -> None:
    (row,) = client.stream("SELECT f, f, f AS time FROM m LIMIT 1")
    assert len(row) == len(row._fields) == len(row._columns)
    (row,) = client.stream("SELECT f AS h FROM m GROUP BY h LIMIT 1 SLIMIT 1")
    assert (row.h, row.h_1, row._columns) == (0, "a", ("time", "h", "h_1"))


def test_rows_go_through_pickle_and_copy(client: InfluxDBClient) -> None:
    client.write({"measurement": "n", "time": 1, "fields": {key: key for key in AWKWARD}})
    rows = list(client.stream("SELECT * FROM n"))
    again = pickle.loads(pickle.dumps(rows))
    assert again == rows == copy.deepcopy(rows)
    assert again[0]._columns == rows[0]._columns
    assert again[0].温度 == "温度"


def test_both_loops_work_in_both_modes(client: InfluxDBClient) -> None:
    client.mode = "async"
    q = "SELECT f FROM m LIMIT 1"
    assert list(client.stream(q)) == collect(client.stream(q)) == [(0, 0)]


def test_nothing_is_sent_before_the_first_item_is_asked_for() -> None:
    with Scripted(chunked({"results": [{"statement_id": 0}]})) as server:
        client = InfluxDBClient(server.host, server.port, db="d")
        stream = client.stream("SELECT f FROM m")
        assert server.requests == []
        assert list(stream) == []
        assert len(server.requests) == 1


def test_a_stream_can_be_iterated_over_once(client: InfluxDBClient) -> None:
    stream = client.stream("SELECT f FROM m LIMIT 1")
    assert len(list(stream)) == 1
    with pytest.raises(RuntimeError, match="once"):
        iter(stream)


@pytest.mark.parametrize("how", ["close", "aclose"])
def test_a_stream_that_was_closed_cannot_be_iterated_over(client: InfluxDBClient, how: str) -> None:
    stream = client.stream("SELECT f FROM m LIMIT 1")
    if how == "close":
        stream.close()
    else:
        asyncio.run(stream.aclose())
    with pytest.raises(RuntimeError, match="closed"):
        iter(stream)
    with pytest.raises(RuntimeError, match="closed"):
        aiter(stream)


def test_an_asynchronous_block_ends_a_blocking_loop_too(client: InfluxDBClient) -> None:
    async def leave() -> object:
        async with client.stream("SELECT f FROM m", chunk_size=10) as stream:
            rows = iter(stream)
            next(rows)
        return next(rows, "no more")

    assert asyncio.run(leave()) == "no more"


def test_an_error_in_the_middle_comes_after_the_rows_before_it(client: InfluxDBClient) -> None:
    rows = iter(client.stream("SELECT f FROM m LIMIT 3; SELECT f FROM nowhere..m"))
    assert [next(rows).f for _ in range(3)] == [0, 1, 2]
    with pytest.raises(InfluxDBQueryError, match="database not found") as caught:
        next(rows)
    assert caught.value.statement == 1


def test_a_lost_connection_is_no_end() -> None:
    series = {"name": "m", "columns": ["time", "f"], "values": [[1, 1]], "partial": True}
    document = {"results": [{"statement_id": 0, "series": [series], "partial": True}]}
    with Scripted(chunked(document, end=False)) as server:
        client = InfluxDBClient(server.host, server.port, db="d")
        rows = iter(client.stream("SELECT f FROM m"))
        assert next(rows) == (1, 1)
        with pytest.raises(InfluxDBConnectionError):
            next(rows)


def test_leaving_early_ends_the_request(client: InfluxDBClient) -> None:
    q = "SELECT f FROM m"

    async def leave() -> None:
        # The number of streams is greater than the maximum number of concurrent requests.
        for _ in range(70):
            async with client.stream(q, chunk_size=10) as rows:
                async for _ in rows:
                    break

    asyncio.run(asyncio.wait_for(leave(), 30))
    for _ in range(70):
        with client.stream(q, chunk_size=10) as rows:
            next(iter(rows))


def test_cancellation_ends_the_request(client: InfluxDBClient) -> None:
    async def run() -> None:
        for _ in range(70):
            started = asyncio.Event()

            async def read(started: asyncio.Event) -> None:
                async for _ in client.stream("SELECT f FROM m", chunk_size=10):
                    started.set()
                    await asyncio.Event().wait()

            task = asyncio.create_task(read(started))
            await started.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(asyncio.wait_for(run(), 30))


def test_params_and_database(client: InfluxDBClient, database: Database) -> None:
    client.db = "nowhere"
    q = "SELECT f FROM m WHERE f = $n"
    assert [row.f for row in client.stream(q, params={"n": 5}, db=database.name)] == [5]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"q": " ; "}, "`q`"),
        ({"q": "SELECT 1", "epoch": "d"}, "`epoch`"),
        ({"q": "SELECT 1", "output": "frame"}, "`output`"),
    ],
)
def test_wrong_arguments_are_named_at_the_call(arguments: dict[str, Any], text: str) -> None:
    client = InfluxDBClient(db="d")
    with pytest.raises(ValueError, match=text):
        client.stream(**arguments)


def test_the_documentation_of_errors_stands_on_the_class() -> None:
    assert "InfluxDBQueryError" in (inspect.getdoc(Stream) or "")


def documents(count: int) -> Iterator[bytes]:
    """Yields the chunks of an answer with one series; each chunk has a thousand rows of one
    kilobyte."""
    text = "x" * 1000
    for number in range(count):
        rows = [[number * 1000 + n, text] for n in range(1000)]
        series = {"name": "m", "columns": ["time", "s"], "values": rows}
        more = {"partial": True} if number + 1 < count else {}
        result = {"statement_id": 0, "series": [{**series, **more}], **more}
        yield json.dumps({"results": [result]}).encode() + b"\n"


def test_what_is_not_read_waits_at_the_server() -> None:
    with Scripted(chunked(*documents(100))) as server:
        client = InfluxDBClient(server.host, server.port, db="d")
        rows = iter(client.stream("SELECT s FROM m"))
        next(rows)
        # If the client read ahead, it would have read the whole answer after a fraction of a
        # second.
        assert not server.arrived.wait(1)
        assert sum(1 for _ in rows) == 99_999
        assert server.arrived.wait(20)


MEMORY = """
import re, sys
from pathlib import Path
from aioinflux import InfluxDBClient

def memory(what):
    return int(re.search(rf"{what}:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])

client = InfluxDBClient("127.0.0.1", int(sys.argv[1]), db="d")
rows = iter(client.stream("SELECT s FROM m"))
next(rows)
before = memory("VmRSS")
count = sum(1 for _ in rows)
print(count, memory("VmHWM") - before)
"""


def test_memory_does_not_grow_with_the_answer() -> None:
    with Scripted(chunked(*documents(100))) as server:
        child = run_python(MEMORY, str(server.port))
        out, err = child.communicate(timeout=50)
    assert err == ""
    count, grown_kb = map(int, out.split())
    # The answer has a size of 100 MB.
    assert count == 99_999
    assert grown_kb < 32 * 1024
