"""Tests chunked queries: rows from sync and async generators, DataFrames, and errors after the
first rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from typing import Any

import pandas as pd
import pytest

from aioinflux import AsyncInfluxDBClient, InfluxDBError
from aioinflux.exceptions import InfluxDBDecodeError, InfluxDBQueryError
from scripted import Hang, Scripted, chunked
from support import Calls, Database

ROWS = 1000
COLUMNS = ["time", "f", "s"]


@pytest.fixture
def filled(client: Calls) -> Calls:
    client.write([f'm,t=a f={n}i,s="{n}" {n}' for n in range(ROWS)])
    return client


def part(values: list[list[Any]], *, partial: bool = True, name: str = "m") -> dict[str, Any]:
    series: dict[str, Any] = {"name": name, "columns": COLUMNS, "values": values}
    if partial:
        series["partial"] = True
    return {"results": [{"statement_id": 0, "series": [series]}]}


def failed(text: str) -> dict[str, Any]:
    return {"results": [{"statement_id": 0, "error": text}]}


def scripted_client(server: Scripted, mode: str) -> Calls:
    return Calls(AsyncInfluxDBClient(server.host, server.port, mode=mode))


@pytest.mark.parametrize("size", [None, 1, 7, 999, 1000, 5000])
def test_every_row_comes_whatever_the_size_of_chunks(filled: Calls, size: int | None) -> None:
    rows = filled.rows("SELECT f, s FROM m", chunk_size=size)
    assert [(row.time, row.f, row.s) for row in rows] == [(n, n, str(n)) for n in range(ROWS)]


def test_chunk_size_is_asked_for() -> None:
    with Scripted(chunked(part([[1, 1, "x"]], partial=False))) as server:
        rows = scripted_client(server, "blocking").rows("SELECT * FROM m", chunk_size=123)
        assert len(rows) == 1
    parameters = server.requests[0].parameters
    assert (parameters["chunked"], parameters["chunk_size"]) == ("true", "123")


def test_rows_are_named_tuples(filled: Calls) -> None:
    row = filled.rows("SELECT f, s FROM m LIMIT 1")[0]
    assert isinstance(row, tuple)
    assert type(row).__name__ == "Point"
    assert row._fields == ("time", "f", "s")
    assert row == (0, 0, "0")


def test_awkward_column_names_become_fields(client: Calls) -> None:
    client.write(r"m a\ b=1,class=2,_x=3,1st=4,a-b=5,ok=6 1")
    (row,) = client.rows('SELECT "a b", "class", "_x", "1st", "a-b", ok FROM m')
    assert row._fields == ("time", "a_b", "_2", "_3", "_4", "_5", "ok")
    assert row == (1, 1, 2, 3, 4, 5, 6)


def test_async_mode_gives_an_async_generator_to_await_for(database: Database) -> None:
    client = AsyncInfluxDBClient(database.server.host, database.server.port, db=database.name)

    async def use() -> list[int]:
        await client.write([f"m f={n}i {n}" for n in range(5)])
        result = await client.query("SELECT f FROM m", chunked=True, chunk_size=2)
        assert isinstance(result, AsyncGenerator)
        return [row.f async for row in result]

    assert asyncio.run(use()) == [0, 1, 2, 3, 4]


def test_blocking_mode_gives_a_plain_generator(blocking: AsyncInfluxDBClient) -> None:
    blocking.write([f"m f={n}i {n}" for n in range(5)])
    result = blocking.query("SELECT f FROM m", chunked=True, chunk_size=2)
    assert isinstance(result, Generator)
    assert [row.f for row in result] == [0, 1, 2, 3, 4]


def test_dataframe_mode_gives_a_generator_of_frames(frames: AsyncInfluxDBClient) -> None:
    frames.write([f"m,t=a f={n}i {n}" for n in range(5)])
    result = frames.query("SELECT f FROM m GROUP BY t", chunked=True, chunk_size=2)
    assert isinstance(result, Generator)
    parts = list(result)
    assert len(parts) > 1
    whole = pd.concat(parts)
    assert list(whole["f"]) == [0, 1, 2, 3, 4]
    assert list(whole["t"]) == ["a"] * 5
    assert str(whole.index.dtype) == "datetime64[ns, UTC]"
    assert list(whole.index.asi8) == [0, 1, 2, 3, 4]


def test_frames_of_a_series_have_the_same_types(frames: AsyncInfluxDBClient) -> None:
    frames.write(["m f=1.0,i=1i 1", "m f=2.5 2", "m i=9007199254740993i 3", "m f=3.0,i=4i 4"])
    parts = list(frames.query("SELECT f, i FROM m", chunked=True, chunk_size=1))
    assert sum(len(one) for one in parts) == 4
    assert {str(one["f"].dtype) for one in parts if one["f"].notna().all()} == {"float64"}
    exact = [value for one in parts for value in one["i"] if not pd.isna(value)]
    assert exact == [1, 9007199254740993, 4]


def test_several_series_and_statements_come_one_after_the_other(client: Calls) -> None:
    client.write(["a f=1i 1", "b f=2i 2"])
    rows = client.rows("SELECT f FROM a; SELECT f FROM b")
    assert [row.f for row in rows] == [1, 2]


def test_a_very_long_line_is_read(mode: str) -> None:
    text = "x" * 20_000_000
    with Scripted(chunked(part([[1, 1, text], [2, 2, "y"]], partial=False))) as server:
        rows = scripted_client(server, mode).rows("SELECT * FROM m")
    assert [(row.f, len(row.s)) for row in rows] == [(1, len(text)), (2, 1)]


def test_nothing_found_gives_no_rows(client: Calls, frames: AsyncInfluxDBClient) -> None:
    assert client.rows("SELECT * FROM nothing") == []
    assert list(frames.query("SELECT * FROM nothing", chunked=True)) == []


@pytest.mark.parametrize("epoch", [("ns", 3_600_000_000_000), ("s", 3600), ("h", 1)])
def test_epoch_is_the_unit_of_times(client: Calls, epoch: tuple[str, int]) -> None:
    client.write("m f=1 3600000000000")
    unit, time = epoch
    assert [row.time for row in client.rows("SELECT f FROM m", epoch=unit)] == [time]


def test_bind_parameters_and_placeholders_work(filled: Calls) -> None:
    rows = filled.rows("SELECT f FROM {m} WHERE s = $s", m="m", params={"s": "7"})
    assert [row.f for row in rows] == [7]


def test_parse_error_is_raised_on_iteration(client: Calls) -> None:
    with pytest.raises(InfluxDBQueryError, match="error parsing query"):
        client.rows("SELEKT")


def test_statement_error_is_raised_on_iteration(client: Calls) -> None:
    with pytest.raises(InfluxDBError, match="database not found"):
        client.rows("SELECT * FROM nowhere..m")


@pytest.mark.parametrize(
    ("tail", "end", "error"),
    [
        ([failed("engine fell over")], True, InfluxDBQueryError),
        ([{"error": "timeout"}], True, InfluxDBError),
        ([b"json: error calling MarshalJSON"], True, InfluxDBDecodeError),
        ([b"<html>"], True, InfluxDBDecodeError),
        ([], True, InfluxDBError),
        ([], False, InfluxDBError),
        ([b'{"results":[{"statement_id":0,"ser'], False, InfluxDBError),
    ],
    ids=["statement", "top", "go", "junk", "partial left standing", "cut", "cut in a chunk"],
)
def test_error_comes_after_the_rows_that_came(
    mode: str, tail: list[Any], end: bool, error: type[Exception]
) -> None:
    good = part([[1, 1, "x"], [2, 2, "y"]])
    seen: list[Any] = []

    async def read(client: AsyncInfluxDBClient) -> None:
        async for row in await client.query("SELECT * FROM m", chunked=True):
            seen.append(row)

    with Scripted(chunked(good, *tail, end=end)) as server:
        client = scripted_client(server, mode).client
        with pytest.raises(error):  # noqa: PT012 (one call in each mode)
            if mode == "async":
                asyncio.run(read(client))
            else:
                seen.extend(client.query("SELECT * FROM m", chunked=True))
    assert [tuple(row) for row in seen] == [(1, 1, "x"), (2, 2, "y")]


def test_leaving_early_closes_the_answer(mode: str) -> None:
    first = part([[1, 1, "x"]])
    opened = chunked(first, end=False).data
    with Scripted(Hang(opened)) as server:
        client = scripted_client(server, mode).client

        async def read() -> Any:
            rows = await client.query("SELECT * FROM m", chunked=True)
            row = await anext(rows)
            await rows.aclose()
            return row

        if mode == "async":
            row = asyncio.run(read())
        else:
            rows = client.query("SELECT * FROM m", chunked=True)
            row = next(rows)
            rows.close()
        assert tuple(row) == (1, 1, "x")
        assert server.left.wait(10)
