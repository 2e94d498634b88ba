"""Tests async iterables as data for `write`: batches, bounds, errors, cancellation, and other
modes."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pandas as pd
import pytest

from aioinflux import (
    AsyncInfluxDBClient,
    InfluxDBClient,
    InfluxDBWriteError,
    UDPClient,
    line_batches,
    to_line_protocol,
)
from scripted import Scripted, answer
from support import Database


def points(count: int) -> list[dict[str, Any]]:
    return [{"measurement": "m", "fields": {"f": n}, "time": n} for n in range(count)]


def lines(count: int) -> str:
    return "".join(f"m f={n}i {n}\n" for n in range(count))


async def each(items: Any, every: int = 1) -> AsyncIterator[Any]:
    """Yields the items, and waits for the event loop each time after `every` items (0: never). 0:
    none."""
    for number, item in enumerate(items):
        if every and number % every == 0:
            await asyncio.sleep(0)
        yield item


class Reader:
    """An async iterator that is not a generator; each of its steps can be an awaitable of any
    kind."""

    def __init__(self, items: Any) -> None:
        self.items = iter(items)

    def __aiter__(self) -> Reader:
        return self

    def __anext__(self) -> Awaitable[Any]:
        step: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        item = next(self.items, None)
        if item is None:
            step.get_loop().call_soon(step.set_exception, StopAsyncIteration())
        else:
            step.get_loop().call_soon(step.set_result, item)
        return step


class Source:
    """An async iterable that is no async iterator itself."""

    def __init__(self, items: Any) -> None:
        self.items = items

    def __aiter__(self) -> AsyncIterator[Any]:
        return each(self.items)


MAKERS: list[Callable[[Any], Any]] = [
    each, lambda items: each(items, 0), lambda items: each(items, 7), Source
]  # fmt: skip


@pytest.fixture(params=[AsyncInfluxDBClient, InfluxDBClient])
def connect(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Returns a function that creates clients in `async` mode."""
    return lambda server, **options: request.param(
        host=server.host, port=server.port, db="db", **options
    )


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    ("count", "expected"), [(0, []), (1, [1]), (9, [9]), (10, [10]), (11, [10, 1]), (30, [10] * 3)]
)
def test_requests_are_cut_as_those_of_an_iterable(
    connect: Any, make: Any, count: int, expected: list[int]
) -> None:
    with Scripted(answer(204)) as server:
        written = asyncio.run(connect(server).write(make(points(count)), batch_lines=10))
        assert written is True
        assert [request.text.count("\n") for request in server.requests] == expected
        assert "".join(request.text for request in server.requests) == lines(count)


def test_steps_may_be_awaitables_of_any_kind(connect: Any) -> None:
    async def run(server: Scripted) -> None:
        await connect(server).write(Reader(points(5)), batch_lines=2)

    with Scripted(answer(204)) as server:
        asyncio.run(run(server))
        assert "".join(request.text for request in server.requests) == lines(5)


def test_items_are_whatever_write_takes(connect: Any, database: Database) -> None:
    frame = pd.DataFrame({"f": [2, 3]}, index=pd.to_datetime([2, 3]))
    items = [points(2), frame, "m f=4i 4\nm f=5i 5", [], iter(["m f=6i 6"])]
    client = connect(database.server)
    client.db = database.name
    asyncio.run(client.write(each(items), "m", host="a"))
    assert sorted(point["time"] for point in database.points()) == list(range(7))


def test_nothing_is_read_ahead_of_a_batch(connect: Any) -> None:
    read: list[int] = []
    told: list[tuple[int, int]] = []

    async def counted() -> AsyncIterator[Any]:
        for number, point in enumerate(points(50)):
            read.append(number)
            yield point

    def tell(done: int, *_: object) -> None:
        told.append((done, len(read)))

    with Scripted(answer(204)) as server:
        asyncio.run(connect(server).write(counted(), batch_lines=10, progress=tell))
    # By the time the first request ends, two batches have been encoded: the one in flight and the
    # next. The limit of the second check leaves room for one more batch.
    assert [done for done, _ in told] == [10, 20, 30, 40, 50]
    assert all(seen <= done + 20 for done, seen in told)


