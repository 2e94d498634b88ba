"""Tests that docstrings are complete, not repeated, and visible wherever people look for them."""

from __future__ import annotations

import inspect
import operator
import pydoc
import re
from pathlib import Path

import pytest

import aioinflux
from aioinflux import AsyncInfluxDBClient, InfluxDBClient, _core, exceptions
from repeated import of_python, of_tree, repeated

FACES = (AsyncInfluxDBClient, InfluxDBClient)
METHODS = [(face, name) for face in FACES for name in dir(face) if not name.startswith("_")]
ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(("face", "name"), METHODS)
def test_docstring_starts_with_one_sentence(face: type, name: str) -> None:
    doc = inspect.getdoc(inspect.getattr_static(face, name))
    assert doc
    assert re.match(r"[A-Z`][^\n]*[.]", doc), doc


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    ("name", "sections"),
    [
        ("__init__", ["Args:", "Raises:"]),
        ("ping", ["Returns:", "Raises:", "Source:"]),
        ("write", ["Args:", "Returns:", "Raises:", "Source:"]),
        ("query", ["Args:", "Returns:", "Raises:", "Source:"]),
    ],
)
def test_docstring_has_its_sections(face: type, name: str, sections: list[str]) -> None:
    doc = inspect.getdoc(getattr(face, name)) or ""
    places = [doc.find(section) for section in sections]
    assert -1 not in places
    assert places == sorted(places)


# Matches docstrings that refer to another function for the description of some arguments.
OTHERS = re.compile(r"The other arguments are those of `([\w.]+)`\.")


@pytest.mark.parametrize(
    "name",
    [
        *(f"{face.__name__}.{name}" for face in FACES for name in ("__init__", "write", "query")),
        "InfluxDBClient.stream",
        "UDPClient",
        "UDPClient.write",
        "line_batches",
        "parse_line_protocol",
        "parse_response",
        "to_line_protocol",
    ],
)
def test_docstring_names_every_argument(name: str) -> None:
    function = operator.attrgetter(name)(aioinflux)
    doc = inspect.getdoc(function) or ""
    others = OTHERS.search(doc)
    if others:
        owner = aioinflux if hasattr(aioinflux, others[1].split(".")[0]) else InfluxDBClient
        doc += inspect.getdoc(operator.attrgetter(others[1])(owner)) or ""
    for argument in inspect.signature(function).parameters:
        if argument not in ("self", "kwargs"):
            assert re.search(rf"^ +\**{argument}: ", doc, re.MULTILINE), argument


@pytest.mark.parametrize("name", exceptions.__all__)
def test_exception_has_a_docstring(name: str) -> None:
    assert getattr(exceptions, name).__doc__


def test_no_docstring_repeats_another_one() -> None:
    assert repeated(list(of_tree(ROOT))) == {}


# A sample docstring that is repeated in several places: in Python, in the stubs, and in Rust.
PYTHON = '''
class Client:
    def write(self):
        """Writes points.

        Args:
            a: One,
                and two.
            b: Three.
        """
'''
STUBS = '''
def write() -> None:
    """Writes.

    Args:
        a: One,
            and two.
        b: Three.
    """
'''
RUST = """
    /// Writes lines.
    ///
    /// Args:
    ///     a: One,
    ///         and two.
    ///     b: Three.
    #[pyfunction]
"""


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("python/aioinflux/one.py", PYTHON, "Client.write"),
        ("python/aioinflux/_core.pyi", STUBS, "write"),
        ("crates/python/src/one.rs", RUST, "2"),
    ],
)
def test_repeated_docstrings_are_found(tmp_path: Path, path: str, text: str, name: str) -> None:
    for file, content in (("python/aioinflux/sub/two.py", PYTHON), (path, text)):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(content)
    expected = {f"{path}:{name}", "python/aioinflux/sub/two.py:Client.write"}
    found = repeated(list(of_tree(tmp_path))).values()
    assert found
    assert all(set(places) == expected for places in found)


def test_two_equal_lines_and_headings_are_no_repetition(tmp_path: Path) -> None:
    package = tmp_path / "python/aioinflux"
    package.mkdir(parents=True)
    (package / "one.py").write_text(PYTHON)
    (package / "two.py").write_text(PYTHON.replace("Three", "Four").replace("points", "lines"))
    assert repeated(list(of_tree(tmp_path))) == {}


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("name", ["__init__", "write", "query"])
def test_help_shows_the_whole_docstring_of_a_method_of_both_faces(face: type, name: str) -> None:
    shown = pydoc.render_doc(face, renderer=pydoc.plaintext)
    doc = inspect.getdoc(getattr(face, name)) or ""
    assert all(line.strip() in shown for line in doc.splitlines())
    assert doc.splitlines()[-1] in pydoc.render_doc(getattr(face, name))


def test_the_native_module_has_the_docstrings_of_its_stubs() -> None:
    stubs = dict(of_python(ROOT / "python/aioinflux/_core.pyi"))
    del stubs[""]
    assert {"Table", "Table.plot", "Rows", "Batch", "to_line_protocol"} <= set(stubs)
    for name, docstring in stubs.items():
        assert inspect.getdoc(operator.attrgetter(name)(_core)) == docstring, name
