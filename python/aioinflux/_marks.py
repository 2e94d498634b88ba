"""The marks of typed points: classes that are used in annotations (see `typed`)."""

from __future__ import annotations

__all__ = ["Field", "Measurement", "Tag", "Time"]


class Measurement:
    """The measurement of the point: `Annotated[str, Measurement]`.

    If the attribute is `None`, or the class has no such attribute, the measurement is the name of
    the class.
    """


class Time:
    """The time of the point: `Annotated[int, Time]`, nanoseconds, or `Annotated[datetime, Time]`.

    A `str` is read as ISO 8601. The time may be Optional; if it is `None`, the server sets it.
    """


class _Keyed:
    """A mark that may have a key, for keys that are not Python names: `Tag("host name")`.

    Args:
        key: Key of the tag or field; the name of the attribute by default.
    """

    def __init__(self, key: str | None = None) -> None:
        if key is not None and not isinstance(key, str):
            raise TypeError(f"argument `key`: expected str or None, got `{type(key).__name__}`")
        self.key = key

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.key!r})"


class Tag(_Keyed):
    """A tag: `Annotated[str, Tag]`. Enum members become their names, other values their `str()`."""


class Field(_Keyed):
    """A field: `Annotated[float, Field]`. The type of the annotation is the type of the field."""
