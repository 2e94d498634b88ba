"""Creates the data of the benchmark R3: the answer of a 2.x server to a Flux query for a million
rows, as annotated CSV.

The bytes are those that InfluxDB 2.9 sends for such rows. Consecutive tables with the same schema
share one block of annotations.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from . import answers
from .data import START, STEP

# `long` has one field in each row, as Flux returns data by default. `wide` has one column for each
# field, as after the Flux function `pivot`.
Form = Literal["long", "wide"]
RESULT, END = "_result", b"\r\n"
# The number of lines before the rows: three annotations and the names of the columns.
HEAD_LINES = 4


class Column(NamedTuple):
    """One column of a table: its name, the annotations, and all its cells."""

    name: str
    datatype: str
    group: bool
    cells: list[str]


def time_text(time: int) -> str:
    """Formats a time in nanoseconds like Go's `RFC3339Nano`, without zeros at the end of the
    fraction."""
    seconds, rest = divmod(time, 10**9)
    fraction = f".{rest:09}".rstrip("0") if rest else ""
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%dT%H:%M:%S}{fraction}Z"


def float_text(value: float) -> str:
    """Formats a float like the server: the shortest digits, without an exponent, and without `.0`
    at the end."""
    text = repr(value)
    return f"{Decimal(text):f}" if "e" in text else text.removesuffix(".0")


def columns(form: Form, rows: int, part: int) -> list[Column]:
    """Returns the five columns of the answer besides `result` and `table`, in the order in which
    the server returns them. Each part of the rows has its own host."""
    rng = np.random.default_rng(5)
    times = [time_text(START + n * STEP) for n in range(rows)]
    loads = [float_text(value) for value in rng.random(rows).tolist()]
    hosts = [f"host {n // part:03}" for n in range(rows)]
    time = Column("_time", "dateTime:RFC3339", False, times)
    host = Column("host", "string", True, hosts)
    if form == "long":
        return [
            time,
            Column("_value", "double", False, loads),
            Column("_field", "string", True, ["load"] * rows),
            Column("_measurement", "string", True, ["cpu"] * rows),
            host,
        ]
    counts = [str(count) for count in rng.integers(0, 2**20, rows).tolist()]
    states = [f"state {n:03}" for n in rng.integers(0, 100, rows).tolist()]
    return [
        time,
        host,
        Column("count", "long", False, counts),
        Column("load", "double", False, loads),
        Column("state", "string", False, states),
    ]


def lines(form: Form, rows: int, part: int) -> Iterator[str]:
    """Yields the lines of the answer. No cell needs quotes. The cells of the column `result` are
    empty, because the annotation `#default` has their value."""
    found = columns(form, rows, part)
    flags = (("false", "true")[column.group] for column in found)
    yield ",".join(("#datatype", "string", "long", *(column.datatype for column in found)))
    yield ",".join(("#group", "false", "false", *flags))
    yield ",".join(("#default", RESULT, "", *("" for _ in found)))
    yield ",".join(("", "result", "table", *(column.name for column in found)))
    for n, row in enumerate(zip(*(column.cells for column in found), strict=True)):
        yield ",".join(("", "", str(n // part), *row))
    yield ""


def make(form: Form, rows: int, part: int) -> bytes:
    return "".join(f"{line}\r\n" for line in lines(form, rows, part)).encode()


def path(form: Form, rows: int, part: int | None = None) -> Path:
    """Returns the path of a file with the body of an answer. The argument `part` is the number of
    rows in each table."""
    size = part or rows
    return answers.stored(f"flux-{form}-{rows}-{size}.csv", lambda: make(form, rows, size))


def without_annotations(text: bytes) -> bytes:
    """Returns the body as plain CSV, which begins with the names of the columns."""
    return text.split(END, HEAD_LINES - 1)[-1]


def digest(table: Any) -> dict[str, Any]:
    """Returns values that summarize each column of a table, whatever type the table has."""
    table = pd.concat(answers.frames(table))
    if "_time" not in table.columns:
        table = table.rename_axis("_time").reset_index()
    names = sorted(table.columns)
    return {
        "rows": len(table),
        "columns": names,
        "types": [str(table[name].dtype)[:3].lower() for name in names if name != "_time"],
        **{f"`{name}`": summary(table[name]) for name in names},
    }


def summary(column: Any) -> Any:
    """Returns the sum of numbers, the sum of times in nanoseconds, or a checksum of texts."""
    if column.dtype.kind in "iu":
        return int(column.sum())
    if column.dtype.kind == "f":
        return float(column.sum())
    if column.dtype.kind == "M":
        return int(column.dt.tz_convert(None).to_numpy("datetime64[ns]").astype("int64").sum())
    return zlib.crc32("\n".join(column.fillna("").tolist()).encode())
