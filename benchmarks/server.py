"""The private server of the cases that need one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parent.parent / "tools"))


def private() -> Any:
    """A private influxd, as the tests use it; a context manager."""
    from influxd import Influxd

    return Influxd(on_disk=True)
