"""Builds InfluxQL text safely, with the function `influxql` and with classes for the parts of a
statement.

Values in queries are best passed in `params`, which sends them separately from the query text. This
module is for values and names that cannot be passed in `params`: values in statements such as DROP
and CREATE, and names that consist of several parts. The function `plain` determines which types
count as values in `params` and in this module. The Rust engine quotes the values.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from string import Formatter
from typing import Any, NoReturn

from . import _core, _tokens

__all__ = ["Duration", "Identifier", "InfluxQL", "Literal", "Regex", "influxql"]


class InfluxQL(str):
    """Finished query text, which `influxql` inserts unchanged, without filling placeholders."""

    __slots__ = ()


class _Piece:
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
        if not isinstance(other, _Piece):
            return NotImplemented
        return type(self) is type(other) and self._text == other._text

    def __hash__(self) -> int:
        return hash((type(self), self._text))

    def __reduce__(self) -> tuple[Any, tuple[type, str, object]]:
        return _made, (type(self), self._text, self._bound)


def _made(kind: type, text: str, bound: object) -> _Piece:
    piece: _Piece = object.__new__(kind)
    piece._set(text, bound)
    return piece


class Identifier(_Piece):
    """The name of a database, a measurement, a tag, a field, or another object in a statement.

    Args:
        *parts: The name, or the parts of the name: `Identifier("db", "rp", "m")` is
            `"db"."rp"."m"`.
    Raises:
        ValueError: a part of the name is empty, or contains a NUL or a carriage return.
    """

    __slots__ = ()

    def __init__(self, *parts: str) -> None:
        if not parts:
            raise TypeError("an identifier needs a name")
        for part in parts:
            if not isinstance(part, str):
                raise TypeError(f"an identifier: expected str, got `{type(part).__name__}`")
        bound = {"identifier": str(parts[0])} if len(parts) == 1 else None
        self._set(".".join(map(_core.quote_identifier, parts)), bound)


class Literal(_Piece):
    """A value.

    Args:
        value: A `str`; a `bool`; an `int` from -2^63 to 2^64 - 1; a finite `float` or `Decimal`; a
            `datetime` (naive means UTC), `date`, `pandas.Timestamp` or `numpy.datetime64`, which
            becomes quoted text with nanoseconds; a `timedelta`, `pandas.Timedelta` or
            `numpy.timedelta64`, which becomes a duration; or a numpy scalar.
    Raises:
        TypeError: the value has a type that is not listed for `value`. `None` is refused, because
            InfluxQL has no null.
        ValueError: the value is out of range, or is a string that InfluxQL cannot represent.
    """

    __slots__ = ()

    def __init__(self, value: object) -> None:
        value = plain(value)
        self._set(_literal(value), _bound(value))


class Regex(_Piece):
    """A regular expression in Go's syntax, without the enclosing slashes.

    Args:
        pattern: The regular expression, such as `^a/b$`. Slashes in the pattern need no escape.
    Raises:
        ValueError: the pattern is empty, ends with a backslash, or contains a line feed, a carriage
            return or a NUL, which InfluxQL cannot represent.
    """

    __slots__ = ()

    def __init__(self, pattern: str) -> None:
        if not isinstance(pattern, str):
            raise TypeError(f"a regular expression: expected str, got `{type(pattern).__name__}`")
        self._set(_core.quote_regex(pattern), {"regex": str(pattern)})


class Duration(_Piece):
    """An InfluxQL duration.

    Args:
        value: A `timedelta`, `pandas.Timedelta` or `numpy.timedelta64` that is not negative; a
            string such as `7d` or `1h30m`, with the units ns, u, ms, s, m, h, d and w; or `INF`,
            which means forever and is valid only for retention policies.
    Raises:
        ValueError: the value is negative, is not a duration, or does not fit into 64-bit
            nanoseconds.
    """

    __slots__ = ()

    def __init__(self, value: object) -> None:
        if isinstance(value, str):
            text = _core.check_duration(value)
        elif (nanoseconds := _nanoseconds(value)) is not None:
            text = _core.quote_duration(nanoseconds)
        else:
            raise TypeError(
                f"a duration: expected timedelta or text such as 7d, got `{type(value).__name__}`"
            )
        self._set(text, {"duration": text})


class _Time(str):
    """A time in query text, written as a quoted string."""

    __slots__ = ()


# The Python types whose values can be converted to InfluxQL.
_Plain = str | bool | int | float | Decimal | Duration | _Time


def influxql(template: str, /, **values: object) -> InfluxQL:
    """Fills each `{name}` of a template with one value, name, pattern or duration.

    Whatever characters a value contains, it stays a single value: it can neither end the statement
    nor become another part of the statement.

    Args:
        template: InfluxQL text that you wrote yourself. Never pass untrusted input as the template.
            For literal braces, write `{{` and `}}`. A placeholder must not be inside quotes,
            comments or patterns, and must not touch a word.
        **values: The value of each placeholder: an `Identifier`, `Literal`, `Regex` or `Duration`;
            a result of `influxql`; a plain value, which counts as a `Literal`; or a list of such
            values, which is joined with commas.
    Returns:
        The text, for `query`.
    Raises:
        ValueError: a placeholder has no value; a value has no placeholder; a placeholder has a
            format, or is in a place where it cannot be filled safely; or a value cannot be
            represented in InfluxQL.
        TypeError: a value is of a type that InfluxQL does not have.

    Example:
        >>> influxql("SELECT * FROM {m} WHERE host = {host}", m=Identifier("a b"), host="it's")
        'SELECT * FROM "a b" WHERE host = \\'it\\\\\\'s\\''
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
    _tokens.check_template([text for text, _ in parts], names)
    text = ""
    for before, placeholder in parts:
        text += before
        if placeholder is not None:
            piece = _piece(placeholder, values[placeholder])
            # A space separates two minus signs, because `--` would begin a comment.
            text += f" {piece}" if text.endswith("-") and piece.startswith("-") else piece
    return InfluxQL(text)


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


