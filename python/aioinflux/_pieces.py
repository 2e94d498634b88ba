"""Holds what the templates of `influxql` and `flux` share: pieces of query text, the parsing of a
template, and the recognition of numpy scalars and durations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from enum import Enum
from string import Formatter
from typing import Any, NoReturn

__all__ = ["Piece", "fill", "hint", "kind", "nanoseconds"]


class Piece:
    """The base class for a piece of query text of a fixed kind; `str()` returns the text."""

    __slots__ = ("_bound", "_text")
    _text: str
    # The value that is sent if this piece of query text is passed in `params`. The value is `None`
    # if the piece of text cannot be sent as a parameter.
    _bound: object

    def _set(self, text: str, bound: object) -> None:
        object.__setattr__(self, "_text", text)
        object.__setattr__(self, "_bound", bound)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"`{type(self).__name__}` cannot be changed")

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._text}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Piece):
            return NotImplemented
        return type(self) is type(other) and self._text == other._text

    def __hash__(self) -> int:
        return hash((type(self), self._text))

    def __reduce__(self) -> tuple[Any, tuple[type, str, object]]:
        return _made, (type(self), self._text, self._bound)


def _made(kind: type, text: str, bound: object) -> Piece:
    piece: Piece = object.__new__(kind)
    piece._set(text, bound)
    return piece


def fill(
    template: object,
    values: dict[str, object],
    check: Callable[[list[str], list[str]], None],
    piece: Callable[[str, object], str],
) -> str:
    """Fills each placeholder of a template with one value.

    Args:
        template: The text with the placeholders.
        values: The value of each placeholder.
        check: Refuses placeholders in positions where their value would not be safe. Its arguments
            are the texts between the placeholders, and the names of the placeholders.
        piece: Returns the text of a value. Its first argument is the name of the placeholder.
    """
    if not isinstance(template, str):
        raise TypeError(f"argument `template`: expected str, got `{type(template).__name__}`")
    parts = _parts(template)
    names = [name for _, name in parts if name is not None]
    for name in names:
        if name not in values:
            raise ValueError(f"template: no value for `{{{name}}}`")
    unused = values.keys() - set(names)
    if unused:
        raise ValueError(f"template: no placeholder for {', '.join(sorted(unused))}")
    check([text for text, _ in parts], names)
    text = ""
    for before, placeholder in parts:
        text += before
        if placeholder is not None:
            filled = piece(placeholder, values[placeholder])
            # A space separates two minus signs, because `--` would begin a comment of InfluxQL.
            text += f" {filled}" if text.endswith("-") and filled.startswith("-") else filled
    return text


def _parts(template: str) -> list[tuple[str, str | None]]:
    """Splits a template into pairs, each of which has a piece of text and the name of the
    placeholder after it."""
    parts: list[tuple[str, str | None]] = []
    try:
        parsed = list(Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"template: {error}; hint: write braces as {{{{ and }}}}") from None
    for literal, name, form, conversion in parsed:
        if form or conversion:
            raise ValueError(f"template: placeholder `{name}` must not have a format")
        if name is not None and not name.isidentifier():
            raise ValueError(f"template: placeholder `{{{name}}}` is not a plain name")
        # Python's parser splits the text at each doubled brace, and reports no placeholder name for
        # the piece before the brace.
        if parts and parts[-1][1] is None:
            parts[-1] = (parts[-1][0] + literal, name)
        else:
            parts.append((literal, name))
    return parts


def hint(value: object) -> str:
    """Returns a hint for a value that no query language has, or an empty string."""
    if isinstance(value, Enum):
        return "; hint: `write` stores the name of a member, so pass its `.name`"
    if isinstance(value, (bytes, bytearray)):
        return "; hint: decode it"
    return ""


def kind(value: object) -> str | None:
    """Returns the numpy kind of a value that is a numpy scalar. The function works without
    importing numpy."""
    if type(value).__module__ != "numpy":
        return None
    kind: str | None = getattr(getattr(value, "dtype", None), "kind", None)
    return kind if getattr(value, "shape", None) == () else None


def nanoseconds(value: object) -> int | None:
    """Returns the number of nanoseconds of a duration. If the value is not a duration, the result
    is `None`."""
    if isinstance(value, timedelta):
        days, seconds, microseconds = value.days, value.seconds, value.microseconds
        # In addition to its microseconds, a pandas `Timedelta` has nanoseconds.
        rest = int(getattr(value, "nanoseconds", 0))
        return ((days * 86_400 + seconds) * 1_000_000 + microseconds) * 1000 + rest
    if kind(value) == "m":
        exact: Any = value
        if exact.dtype.str.endswith(("m8", "Y]", "M]")):
            raise ValueError(f"duration `{exact!r}` has no unit, or a unit without a fixed length")
        length = exact.astype("timedelta64[ns]")
        if length.astype(exact.dtype) != exact:
            raise ValueError(f"duration `{value}` is not a whole number of nanoseconds in 64 bits")
        return int(length.astype("int64"))
    return None
