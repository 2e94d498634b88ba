"""Creates the data of the benchmarks R1 and R2: the answer of a 1.x server to a query for a million
rows, as JSON and as MessagePack.

The answer has one series, in one document or in chunks, or it has many series, as a query with
`GROUP BY` returns them.

Each body is created once and stored in a file, because creating it takes longer than reading it
should take.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .data import START, STEP

ROWS = 1_000_000
CHUNK = 10_000
COLUMNS = ("time", "load", "level", "count", "total", "state")
FILES = Path(__file__).resolve().parent.parent / "target" / "bench" / "answers"


def columns(rows: int) -> list[list[Any]]:
    """Returns the six columns of the answer: the times, two columns of floats, two of integers, and
    one of strings."""
    rng = np.random.default_rng(4)
    states = [f"state {n:03}" for n in range(100)]
    return [
        (START + np.arange(rows) * STEP).tolist(),
        rng.random(rows).tolist(),
        (rng.random(rows) * 1000).tolist(),
        rng.integers(0, 1000, rows).tolist(),
        rng.integers(0, 2**20, rows).tolist(),
        [states[n] for n in rng.integers(0, 100, rows).tolist()],
    ]


def one_series(rows: list[list[Any]], **more: Any) -> dict[str, Any]:
    return {"name": "cpu", **more, "columns": list(COLUMNS), "values": rows}


def document(series: list[dict[str, Any]], partial: bool = False) -> dict[str, Any]:
    more = {"partial": True} if partial else {}
    return {"results": [{"statement_id": 0, "series": [one | more for one in series], **more}]}


def chunks(parts: list[list[list[Any]]]) -> Iterator[dict[str, Any]]:
    """Yields the documents of an answer with a single series; each document holds one part of the
    rows."""
    for part in parts:
        yield document([one_series(part)], partial=part is not parts[-1])


def groups(parts: list[list[list[Any]]]) -> Iterator[dict[str, Any]]:
    """Yields one document, in which each part of the rows is a separate series."""
    hosts = (f"host {n:03}" for n in range(len(parts)))
    tagged = zip(hosts, parts, strict=True)
    yield document([one_series(part, tags={"host": host}) for host, part in tagged])


def make(form: str, rows: int, part: int, grouped: bool) -> bytes:
    table = [list(row) for row in zip(*columns(rows), strict=False)]
    parts = [table[n : n + part] for n in range(0, rows, part)]
    documents = (groups if grouped else chunks)(parts)
    if form == "json":
        # The JSON is compact, like the JSON of the server. The environment of aioinflux 0.9.0 does
        # not contain orjson.
        texts = (json.dumps(d, separators=(",", ":"), ensure_ascii=False) for d in documents)
        return "".join(f"{text}\n" for text in texts).encode()
    return b"".join(map(packed, documents))


def packed(value: Any) -> bytes:
    """Encodes a value as MessagePack in the same way as the server: integers are signed, and take
    as few bytes as possible."""
    match value:
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int():
            size = next((n for n in (1, 2, 4, 8) if -(1 << 8 * n - 1) <= value < 1 << 8 * n - 1), 8)
            tag = b"" if -32 <= value <= 127 else bytes([0xD0 + size.bit_length() - 1])
            return tag + value.to_bytes(size, "big", signed=True)
        case float():
            return b"\xcb" + struct.pack(">d", value)
        case str() if len(value) < 32 and value.isascii():
            text = value.encode()
            return bytes([0xA0 | len(text)]) + text
        case list():
            head = bytes([0x90 | len(value)]) if len(value) < 16 else counted(0xDD, value)
            return head + b"".join(map(packed, value))
        case dict():
            pairs = (packed(key) + packed(one) for key, one in value.items())
            return bytes([0x80 | len(value)]) + b"".join(pairs)
    raise TypeError(f"no answer holds a {type(value).__name__}")


def counted(tag: int, value: list[Any]) -> bytes:
    return struct.pack(">BI", tag, len(value))


def body(form: str, rows: int, part: int | None = None, grouped: bool = False) -> bytes:
    """Returns the body of an answer as bytes. The argument `part` is the number of rows in each
    document, or in each series."""
    name = f"answer-{rows}-{part or 'whole'}{'-grouped' * grouped}.{form}"
    return stored(name, lambda: make(form, rows, part or rows, grouped)).read_bytes()


def stored(name: str, create: Callable[[], bytes]) -> Path:
    """Returns the path of a file in `FILES`. If the file does not exist, creates it."""
    path = FILES / name
    if not path.exists():
        FILES.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".part")
        temporary.write_bytes(create())
        temporary.rename(path)
    return path


def frames(table: Any) -> list[Any]:
    """Returns the DataFrames for a table of any kind, or for the tables of many series (a dict, or
    pairs of a name and a table)."""
    if isinstance(table, dict):
        table = list(table.items())
    many = [frame for _, frame in table] if isinstance(table, list) else [table]
    return [one.to_pandas() if hasattr(one, "to_pandas") else one for one in many]


def digest(table: Any) -> dict[str, Any]:
    """Returns a few numbers that summarize the content of a table, whatever type the table has."""
    table = pd.concat(frames(table))
    times = table["time"] if "time" in table.columns else table.index.to_series()
    load, count, total = (table[name] for name in ("load", "count", "total"))
    return {
        "rows": len(table),
        "floats": float(load.sum()) + float(table["level"].sum()),
        "integers": int(count.sum()) + int(total.sum()),
        "types": [str(column.dtype)[:3].lower() for column in (load, count, total)],
        "texts": int(table["state"].str.len().sum()),
        "times": [int(np.datetime64(t, "ns").astype("int64")) for t in ends(times)],
    }


def ends(times: Any) -> list[Any]:
    """Returns the first and the last time of a table, without a time zone."""
    if getattr(times.dtype, "tz", None) is not None:
        times = times.dt.tz_convert(None)
    values = times.to_numpy()
    return [values[0], values[-1]]


def compare(ours: dict[str, Any] | None, theirs: dict[str, Any] | None) -> str:
    """Describes in words how the table of another client differs from ours."""
    if not ours or not theirs:
        return ""
    wrong = [f"other {name}" for name, value in ours.items() if not close(value, theirs[name])]
    return ", ".join(wrong)


def close(a: Any, b: Any) -> bool:
    """Returns whether two values are equal; floats are compared with a tolerance, because sums can
    differ in their last digits."""
    return a == b or (isinstance(a, float) and abs(a - b) <= 1e-9 * abs(a))
