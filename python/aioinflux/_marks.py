"""Defines the marks of typed points: classes to use in annotations (see `typed`)."""

from __future__ import annotations

__all__ = ["Field", "Measurement", "Tag", "Time"]


class Measurement:
    """Marks the attribute that holds the measurement of the point: `Annotated[str, Measurement]`.

    If the attribute is `None`, or if no attribute has this mark, the name of the class is the
    measurement.
    """


class Time:
    """Marks the attribute that holds the time of the point: `Annotated[int, Time]` for nanoseconds,
    or `Annotated[datetime, Time]`.

    If the attribute is a `str`, it is read as a time in ISO 8601. The type of the attribute can be
    Optional; if the time is `None`, the server sets the time.
    """


class _Keyed:
    """The base of marks with an optional key, for keys that are not valid Python names: `Tag("host
    name")`.

    Args:
        key: Key of the tag or field; by default, the key is the name of the attribute.
    """

    def __init__(self, key: str | None = None) -> None:
        if key is not None and not isinstance(key, str):
            raise TypeError(f"argument `key`: expected str or None, got `{type(key).__name__}`")
        self.key = key

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.key!r})"


class Tag(_Keyed):
    """Marks an attribute that is a tag: `Annotated[str, Tag]`. If the value is an enum member, its
    name becomes the tag; other values are converted with `str()`."""


class Field(_Keyed):
    """Marks an attribute that is a field: `Annotated[float, Field]`. The type of the field is the
    annotated type."""
