"""Tests that there are no import cycles between modules, apart from those listed here."""

from __future__ import annotations

from pathlib import Path

import pytest

from circles import of_crate, of_package

ROOT = Path(__file__).resolve().parent.parent
# The known cycles in `crates/python/src`: one file in each cycle, with the reason why the cycle
# remains.
KNOWN = {
    "call.rs": "a request is driven by a task, which fills the inbox that its caller waits at",
    "errors.rs": "an error holds the answer that came before it, and out/ raises errors",
}


@pytest.mark.parametrize("crate", ["line", "client"])
def test_crates_have_no_circles(crate: str) -> None:
    assert of_crate(ROOT / "crates" / crate / "src") == []


def test_the_circles_of_the_python_crate_are_those_that_are_listed() -> None:
    found = of_crate(ROOT / "crates/python/src")
    names = [[name for name in circle if name in KNOWN] for circle in found]
    assert all(len(one) == 1 for one in names), found
    assert sorted(one[0] for one in names) == sorted(KNOWN)


def test_the_package_has_no_circles() -> None:
    assert of_package(ROOT / "python/aioinflux") == []


def write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        file = root / f"{name.replace('__', '/')}.rs"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return root


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("use crate::b::B;", "use crate::a::A;"),
        ("use crate::{\n    b::{self, B},\n};", "fn f() -> crate::a::A {}"),
        ("fn f() { super::b::g() }", "use super::a::{A, f as g};"),
        # The root module of the crate re-exports the name, unchanged or as an alias.
        ("use crate::B;", "use crate::Alias;"),
    ],
)
def test_circles_of_files_are_seen(tmp_path: Path, a: str, b: str) -> None:
    lib = "mod a;\nmod b;\npub use a::A as Alias;\npub use b::*;\n"
    assert of_crate(write(tmp_path, lib=lib, a=a, b=b + "\npub struct B;")) == [["a.rs", "b.rs"]]


def test_circles_of_a_file_and_those_below_it_are_seen(tmp_path: Path) -> None:
    files = {"lib": "mod a;", "a": "mod b;\nstruct A;\nfn f() { b::g() }", "a__b": "use super::A;"}
    assert of_crate(write(tmp_path, **files)) == [["a.rs", "a/b.rs"]]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("use crate::b::B;", ""),
        ("use crate::b::B;", '//! See `crate::a::A`.\nconst TEXT: &str = "crate::a::A";'),
        ("use crate::b::B;", "#[cfg(test)]\nmod tests { use crate::a::A; }"),
        ("use crate::b::B;", "pub(in crate::a) fn f() {}"),
        ("use crate::b::B;", "pub use crate::a::A;"),
        ("use crate::b::B;", "use other::a::A;"),
    ],
)
def test_what_is_no_use_is_none(tmp_path: Path, a: str, b: str) -> None:
    files = {"lib": "mod a;\nmod b;", "a": a + "\npub struct A;", "b": b + "\n"}
    assert of_crate(write(tmp_path, **files)) == []


def test_circles_of_python_are_seen(tmp_path: Path) -> None:
    package = tmp_path / "p"
    (package / "q").mkdir(parents=True)
    (package / "__init__.py").write_text("from .a import A\n")
    (package / "a.py").write_text("from . import b\n")
    (package / "b.py").write_text("def f():\n    from .q.c import C\n")
    (package / "q/__init__.py").write_text("")
    (package / "q/c.py").write_text("from ..a import A\n")
    assert of_package(package) == [["p.a", "p.b", "p.q.c"]]
    (package / "q/c.py").write_text("if TYPE_CHECKING:\n    from ..a import A\n")
    assert of_package(package) == []
