"""Draws random sentences from this source tree, for readers who look for sentences that are hard to
read.

    .venv/bin/python tools/sentences.py 18

This command draws 40 sentences from each of three groups, and prints each sentence with its file
and line. The groups are the README and `docs/`; public docstrings and rustdoc; comments and
internal documentation. The same seed draws the same sentences as long as no file changes. The
command leaves out code, tables, headings, and instructions to tools.
"""

from __future__ import annotations

import argparse
import ast
import io
import random
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
COUNT = 40
_CODE = ("crates", "python", "tests", "tools", "benchmarks", "examples", "fuzz")
_FENCE = re.compile(r"\s*(```|~~~)")
# Matches lines that contain no sentences: headings, table rows, HTML, rules, and the directives of
# the reference page.
_OTHER = re.compile(
    r"\s*([#|<]|>>>|:::|$|[-=+*_]{3,}$|(Args|Returns|Raises|Yields|Example):$|Source:)"
)
# Matches Python comments that are instructions to a tool.
_DIRECTIVE = re.compile(r"#\s*(type:|noqa|fmt:|pragma)")
# Matches lines that begin a paragraph: list items, and items in the sections of a docstring.
_ITEM = re.compile(r"\s*([-*]|\d+\.) |\s+[*\w, ]+: ")
_END = re.compile(r"[.!?]['\"`)]*\s+(?=[A-Z0-9`\"'(\[])|$")
_RUST = re.compile(r"\s*(//[/!]?)(?!/) ?(.*)")
_PUBLIC = re.compile(r"\s*pub (?!use|mod)")
_ENUM = re.compile(r"\s*(pub )?enum ")

Line = tuple[int, str]


@dataclass(frozen=True, order=True)
class Sentence:
    """A sentence, with the file and the line where it begins."""

    path: str
    line: int
    text: str


def sentences(path: str, lines: Iterable[Line]) -> Iterator[Sentence]:
    """Yields the sentences in lines of text; each line comes with its number."""
    for paragraph in _paragraphs(lines):
        text = " ".join(line.strip() for _, line in paragraph)
        start = 0
        for end in _END.finditer(text):
            sentence = text[start : end.end()].strip()
            if len(re.findall(r"[a-z]{2,}", sentence)) >= 3:
                yield Sentence(path, _line_of(paragraph, start), sentence)
            start = end.end()


def _paragraphs(lines: Iterable[Line]) -> Iterator[list[Line]]:
    paragraph: list[Line] = []
    is_code = False
    for number, line in lines:
        is_fence = bool(_FENCE.match(line))
        is_code ^= is_fence
        is_other = is_fence or is_code or bool(_OTHER.match(line))
        # Four spaces at the beginning of a line mark code, unless the line continues a list item.
        is_other |= not paragraph and line.startswith("    ") and not _ITEM.match(line)
        follows = bool(paragraph) and number == paragraph[-1][0] + 1
        if paragraph and (is_other or not follows or _ITEM.match(line)):
            yield paragraph
            paragraph = []
        if not is_other:
            paragraph.append((number, line))
    if paragraph:
        yield paragraph


def _line_of(paragraph: list[Line], offset: int) -> int:
    for number, line in paragraph:
        offset -= len(line.strip()) + 1
        if offset < 0:
            return number
    return paragraph[-1][0]


def markdown(text: str) -> list[Line]:
    """Returns the lines of a Markdown page, with their numbers."""
    return list(enumerate(text.splitlines(), 1))


def rust(text: str, *, is_root: bool = False) -> tuple[list[Line], list[Line]]:
    """Returns the comments of a Rust file in two lists: the documentation of public items, and all
    other comments.

    The variants and fields of a public enum are public. Only the root module of a crate counts as
    public.
    """
    public: list[Line] = []
    internal: list[Line] = []
    pending: list[Line] = []
    is_public_enum = False
    for number, line in enumerate(text.splitlines(), 1):
        comment = _RUST.match(line)
        if comment and comment[1] == "///":
            pending.append((number, comment[2]))
        elif comment:
            (public if is_root and comment[1] == "//!" else internal).append((number, comment[2]))
        elif not line.strip().startswith("#["):
            if _ENUM.match(line):
                is_public_enum = line.lstrip().startswith("pub ")
            elif line.startswith("}"):
                is_public_enum = False
            (public if is_public_enum or _PUBLIC.match(line) else internal).extend(pending)
            pending = []
    return public, internal


def python(text: str, *, is_public: bool) -> tuple[list[Line], list[Line]]:
    """Returns the documentation of a Python file in two lists: the docstrings of public names (if
    the module is public), and everything else. Instructions to tools are left out."""
    public: list[Line] = []
    internal: list[Line] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and not _DIRECTIVE.match(token.string):
            internal.append((token.start[0], token.string.removeprefix("#").strip()))
    documented: list[tuple[ast.AST, bool]] = [(ast.parse(text), is_public)]
    for node, is_shown in documented:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                documented.append((child, is_shown and not child.name.startswith("_")))
        body = getattr(node, "body", None)
        first = body[0] if isinstance(body, list) and body else None
        value = first.value if isinstance(first, ast.Expr) else None
        if first and isinstance(value, ast.Constant) and isinstance(value.value, str):
            docstring = value.value.splitlines()
            indent = " " * first.col_offset
            lines = [line.removeprefix(indent) for line in docstring]
            (public if is_shown else internal).extend(enumerate(lines, first.lineno))
    return public, sorted(internal)


def collect(root: Path) -> dict[str, list[Sentence]]:
    """Returns all sentences of a source tree, in three groups."""
    groups: dict[str, list[Sentence]] = {"manual": [], "public": [], "internal": []}
    for path in [root / "README.md", *root.glob("docs/*.md")]:
        name = path.relative_to(root).as_posix()
        groups["manual"] += sentences(name, markdown(path.read_text()))
    for path in (path for folder in _CODE for path in root.joinpath(folder).rglob("*.*")):
        name = path.relative_to(root).as_posix()
        if path.suffix == ".rs":
            public, internal = rust(path.read_text(), is_root=path.name == "lib.rs")
            if not name.startswith(("crates/line/src/", "crates/client/src/")):
                public, internal = [], sorted(public + internal)
        elif path.suffix in (".py", ".pyi"):
            is_public = name.startswith("python/") and _is_public(path)
            public, internal = python(path.read_text(), is_public=is_public)
        else:
            continue
        groups["public"] += sentences(name, public)
        groups["internal"] += sentences(name, internal)
    return groups


def _is_public(path: Path) -> bool:
    # Some private files contain public docstrings: the file for both interfaces, and the stubs of
    # the native classes.
    return not path.stem.startswith("_") or path.name in ("__init__.py", "_face.py", "_core.pyi")


def draw(
    groups: dict[str, list[Sentence]], seed: int, count: int = COUNT
) -> dict[str, list[Sentence]]:
    """Draws some sentences from each group, and returns them in the order of their files and
    lines."""
    chosen = random.Random(seed)
    return {
        name: sorted(chosen.sample(sorted(group), min(count, len(group))))
        for name, group in groups.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Draws sentences of this tree at random.")
    parser.add_argument("seed", type=int, help="the same seed draws the same sentences")
    parser.add_argument("--count", type=int, default=COUNT, help="of each group (default: 40)")
    arguments = parser.parse_args()
    groups = collect(ROOT)
    for name, group in draw(groups, arguments.seed, arguments.count).items():
        print(f"## {name}: {len(group)} of {len(groups[name])}, seed {arguments.seed}")
        for one in group:
            print(f"{one.path}:{one.line}: {one.text}")


if __name__ == "__main__":
    main()
