"""Writing batch after batch: the next one is encoded while others travel.

One generator knows the order of things and asks for calls to be waited for; `waited` and `awaited`
drive it. Nothing here looks at the data.
"""

from __future__ import annotations

import logging
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from . import _arguments, _core, _progress
from .exceptions import InfluxDBConnectionError, InfluxDBError, InfluxDBWriteError

__all__ = ["Job", "Send", "awaited", "steps", "waited"]

Send = Callable[["_core.Batch"], "_core.Call[bool]"]
Steps = Generator["_core.Call[bool]", None, bool]

logger = logging.getLogger("aioinflux")


# Not frozen, which would make it three times as slow to make.
@dataclass(slots=True)
class Job:
    """What one call of `write` was asked to write, and how."""

    data: object
    measurement: str | None = None
    tag_columns: Iterable[object] | None = None
    time_column: object = None
    measurement_column: object = None
    # Extra tags beat a point's own; default tags are for points that have none of the name.
    tags: Mapping[str, object] | None = None
    extra_tags: Mapping[str, object] = field(default_factory=dict)
    default_tags: dict[str, object] | None = None
    batch_lines: int = 10_000
    batch_bytes: int = 4 * 1024 * 1024
    connections: int = 1
    progress: _progress.Progress = None

    def batches(self, frames: int) -> _core.Batches:
        """Begins to encode; `frames` is how many functions stand between the user and this one."""
        # Small writes notice what each of these costs: what is as it should be is not checked on.
        if self.tags is not None:
            _arguments.expect("tags", self.tags, Mapping, optional=True)
        if not type(self.batch_lines) is type(self.batch_bytes) is type(self.connections) is int:
            _arguments.expect("batch_lines", self.batch_lines, int)
            _arguments.expect("batch_bytes", self.batch_bytes, int)
            _arguments.expect("connections", self.connections, int)
        if self.connections < 1:
            _arguments.positive("connections", self.connections)
        if self.progress is not None:
            _progress.check(self.progress)
        columns = None
        if self.tag_columns is not None:
            columns = _arguments.names("tag_columns", self.tag_columns)
        return _core.Batches(
            self.data,
            self.measurement,
            columns,
            {**(self.tags or {}), **self.extra_tags},
            time_column=self.time_column,
            measurement_column=self.measurement_column,
            batch_lines=self.batch_lines,
            batch_bytes=self.batch_bytes,
            frames=frames,
            default_tags=self.default_tags,
        )


def waited(work: Steps) -> bool:
    """Runs a write in this thread."""
    try:
        call = next(work)
        while True:
            try:
                call.wait()
            except Exception as error:
                call = work.throw(error)
            else:
                call = next(work)
    except StopIteration as end:
        return bool(end.value)
    finally:
        # After Ctrl-C this stops what is under way.
        work.close()


async def awaited(work: Steps) -> bool:
    """Runs a write in the running loop."""
    try:
        call = next(work)
        while True:
            try:
                await call
            except Exception as error:
                call = work.throw(error)
            else:
                call = next(work)
    except StopIteration as end:
        return bool(end.value)
    finally:
        # After a cancellation this stops what is under way.
        work.close()


def rows_of(data: object) -> int | None:
    """How many rows a table has; `None` for what does not tell before it has been read."""
    rows = getattr(data, "num_rows", None)
    if isinstance(rows, int):
        return rows
    shape = getattr(data, "shape", None)
    return int(shape[0]) if isinstance(shape, tuple) and shape else None


def steps(job: Job, frames: int, open_send: Callable[[], Send]) -> Steps:
    """The steps of one write; each is a call to be waited for."""
    batches = job.batches(frames)
    send = open_send()
    connections = job.connections
    rows_total = rows_of(job.data) if job.progress else None
    report = _progress.writing(job.progress, rows_total) if job.progress else None
    flow = None
    try:
        # Of a write that is one request nothing is sent before all of it is encoded.
        first = _next(batches)
        # A batch of skipped points has no bytes, and more may follow.
        second = None if first is None else _next(batches)
        if first is None:
            return True
        _log(first)
        if second is None:
            if first.skipped:
                _warn(first.skipped)
            yield send(first)
            if report:
                report(batches.rows, len(first), rows_total)
            return True
        flow = _Flow(batches, send, report, rows_total)
        flow.start(first)
        batch: _core.Batch | None = second
        while batch is not None:
            while len(flow.under_way) >= connections:
                yield from flow.settle()
            if flow.failure:
                break
            flow.start(batch)
            batch = flow.encode()
        while flow.under_way:
            yield from flow.settle()
    finally:
        if flow:
            flow.under_way.clear()
        if report:
            report.close()
    _warn(flow.skipped)
    flow.finish()
    return True


class _Sent(NamedTuple):
    points: range
    bytes: int
    call: _core.Call[bool]