def test_items_are_let_go(connect: Any) -> None:
    class Item(dict[str, Any]):
        pass

    alive: list[weakref.ref[Item]] = []
    most = 0

    async def made() -> AsyncIterator[Any]:
        nonlocal most
        for point in points(100):
            item = Item(point)
            alive.append(weakref.ref(item))
            yield item
            del item
            most = max(most, sum(one() is not None for one in alive))
            await asyncio.sleep(0)

    with Scripted(answer(204)) as server:
        asyncio.run(connect(server).write(made(), batch_lines=10))
    assert most <= 2


def test_other_tasks_run_while_data_is_waited_for(connect: Any) -> None:
    async def run(server: Scripted) -> None:
        queue: asyncio.Queue[Any] = asyncio.Queue()

        async def received() -> AsyncIterator[Any]:
            while (point := await queue.get()) is not None:
                yield point

        writing = asyncio.create_task(connect(server).write(received(), batch_lines=2))
        for point in [*points(4), None]:
            await asyncio.sleep(0)
            queue.put_nowait(point)
        assert await writing is True

    with Scripted(answer(204)) as server:
        asyncio.run(run(server))
        assert "".join(request.text for request in server.requests) == lines(4)


def test_data_runs_in_the_task_of_the_write(connect: Any) -> None:
    name: contextvars.ContextVar[str] = contextvars.ContextVar("name")
    seen = []

    async def asks() -> AsyncIterator[Any]:
        for point in points(3):
            await asyncio.sleep(0)
            seen.append((asyncio.current_task(), name.get()))
            yield point

    async def run(server: Scripted) -> None:
        name.set("here")
        await connect(server).write(asks())
        assert set(seen) == {(asyncio.current_task(), "here")}

    with Scripted(answer(204)) as server:
        asyncio.run(run(server))


@pytest.mark.parametrize("wait", [True, False])
def test_an_exception_of_the_data_says_what_was_written(connect: Any, wait: bool) -> None:
    class Broken(Exception):  # noqa: N818
        pass

    async def breaks() -> AsyncIterator[Any]:
        for point in points(25):
            yield point
        if wait:
            await asyncio.sleep(0)
        raise Broken("the source broke")

    with Scripted(answer(204)) as server:
        with pytest.raises(Broken, match="the source broke") as caught:
            asyncio.run(connect(server).write(breaks(), batch_lines=10))
        assert "".join(request.text for request in server.requests) == lines(20)
    assert caught.value.written == [range(20)]  # type: ignore[attr-defined]


def test_a_point_that_cannot_be_written_is_named(connect: Any) -> None:
    bad = [*points(22), {"measurement": "m", "fields": {"f": object()}}]
    with Scripted(answer(204)) as server:
        with pytest.raises(TypeError, match=r"point 22: field `f`.*points 0 to 19 were written"):
            asyncio.run(connect(server).write(each(bad), batch_lines=10))
        assert [request.text.count("\n") for request in server.requests] == [10, 10]


def test_refusals_of_the_server_name_points_by_number(database: Database) -> None:
    server = database.server
    client = InfluxDBClient(server.host, server.port, db=database.name)
    data = points(25)
    data[13]["fields"] = {"f": "text"}
    with pytest.raises(InfluxDBWriteError) as caught:
        asyncio.run(client.write(each(data), batch_lines=10))
    assert [index for index, _, _ in caught.value.rejected] == [13]
    assert len(database.points()) == 24


def test_a_warning_names_the_line_of_the_user(connect: Any) -> None:
    async def run(server: Scripted) -> None:
        data = [{"measurement": "m", "tags": {"t": 5}, "fields": {"f": 1}}]
        with pytest.warns(UserWarning, match="converted to str") as caught:
            await connect(server).write(each(data))
        assert [one.filename for one in caught] == [__file__]

    with Scripted(answer(204)) as server:
        asyncio.run(run(server))


