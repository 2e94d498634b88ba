"""The marks of typed points: classes for annotations (see `typed`)."""

from __future__ import annotations

__all__ = ["Field", "Measurement", "Tag", "Time"]


class Measurement:
    """Marks the measurement of the point: `Annotated[str, Measurement]`.

    If the attribute is `None`, or if no attribute has this mark, the measurement is the name of the
    class.
    """


class Time:
    """Marks the time of the point: `Annotated[int, Time]` for nanoseconds, or `Annotated[datetime,
    Time]`.

    If the time is a `str`, it is read as ISO 8601. The time can be Optional; if it is `None`, the
    server sets the time.
    """


class _Keyed:
    """A mark with an optional key, for keys that are not valid Python names: `Tag("host name")`.

    Args:
        key: Key of the tag or field; by default, the name of the attribute.
    """

    def __init__(self, key: str | None = None) -> None:
        if key is not None and not isinstance(key, str):
            raise TypeError(f"argument `key`: expected str or None, got `{type(key).__name__}`")
        self.key = key

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.key!r})"


class Tag(_Keyed):
    """Marks a tag: `Annotated[str, Tag]`. Enum members become their names; other values become
    their `str()`."""


class Field(_Keyed):
    """Marks a field: `Annotated[float, Field]`. The type of the field is the annotated type."""
