"""Runs one client of the benchmark family E in a separate process: `WHO ACTION HOST PORT DB ROWS`
prints one line of JSON.

This module is also imported in the environment of aioinflux 0.9.0.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from .case import OURS, Result
from .data import MIXED_TAGS, mixed
from .measure import forget_peak, memory_mb

MEASUREMENT = "mixed"
SELECT = f"SELECT * FROM {MEASUREMENT}"
OLD, INFLUXDB = "aioinflux 0.9.0", "influxdb"


def escaped(frame: Any) -> Any:
    """Returns the DataFrame with quotes and backslashes escaped, because two of the clients leave
    this to their users."""
    text = frame["state"].str.replace("\\", "\\\\", regex=False)
    return frame.assign(state=text.str.replace('"', '\\"', regex=False).astype(object))


def ours(action: str, host: str, port: int, db: str, rows: int) -> Callable[[], object]:
    from aioinflux import AsyncInfluxDBClient

    client = AsyncInfluxDBClient(host, port, db=db, mode="dataframe")
    if action == "write":
        frame = mixed(rows, "str")
        return lambda: client.write(frame, MEASUREMENT, MIXED_TAGS)
    if action == "stream":
        return lambda: sum(len(part) for part in client.query(SELECT, chunked=True))
    return lambda: client.query(SELECT)


def aioinflux_old(action: str, host: str, port: int, db: str, rows: int) -> Callable[[], object]:
    from aioinflux import InfluxDBClient

    loop = asyncio.new_event_loop()
    options = {"mode": "blocking", "output": "dataframe", "loop": loop}
    client = InfluxDBClient(host=host, port=port, db=db, **options)
    if action == "write":
        frame = escaped(mixed(rows))
        return lambda: client.write(frame, MEASUREMENT, tag_columns=MIXED_TAGS)
    return lambda: client.query(f"{SELECT} LIMIT {rows}")


def influxdb(action: str, host: str, port: int, db: str, rows: int) -> Callable[[], object]:
    from influxdb import DataFrameClient

    client = DataFrameClient(host, port, database=db)
    if action == "write":
        frame = escaped(mixed(rows))
        options = {"tag_columns": list(MIXED_TAGS), "time_precision": "n", "protocol": "line"}
        return lambda: client.write_points(frame, MEASUREMENT, batch_size=10_000, **options)
    return lambda: client.query(f"{SELECT} LIMIT {rows}", epoch="ns")


CLIENTS = {OURS: ours, OLD: aioinflux_old, INFLUXDB: influxdb}


def main() -> None:
    warnings.simplefilter("ignore")
    who, action, host, port, db, rows = sys.argv[1:]
    run = CLIENTS[who](action, host, int(port), db, int(rows))
    gc.collect()
    gc.freeze()
    before = memory_mb("VmRSS")
    forget_peak()
    wall, cpu = time.perf_counter(), cpu_time()
    run()
    wall, cpu = time.perf_counter() - wall, cpu_time() - cpu
    peak = memory_mb("VmHWM")
    print(json.dumps(asdict(Result(wall, wall, 1, int(rows), peak, peak - before, cpu))))


def cpu_time() -> float:
    """Returns the user and system CPU time that the whole process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
