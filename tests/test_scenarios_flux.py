"""Tests Flux on a real InfluxDB 2.x: everything that was written comes back equal, in every output.

The tests run on the server that the environment names (see `servers`). If it names no server,
`conftest` leaves this file out.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pandas as pd
import pytest

import servers
from aioinflux import InfluxDBQueryError
from servers import Place
from test_roundtrip import SEED, N, by_id, points
from test_scenarios import ROWS, Point, dicts

# The times that Flux can express.
RANGE = "range(start: 1677-09-22T00:00:00Z, stop: 2262-04-11T00:00:00Z)"


@pytest.fixture(params=["2.x"])
def bucket(request: pytest.FixtureRequest) -> Place:  # noqa: ARG001 (names the server)
    return servers.place_of_2x()


def script(place: Place, rest: str = "") -> str:
    return f'from(bucket: "{place.name}") |> {RANGE}{rest}'


@pytest.mark.timeout(120)
def test_ten_thousand_hostile_points_come_back_equal(bucket: Place, mode: str) -> None:
    client = bucket.calls(mode)
    written = [
        point for point in points(random.Random(SEED), bucket) if abs(point["time"]) < 9.2 * 10**18
    ]
    client.write(written)
    rows = client.query(script(bucket))
    read: dict[str, dict[str, Any]] = {}
    special = {"result", "table", "_start", "_stop", "_time", "_value", "_field", "_measurement"}
    for row in rows:
        tags = {key: value for key, value in row.items() if key not in special}
        point = {"measurement": row["_measurement"], "tags": tags, "fields": {}}
        point = read.setdefault(row["id"], {**point, "time": row["_time"]})
        point["fields"][row["_field"]] = row["_value"]
    assert len(read) == len(written) > N / 2
    for number, point in by_id(written).items():
        assert read[number] == as_flux(point)


def as_flux(point: dict[str, Any]) -> dict[str, Any]:
    """Returns a point as the server writes it in CSV: it leaves out each CR in a text, and writes
    each LF as CR LF; an empty text is null."""
    fields = {
        key: shown(value) if isinstance(value, str) else value
        for key, value in point["fields"].items()
    }
    return {
        **point,
        "measurement": shown(point["measurement"]),
        "tags": {key: shown(value) for key, value in point["tags"].items()},
        "fields": {shown(key): value for key, value in fields.items()},
    }


def shown(text: str) -> str | None:
    return text.replace("\r", "").replace("\n", "\r\n") or None


def test_a_pivoted_frame_can_be_written_back(bucket: Place) -> None:
    client = bucket.client(output="pandas")
    client.write(dicts())
    frame = client.query(script(bucket), pivot=True)
    assert list(frame.index.asi8) == [t for t, *_ in sorted(ROWS, key=lambda row: row[1])]
    other = servers.place_of_2x().client(output="pandas")
    other.write(frame)
    text = script(bucket).replace(bucket.name, str(other.db))
    pd.testing.assert_frame_equal(other.query(text, pivot=True), frame)


def test_objects_come_back_equal(bucket: Place) -> None:
    client = bucket.client()
    expected = [Point(*row) for row in ROWS]
    client.write(expected)
    found = client.query(script(bucket), into=Point)
    assert sorted(found, key=lambda one: one.time) == expected


def test_a_stream_and_a_chunked_query_return_every_row(bucket: Place) -> None:
    bucket.client().write(dicts())
    expected = sorted((t, f) for t, _, f, _ in ROWS)
    text = script(bucket, ' |> filter(fn: (r) => r._field == "f")')
    rows = [(row._time, row._value) for row in bucket.client().stream(text)]
    assert sorted(rows) == expected

    async def main() -> list[Any]:
        chunks = await bucket.client("async").query(text, chunked=True)
        return [(row["_time"], row["_value"]) async for chunk in chunks for row in chunk]

    assert sorted(asyncio.run(main())) == expected


def test_an_error_inside_an_answer_keeps_the_rows_before_it(bucket: Place) -> None:
    with pytest.raises(InfluxDBQueryError, match="bucket"):
        bucket.client().query('from(bucket: "missing") |> range(start: -1h)')
