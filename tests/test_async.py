"""Tests event loops, threads, signals, fork, cancellation, and programs that end without
messages."""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
import inspect
import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from aioinflux import AsyncInfluxDBClient
from scripted import Hang, Scripted, answer, chunked, results
from support import Database, collect_until, run_python

# A timeout that is never reached if the test passes.
LONG_S = 30


def connect(server: Any, mode: str = "async", **kwargs: Any) -> AsyncInfluxDBClient:
    return AsyncInfluxDBClient(host=server.host, port=server.port, mode=mode, **kwargs)


def test_one_client_works_under_several_loops(database: Database) -> None:
    client = connect(database.server, db=database.name)
    for n in range(3):
        assert asyncio.run(client.write(f"m f={n}i {n}")) is True
    loop = asyncio.new_event_loop()
    try:
        answer = loop.run_until_complete(client.query("SELECT f FROM m"))
    finally:
        loop.close()
    assert len(answer["results"][0]["series"][0]["values"]) == 3


def test_gather_runs_at_the_same_time() -> None:
    with Scripted(Hang(), results({})) as server:
        client = connect(server)

        async def use() -> None:
            first = asyncio.create_task(client.query("SHOW DATABASES"))
            await asyncio.to_thread(server.arrived.wait, LONG_S)
            await asyncio.gather(*(client.query("SHOW USERS") for _ in range(5)))
            assert not first.done()
            first.cancel()

        asyncio.run(asyncio.wait_for(use(), LONG_S))
        assert len(server.requests) == 6


def test_threads_with_loops_share_a_client(database: Database) -> None:
    client = connect(database.server, db=database.name)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda n: asyncio.run(client.write(f"m f={n}i {n}")), range(20)))
    assert done == [True] * 20
    assert len(database.points()) == 20


def test_threads_share_a_blocking_client(database: Database) -> None:
    client = connect(database.server, "blocking", db=database.name)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda n: client.write(f"m f={n}i {n}"), range(20)))
    assert done == [True] * 20
    assert len(database.points()) == 20


def test_blocking_call_inside_a_running_loop(database: Database) -> None:
    client = connect(database.server, "blocking", db=database.name)

    async def use() -> Any:
        return client.ping()

    assert asyncio.run(use())


def test_blocking_call_lets_other_threads_run() -> None:
    # The scripted server runs in a thread of this process, so it could not answer if the call kept
    # the GIL.
    with Scripted(Hang(), results({})) as server, concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(connect(server, "blocking", timeout=LONG_S).query, "SHOW DATABASES")
        assert server.arrived.wait(LONG_S)
        assert connect(server, "blocking").query("SHOW USERS")
        assert not waiting.done()
        server.__exit__()
        assert waiting.exception(LONG_S) is not None


def test_methods_give_coroutines_that_do_nothing_before_they_are_awaited() -> None:
    with Scripted(answer(204)) as server:
        client = connect(server)
        coroutines = [client.ping(), client.write("m f=1"), client.query("SHOW DATABASES")]
        bad = client.write(object())
        for coroutine in (*coroutines, bad):
            assert inspect.iscoroutine(coroutine)
            coroutine.close()
        assert server.requests == []


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ping", {}),
        ("write", {"data": "m f=1"}),
        ("query", {"q": "q"}),
        ("query", {"q": "q", "chunked": True}),
    ],
)
def test_a_forgotten_await_is_told_by_the_name_of_the_method(
    face: type, name: str, arguments: dict[str, Any]
) -> None:
    call = getattr(face(db="db"), name)(**arguments)
    with pytest.warns(RuntimeWarning, match=rf"'{face.__name__}\.{name}' was never awaited"):
        del call


def test_bad_data_is_told_when_awaited_so_that_gather_sees_it(database: Database) -> None:
    client = connect(database.server, db=database.name)

    async def use() -> list[Any]:
        calls = [client.write(object()), client.write("m f=1 1")]
        return await asyncio.gather(*calls, return_exceptions=True)

    first, second = asyncio.run(use())
    assert isinstance(first, (TypeError, ValueError))
    assert second is True


