"""Issues warnings that name the user's line, however many of our functions are above it on the
stack.

Python's `stacklevel` counts functions, but the number of functions between the user and a warning
varies with the mode, the interface and the size of the data. Therefore this module compares file
names: the user's line is the innermost line outside this package. If a coroutine runs as a separate
task, its caller is not on the stack; the innermost line is then a line of the event loop.
"""

from __future__ import annotations

import os
import sys
import warnings

__all__ = ["warn"]

_PACKAGE = os.path.join(os.path.dirname(__file__), "")


def warn(text: str, category: type[Warning] = UserWarning) -> None:
    """Issues a warning for the innermost line outside this package. The engine also calls this
    function."""
    frame = sys._getframe()
    while frame.f_back and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    names = frame.f_globals
    warnings.warn_explicit(
        text,
        category,
        frame.f_code.co_filename,
        frame.f_lineno,
        module=names.get("__name__") or "<string>",
        registry=names.setdefault("__warningregistry__", {}),
    )
