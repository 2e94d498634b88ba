"""Tests `to_line_protocol` with large data: the result is one `bytes` object with the lines of all
batches."""

from __future__ import annotations

import logging
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from aioinflux import line_batches, to_line_protocol

MIB = 1 << 20
# In CPython, a `bytes` object has a header before its content and a zero byte after it.
EMPTY = sys.getsizeof(b"")


def frame(rows: int, size: Callable[[int], int] = lambda n: n % 50) -> pd.DataFrame:
    numbers = np.random.default_rng(rows)
    return pd.DataFrame(
        {
            "host": pd.Categorical([f"h {n % 7}" for n in range(rows)]),
            "load": numbers.random(rows),
            "text": ["x" * size(n) for n in range(rows)],
        },
        index=pd.to_datetime(range(rows)),
    )


def table(df: pd.DataFrame) -> Any:
    return pl.from_pandas(df.reset_index(names="time"))


def point(n: int) -> dict[str, Any]:
    fields = {"f": n, "s": "y" * (n % 300)} if n % 5 else {}
    return {"measurement": "p", "tags": {"t": f"v {n % 3}"}, "fields": fields, "time": n}


def reader(df: pd.DataFrame) -> Any:
    """Returns a stream of record batches that does not report its number of rows."""
    arrow = table(df).to_arrow()
    return pa.RecordBatchReader.from_batches(arrow.schema, arrow.to_batches(max_chunksize=700))


