"""Checks the arguments of public functions. Every error message names the argument, the expected
value and the actual value."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from .influxql import InfluxQL

__all__ = [
    "MOST", "Language", "connection", "database", "epoch", "expect", "fill", "masked", "names",
    "not_empty", "positive", "statement", "tags", "text", "text_of", "unit", "without_passwords",
]  # fmt: skip

_UNITS = {
    "n": "ns", "ns": "ns", "u": "u", "us": "u", "µ": "u", "μ": "u",
    "ms": "ms", "s": "s", "m": "m", "h": "h",
}  # fmt: skip

# Matches everything that a server skips between statements, such as comments. The pattern can match
# each comment in only one way; otherwise a query with many comments would take exponential time.
_NOTHING = re.compile(r"(?:[;\s]|--[^\n]*(?:\n|\Z)|/\*(?:[^*]|\*(?!/))*\*/)*")


# The languages of queries.
Language = Literal["influxql", "flux", "sql"]

# The smallest positive integer that is too large for the engine.
MOST = 2**63


def expect(name: str, value: object, *types: type, optional: bool = False) -> None:
    """Refuses a value of the wrong type. A `bool` is not accepted as a number."""
    if optional and value is None:
        return
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        expected = " or ".join(kind.__name__ for kind in types) + (" or None" if optional else "")
        raise TypeError(f"argument `{name}`: expected {expected}, got `{type(value).__name__}`")
    if isinstance(value, str) and not value.isascii():
        _encodable(name, value)


def _encodable(name: str, value: str) -> None:
    """Refuses strings with lone surrogates, which UTF-8 cannot encode."""
    why = None
    try:
        value.encode()
    except UnicodeEncodeError as error:
        why = str(error)
    # Python's own error contains the string, which may be a password. Therefore Python's own error
    # must not become the context of our error.
    if why:
        raise ValueError(f"argument `{name}`: {why}")


def positive(name: str, value: int) -> None:
    """Refuses any value except a positive number."""
    expect(name, value, int)
    if value < 1:
        raise ValueError(f"argument `{name}`: expected a positive number, got {value}")
    if value >= MOST:
        raise ValueError(f"argument `{name}`: expected a number below 2**63, got {value}")


def unit(name: str, value: object) -> str:
    """Returns the server's name for a time unit. A server would read the name of an unknown unit as
    ns."""
    known = _UNITS.get(value) if isinstance(value, str) else None
    if known is None:
        raise ValueError(f"argument `{name}`: expected ns, u, ms, s, m or h, got {value!r}")
    return known


def epoch(value: object) -> str:
    """Returns the server's name for the unit of the times in an answer."""
    return unit("epoch", value)


# The connection options whose values are strings.
_TEXTS = (
    "username", "path", "unix_socket", "proxy", "ca_file", "cert_file", "key_file", "token_file",
    "org", "bucket_id", "server",
)  # fmt: skip


def connection(options: dict[str, Any], password: object, token: object = None) -> None:
    """Refuses connection options of the wrong type and converts file paths to strings."""
    for name in ("unix_socket", "ca_file", "cert_file", "key_file", "token_file"):
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
    for name in _TEXTS:
        expect(name, options[name], str, optional=True)
    if isinstance(options["verify_ssl"], str):
        raise TypeError(
            "argument `verify_ssl`: expected bool, got `str`; hint: `ca_file` takes the file of "
            "certificates to trust"
        )
    expect("verify_ssl", options["verify_ssl"], bool)
    expect("password", password, str, optional=True)
    if not callable(token):
        expect("token", token, str, optional=True)
        if token and not re.fullmatch("[!-~]+", str(token)):
            raise ValueError("argument `token`: expected printable ASCII characters without blanks")
    if password and (token or options["token_file"]):
        raise ValueError("arguments `token` and `password`: pass only one")
    if options["server"] not in (None, "1.x", "2.x", "3.x"):
        got = options["server"]
        raise ValueError(f"argument `server`: expected '1.x', '2.x' or '3.x', got {got!r}")
    if ":" in str(options["username"] or ""):
        # The server would read everything after the colon in the user name as part of the password.
        raise ValueError("argument `username`: expected a name without `:`")


def statement(text: str, chunk_size: int | None, params: object, rp: object) -> None:
    """Refuses a query that has no statement, and options of the wrong type."""
    if _NOTHING.fullmatch(text):
        raise ValueError("argument `q`: expected a statement, got none")
    if not text.isascii():
        _encodable("q", text)
    if chunk_size is not None:
        positive("chunk_size", chunk_size)
    # Most calls pass neither `params` nor `rp`, so skipping the checks of these two arguments saves
    # time.
    if params is not None:
        expect("params", params, dict, optional=True)
    if rp is not None:
        expect("rp", rp, str, optional=True)


def text(name: str, given: object, default: str | None) -> str | None:
    """Returns the value that a call passes, or the client's default if the value is `None` or an
    empty string."""
    if given is None:
        return default
    expect(name, given, str, optional=True)
    return str(given) if given else default


def database(given: object, default: str | None) -> str | None:
    """Returns the database that a call passes, or the client's default."""
    return text("db", given, default)


def not_empty(name: str, value: object) -> None:
    """Refuses an empty string as a name, because the call would otherwise use the default database,
    whose data would be lost."""
    if value == "":
        raise ValueError(f"argument `{name}`: must not be empty")


def names(argument: str, values: Iterable[object]) -> list[object]:
    """Returns the names in `values`, which must be an iterable of strings. A single string is
    refused, because the caller most likely meant a list that contains this string."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise TypeError(f"argument `{argument}`: expected an iterable of names, got {values!r}")
    return list(values)


def tags(
    tags: Mapping[str, object] | None, extra_tags: Mapping[str, object] | None
) -> dict[str, object]:
    """Returns the extra tags that a call adds to its points. Tags that are passed as keyword
    arguments take precedence over those in `tags`."""
    expect("tags", tags, Mapping, optional=True)
    return {**(tags or {}), **(extra_tags or {})}


def masked(q: str) -> str:
    """Returns a query for logs and errors, without everything after the word `password`.

    Only the server's parser knows where the password ends, so this function removes everything
    after the word. User names and passwords are also removed from URLs, which occur in statements
    about subscriptions.
    """
    q = without_passwords(q)
    at = q.lower().find("password")
    return q if at < 0 else f"{q[:at]}{q[at : at + 8]} ***"


def without_passwords(text: str) -> str:
    """Returns the string with user names and passwords removed from the URLs in it."""
    return re.sub(r"://[^'\s]*@", "://***@", text)


def text_of(q: object) -> str:
    """Returns a query as a string; the caller may pass the query as bytes."""
    expect("q", q, str, bytes)
    return q.decode() if isinstance(q, bytes) else str(q)


def fill(q: str, values: Mapping[str, object]) -> str:
    """Replaces the placeholders of a query with values. A placeholder without a value raises the
    same error as in aioinflux 0.1."""
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
