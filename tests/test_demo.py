"""Runs the program of `make demo` without its set-up."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_demo_prints_the_point_and_the_frame() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "examples/demo.py")],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "[1257894000000000000, 0.64]" in done.stdout
    assert re.search(r"LUY +BEM +tag +asset_class", done.stdout)
    assert re.search(r"2017-06-24 08:45:17.929097\+00:00 +2.545409 +5173 +B +equities", done.stdout)