def _piece(name: str, value: object) -> str:
    if isinstance(value, (list, tuple)):
        if not value:
            raise ValueError(f"template: the list for `{name}` is empty")
        return ", ".join(_piece(name, one) for one in value)
    if isinstance(value, (InfluxQL, _Piece)):
        return str(value)
    try:
        return _literal(plain(value))
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"template: value for `{name}`: {error}") from None


def plain(value: object) -> _Plain:
    """Converts a value to a type that InfluxQL has, or raises an error."""
    if isinstance(value, str):
        return value
    if isinstance(value, date) or _kind(value) == "M":
        return _Time(_core.quote_time(value))
    if _nanoseconds(value) is not None:
        return Duration(value)
    if _kind(value) in ("b", "i", "u", "f"):
        value = value.item()  # type: ignore[attr-defined]
    if isinstance(value, int):
        if not -(2**63) <= value < 2**64:
            raise ValueError(f"`{value}` is beyond 64 bits")
        return value
    if isinstance(value, (float, Decimal)):
        if not math.isfinite(value) or not math.isfinite(float(value)):
            raise ValueError(f"`{value}` is not a number that InfluxQL can express")
        return value
    raise TypeError(
        "expected a value of type str, bool, int, float, Decimal, a time or a duration,"
        f" got `{type(value).__name__}`{_hint(value)}"
    )


def _hint(value: object) -> str:
    if value is None:
        return "; InfluxQL has no null"
    if isinstance(value, Enum):
        return "; hint: `write` stores the name of a member, so pass its `.name`"
    if isinstance(value, (bytes, bytearray)):
        return "; hint: decode it"
    if isinstance(value, Iterable):
        return (
            "; InfluxQL 1.x has no lists; hint: join comparisons with OR, or match a pattern:"
            " Regex('^(a|b)$')"
        )
    return ""


