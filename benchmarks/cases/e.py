"""Family E of the benchmarks: writes and queries from end to end, with a live server. The DataFrame
of W3 is written to the server and read back. For comparison, curl also sends and receives the same
bytes."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..case import OURS, Case, Demand, Result, Results
from ..data import mixed
from ..endtoend import INFLUXDB, MEASUREMENT, MIXED_TAGS, OLD, SELECT
from ..server import private

ROWS, FEWER = 1_000_000, 100_000
PAIRS = 5
MEMORY_MB = 64
CURL = "curl, ready-made bodies"
NOTES = {OLD: "text escaped beforehand", INFLUXDB: "text escaped beforehand"}

Once = Callable[[str, str], Result]


def bodies(directory: Path) -> list[Path]:
    """Stores the request bodies that `write` sends in files."""
    from aioinflux import line_batches

    paths = []
    for n, batch in enumerate(line_batches(mixed(ROWS, "str"), MEASUREMENT, MIXED_TAGS)):
        paths.append(directory / f"{n:04}.lines")
        paths[-1].write_bytes(batch)
    return paths


def curl(server: Any, files: list[Path], directory: Path) -> Once:
    """Runs one curl process with one connection, which sends the request bodies in order, or
    discards the answer to a query."""

    def config(action: str, db: str) -> str:
        if action == "read":
            form = f'data = "db={db}&epoch=ns&chunked=true"\ndata-urlencode = "q={SELECT}"\n'
            headers = 'header = "Accept: application/x-msgpack"\n'
            return f'url = "{server.url}/query"\noutput = "/dev/null"\n{headers}{form}'
        # The header `Expect` is removed, because otherwise curl would wait for the server's
        # response to this header.
        options = 'header = "Expect:"\nheader = "Content-Type: text/plain"\nfail\n'
        url = f'url = "{server.url}/write?db={db}&precision=ns"\n'
        return "next\n".join(f'{url}data-binary = "@{path}"\n{options}' for path in files)

    def once(action: str, db: str) -> Result:
        path = directory / "curl.config"
        path.write_text(config(action, db))
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(["curl", "--silent", "--config", str(path)], check=True)
        wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        return Result(wall, wall, 1, ROWS, 0, 0, cpu)

    return once


def client(server: Any, who: str, python: str, rows: int) -> Once:
    """Runs one of the clients in `endtoend` as a separate process."""

    def once(action: str, db: str) -> Result:
        arguments = [who, action, server.host, str(server.port), db, str(rows)]
        command = [python, "-m", "benchmarks.endtoend", *arguments]
        out = subprocess.run(command, capture_output=True, text=True, check=True)
        return Result(**json.loads(out.stdout.splitlines()[-1]))

    return once


def median(found: list[Result], scale: float, who: str) -> Result:
    walls = [result.seconds for result in found]
    middle = statistics.median(walls) * scale
    cpu = statistics.median(result.cpu for result in found) * scale
    largest = max(found, key=lambda result: result.peak_mb)
    return replace(
        largest,
        seconds=middle,
        median=middle,
        repetitions=len(walls),
        cpu=cpu,
        note=NOTES.get(who, ""),
    )


def memory(results: Results) -> tuple[str, bool]:
    added = results[OURS].added_mb
    return f"{added:.0f} MB", added <= MEMORY_MB


def case(action: str) -> Case:
    demands = {
        "write": (Demand(f"memory besides the frame <= {MEMORY_MB} MB", memory),),
        "stream": (Demand(f"memory <= {MEMORY_MB} MB", memory),),
        "read": (),
    }
    most = {} if action == "stream" else {CURL: 1.2}
    return Case(f"E {action}", ROWS, {}, at_most=most, demands=demands[action])


def rounds(server: Any, action: str, who: dict[str, Once], count: int) -> dict[str, list[Result]]:
    """Runs all clients in turn, several rounds; each round begins with a different client. Each
    write uses a new database."""
    found: dict[str, list[Result]] = {name: [] for name in who}
    names = list(who)
    for n in range(count):
        for name in names[n % len(names) :] + names[: n % len(names)]:
            db = "whole"
            if action == "write":
                db = "fresh"
                server.execute(f"CREATE DATABASE {db}")
            found[name].append(who[name](action, db))
            if action == "write":
                server.execute(f"DROP DATABASE {db}")
    return found


def run(old: str | None) -> Iterator[tuple[Case, Results]]:
    with tempfile.TemporaryDirectory() as place, private() as server:
        directory = Path(place)
        pair = {
            OURS: client(server, OURS, sys.executable, ROWS),
            CURL: curl(server, bodies(directory), directory),
        }
        peers = {INFLUXDB: client(server, INFLUXDB, sys.executable, FEWER)}
        if old:
            peers[OLD] = client(server, OLD, old, FEWER)
        server.execute("CREATE DATABASE whole")
        pair[CURL]("write", "whole")
        for action in ("write", "read"):
            rounds(server, action, pair, 1)
            found = rounds(server, action, pair, PAIRS)
            results = {who: median(results, 1, who) for who, results in found.items()}
            for who, some in rounds(server, action, peers, 3).items():
                results[who] = median(some, ROWS / FEWER, who)
            yield case(action), results
        streamed = rounds(server, "stream", {OURS: pair[OURS]}, 3)
        yield case("stream"), {OURS: median(streamed[OURS], 1, OURS)}
