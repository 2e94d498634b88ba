"""Starts the private server for the cases that need one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parent.parent / "tools"))


def private(on_disk: bool = True) -> Any:
    """Returns a context manager for a private influxd, as in the tests, with its data on disk or in
    memory."""
    from influxd import Influxd

    return Influxd(on_disk=on_disk)
