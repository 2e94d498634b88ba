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
from datetime import date
from decimal import Decimal

from . import _core, _tokens
from ._pieces import Piece, fill, hint, kind, nanoseconds

__all__ = ["Duration", "Identifier", "InfluxQL", "Literal", "Regex", "influxql"]


class InfluxQL(str):
    """Finished query text, which `influxql` inserts unchanged, without filling placeholders."""

    __slots__ = ()


class Identifier(Piece):
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


class Literal(Piece):
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


class Regex(Piece):
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


class Duration(Piece):
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
        elif (length := nanoseconds(value)) is not None:
            text = _core.quote_duration(length)
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
    return InfluxQL(fill(template, values, _tokens.check_template, _piece))


def _piece(name: str, value: object) -> str:
    if isinstance(value, (list, tuple)):
        if not value:
            raise ValueError(f"template: the list for `{name}` is empty")
        return ", ".join(_piece(name, one) for one in value)
    if isinstance(value, (InfluxQL, Piece)):
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
    if isinstance(value, date) or kind(value) == "M":
        return _Time(_core.quote_time(value))
    if nanoseconds(value) is not None:
        return Duration(value)
    if kind(value) in ("b", "i", "u", "f"):
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
    if known := hint(value):
        return known
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
    try:
        bound = _sent(value)
        if isinstance(bound, int) and bound >= 2**63:
            raise ValueError(f"`{bound}` is beyond 64 bits, as InfluxQL has no unsigned parameters")
        return bound
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"parameter `{str(name)[:40]}`: {error}") from None


def _sent(value: object) -> object:
    # The engine checks values of these types itself, so they are passed to it unchanged.
    if type(value) in (str, bool, int, float):
        return value
    if isinstance(value, dict):
        return {kind: _typed(kind, one) for kind, one in value.items()}
    return _bound(value if isinstance(value, (InfluxQL, Piece)) else plain(value))


def _typed(kind: object, value: object) -> object:
    """Returns the value of a parameter as a dict that names its type, such as `{"duration":
    timedelta(1)}`."""
    if type(value) in (str, bool, int, float):
        return value
    if kind == "duration":
        return str(value if isinstance(value, Duration) else Duration(value))
    return _bound(plain(value))


def _bound(value: _Plain | InfluxQL | Piece) -> object:
    """Returns a value in the form in which it is sent as a parameter of a query."""
    if isinstance(value, InfluxQL):
        raise TypeError(
            "the result of `influxql()` is query text and cannot be a parameter;"
            " hint: put it into the query itself"
        )
    if isinstance(value, Piece):
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
