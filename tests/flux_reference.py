"""Reads and writes annotated CSV in the slowest and most obvious way, for tests of answers to Flux.

Nothing here is shared with the package. `read` returns the rows of an answer, `arranged` and
`pivoted` arrange the rows as `parse_response` should, and `captured` returns recorded answers.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

CAPTURES = Path(__file__).resolve().parent / "captures"
CSV = "text/csv; charset=utf-8"

# The names of the types of columns in rows.
NUMBERS = {"long": int, "unsignedLong": int, "double": float}

Row = dict[str, Any]


class Block(NamedTuple):
    """Tables that share their annotations and column names."""

    types: list[str]
    groups: list[str]
    defaults: list[str]
    names: list[str]
    rows: list[list[Any]]

    @property
    def schema(self) -> tuple[tuple[str, str], ...]:
        """The names and types of the columns. A duration is text, as is any unknown type."""
        words = (kind.partition(":")[0] for kind in self.types)
        known = (*NUMBERS, "boolean", "dateTime")
        kinds = (word if word in known else "string" for word in words)
        return tuple(zip(self.names, kinds, strict=True))

    def dicts(self) -> list[Row]:
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]


def captured(name: str) -> bytes:
    """Returns the body of a recorded answer of InfluxDB 2.9."""
    for file in ("influxdb-2.9.jsonl", "influxdb-2.9-more.jsonl"):
        for line in (CAPTURES / file).read_text().split("\n")[:-1]:
            one = json.loads(line)
            if one["name"] == name:
                parts = one["response"]["chunks"]
                return b"".join(
                    part.encode() if isinstance(part, str) else base64.b64decode(part["base64"])
                    for part in parts
                )
    raise KeyError(name)


def records(text: str) -> list[list[str]]:
    """Returns the cells of each line, one character after the other."""
    lines: list[list[str]] = [[""]]
    is_quoted = False
    at = 0
    while at < len(text):
        rest = text[at:]
        if is_quoted and rest.startswith('""'):
            lines[-1][-1] += '"'
            at += 1
        elif rest[0] == '"':
            is_quoted = not is_quoted
        elif is_quoted:
            lines[-1][-1] += rest[0]
        elif rest[0] == ",":
            lines[-1].append("")
        elif rest.startswith(("\r\n", "\n")):
            lines.append([""])
            at += rest.startswith("\r\n")
        else:
            lines[-1][-1] += rest[0]
        at += 1
    return lines[:-1]


def nanoseconds(text: str) -> int:
    """Returns a time of the form `2023-01-01T00:00:00.123456789Z` in nanoseconds since 1970."""
    seconds, _, fraction = text.removesuffix("Z").partition(".")
    moment = datetime.fromisoformat(seconds).replace(tzinfo=timezone.utc)
    since = moment - datetime(1970, 1, 1, tzinfo=timezone.utc)
    whole = since.days * 86_400 + since.seconds
    return whole * 10**9 + int(fraction.ljust(9, "0") or 0)


def value(kind: str, text: str) -> Any:
    if text == "":
        return None
    if kind in NUMBERS:
        return NUMBERS[kind](text)
    if kind == "boolean":
        return {"true": True, "false": False}[text]
    return nanoseconds(text) if kind.startswith("dateTime") else text


def read(body: bytes) -> list[Block]:
    """Returns the blocks of an answer that has all annotations."""
    blocks: list[Block] = []
    heads: dict[str, list[str]] = {}
    is_head = True
    for cells in records(body.decode()):
        if cells == [""]:
            is_head = True
        elif cells[0].startswith("#"):
            heads[cells[0]] = cells[1:]
            is_head = True
        elif is_head:
            wide = len(cells) - 1
            blocks.append(
                Block(
                    heads.get("#datatype", ["string"] * wide),
                    heads.get("#group", ["false"] * wide),
                    heads.get("#default", [""] * wide),
                    cells[1:],
                    [],
                )
            )
            heads = {}
            is_head = False
        else:
            block = blocks[-1]
            texts = (own or default for own, default in zip(cells[1:], block.defaults, strict=True))
            row = [value(kind, text) for kind, text in zip(block.types, texts, strict=True)]
            block.rows.append(row)
    return blocks


def arranged(blocks: list[Block], tables: str) -> list[list[Row]]:
    """Returns the rows of each table as dicts. Raises `ValueError` if types conflict."""
    if tables == "one":
        kinds: dict[str, str] = {}
        for block in blocks:
            for name, kind in block.schema:
                if kinds.setdefault(name, kind) != kind:
                    raise ValueError(name)
        rows = [row for block in blocks for row in block.dicts()]
        return [[{name: row.get(name) for name in kinds} for row in rows]]
    found: dict[Any, list[Row]] = {}
    for number, block in enumerate(blocks):
        if not block.rows:
            found.setdefault(block.schema if tables == "schema" else number, [])
        for row in block.dicts():
            key: Any = block.schema
            if tables == "each":
                key = (number, row["result"], row["table"])
            found.setdefault(key, []).append(row)
    return list(found.values())


def pivoted(blocks: list[Block]) -> dict[frozenset[tuple[str, Any]], Row]:
    """Returns the fields of each row, by the time, the measurement and the tags of the row. Raises
    `ValueError` if a field has two types, or two values in a row."""
    left_out = ("result", "table", "_start", "_stop", "_field", "_value")
    kinds: dict[str, str] = {}
    found: dict[frozenset[tuple[str, Any]], Row] = {}
    for block in blocks:
        for row in block.dicts():
            cells = row.items()
            key = frozenset((k, v) for k, v in cells if k not in left_out and v is not None)
            field = row["_field"]
            kind = block.types[block.names.index("_value")]
            fields = found.setdefault(key, {})
            if field in fields or kinds.setdefault(field, kind) != kind:
                raise ValueError(field)
            fields[field] = row["_value"]
    return found


def quoted(text: str) -> str:
    """Returns a cell as the server writes it: in quotes only if it must be."""
    if any(c in text for c in ',"\r\n') or text.startswith(" "):
        return '"' + text.replace('"', '""') + '"'
    return text


def csv(*blocks: Block, end: str = "\r\n") -> bytes:
    """Returns an answer with these blocks, whose cells are texts."""
    text = ""
    for block in blocks:
        heads = [
            ["#datatype", *block.types],
            ["#group", *block.groups],
            ["#default", *block.defaults],
            ["", *block.names],
        ]
        for cells in [*heads, *(["", *row] for row in block.rows)]:
            text += ",".join(map(quoted, cells)) + end
        text += end
    return (text + end).encode()


def block(
    names: str, types: str, *rows: list[str], groups: str = "", result: str = "_result"
) -> Block:
    """Returns a block with the columns `result` and `table` before the given ones. A name in
    `groups` is part of the group key."""
    columns = names.split()
    keys = groups.split()
    flags = ["true" if name in keys else "false" for name in columns]
    return Block(
        ["string", "long", *types.split()],
        ["false", "false", *flags],
        [result, "", *([""] * len(columns))],
        ["result", "table", *columns],
        [["", *row] for row in rows],
    )
