"""Defines programs that end while their daemon threads run our code.

While the Python interpreter is finalizing, it ends threads that request the GIL. Each program keeps
an object until the interpreter is finalizing; freeing this object then takes a while. While this
object is being freed, all threads of the program request the GIL. The test `tests/test_exit.py`
runs each program a few times, and `tools/exit_runs.py` runs each program a thousand times.
"""

from __future__ import annotations

import os
import signal
import subprocess
import textwrap
from typing import Any

from scripted import Answer, Hang, Request, Scripted, answer, chunked, results

# The maximum time in which one program must run and end on a busy machine.
END_S = 50
ENDINGS = ("in order", "aborted", "crashed", "did not end", "other")

START = """
import asyncio, sys, threading, time
from aioinflux import InfluxDBClient
where = {"host": sys.argv[1], "port": int(sys.argv[2]), "db": "db"}

class Last:
    def __del__(self, sleep=time.sleep):
        sleep(0.1)

last = Last()
begun = threading.Event()

def repeat(call):
    while True:
        call()
        begun.set()

def start(target, *args):
    begun.clear()
    threading.Thread(target=target, args=args, daemon=True).start()
    begun.wait()
"""

BLOCKING = START + 'client = InfluxDBClient(**where, mode="blocking")\n'


def _program(start: str, text: str) -> str:
    return start + textwrap.dedent(text)


PROGRAMS = {
    # Each daemon thread runs an event loop, on which futures are resolved and tasks are polled.
    "loops": _program(
        START,
        """
        class Loop(asyncio.SelectorEventLoop):
            def call_soon(self, *args, **kwargs):
                time.sleep(0.001)
                return super().call_soon(*args, **kwargs)

        client = InfluxDBClient(**where)

        async def ask():
            while True:
                await asyncio.gather(*(client.query("q") for _ in range(8)))
                begun.set()

        start(Loop().run_until_complete, ask())
        start(asyncio.run, ask())
        """,
    ),
    # One of our own threads wakes these event loops by calling a Python method. The call that never
    # returns keeps our own thread alive while the interpreter is finalizing.
    "loops without file descriptors": _program(
        BLOCKING,
        """
        class Loop(asyncio.SelectorEventLoop):
            def add_reader(self, *args):
                raise NotImplementedError

            def call_soon_threadsafe(self, *args, **kwargs):
                time.sleep(0.001)
                return super().call_soon_threadsafe(*args, **kwargs)

        asking = InfluxDBClient(**where)

        async def ask():
            while True:
                await asyncio.gather(*(asking.query("q") for _ in range(8)))
                begun.set()

        threading.Thread(target=client.query, args=("NEVER",), daemon=True).start()
        start(Loop().run_until_complete, ask())
        """,
    ),
    "blocking calls": _program(
        BLOCKING,
        """
        for _ in range(2):
            start(repeat, lambda: client.query("q"))
            start(repeat, lambda: client.write("m f=1"))
        """,
    ),
    # The server never answers the second request of each daemon thread.
    "calls that wait": _program(
        BLOCKING,
        """
        def wait():
            client.query("q")
            begun.set()
            client.query("NEVER")

        async def wait_in_a_loop():
            client = InfluxDBClient(**where)
            await client.query("q")
            begun.set()
            await client.query("NEVER")

        start(wait)
        start(asyncio.run, wait_in_a_loop())
        """,
    ),
    "calls that fail": _program(
        BLOCKING,
        """
        def fail():
            try:
                client.query("WRONG")
            except Exception as error:
                str(error)

        for _ in range(2):
            start(repeat, fail)
        """,
    ),
    "streams": _program(
        BLOCKING,
        """
        def read():
            for row in client.stream("ROWS"):
                begun.set()

        async def read_in_a_loop():
            client = InfluxDBClient(**where)
            while True:
                async for row in client.stream("ROWS"):
                    begun.set()

        start(repeat, read)
        start(asyncio.run, read_in_a_loop())
        """,
    ),
    # Our code calls the user's code to get the next point and its values.
    "iterables": _program(
        BLOCKING,
        """
        class Value(float):
            def __float__(self):
                time.sleep(0.001)
                return 1.0

        def points():
            for n in range(10**9):
                time.sleep(0.001)
                begun.set()
                yield {"measurement": "m", "fields": {"f": Value()}, "time": n}

        for _ in range(2):
            start(client.write, points())
        """,
    ),
    "progress": _program(
        BLOCKING,
        """
        def tell(*_):
            time.sleep(0.001)
            begun.set()

        lines = [f"m f={n}i {n}" for n in range(200)]
        start(repeat, lambda: client.write(lines, batch_lines=10, progress=tell))
        start(repeat, lambda: list(client.stream("ROWS", progress=tell)))
        """,
    ),
    "objects": _program(
        BLOCKING,
        """
        from typing import NamedTuple
        from aioinflux import FLOAT, MEASUREMENT, TIMEINT, lineprotocol, to_line_protocol

        @lineprotocol
        class Point:
            name: MEASUREMENT
            time: TIMEINT
            load: FLOAT

            name = property(lambda self: "m")
            time = property(lambda self: 1)
            load = property(lambda self: (time.sleep(0.001), 0.5)[1])

        points = [Point() for _ in range(100)]
        start(repeat, lambda: to_line_protocol(points))
        start(repeat, lambda: [repr(rows) for rows in [client.query("ROWS", output="rows")]])
        """,
    ),
    # A thread that only frees our objects also runs the finalizer of a Python object that they
    # keep.
    "finalizers": _program(
        START,
        """
        import queue
        from aioinflux import line_batches
        made = queue.SimpleQueue()

        def lines():
            try:
                while True:
                    yield "m f=1"
            finally:
                time.sleep(0.001)
                begun.set()

        def make():
            while True:
                batches = line_batches(lines(), batch_lines=2)
                next(batches)
                made.put(batches)
                del batches
                time.sleep(0.001)

        threading.Thread(target=make, daemon=True).start()
        for _ in range(2):
            start(repeat, made.get)
        """,
    ),
    # The program ends before our module has registered its exit function.
    "imports": _program(
        START.replace("from aioinflux import InfluxDBClient\n", ""),
        """
        import atexit

        def register(call):
            begun.set()
            time.sleep(0.05)

        atexit.register = register

        def load():
            import aioinflux

        start(load)
        """,
    ),
    # The child process has its own daemon thread, and ends in the same way as its parent.
    "forked children": _program(
        BLOCKING,
        """
        import os, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        start(repeat, lambda: client.query("q"))
        child = os.fork()
        start(repeat, lambda: client.query("q"))
        if child:
            status = os.waitpid(child, 0)[1]
            assert status == 0, status
        """,
    ),
    "answers in memory": _program(
        START,
        """
        import json
        from aioinflux import parse_response
        values = [[n, n / 2, "text"] for n in range(60_000)]
        series = [{"name": "m", "columns": ["time", "v", "s"], "values": values}]
        body = json.dumps({"results": [{"statement_id": 0, "series": series}]}).encode()

        def read():
            for row in parse_response(body, output="rows", chunked=True):
                begun.set()

        start(repeat, read)
        start(repeat, lambda: parse_response(body, output="dict"))
        """,
    ),
    "tables of numpy": _program(
        BLOCKING,
        """
        import numpy
        table = numpy.zeros(20_000, dtype=[("time", "i8"), ("f", "f8"), ("t", "U4")])
        table["time"] = numpy.arange(len(table))
        given = {"measurement": "m", "tag_columns": ["t"], "batch_lines": 500}
        for _ in range(2):
            start(repeat, lambda: client.write(table, **given))
        """,
    ),
    # The encoding threads free arrays whose memory belongs to numpy, which requires the GIL.
    "tables of pyarrow": _program(
        BLOCKING,
        """
        import numpy, pyarrow
        from aioinflux import line_batches

        def batch():
            values = numpy.arange(2_000, dtype="i8")
            return pyarrow.record_batch({"time": pyarrow.array(values), "f": values * 0.5})

        def reader():
            def batches():
                for _ in range(50):
                    begun.set()
                    time.sleep(0.001)
                    yield batch()
            return pyarrow.RecordBatchReader.from_batches(batch().schema, batches())

        given = {"measurement": "m", "batch_lines": 500}
        start(repeat, lambda: client.write(reader(), **given))
        start(repeat, lambda: list(line_batches(reader(), threads=4, **given)))
        """,
    ),
}

