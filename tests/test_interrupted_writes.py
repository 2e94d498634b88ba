"""Tests writes of many batches that are ended by signals, forks or our own errors, rather than by
the server."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from aioinflux import InfluxDBClient, InfluxDBWriteError
from scripted import Answer, Hang, Request, Scripted, answer
from support import Calls, run_python
from test_write_batches import calls, connect, points, sent

PARSE = '{"error":"unable to parse \'m f=3i 3\': bad"}'


def raising(
    count: int, error: BaseException, after: threading.Event | None = None
) -> Iterator[dict[str, Any]]:
    yield from points(count)
    if after:
        after.wait(20)
    raise error


class LateError(Exception):
    """The exception that the user's signal handler raises."""


def test_an_exception_of_a_signal_handler_ends_a_write_at_once() -> None:
    """The server never answers the second request, and all timeouts of the client are 300 seconds
    or more."""
    with Scripted(answer(204), Hang()) as server:

        def interrupt() -> None:
            server.hangs.wait(20)
            os.kill(os.getpid(), signal.SIGUSR1)

        def handle(*_: object) -> None:
            raise LateError

        before = signal.signal(signal.SIGUSR1, handle)
        try:
            thread = threading.Thread(target=interrupt)
            thread.start()
            with pytest.raises(LateError):
                connect(server).write(points(60), batch_lines=10)
            thread.join()
        finally:
            signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_what_is_under_way_stops_although_the_exception_is_kept(
    mode: str, kind: type[BaseException]
) -> None:
    with Scripted(Hang()) as server:
        data = raising(35, kind(), server.hangs)
        with pytest.raises(kind) as kept:
            calls(server, mode).write(data, batch_lines=10, connections=4)
        # The client has stopped waiting for the requests that were not answered.
        assert server.left.wait(20)
        assert len(sent(server)) <= 3
        assert kept.value is not None


FORKED = """
import os, sys
from aioinflux import InfluxDBClient

def data():
    for n in range(60):
        if n == 35 and os.fork() == 0:
            if sys.argv[2] == "raise":
                raise LookupError
        yield {"measurement": "m", "fields": {"f": n}, "time": n}

parent = os.getpid()
client = InfluxDBClient(port=int(sys.argv[1]), db="db", mode="blocking")
try:
    client.write(data(), batch_lines=10)
except (LookupError, RuntimeError) as error:
    print(os.getpid() == parent, type(error).__name__, error, flush=True)
    os._exit(0)
os.wait()
print(os.getpid() == parent, "written", flush=True)
"""


@pytest.mark.parametrize("end", ["raise", "go on"])
def test_a_child_that_was_forked_within_a_write_gets_an_error(end: str) -> None:
    with Scripted(answer(204)) as server:
        out, err = run_python(FORKED, str(server.port), end).communicate(timeout=60)
        assert err == ""
        child, parent = sorted(out.splitlines())
        assert child.startswith("False RuntimeError the process was forked during a write")
        assert parent == "True written"
        assert sent(server) == [10] * 6


def test_an_argument_error_of_the_engine_says_what_was_written(mode: str) -> None:
    data = ["".join(f"m f={n}i {n}\n" for n in range(40)), *points(1)]
    with Scripted(answer(204)) as server:
        client = Calls(InfluxDBClient(host=server.host, port=server.port, db="db", mode=mode))
        with pytest.raises(ValueError, match="precision") as caught:
            client.write(data, batch_lines=10, precision="s")
    assert sent(server) == [10] * 4
    assert vars(caught.value)["written"] == [range(40)]


def test_a_request_that_failed_is_told_before_the_datas_own_error(mode: str) -> None:
    """The error of the failed request is reported first, whether or not points of other batches
    were refused one by one."""
    slow = threading.Event()

    def respond(request: Request) -> Answer:
        if "f=3i" in request.text:
            return answer(400, PARSE)
        if "f=20i" in request.text:
            slow.wait(20)
            return answer(401, '{"error":"no"}')
        return answer(204)

    def data() -> Iterator[dict[str, Any]]:
        yield from points(35)
        slow.set()
        raise LookupError

    with Scripted(respond) as server, pytest.raises(InfluxDBWriteError) as caught:
        calls(server, mode).write(data(), batch_lines=10, connections=3)
    assert caught.value.status == 401
    assert caught.value.rejected[0][0] == 3
    assert isinstance(caught.value.__context__, LookupError)


def test_a_batch_of_which_all_points_were_refused_was_not_written_in_part(mode: str) -> None:
    refused = answer(400, '{"error":"unable to parse \'m f=2i 2\': bad"}')
    answers = (answer(204), answer(204), refused, answer(204))
    with Scripted(*answers) as server, pytest.raises(InfluxDBWriteError) as caught:
        calls(server, mode).write(points(4), batch_lines=1)
    assert caught.value.rejected[0][0] == 2
    assert str(caught.value).endswith("points 0 to 1 and 3 were written, points 2 were not")


def test_a_write_within_the_data_keeps_its_own_account() -> None:
    def respond(request: Request) -> Answer:
        return answer(401, '{"error":"no"}') if "f=110i" in request.text else answer(204)

    with Scripted(respond) as server:
        client = connect(server)

        def data() -> Iterator[dict[str, Any]]:
            yield from points(15)
            client.write(points(30, start=100), batch_lines=10)

        with pytest.raises(InfluxDBWriteError) as caught:
            client.write(data(), batch_lines=5)
    inner = "points 0 to 9 were written, points from 10 on were not"
    around = "points 0 to 14 were written, points from 15 on were not"
    assert str(caught.value).endswith(f"; {inner}; the write around it: {around}")
    assert caught.value.written == [range(10)]


def test_a_callback_that_raised_is_not_called_again(mode: str) -> None:
    told: list[int] = []

    def progress(done: int, _: int, __: int | None) -> None:
        told.append(done)
        raise LookupError

    with Scripted(answer(204)) as server, pytest.raises(LookupError) as caught:
        calls(server, mode).write(points(60), batch_lines=10, connections=4, progress=progress)
    assert told == [10]
    assert vars(caught.value)["written"][0].start == 0


@pytest.mark.parametrize("args", [(42, "k"), ()])
def test_what_an_exception_holds_is_kept(args: tuple[object, ...]) -> None:
    error = TypeError(*args)
    with Scripted(answer(204)) as server, pytest.raises(TypeError) as caught:
        connect(server).write(raising(35, error), batch_lines=10)
    assert caught.value is error
    assert error.args == args
    assert vars(error)["written"] == [range(30)]


def test_a_measurement_is_text() -> None:
    client = InfluxDBClient(db="db", mode="blocking")
    for measurement in (["a"], {}, object()):
        with pytest.raises(TypeError, match="argument `measurement`: expected str"):
            client.write({"fields": {"f": 1}}, measurement)


def test_progress_is_no_coroutine_function() -> None:
    async def progress(*_: object) -> None: ...

    client = InfluxDBClient(db="db", mode="blocking")
    with pytest.raises(TypeError, match="argument `progress`: expected a function that is called"):
        client.write(points(1), progress=progress)
