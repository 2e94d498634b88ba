"""Warnings that name the user's line, however many of our functions are above it on the stack.

Python's `stacklevel` counts functions, and their number between the user and a warning differs from
call to call: with the mode, the interface and the size of the data. This module looks at files
instead: the user's line is the innermost one outside this package. A coroutine that runs as a
separate task has no line of its caller on the stack; the innermost line is then one of the event
loop.
"""

from __future__ import annotations

import os
import sys
import warnings

__all__ = ["warn"]

_PACKAGE = os.path.join(os.path.dirname(__file__), "")


def warn(text: str, category: type[Warning] = UserWarning) -> None:
    """Warns at the innermost line outside this package. The engine calls it, too."""
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
