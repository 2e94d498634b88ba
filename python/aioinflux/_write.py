"""Writing batch after batch: the next one is encoded while others travel.

A write of one request is one call. For any other, a generator knows the order of steps and asks for
calls to be waited for; `waited` and `awaited` drive it. Nothing here looks at the data, except that
async iterables come as a `Feed`, which is awaited like a call.
"""

from __future__ import annotations

import logging
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from . import _arguments, _core, _keywords, _progress
from ._feed import Feed, is_async
from .exceptions import InfluxDBConnectionError, InfluxDBError, InfluxDBWriteError

if TYPE_CHECKING:
    from ._lines import Server

__all__ = ["Job", "Send", "awaited", "waited"]

Send = Callable[["_core.Batch"], "_core.Call[bool]"]
# Each is awaited, or waited for; only a write that is awaited has a feed.
Steps = Generator["_core.Call[bool] | Feed", None, bool]
_Two = tuple["_core.Batch | None", "_core.Batch | None"]

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
    # Extra tags take precedence over a point's own, which do so over default tags.
    tags: Mapping[str, object] | None = None
    extra_tags: Mapping[str, object] = field(default_factory=dict)
    default_tags: dict[str, object] | None = None
    batch_lines: int = 10_000
    batch_bytes: int = 4 * 1024 * 1024
    connections: int = 1
    progress: _progress.Progress = None
    # Whether a request that did not fail was stored: nobody answers to datagrams.
    is_answered: bool = True
    # What times that are integers count.
    time_unit: str | None = None
    # Whether points without a time get one of this machine's clock.
    stamp: bool = False
    # The generation of the server, as `to_line_protocol` calls it.
    server: Server = field(kw_only=True)

    def batches(self, frames: int) -> _core.Batches:
        """Begins to encode; `frames` is how many functions stand between the user and `next`."""
        # Small writes notice what each of these costs: what is as it should be is not checked on.
        counts = (self.batch_lines, self.batch_bytes, self.connections)
        is_int = type(counts[0]) is type(counts[1]) is type(counts[2]) is int
        if not (is_int and min(counts) > 0 and max(counts) < _arguments.MOST):
            for name in ("batch_lines", "batch_bytes", "connections"):
                _arguments.positive(name, getattr(self, name))
        if type(self.stamp) is not bool:
            _arguments.expect("stamp", self.stamp, bool)
        if self.progress is not None:
            _progress.check(self.progress)
        if self.time_unit is not None:
            self.time_unit = _arguments.unit("time_unit", self.time_unit)
        tags, columns = self.extra_tags, None
        if tags:
            _keywords.check_tags(tags)
        if self.tags is not None:
            _arguments.expect("tags", self.tags, Mapping, optional=True)
            tags = {**self.tags, **tags}
        if self.tag_columns is not None:
            columns = _arguments.names("tag_columns", self.tag_columns)
        return _core.Batches(
            self.data,
            self.measurement,
            columns,
            tags,
            self.time_column,
            self.measurement_column,
            self.batch_lines,
            self.batch_bytes,
            None,
            frames,
            self.default_tags,
            self.time_unit,
            self.stamp,
            server=self.server,
        )


def waited(job: Job, frames: int, open_send: Callable[[], Send]) -> bool:
    """Writes in this thread; `frames` is how many functions stand between the user and `next`."""
    work = _begun(job, frames, open_send)
    if isinstance(work, _core.Call):
        return work.wait()
    try:
        call = next(work)
        while True:
            try:
                assert not isinstance(call, Feed)
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


async def awaited(job: Job, frames: int, open_send: Callable[[], Send]) -> bool:
    """Writes in the running loop; `frames` as for `waited`."""
    if is_async(job.data):
        job.data = Feed(job.data)
    work = _begun(job, frames, open_send)
    if isinstance(work, _core.Call):
        return await work
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


def _begun(job: Job, frames: int, open_send: Callable[[], Send]) -> _core.Call[bool] | Steps:
    """A write as the one call that it is, which most are, or as steps."""
    batches = job.batches(frames)
    send = open_send()
    if job.progress or isinstance(job.data, Feed):
        return _steps(job, batches, send)
    begin = first, second = _first_two(batches)
    if first is None or second is not None:
        return _steps(job, batches, send, begin)
    _log(first)
    _warn(first.skipped)
    return send(first)


def _steps(job: Job, batches: _core.Batches, send: Send, begin: _Two | None = None) -> Steps:
    """The steps of a write that goes on after these batches; each is a call to be waited for."""
    rows_total = rows_of(job.data) if job.progress else None
    report = _progress.writing(job.progress, rows_total) if job.progress else None
    feed = job.data if isinstance(job.data, Feed) else None
    flow = _Flow(send, report, rows_total, job.is_answered)
    try:
        if begin is not None:
            first, batch = begin
        else:
            first = yield from _next(batches, feed)
            batch = None if batches.at_end else (yield from _next(batches, feed))
        if first is not None:
            flow.start(first)
        # A batch of points without fields has no bytes, and more may follow it.
        while batch is not None:
            while len(flow.under_way) >= job.connections:
                yield from flow.settle()
            if flow.failure:
                break
            flow.start(batch)
            try:
                batch = yield from _next(batches, feed)
            except Exception as error:
                # A point that cannot be written; what is under way ends first.
                batch, flow.failure = None, flow.failure or error
        while flow.under_way:
            yield from flow.settle()
    finally:
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
        send: Send,
        report: _progress.Report | None,
        total: int | None,
        is_answered: bool,
    ) -> None:
        self.under_way: deque[_Sent] = deque()
        self.skipped = 0
        # What ended the write.
        self.failure: Exception | None = None
        # The first refusal of single points, which does not end it.
        self._refusal: InfluxDBWriteError | None = None
        self._rejected: list[tuple[int | None, str, str]] = []
        self._send = send
        self._report = report
        self._total = total
        self._rows_started = self._rows_done = self._bytes_done = 0
        self._written: list[range] = []
        self._in_part: list[range] = []
        self._in_doubt: list[range] = []
        self._done = self._written if is_answered else self._in_doubt
        self._refused: list[range] = []

    def start(self, batch: _core.Batch) -> None:
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
            self._done.append(sent.points)
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
        if isinstance(error, StopIteration):
            # Of the progress callback; a generator cannot raise it.
            cause, error = error, RuntimeError("the progress callback raised StopIteration")
            error.__cause__ = cause
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


def _next(batches: _core.Batches, feed: Feed | None) -> Generator[Feed, None, _core.Batch | None]:
    """The next batch, once a feed has its data; `None` at the end."""
    while True:
        try:
            return next(batches, None)
        except _core.Pause:
            if feed is None:
                raise
            yield feed


def _first_two(batches: _core.Batches) -> _Two:
    """Of a write that is one request nothing is sent before it is known to be the only one.

    A function like `_next`, since warnings find the caller of `write` by counting calls.
    """
    first = next(batches, None)
    return first, None if batches.at_end else next(batches, None)


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
