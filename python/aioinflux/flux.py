"""Builds Flux text safely, with the function `flux` and with classes for regular expressions and
durations.

Values in queries are best passed in `params`, which sends them separately from the query text. In
the text, they are `params.name`. This module is for text that is stored and runs later, such as the
text of a task. The Rust engine quotes the values.

Flux has no quotes for names. The name of a column or of another member of a record is a string, as
in `r[{column}] == {value}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from . import _core, _flux_tokens, influxql
from ._pieces import Piece, fill, hint, kind, nanoseconds

__all__ = ["Duration", "Flux", "Regex", "flux"]


class Flux(str):
    """Finished query text, which `flux` inserts unchanged."""

    __slots__ = ()


class Regex(Piece):
    """A regular expression in Go's syntax, without the enclosing slashes.

    Args:
        pattern: The regular expression, such as `^a/b$`. Slashes in the pattern need no escape.
    Raises:
        ValueError: the pattern is empty, ends in the middle of an escape, or contains a NUL.
    """

    __slots__ = ()

    def __init__(self, pattern: str) -> None:
        if not isinstance(pattern, str):
            raise TypeError(f"a regular expression: expected str, got `{type(pattern).__name__}`")
        bound = {"regex": str.__str__(pattern)}
        self._set(_core.flux_literal(bound, "a regular expression"), bound)


class Duration(Piece):
    """A duration.

    Args:
        value: A `timedelta`, `pandas.Timedelta` or `numpy.timedelta64`; or a string such as
            `-1h30m` or `1mo`, with the units ns, us, ms, s, m, h, d, w, mo and y.
    Raises:
        ValueError: the value is not a duration, or does not fit into 64-bit nanoseconds.
    """

    __slots__ = ()

    def __init__(self, value: object) -> None:
        if isinstance(value, str):
            bound = {"duration": str.__str__(value)}
        elif (length := nanoseconds(value)) is not None:
            bound = {"duration": _duration(length)}
        else:
            raise TypeError(
                f"a duration: expected timedelta or text such as -1h, got `{type(value).__name__}`"
            )
        self._set(_core.flux_literal(bound, "a duration"), bound)


def flux(template: str, /, **values: object) -> Flux:
    """Fills each `{name}` of a template with one value.

    Whatever characters a value contains, it stays a single value: it can neither end an expression
    nor become another part of the query.

    Args:
        template: Flux text that you wrote yourself. Never pass untrusted input as the template. For
            literal braces, write `{{` and `}}`. A placeholder must not be inside strings, comments
            or regular expressions, and must not touch a word. Strings in the template must not
            contain expressions (`${...}`).
        **values: The value of each placeholder: a `str`; a `bool`; an `int` from -2^63 to 2^64 - 1,
            which is unsigned from 2^63 on; a `float` or `Decimal`; a `datetime` (naive means UTC),
            `date`, `pandas.Timestamp` or `numpy.datetime64`; a `timedelta`, `pandas.Timedelta` or
            `numpy.timedelta64`; a numpy scalar, which is unsigned if its type is; a `Regex` or
            `Duration`; a list of such values, all of one type; a dict that names the type, such as
            `{"unsigned": 5}` or `{"time": 1700000000000000000}`; or a result of `flux`.
    Returns:
        A `str` that `query` accepts, and that other templates insert unchanged.
    Raises:
        ValueError: the placeholders do not match the values, a placeholder is in a place where no
            value is safe, or Flux cannot represent a value.
        TypeError: a value is of a type that Flux does not have.

    Example:
        >>> flux("from(bucket: {b}) |> range(start: {since})", b='my "b"', since=Duration("-1h"))
        'from(bucket: "my \\\\"b\\\\"") |> range(start: (-1h))'
    """

    def check(texts: list[str], names: list[str]) -> None:
        for name in _flux_tokens.check_template(texts, names):
            if not isinstance(values[name], Flux):
                raise ValueError(
                    f"template: `{{{name}}}` follows an operand; only a result of `flux` can"
                )

    return Flux(fill(template, values, check, _piece))


def parameters(params: Mapping[str, object] | None) -> dict[str, object] | None:
    """Converts the values of `params` to the form that the engine accepts for Flux.

    Raises:
        TypeError, ValueError: a value cannot be sent; the error names the parameter.
    """
    if params is None:
        return None
    return {name: _parameter(name, value) for name, value in params.items()}


def _piece(name: str, value: object) -> str:
    if isinstance(value, Flux):
        return str.__str__(value)
    what = f"template: value for `{name}`"
    return _core.flux_literal(_named(what, value), what)


def _parameter(name: object, value: object) -> object:
    what = f"parameter `{str(name)[:40]}`"
    if isinstance(value, Flux):
        raise TypeError(
            f"{what}: the result of `flux()` is query text and cannot be a parameter; hint: put it"
            " into the query itself"
        )
    return _named(what, value)


def _named(what: str, value: object) -> object:
    """Returns a value in the form that the engine accepts. Errors begin with `what`."""
    try:
        return _plain(value)
    except (TypeError, ValueError) as error:
        raised = TypeError if isinstance(error, TypeError) else ValueError
        raise raised(f"{what}: {error}") from None


def _plain(value: object) -> object:
    # The engine checks values of these types itself, so they are passed to it unchanged.
    if type(value) in (str, bool, int, float):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _typed(name, one) for name, one in value.items()}
    if isinstance(value, (Piece, influxql.InfluxQL)):
        return _bound(value)
    if isinstance(value, str) and not isinstance(value, Flux):
        return str.__str__(value)
    if isinstance(value, date) or kind(value) == "M":
        return {"time": value}
    if (length := nanoseconds(value)) is not None:
        return {"duration": _duration(length)}
    if kind(value) == "u":
        return {"unsigned": int(value)}  # type: ignore[call-overload]
    if kind(value) in ("b", "i", "f"):
        value = value.item()  # type: ignore[attr-defined]
    # The number is converted to exactly `int` or `float`, because a subclass of the user could
    # behave differently.
    if isinstance(value, (bool, int)):
        return value if isinstance(value, bool) else int(value)
    if isinstance(value, (float, Decimal)):
        return float(value)
    raise TypeError(
        "expected a value of type str, bool, int, float, Decimal, a time, a duration, or a list of"
        f" one of these, got `{type(value).__name__}`{_hint(value)}"
    )


def _bound(value: Piece | influxql.InfluxQL) -> object:
    """Returns the value of a piece of query text, which may be InfluxQL if it means the same."""
    if isinstance(value, (Regex, Duration, influxql.Regex, influxql.Duration)):
        return value._bound
    raise TypeError(
        f"`{type(value).__name__}` is InfluxQL; hint: pass the value itself, or a string for the"
        " name of a column in `r[...]`"
    )


def _typed(name: object, value: object) -> object:
    """Returns the value of a dict that names its type, such as `{"duration": timedelta(1)}`."""
    if name == "duration":
        return Duration(value)._bound["duration"]  # type: ignore[index]
    plain = value if name == "time" else _plain(value)
    return next(iter(plain.values())) if isinstance(plain, dict) else plain


def _duration(length: int) -> str:
    """Returns a duration with its sign, in the largest units. The engine refuses lengths beyond 64
    bits."""
    return f"-{_core.quote_duration(-length)}" if length < 0 else _core.quote_duration(length)


def _hint(value: object) -> str:
    if value is None:
        return "; Flux has no null parameters; hint: leave the comparison out"
    if known := hint(value):
        return known
    return "; hint: pass a list" if isinstance(value, Iterable) else ""
