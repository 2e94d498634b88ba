"""Points as line protocol, under the names of aioinflux 0.9. The engine encodes them."""

from __future__ import annotations

from collections.abc import Iterable

from .._lines import to_line_protocol
from . import dataframe as dataframe
from . import mapping as mapping

__all__ = ["serialize"]


def serialize(
    data: object,
    measurement: str | None = None,
    tag_columns: Iterable[object] | None = None,
    **extra_tags: object,
) -> bytes:
    """Encodes points as line protocol: the bytes of `to_line_protocol`, without the last line feed.

    Args:
        data: What `to_line_protocol` accepts.
        measurement: Name for points and rows that carry none.
        tag_columns: Columns of a table that are tags.
        **extra_tags: Tags for every point; they take precedence over a point's own.
    """
    lines = to_line_protocol(data, measurement, tag_columns, tags=extra_tags)
    return lines.removesuffix(b"\n")
