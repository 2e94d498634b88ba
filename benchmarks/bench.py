"""What `make bench` runs: times of writing and reading through the Python interface.

The server is a thread of this program that swallows what is written and gives a fixed answer: the
figures are the client's own, encode and send, receive and decode. Each is the best of several runs,
as the least disturbed one.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from aioinflux import AsyncInfluxDBClient

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from scripted import Scripted, answer

N = 100_000
RUNS = 5
START = 1_500_000_000_000_000_000


def dicts() -> list[dict[str, Any]]:
    return [
        {
            "measurement": "cpu",
            "tags": {"host": f"server{n % 100:02}", "region": "us-west"},
            "fields": {"value": n / 7, "count": n, "state": "idle"},
            "time": START + n,
        }
        for n in range(N)
    ]


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "host": [f"server{n % 100:02}" for n in range(N)],
            "value": np.arange(N) / 7,
            "count": np.arange(N),
            "state": ["idle"] * N,
        },
        index=pd.DatetimeIndex(np.arange(START, START + N).view("datetime64[ns]")),
    )


def rows() -> str:
    values = [[START + n, n / 7, n, "idle"] for n in range(N)]
    columns = ["time", "value", "count", "state"]
    series = {"name": "cpu", "columns": columns, "values": values}
    return json.dumps({"results": [{"statement_id": 0, "series": [series]}]})


def best(call: Callable[[], object]) -> float:
    """The shortest time of a call, in seconds."""
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return min(times)


def show(name: str, seconds: float) -> None:
    print(f"{name:40} {N / seconds / 1e6:8.2f} million rows/s  {seconds * 1e3:8.1f} ms")


def main() -> None:
    print(f"{N} rows, best of {RUNS} runs")
    with Scripted(answer(204)) as server:
        client = AsyncInfluxDBClient(server.host, server.port, mode="blocking")
        points, df = dicts(), frame()
        show("write dicts", best(lambda: client.write(points)))
        show("write a DataFrame", best(lambda: client.write(df, "cpu", ["host"])))
        server.requests.clear()
    with Scripted(answer(200, rows())) as server:
        query = "SELECT * FROM cpu"
        for mode in ("blocking", "dataframe"):
            client = AsyncInfluxDBClient(server.host, server.port, mode=mode)
            show(f"query in {mode} mode (JSON answer)", best(lambda c=client: c.query(query)))
        client = AsyncInfluxDBClient(server.host, server.port, mode="blocking")
        chunks = best(lambda: sum(1 for _ in client.query(query, chunked=True)))
        show("query for rows (JSON answer)", chunks)


if __name__ == "__main__":
    main()
