"""Converts the texts of URLs, environment variables and configuration files to settings.

The error messages name the place of a text, and never show the text, which may be a secret.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

__all__ = [
    "FLAG", "MILLISECONDS", "NOT_FLAG", "PORT_NUMBER", "SECONDS", "TEXT", "VERSION", "Kind",
    "read", "shown",
    "user_of_token",
]  # fmt: skip


class Kind(NamedTuple):
    """The kind of a setting: the function that converts its text, and what the text should be.

    The function refuses a text by raising `KeyError`, `ValueError` or `OverflowError`, or by
    returning `None`.
    """

    convert: Callable[[str], Any]
    expected: str


_WORDS = {
    "true": True, "yes": True, "on": True, "1": True,
    "false": False, "no": False, "off": False, "0": False,
}  # fmt: skip


def _flag(text: str) -> bool:
    return _WORDS[text.lower()]


def _seconds(text: str) -> float | None:
    seconds = float(text)
    return seconds if 0 < seconds < math.inf else None


def _milliseconds(text: str) -> float | None:
    seconds = _seconds(text)
    return None if seconds is None else seconds / 1000


def _port(text: str) -> int | None:
    return int(text) if text.isdecimal() and 0 < int(text) < 2**16 else None


def _version(text: str) -> str | None:
    return text if text in ("1.x", "2.x", "3.x") else None


TEXT = Kind(str, "a text")
FLAG = Kind(_flag, "true or false")
NOT_FLAG = Kind(lambda text: not _flag(text), "true or false")
SECONDS = Kind(_seconds, "a number of seconds above 0")
MILLISECONDS = Kind(_milliseconds, "a number of milliseconds above 0")
PORT_NUMBER = Kind(_port, "a number from 1 to 65535")
VERSION = Kind(_version, "1.x, 2.x or 3.x")


def read(place: str, kind: Kind, text: str) -> Any:
    """Converts the text at `place`, which the error message names.

    Raises:
        ValueError: the text is not valid.
    """
    value = None
    # Python's own errors contain the text. Therefore Python's error must not become the context of
    # our error.
    with suppress(KeyError, ValueError, OverflowError):
        value = kind.convert(text)
    if value is None:
        raise ValueError(f"{place}: expected {kind.expected}")
    return value


def shown(key: str) -> str:
    """Returns the text for a key in an error message. A key that is long or has unusual characters
    is not shown, because it may be a part of a secret that contains a reserved character."""
    return f"key `{key}`" if re.fullmatch(r"[A-Za-z_]{1,20}", key) else "a key"


def user_of_token(place: str, token: str) -> dict[str, str]:
    """Returns the user name and password in a token of the form `user:password`, which
    influxdb-client sends as basic authentication if its setting `auth_basic` is true."""
    name, colon, password = token.partition(":")
    if not colon:
        raise ValueError(f"{place}: expected user:password, because basic authentication is on")
    return {"username": name, "password": password}
