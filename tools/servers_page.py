"""Writes the page "What works where" of the manual from the tables of the engine.

    .venv/bin/python tools/servers_page.py

The tables are those in `crates/client/src/dialect`: what each version family expects (`mod.rs`),
the statements that 2.x lacks (`v2/lacking.rs`), and the nouns of the administration (`nouns.rs`).
The text around the tables is in this file. `tests/test_servers_page.py` fails if the page is not
what this command writes.
"""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = "docs/servers.md"
_DIALECT = "crates/client/src/dialect"
_TEXT = r'"((?:[^"\\]|\\.|\\\n)*)"'

# What a user looks for, on 1.x and on 2.x. The table of the engine fills in the languages.
_FEATURES = [
    ("`username=`, `password=`", "yes", "only without `token=`, on the endpoints for 1.x clients"),
    ("`token=`, `token_file=`", "`user:password` with `server=\"2.x\"`, on 1.8 and later", "yes"),
    ("every kind of data in `write`", "yes", "yes"),
    ("unsigned integers", "no", "yes"),
    ("`rp=`, `consistency=`", "yes", "no"),
    ("`on_reject=`", "has no effect", "yes"),
    ("every output, `into=` and `stream`", "yes", "yes, for both languages"),
    ("`tables=`, `columns=`, `pivot=`", "no", "for Flux"),
    ("`params=`", "yes", "yes, for both languages"),
    ("query text from a template", "`aioinflux.influxql`", "`aioinflux.flux`"),
    ("`show_measurements`, ...", "yes", "[most](#find-the-replacement-of-a-statement)"),
    ("`client.buckets`, ...", "[`health`](#find-the-replacement-of-a-noun)", "yes"),
    ("`delete`", "yes, without the points at `stop`", "yes, with the points at `stop`"),
    ("`ping`, `check`", "yes", "yes"),
    ("`UDPClient`", "yes", "no"),
]  # fmt: skip

# The tables of the engine have only the first two words of a statement.
_WORDS = {
    "RETENTION": "RETENTION POLICY",
    "CONTINUOUS": "CONTINUOUS QUERY",
    "SHOW CONTINUOUS": "SHOW CONTINUOUS QUERIES",
    "SHOW SHARD": "SHOW SHARD GROUPS",
}

_HEAD = """\
# What works where

After reading this page, you know which features work on which version of InfluxDB, and what
replaces a feature that your server lacks. The tables come from the source code of the client.

InfluxDB 3.x is not supported yet. If the first answer to a client comes from InfluxDB 3.x, the call
raises an error, and `server="3.x"` raises an error too. Only the functions that need no server
accept `server="3.x"`: they encode and parse lines by the rules of InfluxDB 3.x.

In the tables, 1.x means a client for 1.x, which is a client without a token. Such a client can also
use the endpoints of a 2.x server that are for 1.x clients, with the user name and password of a
[1.x-compatible authorization](https://docs.influxdata.com/influxdb/v2/reference/api/influxdb-1x/).

## Look up a feature
"""

_STATEMENTS = """
## Find the replacement of a statement

InfluxDB 2.x does not implement the following statements of InfluxQL. A client for 2.x raises an
error that names the replacement, and sends nothing. This applies to the text of a query and to the
methods, such as `create_database`.
"""

_NOUNS = """
## Find the replacement of a noun

A client for 1.x raises an error if a program calls a noun that 1.x lacks. The error names what 1.x
has instead, and nothing is sent.
"""

_ENDPOINTS = """
## Look up the endpoints

If a proxy or a firewall allows only certain requests, allow those in the following table. The nouns
of the administration use other endpoints of `/api/v2`.
"""


def literal(text: str) -> str:
    """Returns the value of a Rust string literal, without its quotes."""
    return re.sub(r"\\\n\s*", "", text).replace('\\"', '"')


def operations(text: str) -> list[tuple[str, list[list[str]]]]:
    """Returns the operations of the table in `mod.rs`; each operation has rows of cells: the
    property, and its value for each version family."""
    found: list[tuple[str, list[list[str]]]] = []
    for line in re.findall(r"^//! \| (.*) \|$", text, re.MULTILINE):
        cells = [cell.strip() for cell in line.split("|")]
        if head := re.match(r"\*\*(.*)\*\*: (.*)", cells[0]):
            found.append((head[1], []))
            cells[0] = head[2]
        if found:
            found[-1][1].append(cells)
    return found


