"""Tests what users do with a client, on each server: writing from every kind of input, reading into
every output, streams and errors."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from aioinflux import FLOAT, INT, MEASUREMENT, TAG, TIMEINT, InfluxDBWriteError, lineprotocol
from servers import Place
from support import Calls

TIME = 1_700_000_000_000_000_000
ROWS = [(TIME + i, f"h{i % 3}", i / 2, i - 2**53) for i in range(30)]


@lineprotocol(schema={"time": TIMEINT, "host": TAG, "f": FLOAT, "i": INT, "m": MEASUREMENT})
@dataclass
class Point:
    time: int
    host: str
    f: float
    i: int
    m: str = "m"


def dicts() -> list[dict[str, Any]]:
    return [
        {"measurement": "m", "time": t, "tags": {"host": h}, "fields": {"f": f, "i": i}}
        for t, h, f, i in ROWS
    ]


def columns() -> dict[str, list[Any]]:
    times, hosts, floats, integers = map(list, zip(*ROWS, strict=True))
    return {"time": times, "host": hosts, "f": floats, "i": integers}


def pandas_frame() -> pd.DataFrame:
    data = columns()
    index = pd.DatetimeIndex(np.array(data.pop("time"), dtype="M8[ns]"), tz="UTC")
    return pd.DataFrame(data, index=index)


INPUTS: dict[str, Any] = {
    "dicts": lambda: (dicts(), {}),
    "generator": lambda: (iter(dicts()), {}),
    "objects": lambda: ([Point(*row) for row in ROWS], {}),
    "lines": lambda: ("\n".join(f"m,host={h} f={f},i={i}i {t}" for t, h, f, i in ROWS), {}),
    "pandas": lambda: (pandas_frame(), {"measurement": "m", "tag_columns": ["host"]}),
    "polars": lambda: (pl.DataFrame(columns()), {"measurement": "m", "tag_columns": ["host"]}),
    "pyarrow": lambda: (pa.table(columns()), {"measurement": "m", "tag_columns": ["host"]}),
}


@pytest.mark.parametrize("kind", INPUTS)
def test_every_input_is_stored(place: Place, mode: str, kind: str) -> None:
    data, arguments = INPUTS[kind]()
    assert place.calls(mode).write(data, **arguments) is True
    (series,) = place.series("SELECT f, host, i FROM m")
    assert [tuple(row) for row in series["values"]] == [(t, f, h, i) for t, h, f, i in ROWS]


def test_several_requests_store_every_point_once(place: Place, mode: str) -> None:
    client = place.calls(mode)
    assert client.write(iter(dicts()), batch_lines=7, connections=3) is True
    (series,) = place.series("SELECT count(f) FROM m")
    assert series["values"][0][1] == len(ROWS)


def test_a_stream_returns_every_row_once(place: Place) -> None:
    client = place.client()
    client.write(dicts())
    query = "SELECT f, i FROM m"
    rows = [(row.time, row.f, row.i) for row in client.stream(query, language="influxql")]
    assert rows == [(t, f, i) for t, _, f, i in ROWS]

    async def main() -> list[Any]:
        stream = place.client("async").stream(query, language="influxql", chunk_size=4)
        return [(row.time, row.f, row.i) async for row in stream]

    assert asyncio.run(main()) == rows


def test_objects_come_back_equal(place: Place) -> None:
    client = place.client()
    points = [Point(*row) for row in ROWS]
    client.write(points)
    query = "SELECT f, i, host FROM m"
    assert client.query(query, language="influxql", into=Point) == points


def test_a_refused_line_names_the_row(place: Place, mode: str) -> None:
    lines = ["m f=1 1", "m f=2 2", "m f= 3", "m f=4 4"]
    with pytest.raises(InfluxDBWriteError) as raised:
        place.calls(mode).write("\n".join(lines))
    ((index, line, reason),) = raised.value.rejected
    assert (index, line) == (2, "m f= 3")
    assert "missing field value" in reason
    stored = sum(len(one["values"]) for one in place.series("SELECT f FROM m"))
    # 1.x stores the other lines, and 2.x stores nothing.
    assert stored == (3 if place.server == "1.x" else 0)


def test_the_other_lines_are_stored_if_they_are_sent_again(place: Place, mode: str) -> None:
    lines = ["m f=1 1", "m f=2 2", "m f= 3", "m f=4 4", "m 5", "m f=6 6"]
    with pytest.raises(InfluxDBWriteError) as raised:
        place.calls(mode).write("\n".join(lines), on_reject="resend")
    assert [index for index, _, _ in raised.value.rejected] == [2, 4]
    assert raised.value.partial
    (series,) = place.series("SELECT f FROM m")
    assert [time for time, _ in series["values"]] == [1, 2, 4, 6]


def test_a_missing_place_is_named(place: Place) -> None:
    client = place.client(db="missing")
    with pytest.raises(InfluxDBWriteError, match="missing"):
        client.write(dicts())


def test_a_check_accepts_the_place_and_names_a_missing_one(place: Place, mode: str) -> None:
    found = place.calls(mode).check()
    assert found.server == place.server
    kind = "database" if place.server == "1.x" else "bucket"
    with pytest.raises(Exception, match=rf"^{kind}: "):
        place.client(db="missing").check()


def test_parameters_of_influxql_are_bound(place: Place) -> None:
    client = place.client(output="rows")
    client.write(dicts())
    hostile = "it's \" \\ $x; DROP MEASUREMENT m --"
    client.write({"measurement": "m", "fields": {"s": hostile}, "time": TIME})
    query = "SELECT s FROM m WHERE s = $s"
    rows = client.query(query, language="influxql", params={"s": hostile})
    assert [row[1] for row in rows] == [hostile]
    params = {"i": ROWS[3][3], "since": pd.Timestamp(TIME, tz="UTC")}
    query = "SELECT f FROM m WHERE i = $i AND time >= $since"
    (row,) = client.query(query, language="influxql", params=params)
    assert row[1] == ROWS[3][2]


@pytest.mark.parametrize("options", [{"gzip": True}, {"gzip": False}, {"timeout": 20.0}])
def test_options_of_the_connection_work(place: Place, mode: str, options: dict[str, Any]) -> None:
    assert Calls(place.client(mode, **options)).write(dicts()) is True
    (series,) = place.series("SELECT count(f) FROM m")
    assert series["values"][0][1] == len(ROWS)


def test_units_of_raw_lines_and_stamps_work(place: Place) -> None:
    client = place.client(tags={"host": "default", "zone": "z"})
    client.write("seconds f=1 1700000000", precision="s")
    client.write([{"measurement": "stamped", "fields": {"f": n}} for n in range(3)], stamp=True)
    client.write({"measurement": "m", "tags": {"host": "own"}, "fields": {"f": 1.0}, "time": TIME})
    (seconds,) = place.series("SELECT f FROM seconds")
    assert seconds["values"][0][0] == TIME
    (stamped,) = place.series("SELECT count(f) FROM stamped")
    assert stamped["values"][0][1] == 3
    (tagged,) = place.series("SELECT f, host, zone FROM m")
    assert tagged["values"][0][2:] == ["own", "z"]
