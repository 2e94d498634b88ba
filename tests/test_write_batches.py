"""Tests large writes: where they are divided, how many requests are in flight, and the error
messages."""

from __future__ import annotations

import asyncio
import pickle
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aioinflux import (
    AsyncInfluxDBClient,
    InfluxDBClient,
    InfluxDBConnectionError,
    InfluxDBError,
    InfluxDBWriteError,
    line_batches,
    to_line_protocol,
)
from scripted import Answer, Hang, Request, Scripted, answer
from support import Calls, Database, run_python

LONG_S = 30
PARTIAL = '{"error":"partial write: field type conflict: input field \\"f\\" on measurement \\"m\\" is type float, already exists as type integer dropped=1"}'  # noqa: E501


def connect(server: Any, mode: str = "blocking", **kwargs: Any) -> AsyncInfluxDBClient:
    return AsyncInfluxDBClient(host=server.host, port=server.port, db="db", mode=mode, **kwargs)


def calls(server: Any, mode: str) -> Calls:
    return Calls(connect(server, mode))


def points(count: int, start: int = 0) -> list[dict[str, Any]]:
    numbers = range(start, start + count)
    return [{"measurement": "m", "fields": {"f": n}, "time": n} for n in numbers]


def lines(count: int) -> str:
    return "".join(f"m f={n}i {n}\n" for n in range(count))


def sent(server: Scripted) -> list[int]:
    """Returns the number of lines in each request that the server received."""
    return [request.text.count("\n") for request in server.requests]


@pytest.mark.parametrize(
    ("count", "expected"), [(0, []), (1, [1]), (9, [9]), (10, [10]), (11, [10, 1]), (30, [10] * 3)]
)
@pytest.mark.parametrize("make", [points, lines, lambda n: iter(points(n))])
def test_requests_are_cut_by_points_and_sent_in_order(
    mode: str, make: Callable[[int], Any], count: int, expected: list[int]
) -> None:
    with Scripted(answer(204)) as server:
        assert calls(server, mode).write(make(count), batch_lines=10) is True
        assert sent(server) == expected
        assert "".join(request.text for request in server.requests) == lines(count)


def test_requests_are_cut_by_bytes(mode: str) -> None:
    with Scripted(answer(204)) as server:
        calls(server, mode).write(points(100), batch_bytes=100)
        bodies = [request.text for request in server.requests]
        assert all(len(body) <= 100 for body in bodies)
        assert "".join(bodies) == lines(100)


def test_a_write_is_cut_at_ten_thousand_points_by_itself() -> None:
    with Scripted(answer(204)) as server:
        connect(server).write(lines(20_001))
        assert sent(server) == [10_000, 10_000, 1]


def test_frame_goes_out_in_order(mode: str) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"f": range(25)}, index=pd.to_datetime(range(25)))
    with Scripted(answer(204)) as server:
        calls(server, mode).write(frame, "m", batch_lines=10)
        assert sent(server) == [10, 10, 5]
        assert "".join(request.text for request in server.requests) == lines(25)


@pytest.mark.parametrize("where", [0, 1, 2])
def test_a_batch_of_points_without_fields_is_not_the_end(
    mode: str, caplog: pytest.LogCaptureFixture, where: int
) -> None:
    data = points(30)
    for point in data[10 * where : 10 * where + 10]:
        point["fields"] = {"f": None}
    with Scripted(answer(204)) as server:
        assert calls(server, mode).write(data, batch_lines=10) is True
        assert sent(server) == [10, 10]
        kept = lines(30).splitlines(keepends=True)
        del kept[10 * where : 10 * where + 10]
        assert "".join(request.text for request in server.requests) == "".join(kept)
    (record,) = caplog.records
    assert "10 points without fields" in record.getMessage()


def test_rows_without_fields_are_not_the_end_of_a_frame(mode: str) -> None:
    pd = pytest.importorskip("pandas")
    values = [None] * 20 + list(range(20, 30))
    frame = pd.DataFrame({"f": values}, index=pd.to_datetime(range(30)), dtype="Int64")
    with Scripted(answer(204)) as server:
        assert calls(server, mode).write(frame, "m", batch_lines=10) is True
        text = "".join(request.text for request in server.requests)
        assert text.splitlines() == lines(30).splitlines()[20:]


def empty(count: int) -> list[dict[str, Any]]:
    return [{"measurement": "m", "fields": {}}] * count


def table(values: list[int | None]) -> Any:
    pd = pytest.importorskip("pandas")
    index = pd.to_datetime(range(len(values)))
    return pd.DataFrame({"f": pd.array(values, "Int64")}, index=index)


