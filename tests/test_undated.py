"""Tests points without a time: the warning if the server would keep only one of several points, and
the times that the argument `stamp` adds."""

from __future__ import annotations

import itertools
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from aioinflux import InfluxDBClient, line_batches, parse_line_protocol, to_line_protocol
from aioinflux.udp import UDPClient
from support import Calls, Wire


def point(value: int, *, tag: str = "a", time: int | None = None, **fields: int) -> dict[str, Any]:
    found = {"measurement": "m", "tags": {"t": tag}, "fields": fields or {"f": value}}
    return found if time is None else {**found, "time": time}


FIVE = [point(n) for n in range(5)]
ENCODE: dict[str, Callable[..., bytes]] = {
    "lines": to_line_protocol,
    "batches": lambda data, **options: b"".join(line_batches(data, **options)),
}


def times(lines: bytes) -> list[int]:
    return [found["time"] for found in parse_line_protocol(lines)]


@pytest.mark.parametrize(
    "data",
    [
        lambda: FIVE,
        lambda: iter(FIVE),
        lambda: b"m,t=a f=1\n" * 5,
        lambda: ["m,t=a f=1"] * 5,
        lambda: [FIVE],
    ],
    ids=["list", "generator", "text", "lines", "nested"],
)
def test_points_of_one_series_without_a_time_are_warned_of(
    data: Callable[[], object], sends: Wire
) -> None:
    with pytest.warns(UserWarning, match=r"5 points without a time .*`m,t=a`.*stamp=True") as found:
        assert len(sends(data())) == 5
    assert len(found) == 1


@pytest.mark.parametrize("batch_lines", [2, 10])
def test_the_warning_is_at_the_line_of_the_user(either: Any, batch_lines: int) -> None:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        either.write(FIVE, batch_lines=batch_lines)
        to_line_protocol(FIVE)
        list(line_batches(FIVE, batch_lines=batch_lines))
    assert [one.filename for one in found] == [__file__] * 3


def test_the_server_keeps_what_the_warning_says(client: Calls) -> None:
    with pytest.warns(UserWarning, match="5 points"):
        client.write(FIVE)
    assert len(client.query("SELECT f FROM m")["results"][0]["series"][0]["values"]) == 1
    client.write(FIVE, stamp=True)
    assert len(client.query("SELECT f FROM m")["results"][0]["series"][0]["values"]) == 6


@pytest.mark.parametrize("encode", ENCODE.values(), ids=ENCODE)
def test_one_warning_counts_the_points_of_all_series_and_names_the_first(
    encode: Callable[..., bytes],
) -> None:
    data = [point(1, tag="x"), *FIVE, point(2, tag="b c"), point(3, tag="b c"), point(4, time=1)]
    with pytest.warns(UserWarning, match=r"^7 points.*`m,t=a`") as found:
        encode(data)
    assert len(found) == 1


def test_the_order_of_tags_in_lines_makes_no_other_series() -> None:
    with pytest.warns(UserWarning, match=r"2 points.*`m,a=1,b=2`"):
        to_line_protocol(["m,b=2,a=1 f=1", {"measurement": "m", "tags": {"a": "1", "b": "2"},
                                            "fields": {"f": 2}}])  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        [point(1)],
        [point(1), point(2, time=1)],
        [point(n, time=n) for n in range(5)],
        [point(n, tag=str(n)) for n in range(5)],
        # The server merges the two points into one, without losing a value.
        [point(0, f=1), point(0, g=2)],
        'm,t=a f=1 5\nm,t=a f=2 6\nm,t=a s="x y"',
    ],
)
def test_points_that_the_server_keeps_are_not_warned_of(data: object) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        to_line_protocol(data)
        list(line_batches(data))


def test_points_of_different_requests_do_not_collide() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(line_batches(FIVE, batch_lines=1))
    with pytest.warns(UserWarning, match="4 points"):
        list(line_batches(FIVE, batch_lines=2))


@pytest.mark.parametrize("encode", ENCODE.values(), ids=ENCODE)
def test_every_stamp_is_later_than_those_before(encode: Callable[..., bytes]) -> None:
    def mixed() -> Iterator[object]:
        yield from FIVE
        yield 'm,t=a f=1\nm,t=a s="x\n5"\n'
        yield pd.DataFrame({"f": range(2000)})
        yield Typed()
        yield FIVE

    start = time.time_ns()
    found = [
        stamp for _ in range(3) for stamp in times(encode(mixed(), measurement="m", stamp=True))
    ]
    assert len(found) == 3 * 2013
    assert start <= found[0]
    assert all(before < after for before, after in itertools.pairwise(found))


