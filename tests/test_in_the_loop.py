"""Tests small requests that an event loop drives itself, and large answers that move to the
runtime."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import gc
import os
import signal
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest

from aioinflux import AsyncInfluxDBClient, InfluxDBTimeoutError
from scripted import Answer, Hang, Scripted, answer, chunked, results
from support import Database, collect_until, run_python

LONG_S = 30


def connect(server: Any, **kwargs: Any) -> AsyncInfluxDBClient:
    return AsyncInfluxDBClient(host=server.host, port=server.port, **kwargs)


def rows(count: int, first: int = 0) -> dict[str, Any]:
    values = [[n, n / 2] for n in range(first, first + count)]
    return {"results": [{"statement_id": 0, "series": [
        {"name": "m", "columns": ["time", "v"], "values": values}]}]}  # fmt: skip


def head_and_piece(size: int) -> bytes:
    """Returns the beginning of a chunked answer whose chunk is never complete."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    head += b"Transfer-Encoding: chunked\r\n\r\n"
    return head + b"%x\r\n" % (2 * size) + b" " * size


# An answer of this size is larger than the part of an answer that the event loop itself reads.
LARGE = 30_000


def switches_of_the_runtime() -> int:
    """Returns how often the runtime's thread has waited for work."""
    found = 0
    for task in Path("/proc/self/task").iterdir():
        if (task / "comm").read_text().strip() == "aioinflux":
            status = (task / "status").read_text()
            found += int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="threads are looked at in /proc")
def test_small_requests_wake_no_other_thread(database: Database) -> None:
    client = connect(database.server, db=database.name)

    async def use() -> int:
        await client.write("m f=1i 1")
        before = switches_of_the_runtime()
        for n in range(200):
            assert await client.write(f"m f={n}i {n}")
            answer = await client.query("SELECT f FROM m LIMIT 1")
            assert answer["results"][0]["series"][0]["values"] == [[0, 0]]
        return switches_of_the_runtime() - before

    # In an earlier version of the client, each of the 400 requests woke the runtime twice.
    assert asyncio.run(use()) < 100


@pytest.mark.parametrize("output", ["dict", "pandas", "rows"])
def test_answers_of_all_sizes_at_once_come_back_whole(database: Database, output: Any) -> None:
    client = connect(database.server, db=database.name)
    counts = (1, 3, 500, 2_000, 20_000)

    async def use() -> None:
        await client.write("\n".join(f"m v={n}i {n}" for n in range(max(counts))))
        asked = [counts[n % len(counts)] for n in range(60)]
        ask = (client.query(f"SELECT v FROM m LIMIT {n}", output=output) for n in asked)
        for count, got in zip(asked, await asyncio.gather(*ask), strict=True):
            if output == "dict":
                values = got["results"][0]["series"][0]["values"]
                assert values == [[n, n] for n in range(count)]
            else:
                last = got["v"].tolist() if output == "pandas" else [v for _, v in got]
                assert last == list(range(count))

    asyncio.run(asyncio.wait_for(use(), LONG_S))


def test_a_connection_serves_small_and_large_answers_in_turn() -> None:
    large, small = chunked(rows(LARGE)), chunked(rows(2))
    with Scripted(small, large, large, small, answer(204)) as server:
        client = connect(server, db="db")

        async def use() -> None:
            counts = [len(await client.query("q", output="pandas")) for _ in range(4)]
            assert counts == [2, LARGE, LARGE, 2]
            assert await client.write("m f=1")

        asyncio.run(asyncio.wait_for(use(), LONG_S))
        assert server.connections == 1


def test_a_connection_that_the_server_closed_is_not_used_again() -> None:
    with Scripted(Answer(answer(204).data, close=True)) as server:
        client = connect(server, db="db")

        async def use() -> None:
            for _ in range(5):
                assert await client.write("m f=1")
                assert await asyncio.to_thread(server.closed.acquire, timeout=LONG_S)

        asyncio.run(asyncio.wait_for(use(), LONG_S))
        assert len(server.requests) == 5


@pytest.mark.parametrize("size", [10, 1_000_000], ids=["in the loop", "in the runtime"])
def test_a_request_that_is_cancelled_in_its_body_closes_its_connection(size: int) -> None:
    with Scripted(Hang(head_and_piece(size)), results({})) as server:
        client = connect(server, db="db")

        async def use() -> None:
            task = asyncio.create_task(client.query("q"))
            await asyncio.to_thread(server.hangs.wait, LONG_S)
            # Only the request in the task hangs; the request that follows must finish.
            await client.query("q")
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(server.left.wait, LONG_S)

        asyncio.run(asyncio.wait_for(use(), LONG_S))


@pytest.mark.parametrize("size", [10, 1_000_000], ids=["in the loop", "in the runtime"])
def test_a_body_that_stops_runs_into_the_timeout(size: int) -> None:
    with Scripted(Hang(head_and_piece(size))) as server:
        client = connect(server, db="db", timeout=0.3)
        with pytest.raises(InfluxDBTimeoutError):
            asyncio.run(asyncio.wait_for(client.query("q"), LONG_S))


def test_loops_of_several_threads_share_a_client_with_answers_of_all_sizes() -> None:
    with Scripted(lambda request: chunked(rows(int(request.form["q"])))) as server:
        client = connect(server, db="db")

        async def use(thread: int) -> None:
            counts = [1 + (thread + n) % 7 * 3_000 for n in range(20)]
            got = await asyncio.gather(*(client.query(str(n), output="pandas") for n in counts))
            assert [len(frame) for frame in got] == counts

        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda n: asyncio.run(asyncio.wait_for(use(n), LONG_S)), range(6)))


