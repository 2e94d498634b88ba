"""Every code block of the README and of the manual runs as it stands."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from influxd import Influxd
from support import run_python

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = ["README.md", *(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md")))]


def blocks(page: str, language: str) -> list[str]:
    found = BLOCK.findall((ROOT / page).read_text())
    return [code for kind, code in found if kind.split(",")[0] == language]


@pytest.fixture
def server() -> Any:
    """A server of its own: the blocks use the database `testdb`."""
    with Influxd() as one:
        yield one


@pytest.mark.parametrize("page", PAGES)
def test_python_blocks_run(page: str, server: Influxd) -> None:
    codes = blocks(page, "python")
    if page == "README.md":
        assert len(codes) >= 4
    # One program, as a reader would type it. The only change: the port of the private server.
    program = "\n".join(codes).replace(
        "AsyncInfluxDBClient(", f"AsyncInfluxDBClient(port={server.port}, "
    )
    child = run_python(program.replace(", )", ")"), options=("-W", "error"))
    _, err = child.communicate(timeout=50)
    assert (child.returncode, err) == (0, "")


def test_shell_blocks_of_the_readme_name_targets_that_exist() -> None:
    listed = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True)
    commands = "".join(blocks("README.md", "sh")).splitlines()
    assert {"make demo", "make test"} <= {line.split("#")[0].strip() for line in commands}
    for line in commands:
        command = line.split("#")[0].strip()
        known = [row.split("  ")[0].strip() for row in listed.stdout.splitlines()]
        assert command in known or command.startswith(("pip install", "git clone")), command


def test_every_block_has_a_language_that_is_run() -> None:
    languages = {kind for page in PAGES for kind, _ in BLOCK.findall((ROOT / page).read_text())}
    # `text` shows what a program prints; cargo runs the Rust blocks of the README as doc tests.
    assert languages <= {"python", "rust", "rust,no_run", "sh", "text"}
    for page in PAGES[1:]:
        assert not blocks(page, "rust"), page


def test_readme_belongs_to_the_doc_tests_of_the_crate() -> None:
    sources = (ROOT / "crates/client/src").rglob("*.rs")
    assert any(
        "include_str!" in text and "README.md" in text for text in map(Path.read_text, sources)
    )
