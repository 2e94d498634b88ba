"""Tests that every code block in the README and in the manual runs unchanged."""

from __future__ import annotations

import ast
import contextlib
import itertools
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

import aioinflux
import manual_2x
import own_host
import pages
import servers
from influxd import Influxd
from pages import PAGES, ROOT, of_page


@pytest.fixture
def server() -> Any:
    """The pages get a separate server, because the blocks use the databases and users that they
    name."""
    with Influxd() as one:
        yield one


def _cases() -> list[Any]:
    """Returns each reading of each page, and for InfluxDB 2.x where its answers come from."""
    cases = []
    for page in PAGES:
        for number, reading in enumerate(pages.readings(of_page(page))):
            is_2x = any(block.runs and pages.is_2x(page, block) for block in reading)
            sources = ["recorded", *servers.NAMES[1:]] if is_2x else [None]
            cases += [(page, number, source) for source in sources]
    return cases


@pytest.mark.parametrize(("page", "reading", "source"), _cases())
def test_python_blocks_run_and_print_what_is_shown(
    page: str, reading: int, source: str | None, server: Influxd, tmp_path: Path
) -> None:
    found = pages.readings(of_page(page))[reading]
    codes = [block for block in found if block.runs]
    if page == "README.md":
        assert len(codes) >= 4
    with contextlib.ExitStack() as stack:
        server_2x = None
        if source == "recorded":
            server_2x = stack.enter_context(manual_2x.recorded(page, reading))
        elif source is not None:
            server_2x = manual_2x.live()
        printed = dict(zip(codes, pages.run(page, codes, server, tmp_path, server_2x), strict=True))
    for block, following in itertools.pairwise(found):
        if following.title == "output":
            assert (following.line, printed[block]) == (following.line, following.code)


def test_a_request_that_was_not_recorded_is_told(server: Influxd, tmp_path: Path) -> None:
    page = pages.PAGES_2X[0]
    text = (
        "```python\nfrom aioinflux import InfluxDBClient\n"
        'client = InfluxDBClient("http://localhost:8086", token="my-token", bucket="my-bucket",'
        ' server="2.x", mode="blocking")\nclient.write("unknown f=1 0")\n```\n'
    )
    with (
        manual_2x.recorded(page, 0) as server_2x,
        pytest.raises(AssertionError, match="not recorded: POST /api/v2/write"),
    ):
        pages.run(page, pages.blocks(text), server, tmp_path, server_2x)


@pytest.mark.parametrize("page", PAGES)
def test_python_blocks_for_other_clients_are_python(page: str) -> None:
    for block in of_page(page):
        if block.language == "python":
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            compile(block.code, f"{page}:{block.line}", "exec", flags=flags)


def test_a_block_that_fails_is_told_by_its_line(server: Influxd, tmp_path: Path) -> None:
    text = "# Page\n\n```python\nx = 1\n```\n\ntext\n\n```python\n\nassert x == 2\n```\n"
    with pytest.raises(AssertionError, match=r'"docs/page.md", line 11, in <module>'):
        pages.run("docs/page.md", pages.blocks(text), server, tmp_path)


def test_blocks_are_told_apart_by_their_titles() -> None:
    text = (
        '```python\na\n```\n```python title="influxdb-python"\nb\n```\n'
        '```python title="aioinflux"\nc\n```\n'
        "* item\n\n    ```python\n    if d:\n        e\n    ```\n"
        '```text title="output"\nf\n```\n'
    )
    found = pages.blocks(text)
    assert [block.code for block in found if block.runs] == ["a\n", "c\n", "if d:\n    e\n"]
    assert (found[-1].title, found[-1].line) == ("output", 17)
    with pytest.raises(ValueError, match="hidden"):
        pages.blocks("```python hidden\na\n```\n")


def test_a_page_with_tabs_is_read_once_for_each_of_them() -> None:
    tab = '=== "{0}"\n\n    text\n\n    ```python\n    {0}\n    ```\n\n'
    block = "```python\n{}\n```\n\n"
    text = tab.format("a") + tab.format("b") + block.format("c") + tab.format("d") + tab.format("e")
    readings = pages.readings(pages.blocks(text))
    assert [[block.code for block in one] for one in readings] == [
        ["a\n", "c\n", "d\n"],
        ["b\n", "c\n", "e\n"],
    ]
    assert len(pages.readings(pages.blocks(block.format("c")))) == 1


def test_what_a_page_loads_from_another_host_is_found(tmp_path: Path) -> None:
    page, style = tmp_path / "page.html", tmp_path / "style.css"
    page.write_text(
        '<link rel="canonical" href="https://a.example/"><a href="https://b.example/">b</a>'
        '<script src="//c.example/c.js"></script><img src="own.svg">'
        '<link rel="stylesheet" href="https://d.example/d.css"><p>from_url("http://e.example")</p>'
    )
    style.write_text('@import "https://f.example/f.css"; p { background: url(//g.example/g.png) }')
    assert list(own_host.foreign(page)) == ["//c.example/c.js", "https://d.example/d.css"]
    assert list(own_host.foreign(style)) == ["https://f.example/f.css", "//g.example/g.png"]


def test_shell_blocks_of_the_readme_name_targets_that_exist() -> None:
    listed = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True)
    commands = "".join(b.code for b in of_page("README.md") if b.language == "sh").splitlines()
    assert {"make demo", "make test"} <= {line.split("#")[0].strip() for line in commands}
    for line in commands:
        command = line.split("#")[0].strip()
        known = [row.split("  ")[0].strip() for row in listed.stdout.splitlines()]
        assert command in known or command.startswith(("pip install", "git clone")), command


def test_every_block_has_a_language_that_is_run() -> None:
    for page in PAGES:
        for block in of_page(page):
            # A block with the language `text` shows what a program prints. Blocks of Rust code are
            # also compiled as doc tests.
            assert block.language in ("python", "rust", "rust,no_run", "sh", "text"), page
            assert page == "README.md" or not block.language.startswith("rust"), page
            if block.language == "text":
                assert block.title in ("", "output"), page


def test_every_page_is_in_the_table_of_contents() -> None:
    listed = re.findall(r"^ +- ([\w-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(path.name for path in (ROOT / "docs").glob("*.md"))


def test_the_reference_has_every_public_name() -> None:
    text = (ROOT / "docs/reference.md").read_text()
    names = re.findall(r"^::: aioinflux\.(\w+)$", text, re.MULTILINE)
    assert len(names) == len(set(names))
    # The manual lists the markers of typed points in the table of their own page.
    public = {name for name in aioinflux.__all__ if not name.isupper()}
    assert public - {"__version__"} <= set(names)


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


# The crate and its dependencies may have to be built first, which takes a long time.
@pytest.mark.timeout(300)
def test_rust_blocks_run(server: Influxd, tmp_path: Path) -> None:
    (code,) = [b.code for b in of_page("README.md") if b.language.startswith("rust")]
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
