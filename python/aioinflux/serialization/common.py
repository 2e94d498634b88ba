"""Escaping, as `str.translate` tables: what InfluxDB 1.x really understands.

Backslashes stay as they are but in string fields, since the server knows `\\,`, `\\ ` and `\\=`
only. Newlines are removed from names and tag values, which cannot hold them; string fields can.
What no escape can save (a backslash at the end, an empty name) is refused by the encoder, and not
by these tables.
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
    """Escapes a text by one of the tables. What is none is converted, with a warning."""
    if isinstance(string, str):
        return string.translate(escape_pattern)
    warn("Non-string-like data passed. Attempting to convert to 'str'.")
    return str(string).translate(tag_escape)