def statements(text: str) -> list[tuple[str, str]]:
    """Returns the statements that 2.x lacks, each with its replacement."""
    constants = {
        name: literal(value)
        for name, value in re.findall(rf"^const (\w+): &str =\s*{_TEXT};", text, re.MULTILINE)
    }
    rows = text[text.index("const ROWS") : text.index("];", text.index("const ROWS"))]
    found = []
    for first, second, name, value in re.findall(rf'\("(\w+)", "(\w*)", (?:(\w+)|{_TEXT})\)', rows):
        replacement = constants[name] if name else literal(value)
        found.append((f"{first} {second}".strip(), replacement))
    return found


def nouns(text: str) -> list[tuple[str, str]]:
    """Returns the nouns, each with what 1.x has instead, or an empty text if 1.x has the noun."""
    names = dict(re.findall(r'Self::(\w+) => "(\w+)"', _function(text, "name")))
    available = set(re.findall(r"\(Dialect::V1, Self::(\w+)\)", _function(text, "check")))
    arm = rf"((?:Self::\w+[\s|]*)+)=> (?:{{\s*)?{_TEXT}"
    instead = {
        noun: literal(value).removeprefix("hint: ")
        for pattern, value in re.findall(arm, _function(text, "on_1x"))
        for noun in re.findall(r"Self::(\w+)", pattern)
    }
    return [(names[n], "" if n in available else instead[n]) for n in names]


def _function(text: str, name: str) -> str:
    start = text.index(f"fn {name}(")
    return text[start : text.index("\n    }\n", start)]


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Returns a table in Markdown."""
    lines = [f"| {' | '.join(cells)} |" for cells in [heads, *rows]]
    lines.insert(1, "|---" * len(heads) + "|")
    return "\n" + "\n".join(lines) + "\n"


def page(root: Path) -> str:
    """Returns the text of the page for a source tree."""
    mod, target, lacking, names = (
        (root / _DIALECT / name).read_text()
        for name in ("mod.rs", "target.rs", "v2/lacking.rs", "nouns.rs")
    )
    known = operations(mod)
    if "Dialect::V3 => Err(" not in target:
        raise ValueError(f"{_DIALECT}/target.rs no longer refuses 3.x: change {__file__}")
    return (
        _HEAD
        + table(["feature", "1.x", "2.x"], [*_languages(known), *map(list, _FEATURES)])
        + _STATEMENTS
        + table(["statement", "on 2.x"], _replacements(statements(lacking)))
        + _NOUNS
        + table(["noun", "on 1.x"], _instead(nouns(names)))
        + _ENDPOINTS
        + table(["request", "1.x", "2.x"], _requests(known))
    )


def _languages(known: list[tuple[str, list[list[str]]]]) -> list[list[str]]:
    rows = []
    for name, properties in known:
        if name.endswith(" query"):
            on_1x, on_2x = ("no" if cell == "-" else "yes" for cell in properties[0][1:3])
            rows.append([f"queries in {name.removesuffix(' query')}", on_1x, on_2x])
    return rows


def _replacements(found: list[tuple[str, str]]) -> list[list[str]]:
    rows = []
    for replacement, group in groupby(found, key=lambda one: one[1]):
        names = ", ".join(_whole(statement) for statement, _ in group)
        text = replacement.removeprefix("use ").removeprefix("there is ")
        rows.append([names, _code(text)])
    return rows


def _instead(found: list[tuple[str, str]]) -> list[list[str]]:
    return [[f"`{name}`", instead or "the same call, on 1.8 and later"] for name, instead in found]


def _whole(statement: str) -> str:
    last = statement.split(" ")[-1]
    return _WORDS.get(statement) or statement.replace(last, _WORDS.get(last, last))


def _code(text: str) -> str:
    """Puts `client.` before the names of nouns and calls."""
    return re.sub(r"`([a-z]+)`", r"`client.\1`", text)


def _requests(known: list[tuple[str, list[list[str]]]]) -> list[list[str]]:
    rows = []
    for name, properties in known:
        for cells in properties:
            head = f"**{name}**: {cells[0]}" if cells is properties[0] else cells[0]
            rows.append([head, cells[1], cells[2].replace("V1", "1.x")])
    return rows


def main() -> None:
    (ROOT / PAGE).write_text(page(ROOT))


if __name__ == "__main__":
    main()
