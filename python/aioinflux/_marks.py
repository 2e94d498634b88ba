"""The marks of typed points: classes of which annotations are made (see `typed`)."""

from __future__ import annotations

__all__ = ["Field", "Measurement", "Tag", "Time"]


class Measurement:
    """The measurement of the point: `Annotated[str, Measurement]`.

    A point whose attribute is `None`, and one of a class without such an attribute, has the name
    of its class as measurement.
    """


class Time:
    """The time of the point: `Annotated[int, Time]`, nanoseconds, or `Annotated[datetime, Time]`.

    A text (`str`) is read as ISO 8601. The time may be Optional; the server sets it where it is
    `None`.
    """


class _Keyed:
    """A mark that may give the key, where that is no name of Python: `Tag("host name")`.

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
    """A tag: `Annotated[str, Tag]`. Members of enums go by their names, other values by `str()`."""


class Field(_Keyed):
    """A field: `Annotated[float, Field]`. The type says of which kind it is."""
