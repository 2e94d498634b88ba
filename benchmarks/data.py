"""Creates the data of the benchmarks from fixed seeds, so that every process and environment gets
the same data.

This module also works with numpy 1.23 and pandas 1.5, which aioinflux 0.9.0 requires.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Literal

import numpy as np
import pandas as pd

START = 1_700_000_000_000_000_000
# The difference between two times: a second and some nanoseconds, which a conversion through
# microseconds or floats would lose.
STEP = 1_000_000_007
TAGS = tuple(f"tag_{k:02}" for k in range(10))
FIELDS = tuple(f"field_{k:02}" for k in range(10))
# The number of distinct values of each tag, in the order of `TAGS`.
CARDINALITIES = (4, 10, 20, 50, 100, 100, 200, 500, 1000, 1000)
MIXED_TAGS = ("host", "region")
MIXED_FIELDS = ("value", "count", "up", "state")

Tags = Literal["categorical", "object", "str"]


def names(tag: int) -> list[str]:
    """Returns the distinct values of one tag."""
    return [f"value_{tag}_{n:05}" for n in range(CARDINALITIES[tag])]


def points(rows: int, time: Literal["int", "datetime"] = "int") -> list[dict[str, Any]]:
    """Returns the points of benchmark W1: 10 tags in sorted order, 5 float fields, 5 integer
    fields, and ascending times."""
    rng = np.random.default_rng(1)
    tags = [(key, names(k), rng.integers(0, CARDINALITIES[k], rows)) for k, key in enumerate(TAGS)]
    fields: list[tuple[str, list[Any]]] = [(key, rng.random(rows).tolist()) for key in FIELDS[:5]]
    fields += [(key, rng.integers(0, 1_000_000, rows).tolist()) for key in FIELDS[5:]]
    return [
        {
            "measurement": "cpu_load",
            "tags": {key: values[codes[n]] for key, values, codes in tags},
            "fields": {key: column[n] for key, column in fields},
            "time": START + n * STEP if time == "int" else moment(n),
        }
        for n in range(rows)
    ]


def moment(n: int) -> datetime:
    return datetime.fromtimestamp(START // 10**9 + n + (n % 1_000_000) / 1e6, timezone.utc)


def index(rows: int, step: int = STEP) -> pd.DatetimeIndex:
    return pd.DatetimeIndex((START + np.arange(rows) * step).view("datetime64[ns]"))


def codes(tags: Tags, values: list[str], numbers: np.ndarray) -> Any:
    """Creates a text column from indexes into a list of values; the index -1 represents a null."""
    if tags == "categorical":
        return pd.Categorical.from_codes(numbers, values)
    # The index -1 selects the last item of the array, which is `None`.
    column = np.array([*values, None], dtype=object)[numbers]
    return pd.Series(column, dtype=object if tags == "object" else "str")


def frame(
    rows: int, tags: Tags = "categorical", decimals: int | None = None, nulls: float = 0
) -> pd.DataFrame:
    """Returns the DataFrame of benchmark W2: 10 tag columns, 10 float64 columns, and a
    DatetimeIndex. The argument `nulls` is the share of nulls in the tag and field columns."""
    rng = np.random.default_rng(2)
    columns: dict[str, Any] = {}
    for k, key in enumerate(TAGS):
        numbers = rng.integers(0, CARDINALITIES[k], rows).astype(np.int16)
        if nulls:
            numbers[rng.random(rows) < nulls] = -1
        columns[key] = codes(tags, names(k), numbers)
    for key in FIELDS:
        values = rng.random(rows)
        if decimals is not None:
            values = np.round(values * 100, decimals)
        if nulls:
            values[rng.random(rows) < nulls] = np.nan
        columns[key] = values
    return indexed(columns, index(rows))


def mixed(rows: int, tags: Tags = "object") -> pd.DataFrame:
    """Returns the DataFrame of benchmark W3: 2 tags, a float, an integer, a boolean, and a string
    with quotes and backslashes."""
    rng = np.random.default_rng(3)
    texts = [f'state "{n}" in C:\\run\\{n}' for n in range(50)]
    columns = {
        "host": codes(tags, [f"server{n:03}" for n in range(200)], rng.integers(0, 200, rows)),
        "region": codes(tags, [f"region-{n}" for n in range(10)], rng.integers(0, 10, rows)),
        "value": rng.random(rows),
        "count": rng.integers(0, 1_000_000, rows),
        "up": rng.random(rows) < 0.9,
        "state": codes(
            "object" if tags == "categorical" else tags, texts, rng.integers(0, 50, rows)
        ),
    }
    # The data has ten rows a second, so that a million rows fill only one or two shards of a
    # server.
    return indexed(columns, index(rows, STEP // 10))


def indexed(columns: dict[str, Any], times: pd.DatetimeIndex) -> pd.DataFrame:
    for column in columns.values():
        if isinstance(column, pd.Series):
            column.index = times
    return pd.DataFrame(columns, index=times)


HARD_TEXT = 'a b,c=d "e" \\f\\ g'


def hard_points() -> list[dict[str, Any]]:
    """Returns a few points that show which peers escape special characters correctly, and which
    peers keep nanoseconds."""
    return [
        {
            "measurement": "cpu load",
            "tags": {"host name": f"server {n}, left", "key=x": "a=b"},
            "fields": {"the value": 0.1 + n, "text": HARD_TEXT, "big": 2**53 + 1},
            "time": START + n * STEP + 1,
        }
        for n in range(3)
    ]


def hard_frame() -> pd.DataFrame:
    """Returns the points of `hard_points` as a DataFrame."""
    rows = hard_points()
    columns: dict[str, Any] = {}
    for key in rows[0]["tags"]:
        columns[key] = pd.Series([row["tags"][key] for row in rows], dtype=object)
    for key, value in rows[0]["fields"].items():
        dtype = object if isinstance(value, str) else None
        columns[key] = pd.Series([row["fields"][key] for row in rows], dtype=dtype)
    times = np.array([row["time"] for row in rows])
    return indexed(columns, pd.DatetimeIndex(times.view("datetime64[ns]")))
