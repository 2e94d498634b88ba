"""Issues warnings that name the line of the user's code, however many of our functions are above
that line on the stack.

Python's `stacklevel` counts functions, but the number of our functions between the user's line and
a warning varies. The number depends on the mode, the interface and the size of the data. Therefore
this module compares file names: the user's line is the innermost line on the stack that is outside
this package. If a coroutine runs as a separate task, its caller is not on the stack, so the warning
names a line of the event loop.
"""

from __future__ import annotations

import os
import sys
import warnings

__all__ = ["warn"]

_PACKAGE = os.path.join(os.path.dirname(__file__), "")


def warn(text: str, category: type[Warning] = UserWarning) -> None:
    """Issues a warning that names the innermost line outside this package. The Rust engine also
    calls this function."""
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