class _Flow:
    """A write of several requests: what is under way, and what became of the others."""

    def __init__(
        self,
        batches: _core.Batches,
        send: Send,
        report: _progress.Report | None,
        total: int | None,
    ) -> None:
        self.under_way: deque[_Sent] = deque()
        self.skipped = 0
        # What ended the write.
        self.failure: Exception | None = None
        # The first refusal of single points, which does not end it.
        self._refusal: InfluxDBWriteError | None = None
        self._rejected: list[tuple[int | None, str, str]] = []
        self._batches = batches
        self._send = send
        self._report = report
        self._total = total
        self._rows_started = self._rows_done = self._bytes_done = 0
        self._written: list[range] = []
        self._in_part: list[range] = []
        self._in_doubt: list[range] = []
        self._refused: list[range] = []

    def encode(self) -> _core.Batch | None:
        """The next batch; none at the end, and none after a point that cannot be written."""
        try:
            return next(self._batches, None)
        except Exception as error:
            self.failure = self.failure or error
            return None

    def start(self, batch: _core.Batch) -> None:
        if self._rows_started:
            _log(batch)
        self.skipped += batch.skipped
        end = self._rows_started + batch.points + batch.skipped
        call = self._send(batch)
        call.start()
        self.under_way.append(_Sent(range(self._rows_started, end), len(batch), call))
        self._rows_started = end

    def settle(self) -> Steps:
        """Waits for the oldest request, and takes note of what became of it."""
        sent = self.under_way.popleft()
        try:
            yield sent.call
        except Exception as error:
            if not self._note(error, sent.points):
                return False
        else:
            self._written.append(sent.points)
        self._rows_done += len(sent.points)
        self._bytes_done += sent.bytes
        if self._report:
            try:
                self._report(self._rows_done, self._bytes_done, self._total)
            except Exception as error:
                self.failure = self.failure or error
        return True

    def _note(self, error: Exception, points: range) -> bool:
        """Whether the write goes on: it does where points were refused one by one."""
        if isinstance(error, InfluxDBError):
            self._written.extend(error.written)
        if isinstance(error, InfluxDBWriteError):
            self._rejected.extend(error.rejected)
            if error.partial or error.rejected:
                self._in_part.append(points)
                self._refusal = self._refusal or error
                return True
        if getattr(error, "written", ()):
            self._in_part.append(points)
        elif isinstance(error, InfluxDBConnectionError) or (getattr(error, "status", 0) or 0) > 499:
            self._in_doubt.append(points)
        else:
            self._refused.append(points)
        # What travelled before what could not be encoded failed first.
        if self.failure is not None:
            error.__context__ = self.failure
        self.failure = error
        return False

    def finish(self) -> None:
        """Raises what went wrong, and says which points it leaves where."""
        error = self.failure or self._refusal
        if error is None:
            return
        if isinstance(error, InfluxDBWriteError):
            error.rejected = self._rejected
        text = self._told()
        error.__dict__["written"] = _joined(self._written)
        if isinstance(error, InfluxDBError) or type(error) in (ValueError, TypeError):
            error.args = (f"{error}; {text}", *error.args[1:])
        elif hasattr(error, "add_note"):
            error.add_note(text)
        raise error

    def _told(self) -> str:
        parts = [
            f"points {_shown(points)} {verb}"
            for points, verb in (
                (_outside(self._written, self._in_part), "were written"),
                (self._in_part, "were written in part"),
                (self._in_doubt, "may have been written"),
            )
            if points
        ]
        if self.failure is not None:
            missing = [*self._refused, range(self._rows_started, sys.maxsize)]
            parts.append(f"points {_shown(missing)} were not")
        return ", ".join(parts)


def _next(batches: _core.Batches) -> _core.Batch | None:
    # A function like `encode`: warnings point at the caller of `write` by counting calls.
    return next(batches, None)


def _outside(points: Iterable[range], others: Iterable[range]) -> list[range]:
    """Those that lie in none of the others."""
    return [one for one in points if not any(one.start in other for other in others)]


def _joined(points: Iterable[range]) -> list[range]:
    """The same numbers in as few ranges as can be, in order."""
    joined: list[range] = []
    for one in sorted(points, key=lambda one: one.start):
        if joined and joined[-1].stop == one.start:
            joined[-1] = range(joined[-1].start, one.stop)
        else:
            joined.append(one)
    return joined


def _shown(points: Iterable[range]) -> str:
    return " and ".join(
        f"from {one.start} on" if one.stop == sys.maxsize else f"{one.start} to {one.stop - 1}"
        for one in _joined(points)
    )


def _log(batch: _core.Batch) -> None:
    if logger.isEnabledFor(logging.DEBUG):
        text = batch.to_bytes()[:1000].decode("utf-8", "replace")
        more = f"... ({len(batch)} bytes)" if len(batch) > 1000 else ""
        logger.debug("write: %d points: %s%s", batch.points, text, more)


def _warn(skipped: int) -> None:
    if skipped:
        logger.warning("write: %d points without fields were not sent", skipped)
