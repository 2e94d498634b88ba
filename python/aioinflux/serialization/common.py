"""Holds tables for `str.translate`, with the escapes that InfluxDB 1.x supports.

Backslashes are escaped only in string fields, because outside of string fields the server supports
only `\\,`, `\\ ` and `\\=`. Names and tag values cannot contain newlines, so their newlines are
removed; string fields keep newlines. The encoder, not one of these tables, refuses strings that no
escape can represent, such as empty names and strings with a backslash at the end.
"""

from __future__ import annotations

from collections.abc import Mapping

from .._warnings import warn

__all__ = ["escape", "key_escape", "measurement_escape", "str_escape", "tag_escape"]

key_escape = str.maketrans({",": r"\,", " ": r"\ ", "=": r"\=", "\n": ""})
tag_escape = str.maketrans({",": r"\,", " ": r"\ ", "=": r"\=", "\n": ""})
str_escape = str.maketrans({"\\": "\\\\", '"': r"\""})
measurement_escape = str.maketrans({",": r"\,", " ": r"\ ", "\n": ""})


def escape(string: object, escape_pattern: Mapping[int, str]) -> str:
    """Escapes a string with one of the tables. A value that is not a string is converted to a
    string, with a warning."""
    if isinstance(string, str):
        return string.translate(escape_pattern)
    warn("Non-string-like data passed. Attempting to convert to 'str'.")
    return str(string).translate(tag_escape)
