"""Tests that ten thousand random points can be written and read back unchanged, as dicts and as a
DataFrame."""

from __future__ import annotations

import math
import random
import struct
from typing import Any

import numpy as np
import pandas as pd
import pytest

from servers import Place

N = 10_000
SEED = 20171004
TIMES = (-9_223_372_036_854_775_806, 9_223_372_036_854_775_806)
RANGE = f"time >= {TIMES[0]} AND time <= {TIMES[1]}"

# Pieces of strings that a 1.x server stores in every part of a point. Every backslash in the pieces
# precedes a character that has no special meaning.
PIECES = [
    *"abcXYZ019_-./:;!?#$%&()*+<>@[]^`{|}~",
    *" ,='\"",
    *"\t\r\x01\x1f\x7f",
    *"éßñ中文🚀\u200b\ufeff\u2028\u0301",
    r"\n",
    r"\b",
    "SELECT",
    "{0}",
    "%s",
    "''",
    '""',
    "#",
]
# Pieces of strings that a server stores only in string fields.
FIELD_PIECES = [*PIECES, "\n", "\\", '\\"', "\\\\", "\r\n"]


def text(rng: random.Random, pieces: list[str] = PIECES) -> str:
    """Returns hostile text that is joined from random pieces; `name` adds a harmless character at
    both ends."""
    return "".join(rng.choices(pieces, k=rng.randrange(12)))


def name(rng: random.Random) -> str:
    return "n" + text(rng) + rng.choice("nß🚀")


