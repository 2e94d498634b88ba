"""Tests that the rules of ARCHITECTURE.md hold, and that a deliberate violation of each rule is
found."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from architecture import (
    CLIENT,
    DIALECT,
    EFFECTFUL,
    PROTECTS,
    SERVER,
    UNSAFE_FILES,
    unprotected,
    violations,
)

ROOT = Path(__file__).resolve().parent.parent


def test_rules_hold() -> None:
    assert violations(ROOT) == []


def test_the_files_of_the_rules_exist() -> None:
    for name in ("config", "dialect", *EFFECTFUL):
        file, directory = ROOT / CLIENT / f"{name}.rs", ROOT / CLIENT / name
        assert file.exists() or directory.exists(), name
    for name in (SERVER, DIALECT):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize(
    ("file", "code", "rule"),
    [
        ("dialect.rs", "use tokio::time::Duration;", "pure file"),
        ("decode/planted.rs", "pub async fn f() { tokio::task::yield_now().await }", "pure file"),
        ("error.rs", "impl From<hyper::Error> for Error {}", "pure file"),
        ("client.rs", "use hyper_util::rt::TokioIo;", "http/ only"),
        ("client.rs", "use hyper::body::Incoming;", "http/ only"),
        ("http/mod.rs", "if dialect == Dialect::V3 { return }", "dialect and config only"),
        ("http/mod.rs", "use pyo3::Python;", "pyo3"),
        ("../../line/src/lib.rs", "use tokio::sync::Mutex;", "pure file"),
        ("../../python/src/lib.rs", "if d == Dialect::V2 {}", "dialect and config only"),
        ("../../line/src/dialect.rs", "impl Default for Dialect {}", "has no default"),
        ("../../line/src/dialect.rs", "#[default]", "has no default"),
        ("../../line/src/rows/mod.rs", "unsafe fn f() {}", "unsafe code"),
        ("decode/table/columns.rs", "fn f(p: *const u8) -> u8 { unsafe { *p } }", "unsafe code"),
        ("../../python/src/client.rs", '#![expect(unsafe_code, reason = "")]', "unsafe code"),
    ],
)
def test_a_planted_violation_is_seen(tmp_path: Path, file: str, code: str, rule: str) -> None:
    shutil.copytree(ROOT / "crates", tmp_path / "crates")
    planted = tmp_path / CLIENT / file
    planted.parent.mkdir(exist_ok=True)
    text = planted.read_text() if planted.exists() else ""
    planted.write_text(f"{code}\n{text}")
    found = violations(tmp_path)
    assert found
    assert all(":1: " in place for place in found)
    assert any(rule in place for place in found)


def test_unsafe_code_is_denied_and_its_files_give_their_reasons() -> None:
    assert 'unsafe_code = "deny"' in (ROOT / "Cargo.toml").read_text()
    for crate in ("line", "client", "python"):
        manifest = (ROOT / "crates" / crate / "Cargo.toml").read_text()
        assert "[lints]\nworkspace = true" in manifest, crate
    for name in UNSAFE_FILES:
        text = (ROOT / name).read_text()
        assert re.search(r'expect\(\s*unsafe_code,\s*reason = "[^"]{20,}"', text), name
        places = re.findall(r"\bunsafe (?:\{|impl\b)", text)
        assert text.count("// SAFETY: ") == len(places) > 0, name


def test_functions_that_python_calls_protect_their_thread() -> None:
    assert unprotected(ROOT) == []


def test_a_function_that_does_not_protect_its_thread_is_seen(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "crates/python", tmp_path / "crates/python")
    expected = []
    for file in sorted((tmp_path / "crates/python/src").glob("**/*.rs")):
        text = file.read_text()
        # Python also calls the code that frees an object, but that code is outside the
        # `#[pymethods]` blocks.
        functions = re.findall(rf"fn (\w+)[^{{}}]*\{{\n\s*{re.escape(PROTECTS)}", text)
        name = file.relative_to(tmp_path).as_posix()
        expected += [f"{name}: {function}" for function in functions if function != "drop"]
        file.write_text(text.replace(PROTECTS, ""))
    assert len(expected) > 60
    assert sorted(unprotected(tmp_path)) == sorted(expected)


def test_a_comment_is_no_violation(tmp_path: Path) -> None:
    planted = tmp_path / CLIENT / "config.rs"
    planted.parent.mkdir(parents=True)
    planted.write_text("//! Knows nothing of tokio and hyper.\npub struct Config; // no tokio\n")
    assert violations(tmp_path) == []


def test_crates_look_down_only() -> None:
    below = {"line": set(), "client": {"aioinflux-line"}, "python": {"aioinflux"}}
    for crate, allowed in below.items():
        manifest = (ROOT / "crates" / crate / "Cargo.toml").read_text()
        _, _, dependencies = manifest.partition("[dependencies]\n")
        ours = set(re.findall(r"^(aioinflux[\w-]*)", dependencies.split("\n[")[0], re.MULTILINE))
        assert ours <= allowed, crate


def test_python_face_has_no_loop_over_data_in_the_client() -> None:
    text = (ROOT / "python/aioinflux/client.py").read_text()
    assert "import pandas" not in text
    assert "import numpy" not in text
