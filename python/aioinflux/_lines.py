"""Line protocol without a server: points as lines, and lines as points."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from . import _arguments, _core

__all__ = ["parse_line_protocol", "to_line_protocol"]

logger = logging.getLogger("aioinflux")


def to_line_protocol(
    data: object,
    measurement: str | None = None,
    tag_columns: Iterable[object] | None = None,
    *,
    tags: Mapping[str, object] | None = None,
    **extra_tags: object,
) -> bytes:
    """Encodes points as line protocol, exactly as `AsyncInfluxDBClient.write` sends them.

    Args:
        data: What `write` takes: text, mappings, DataFrames, and iterables of these.
        measurement: Name for points that carry none, and for DataFrames.
        tag_columns: Columns of a DataFrame that are tags; all others are fields.
        tags: Extra tags of any name, those of this function's arguments too.
        **extra_tags: Tags for every mapping and every row; they beat a point's own.
    Returns:
        One line for each point, each with a line feed at its end, times in nanoseconds. Points
        without any field left have no line; a warning is logged with their number.
    Raises:
        ValueError, TypeError: a point cannot be written; the text names the point, the key and
            the value.
    Source: InfluxDB 1.8 documentation, line protocol reference.
    """
    _arguments.expect("tags", tags, Mapping, optional=True)
    columns = None if tag_columns is None else _arguments.names("tag_columns", tag_columns)
    if tags:
        extra_tags = {**tags, **extra_tags}
    lines, skipped = _core.to_lines(data, measurement, columns, extra_tags)
    if skipped:
        logger.warning("to_line_protocol: %d points without fields have no line", skipped)
    return lines


def parse_line_protocol(data: str | bytes | bytearray) -> list[dict[str, Any]]:
    """Decodes line protocol into points.

    Args:
        data: Lines as InfluxDB 1.x takes them, times in nanoseconds. Blank lines and comments are
            passed over.
    Returns:
        A `dict` for each line, with the keys `measurement`, `tags` (a `dict` of `str`), `fields` (a
        `dict` of `float`, `int`, `bool` and `str`) and `time` (`int`, nanoseconds since 1970 in
        UTC; `None` where the line has none).
    Raises:
        ValueError: a line cannot be read, or the server would store something else than it says;
            the text names the line and the column, both from 1, and what was expected there.
        TypeError: `data` is no text.
    Source: InfluxDB 1.8 documentation, line protocol reference.
    """
    return _core.parse_lines(data)
