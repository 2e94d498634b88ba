"""Tests the progress of a large write or read, which is shown on a display or passed to a
callable."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import sys
import threading
from typing import Any

import pytest

from aioinflux import (
    AsyncInfluxDBClient,
    InfluxDBClient,
    InfluxDBDecodeError,
    InfluxDBWriteError,
    _progress,
)
from scripted import Hang, Scripted, answer, chunked
from support import Calls, run_python, without

LONG_S = 30


def points(count: int) -> list[dict[str, Any]]:
    return [{"measurement": "m", "fields": {"f": n}, "time": n} for n in range(count)]


def calls(server: Any, mode: str) -> Calls:
    return Calls(AsyncInfluxDBClient(host=server.host, port=server.port, db="db", mode=mode))


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Returns a list that receives every tqdm bar that is opened from now on."""
    import tqdm.auto

    opened: list[Any] = []

    class Watched(tqdm.auto.tqdm):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.closings = 0
            opened.append(self)

        def close(self) -> None:
            # The destructor of tqdm also calls `close`; this call is not counted, because it does
            # not come from our code.
            if not self.disable:
                self.closings += 1
            super().close()

    monkeypatch.setattr(tqdm.auto, "tqdm", Watched)
    return opened


def test_a_bar_counts_points_and_bytes(
    mode: str, bars: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with Scripted(answer(204)) as server:
        assert calls(server, mode).write(points(25), batch_lines=10, progress=True) is True
    (bar,) = bars
    assert (bar.n, bar.total, bar.closings) == (25, None, 1)
    assert re.search(r"written: 25\.0 points .*, 2\d\d B\]", capsys.readouterr().err)


def test_a_bar_knows_the_rows_of_a_table(
    mode: str, bars: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"f": range(25)}, index=pd.to_datetime(range(25)))
    with Scripted(answer(204)) as server:
        calls(server, mode).write(frame, "m", batch_lines=10, progress=True)
    (bar,) = bars
    assert (bar.n, bar.total, bar.closings) == (25, 25, 1)
    assert "written: 100%" in capsys.readouterr().err


@pytest.mark.parametrize("count", [0, 5])
def test_a_bar_of_a_small_write_is_closed(mode: str, bars: list[Any], count: int) -> None:
    with Scripted(answer(204)) as server:
        calls(server, mode).write(points(count), progress=True)
    (bar,) = bars
    assert (bar.n, bar.closings) == (count, 1)


def test_a_bar_is_closed_after_an_error_of_the_server(mode: str, bars: list[Any]) -> None:
    refused = answer(401, '{"error":"authorization failed"}')
    with Scripted(answer(204), refused) as server, pytest.raises(InfluxDBWriteError):
        calls(server, mode).write(points(25), batch_lines=10, progress=True)
    (bar,) = bars
    assert (bar.n, bar.closings) == (10, 1)


@pytest.mark.parametrize("count", [5, 35])
def test_a_bar_is_closed_after_a_bad_point(mode: str, bars: list[Any], count: int) -> None:
    bad = [*points(count), {"measurement": "m", "fields": {"f": object()}}]
    with Scripted(answer(204)) as server, pytest.raises((TypeError, ValueError)):
        calls(server, mode).write(bad, batch_lines=10, progress=True)
    (bar,) = bars
    assert bar.closings == 1


@pytest.mark.parametrize("hanging", [0, 1])
def test_a_bar_is_closed_after_a_cancellation(bars: list[Any], hanging: int) -> None:
    with Scripted(*[answer(204)] * hanging, Hang()) as server:
        client = AsyncInfluxDBClient(host=server.host, port=server.port, db="db")

        async def use() -> None:
            task = asyncio.create_task(client.write(points(50), batch_lines=10, progress=True))
            await asyncio.to_thread(server.hangs.wait, LONG_S)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(use())
        (bar,) = bars
        assert (bar.n, bar.closings) == (10 * hanging, 1)


def test_bad_arguments_open_no_bar(mode: str, bars: list[Any]) -> None:
    with Scripted(answer(204)) as server, pytest.raises(ValueError, match="batch_lines"):
        calls(server, mode).write("m f=1", batch_lines=0, progress=True)
    assert bars == []


@pytest.mark.parametrize("progress", [None, False])
def test_nobody_is_told_where_nobody_asks(
    mode: str, bars: list[Any], capsys: pytest.CaptureFixture[str], progress: Any
) -> None:
    with Scripted(answer(204)) as server:
        calls(server, mode).write(points(25), batch_lines=10, progress=progress)
    assert (bars, capsys.readouterr().err) == ([], "")
    assert _progress.reading(progress) is None


@pytest.mark.parametrize("progress", [1, "yes", 0])
def test_what_is_neither_a_bool_nor_a_callable_is_refused(mode: str, progress: Any) -> None:
    with Scripted(answer(204)) as server:
        with pytest.raises(TypeError, match="`progress`: expected a bool or a callable, got"):
            calls(server, mode).write("m f=1", progress=progress)
        assert server.requests == []
    with pytest.raises(TypeError, match="`progress`"):
        _progress.reading(progress)