# The value of each point's field is the position of the point in the data.
WITH_EMPTY_POINTS = {
    "behind the cut": lambda: [*points(9), table([*range(9, 14), *[None] * 5, 19])],
    "before a large table": lambda: [*empty(3), table([*range(3, 28)])],
    "between": lambda: [*points(2), *empty(1), table([*range(3, 30)])],
    "before text": lambda: [*empty(1), "".join(f"m f={n}i\n" for n in range(1, 26))],
    "within a large table": lambda: table([n if n % 3 else None for n in range(50)]),
    "more than a batch": lambda: [*points(12), *empty(25), *points(20, 37)],
}


@pytest.mark.parametrize("accepted", [0, 1, 2])
@pytest.mark.parametrize("make", WITH_EMPTY_POINTS.values(), ids=WITH_EMPTY_POINTS)
def test_points_without_fields_do_not_confuse_what_was_written(
    mode: str, make: Callable[[], Any], accepted: int
) -> None:
    refused = answer(401, '{"error":"no"}')
    answers = [*[answer(204)] * accepted, refused]
    with Scripted(*answers) as server, pytest.raises(InfluxDBWriteError) as caught:
        calls(server, mode).write(make(), "m", batch_lines=10)
    stored, failed = [], []
    for number, request in enumerate(server.requests):
        found = [int(n) for n in re.findall(r"f=(\d+)i", request.text)]
        (stored if number < accepted else failed).extend(found)
    written = [n for one in caught.value.written for n in one]
    assert set(stored) <= set(written)
    assert not set(failed) & set(written)
    missing = re.search(r"points from (\d+) on were not", str(caught.value))
    assert missing
    assert max(stored, default=-1) < int(missing[1]) <= min(failed)


@pytest.mark.filterwarnings("ignore:.* points without a time")
def test_rows_of_batches_are_right_with_points_without_fields() -> None:
    for make in WITH_EMPTY_POINTS.values():
        batches = line_batches(make(), "m", batch_lines=10)
        last, skipped = -1, 0
        for batch in batches:
            numbers = [int(n) for n in re.findall(r"f=(\d+)i", bytes(batch).decode())]
            assert all(last < n < batches.rows for n in numbers)
            skipped += batch.skipped
            last = batches.rows - 1
        assert last == numbers[-1]
        assert skipped == last + 1 - to_line_protocol(make(), "m").count(b"\n")


@pytest.mark.parametrize("batch_lines", [1, 2, 10])
def test_a_point_among_text_is_never_sent_in_another_unit(mode: str, batch_lines: int) -> None:
    data = [points(1), "m f=2i 1700000000\nm f=3i 1700000001"]
    with Scripted(answer(204)) as server:
        client = InfluxDBClient(host=server.host, port=server.port, db="db", mode=mode)
        with pytest.raises(ValueError, match="1 points of"):
            Calls(client).write(data, precision="s", batch_lines=batch_lines)
        assert sent(server) == []


@pytest.mark.filterwarnings("ignore:.* points without a time")
def test_who_agrees_before_the_points_were_sent_has_not_stored_them(mode: str) -> None:
    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            # The server stops reading, and the rest of the request is too large for the system's
            # buffers.
            over.wait(LONG_S)

    over = threading.Event()
    text = f'm s="{"x" * 60_000}"\n' * 700
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        client = AsyncInfluxDBClient("127.0.0.1", server.getsockname()[1], mode=mode, db="db")
        with pytest.raises(InfluxDBConnectionError, match="before all of it was sent"):
            Calls(client).write(text, batch_bytes=len(text))
        over.set()
        thread.join()


class Broken:
    """An object whose methods all call `next` on an empty iterator, which raises
    `StopIteration`."""

    def __str__(self) -> str:
        return next(iter([]))

    def to_lineprotocol(self) -> bytes:
        return next(iter([]))

    def items(self) -> Any:
        return next(iter([]))


@pytest.mark.parametrize(
    "bad",
    [
        {"measurement": "m", "tags": {"t": Broken()}, "fields": {"f": 1}},
        {"measurement": Broken(), "fields": {"f": 1}},
        Broken(),
    ],
)
def test_a_stop_iteration_of_the_data_is_not_its_end(mode: str, bad: Any) -> None:
    data = [*points(15), bad, *points(15)]
    with Scripted(answer(204)) as server, pytest.raises(RuntimeError, match="StopIteration"):
        calls(server, mode).write(data, batch_lines=10)
    with pytest.raises(RuntimeError, match="StopIteration"):
        list(line_batches(data))
    with pytest.raises(RuntimeError, match="StopIteration"):
        to_line_protocol(data)


@pytest.mark.parametrize("connections", [1, 4])
def test_all_points_arrive(database: Database, mode: str, connections: int) -> None:
    client = calls(database.server, mode)
    client.client.db = database.name
    assert client.write(points(5_000), batch_lines=300, connections=connections) is True
    assert sorted(p["fields"]["f"] for p in database.points()) == list(range(5_000))


