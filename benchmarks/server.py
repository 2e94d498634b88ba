"""Starts the private server for the benchmark cases that need a server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parent.parent / "tools"))


def private(on_disk: bool = True) -> Any:
    """Returns a context manager that runs a private influxd, as in the tests; the server stores its
    data on disk or in memory."""
    from influxd import Influxd

    return Influxd(on_disk=on_disk)