# Each function returns the same data at every call, because a generator can be read only once.
DATA: dict[str, Callable[[], Any]] = {
    "nothing": list,
    "an empty frame": lambda: frame(0),
    "a frame": lambda: frame(30_000),
    "a frame whose rows get longer": lambda: frame(9000, lambda n: 0 if n < 5000 else 2000),
    "a frame whose rows get much longer": lambda: frame(2100, lambda n: 0 if n < 2050 else 200_000),
    "a frame whose rows get shorter": lambda: frame(20_000, lambda n: 3000 if n < 2500 else 0),
    "a frame with one huge line": lambda: frame(5000, lambda n: 1_000_000 if n == 3000 else 5),
    "a frame with huge lines": lambda: frame(12, lambda _: 1_000_000),
    "a frame without fields": lambda: frame(5000)[["host"]],
    "a frame with holes": lambda: frame(9000)[["host", "load"]].mask(frame(9000)["load"] < 0.5),
    "polars": lambda: table(frame(20_000)),
    "pyarrow": lambda: table(frame(20_000)).to_arrow(),
    "a stream": lambda: reader(frame(20_000)),
    "a stream whose rows get longer": lambda: reader(frame(9000, lambda n: 4 * (n // 10))),
    "an array": lambda: np.array(
        [(n, n / 3, "z" * (n % 9)) for n in range(9000)],
        dtype=[("time", "i8"), ("f", "f8"), ("host", "U9")],
    ),
    "a list of points": lambda: list(map(point, range(30_000))),
    "a tuple of points": lambda: tuple(map(point, range(9000))),
    "a generator of points": lambda: map(point, range(30_000)),
    "points within points": lambda: [[point(1), [point(2)]], list(map(point, range(9000))), []],
    "text": lambda: "".join(f"m f={n}i {n}\n" for n in range(50_000)),
    "lines": lambda: [f"m f={n}i {n}" for n in range(9000)],
    "many small frames": lambda: [frame(n) for n in range(0, 1000, 90)],
    "everything": lambda: [
        point(1),
        frame(30_000),
        [],
        [table(frame(3000)), frame(9), frame(0), [point(2), reader(frame(2000))]],
        "m f=1 1\nm f=2 2",
        map(point, range(5000)),
        frame(1500),
    ],
}


@pytest.mark.parametrize("threads", [1, 2, None])
@pytest.mark.parametrize("kind", DATA)
def test_one_object_has_the_lines_of_all_batches(kind: str, threads: int | None) -> None:
    batches = line_batches(DATA[kind](), "m", ["host"], threads=1, region="a b")
    lines = b"".join(bytes(batch) for batch in batches)
    result = to_line_protocol(DATA[kind](), "m", ["host"], threads=threads, region="a b")
    assert type(result) is bytes
    assert result == lines
    assert result[len(result) :] == b""
    # The memory that was reserved but not used has been released.
    assert sys.getsizeof(result) == EMPTY + len(lines)


def test_generated_data_of_any_lengths_and_nesting() -> None:
    numbers = random.Random(16)

    def generated(depth: int) -> Iterator[Any]:
        for _ in range(numbers.randrange(1, 6)):
            kind = numbers.randrange(5 if depth < 3 else 4)
            if kind == 0:
                yield list(map(point, range(numbers.choice([0, 1, 100, 4000]))))
            elif kind == 1:
                sizes = numbers.choices([0, 3, 40, 900, 20_000], [9, 9, 9, 3, 0.05], k=5000)
                rows = numbers.choice([0, 1, 1024, 1025, 1999, 2000, 2001, 5000])
                made = frame(rows, sizes.__getitem__)
                yield numbers.choice([made, table(made)])
            elif kind == 2:
                yield f'm s="{"q" * numbers.choice([1, 70_000])}" 1'
            elif kind == 3:
                yield point(numbers.randrange(10))
            else:
                yield list(generated(depth + 1))

    for _ in range(12):
        data = list(generated(0))
        lines = b"".join(bytes(batch) for batch in line_batches(data, "m", ["host"]))
        assert to_line_protocol(data, "m", ["host"]) == lines


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("rows", [3, 9000])
def test_an_error_names_the_point_wherever_it_is(rows: int, threads: int) -> None:
    df = frame(9000)
    df.iloc[rows - 1, 1] = float("inf")
    with pytest.raises(ValueError, match=f"point {rows + 1}: field `load`"):
        to_line_protocol([point(1), point(2), df], "m", ["host"], threads=threads)
    # The next call of `to_line_protocol` reuses the memory of the failed call.
    assert to_line_protocol([point(1), df.iloc[:2]], "m", ["host"]).count(b"\n") == 3


def test_an_exception_of_an_iterable_comes_through() -> None:
    def broken() -> Iterator[Any]:
        yield from map(point, range(9000))
        raise LookupError("the user's own")

    with pytest.raises(LookupError, match="the user's own"):
        to_line_protocol(broken())


def test_one_warning_at_the_line_of_the_caller() -> None:
    df = frame(5000)
    df["t"] = ["a\nb"] * 5000
    with pytest.warns(UserWarning, match=r"point 0: tag `t` \(5000 in all\)") as warned:
        to_line_protocol(df, "m", ["t"], threads=2)
    assert [one.filename for one in warned] == [__file__]


def test_points_without_fields_are_counted_once(caplog: pytest.LogCaptureFixture) -> None:
    data = [frame(3000)[["host"]], list(map(point, range(5000)))]
    with caplog.at_level(logging.WARNING, "aioinflux"):
        to_line_protocol(data, "m", ["host"])
    assert [record.getMessage() for record in caplog.records] == [
        "to_line_protocol: 4000 points without fields have no line"
    ]


def test_a_table_may_say_a_wrong_number_of_rows() -> None:
    class Wrong:
        """A table that has fewer rows than it reports."""

        num_rows = 1 << 60

        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return table(frame(5000)).__arrow_c_stream__(requested_schema)

    lines = to_line_protocol(table(frame(5000)), "m", ["host"])
    assert to_line_protocol(Wrong(), "m", ["host"]) == lines
    Wrong.num_rows = -1
    assert to_line_protocol(Wrong(), "m", ["host"]) == lines


@pytest.mark.parametrize(
    ("threads", "error", "text"),
    [
        (0, ValueError, "argument `threads`: expected a positive number, got 0"),
        ("2", TypeError, "argument `threads`: expected int, got `str`"),
    ],
)
def test_threads_are_a_positive_number(threads: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        to_line_protocol([], threads=threads)


SCARCE = """
import re, resource
from pathlib import Path
from aioinflux import to_line_protocol

def points(count):
    fields = {"s": "x" * 100_000}
    return ({"measurement": "m", "fields": fields, "time": n} for n in range(count))

to_line_protocol(points(100))
size = int(re.search(r"VmSize:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
unlimited = resource.getrlimit(resource.RLIMIT_AS)
resource.setrlimit(resource.RLIMIT_AS, (size + (100 << 20), unlimited[1]))
try:
    to_line_protocol(points(3000))
except MemoryError:
    # The allocator may not have returned the memory of the call that failed.
    resource.setrlimit(resource.RLIMIT_AS, unlimited)
    print("no memory", len(to_line_protocol(points(100))) > 100 * 100_000)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
def test_no_memory_is_an_error_and_leaves_no_damage() -> None:
    command = [sys.executable, "-c", SCARCE]
    out = subprocess.run(command, capture_output=True, text=True, check=True)
    assert out.stdout == "no memory True\n"


MEMORY = """
import sys, numpy as np, pandas as pd
from pathlib import Path
from aioinflux import to_line_protocol

def status(what):
    text = Path("/proc/self/status").read_text()
    return int(text.partition(what + ":")[2].split()[0]) * 1024

def points(rows):
    tags, fields = {"a": "x", "b": "y"}, {"f": 0.5, "text": "z" * 150}
    return [{"measurement": "m", "tags": tags, "fields": fields, "time": n} for n in range(rows)]

def frame(rows):
    values = np.random.default_rng(1).random((rows, 12))
    return pd.DataFrame(values, index=pd.to_datetime(range(rows))).rename(columns=str)

make, rows, options = {"points": points, "frame": frame}[sys.argv[1]], int(sys.argv[2]), {}
if sys.argv[1] == "frame":
    options = {"measurement": "m", "threads": int(sys.argv[3])}
to_line_protocol(make(5000), **options)
data = make(rows)
before = status("VmRSS")
Path("/proc/self/clear_refs").write_text("5")
lines = to_line_protocol(data, **options)
print((status("VmHWM") - before) / len(lines), len(lines))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the peak of memory")
@pytest.mark.parametrize(
    "arguments", [("frame", 140_000, 1), ("frame", 140_000, 2), ("points", 180_000, 1)], ids=str
)
def test_a_call_takes_little_memory_besides_its_result(arguments: tuple[object, ...]) -> None:
    command = [sys.executable, "-c", MEMORY, *map(str, arguments)]
    out = subprocess.run(command, capture_output=True, text=True, check=True)
    share, size = map(float, out.stdout.split())
    assert size > 30 * MIB
    # For a result of this size, the batches that are being encoded need up to a tenth of the
    # result's memory.
    assert share <= 1.15
