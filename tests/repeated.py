"""Finds text that is repeated in the docstrings of the package, of its stubs, and of the Rust
source of the native module."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

# If two docstrings have `REPEATED` consecutive lines in common, the lines count as a repetition.
# The headings of docstring sections do not count as lines.
REPEATED = 3

_HEADING = re.compile(r"(Args|Returns|Raises|Attributes|Example|Source):$|```")


def of_python(path: Path) -> Iterator[tuple[str, str]]:
    """Yields the name and the docstring of each module, class and function in a Python file."""

    def walk(node: ast.AST, name: str) -> Iterator[tuple[str, str]]:
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            name = f"{name}.{getattr(node, 'name', '')}".strip(".")
            docstring = ast.get_docstring(node)
            if docstring:
                yield name, docstring
        for child in ast.iter_child_nodes(node):
            yield from walk(child, name)

    return walk(ast.parse(path.read_text()), "")


def of_rust(path: Path) -> Iterator[tuple[str, str]]:
    """Yields the number of the first line and the text of each documentation comment in a Rust
    file."""
    lines = enumerate(path.read_text().splitlines(), 1)
    for is_doc, group in itertools.groupby(lines, lambda one: one[1].lstrip().startswith("///")):
        if is_doc:
            block = list(group)
            texts = (text.lstrip()[3:].removeprefix(" ") for _, text in block)
            yield str(block[0][0]), "\n".join(texts)


def of_tree(root: Path) -> Iterator[tuple[str, str]]:
    """Yields the place and the text of every docstring below the root of the source tree."""
    package, crate = root / "python/aioinflux", root / "crates/python/src"
    for path in sorted([*package.rglob("*.py"), *package.rglob("*.pyi"), *crate.rglob("*.rs")]):
        read = of_rust if path.suffix == ".rs" else of_python
        for name, docstring in read(path):
            yield f"{path.relative_to(root)}:{name}", docstring


def repeated(docstrings: list[tuple[str, str]]) -> dict[tuple[str, ...], list[str]]:
    """Returns the runs of consecutive lines that occur in several docstrings, each with the places
    of these docstrings."""
    found: dict[tuple[str, ...], list[str]] = {}
    for place, docstring in docstrings:
        stripped = (line.strip() for line in docstring.splitlines())
        lines = [line for line in stripped if line and not _HEADING.match(line)]
        runs = {tuple(lines[at : at + REPEATED]) for at in range(len(lines) - REPEATED + 1)}
        for run in runs:
            found.setdefault(run, []).append(place)
    return {run: places for run, places in found.items() if len(places) > 1}