def test_a_callable_is_told_of_a_read() -> None:
    told: list[tuple[int, int, int | None]] = []
    report = _progress.reading(lambda *now: told.append(now))
    assert report
    report(10, 100)
    report(20, 200)
    report.close()
    assert told == [(10, 100, None), (20, 200, None)]


def test_a_bar_counts_the_rows_of_a_read(
    bars: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    report = _progress.reading(True)
    assert report
    report(10, 1_000)
    report(25, 2_500_000)
    report.close()
    report.close()
    (bar,) = bars
    assert (bar.n, bar.total) == (25, None)
    assert re.search(r"read: 25\.0 rows .*, 2\.5 MB\]", capsys.readouterr().err)


def document(rows: int, start: int = 0) -> dict[str, Any]:
    values = [[n, n / 2] for n in range(start, start + rows)]
    series = {"name": "m", "columns": ["time", "f"], "values": values, "partial": True}
    return {"results": [{"statement_id": 0, "series": [series], "partial": True}]}


def last(rows: int, start: int) -> dict[str, Any]:
    whole = document(rows, start)
    del whole["results"][0]["partial"], whole["results"][0]["series"][0]["partial"]
    return whole


def reader(server: Any) -> InfluxDBClient:
    return InfluxDBClient(server.host, server.port, db="db")


def read(server: Any, mode: str, **kwargs: Any) -> list[Any]:
    """Reads the rows of a stream with `for` or with `async for`."""
    stream = reader(server).stream("SELECT f FROM m", **kwargs)

    async def collect() -> list[Any]:
        return [row async for row in stream]

    return asyncio.run(collect()) if mode == "async" else list(stream)


def test_a_bar_counts_the_rows_of_a_stream(
    mode: str, bars: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with Scripted(chunked(document(10), last(5, 10))) as server:
        assert len(read(server, mode, progress=True)) == 15
    (bar,) = bars
    assert (bar.n, bar.closings) == (15, 1)
    assert "read: 15.0 rows" in capsys.readouterr().err


def test_a_callable_is_told_of_the_rows_and_bytes_of_a_stream(mode: str) -> None:
    told: list[tuple[int, int, int | None]] = []
    parts = [document(10), last(5, 10)]
    with Scripted(chunked(*parts)) as server:
        read(server, mode, progress=lambda *now: told.append(now))
    assert [rows for rows, *_ in told][-1] == 15
    assert told[-1][1:] == (sum(len(json.dumps(part)) + 1 for part in parts), None)


def test_a_bar_of_a_stream_is_closed_after_an_error(mode: str, bars: list[Any]) -> None:
    broken = Scripted(chunked(document(10), b"<html>"))
    with broken as server, pytest.raises(InfluxDBDecodeError):
        read(server, mode, progress=True)
    (bar,) = bars
    assert bar.closings == 1


def test_an_exception_of_a_callable_ends_the_stream(mode: str) -> None:
    def stop(*_: Any) -> None:
        raise RuntimeError("enough")

    with Scripted(Hang(chunked(document(10), end=False).data)) as server:
        with pytest.raises(RuntimeError, match="enough"):
            read(server, mode, progress=stop)
        assert server.left.wait(LONG_S)


def test_a_bar_of_a_stream_is_closed_when_the_loop_is_left(mode: str, bars: list[Any]) -> None:
    with Scripted(Hang(chunked(document(10), end=False).data)) as server:
        stream = reader(server).stream("SELECT f FROM m", progress=True)

        async def leave() -> None:
            async with stream:
                async for _ in stream:
                    break

        if mode == "async":
            asyncio.run(leave())
        else:
            with stream:
                assert next(iter(stream)).f == 0.0
    (bar,) = bars
    assert (bar.n, bar.closings) == (10, 1)


def test_a_bar_of_a_stream_is_closed_after_a_cancellation(bars: list[Any]) -> None:
    with Scripted(Hang(chunked(document(10), end=False).data)) as server:
        stream = reader(server).stream("SELECT f FROM m", progress=True)

        async def use() -> None:
            came = asyncio.Event()

            async def all_of_it() -> None:
                async for _ in stream:
                    came.set()

            task = asyncio.create_task(all_of_it())
            await asyncio.wait_for(came.wait(), LONG_S)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(use())
    assert [bar.closings for bar in bars] == [1]


# The first lines of programs that run without tqdm and use the clock of the test.
PLAIN = (
    without("tqdm", "tqdm.auto")
    + """
import time
from aioinflux import _progress
now = [100.0]
time.monotonic = lambda: now[0]
report = _progress.writing(True, {total})
for step in range(1, 11):
    now[0] += {pause}
    report(step * 1_000, step * 123_456, {total})
report.close()
report.close()
"""
)


def plain(total: int | None, pause: float) -> str:
    return PLAIN.replace("{total}", str(total)).replace("{pause}", str(pause))


def on_a_terminal(program: str) -> str:
    """Returns the text that a program writes to standard error when standard error is a
    terminal."""
    ours, theirs = pty.openpty()
    read: list[bytes] = []

    def copy() -> None:
        try:
            while piece := os.read(ours, 1 << 16):
                read.append(piece)
        except OSError:
            # The program's side of the terminal has been closed.
            pass

    reader = threading.Thread(target=copy)
    reader.start()
    child = os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", program],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, theirs, 2)],
    )
    os.close(theirs)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    reader.join(LONG_S)
    os.close(ours)
    return b"".join(read).decode()


def test_without_tqdm_a_log_gets_the_last_line_alone() -> None:
    out, err = run_python(plain(10_000, 1.0)).communicate(timeout=LONG_S)
    assert out == ""
    assert err == "written: 10,000 of 10,000 points, 100 %, 1.2 MB in 10.0 s\n"


def test_without_tqdm_a_terminal_gets_one_line_written_anew() -> None:
    shown = on_a_terminal(plain(None, 1.0)).split("\r")
    assert shown[1] == "written: 1,000 points, 123.5 kB"
    assert [text.split()[1] for text in shown[1:12]] == [
        *(f"{n},000" for n in range(1, 11)), "10,000",
    ]  # fmt: skip
    assert shown[11:] == ["written: 10,000 points, 1.2 MB in 10.0 s", "\n"]


def test_without_tqdm_a_line_is_written_a_few_times_a_second_at_most() -> None:
    shown = on_a_terminal(plain(None, 0.125)).split("\r")
    counts = [text.split()[1] for text in shown[1:-1]]
    assert counts == ["1,000", "3,000", "5,000", "7,000", "9,000", "10,000"]


def test_a_shorter_line_hides_a_longer_one() -> None:
    program = without("tqdm", "tqdm.auto") + (
        "import time\n"
        "from aioinflux import _progress\n"
        "now = [100.0]\n"
        "time.monotonic = lambda: now[0]\n"
        "report = _progress.reading(True)\n"
        "report(1, 999_999)\n"
        "now[0] += 1\n"
        "report(1, 1_000_000)\n"
    )
    assert on_a_terminal(program).split("\r")[1:] == [
        "read: 1 row, 1000.0 kB",
        "read: 1 row, 1.0 MB   ",
    ]


def test_without_a_standard_error_nothing_is_told() -> None:
    program = plain(None, 1.0).replace("report = ", "sys.stderr = None\nreport = ")
    child = run_python(program)
    assert (child.communicate(timeout=LONG_S), child.returncode) == (("", ""), 0)


def test_without_tqdm_a_write_is_told_of() -> None:
    program = without("tqdm", "tqdm.auto") + (
        "from aioinflux import AsyncInfluxDBClient\n"
        "client = AsyncInfluxDBClient(sys.argv[1], int(sys.argv[2]), mode='blocking')\n"
        "client.write('a f=1\\nb f=2\\nc f=3', batch_lines=2, progress=True)\n"
    )
    with Scripted(answer(204)) as server:
        child = run_python(program, server.host, str(server.port))
        out, err = child.communicate(timeout=LONG_S)
    assert out == ""
    assert re.fullmatch(r"written: 3 points, 18 B in \d+\.\d s\n", err)


def test_the_line_of_a_write_that_fails_says_how_far_it_came() -> None:
    program = without("tqdm", "tqdm.auto") + (
        "from aioinflux import AsyncInfluxDBClient, InfluxDBWriteError\n"
        "client = AsyncInfluxDBClient(sys.argv[1], int(sys.argv[2]), mode='blocking')\n"
        "try:\n"
        "    client.write('a f=1\\nb f=1\\n' * 3, batch_lines=2, progress=True)\n"
        "except InfluxDBWriteError:\n"
        "    pass\n"
    )
    refused = answer(401, '{"error":"authorization failed"}')
    with Scripted(answer(204), refused) as server:
        child = run_python(program, server.host, str(server.port))
        _, err = child.communicate(timeout=LONG_S)
    assert re.fullmatch(r"written: 2 points, 12 B in \d+\.\d s\n", err)


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (2_500_000, "2.5 MB"), (10**10, "10.0 GB")],
)
def test_bytes_are_told_as_people_read_them(size: int, text: str) -> None:
    assert _progress._bytes(size) == text


def test_a_stream_knows_the_bytes_that_came() -> None:
    series = {"name": "m", "columns": ["time", "f"], "values": [[1, 0.5]]}
    document = {"results": [{"statement_id": 0, "series": [series]}]}
    with Scripted(chunked(document, document)) as server:
        client = AsyncInfluxDBClient(host=server.host, port=server.port, mode="blocking")
        stream = client._core.stream("SELECT f FROM m", "db", None, None).wait()
        while stream.batch().wait() is not None:
            pass
        assert stream.received == 2 * len(json.dumps(document) + "\n")
