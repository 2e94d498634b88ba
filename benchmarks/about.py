"""Describes the conditions of the benchmark results: the machine, the versions, and the method of
measurement."""

from __future__ import annotations

import platform
import re
import subprocess
import time
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from .report import ROOT

PEERS = (
    "questdb", "influxdb", "influxdb-client", "influxdb3-python", "sluicebox", "orjson", "isal",
    "numpy", "pandas", "pyarrow", "polars",
)  # fmt: skip
METHOD = """\
Each figure is the best of at least five repetitions after a warm-up (three where one takes more
than two seconds), in a process of its own; `E` gives medians of five pairs, `Rust` those of
Criterion. Who is not slow is measured twice, before and after the others; where its ratio is within
a tenth of its target, on either side, it and we are measured twice more. `CPU` is that of one
repetition, all threads together. The ratio is the other's time by ours. `peak` is the largest
resident memory, `added` is what of it came on top of the input. Peers run their own public
functions with their best settings; what they write or read otherwise than we is in the notes, found
by comparing lines and tables. `scaled`: measured on fewer rows, and multiplied.
"""


def output(*command: str) -> str:
    """Returns the output of a command-line program. If the program is not installed, returns an
    empty string."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip()


def machine() -> str:
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    size = f"{int(memory[1]) / 2**20:.0f} GiB" if memory else "memory of unknown size"
    name = model[1] if model else platform.machine()
    return f"{name}, {output('nproc')} cores, {size}, {platform.system()} {platform.release()}"


def commit() -> str:
    changed = ", with changes" if output("git", "status", "--porcelain") else ""
    return (output("git", "rev-parse", "--short=12", "HEAD") or "no commit") + changed


def about(begin: float) -> str:
    """Returns the heading of `RESULTS.md` for a benchmark run that began at the time `begin`."""
    minutes = (time.time() - begin) / 60
    ours = f"aioinflux {version('aioinflux')} at {commit()}, Python {platform.python_version()}"
    peers = ", ".join(f"{name} {version(name)}" for name in PEERS)
    lines = (
        f"{datetime.now(timezone.utc):%Y-%m-%d}, by `make bench`, in {minutes:.0f} minutes.\n",
        f"* {machine()}",
        f"* {ours}, {output('rustc', '--version')}, {output('influxd', 'version')}",
        f"* {peers}",
        "* aioinflux 0.9.0 with pandas 1.5.3 and numpy 1.23.5\n",
    )
    return "\n".join((*lines, METHOD))
