"""Family Q of the benchmarks: small queries and small writes from asyncio, with a live server.

The command `python -m benchmarks.cases.q HOST PORT PID CALL...` runs one client. The argument PID
is the process id of the server, whose CPU time is measured. The command runs both in our
environment and in the environment of aioinflux 0.9.0, whose client has the same methods. The CPU
time of the server is recorded too, because the server shares the processors with the client, which
limits the possible gain. The disk of the server also limits the gain, because the server writes to
the disk before it answers a write. Therefore writes are also measured with a server that stores its
data in memory (`/dev/shm`).
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from ..case import OURS, Case, Demand, Result, Results
from ..server import private

THEIRS = "aioinflux 0.9.0"
ROUNDS = 6
WARM_UP_S, SECONDS = 0.3, 1.5
DB = "q"
QUERY = "SELECT * FROM cpu WHERE host = 'a' LIMIT 10"
LEAST = {1: 1.3, 64: 2.0}
POINT = {
    "measurement": "cpu",
    "tags": {"host": "a", "region": "west"},
    "fields": {"load": 0.5, "count": 7},
    "time": 1_700_000_000_000_000_000,
}


def cpu_of(process: int) -> float:
    """Returns the CPU time that a process has used, in seconds."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def load(
    call: Callable[[], Awaitable[Any]], at_once: int, seconds: float, server: int
) -> dict[str, Any]:
    """Keeps a number of calls in flight for a given time. Returns the wall time and CPU time for
    each call, and the CPU time of the server."""
    done = 0
    wall, cpu, other = time.perf_counter(), time.process_time(), cpu_of(server)
    end = wall + seconds

    async def worker() -> None:
        nonlocal done
        while time.perf_counter() < end:
            await call()
            done += 1

    await asyncio.gather(*(worker() for _ in range(at_once)))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"wall": wall / done, "cpu": cpu / done, "server": (cpu_of(server) - other) / done}


async def client(host: str, port: int, server: int, names: list[str]) -> dict[str, Any]:
    """Returns the measurements of the given calls, keyed by the names of their cases."""
    import aioinflux

    kind = getattr(aioinflux, "AsyncInfluxDBClient", None) or aioinflux.InfluxDBClient
    found = {}
    async with kind(host=host, port=port, db=DB) as client:
        calls = {"query": lambda: client.query(QUERY), "write": lambda: client.write(POINT)}
        for name in names:
            for at_once in LEAST:
                await load(calls[name], at_once, WARM_UP_S, server)
                figures = await load(calls[name], at_once, SECONDS, server)
                found[f"Q {name}, {at_once} at a time"] = figures
    return found


def less_cpu(results: Results) -> tuple[str, bool]:
    share = results[OURS].cpu / results[THEIRS].cpu
    return f"{share:.2f} of it", share <= 0.5


def case(name: str, at_once: int) -> Case:
    demand = Demand(f"CPU <= 0.5 of that of {THEIRS}", less_cpu)
    return Case(name, 1, {}, at_least={THEIRS: LEAST[at_once]}, demands=(demand,))


def run(old: str | None) -> Iterator[tuple[Case, Results]]:
    """Runs our client and aioinflux 0.9.0 in turn, and yields the best measurement of all rounds
    for each."""
    yield from measured(old, ["query", "write"], "")
    yield from measured(old, ["write"], ", data in memory", on_disk=False)


def measured(
    old: str | None, calls: list[str], suffix: str, on_disk: bool = True
) -> Iterator[tuple[Case, Results]]:
    pythons = {OURS: sys.executable, **({THEIRS: old} if old else {})}
    rounds: dict[str, list[dict[str, Any]]] = {who: [] for who in pythons}
    with private(on_disk) as server:
        server.execute(f"CREATE DATABASE {DB}")
        for n in range(ROUNDS + 1):
            for who, python in pythons.items():
                where = [server.host, str(server.port), str(server.pid)]
                command = [python, "-m", __spec__.name, *where, *calls]
                out = subprocess.run(command, capture_output=True, text=True, check=True)
                # The first round is not counted, because it fills the measurement and warms up the
                # server.
                if n:
                    rounds[who].append(json.loads(out.stdout.splitlines()[-1]))
    for name in rounds[OURS][0]:
        results = {}
        for who, found in rounds.items():
            walls = sorted(each[name]["wall"] for each in found)
            cpu = min(each[name]["cpu"] for each in found)
            other = min(each[name]["server"] for each in found)
            note = f"the server takes {other * 1e6:.0f} µs of CPU time"
            results[who] = Result(walls[0], walls[len(walls) // 2], ROUNDS, 1, 0, 0, cpu, note=note)
        yield case(name + suffix, int(name.split()[2])), results


if __name__ == "__main__":
    host, port, process, *names = sys.argv[1:]
    print(json.dumps(asyncio.run(client(host, int(port), int(process), names))))
