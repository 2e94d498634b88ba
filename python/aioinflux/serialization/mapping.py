"""Encodes points that are mappings, under the function names of aioinflux 0.9.

Each part of a line is extracted from a line that the engine encodes, because only the engine
implements the escaping rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import _core
from .._lines import to_line_protocol

__all__ = ["serialize"]


def serialize(
    point: Mapping[str, Any], measurement: str | None = None, **extra_tags: object
) -> bytes:
    """Encodes one point as a line, without a line feed."""
    return to_line_protocol(point, measurement, tags=extra_tags).removesuffix(b"\n")


def _line(point: Mapping[str, Any]) -> str:
    return to_line_protocol(point).decode().removesuffix("\n")


def _serialize_measurement(point: Mapping[str, Any], measurement: str | None) -> str:
    """Returns the escaped measurement of a point; if the point has none, `measurement` is used."""
    name = point.get("measurement", measurement)
    if name is None:
        raise ValueError("'measurement' missing")
    return _line({"measurement": name, "fields": {"f": True}}).removesuffix(" f=true")


def _serialize_tags(point: Mapping[str, Any], extra_tags: Mapping[str, Any]) -> str:
    """Returns the escaped tags of a point, sorted by key; the extra tags take precedence."""
    tags = {**(point.get("tags") or {}), **extra_tags}
    line = _line({"measurement": "m", "tags": tags, "fields": {"f": True}})
    return line.removeprefix("m").removeprefix(",").removesuffix(" f=true")


def _serialize_fields(point: Mapping[str, Any]) -> str:
    """Returns the escaped fields of a point."""
    return _line({"measurement": "m", "fields": point["fields"]}).removeprefix("m ")


def _serialize_timestamp(point: Mapping[str, Any]) -> int | str:
    """Returns the time of a point in nanoseconds since 1970, or an empty string if the point has no
    time."""
    time = point.get("time")
    if time is None or (isinstance(time, str) and not time):
        return ""
    return _core.nanoseconds(time)
