"""Encodes points as line protocol with the engine, under the function names of aioinflux 0.9."""

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
    """Encodes points like `to_line_protocol`, but without the line feed after the last line.

    Args:
        data: Any data that `to_line_protocol` accepts.
        measurement: Measurement of points and rows that do not name a measurement.
        tag_columns: Columns of a table that become tags.
        **extra_tags: Tags for every point, which take precedence over a point's own tags.
    """
    lines = to_line_protocol(data, measurement, tag_columns, tags=extra_tags)
    return lines.removesuffix(b"\n")
