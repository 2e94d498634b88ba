"""Finds the blocks of code in the pages of the manual, and runs them.

A Python block runs after the blocks that precede it on its page, unless its title says that it is
for another client. A text block with the title `output` shows what the preceding block prints.

If a page has groups of tabs (pandas and polars, async and blocking), a reader follows only one tab
of each group. Therefore a page with tabs runs once with the first tab in each group of tabs, and
once with the second tab.

Blocks run on a private InfluxDB 1.x, except those for InfluxDB 2.x: blocks with this title, and all
blocks of the pages in `PAGES_2X`. See `manual_2x`.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from influxd import Influxd
from manual_2x import Server2x
from support import run_python

ROOT = Path(__file__).resolve().parent.parent
PAGES = ["README.md", *(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md")))]

PAGES_2X = ["docs/influxdb2.md", "docs/migrate-influxdb-client.md"]

_BLOCK = re.compile(r"^( *)```(\S*)([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_TAB = re.compile(r'^=== "[^"]+"\n', re.MULTILINE)
_INSIDE = re.compile(r"(?:(?: {4}[^\n]*)?\n)*")
_TITLE = re.compile(r'^ title="([^"]*)"$')
# The titles of the blocks that are for our own client.
_ON_2X = "InfluxDB 2.x"
_OURS = ("", "aioinflux", _ON_2X)


@dataclass(frozen=True)
class Block:
    """A block of code; the attribute `line` is the number of its first line on the page, counted
    from 1.

    The attribute `tab` is the index of the block's tab in its group of tabs, counted from 0, or
    `None` if the block is outside all tabs.
    """

    language: str
    title: str
    code: str
    line: int
    tab: int | None = None

    @property
    def runs(self) -> bool:
        return self.language == "python" and self.title in _OURS


def blocks(text: str) -> list[Block]:
    """Returns all blocks of a page in the order in which they appear."""
    found = []
    tabs = tabs_of(text)
    for match in _BLOCK.finditer(text):
        indent, language, more, code = match.groups()
        title = _TITLE.match(more)
        if more and not title:
            raise ValueError(f"expected nothing or a title after the language, got `{more}`")
        line = text.count("\n", 0, match.start()) + 2
        code = "".join(row.removeprefix(indent) for row in code.splitlines(keepends=True))
        tab = tabs.get(match.start())
        found.append(Block(language, title.group(1) if title else "", code, line, tab))
    return found


def tabs_of(text: str) -> dict[int, int]:
    """Returns a dict that maps each character position inside a tab to the index of the tab in its
    group."""
    found: dict[int, int] = {}
    before, place = -1, 0
    for head in _TAB.finditer(text):
        inside = _INSIDE.match(text, head.end())
        end = inside.end() if inside else head.end()
        place = place + 1 if head.start() == before else 0
        found |= dict.fromkeys(range(head.end(), end), place)
        before = end
    return found


def readings(found: list[Block]) -> list[list[Block]]:
    """Returns one list of blocks for each way to read a page: all blocks outside tabs, and the
    blocks of one tab in each group."""
    count = max((block.tab + 1 for block in found if block.tab is not None), default=1)
    return [[block for block in found if block.tab in (None, n)] for n in range(count)]


def is_2x(page: str, block: Block) -> bool:
    """Returns whether a block of a page is for InfluxDB 2.x."""
    return page in PAGES_2X or block.title == _ON_2X


def of_page(page: str) -> list[Block]:
    """Returns all blocks of a page in this source tree."""
    return blocks((ROOT / page).read_text())


# Runs the blocks of a page as a reader would type them, in a single namespace. Only the names of
# the server are changed: the port becomes the port of the private server. Each block keeps its
# position on the page, so that error messages name the right line.
_RUNNER = """
import ast, asyncio, contextlib, inspect, io, json, sys, types

page, codes = sys.argv[1], json.load(sys.stdin)

import aioinflux

clients = (aioinflux.AsyncInfluxDBClient, aioinflux.InfluxDBClient)
defaults = [client.__init__.__defaults__ for client in clients]

main = types.ModuleType("__main__")
sys.modules["__main__"] = main
printed = []
for line, code, port in codes:
    for client, values in zip(clients, defaults):
        if port is not None:
            values = tuple(port if value == 8086 else value for value in values)
        client.__init__.__defaults__ = values
    text = "\\n" * (line - 1) + code
    program = compile(text, page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        # In a notebook a block may await.
        value = eval(program, main.__dict__)
        if inspect.iscoroutine(value):
            asyncio.run(value)
    printed.append(out.getvalue())
print(json.dumps(printed))
"""


def run(
    page: str, codes: list[Block], server: Influxd, folder: Path, server_2x: Server2x | None = None
) -> list[str]:
    """Runs the blocks in a new process, with `folder` as its working directory, and returns what
    each block printed."""
    child = run_python(_RUNNER, page, options=("-W", "error"), folder=folder, MPLBACKEND="Agg")
    told: list[tuple[int, str, int | None]] = []
    port: int | None
    for block in codes:
        if is_2x(page, block):
            assert server_2x is not None, f"{page}, line {block.line}: needs InfluxDB 2.x"
            # These blocks name the server by its URL.
            code, port = server_2x.fill(block.code), None
        else:
            # The usual port for UDP becomes one where nobody listens.
            port = server.port
            code = block.code.replace("8086", str(port)).replace("8089", "9")
        told.append((block.line, code, port))
    try:
        out, err = child.communicate(json.dumps(told), timeout=50)
    except subprocess.TimeoutExpired:
        child.kill()
        raise
    assert (child.returncode, err) == (0, ""), err
    printed: list[str] = json.loads(out)
    return printed
