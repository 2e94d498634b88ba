"""Tests the argument `time_unit`, which sets the unit of integer times."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from aioinflux import (
    INT,
    TIMEINT,
    InfluxDBClient,
    line_batches,
    lineprotocol,
    to_line_protocol,
)  # fmt: skip
from aioinflux.udp import UDPClient
from support import Calls, Database, Wire

SECONDS = 1_714_564_800
NANOSECONDS = SECONDS * 1_000_000_000
UNITS = {
    "ns": 1, "n": 1, "u": 1000, "us": 1000, "ms": 1_000_000, "s": 1_000_000_000,
    "m": 60_000_000_000, "h": 3_600_000_000_000,
}  # fmt: skip


@lineprotocol
class Typed(NamedTuple):
    at: TIMEINT
    f: INT


def point(time: object) -> dict[str, Any]:
    return {"measurement": "m", "fields": {"f": 1}, "time": time}


def times(data: object, **kwargs: Any) -> list[int]:
    lines = to_line_protocol(data, "m", **kwargs).decode().splitlines()
    return [int(line.rpartition(" ")[2]) for line in lines]


@pytest.mark.parametrize("unit", UNITS)
def test_integers_count_the_unit(unit: str) -> None:
    scale = UNITS[unit]
    for count in (0, 7, -7):
        assert times(point(count), time_unit=unit) == [count * scale]
        assert times(point(np.int32(count)), time_unit=unit) == [count * scale]
        assert times([Typed(count, 1)] * 70, time_unit=unit) == [count * scale] * 70
        frame = pd.DataFrame({"f": [1], "at": [count]})
        assert times(frame, time_column="at", time_unit=unit) == [count * scale]


def test_times_of_other_types_keep_their_meaning() -> None:
    values = [
        datetime(2024, 5, 1, 12),
        pd.Timestamp(NANOSECONDS),
        np.datetime64(SECONDS, "s"),
        "2024-05-01T12:00:00",
        "2024/05/01 12:00",
    ]
    assert times([point(value) for value in values], time_unit="s") == [NANOSECONDS] * 5
    frame = pd.DataFrame({"f": [1]}, index=pd.DatetimeIndex(["2024-05-01 12:00"]))
    assert times(frame, time_unit="h") == [NANOSECONDS]
    frame = pd.DataFrame({"f": [1], "at": ["2024-05-01 12:00"]})
    assert times(frame, time_column="at", time_unit="h") == [NANOSECONDS]
    assert to_line_protocol(point(None), time_unit="s") == b"m f=1i\n"


def test_the_units_of_a_call_end_with_it() -> None:
    assert times(point(1), time_unit="s") == [1_000_000_000]
    assert times(point(1)) == [1]


@pytest.mark.parametrize("count", [9_223_372_037, -9_223_372_037, 2**62, 2**63, -(2**70)])
def test_an_overflow_names_the_point(count: int) -> None:
    far = rf"`{count} s` is outside 64-bit nanoseconds, the years 1677 to 2262$"
    with pytest.raises(ValueError, match=rf"^point 1: key `time`: {far}"):
        times([point(1), point(count)], time_unit="s")
    with pytest.raises(ValueError, match=rf"^point 1: attribute `Typed.at`: {far}"):
        times([Typed(1, 1), Typed(count, 1)], time_unit="s")
    if abs(count) < 2**63:
        frame = pd.DataFrame({"f": 1, "at": [1, count]})
        with pytest.raises(ValueError, match=rf"^point 1: time {far}"):
            times(frame, time_column="at", time_unit="s")


@pytest.mark.parametrize("value", [1.0, 1.5, np.float64(1), np.float32(1)], ids=repr)
def test_floats_are_refused_where_a_unit_is_named(value: object) -> None:
    with pytest.raises(TypeError, match=r"^point 0: key `time`: .* pass an integer, and its unit"):
        times(point(value), time_unit="s")


def test_a_whole_float_of_a_point_is_nanoseconds_as_in_the_seed() -> None:
    assert times([point(5.0), point(np.float32(5))]) == [5, 5]
    hint = r"`1.5` is not a whole number of nanoseconds; hint: .* `time_unit`$"
    with pytest.raises(ValueError, match=hint):
        times(point(1.5))


@pytest.mark.parametrize("unit", ["x", "", "S", "ns ", 1, b"s", True])
def test_an_unknown_unit_is_refused(unit: Any) -> None:
    for call in (to_line_protocol, line_batches):
        with pytest.raises(ValueError, match=r"^argument `time_unit`: expected ns, u, ms, s, m or"):
            call(point(1), time_unit=unit)


def test_lines_have_times_of_their_own(admin: Calls) -> None:
    class Own:
        def to_lineprotocol(self) -> bytes:
            return b"m f=1 1"

    for data in ("m f=1 1", b"m f=1 1", [point(1), "m f=1 1"], Own()):
        with pytest.raises(ValueError, match=r"^argument `time_unit`: .* `precision`"):
            admin.write(data, time_unit="s")
    assert to_line_protocol("m f=1 1", time_unit="ns") == b"m f=1 1\n"


def test_both_faces_and_batches_take_the_unit(sends: Wire) -> None:
    assert sends(point(SECONDS), time_unit="s") == [f"m f=1i {NANOSECONDS}"]
    (batch,) = line_batches(point(SECONDS), time_unit="s")
    assert bytes(batch) == f"m f=1i {NANOSECONDS}\n".encode()


def test_datagrams_take_the_unit() -> None:
    with UDPClient(port=9, mode="blocking") as client:
        with pytest.raises(ValueError, match=r"^argument `time_unit`: expected"):
            client.write(point(1), time_unit="x")
        assert client.write([], time_unit="s") is True


def test_what_was_written_in_seconds_is_stored(admin: Calls, database: Database) -> None:
    admin.write([point(SECONDS), Typed(SECONDS + 1, 2)], time_unit="s")
    stored = [one["time"] for one in database.points()]
    assert sorted(stored) == [NANOSECONDS, NANOSECONDS + 1_000_000_000]


def test_precision_is_refused_for_points_in_a_unit_as_without_one(
    admin: Calls, database: Database
) -> None:
    assert isinstance(admin.client, InfluxDBClient)
    with pytest.raises(ValueError, match="precision"):
        admin.write(point(SECONDS), precision="s", time_unit="s")
    assert database.points() == []