def names(rng: random.Random, n: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < n:
        found[name(rng)] = None
    return list(found)


def measurement_name(rng: random.Random, place: Place) -> str:
    """Returns the name of a measurement, which 2.x stores only if it has no equals sign."""
    return name(rng) if place.server == "1.x" else name(rng).replace("=", "-")


def floating(rng: random.Random) -> float:
    """Returns any finite float, which can be a whole number or have an unusual bit pattern."""
    if rng.random() < 0.2:
        return float(rng.randrange(-(10**6), 10**6))
    while True:
        (value,) = struct.unpack("<d", rng.randbytes(8))
        if math.isfinite(value):
            return float(value)


def integer(rng: random.Random) -> int:
    bits = rng.randrange(64)
    return rng.randrange(-(2**bits), 2**bits)


def string(rng: random.Random) -> str:
    return text(rng, FIELD_PIECES)


def boolean(rng: random.Random) -> bool:
    return rng.random() < 0.5


KINDS = {"float": floating, "integer": integer, "string": string, "boolean": boolean}


def times(rng: random.Random, n: int) -> list[int]:
    """Returns distinct times from the whole range that a server accepts, including both ends of the
    range.

    The times are in only a few weeks, because a server creates a shard for each week in which there
    is a point.
    """
    weeks = [rng.randrange(*TIMES) for _ in range(6)]
    found = {*TIMES, 0, -1}
    while len(found) < n:
        time = rng.choice(weeks) + rng.randrange(10**14)
        if TIMES[0] <= time <= TIMES[1]:
            found.add(time)
    return rng.sample(sorted(found), n)


def points(rng: random.Random, place: Place) -> list[dict[str, Any]]:
    """Returns points with distinct series and times; all values of a field key have the same
    type."""
    measurements = [measurement_name(rng, place) for _ in range(20)]
    tag_keys = names(rng, 12)
    fields = [(kind, "f" + key) for kind, key in zip([*KINDS] * 4, names(rng, 16), strict=True)]
    made = []
    for number, time in enumerate(times(rng, N)):
        chosen = rng.sample(fields, rng.randrange(1, 6))
        made.append(
            {
                "measurement": rng.choice(measurements),
                "tags": {
                    **{key: name(rng) for key in rng.sample(tag_keys, rng.randrange(4))},
                    "id": str(number),
                },
                "fields": {key: KINDS[kind](rng) for kind, key in chosen},
                "time": time,
            }
        )
    return made


def by_id(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {point["tags"]["id"]: point for point in found}


@pytest.mark.timeout(120)
def test_dicts_come_back_equal(place: Place, mode: str) -> None:
    client = place.calls(mode)
    written = points(random.Random(SEED), place)
    assert client.write(iter(written)) is True
    types = place.types()
    query = f"SELECT * FROM /.*/ WHERE {RANGE} GROUP BY *"
    answer = client.query(query, language="influxql")
    read = []
    for series in answer["results"][0]["series"]:
        tags = {key: value for key, value in series["tags"].items() if value}
        for row in series["values"]:
            cells = dict(zip(series["columns"], row, strict=True))
            time = cells.pop("time")
            # In the JSON of the server, a whole float looks like an integer, and it has only the
            # digits that identify the float.
            fields = {
                key: float(value) if types[key] == "float" else value
                for key, value in cells.items()
                if value is not None
            }
            read.append(
                {"measurement": series["name"], "tags": tags, "fields": fields, "time": time}
            )
    assert len(read) == N
    expected = by_id(written)
    different = [p for p in read if p != expected[p["tags"]["id"]]]
    assert different == []
    kinds = {type(v): k for k, v in zip(KINDS, (0.5, 1, "", True), strict=True)}
    for point in written:
        for key, value in point["fields"].items():
            assert types[key] == kinds[type(value)]


@pytest.mark.timeout(120)
def test_frame_comes_back_equal(place: Place) -> None:
    client = place.client(output="pandas")
    rng = random.Random(SEED)
    keys = dict(zip(KINDS, ("f" + key for key in names(rng, 4)), strict=True))
    tag_keys = ["t" + key for key in names(rng, 2)]
    measurement = measurement_name(rng, place)
    columns: dict[str, Any] = {
        keys["float"]: [floating(rng) for _ in range(N)],
        keys["integer"]: np.array([integer(rng) for _ in range(N)], dtype="int64"),
        keys["string"]: [string(rng) for _ in range(N)],
        keys["boolean"]: [boolean(rng) for _ in range(N)],
        **{key: [name(rng) for _ in range(N)] for key in tag_keys},
    }
    index = pd.DatetimeIndex(np.array(times(rng, N)).view("datetime64[ns]"), tz="UTC")
    df = pd.DataFrame(columns, index=index)
    assert client.write(df, measurement, tag_columns=tag_keys) is True
    back = client.query(f"SELECT * FROM /.*/ WHERE {RANGE}", language="influxql")
    assert back.name == measurement
    expected = df.sort_index()
    assert list(back.index.asi8) == list(expected.index.asi8)
    assert set(back.columns) == set(expected.columns)
    for key in expected.columns:
        assert list(back[key]) == list(expected[key]), key
    assert str(back[keys["float"]].dtype) == "float64"
    assert str(back[keys["integer"]].dtype) == "int64"
    assert str(back[keys["boolean"]].dtype) == "bool"


@pytest.mark.timeout(120)
def test_frame_with_nulls_of_every_type_comes_back_equal(place: Place) -> None:
    client = place.client(output="pandas")
    rng = random.Random(SEED)
    makers = {"Float64": floating, "Int64": integer, "string": string, "boolean": boolean}
    df = pd.DataFrame(
        {
            dtype: pd.array(
                [None if rng.random() < 0.3 else make(rng) for _ in range(N)], dtype=dtype
            )
            for dtype, make in makers.items()
        },
        index=pd.DatetimeIndex(np.array(times(rng, N)).view("datetime64[ns]"), tz="UTC"),
    ).dropna(how="all")
    assert client.write(df, "m") is True
    back = client.query(f"SELECT * FROM m WHERE {RANGE}", language="influxql")
    expected = df.sort_index()
    assert list(back.index.asi8) == list(expected.index.asi8)
    for key in makers:
        ours = [None if pd.isna(value) else value for value in back[key]]
        theirs = [None if pd.isna(value) else value for value in expected[key]]
        assert ours == theirs, key