if not hasattr(os, "fork"):
    del PROGRAMS["forked children"]


def serve() -> Scripted:
    """Starts the server to which the programs connect."""
    return Scripted(_respond)


def run(name: str, python: str, server: Scripted) -> tuple[str, str]:
    """Runs a program. Returns one of `ENDINGS`, which says how the program ended, and the output of
    the program."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    command = [python, "-c", PROGRAMS[name], server.host, str(server.port)]
    try:
        child = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=END_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        return "did not end", str(error.stderr)
    if child.returncode == 0 and not child.stderr:
        return "in order", ""
    wrote = f"code {child.returncode}: {child.stderr[-500:]}"
    if child.returncode == -signal.SIGABRT:
        return "aborted", wrote
    return ("crashed" if child.returncode < 0 else "other"), wrote


def _respond(request: Request) -> Answer | Hang:
    if request.path.endswith("/write"):
        return answer(204)
    q = request.parameters.get("q")
    if q == "NEVER":
        return Hang()
    if q == "WRONG":
        return answer(400, '{"error": "error parsing query: found WRONG"}')
    if q == "ROWS":
        return chunked(*(_rows(n, more=n < 49) for n in range(50)))
    return results({})


def _rows(number: int, *, more: bool) -> dict[str, Any]:
    """Returns one document of a chunked answer as a dict."""
    values = [[n, n / 2] for n in range(20 * number, 20 * number + 20)]
    series = {"name": "m", "columns": ["time", "v"], "values": values}
    result: dict[str, Any] = {"statement_id": 0, "series": [series]}
    if more:
        result["partial"] = True
    return {"results": [result]}