def test_several_requests_travel_at_once(mode: str) -> None:
    barrier = threading.Barrier(4)
    with Scripted(answer(204), before=lambda: barrier.wait(LONG_S)) as server:
        assert calls(server, mode).write(points(80), batch_lines=10, connections=4) is True
        assert sorted(sent(server)) == [10] * 8


def test_points_are_read_while_others_travel() -> None:
    read: list[int] = []
    seen: list[int] = []

    def source() -> Iterator[dict[str, Any]]:
        for point in points(100):
            read.append(1)
            yield point

    with Scripted(answer(204), before=lambda: seen.append(len(read))) as server:
        connect(server).write(source(), batch_lines=10)
    # Two batches are ready before the first batch is sent, and at most two batches are encoded in
    # advance.
    assert len(seen) == 10
    assert all(count <= 10 * (n + 3) + 3 for n, count in enumerate(seen))


def test_progress_tells_points_bytes_and_the_rows_of_a_table(mode: str) -> None:
    told: list[tuple[int, int, int | None]] = []
    with Scripted(answer(204)) as server:
        client = calls(server, mode)
        client.write(points(25), batch_lines=10, progress=lambda *now: told.append(now))
        assert told == [
            (10, len(lines(10)), None),
            (20, len(lines(20)), None),
            (25, len(lines(25)), None),
        ]
        pd = pytest.importorskip("pandas")
        frame = pd.DataFrame({"f": range(8)}, index=pd.to_datetime(range(8)))
        told.clear()
        client.write(frame, "m", progress=lambda *now: told.append(now))
        assert told == [(8, len(lines(8)), 8)]


@pytest.mark.parametrize("count", [10, 50])
@pytest.mark.parametrize("kind", [RuntimeError, StopIteration])
def test_progress_can_end_the_write(mode: str, count: int, kind: type[Exception]) -> None:
    def stop(*_: Any) -> None:
        raise kind("enough")

    with Scripted(answer(204)) as server:
        with pytest.raises(RuntimeError, match=r"enough|StopIteration") as error:
            calls(server, mode).write(points(count), batch_lines=10, progress=stop)
        assert sent(server) == [10]
        assert error.value.written == [range(10)]  # type: ignore[attr-defined]


