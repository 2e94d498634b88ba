"""Finds cycles of modules that use each other in a Rust or Python source tree.

A file uses another file if it names something that the other file defines. The declaration of a
module and a re-export (`pub use`) do not count as uses. If a name is re-exported, using it counts
as a use of the file that defines the name. Uses in test code, and imports for type checkers, do not
count.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

Graph = dict[str, set[str]]

COMMENT = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"', re.DOTALL)
VISIBLE = re.compile(r"pub\(in [^)]*\) ")
USE = re.compile(r"^[ \t]*(pub(?:\([^)]*\))? )?use ([^;]+);", re.MULTILINE)
PATH = re.compile(r"\b(?:crate|super|self)(?:::\w+)+")
CHILD = re.compile(r"(?<![:\w])([a-z_]\w*)::(\w+)")
MODULE = re.compile(r"^(?:pub(?:\([^)]*\))? )?mod (\w+);", re.MULTILINE)


def circles(graph: Graph) -> list[list[str]]:
    """Returns the groups of modules in which each module uses every other, directly or through
    other modules (Tarjan's algorithm)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        order[node] = low[node] = len(order)
        stack.append(node)
        for target in sorted(graph.get(node, ())):
            if target not in order:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], order[target])
        if low[node] == order[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                found.append(sorted(group))

    for node in sorted(graph):
        if node not in order:
            visit(node)
    return sorted(found)


class Crate:
    """The modules of a crate: `texts` maps the path of a module, such as `("frame", "rows")`, to
    its source text."""

    def __init__(self, source: Path) -> None:
        self.files: dict[tuple[str, ...], str] = {}
        self.texts: dict[tuple[str, ...], str] = {}
        # The names that each module re-exports; each name is mapped to the path of its definition,
        # relative to the module.
        self.passed: dict[tuple[str, ...], dict[str, list[str]]] = {}
        self.globs: dict[tuple[str, ...], list[list[str]]] = {}
        self._add(source, source / "lib.rs", ())

    def _add(self, folder: Path, file: Path, module: tuple[str, ...]) -> None:
        text = file.read_text().split("#[cfg(test)]")[0]
        text = VISIBLE.sub("pub ", COMMENT.sub('""', text))
        self.files[module] = file.as_posix()
        self.texts[module] = text
        self.passed[module], self.globs[module] = {}, []
        for visible, tree in USE.findall(text):
            for path, name in leaves(tree):
                if visible and name == "*":
                    self.globs[module].append(path)
                elif visible:
                    self.passed[module][name] = path
        for name in MODULE.findall(text):
            children = folder / name
            for child in (folder / f"{name}.rs", children / "mod.rs"):
                if child.exists():
                    self._add(children, child, (*module, name))

    def graph(self) -> Graph:
        found: Graph = {}
        for module, text in self.texts.items():
            paths = [
                path
                for visible, tree in USE.findall(text)
                if not visible
                for path, _ in leaves(tree)
            ]
            code = USE.sub("", text)
            paths += [match.split("::") for match in PATH.findall(code)]
            # The pattern `CHILD` finds the paths that begin with a child module of the current
            # module.
            paths += [list(match) for match in CHILD.findall(code)]
            homes = (self.home(module, path) for path in paths)
            names = {self.files[home] for home in homes if home is not None and home != module}
            found[self.files[module]] = names
        return found

    def home(self, module: tuple[str, ...], path: list[str]) -> tuple[str, ...] | None:
        """Returns the module that defines the last name in a path. If another crate defines the
        name, returns `None`."""
        here, rest = module, list(path)
        if rest[0] == "crate":
            here, rest = (), rest[1:]
        elif rest[0] in ("self", "super"):
            while rest and rest[0] in ("self", "super"):
                here, rest = here[: len(here) - (rest[0] == "super")], rest[1:]
        elif (*module, rest[0]) not in self.texts:
            return None
        while rest and (*here, rest[0]) in self.texts:
            here, rest = (*here, rest[0]), rest[1:]
        # If a path ends with the name of a module, it does not show which names of the module are
        # used.
        if not rest or rest[0] in ("self", "*"):
            return here
        if passed := self.passed[here].get(rest[0]):
            return self.home(here, passed)
        for path_of_all in self.globs[here]:
            home = self.home(here, [*path_of_all, rest[0]])
            if home is not None and re.search(rf"\b{rest[0]}\b", self.texts[home]):
                return home
        return here


def leaves(tree: str, before: Iterable[str] = ()) -> Iterator[tuple[list[str], str]]:
    """Yields the paths in a `use` tree; each path ends with the name that it imports."""
    tree = " ".join(tree.split())
    head, brace, rest = tree.partition("{")
    if brace:
        prefix = [*before, *(part for part in head.split("::") if part.strip())]
        for part in split(rest.rpartition("}")[0]):
            yield from leaves(part, prefix)
        return
    path, _, name = tree.partition(" as ")
    parts = [*before, *(part.strip() for part in path.split("::"))]
    if parts[-1] == "self":
        parts.pop()
    yield parts[:-1] if parts[-1] == "*" else parts, name.strip() or parts[-1]


def split(text: str) -> Iterator[str]:
    """Splits a string at the commas that are outside braces."""
    depth, part = 0, ""
    for sign in text:
        depth += (sign == "{") - (sign == "}")
        if sign == "," and depth == 0:
            yield part
            part = ""
        else:
            part += sign
    if part.strip():
        yield part


def of_crate(source: Path) -> list[list[str]]:
    """Returns the cycles of files that use each other below `source`, each as a list of relative
    paths."""
    graph = Crate(source).graph()
    short = source.as_posix() + "/"
    return [[name.removeprefix(short) for name in circle] for circle in circles(graph)]


def of_package(package: Path) -> list[list[str]]:
    """Returns the import cycles of a Python package, each as a list of module names."""
    found = [file for file in package.glob("**/*") if file.suffix in (".py", ".pyi")]
    files = {module(file, package): file for file in found}
    graph: Graph = {}
    for name, file in files.items():
        if file.suffix == ".pyi":
            continue
        base = name if file.name == "__init__.py" else name.rpartition(".")[0]
        graph[name] = set(imports(ast.parse(file.read_text()), base, files)) - {name}
    return circles(graph)


def module(file: Path, package: Path) -> str:
    parts = file.relative_to(package.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports(tree: ast.AST, base: str, known: Iterable[str]) -> Iterator[str]:
    """Yields the modules of the package that a Python file imports, anywhere in the file."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.ImportFrom) and node.level:
            start = base.split(".")
            start = start[: len(start) - node.level + 1]
            home = ".".join([*start, *(node.module or "").split(".")]).strip(".")
            for alias in node.names:
                inner = f"{home}.{alias.name}"
                yield inner if inner in known else home
        yield from imports(node, base, known)
