"""Runs the Criterion benchmarks of our own crates, and benchmarks of other published crates with
the same points."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..case import Case, Result, Results

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "target" / "bench" / "criterion"
ROWS = 100_000
# Our crates are built with the features that enable the fast paths of the Python package.
PACKAGES = {"client": ("aioinflux", "--all-features"), "line": ("aioinflux-line",)}
SHORT = ("--warm-up-time", "1", "--measurement-time", "3", "--noplot")


def bench(*arguments: str) -> None:
    environment = {
        **os.environ,
        "CARGO_TARGET_DIR": str(ROOT / "target"),
        "CRITERION_HOME": str(HOME),
    }
    command = ["cargo", "bench", "--quiet", *arguments, "--", *SHORT]
    options = {"cwd": ROOT, "env": environment, "capture_output": True, "text": True}
    subprocess.run(command, check=True, **options)


def read(group: str) -> Iterator[tuple[str, Result]]:
    """Yields the benchmarks in a group: the name of each benchmark, and its median as Criterion has
    estimated it."""
    for path in sorted((HOME / group).glob("*/new/benchmark.json")):
        about: dict[str, Any] = json.loads(path.read_text())
        estimates = json.loads(path.with_name("estimates.json").read_text())
        seconds = estimates["median"]["point_estimate"] / 1e9
        yield about["function_id"], Result(seconds, seconds, 1, ROWS, 0, 0, 0)


def run(_: str | None) -> Iterator[tuple[Case, Results]]:
    shutil.rmtree(HOME, ignore_errors=True)
    bench("--manifest-path", "benchmarks/crates/Cargo.toml")
    for path in sorted(ROOT.glob("crates/*/benches/*.rs")):
        bench("-p", *PACKAGES[path.parts[-3]], "--bench", path.stem)
    yield Case("Rust W1, native values", ROWS, {}), dict(read("crates"))
    for group in sorted(
        path.name for path in HOME.iterdir() if path.name not in ("crates", "report")
    ):
        for name, result in read(group):
            yield Case(f"Rust {group} {name}", ROWS, {}), {"aioinflux": result}