def test_bad_point_of_a_later_batch_says_what_was_written(mode: str) -> None:
    bad = [*points(35), {"measurement": "m", "fields": {"f": object()}}]
    with Scripted(answer(204)) as server:
        with pytest.raises((TypeError, ValueError), match="point 35") as error:
            calls(server, mode).write(bad, batch_lines=10)
        assert sent(server) == [10, 10, 10]
        assert str(error.value).endswith("points 0 to 29 were written, points from 30 on were not")
        copy = pickle.loads(pickle.dumps(error.value))
        assert copy.written == error.value.written == [range(30)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("count", [5, 15])
def test_bad_point_of_the_first_batches_sends_nothing(mode: str, count: int) -> None:
    bad = [*points(count), {"measurement": "m", "fields": {"f": object()}}]
    with Scripted(answer(204)) as server:
        with pytest.raises((TypeError, ValueError), match=f"point {count}"):
            calls(server, mode).write(bad, batch_lines=10)
        assert server.requests == []


def test_generator_that_raises_says_what_was_written(mode: str) -> None:
    def source() -> Iterator[dict[str, Any]]:
        yield from points(25)
        raise LookupError("the source is gone")

    with Scripted(answer(204)) as server:
        with pytest.raises(LookupError, match="the source is gone") as error:
            calls(server, mode).write(source(), batch_lines=10)
        assert sent(server) == [10, 10]
        assert error.value.written == [range(20)]  # type: ignore[attr-defined]


def test_refusal_of_a_later_batch_ends_the_write(mode: str) -> None:
    refused = answer(401, '{"error":"authorization failed"}')
    with Scripted(answer(204), answer(204), refused) as server:
        with pytest.raises(InfluxDBWriteError, match="authorization failed") as error:
            calls(server, mode).write(points(100), batch_lines=10)
        assert sent(server) == [10, 10, 10]
        assert error.value.written == [range(20)]
        assert str(error.value).endswith("points 0 to 19 were written, points from 20 on were not")
        copy = pickle.loads(pickle.dumps(error.value))
        assert (copy.written, copy.status, str(copy)) == ([range(20)], 401, str(error.value))


def test_lost_connection_leaves_its_points_in_doubt(mode: str) -> None:
    lost = Answer(b"", close=True)
    with Scripted(answer(204), lost) as server:
        with pytest.raises(InfluxDBConnectionError) as error:
            calls(server, mode).write(points(100), batch_lines=10)
        assert error.value.written == [range(10)]
        assert str(error.value).endswith(
            "points 0 to 9 were written, points 10 to 19 may have been written, "
            "points from 20 on were not"
        )


def test_points_refused_one_by_one_do_not_stop_the_others(mode: str) -> None:
    with Scripted(answer(204), answer(400, PARTIAL), answer(204)) as server:
        with pytest.raises(InfluxDBWriteError, match="partial write") as error:
            calls(server, mode).write(points(40), batch_lines=10)
        assert sent(server) == [10] * 4
        assert error.value.partial
        assert error.value.written == [range(10), range(20, 40)]
        assert str(error.value).endswith(
            "points 0 to 9 and 20 to 39 were written, points 10 to 19 were written in part"
        )


def test_rejected_points_of_several_requests_are_named_by_their_numbers(
    database: Database, mode: str
) -> None:
    client = calls(database.server, mode)
    client.client.db = database.name
    client.write("m f=1i 1")
    data = [f"m f={n}{'' if n in (13, 27) else 'i'} {n + 10}" for n in range(40)]
    with pytest.raises(InfluxDBWriteError) as error:
        client.write(data, batch_lines=10)
    assert len(database.points()) == 39
    assert {index for index, *_ in error.value.rejected} <= {13, 27}
    assert error.value.written == [range(10), range(30, 40)]


def test_requests_under_way_end_before_the_error_comes(mode: str) -> None:
    barrier = threading.Barrier(3)
    refused = answer(401, '{"error":"authorization failed"}')

    def choose(request: Request) -> Answer:
        # The request that is sent first does not always arrive first.
        return refused if request.text.startswith("m f=0i 0\n") else answer(204)

    with Scripted(choose, before=lambda: barrier.wait(LONG_S)) as server:
        with pytest.raises(InfluxDBWriteError) as error:
            calls(server, mode).write(points(60), batch_lines=10, connections=3)
        assert sent(server) == [10] * 3
    assert error.value.written == [range(10, 30)]
    assert "points 0 to 9 and from 30 on were not" in str(error.value)


def test_too_large_batches_are_split_within_a_large_write(mode: str) -> None:
    too_large = answer(413, '{"error":"Request Entity Too Large"}')
    with Scripted(answer(204), too_large, answer(204)) as server:
        assert calls(server, mode).write(points(30), batch_lines=10) is True
        assert sent(server) == [10, 10, 5, 5, 10]


def test_a_write_of_one_request_fails_as_ever(mode: str) -> None:
    with Scripted(answer(401, '{"error":"authorization failed"}')) as server:
        with pytest.raises(InfluxDBWriteError) as error:
            calls(server, mode).write(points(10), batch_lines=10)
        assert "written" not in str(error.value)
        assert error.value.written == []


def test_cancelling_a_task_stops_what_travels_and_sends_no_more() -> None:
    with Scripted(answer(204), Hang()) as server:

        async def use() -> None:
            task = asyncio.create_task(
                connect(server, "async").write(points(100), batch_lines=10, connections=3)
            )
            await asyncio.to_thread(server.hangs.wait, LONG_S)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(server.left.wait, LONG_S)

        asyncio.run(use())
        assert len(server.requests) <= 5


INTERRUPTED = """
import signal, sys
# Background jobs of a shell ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)
from aioinflux import AsyncInfluxDBClient
client = AsyncInfluxDBClient(sys.argv[1], int(sys.argv[2]), db="db", mode="blocking")
points = [{"measurement": "m", "fields": {"f": n}, "time": n} for n in range(100)]
try:
    client.write(points, batch_lines=10, connections=2)
except KeyboardInterrupt:
    print("interrupted", flush=True)
sys.stdin.readline()
"""


def test_ctrl_c_stops_what_travels() -> None:
    with Scripted(answer(204), Hang()) as server:
        child = run_python(INTERRUPTED, server.host, str(server.port))
        assert server.hangs.wait(LONG_S)
        child.send_signal(signal.SIGINT)
        # The request is cancelled while the program continues to run.
        assert server.left.wait(LONG_S)
        out, err = child.communicate("go\n", timeout=LONG_S)
    assert (out, err) == ("interrupted\n", "")


@pytest.mark.parametrize(
    "arguments",
    [{"connections": 0}, {"connections": 1.5}, {"batch_lines": 0}, {"batch_bytes": -1},
     {"progress": 3}],
)  # fmt: skip
def test_arguments_are_checked(mode: str, arguments: dict[str, Any]) -> None:
    with Scripted(answer(204)) as server:
        with pytest.raises((TypeError, ValueError), match=next(iter(arguments))):
            calls(server, mode).write("m f=1", **arguments)
        assert server.requests == []


def test_errors_know_nothing_of_points_by_themselves() -> None:
    assert InfluxDBError("x").written == []
