"""Encoding and parsing line protocol without a server."""

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

    The batches are those that `InfluxDBClient.write` sends, in order. They do not depend on the
    number of threads. Memory stays bounded whatever the size of the data: an iterable is read, and
    a table encoded, as batches are taken. The memory of a batch that was dropped is used again.
    The other arguments are those of `to_line_protocol`.

    Args:
        data: As `to_line_protocol` accepts it. An iterable is read in the caller's thread.
        batch_lines: Maximum number of points in a batch. Rows of a table without fields count, too.
        batch_bytes: Maximum number of bytes in a batch, except for a single line that is longer.
    Returns:
        An iterator of `Batch` objects. Each is bytes-like (`bytes(batch)`, `socket.send(batch)`)
        and has `.points`, the number of its lines, and `.skipped`, the number of points that have
        no line because they had no field. `batch.gzip()` returns the lines as a gzip body. The
        iterator's `.rows` is the number of points handed out so far, of both kinds.
    Raises:
        ValueError, TypeError: a point cannot be written; the text names the point, the key and
            the value. Earlier batches stay valid. Of the points from `.rows` up to the named one,
            none was handed out. After an error the iterator is at its end.
    Source: InfluxDB 1.8 documentation, line protocol reference.
    """
    arguments = _core.Arguments.of(
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
        data: Lines that such a server accepts, with times in nanoseconds. Blank lines and comments
            are skipped.
        server: Generation of InfluxDB that the lines are for: `1.x` (the default), `2.x` or `3.x`.
    Returns:
        A `dict` for each line, with the keys `measurement`, `tags` (a `dict` of `str`), `fields` (a
        `dict` of `float`, `int`, `bool` and `str`) and, if the line has a time, `time` (`int`,
        nanoseconds since 1970 in UTC). `to_line_protocol` and `write` accept them.
    Raises:
        ValueError: a line is invalid, or the server would store something else than it says; the
            text names the line and the column, both from 1, and what was expected there.
        TypeError: `data` is not text.
    Source: InfluxDB 1.8 documentation, line protocol reference.
    """
    return _core.parse_lines(data, server)
