"""Displays the progress of a large write or read, or reports it to a function that the user passes.

If tqdm is installed, the progress is displayed as a tqdm bar. If tqdm is not installed and standard
error is a terminal, the module rewrites one line on the terminal a few times a second. If standard
error is not a terminal, only the final state of the progress is printed, so that a log file gets
one line.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

__all__ = ["Progress", "Report", "check", "reading", "writing"]

# The callable receives three numbers: the rows or points that are done, the bytes that are done,
# and the total number of rows (`None` if it is unknown).
Progress = bool | Callable[[int, int, int | None], object] | None

# The value of `inspect.CO_COROUTINE`, copied because importing `inspect` takes a long time.
_COROUTINE = 0x80

# The number of seconds between two updates of the progress line on a terminal.
_PAUSE_S = 0.25


def check(progress: object) -> None:
    """Refuses a `progress` argument that is neither a `bool` nor a function that can be called."""
    if progress is not None and not isinstance(progress, bool) and not callable(progress):
        raise TypeError(
            f"argument `progress`: expected a bool or a callable, got `{type(progress).__name__}`"
        )
    code = getattr(progress, "__code__", None)
    if code is not None and code.co_flags & _COROUTINE:
        raise TypeError(
            "argument `progress`: expected a function that is called, got one that is awaited"
        )


def writing(progress: Progress, total: int | None = None) -> Report | None:
    """Returns the progress report of a write; the caller updates the report after each request, and
    closes it at the end.

    Args:
        progress: The argument `progress` that the user passed.
        total: Total number of rows to write, if this number is known.
    Returns:
        `None` if no progress is wanted.
    """
    return _opened(progress, "written", "point", total)


def reading(progress: Progress) -> Report | None:
    """Returns the progress report of a read; the caller updates the report after each batch, and
    closes it at the end.

    Close the progress report after a success, an error and a cancellation alike:

        report = _progress.reading(progress)
        try:
            ...
            if report:
                report(rows, stream.received)
        finally:
            if report:
                report.close()
    """
    return _opened(progress, "read", "row", None)


class Report:
    """Receives the progress of one read or write."""

    def __call__(self, rows: int, size: int, total: int | None = None) -> None:
        """Reports the number of rows that are done, the number of bytes that are done, and the
        total number of rows if it is known."""
        raise NotImplementedError

    def close(self) -> None:
        """Ends the report. After `close`, the progress report ignores further progress. Calling
        `close` a second time has no effect."""


class _Told(Report):
    """Passes the progress to a function that the user has provided. Exceptions that the user's
    function raises propagate to the caller."""

    def __init__(self, tell: Callable[[int, int, int | None], object]) -> None:
        self._tell = tell

    def __call__(self, rows: int, size: int, total: int | None = None) -> None:
        self._tell(rows, size, total)


class _Bar(Report):
    """A tqdm bar."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar
        self._rows = 0

    def __call__(self, rows: int, size: int, total: int | None = None) -> None:
        if total is not None:
            self._bar.total = total
        self._bar.set_postfix_str(_bytes(size), refresh=False)
        self._bar.update(rows - self._rows)
        self._rows = rows

    def close(self) -> None:
        self._bar.close()


class _Line(Report):
    """Shows the progress as one line on standard error."""

    def __init__(self, verb: str, what: str) -> None:
        self._verb = verb
        self._what = what
        self._text = ""
        self._width = 0
        self._started = time.monotonic()
        self._drawn = 0.0

    def __call__(self, rows: int, size: int, total: int | None = None) -> None:
        done = f"{rows:,} {self._what}{'' if rows == 1 else 's'}"
        if total is not None:
            share = f", {rows * 100 // total} %" if total else ""
            done = f"{rows:,} of {total:,} {self._what}{'' if total == 1 else 's'}{share}"
        self._text = f"{self._verb}: {done}, {_bytes(size)}"
        now = time.monotonic()
        if now - self._drawn >= _PAUSE_S and _is_terminal():
            self._drawn = now
            self._draw("")

    def close(self) -> None:
        if self._text:
            self._text += f" in {time.monotonic() - self._started:.1f} s"
            self._draw("\n")
            self._text = ""

    def _draw(self, end: str) -> None:
        stream = sys.stderr
        if stream is None:
            return
        # The spaces at the end of the line overwrite the rest of the previous line, if that line
        # was longer.
        start, blanks = (
            ("\r", " " * (self._width - len(self._text))) if _is_terminal() else ("",) * 2
        )
        self._width = len(self._text)
        stream.write(f"{start}{self._text}{blanks}{end}")
        stream.flush()


def _opened(progress: Progress, verb: str, what: str, total: int | None) -> Report | None:
    check(progress)
    if progress is None or progress is False:
        return None
    if progress is not True:
        return _Told(progress)
    try:
        # `tqdm.auto` works in notebooks as well as in terminals.
        from tqdm.auto import tqdm
    except ImportError:
        return _Line(verb, what)
    return _Bar(tqdm(desc=verb, total=total, unit=f" {what}s", unit_scale=True))


def _is_terminal() -> bool:
    stream = sys.stderr
    return stream is not None and stream.isatty()


def _bytes(size: int) -> str:
    """Formats a number of bytes for display."""
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size} B"
