"""Encodes and parses line protocol without a server."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from . import _core
from ._core import to_line_protocol

__all__ = ["line_batches", "parse_line_protocol", "to_line_protocol"]

# The version families of InfluxDB whose rules the encoder knows.
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
    """Encodes points as line protocol, and returns an iterator over the batches of lines.

    The iterator yields the batches that `InfluxDBClient.write` sends, in the same order. The
    content of the batches does not depend on the number of threads. Memory use is bounded, however
    large the data is, because each step of the iterator reads and encodes only the data of its
    batch. When a batch has been dropped, its memory is reused.

    The other arguments are those of `to_line_protocol`.

    Args:
        data: Any data that `to_line_protocol` accepts. If `data` is an iterable, it is read by the
            thread that advances the iterator.
        batch_lines: Maximum number of points in a batch. If the data is a table, its rows without
            fields also count as points.
        batch_bytes: Maximum number of bytes in a batch. If a single line is longer than
            `batch_bytes`, the line is a batch by itself.
    Returns:
        An iterator of `Batch` objects. Each is bytes-like (`bytes(batch)`, `socket.send(batch)`)
        and has `.points`, the number of its lines, and `.skipped`, the number of points that have
        no line because they had no field. `batch.gzip()` returns the lines as a gzip body. The
        iterator's `.rows` is the number of points handed out so far, of both kinds.
    Raises:
        ValueError, TypeError: a point cannot be written; the message names the point, the key and
            the value. Batches that the iterator has already returned stay valid. No batch contains
            the points from `.rows` up to the point that the message names. After this error, the
            iterator yields no more batches.
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
    )
    return _core.Batches(data, arguments, server)


def parse_line_protocol(
    data: str | bytes | bytearray, *, server: Server = "1.x"
) -> list[dict[str, Any]]:
    """Decodes line protocol into points.

    Args:
        data: Lines that a server of the version family `server` accepts, with times in nanoseconds.
            Blank lines and comments in the data are skipped.
        server: Version family of InfluxDB for which the lines are written: `1.x` (the default),
            `2.x` or `3.x`.
    Returns:
        A `dict` for each line, with the keys `measurement`, `tags` (a `dict` of `str`), `fields` (a
        `dict` of `float`, `int`, `bool` and `str`) and, if the line has a time, `time` (`int`,
        nanoseconds since 1970 in UTC). `to_line_protocol` and `write` accept them.
    Raises:
        ValueError: a line is invalid, or the server would store something other than the line says.
            The message names the line and the column, both counted from 1, and says what was
            expected at this position.
        TypeError: `data` is neither a `str` nor a bytes-like object.
    Source: InfluxDB 1.8 documentation, line protocol reference.
    """
    return _core.parse_lines(data, server)
