"""Tests that the page "What works where" is what `tools/servers_page.py` writes, and that the names
on it exist."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

from aioinflux import InfluxDBClient

ROOT = Path(__file__).parent.parent
DIALECT = Path("crates/client/src/dialect")


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("servers_page", ROOT / "tools/servers_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


tool = _tool()


def _source(name: str) -> str:
    return (ROOT / DIALECT / name).read_text()


def test_the_page_is_what_the_tool_writes() -> None:
    assert (ROOT / tool.PAGE).read_text() == tool.page(ROOT), "run tools/servers_page.py"


@pytest.mark.parametrize(
    ("file", "old", "new", "shown"),
    [
        ("mod.rs", "`POST /api/v2/query`", "`POST /planted`", "`POST /planted`"),
        ("v2/lacking.rs", '("DROP", "SERIES"', '("DROP", "PLANTED"', "| DROP PLANTED |"),
        ("nouns.rs", "1.x has nothing similar", "planted", "| `labels` | planted |"),
    ],
)
def test_a_change_of_the_engine_changes_the_page(
    tmp_path: Path, file: str, old: str, new: str, shown: str
) -> None:
    shutil.copytree(ROOT / DIALECT, tmp_path / DIALECT)
    changed = tmp_path / DIALECT / file
    assert old in changed.read_text()
    changed.write_text(changed.read_text().replace(old, new))
    assert shown in tool.page(tmp_path)
    assert shown not in tool.page(ROOT)


def test_no_row_of_the_engine_is_lost() -> None:
    lacking = _source("v2/lacking.rs")
    rows = lacking[lacking.index("const ROWS") : lacking.index("];")]
    assert len(tool.statements(lacking)) == len(re.findall(r"^ +\(", rows, re.MULTILINE))
    variants = re.search(r"enum Noun \{(.*?)\}", _source("nouns.rs"), re.DOTALL)
    assert variants is not None
    assert len(tool.nouns(_source("nouns.rs"))) == len(re.findall(r"\w+,", variants[1]))
    lines = re.findall(r"^//! \|", _source("mod.rs"), re.MULTILINE)
    assert sum(len(rows) for _, rows in tool.operations(_source("mod.rs"))) == len(lines) - 2


def test_the_calls_on_the_page_exist() -> None:
    text = tool.page(ROOT)
    calls = set(re.findall(r"`client\.(\w+)`", text)) | set(re.findall(r"\(`(\w+)`\)", text))
    calls |= {name for name, _ in tool.nouns(_source("nouns.rs"))}
    assert len(calls) > 10
    assert [name for name in sorted(calls) if not hasattr(InfluxDBClient, name)] == []
