"""Line protocol without a server: points as lines, and lines as points."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from . import _core
from ._core import to_line_protocol

__all__ = ["line_batches", "parse_line_protocol", "to_line_protocol"]

# Generations of InfluxDB.
Server = Literal["1.x", "2.x", "3.x"]

logger = logging.getLogger("aioinflux")


def _skipped(points: int) -> None:
    logger.warning("to_line_protocol: %d points without fields have no line", points)


def line_batches(
    data: object,
    measurement: str | None = None,
    tag_columns: Iterable[object] | None = None,
    *,
    time_column: object = None,
    measurement_column: object = None,
    time_unit: str | None = None,
    tags: Mapping[str, object] | None = None,
    stamp: bool = False,
    batch_lines: int = 10_000,
    batch_bytes: int = 4 * 1024 * 1024,
    threads: int | None = None,
    server: Server = "1.x",
    **extra_tags: object,
) -> _core.Batches:
    """Encodes points as line protocol in batches, while they are asked for.

    The batches are those that `AsyncInfluxDBClient.write` sends, in order. They do not depend on
    the number of threads. Memory stays bounded whatever the size of the data: an iterable is read
    on, and a table encoded on, as batches are taken, and the memory of a batch that was dropped is
    used again.

    Args:
        data: As `to_line_protocol` takes it. An iterable is read in the caller's thread.
        measurement: Name for points and rows that carry none.
        tag_columns: Columns of a table that are tags; all others are fields.
        time_column: Column of the times of a table. `None`: the index of a pandas DataFrame, the
            column `time` of other tables.
        measurement_column: Column of the measurements of a table.
        time_unit: Unit of integer times: ns (the default), u, ms, s, m or h.
        tags: Extra tags of any name, those of this function's arguments too.
        stamp: Whether each point without a time gets its own nanosecond from this machine's clock.
            Lines that come encoded, and tables without a time column, are stamped too.
        batch_lines: Points after which a batch ends; rows of a table that have no field count too.
        batch_bytes: Bytes that a batch has at most, but for a single line that is longer.
        threads: Number of threads that encode a table without the GIL. `None`: one for each
            processor that this process may use.
        server: Generation of InfluxDB that the lines are for: `1.x` (the default), `2.x` or `3.x`.
        **extra_tags: Tags for every mapping and every row; they take precedence over a point's own.
    Returns:
        An iterator of `Batch` objects. Each is bytes-like (`bytes(batch)`, `socket.send(batch)`)
        and has `.points`, the number of its lines, and `.skipped`, the number of points without a
        line, since they had no field; `batch.gzip()` gives the lines as a gzip body. The iterator's
        `.rows` counts what has been handed out of both.
    Raises:
        ValueError, TypeError: a point cannot be written; the text names the point, the key and
            the value. Batches that came before stay as they are; of the points from `.rows` on, up
            to the named one, none was handed out. After an error the iterator is at its end.
    Source: InfluxDB 1.8 documentation, line protocol reference.
    """
    arguments = _core.Arguments(
        measurement=measurement,
        tag_columns=tag_columns,
        time_column=time_column,
        measurement_column=measurement_column,
        time_unit=time_unit,
        tags=tags,
        extra_tags=extra_tags,
        stamp=stamp,
        batch_lines=batch_lines,
        batch_bytes=batch_bytes,
        threads=threads,
        server=server,
    )
    return _core.Batches(data, arguments)


def parse_line_protocol(
    data: str | bytes | bytearray, *, server: Server = "1.x"
) -> list[dict[str, Any]]:
    """Decodes line protocol into points.

    Args:
        data: Lines as that server takes them, times in nanoseconds. Blank lines and comments are
            passed over.
        server: Generation of InfluxDB that the lines are for: `1.x` (the default), `2.x` or `3.x`.
    Returns:
        A `dict` for each line, with the keys `measurement`, `tags` (a `dict` of `str`), `fields` (a
        `dict` of `float`, `int`, `bool` and `str`) and, where the line has a time, `time` (`int`,
        nanoseconds since 1970 in UTC). `to_line_protocol` and `write` take them.
    Raises:
        ValueError: a line cannot be read, or the server would store something else than it says;
            the text names the line and the column, both from 1, and what was expected there.
        TypeError: `data` is no text.
    Source: InfluxDB 1.8 documentation, line protocol reference.
    """
    return _core.parse_lines(data, server)
