"""Parses line protocol in a slow and simple way, to compare the lines that the subjects have
written.

This parser intentionally shares no code with the product. The parser follows the reference of
InfluxDB 1.x. In names and tag values, a backslash escapes a comma, an equals sign or a space. In
measurements, a backslash escapes a comma or a space, and in strings, a quote or a backslash.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Point = tuple[str, dict[str, str], dict[str, Any], "int | None"]
KEPT = 200
REFUSED = "refused: "


def head(text: bytes) -> str:
    """Returns only the first lines of the text, because they are enough for a comparison."""
    return b"\n".join(text.split(b"\n", KEPT)[:KEPT]).decode("utf-8", "replace")


def hard(lines: Callable[[], str]) -> str:
    """Returns the lines that a peer writes for hard data; if the peer raises an error instead,
    returns the error."""
    try:
        return lines()
    except Exception as error:
        return f"{REFUSED}{type(error).__name__}"


def until(text: str, place: int, ends: str, escaped: str) -> tuple[str, int]:
    """Reads a name or a tag value that ends before one of the characters in `ends`."""
    out = []
    while place < len(text) and text[place] not in ends:
        if text[place] == "\\" and text[place + 1 : place + 2] in tuple(escaped):
            place += 1
        out.append(text[place])
        place += 1
    if not out:
        raise ValueError("a name or a value is empty")
    return "".join(out), place


def quoted(text: str, place: int) -> tuple[str, int]:
    out = []
    place += 1
    while text[place] != '"':
        if text[place] == "\\" and text[place + 1] in '"\\':
            place += 1
        out.append(text[place])
        place += 1
    return "".join(out), place + 1


def field(text: str, place: int) -> tuple[Any, int]:
    if text[place] == '"':
        return quoted(text, place)
    word, place = until(text, place, ", ", "")
    if word.lower() in ("t", "true", "f", "false"):
        return word.lower().startswith("t"), place
    return int(word[:-1]) if word[-1] in "iu" else float(word), place


def parse(line: str) -> Point:
    """One line. Raises `ValueError` or `IndexError` if the line is invalid."""
    measurement, place = until(line, 0, ", ", ", ")
    tags: dict[str, str] = {}
    while line[place] == ",":
        key, place = until(line, place + 1, "=", ",= ")
        tags[key], place = until(line, place + 1, ", ", ",= ")
    fields: dict[str, Any] = {}
    while line[place] in " ," and (line[place] == "," or not fields):
        key, place = until(line, place + 1, "=", ",= ")
        fields[key], place = field(line, place + 1)
        if place == len(line):
            return measurement, tags, fields, None
    return measurement, tags, fields, int(line[place + 1 :])


def differences(line: str, ours: Point) -> list[str]:
    """Describes in words how a line differs from our line for the same point."""
    try:
        measurement, tags, fields, time = parse(line)
    except (ValueError, IndexError):
        return ["lines that are no line protocol"]
    found = [] if measurement == ours[0] else ["other measurements"]
    found += [] if tags == ours[1] else ["other tags"]
    if fields != ours[2]:
        found.append("other fields")
    elif {k: type(v) for k, v in fields.items()} != {k: type(v) for k, v in ours[2].items()}:
        found.append("other types of fields")
    found += [] if time == ours[3] else ["other times"]
    return found


def compare_text(ours: str, theirs: str) -> str:
    """Describes in words how the lines of a peer differ from our lines. If the lines represent the
    same points as ours, returns an empty string."""
    if theirs.startswith(REFUSED):
        return theirs.replace(REFUSED, "fails with ")
    own, other = ours.strip("\n").split("\n"), theirs.strip("\n").split("\n")
    if len(own) != len(other):
        return f"{len(other)} lines instead of {len(own)}"
    counts: dict[str, int] = {}
    for a, b in zip(own, other, strict=False):
        for difference in differences(b, parse(a)) if a != b else ():
            counts[difference] = counts.get(difference, 0) + 1
    return ", ".join(f"{what} ({n} of {len(own)})" for what, n in counts.items())


def compare(ours: dict[str, str] | None, theirs: dict[str, str] | None) -> str:
    """Returns remarks on the lines of a peer, for both the timed data and the hard data."""
    if not ours or not theirs:
        return ""
    notes = []
    for name, what in (("data", "writes"), ("hard", "of names and texts with special characters")):
        if name in ours and name in theirs:
            difference = compare_text(ours[name], theirs[name])
            if difference:
                notes.append(f"{what}: {difference}")
    return "; ".join(notes)