def _literal(value: _Plain) -> str:
    if isinstance(value, (_Time, Duration)):
        return str(value)
    if isinstance(value, str):
        return _core.quote_string(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    # The number is converted to exactly `int` or `float`, because a subclass of the user could
    # format itself as anything.
    return str(int(value)) if isinstance(value, int) else _number(value)


def parameters(params: Mapping[str, object] | None) -> dict[str, object] | None:
    """Converts the values of `params` to the form that the server accepts.

    Raises:
        TypeError, ValueError: a value cannot be sent; the error names the parameter.
    """
    if params is None:
        return None
    return {name: _parameter(name, value) for name, value in params.items()}


def _parameter(name: object, value: object) -> object:
    # The engine checks values of these types itself, so they are passed to it unchanged.
    if type(value) in (str, bool, int, float):
        return value
    try:
        if isinstance(value, dict):
            return {kind: _typed(kind, one) for kind, one in value.items()}
        return _bound(value if isinstance(value, (InfluxQL, _Piece)) else plain(value))
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"parameter `{str(name)[:40]}`: {error}") from None


def _typed(kind: object, value: object) -> object:
    """Returns the value of a parameter as a dict that names its type, such as `{"duration":
    timedelta(1)}`."""
    if type(value) in (str, bool, int, float):
        return value
    if kind == "duration":
        return str(value if isinstance(value, Duration) else Duration(value))
    return _bound(plain(value))


def _bound(value: _Plain | InfluxQL | _Piece) -> object:
    """Returns a value in the form in which it is sent as a parameter of a query."""
    if isinstance(value, InfluxQL):
        raise TypeError(
            "the result of `influxql()` is query text and cannot be a parameter;"
            " hint: put it into the query itself"
        )
    if isinstance(value, _Piece):
        if value._bound is None:
            raise ValueError(
                "an `Identifier` with several parts cannot be a parameter; hint: insert it into the"
                " query text with `influxql()`"
            )
        return value._bound
    if isinstance(value, _Time):
        return value[1:-1]
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (bool, float)):
        return value
    return int(value) if isinstance(value, int) else float(value)


def _number(value: float | Decimal) -> str:
    """Formats a number with a decimal point and without an exponent, which InfluxQL does not
    support."""
    # The value is converted to exactly `float` or `Decimal`, because a subclass of the user could
    # format itself as anything.
    text = format(Decimal(value if isinstance(value, Decimal) else repr(float(value))), "f")
    return text if "." in text else f"{text}.0"


def _kind(value: object) -> str | None:
    """Returns the numpy kind of a value that is a numpy scalar. The function works without
    importing numpy."""
    if type(value).__module__ != "numpy":
        return None
    kind: str | None = getattr(getattr(value, "dtype", None), "kind", None)
    return kind if getattr(value, "shape", None) == () else None


def _nanoseconds(value: object) -> int | None:
    """Returns the number of nanoseconds of a duration. If the value is not a duration, the result
    is `None`."""
    if isinstance(value, timedelta):
        days, seconds, microseconds = value.days, value.seconds, value.microseconds
        # In addition to its microseconds, a pandas `Timedelta` has nanoseconds.
        rest = int(getattr(value, "nanoseconds", 0))
        return ((days * 86_400 + seconds) * 1_000_000 + microseconds) * 1000 + rest
    if _kind(value) == "m":
        exact: Any = value
        if exact.dtype.str.endswith(("m8", "Y]", "M]")):
            raise ValueError(f"duration `{exact!r}` has no unit, or a unit without a fixed length")
        nanoseconds = exact.astype("timedelta64[ns]")
        if nanoseconds.astype(exact.dtype) != exact:
            raise ValueError(f"duration `{value}` is not a whole number of nanoseconds in 64 bits")
        return int(nanoseconds.astype("int64"))
    return None
