"""Prepares docstrings for the reference that `make docs` makes of them.

Ours have no blank lines between their sections, which the reader of docstrings wants, and some
sections have sentences behind their last item, which it would take for a broken item.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

_SECTION = re.compile(r"^(Args|Returns|Raises|Yields|Source)\b.*:", re.MULTILINE)
# The names before the colon of an item: of arguments, of exceptions.
_ITEM = re.compile(r"    [*\w, ]+: ")


class Sections(griffe.Extension):  # type: ignore[misc]
    """Parts the sections of every docstring."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring:
            obj.docstring.value = parted(obj.docstring.value)


def parted(text: str) -> str:
    """The docstring with a blank line before each section, and loose sentences as paragraphs."""
    lines: list[str] = []
    section = ""
    for line in text.splitlines():
        head = _SECTION.match(line)
        if head:
            section = head.group(1)
            lines.append("")
            line = line.replace("Raises (while it is iterated over):", "Raises:")
        elif section == "Raises" and re.match(r"    \S", line) and not _ITEM.match(line):
            section = "loose"
            lines.append("")
        lines.append(line.removeprefix("    ") if section == "loose" else line)
    return "\n".join(lines)
