"""Checks of arguments: every refusal names the argument, what was expected, and what came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["database", "epoch", "expect", "fill", "masked", "names", "positive"]

_EPOCHS = {
    "n": "ns", "ns": "ns", "u": "u", "us": "u", "µ": "u", "μ": "u",
    "ms": "ms", "s": "s", "m": "m", "h": "h",
}  # fmt: skip


def expect(name: str, value: object, *types: type, optional: bool = False) -> None:
    """Refuses a value of another type. A bool counts as a number nowhere."""
    if optional and value is None:
        return
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        expected = " or ".join(kind.__name__ for kind in types) + (" or None" if optional else "")
        raise TypeError(f"argument `{name}`: expected {expected}, got `{type(value).__name__}`")


def positive(name: str, value: int) -> None:
    """Refuses what is no number above zero."""
    expect(name, value, int)
    if value < 1:
        raise ValueError(f"argument `{name}`: expected a positive number, got {value}")


def epoch(unit: object) -> str:
    """The server's word for a unit of time. Servers read those that they don't know as ns."""
    known = _EPOCHS.get(unit) if isinstance(unit, str) else None
    if known is None:
        raise ValueError(f"argument `epoch`: expected ns, u, ms, s, m or h, got {unit!r}")
    return known


def database(given: object, default: str | None) -> str | None:
    """The database of one call; a falsy one means the client's own."""
    expect("db", given, str, optional=True)
    return str(given) if given else default


def names(argument: str, values: Iterable[object]) -> list[object]:
    """The names in `values`; a lone string is most likely a mistake for a list of one."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise TypeError(f"argument `{argument}`: expected an iterable of names, got {values!r}")
    return list(values)


def masked(q: str) -> str:
    """A query for logs and errors: nothing of it after the word `password` is shown.

    Where the password ends is for the server's parser to say, and not to be guessed here.
    """
    at = q.lower().find("password")
    return q if at < 0 else f"{q[:at]}{q[at : at + 8]} ***"


def fill(q: str, values: Mapping[str, object]) -> str:
    """Replaces the placeholders of a query, with the seed's error for one that is missing."""
    try:
        return q.format(**values)
    except KeyError as error:
        raise ValueError(f'Missing argument "{error.args[0]}" in {masked(q)!r}') from None
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise ValueError(
            f"placeholders of {masked(q)!r}: {error}; hint: write braces as {{{{ and }}}}"
        ) from None
