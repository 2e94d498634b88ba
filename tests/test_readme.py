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
    # One program, as a reader would type it. The only changes: the port of the private server, and
    # that of nobody instead of the usual one for UDP.
    program = "\n".join(codes).replace("InfluxDBClient(", f"InfluxDBClient(port={server.port}, ")
    program = program.replace('"localhost", 8089', '"localhost", 9')
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
    # `text` shows what a program prints. Rust blocks are doc tests too, which compile them.
    assert languages <= {"python", "rust", "rust,no_run", "sh", "text"}
    for page in PAGES[1:]:
        assert not blocks(page, "rust"), page


def test_readme_belongs_to_the_doc_tests_of_the_crate() -> None:
    texts = [source.read_text() for source in (ROOT / "crates/client/src").rglob("*.rs")]
    assert any("include_str!" in text and "README.md" in text for text in texts)


MANIFEST = """
[package]
name = "readme"
edition = "2024"

[dependencies]
aioinflux = {{ path = "{root}/crates/client" }}
tokio = {{ version = "1", features = ["rt-multi-thread", "macros"] }}

[workspace]
"""


# The crate and what it needs may have to be built for it once.
@pytest.mark.timeout(300)
def test_rust_blocks_run(server: Influxd, tmp_path: Path) -> None:
    (code,) = blocks("README.md", "rust")
    (tmp_path / "src").mkdir()
    program = code.replace("localhost:8086", f"127.0.0.1:{server.port}")
    (tmp_path / "src/main.rs").write_text(program)
    (tmp_path / "Cargo.toml").write_text(MANIFEST.format(root=ROOT))
    (tmp_path / "Cargo.lock").write_text((ROOT / "Cargo.lock").read_text())
    done = subprocess.run(
        ["cargo", "run", "--quiet", "--target-dir", str(ROOT / "target")],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "1 written, 0 skipped" in done.stdout
    assert "0.64" in done.stdout
