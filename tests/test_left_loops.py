"""Tests that the request of a loop ends when the program leaves the loop, even if the object that
is iterated over stays alive."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

import pytest

from aioinflux import AsyncInfluxDBClient, InfluxDBClient, InfluxDBTimeoutError
from scripted import Hang, Scripted, chunked
from support import Database

# A number that is greater than the maximum number of concurrent requests.
MANY = 65
QUERY = "SELECT f FROM m"


@pytest.fixture
def filled(database: Database) -> Database:
    """A database whose answers are longer than the part of an answer that the tests read."""
    server = database.server
    client = InfluxDBClient(server.host, server.port, mode="blocking", db=database.name)
    client.write(f"m f={n}i {n}" for n in range(25_000))
    return database


def streamed(database: Database, mode: str, **options: Any) -> tuple[Any, Callable[[], Any]]:
    """Returns a client, and a function that opens a stream with that client."""
    server = database.server
    client = InfluxDBClient(server.host, server.port, mode=mode, db=database.name, **options)
    return client, lambda: client.stream(QUERY, chunk_size=10)


def queried(database: Database, mode: str, **options: Any) -> tuple[Any, Callable[[], Any]]:
    """Returns a client, and a function that sends a chunked query with that client."""
    server = database.server
    client = AsyncInfluxDBClient(server.host, server.port, db=database.name, mode=mode, **options)
    return client, lambda: client.query(QUERY, chunked=True, chunk_size=10)


def leave_by_break(rows: Any) -> None:
    for _ in rows:
        break


def leave_by_return(rows: Any) -> None:
    for _ in rows:
        return


def leave_by_exception(rows: Any) -> None:
    with contextlib.suppress(ZeroDivisionError):
        for _ in rows:
            1 / 0  # noqa: B018


async def leave_async_by_break(rows: Any) -> None:
    async for _ in rows:
        break


async def leave_async_by_return(rows: Any) -> None:
    async for _ in rows:
        return


async def leave_async_by_exception(rows: Any) -> None:
    with contextlib.suppress(ZeroDivisionError):
        async for _ in rows:
            1 / 0  # noqa: B018


@pytest.mark.parametrize("opened", [streamed, queried])
@pytest.mark.parametrize("leave", [leave_by_break, leave_by_return, leave_by_exception])
def test_a_for_loop_that_is_left_ends_its_request(
    filled: Database, opened: Any, leave: Callable[[Any], None]
) -> None:
    client, send = opened(filled, "blocking", timeout=20)
    kept = [send() for _ in range(MANY)]
    for rows in kept:
        leave(rows)
    assert client.ping()


@pytest.mark.parametrize("opened", [streamed, queried])
@pytest.mark.parametrize(
    "leave", [leave_async_by_break, leave_async_by_return, leave_async_by_exception]
)
def test_an_async_for_loop_that_is_left_ends_its_request(
    filled: Database, opened: Any, leave: Any
) -> None:
    async def run() -> None:
        client, send = opened(filled, "async", timeout=20)
        kept = []
        for _ in range(MANY):
            rows = send()
            kept.append(await rows if opened is queried else rows)
            await leave(kept[-1])
        # Streams and blocking pings share the client's limit for concurrent requests.
        client.mode = "blocking"
        assert client.ping()
        client.mode = "async"
        assert await client.ping()

    asyncio.run(run())


def hanging() -> Scripted:
    """Returns a server whose answers begin but never end."""
    series = {"name": "m", "columns": ["time", "f"], "values": [[1, 1]], "partial": True}
    document = {"results": [{"statement_id": 0, "series": [series], "partial": True}]}
    return Scripted(Hang(chunked(document, end=False).data))


@pytest.mark.parametrize("name", ["stream", "query"])
def test_an_async_for_loop_ends_its_request_while_the_event_loop_stands_still(name: str) -> None:
    async def run(server: Scripted) -> bool:
        client = InfluxDBClient(server.host, server.port, db="d")
        made = client.stream(QUERY) if name == "stream" else await client.query(QUERY, chunked=True)
        async for _ in made:
            break
        # The blocking call stops the event loop, so the loop cannot close a generator that was
        # dropped.
        return server.left.wait(20)

    with hanging() as server:
        assert asyncio.run(run(server))


def test_an_iterator_that_is_dropped_ends_its_request() -> None:
    with hanging() as server:
        stream = InfluxDBClient(server.host, server.port, db="d").stream(QUERY)
        rows = iter(stream)
        assert next(rows) == (1, 1)
        del rows
        assert server.left.wait(20)
        with pytest.raises(RuntimeError, match="once"):
            iter(stream)


def test_close_ends_the_request_of_an_async_loop_too() -> None:
    async def run(server: Scripted) -> None:
        stream = InfluxDBClient(server.host, server.port, db="d").stream(QUERY)
        rows = aiter(stream)
        assert await anext(rows) == (1, 1)
        stream.close()
        assert server.left.wait(20)
        # The rows that were read must not look like a complete answer.
        with pytest.raises(RuntimeError, match="the stream was closed"):
            await anext(rows)

    with hanging() as server:
        asyncio.run(run(server))


def test_a_read_that_is_cancelled_ends_its_request() -> None:
    async def run(server: Scripted) -> Any:
        client = InfluxDBClient(server.host, server.port, db="d", output="dict")
        chunks = await client.query(QUERY, chunked=True)
        await anext(chunks)
        waits = asyncio.ensure_future(anext(chunks))
        await asyncio.sleep(0)
        waits.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waits
        assert server.left.wait(20)
        # The generator yields nothing more, like any generator that has raised an exception.
        return [chunk async for chunk in chunks]

    with hanging() as server:
        assert asyncio.run(run(server)) == []


def test_progress_is_shown_to_its_end_when_the_loop_is_left(
    filled: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    server = filled.server
    client = InfluxDBClient(server.host, server.port, db=filled.name)
    stream = client.stream(QUERY, chunk_size=10, progress=True)
    leave_by_break(stream)
    assert re.fullmatch(r"read: 10 rows, .* in .* s\n", capsys.readouterr().err)
    asyncio.run(leave_async_by_break(again := client.stream(QUERY, chunk_size=10, progress=True)))
    assert re.fullmatch(r"read: 10 rows, .* in .* s\n", capsys.readouterr().err)
    again.close()
    assert capsys.readouterr().err == ""


def test_a_chunked_query_goes_on_after_next(filled: Database) -> None:
    _, send = queried(filled, "blocking")
    rows = send()
    assert isinstance(rows, Generator)
    assert [next(rows).f, next(rows).f] == [0, 1]
    assert [row.f for row in rows] == list(range(2, 25_000))
    assert list(rows) == []
    assert next(rows, None) is None


def test_an_async_chunked_query_goes_on_after_anext(filled: Database) -> None:
    async def run() -> None:
        _, send = queried(filled, "async")
        rows = await send()
        assert isinstance(rows, AsyncGenerator)
        assert [(await anext(rows)).f, (await anext(rows)).f] == [0, 1]
        assert [row.f async for row in rows] == list(range(2, 25_000))
        assert [row async for row in rows] == []
        assert await anext(rows, None) is None

    asyncio.run(run())


def test_a_chunked_query_that_was_left_is_no_short_answer(filled: Database) -> None:
    async def run() -> None:
        _, send = queried(filled, "async")
        rows = await send()
        await leave_async_by_break(rows)
        for read in (aiter, anext):
            with pytest.raises(RuntimeError, match="left"):
                read(rows)

    asyncio.run(run())
    _, send = queried(filled, "blocking")
    rows = send()
    leave_by_break(rows)
    for read in (iter, next):
        with pytest.raises(RuntimeError, match="left"):
            read(rows)


def test_a_chunked_query_that_was_closed_is_at_its_end(filled: Database) -> None:
    async def run() -> list[Any]:
        _, send = queried(filled, "async")
        rows = await send()
        await anext(rows)
        await rows.aclose()
        return [row async for row in rows]

    assert asyncio.run(run()) == []
    _, send = queried(filled, "blocking")
    rows = send()
    next(rows)
    rows.close()
    assert list(rows) == []


def test_a_chunked_query_takes_exceptions_as_a_generator_does() -> None:
    async def run(client: Any) -> None:
        rows = await client.query(QUERY, chunked=True)
        await anext(rows)
        with pytest.raises(KeyError):
            await rows.athrow(KeyError("x"))
        assert [row async for row in rows] == []

    with hanging() as server:
        client = AsyncInfluxDBClient(server.host, server.port, mode="blocking")
        rows = client.query(QUERY, chunked=True)
        next(rows)
        with pytest.raises(KeyError):
            rows.throw(KeyError("x"))
        assert list(rows) == []
        client.mode = "async"
        asyncio.run(run(client))


SLOTS = (
    r"ping of `.*`: not done within 3s \(`timeout`\): 64 requests of this client are open, 64 "
    r"of them streams that were not closed; hint: read streams to their end, or close them"
)


def test_a_call_that_gets_no_slot_says_what_holds_them() -> None:
    with hanging() as server:
        client = InfluxDBClient(server.host, server.port, db="d", mode="blocking", timeout=3)
        # The iterators in `held` keep their streams open, because the program has left no loop.
        held = [iter(client.stream(QUERY)) for _ in range(64)]
        assert [next(rows) for rows in held] == [(1, 1)] * 64
        with pytest.raises(InfluxDBTimeoutError, match=SLOTS):
            client.ping()
        held.pop().close()
        assert client.ping()


def unfinished() -> Hang:
    """Returns the head of an HTTP answer and one row, after which the server sends nothing."""
    series = {"name": "m", "columns": ["time", "f"], "values": [[1, 2]], "partial": True}
    document = json.dumps({"results": [{"statement_id": 0, "series": [series]}]})
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    return Hang(f"{head}{len(document) + 1:x}\r\n{document}\n\r\n".encode())


def test_a_stream_that_another_task_closes_ends_its_request_and_its_reader() -> None:
    async def read_and_close(server: Scripted) -> None:
        client = InfluxDBClient(server.host, server.port, db="db")
        stream = client.stream(QUERY, chunk_size=1)
        rows = aiter(stream)
        await anext(rows)
        read = asyncio.ensure_future(anext(rows))
        # The task that reads now runs until it waits for the server.
        await asyncio.sleep(0)
        await stream.aclose()
        with pytest.raises(RuntimeError, match="the stream was closed while it was read"):
            await asyncio.wait_for(read, 20)

    with Scripted(unfinished()) as server:
        asyncio.run(read_and_close(server))


def test_a_stream_that_another_thread_closes_ends_its_request_and_its_reader() -> None:
    found: list[BaseException] = []

    def read(rows: Generator[Any, None, None]) -> None:
        try:
            next(rows)
        except RuntimeError as error:
            found.append(error)

    with Scripted(unfinished()) as server:
        client = InfluxDBClient(server.host, server.port, db="db", mode="blocking")
        stream = client.stream(QUERY, chunk_size=1)
        rows = iter(stream)
        next(rows)
        thread = threading.Thread(target=read, args=(rows,))
        thread.start()
        end = time.monotonic() + 20
        while not rows.gi_running and time.monotonic() < end:
            pass
        stream.close()
        thread.join(20)
    assert "the stream was closed while it was read" in str(found[0])
