"""Tables for `str.translate`, with the escapes that InfluxDB 1.x supports.

Backslashes are escaped only in string fields, because outside of string fields the server supports
only `\\,`, `\\ ` and `\\=`. Newlines are removed from names and tag values, which cannot contain
newlines, but not from string fields. The encoder, not these tables, refuses texts that no escape
can represent, such as empty names and texts with a backslash at the end.
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
    """Escapes a text with a table. Values of other types are converted to text, with a warning."""
    if isinstance(string, str):
        return string.translate(escape_pattern)
    warn("Non-string-like data passed. Attempting to convert to 'str'.")
    return str(string).translate(tag_escape)