@pytest.mark.skipif(sys.platform != "linux", reason="files are looked at in /proc")
def test_connections_end_with_their_loop_and_with_the_client() -> None:
    def open_files() -> int:
        return len(os.listdir("/proc/self/fd"))

    with Scripted(chunked(rows(2))) as server:
        client = connect(server, db="db")

        async def use() -> None:
            await asyncio.gather(*(client.query("q") for _ in range(5)))

        asyncio.run(use())
        before = open_files()
        for _ in range(5):
            # The files that the earlier event loops opened must not stay open.
            asyncio.run(use())
            assert open_files() <= before
        client.close()
        # The server closes its ends of the connections in separate threads, so the test waits until
        # all are closed.
        for _ in range(server.connections):
            assert server.closed.acquire(timeout=LONG_S)
        assert open_files() < before


def test_a_client_may_be_dropped_in_another_thread_while_its_loop_goes_on() -> None:
    with Scripted(chunked(rows(2))) as server:

        async def use() -> None:
            for _ in range(3):
                clients = [connect(server, db="db")]
                await asyncio.gather(*(clients[0].query("q") for _ in range(4)))
                thread = threading.Thread(target=clients.clear)
                thread.start()
                await asyncio.to_thread(thread.join)
                await connect(server, db="db").query("q")

        asyncio.run(asyncio.wait_for(use(), LONG_S))


def test_requests_of_a_loop_that_was_closed_end_with_it() -> None:
    with Scripted(lambda r: Hang() if r.form["q"] == "NEVER" else results({})) as server:
        client = connect(server, db="db", timeout=LONG_S)
        begun = []
        for _ in range(70):
            loop = asyncio.new_event_loop()
            begun.append(loop.run_until_complete(_begin(client.query("NEVER"))))
            loop.close()
        del loop
        collect_until(lambda: not any(task() for task in begun))
        assert asyncio.run(asyncio.wait_for(client.query("q"), LONG_S))


async def _begin(awaitable: Any) -> weakref.ref[asyncio.Task[Any]]:
    task = asyncio.ensure_future(awaitable)
    await asyncio.sleep(0)
    return weakref.ref(task)


def test_requests_of_a_loop_that_stands_still_hold_up_no_others() -> None:
    with Scripted(lambda r: Hang() if r.form["q"] == "NEVER" else results({})) as server:
        client = connect(server, db="db")
        loop = asyncio.new_event_loop()
        for _ in range(70):
            loop.run_until_complete(_begin(client.query("NEVER")))
        assert asyncio.run(asyncio.wait_for(client.query("q"), LONG_S))
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_that_drops_the_client_leaves_the_parents_connections_alone() -> None:
    with Scripted(results({})) as server:
        clients = [connect(server, db="db")]
        loop = asyncio.new_event_loop()

        async def use() -> None:
            await asyncio.gather(*(clients[0].query("q") for _ in range(4)))

        loop.run_until_complete(use())
        child = os.fork()
        if child == 0:
            clients.clear()
            gc.collect()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        connections = server.connections
        loop.run_until_complete(asyncio.wait_for(use(), LONG_S))
        assert server.connections == connections
        loop.close()


def test_an_answer_that_never_pauses_runs_into_the_timeout() -> None:
    # The answer has white space before the document, in pieces of four bytes.
    head = head_and_piece(0).removesuffix(b"0\r\n")
    with Scripted(Answer(head + b"4\r\n    \r\n" * 10_000_000)) as server:
        client = connect(server, db="db", timeout=0.2)
        with pytest.raises(InfluxDBTimeoutError):
            asyncio.run(client.query("q"))


def test_the_end_of_the_program_gives_up_requests_of_other_loops() -> None:
    program = """
    import asyncio, sys, threading
    from aioinflux import AsyncInfluxDBClient
    client = AsyncInfluxDBClient(sys.argv[1], int(sys.argv[2]), db="db")

    async def ask():
        while True:
            await asyncio.gather(*(client.query("q") for _ in range(8)))
            asked.set()

    for _ in range(2):
        asked = threading.Event()
        threading.Thread(target=lambda: asyncio.run(ask()), daemon=True).start()
        asked.wait()
    """
    with Scripted(results({})) as server:
        for _ in range(4):
            child = run_python(program, server.host, str(server.port))
            _, err = child.communicate(timeout=LONG_S)
            assert child.returncode == 0
            assert "panicked" not in err


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the system has no such timer")
def test_an_interrupt_while_a_value_is_made_does_not_leave_its_task_waiting() -> None:
    class Future(asyncio.Future[Any]):
        def done(self) -> bool:
            # The engine calls `done` before it creates the value, which takes longer than the
            # timer.
            signal.setitimer(signal.ITIMER_REAL, 1e-3)
            return super().done()

    class Loop(asyncio.SelectorEventLoop):
        def create_future(self) -> asyncio.Future[Any]:
            return Future(loop=self)

    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    loop = Loop()
    try:
        with Scripted(results(*rows(20_000)["results"])) as server:
            client = connect(server, db="db")
            task = loop.create_task(client.query("SELECT v FROM m"))
            with contextlib.suppress(KeyboardInterrupt):
                loop.run_until_complete(task)
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
            loop.run_until_complete(asyncio.wait([task], timeout=LONG_S))
            assert task.done()
            with contextlib.suppress(KeyboardInterrupt):
                assert task.result() == rows(20_000)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        loop.close()
