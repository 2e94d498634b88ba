"""Prepares the docstrings for the reference pages that `make docs` generates.

The docstring parser requires blank lines between the sections of a docstring, but our docstrings
have none. In some docstrings, sentences follow the last item of a section, and the parser would
read these sentences as a broken item. A method without a docstring gets the docstring of the base
class's method, as with `inspect.getdoc`.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

_SECTION = re.compile(r"^(Args|Returns|Raises|Yields|Source)\b.*:", re.MULTILINE)
# Matches the names before the colon of an item in a section: names of arguments or exceptions.
_ITEM = re.compile(r"    [*\w, ]+: ")
_ARGUMENT = re.compile(r"    \**(\w+): ")


class Sections(griffe.Extension):  # type: ignore[misc]
    """Separates the sections of every docstring, and copies docstrings to derived classes."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring:
            obj.docstring.value = parted(obj.docstring.value)

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        for module in pkg.modules.values():
            for class_ in module.classes.values():
                if not class_.is_alias:
                    _inherit(class_)


def _inherit(class_: griffe.Class) -> None:
    for name, member in class_.members.items():
        bases = (base.members.get(name) for base in class_.mro())
        docstring = next((one.docstring for one in bases if one and one.docstring), None)
        if docstring and not member.is_alias and not member.docstring:
            text = docstring.value
            if member.is_function:
                text = without_others(text, {one.name for one in member.parameters})
            parser, options = docstring.parser, docstring.parser_options
            member.docstring = griffe.Docstring(
                text, parent=member, parser=parser, parser_options=options
            )


def without_others(text: str, names: set[str]) -> str:
    """Returns the docstring without the arguments that the signature does not have."""
    lines: list[str] = []
    section, is_kept = "", True
    for line in text.splitlines():
        head, item = _SECTION.match(line), _ARGUMENT.match(line)
        if head:
            section, is_kept = head.group(1), True
        elif section == "Args" and item:
            is_kept = item.group(1) in names
        if is_kept:
            lines.append(line)
    return "\n".join(lines)


def parted(text: str) -> str:
    """Returns the docstring with a blank line before each section, and with sentences that follow a
    section as paragraphs."""
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