class Typed:
    """An object that encodes its own line."""

    def to_lineprotocol(self) -> bytes:
        return b"m f=1"


def test_times_that_points_have_are_kept() -> None:
    data = [point(1, time=5), "m f=1 6", 'm s="a" 7', point(2)]
    assert times(to_line_protocol(data, stamp=True))[:3] == [5, 6, 7]
    frame = pd.DataFrame({"f": [1.0]}, index=pd.DatetimeIndex([8]))
    assert times(to_line_protocol(frame, "m", stamp=True)) == [8]
    assert times(to_line_protocol(pl.DataFrame({"time": [9], "f": [1]}), "m", stamp=True)) == [9]


TABLES: dict[str, Any] = {
    "pandas": pd.DataFrame({"t": ["a", "b"] * 4000, "f": range(8000)}),
    "polars": pl.DataFrame({"t": ["a", "b"] * 4000, "f": range(8000)}),
    "pyarrow": pl.DataFrame({"t": ["a", "b"] * 4000, "f": range(8000)}).to_arrow(),
    "numpy": np.array([("a", 1), ("b", 2)] * 4000, dtype=[("t", "U1"), ("f", "i8")]),
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("encode", ENCODE.values(), ids=ENCODE)
def test_tables_without_times_are_stamped_row_by_row(
    table: object, encode: Callable[..., bytes]
) -> None:
    with pytest.raises(ValueError, match="time"):
        encode(table, measurement="m", tag_columns=["t"])
    found = times(encode(table, measurement="m", tag_columns=["t"], stamp=True))
    assert len(found) == 8000
    assert all(before < after for before, after in itertools.pairwise(found))


def test_an_index_that_holds_data_is_not_lost() -> None:
    for frame in (
        pd.DataFrame({"f": [1]}, index=["host"]),
        pd.DataFrame({"f": [1]}, index=pd.Index([5], name="id")),
        pd.DataFrame({"a": [1], "b": [2], "f": [1]}).set_index(["a", "b"]),
    ):
        with pytest.raises(ValueError, match="index"):
            to_line_protocol(frame, "m", stamp=True)


def test_stamps_are_nanoseconds(database: Any) -> None:
    server = database.server
    client = InfluxDBClient(server.host, server.port, db=database.name, mode="blocking")
    with pytest.raises(ValueError, match=r"argument `stamp`: .*'s'"):
        client.write("m f=1", precision="s", stamp=True)
    assert client.write("m f=1", precision="ns", stamp=True)
    with pytest.raises(TypeError, match="argument `stamp`"):
        client.write("m f=1", stamp="yes")  # type: ignore[arg-type]


def test_datagrams_are_stamped() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)
        udp = UDPClient("127.0.0.1", server.getsockname()[1], mode="blocking")
        assert udp.write(FIVE, stamp=True)
        assert len(set(times(server.recv(65_536)))) == 5
        with pytest.warns(UserWarning, match="5 points"):
            udp.write(FIVE)


@pytest.mark.parametrize("unit", ["ns", "u", "ms", "s", "m", "h"])
def test_stamps_of_tables_are_nanoseconds_whatever_the_unit_of_integers(unit: str) -> None:
    before = time.time_ns()
    lines = to_line_protocol(pl.DataFrame({"f": [1, 2]}), "m", stamp=True, time_unit=unit)
    times = [int(line.split()[-1]) for line in lines.splitlines()]
    assert times[0] < times[1]
    assert abs(times[0] - before) < 60 * 10**9


@pytest.mark.parametrize("stamp", [1, "yes", np.True_])
def test_a_stamp_that_is_no_bool_is_refused_by_name(stamp: Any) -> None:
    point = {"measurement": "m", "fields": {"f": 1}}
    with pytest.raises(TypeError, match="argument `stamp`: expected bool, got "):
        to_line_protocol(point, stamp=stamp)
    with pytest.raises(TypeError, match="argument `stamp`: expected bool, got "):
        list(line_batches(point, stamp=stamp))
