"""Writes data in batches: the next batch is encoded while requests with earlier batches are in
flight.

A write whose data fits in one request is a single call of the engine. For any other write, a
generator makes the batches and passes them to the engine (`_core.Writing`). The engine sends the
batches and records the state of their points. The generator yields the calls that have to finish
before it can continue; `waited` or `awaited` waits for each call and resumes the generator. The
encoder reads the data, except that this module awaits a `Feed`, which represents an async iterable.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from . import _arguments, _core, _progress
from ._feed import Feed, is_async
from .exceptions import InfluxDBError

if TYPE_CHECKING:
    from ._lines import Server

__all__ = ["Job", "awaited", "waited"]

# The steps of a write: each item that the generator yields is awaited, or the thread waits for it,
# and its result is sent back to the generator. Only a write that is awaited can have a `Feed`.
Steps = Generator["_core.Call[bool] | Feed", Any, bool]
_Two = tuple["_core.Batch | None", "_core.Batch | None"]
# Says where points are stored: the database, the retention policy, the consistency, the precision
# and `on_reject`. For datagrams, this tuple is empty.
Place = tuple["str | None", ...]

logger = logging.getLogger("aioinflux")


# The class is not frozen, because creating an object of a frozen dataclass takes three times as
# long.
@dataclass(slots=True)
class Job:
    """The arguments of one call of `write`."""

    data: object
    arguments: _core.Arguments
    connections: int = 1
    progress: _progress.Progress = None

    def batches(self, server: Server) -> _core.Batches:
        """Starts to encode the data of the call, as lines for `server`."""
        # Each check makes small writes slower, so values that are clearly valid are not checked
        # further.
        if type(self.connections) is not int or not 0 < self.connections < _arguments.MOST:
            _arguments.positive("connections", self.connections)
        if self.progress is not None:
            _progress.check(self.progress)
        return _core.Batches(self.data, self.arguments, server)


class Engine(Protocol):
    """Sends batches. The arguments `place` say where the points are stored."""

    def write(self, batch: _core.Batch, /, *place: Any) -> _core.Call[bool]:
        """Sends one."""

    def write_all(self, connections: int, /, *place: Any) -> _core.Writing:
        """Starts to send many batches, with several connections."""


def waited(
    job: Job, engine: Engine, find_place: Callable[[], Place], server: Server | _core.Call[Server]
) -> bool:
    """Runs a write in the calling thread. The function `find_place` is called after the arguments
    of the write have been checked. `server` is the version family of the server, or a call that
    asks the server for it."""
    known = server if isinstance(server, str) else server.wait()
    work = _begun(job, engine, find_place, known)
    if isinstance(work, _core.Call):
        return work.wait()
    try:
        call = next(work)
        while True:
            try:
                assert not isinstance(call, Feed)
                value = call.wait()
            except Exception as error:
                call = work.throw(error)
            else:
                call = work.send(value)
    except StopIteration as end:
        return bool(end.value)
    finally:
        # After Ctrl-C, `waited` cancels the requests in flight.
        work.close()


async def awaited(
    job: Job, engine: Engine, find_place: Callable[[], Place], server: Server | _core.Call[Server]
) -> bool:
    """Runs a write in the running event loop. The arguments are those of `waited`."""
    if is_async(job.data):
        job.data = Feed(job.data)
    known = server if isinstance(server, str) else await server
    work = _begun(job, engine, find_place, known)
    if isinstance(work, _core.Call):
        return await work
    try:
        call = next(work)
        while True:
            try:
                value = await call
            except Exception as error:
                call = work.throw(error)
            else:
                call = work.send(value)
    except StopIteration as end:
        return bool(end.value)
    finally:
        # After a cancellation, `awaited` cancels the requests in flight.
        work.close()


def rows_of(data: object) -> int | None:
    """Returns the number of rows of a table. If the number is unknown until the whole table has
    been read, returns `None`."""
    rows = getattr(data, "num_rows", None)
    if isinstance(rows, int):
        return rows
    shape = getattr(data, "shape", None)
    if isinstance(shape, tuple) and shape and isinstance(shape[0], int):
        return shape[0]
    return None


def _begun(
    job: Job, engine: Engine, find_place: Callable[[], Place], server: Server
) -> _core.Call[bool] | Steps:
    """Starts a write, with lines for the version family `server`. Returns the write as one call if
    it needs only one request (the usual case), or as steps."""
    batches = job.batches(server)
    place = find_place()
    if job.progress or isinstance(job.data, Feed):
        return _steps(job, batches, engine, place)
    begin = first, second = _first_two(batches)
    if first is None or second is not None:
        return _steps(job, batches, engine, place, begin)
    _log(first)
    _warn(first.skipped)
    return engine.write(first, *place)


def _steps(
    job: Job,
    batches: _core.Batches,
    engine: Engine,
    place: Place,
    begin: _Two | None = None,
) -> Steps:
    """Yields the steps of a write that sends these batches and all batches that follow. Each step
    is a call that has to finish before the generator can continue."""
    feed = job.data if isinstance(job.data, Feed) else None
    tell = _Tell(job)
    failure = ended = writing = None
    skipped = 0
    try:
        if begin is None:
            first = yield from _next(batches, feed)
            begin = first, None if batches.at_end else (yield from _next(batches, feed))
        batch, following = begin
        writing = engine.write_all(job.connections, *place)
        # If no point of a batch has fields, the batch has no bytes, but more batches can follow it.
        while batch is not None:
            # An exception that is raised while the generator waits at this `yield` comes from a
            # signal handler, and ends the write at once.
            is_open = yield writing.room()
            try:
                tell(writing)
                if not is_open:
                    break
                _log(batch)
                skipped += batch.skipped
                writing.push(batch)
                batch, following = following, None
                if batch is None:
                    batch = yield from _next(batches, feed)
            except Exception as error:
                # An exception from the encoder means that a point cannot be written. The write then
                # ends when the requests in flight have ended.
                failure = error
                break
        try:
            yield writing.end()
        except Exception as error:
            if writing.failed is None:
                raise
            ended = error
        try:
            tell(writing)
        except Exception as error:
            failure = failure or error
    finally:
        # If the caller keeps the exception, the exception keeps the requests in flight alive, so
        # they are stopped here.
        if writing is not None:
            writing.stop()
        tell.close()
    _warn(skipped)
    _raise(failure, ended, writing)
    return True


class _Tell:
    """Reports the progress of every batch that is done, until the callback raises an exception."""

    def __init__(self, job: Job) -> None:
        self._total = rows_of(job.data) if job.progress else None
        self._report = _progress.writing(job.progress, self._total) if job.progress else None
        self.close = self._report.close if self._report else lambda: None

    def __call__(self, writing: _core.Writing) -> None:
        report, self._report = self._report, None
        if report:
            for points, length in writing.progress():
                report(points, length, self._total)
        self._report = report


def _raise(failure: Exception | None, ended: Exception | None, writing: _core.Writing) -> None:
    """Raises the exception that ended the write: either the local failure, or the error of a
    request that failed after the local failure."""
    if ended is not None and (failure is None or writing.failed):
        if failure is not None:
            ended.__context__ = failure
        raise ended
    if failure is None:
        return
    if isinstance(failure, StopIteration):
        # The user's progress callback raised `StopIteration`, which a generator cannot raise.
        cause, failure = failure, RuntimeError("the progress callback raised StopIteration")
        failure.__cause__ = cause
    text, written = writing.told()
    is_plain = isinstance(failure, InfluxDBError) or type(failure) in (ValueError, TypeError)
    # If the user's data itself runs code that writes while it is iterated over, the error already
    # describes that inner write.
    is_inner = "written" in vars(failure)
    if is_inner:
        text = f"the write around it: {text}"
    else:
        failure.__dict__["written"] = written
    if is_plain and len(failure.args) == 1 and isinstance(failure.args[0], str):
        failure.args = (f"{failure}; {text}",)
    elif hasattr(failure, "add_note"):
        failure.add_note(text)
    raise failure


def _next(batches: _core.Batches, feed: Feed | None) -> Generator[Feed, None, _core.Batch | None]:
    """Returns the next batch; if necessary, waits first for the data of a `Feed`. After the last
    batch, the result is `None`."""
    while True:
        try:
            return next(batches, None)
        except _core.Pause:
            if feed is None:
                raise
            yield feed


def _first_two(batches: _core.Batches) -> _Two:
    """Returns the first two batches of a write: if there is no second batch, the write is sent as a
    single request."""
    first = next(batches, None)
    return first, None if batches.at_end else next(batches, None)


def _log(batch: _core.Batch) -> None:
    if logger.isEnabledFor(logging.DEBUG):
        text = batch.to_bytes()[:1000].decode("utf-8", "replace")
        more = f"... ({len(batch)} bytes)" if len(batch) > 1000 else ""
        logger.debug("write: %d points: %s%s", batch.points, text, more)


def _warn(skipped: int) -> None:
    if skipped:
        logger.warning("write: %d points without fields were not sent", skipped)
