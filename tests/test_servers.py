"""Tests the argument `server`: the rules for each version of InfluxDB, which stay separate within
one process."""

from __future__ import annotations

import itertools
import random
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pytest

from aioinflux import (
    FLOAT,
    MEASUREMENT,
    TAG,
    TIMEINT,
    line_batches,
    lineprotocol,
    parse_line_protocol,
)
from aioinflux import to_line_protocol as encode

SERVERS = ("1.x", "2.x", "3.x")
LARGE = 2**63
# Points that are encoded differently for each version of InfluxDB, or refused for some versions.
POINTS: list[dict[str, Any]] = [
    {"measurement": "m", "tags": {"t": "a"}, "fields": {"f": 1.5}, "time": 1},
    {"measurement": "m\\x", "tags": {"t\\k": "a\\b"}, "fields": {"f\\g": 'q"\\'}, "time": 2},
    {"measurement": "a,b c", "tags": {"t,= ": "x,= "}, "fields": {"f,= ": True}, "time": 3},
    {"measurement": "m", "tags": {"t": "a"}, "fields": {"f": np.uint64(LARGE)}, "time": 4},
    {"measurement": "m", "tags": {"t": "a"}, "fields": {"f": np.uint64(7)}, "time": 5},
    {"measurement": "m", "tags": {"t": "a"}, "fields": {"t": 2.5}, "time": 6},
    {"measurement": "m", "tags": {"_field": "a"}, "fields": {"f": 1}, "time": 7},
    {"measurement": "m", "tags": {"t": "bell \x07"}, "fields": {"f": 1}, "time": 8},
    {"measurement": "m", "tags": {"t": "#!~#"}, "fields": {"f": 1}, "time": 9},
    {"measurement": "m", "tags": {"t": "a"}, "fields": {"f": 1}, "time": -(2**63)},
]


def outcome(data: Any, *args: Any, **options: Any) -> bytes | str:
    try:
        return encode(data, *args, **options)
    except ValueError as error:
        return str(error)


def plain(point: dict[str, Any], server: Any) -> bytes | str:
    """Returns the result of the general encoder, which is used for points with an unknown key."""
    return outcome([{**point, "unknown": 1}], server=server)


def test_the_rules_differ() -> None:
    answers = {server: [plain(point, server) for point in POINTS] for server in SERVERS}
    assert answers["1.x"][:2] == [b"m,t=a f=1.5 1\n", b'm\\x,t\\k=a\\b f\\g="q\\"\\\\" 2\n']
    assert answers["3.x"][1] == b'm\\\\x,t\\\\k=a\\\\b f\\\\g="q\\"\\\\" 2\n'
    assert answers["2.x"][3:5] == [b"m,t=a f=9223372036854775808u 4\n", b"m,t=a f=7u 5\n"]
    refused = {
        s: [n for n, a in enumerate(all_) if isinstance(a, str)] for s, all_ in answers.items()
    }
    assert refused == {"1.x": [3, 8, 9], "2.x": [6, 8, 9], "3.x": [5, 7]}


@pytest.mark.parametrize("seed", range(8))
def test_mappings_of_all_generations_at_once(seed: int) -> None:
    numbers = random.Random(seed)
    for _ in range(300):
        point, server = numbers.choice(POINTS), numbers.choice(SERVERS)
        assert outcome([point], server=server) == plain(point, server)


def test_known_shapes_are_those_of_one_generation() -> None:
    """From the second point of a shape on, the fast path for the version is used."""
    point = POINTS[1]
    for server in SERVERS * 3:
        line = plain(point, server)
        assert isinstance(line, bytes)
        assert encode([dict(point) for _ in range(5)], server=server) == line * 5


class _Typed(NamedTuple):
    name: MEASUREMENT
    t: TAG
    f: FLOAT
    time: TIMEINT


Typed: Any = lineprotocol(_Typed)


def test_typed_points_of_all_generations_at_once() -> None:
    for server, name, value in itertools.product(SERVERS * 2, ["m", "m\\x"], ["a", "a\\b", "\x07"]):
        point = {"measurement": name, "tags": {"t": value}, "fields": {"f": 0.5}, "time": 1}
        found, expected = outcome([Typed(name, value, 0.5, 1)], server=server), plain(point, server)
        if isinstance(expected, str):
            expected += " (class `_Typed`)"
        assert found == expected


@pytest.mark.parametrize("of", [pd.DataFrame, pl.DataFrame])
@pytest.mark.parametrize("rows", [1, 3000])
@pytest.mark.parametrize("threads", [1, 2])
def test_tables_of_all_generations_at_once(of: Any, rows: int, threads: int) -> None:
    values = {"a": "f", "a\\b": "f", "\x07": "f", "b": "t", "c": "g\\h"}
    for server, (value, field), kind in itertools.product(SERVERS, values.items(), ["f8", "u8"]):
        columns: dict[str, Any] = {"tag": [value] * rows}
        columns[field] = np.full(rows, 7, dtype=kind)
        columns["time"] = list(range(rows))
        cell = columns[field][0]
        points = [
            {"measurement": "m", "tags": {"tag": value}, "fields": {field: cell}, "time": n}
            for n in range(rows)
        ]
        options: dict[str, Any] = {"time_column": "time", "threads": threads, "server": server}
        found = outcome(of(columns), "m", ["tag"], **options)
        expected = outcome(({**point, "unknown": 1} for point in points), server=server)
        if isinstance(expected, bytes):
            assert found == expected
            assert b"".join(line_batches(of(columns), "m", ["tag"], **options)) == expected
        else:
            assert found == expected


@pytest.mark.parametrize("server", SERVERS)
def test_lines_are_read_as_that_generation_reads_them(server: Any) -> None:
    for point in POINTS:
        line = plain(point, server)
        if isinstance(line, bytes):
            assert parse_line_protocol(line, server=server) == [point]
    assert parse_line_protocol(b"m f=1 1") == parse_line_protocol(b"m f=1 1", server="1.x")


def test_text_is_held_to_the_rules_of_its_generation() -> None:
    twice = "m,t=1,t=2 f=1 1"
    assert encode(twice) == b"m,t=1,t=2 f=1 1\n"
    with pytest.raises(ValueError, match="`t`"):
        encode(twice, server="3.x")


@pytest.mark.parametrize("call", [encode, line_batches, parse_line_protocol])
def test_other_generations_are_refused(call: Any) -> None:
    for server in ("1", "v1", "", "1.8", "influxdb"):
        with pytest.raises(ValueError, match=r'`server`: expected "1.x", "2.x" or "3.x", got "'):
            call("m f=1 1", server=server)
    for server in (None, 1, b"1.x"):
        with pytest.raises(TypeError, match=r'`server`: expected "1.x", "2.x" or "3.x", got `'):
            call("m f=1 1", server=server)
