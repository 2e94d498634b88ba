"""Finds where strings, comments and regular expressions begin and end in Flux, as a server reads
them.

This module has no grammar: it only decides whether a position is outside all strings, comments and
regular expressions.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["check_template"]

# The character after a `$` belongs to it even if it is a backslash, and `${` begins an expression.
# Templates with such expressions are refused, because their strings can be nested.
_TOKEN = re.compile(
    r"""
    (?P<comment> //[^\n]* )
    | (?P<string> "(?: [^"\\$] | \\[nrt\\"] | \\\$\{ | \\x[0-9a-fA-F]{2} | \$(?!["{]). )*\$?" )
    | (?P<number> [0-9]+\.[0-9]* | \.[0-9]+ )
    | (?P<word> \w+ )
    | (?P<space> \s+ )
    | (?P<hole> \0 )
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
# A slash after a backslash never ends a regular expression.
_REGEX = re.compile(r"/(?:[^/\\]|\\/|\\(?!/))+/")
# After one of these words, an operand follows; after any other word, a slash is a division.
_BEFORE_OPERANDS = {"and", "or", "not", "return", "if", "then", "else", "exists", "with"}


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    # Whether an operand is expected at the start of the token.
    is_operand: bool = False


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    operand_next = True
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None
        kind = str(match.lastgroup)
        if match[0] == '"':
            kind = "open"
        elif operand_next and text[at] == "/" and not text.startswith("//", at):
            pattern = _REGEX.match(text, at)
            kind, match = ("regex", pattern) if pattern else ("open", match)
        found.append(_Token(kind, match[0], at, operand_next))
        if kind == "word":
            operand_next = match[0] in _BEFORE_OPERANDS
        elif kind not in ("space", "comment"):
            operand_next = kind == "other" and match[0] not in ")]}"
        at = match.end()
    return found


def check_template(texts: list[str], names: list[str]) -> set[str]:
    """Refuses placeholders of a template in positions where their value would not be safe.

    Returns:
        The names of the placeholders that follow an operand. Only query text can follow an operand;
        a list there would be an index, and a negative number would be an argument of a call.
    """
    if any("\0" in text for text in texts):
        raise ValueError("template: contains a NUL, at which a server would stop reading")
    # Each placeholder is replaced with a NUL, which cannot occur elsewhere in the template.
    tokens = _tokens("\0".join(texts if len(texts) > len(names) else [*texts, ""]))
    remaining = iter(names)
    behind_operands = set()
    for one in tokens:
        if one.kind == "open":
            raise ValueError(
                f"template: {one.text} at character {one.start} is not closed, or contains an"
                " expression in `${...}`, which templates cannot have"
            )
    for before, one, after in zip(
        [_Token("", "", 0), *tokens], tokens, [*tokens[1:], _Token("", "", 0)], strict=False
    ):
        if one.kind == "hole":
            name = next(remaining)
            if not one.is_operand:
                behind_operands.add(name)
            touching = {before.kind, after.kind} & {"word", "number", "string", "regex", "hole"}
            if touching or before.text in (".", "@") or after.text in (".", "("):
                raise ValueError(
                    f"template: `{{{name}}}` must not touch the text beside it; values come with"
                    " their own quotes"
                )
        elif "\0" in one.text:
            what = {"string": "quotes", "comment": "a comment", "regex": "a regular expression"}
            raise ValueError(
                f"template: `{{{next(remaining)}}}` is inside {what[one.kind]}; values come with"
                " their own quotes"
            )
    return behind_operands
