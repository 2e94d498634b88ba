"""Checks whether a source tree follows the rules of ARCHITECTURE.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

CLIENT = "crates/client/src"
# The modules of the client that perform I/O; all other modules are pure.
EFFECTFUL = ("client", "credentials", "deadline", "generation", "http", "udp")
EFFECTS = re.compile(r"\b(tokio|tokio_rustls|hyper|hyper_util|mio)\b")
HTTP = re.compile(r"\b(tokio_rustls|hyper|hyper_util|mio)\b")
VERSIONS = re.compile(r"\bDialect::V[123]\b")
# The files that are allowed to name the dialects: the Python file that holds their names, and the
# files of the dialects themselves.
SERVER = "crates/python/src/server.rs"
DIALECT = "crates/line/src/dialect.rs"
DEFAULT = re.compile(r"\bDefault\b|#\[default\]")
PYTHON = re.compile(r"\bpyo3\b")
# The files that are allowed to contain unsafe code. Each file in this list must begin with the
# reason for its unsafe code and the benefit of that code.
UNSAFE_FILES = (
    "crates/client/src/decode/table/views.rs",
    "crates/client/src/optional/huge_pages.rs",
    "crates/python/src/batch.rs",
    "crates/python/src/bytes.rs",
    "crates/python/src/dicts/borrowed.rs",
    "crates/python/src/prefetch.rs",
    "crates/python/src/exit.rs",
    "crates/python/src/typed/descriptor.rs",
)
FORBIDDEN = "#![forbid(unsafe_code)]"
UNSAFE = re.compile(r"\bunsafe(_code)?\b")
# Matches `#[pymethods]` blocks, as rustfmt formats them; Python calls the functions in these
# blocks.
METHODS = re.compile(r"^#\[pymethods\]\n(?:#.*\n)*impl .*?^}\n", re.MULTILINE | re.DOTALL)
FUNCTION = re.compile(
    r"^(?P<indent> *)#\[(?:pyfunction|pymodule_init)\]\n.*?^(?P=indent)}\n",
    re.MULTILINE | re.DOTALL,
)
HEAD = re.compile(
    r"^ *(?:pub\(crate\) )?(?:unsafe )?fn (\w+)(?:<[^>]*>)?\([^{]*?\)(?: -> ([^{]*?))? \{\n"
    r"\s*(.*)$",
    re.MULTILINE,
)
PROTECTS = "exit::protect_thread();"
# A function that returns one of the types in `PLAIN` creates no object that could run Python code.
# The functions in `WITHOUT_PYTHON` create no such object: `__traverse__` visits objects for the
# garbage collector, and `forked` records a new process.
PLAIN = re.compile(r"usize|u64|i64|bool|Option<&str>|(PyRef|Bound)<'_, Self>")
WITHOUT_PYTHON = ("__traverse__", "forked")


def violations(root: Path) -> list[str]:
    """Returns each violation of a rule as a string of the form `file:line: what`. The rules do not
    apply to test code."""
    found = []
    for file in sorted((root / "crates").glob("*/src/**/*.rs")):
        name = file.relative_to(root).as_posix()
        if file.name == "tests.rs":
            continue
        if file.stem == "tests" or "tests" in file.parent.relative_to(root).parts:
            continue
        for number, code in code_lines(file):
            found += [f"{name}:{number}: {rule}" for rule in broken(name, code)]
    return found


def unprotected(root: Path) -> list[str]:
    """Returns the functions that Python calls, but that do not begin with `exit::protect_thread()`.

    If Python ended a thread inside one of these functions, the process would abort
    (`crates/python/src/exit.rs`).
    """
    found = []
    for file in sorted((root / "crates/python/src").glob("**/*.rs")):
        text = file.read_text()
        blocks = [found[0] for kind in (METHODS, FUNCTION) for found in kind.finditer(text)]
        for name, returns, first in (head for block in blocks for head in HEAD.findall(block)):
            is_plain = name in WITHOUT_PYTHON or PLAIN.fullmatch(returns)
            if not is_plain and first != PROTECTS:
                found.append(f"{file.relative_to(root).as_posix()}: {name}")
    return found


def broken(name: str, code: str) -> Iterator[str]:
    """Yields the rules that one line of a source file violates."""
    in_client = name.startswith(CLIENT + "/")
    stem = name.removeprefix(CLIENT + "/").split("/")[0].removesuffix(".rs")
    if (
        (in_client and stem not in EFFECTFUL) or name.startswith("crates/line/")
    ) and EFFECTS.search(code):
        yield "a pure file names the runtime or an HTTP library"
    if not name.startswith(f"{CLIENT}/http/") and HTTP.search(code):
        yield "HTTP libraries are used in http/ only"
    asks = in_client and stem not in ("dialect", "config")
    asks |= name.startswith("crates/python/") and name != SERVER
    if asks and VERSIONS.search(code):
        yield "which InfluxDB this is, is asked in dialect and config only"
    if name == DIALECT and DEFAULT.search(code):
        yield "a dialect has no default: each place writes out which it means"
    if not name.startswith("crates/python/") and PYTHON.search(code):
        yield "pyo3 belongs to the Python crate"
    if name not in UNSAFE_FILES and UNSAFE.search(code) and code.strip() != FORBIDDEN:
        yield "unsafe code stands in the files of UNSAFE_FILES only"


def code_lines(file: Path) -> Iterator[tuple[int, str]]:
    """Yields the lines of a source file without comments, and only those before its tests."""
    for number, line in enumerate(file.read_text().splitlines(), start=1):
        if line.strip() == "#[cfg(test)]":
            return
        code = line.split("//")[0]
        if code.strip():
            yield number, code
