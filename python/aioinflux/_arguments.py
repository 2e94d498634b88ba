"""Checks of arguments: every refusal names the argument, what was expected, and what came."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .influxql import InfluxQL

__all__ = [
    "MOST", "connection", "database", "epoch", "expect", "fill", "masked", "names", "not_empty",
    "positive", "statement", "tags", "text", "text_of", "unit", "without_passwords",
]  # fmt: skip

_UNITS = {
    "n": "ns", "ns": "ns", "u": "u", "us": "u", "µ": "u", "μ": "u",
    "ms": "ms", "s": "s", "m": "m", "h": "h",
}  # fmt: skip

# What a server skips between statements. Each comment can be read in one way only, or else a text
# of many would take for ever.
_NOTHING = re.compile(r"(?:[;\s]|--[^\n]*(?:\n|\Z)|/\*(?:[^*]|\*(?!/))*\*/)*")


# What the engine's numbers have no room for.
MOST = 2**63


def expect(name: str, value: object, *types: type, optional: bool = False) -> None:
    """Refuses a value of another type. A bool counts as a number nowhere."""
    if optional and value is None:
        return
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        expected = " or ".join(kind.__name__ for kind in types) + (" or None" if optional else "")
        raise TypeError(f"argument `{name}`: expected {expected}, got `{type(value).__name__}`")
    if isinstance(value, str) and not value.isascii():
        _encodable(name, value)


def _encodable(name: str, value: str) -> None:
    """Refuses halves of surrogate pairs, which no text of a request can hold."""
    why = None
    try:
        value.encode()
    except UnicodeEncodeError as error:
        why = str(error)
    # Python's error holds the text, perhaps a password: it must not become the context of ours.
    if why:
        raise ValueError(f"argument `{name}`: {why}")


def positive(name: str, value: int) -> None:
    """Refuses what is no number above zero."""
    expect(name, value, int)
    if value < 1:
        raise ValueError(f"argument `{name}`: expected a positive number, got {value}")
    if value >= MOST:
        raise ValueError(f"argument `{name}`: expected a number below 2**63, got {value}")


def unit(name: str, value: object) -> str:
    """The server's word for a unit of time. Servers read those that they don't know as ns."""
    known = _UNITS.get(value) if isinstance(value, str) else None
    if known is None:
        raise ValueError(f"argument `{name}`: expected ns, u, ms, s, m or h, got {value!r}")
    return known


def epoch(value: object) -> str:
    """The unit of times in an answer."""
    return unit("epoch", value)


def connection(options: dict[str, Any], password: object) -> None:
    """Refuses connection options of the wrong type; converts file paths to text."""
    for name in ("unix_socket", "ca_file", "cert_file", "key_file"):
        if isinstance(options[name], os.PathLike):
            options[name] = os.fspath(options[name])
    expect("host", options["host"], str)
    expect("port", options["port"], int)
    if not 0 < options["port"] < 2**16:
        raise ValueError(
            f"argument `port`: expected a number from 1 to 65535, got {options['port']}"
        )
    expect("ssl", options["ssl"], bool)
    expect("timeout", options["timeout"], int, float, optional=True)
    expect("gzip", options["gzip"], bool, optional=True)
    for name in ("username", "path", "unix_socket", "proxy", "ca_file", "cert_file", "key_file"):
        expect(name, options[name], str, optional=True)
    if isinstance(options["verify_ssl"], str):
        raise TypeError(
            "argument `verify_ssl`: expected bool, got `str`; hint: `ca_file` takes the file of "
            "certificates to trust"
        )
    expect("verify_ssl", options["verify_ssl"], bool)
    expect("password", password, str, optional=True)
    if ":" in str(options["username"] or ""):
        # The server would take what follows for a part of the password.
        raise ValueError("argument `username`: expected a name without `:`")


def statement(text: str, chunk_size: int | None, params: object, rp: object) -> None:
    """Refuses a query without a statement, and options of the wrong type."""
    if _NOTHING.fullmatch(text):
        raise ValueError("argument `q`: expected a statement, got none")
    if not text.isascii():
        _encodable("q", text)
    if chunk_size is not None:
        positive("chunk_size", chunk_size)
    # Most calls have neither, and a check that is not called costs nothing.
    if params is not None:
        expect("params", params, dict, optional=True)
    if rp is not None:
        expect("rp", rp, str, optional=True)


def text(name: str, given: object, default: str | None) -> str | None:
    """What one call says; nothing and an empty text mean what the client says."""
    if given is None:
        return default
    expect(name, given, str, optional=True)
    return str(given) if given else default


def database(given: object, default: str | None) -> str | None:
    """The database of one call, or the client's."""
    return text("db", given, default)


def not_empty(name: str, value: object) -> None:
    """Refuses an empty text where it would stand for something else that is then lost."""
    if value == "":
        raise ValueError(f"argument `{name}`: must not be empty")


def names(argument: str, values: Iterable[object]) -> list[object]:
    """The names in `values`; a lone string is most likely a mistake for a list of one."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise TypeError(f"argument `{argument}`: expected an iterable of names, got {values!r}")
    return list(values)


def tags(
    tags: Mapping[str, object] | None, extra_tags: Mapping[str, object] | None
) -> dict[str, object]:
    """The extra tags of a call, of which keywords take precedence over those in `tags`."""
    expect("tags", tags, Mapping, optional=True)
    return {**(tags or {}), **(extra_tags or {})}


def masked(q: str) -> str:
    """A query for logs and errors: nothing of it after the word `password` is shown.

    Where the password ends is for the server's parser to say, and not to be guessed here. Nor are
    user and password of a URL shown, which subscriptions have.
    """
    q = without_passwords(q)
    at = q.lower().find("password")
    return q if at < 0 else f"{q[:at]}{q[at : at + 8]} ***"


def without_passwords(text: str) -> str:
    """The text without users and passwords of URLs."""
    return re.sub(r"://[^'\s]*@", "://***@", text)


def text_of(q: object) -> str:
    """The text of a query that may be bytes."""
    expect("q", q, str, bytes)
    return q.decode() if isinstance(q, bytes) else str(q)


def fill(q: str, values: Mapping[str, object]) -> str:
    """Replaces the placeholders of a query, with the seed's error for one that is missing."""
    if isinstance(q, InfluxQL):
        return q
    try:
        return q.format(**values)
    except KeyError as error:
        raise ValueError(f'Missing argument "{error.args[0]}" in {masked(q)!r}') from None
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise ValueError(
            f"placeholders of {masked(q)!r}: {error}; hint: write braces as {{{{ and }}}}"
        ) from None
