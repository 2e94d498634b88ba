"""Escaping with `str.translate` tables: the escapes that InfluxDB 1.x supports.

Backslashes are unchanged except in string fields, because the server supports only `\\,`, `\\ ` and
`\\=`. Newlines are removed from names and tag values, which cannot contain them; string fields can.
Texts that no escape can represent (with a backslash at the end, or empty names) are refused by the
encoder, not by these tables.
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
    """Escapes a text with one of the tables. Other values are converted, with a warning."""
    if isinstance(string, str):
        return string.translate(escape_pattern)
    warn("Non-string-like data passed. Attempting to convert to 'str'.")
    return str(string).translate(tag_escape)
