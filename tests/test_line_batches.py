"""Tests batches of lines: where they end, which lines they contain, and the iterator's state after
an error."""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from aioinflux import InfluxDBClient, line_batches, to_line_protocol


def frame(rows: int) -> pd.DataFrame:
    numbers = random.Random(rows)
    return pd.DataFrame(
        {
            "host": pd.Categorical([f"h {n % 7}" for n in range(rows)]),
            "load": [numbers.random() for _ in range(rows)],
            "text": ["x" * (n % 50) for n in range(rows)],
        },
        index=pd.to_datetime(range(rows)),
    )


def points(rows: int) -> Iterator[dict[str, Any]]:
    for n in range(rows):
        yield {"measurement": "m", "fields": {"f": n}, "time": n}


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_batches_do_not_depend_on_the_number_of_threads(threads: int) -> None:
    df = frame(10_500)
    batches = line_batches(df, "m", ["host"], batch_lines=1000, batch_bytes=20_000, threads=threads)
    alone = line_batches(df, "m", ["host"], batch_lines=1000, batch_bytes=20_000, threads=1)
    assert [bytes(batch) for batch in batches] == [bytes(batch) for batch in alone]
    assert batches.rows == 10_500


def test_rows_can_be_asked_for_while_a_batch_is_made() -> None:
    seen = []

    def source() -> Iterator[dict[str, Any]]:
        for point in points(25):
            seen.append(batches.rows)
            yield point

    batches = line_batches(source(), batch_lines=10)
    assert [batch.points for batch in batches] == [10, 10, 5]
    assert (seen[0], seen[9], seen[24], batches.rows) == (0, 0, 20, 25)


def test_rows_of_a_table_are_cut_at_lines_and_bytes() -> None:
    df = frame(10_500)
    batches = list(line_batches(df, "m", ["host"], batch_lines=1000, batch_bytes=20_000))
    assert b"".join(batches) == to_line_protocol(df, "m", ["host"])
    assert all(0 < len(batch) <= 20_000 for batch in batches)
    counts = np.cumsum([batch.points for batch in batches])
    assert set(range(1000, 10_001, 1000)) <= set(counts)


@pytest.mark.parametrize("data", ["text", "points", "mixed"])
def test_lines_and_points_are_cut_too(data: str) -> None:
    text = "".join(f"m f={n}i {n}\n" for n in range(2500))
    given: Any = {
        "text": text,
        "points": points(2500),
        "mixed": [points(100), text, frame(5000), [], points(3)],
    }[data]
    batches = list(line_batches(given, "m", ["host"], batch_lines=1000, batch_bytes=10_000))
    assert all(batch.points <= 1000 and len(batch) <= 10_000 for batch in batches)
    if data == "mixed":
        given = [points(100), text, frame(5000), [], points(3)]
    elif data == "points":
        given = points(2500)
    assert b"".join(batches) == to_line_protocol(given, "m", ["host"])


def test_a_line_that_is_longer_than_a_batch_is_one() -> None:
    df = pd.DataFrame({"f": ["a", "x" * 500, "b"]}, index=pd.to_datetime([1, 2, 3]))
    batches = line_batches(df, "m", batch_bytes=100, threads=2)
    assert [len(batch) > 100 for batch in batches] == [False, True, False]


def test_an_iterable_is_read_no_further_than_needed() -> None:
    seen = []

    def data() -> Iterator[dict[str, Any]]:
        for point in points(100):
            seen.append(point["time"])
            yield point

    batches = line_batches(data(), batch_lines=10)
    next(batches)
    assert seen == list(range(10))


def test_a_batch_is_bytes() -> None:
    (batch,) = line_batches(points(2))
    assert bytes(batch) == batch.to_bytes() == b"m f=0i 0\nm f=1i 1\n"
    assert (len(batch), batch.points, batch.skipped) == (18, 2, 0)
    view = memoryview(batch)
    assert view.readonly
    del batch
    gc.collect()
    assert view.tobytes() == b"m f=0i 0\nm f=1i 1\n"


def test_batches_that_are_kept_do_not_change() -> None:
    df = frame(30_000)
    kept = list(line_batches(df, "m", ["host"], threads=2))
    lines = b"".join(bytes(batch) for batch in line_batches(df, "m", ["host"], threads=2))
    assert b"".join(kept) == lines


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_leaves_the_batches_before_it(threads: int) -> None:
    df = frame(5000)
    df.iloc[3500, 1] = float("inf")
    batches = line_batches(df, "m", ["host"], batch_lines=1000, threads=threads)
    before = [bytes(next(batches)) for _ in range(3)]
    assert b"".join(before) == to_line_protocol(df.iloc[:3000], "m", ["host"])
    assert batches.rows == 3000
    with pytest.raises(ValueError, match="point 3500: field `load`"):
        next(batches)
    assert list(batches) == []


def test_an_error_of_reading_comes_after_the_rows_before_it() -> None:
    values = np.array(["a"] * 5000, dtype=object)
    values[4200] = object()
    df = pd.DataFrame({"f": values}, index=pd.to_datetime(range(5000)))
    batches = line_batches(df, "m", batch_lines=1000, threads=2)
    assert [next(batches).points for _ in range(4)] == [1000] * 4
    with pytest.raises(TypeError, match="point 4200: field `f`"):
        next(batches)


def test_skipped_rows_are_counted_in_their_batch() -> None:
    df = pd.DataFrame({"f": [1.0, np.nan] * 1500}, index=pd.to_datetime(range(3000)))
    batches = line_batches(df, "m", batch_lines=2000)
    assert [(batch.points, batch.skipped) for batch in batches] == [(1000, 1000), (500, 500)]
    assert batches.rows == 3000


def test_points_after_a_table_are_numbered_on() -> None:
    data = [frame(2000), {"measurement": "m", "fields": {"f": object()}}]
    batches = line_batches(data, "m", ["host"])
    with pytest.raises(TypeError, match="point 2000"):
        list(batches)


def test_one_warning_for_all_batches() -> None:
    df = frame(3000)
    df["t"] = ["a\nb"] * 3000
    with pytest.warns(UserWarning, match=r"point 0: tag `t` \(3000 in all\)") as warned:
        list(line_batches(df, "m", ["t"], batch_lines=1000, threads=2))
    assert len(warned) == 1
    assert warned[0].filename == __file__


@pytest.mark.parametrize(
    "options", [{"batch_lines": 0}, {"batch_bytes": -1}, {"threads": 0}], ids=str
)
def test_limits_are_positive(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        line_batches([], **options)  # type: ignore[arg-type]


def test_an_iterator_that_is_dropped_stops() -> None:
    for _ in range(20):
        next(line_batches(frame(5000), "m", ["host"], batch_lines=100, threads=3))


def test_memory_of_python_does_not_grow_with_a_table() -> None:
    df = pl.DataFrame({"time": range(200_000), "f": range(200_000)})
    tracemalloc.start()
    for batch in line_batches(df, "m"):
        assert batch.points
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


@pytest.mark.parametrize("value", [0, -1, 2**63, 10**30])
@pytest.mark.parametrize("name", ["batch_lines", "batch_bytes", "threads", "connections"])
def test_counts_that_are_out_of_range_are_named(name: str, value: int) -> None:
    client = InfluxDBClient(db="d", mode="blocking")
    calls: list[Any] = [client.write] if name != "threads" else [to_line_protocol]
    calls += [line_batches] if name != "connections" else []
    for call in calls:
        with pytest.raises(ValueError, match=f"argument `{name}`: expected a "):
            call("m f=1 1", **{name: value})