def test_a_cancellation_reaches_the_data(connect: Any) -> None:
    ended = []

    async def waits() -> AsyncIterator[Any]:
        yield points(1)[0]
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def run(server: Scripted) -> None:
        writing = asyncio.create_task(connect(server).write(waits()))
        await asyncio.sleep(0)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert ended == [True]

    with Scripted(answer(204)) as server:
        asyncio.run(run(server))
        assert server.requests == []


def test_data_that_goes_on_after_a_cancellation_is_written(connect: Any) -> None:
    async def stubborn() -> AsyncIterator[Any]:
        yield points(1)[0]
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            yield points(2)[1]

    async def run(server: Scripted) -> None:
        writing = asyncio.create_task(connect(server).write(stubborn()))
        await asyncio.sleep(0)
        writing.cancel()
        assert await writing is True

    with Scripted(answer(204)) as server:
        asyncio.run(run(server))
        assert server.requests[0].text == lines(2)


def test_data_of_a_write_that_failed_is_ended(connect: Any) -> None:
    ended = []

    async def long() -> AsyncIterator[Any]:
        try:
            for point in points(1000):
                yield point
        finally:
            ended.append(True)

    async def run(server: Scripted) -> None:
        with pytest.raises(InfluxDBWriteError):
            await connect(server).write(long(), batch_lines=10)
        gc.collect()
        await asyncio.sleep(0)

    with Scripted(answer(400, b'{"error":"no"}')) as server:
        asyncio.run(run(server))
        assert len(server.requests) <= 2
    assert ended == [True]


def test_a_stream_is_copied_without_blocking_the_loop(database: Database) -> None:
    server = database.server
    client = InfluxDBClient(server.host, server.port, db=database.name)

    async def rows() -> AsyncIterator[Any]:
        async for row in client.stream("SELECT f FROM m"):
            yield {"measurement": "copy", "fields": {"f": row.f}, "time": row.time}

    async def run() -> None:
        await client.write(points(25_000))
        await client.write(rows())
        # The stream supports `for` and `async for`; the blocking `for` loop must not be used here.
        await client.write(client.stream("SELECT f FROM m LIMIT 3", output="dict"), "x")

    with pytest.raises(ValueError, match="point 0"):
        asyncio.run(run())
    assert database.series("SELECT count(f) FROM copy")[0]["values"] == [[0, 25_000]]


def test_datagrams_take_async_iterables() -> None:
    assert asyncio.run(UDPClient(port=9).write(each(["m f=1"]))) is True


@pytest.mark.parametrize(
    "call",
    [
        to_line_protocol,
        line_batches,
        lambda data: list(line_batches(data)),
        InfluxDBClient(db="d", mode="blocking").write,
        AsyncInfluxDBClient(mode="blocking").write,
        UDPClient(port=9, mode="blocking").write,
        lambda data: asyncio.run(InfluxDBClient(db="d").write([data])),
        lambda data: asyncio.run(InfluxDBClient(db="d").write(each([data]))),
    ],
)
def test_async_iterables_are_refused_with_a_hint_where_nothing_awaits(call: Any) -> None:
    with pytest.raises(ValueError, match=r"point 0: .*`async_generator`; an async iterable.*hint"):
        list(call(each(points(3))))


def test_what_should_have_been_awaited_is_told(connect: Any) -> None:
    async def fetch() -> list[Any]:
        return points(1)

    async def run(server: Scripted) -> None:
        waiting = fetch()
        with pytest.raises(ValueError, match="got `coroutine`; hint: await it first"):
            await connect(server).write(waiting)
        waiting.close()

    with Scripted(answer(204)) as server:
        asyncio.run(run(server))


def test_an_aiter_that_gives_no_async_iterator_is_told(connect: Any) -> None:
    class Wrong:
        def __aiter__(self) -> Any:
            return [1]

    async def run(server: Scripted) -> None:
        with pytest.raises(TypeError, match=r"argument `data`: `Wrong.__aiter__` returned `list`"):
            await connect(server).write(Wrong())

    with Scripted(answer(204)) as server:
        asyncio.run(run(server))