@pytest.mark.parametrize("call", ["ping", "write", "query", "chunked"])
def test_cancelling_a_task_stops_its_request(call: str) -> None:
    with Scripted(Hang()) as server:
        client = connect(server)
        calls: dict[str, Any] = {
            "ping": client.ping,
            "write": lambda: client.write("m f=1"),
            "query": lambda: client.query("SHOW DATABASES"),
            "chunked": lambda: rows(client),
        }

        async def rows(client: AsyncInfluxDBClient) -> list[Any]:
            return [row async for row in await client.query("SHOW DATABASES", chunked=True)]

        async def use() -> None:
            task = asyncio.create_task(calls[call]())
            await asyncio.to_thread(server.arrived.wait, LONG_S)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            # The test waits in another thread, so that the event loop can continue.
            assert await asyncio.to_thread(server.left.wait, LONG_S)

        asyncio.run(use())


def test_wait_for_stops_a_request() -> None:
    with Scripted(Hang()) as server:

        async def use() -> None:
            # Before Python 3.11, `asyncio.TimeoutError` is different from the builtin class.
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(connect(server).query("SHOW DATABASES"), 0.05)

        asyncio.run(use())
        assert server.left.wait(LONG_S)


def test_client_works_after_a_cancelled_request() -> None:
    with Scripted(Hang(), results({})) as server:
        client = connect(server)

        async def use() -> Any:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(client.query("SHOW DATABASES"), 0.05)
            return await client.query("SHOW DATABASES")

        assert "results" in asyncio.run(use())


INTERRUPTED = """
import signal, sys, time
# Background jobs of a shell ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)
from aioinflux import AsyncInfluxDBClient
client = AsyncInfluxDBClient(sys.argv[1], int(sys.argv[2]), mode="blocking")
try:
    if sys.argv[3] == "query":
        client.query("SHOW DATABASES")
    else:
        list(client.query("SHOW DATABASES", chunked=True))
except KeyboardInterrupt:
    print(time.monotonic(), flush=True)
"""


@pytest.mark.parametrize("call", ["query", "chunked"])
def test_ctrl_c_ends_a_blocking_call_within_a_fifth_of_a_second(call: str) -> None:
    opened = Hang(chunked({"results": []}, end=False).data if call == "chunked" else b"")
    with Scripted(opened) as server:
        child = run_python(INTERRUPTED, server.host, str(server.port), call)
        assert server.arrived.wait(LONG_S)
        sent = time.monotonic()
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=LONG_S)
    assert err == ""
    # All processes of the machine share the clock that the test reads, so their times can be
    # compared.
    assert float(out) - sent < 0.2


FORKED = """
import os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)
from aioinflux import AsyncInfluxDBClient
host, port, db = sys.argv[1:]
client = AsyncInfluxDBClient(host, int(port), db=db, mode="blocking")
client.write("m f=1 1")
child = os.fork()
client.write(f"m f=2 {2 if child else 3}")
assert len(client.query("SELECT f FROM m")["results"][0]["series"][0]["values"]) >= 2
if child:
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status))
"""


def test_child_works_after_fork(database: Database) -> None:
    server = database.server
    process = run_python(FORKED, server.host, str(server.port), database.name)
    _, err = process.communicate(timeout=LONG_S)
    assert (process.returncode, err) == (0, "")
    assert [p["time"] for p in database.points()] == [1, 2, 3]


SPAWNED = """
import multiprocessing, sys
from aioinflux import AsyncInfluxDBClient

def work(client):
    return client.write("m f=2 2")

if __name__ == "__main__":
    host, port, db = sys.argv[1:]
    client = AsyncInfluxDBClient(host, int(port), db=db, mode="blocking")
    client.write("m f=1 1")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(work, [client]) == [True]
"""


def test_client_goes_into_a_spawned_process(database: Database, tmp_path: Any) -> None:
    server = database.server
    script = tmp_path / "spawned.py"
    script.write_text(SPAWNED)
    arguments = [str(script), server.host, str(server.port), database.name]
    # The program is stored in a file, because a spawned process imports the program of its parent.
    process = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=LONG_S, check=False
    )
    assert (process.returncode, process.stderr) == (0, "")
    assert [p["time"] for p in database.points()] == [1, 2]


