"""Finds where quotes, comments and patterns begin and end in InfluxQL, as a server reads them.

This module has no grammar: it only decides whether a position is outside all quotes, comments and
patterns.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["check_template", "one_statement"]

# After a backslash in a pattern, a slash never ends the pattern, and neither does `\\/` (observed
# on 1.6.7).
_TOKEN = re.compile(
    r"""
    (?P<comment> --[^\n]* | /\*.*?\*/ )
    | (?P<quoted> '(?:[^'\\\n]|\\.)*' | "(?:[^"\\\n]|\\.)*" )
    | (?P<number> [0-9]+\.[0-9]* | \.[0-9]+ )
    | (?P<word> \w+ )
    | (?P<space> \s+ )
    | (?P<hole> \0 )
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/(?:[^/\\\n]|\\/|\\(?!/))*/")
# After these operators, and after `FROM`, a server always reads a slash as the beginning of a
# pattern.
_BEFORE_PATTERNS = re.compile(r"(?:=~|!~|\bFROM)\s*$", re.IGNORECASE)
# After one of these words, an operand follows; after any other word, a slash is a division.
_BEFORE_OPERANDS = {"SELECT", "DISTINCT", "FROM", "WHERE", "AND", "OR", "BY", "ON", "IN", "WITH"}


class _Token(NamedTuple):
    kind: str
    text: str
    start: int


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    operand_next = True
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None
        kind = str(match.lastgroup)
        if match[0] in ("'", '"') or (text.startswith("/*", at) and kind == "other"):
            kind = "open"
        elif match[0] == "/" and operand_next:
            pattern = _REGEX.match(text, at)
            kind, match = ("regex", pattern) if pattern else ("open", match)
        found.append(_Token(kind, match[0], at))
        if kind == "word":
            operand_next = match[0].upper() in _BEFORE_OPERANDS
        elif kind not in ("space", "comment"):
            # After a number, even one like `2.`, a slash is a division.
            operand_next = kind == "other" and match[0] != ")"
        at = match.end()
    return found


def _whole(where: str, tokens: list[_Token]) -> None:
    """Refuses InfluxQL in which a quote, comment or pattern is not closed."""
    for one in tokens:
        if one.kind == "open":
            raise ValueError(f"{where}: {one.text} at character {one.start} is not closed")


def check_template(texts: list[str], names: list[str]) -> None:
    """Refuses placeholders of a template in positions where their value would not be safe."""
    if any("\0" in text for text in texts):
        raise ValueError("template: contains a NUL, at which a server would stop reading")
    # Each placeholder is replaced with a NUL, which cannot occur elsewhere in the template.
    tokens = _tokens("\0".join(texts if len(texts) > len(names) else [*texts, ""]))
    remaining = iter(names)
    _whole("template", tokens)
    for before, one, after in zip(
        [_Token("", "", 0), *tokens], tokens, [*tokens[1:], _Token("", "", 0)], strict=False
    ):
        if one.kind == "hole":
            name = next(remaining)
            touching = {before.kind, after.kind} & {"word", "number", "quoted", "regex", "hole"}
            if touching or before.text in ("$", ":"):
                raise ValueError(
                    f"template: `{{{name}}}` must not touch the text beside it; values come with"
                    " their own quotes"
                )
        elif "\0" in one.text:
            what = {"quoted": "quotes", "comment": "a comment", "regex": "a pattern"}[one.kind]
            raise ValueError(
                f"template: `{{{next(remaining)}}}` is inside {what}; values come with their"
                " own quotes"
            )


def one_statement(argument: str, text: str) -> str:
    """Returns a part of a statement without leading and trailing blanks; refuses a string that
    could belong to more than one statement."""
    if "\0" in text:
        raise ValueError(
            f"argument `{argument}`: contains a NUL, at which a server would stop reading"
        )
    if not text.strip():
        raise ValueError(f"argument `{argument}`: the text is empty")
    tokens = _tokens(text)
    _whole(f"argument `{argument}`", tokens)
    for one in tokens:
        if one.kind == "comment" or (one.kind, one.text) == ("other", ";"):
            what = "a comment" if one.kind == "comment" else "a `;`"
            raise ValueError(f"argument `{argument}`: {what} at character {one.start}")
        if one.kind == "regex" and not _BEFORE_PATTERNS.search(text[: one.start]):
            # In any other position, a server can read the slash of a pattern as a division, and
            # misread the text after it.
            odd = re.search(r"--|[;'\"]", one.text)
            if odd:
                raise ValueError(
                    f"argument `{argument}`: `{odd[0]}` in the pattern at character {one.start};"
                    " hint: write its code, such as `\\x3b` for `;`"
                )
    return text.strip()