QUIET = """
import asyncio, sys
from aioinflux import AsyncInfluxDBClient
host, port, db, how = sys.argv[1:]
kept = AsyncInfluxDBClient(host, int(port), db=db)

async def main():
    client = AsyncInfluxDBClient(host, int(port), db=db)
    for one in (kept, client):
        await one.write("m f=1 1")
        rows = await one.query("SELECT f FROM m", chunked=True)
        assert [row.f async for row in rows] == [1]
        left = await one.query("SELECT f FROM m", chunked=True)
        await anext(left)
    if how == "closed":
        client.close()
        await kept.close()

asyncio.run(main())
blocking = AsyncInfluxDBClient(host, int(port), db=db, mode="blocking")
blocking.ping()
next(blocking.query("SELECT f FROM m", chunked=True))
if how == "closed":
    blocking.close()
    blocking.close()
"""


@pytest.mark.parametrize("how", ["closed", "left open"])
def test_end_of_the_program_is_quiet(database: Database, how: str) -> None:
    server = database.server
    process = run_python(
        QUIET,
        server.host,
        str(server.port),
        database.name,
        how,
        options=("-X", "dev", "-W", "error"),
    )
    out, err = process.communicate(timeout=LONG_S)
    assert (process.returncode, out, err) == (0, "", "")


def test_exit_during_a_request_is_quick_and_quiet() -> None:
    program = """
    import sys, threading
    from aioinflux import AsyncInfluxDBClient
    client = AsyncInfluxDBClient(sys.argv[1], int(sys.argv[2]), mode="blocking")
    threading.Thread(target=client.query, args=("SHOW DATABASES",), daemon=True).start()
    sys.stdin.readline()
    """
    with Scripted(Hang()) as server:
        child = run_python(program, server.host, str(server.port))
        assert server.arrived.wait(LONG_S)
        out, err = child.communicate("go\n", timeout=LONG_S)
    assert (child.returncode, out, err) == (0, "", "")


def test_client_works_again_after_close(database: Database) -> None:
    client = connect(database.server, "blocking", db=database.name)
    client.ping()
    client.close()
    assert client.ping()


def test_many_requests_of_several_loops_in_turn_come_back_to_their_own() -> None:
    with Scripted(results({})) as server:
        client = connect(server)
        loops = [asyncio.new_event_loop() for _ in range(2)]

        async def use() -> int:
            return len(await asyncio.gather(*(client.query("SHOW USERS") for _ in range(20))))

        try:
            assert [loop.run_until_complete(use()) for loop in loops * 3] == [20] * 6
        finally:
            for loop in loops:
                loop.close()


def test_loop_that_watches_no_files_is_woken_too() -> None:
    class Loop(asyncio.SelectorEventLoop):
        def add_reader(self, *_: Any) -> None:  # type: ignore[override]
            raise NotImplementedError

    with Scripted(results({})) as server:
        client = connect(server)

        async def use() -> int:
            return len(await asyncio.gather(*(client.query("SHOW USERS") for _ in range(20))))

        loop = Loop()
        try:
            assert [loop.run_until_complete(use()) for _ in range(2)] == [20] * 2
        finally:
            loop.close()


def test_closed_coroutine_stops_its_request() -> None:
    with Scripted(Hang()) as server:
        coroutine = connect(server).query("SHOW DATABASES")

        async def use() -> None:
            future = coroutine.send(None)
            assert asyncio.isfuture(future)
            await asyncio.to_thread(server.arrived.wait, LONG_S)
            coroutine.close()
            assert await asyncio.to_thread(server.left.wait, LONG_S)

        asyncio.run(use())


def test_error_that_is_thrown_into_a_waiting_call_comes_out() -> None:
    with Scripted(Hang()) as server:
        for thrown in (KeyError("x"), KeyError):
            coroutine = connect(server).query("SHOW DATABASES")

            async def use(coroutine: Any = coroutine, thrown: Any = thrown) -> None:
                coroutine.send(None)
                with pytest.raises(KeyError):
                    coroutine.throw(thrown)

            asyncio.run(use())


def test_a_loop_leaves_no_open_files_behind() -> None:
    with Scripted(results({})) as server:
        client = connect(server)
        asyncio.run(client.query("SHOW USERS"))
        gc.collect()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(5):
            asyncio.run(client.query("SHOW USERS"))
        collect_until(lambda: len(os.listdir("/proc/self/fd")) <= before)
