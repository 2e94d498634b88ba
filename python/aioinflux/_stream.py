"""Reads the answer to a query while it arrives.

This module fetches the pieces of an answer one after the other, in async mode or blocking mode. The
maker, which comes from `_output`, determines the type to which each piece is converted.

When a program leaves a loop, Python does not notify the object that was iterated over: the loop
only drops its iterator. Therefore the objects of this module hold no strong reference to the
generator that a loop reads. As a consequence, the generator ends when the program leaves the loop,
and the request ends with the generator.
"""

from __future__ import annotations

import weakref
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from . import _core, _progress
from ._output import Maker

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["AsyncChunks", "Chunks", "Reading", "Stream"]

T = TypeVar("T")

_CLOSED = "the stream was closed while it was read"
_LEFT = "the loop over this answer was left, which ended its request: call `query` again"


class Stream(Generic[T]):
    """The answer that `InfluxDBClient.stream` returns: iterate over it with `for` or `async for`.

    The stream sends its request when the first item is requested. The answer is read as items are
    requested. Only one batch is in memory at a time, and the server holds the rest. The request
    ends when the loop ends (also by `break`, `return` or an exception), at `close`, at the end of a
    `with` block, or at a cancellation. A stream can be iterated over only once: a second loop, even
    after a `break`, raises a `RuntimeError`.

    Raises (while it is iterated over):
        InfluxDBQueryError: a statement failed. The stream yields the rows that precede the error
            before it raises the error.
        InfluxDBDecodeError: the answer was damaged or cut off.
        InfluxDBConnectionError: the server could not be reached, or the connection was lost.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._has_begun = False
        self._closed = False
        # The reference is weak, because the generator must end when the loop drops it.
        self._waited: weakref.ref[Generator[T, None, None]] | None = None
        self._awaited: weakref.ref[AsyncGenerator[T, None]] | None = None

    def __iter__(self) -> Generator[T, None, None]:
        self._begin()
        items = self._reading.waited()
        self._waited = weakref.ref(items)
        return items

    def __aiter__(self) -> AsyncGenerator[T, None]:
        self._begin()
        items = self._reading.awaited()
        self._awaited = weakref.ref(items)
        return items

    def _begin(self) -> None:
        if self._has_begun:
            raise RuntimeError("a stream can be iterated over once: call `stream` again")
        if self._closed:
            raise RuntimeError("the stream was closed: call `stream` again")
        self._has_begun = True

    def close(self) -> None:
        """Ends the request of the loop that is running. After `close`, no loop over the stream can
        begin."""
        self._closed = True
        self._reading.close()
        items = self._waited() if self._waited else None
        if items and not _is_running(items):
            items.close()

    async def aclose(self) -> None:
        """Ends the request of the running `for` or `async for` loop, as `close` does."""
        self.close()
        items = self._awaited() if self._awaited else None
        if items and not _is_running(items):
            await items.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class Chunks(Generator[T, None, None]):
    """The result of a chunked query in blocking modes: its request ends with the loop over it.

    The function `next` reads from the generator directly. A `for` loop continues at the item where
    `next` stopped. When the program leaves the loop, whether at its end or by `break`, `return` or
    an exception, the request ends, too. Reading again after the loop raises a `RuntimeError`, so
    that part of an answer is not mistaken for the whole answer.
    """

    def __init__(self, reading: Reading) -> None:
        items: Generator[T, None, None] = reading.waited()
        self._reading = reading
        self._items = weakref.ref(items)
        # This reference keeps the generator alive until a loop takes the generator.
        self._kept: Generator[T, None, None] | None = items

    def _rest(self) -> Generator[T, None, None] | None:
        """Returns the generator that a loop is reading or can start to read. If the end of the
        answer has been reached, returns `None`."""
        items = self._items()
        if items is None and not self._reading.is_over:
            raise RuntimeError(_LEFT)
        return items

    def __iter__(self) -> Generator[T, None, None]:
        items = self._rest()
        self._kept = None
        return _nothing() if items is None else items

    def __next__(self) -> T:
        return self.send(None)

    def send(self, value: None, /) -> T:
        items = self._rest()
        if items is None:
            raise StopIteration
        return items.send(value)

    def throw(self, kind: Any, value: Any = None, traceback: Any = None, /) -> T:
        items = self._rest()
        return (_nothing() if items is None else items).throw(kind, value, traceback)

    def close(self) -> None:
        """Ends the request of this chunked query. After `close`, no more items can be read."""
        self._reading.finish()
        items = self._items()
        if items is not None and not _is_running(items):
            items.close()


class AsyncChunks(AsyncGenerator[T, None]):
    """The result of a chunked query in `async` mode; use it with `anext` and `async for`."""

    def __init__(self, reading: Reading) -> None:
        items: AsyncGenerator[T, None] = reading.awaited()
        self._reading = reading
        self._items = weakref.ref(items)
        self._kept: AsyncGenerator[T, None] | None = items

    def _rest(self) -> AsyncGenerator[T, None]:
        items = self._items()
        if items is not None:
            return items
        if not self._reading.is_over:
            raise RuntimeError(_LEFT)
        return _async_nothing()

    def __aiter__(self) -> AsyncGenerator[T, None]:
        items = self._rest()
        self._kept = None
        return items

    def __anext__(self) -> Coroutine[Any, Any, T]:
        return self._rest().__anext__()

    def asend(self, value: None, /) -> Coroutine[Any, Any, T]:
        return self._rest().asend(value)

    def athrow(
        self, kind: Any, value: Any = None, traceback: Any = None, /
    ) -> Coroutine[Any, Any, T]:
        return self._rest().athrow(kind, value, traceback)

    async def aclose(self) -> None:
        """Ends the request of this chunked query. After `aclose`, no more items can be read."""
        self._reading.finish()
        items = self._items()
        if items is not None and not _is_running(items):
            await items.aclose()


class Reading:
    """Holds the request of one loop, and the generator that reads the answer."""

    def __init__(
        self,
        start: Callable[[], _core.Call[_core.Stream]],
        maker: Maker,
        progress: _progress.Progress = None,
    ) -> None:
        self._start = start
        self._maker = maker
        self._progress = progress
        self._stream: _core.Stream | None = None
        self._told: _Told | None = None
        self._is_closed = False
        # Whether the reader has received everything: either the whole answer, or the error that
        # ended it.
        self.is_over = False

    def waited(self) -> Generator[Any, None, None]:
        """Yields the items of the answer; the calling thread blocks while it waits for them."""
        try:
            maker = self._maker
            stream, told = self._begin(self._start().wait())
            while (piece := maker.fetch(stream).wait()) is not None:
                told.add(len(piece), stream)
                for group in maker.groups(piece):
                    yield from group
            self._end()
        except GeneratorExit:
            raise
        except BaseException:
            self.is_over = True
            raise
        finally:
            self.close()

    def awaited(self) -> AsyncGenerator[Any, None]:
        """Returns an async generator that yields the items of the answer."""
        items = self._awaited()
        # When a loop drops an async generator, the event loop closes the generator later, or never
        # if the event loop stops. The request must end without waiting until the event loop closes
        # the generator. CPython calls this finalizer before the event loop closes the generator.
        weakref.finalize(items, self.close).atexit = False
        return items

    async def _awaited(self) -> AsyncGenerator[Any, None]:
        try:
            maker = self._maker
            stream, told = self._begin(await self._start())
            while (piece := await maker.fetch(stream)) is not None:
                told.add(len(piece), stream)
                for group in maker.groups(piece):
                    for item in group:
                        yield item
            self._end()
        except GeneratorExit:
            raise
        except BaseException:
            self.is_over = True
            raise
        finally:
            self.close()

    def _begin(self, stream: _core.Stream) -> tuple[_core.Stream, _Told]:
        if self._is_closed:
            stream.close()
            raise RuntimeError(_CLOSED)
        self._stream, self._told = stream, _Told(self._progress)
        return stream, self._told

    def _end(self) -> None:
        """Records that the answer has ended, unless another thread or task has already closed the
        request."""
        if self._is_closed:
            raise RuntimeError(_CLOSED)
        self.is_over = True

    def close(self) -> None:
        """Ends the request, if it has not ended yet, and closes its progress report."""
        self._is_closed = True
        # The reference to the stream is dropped here, because a read that is being cancelled keeps
        # the request open until the stream is dropped.
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()
        told, self._told = self._told, None
        if told is not None:
            told.close()

    def finish(self) -> None:
        """Ends the request because its reader does not need the rest of the answer."""
        self.is_over = True
        self.close()


class _Told:
    """Reports how many rows have arrived, if the caller requested progress reports."""

    def __init__(self, progress: _progress.Progress) -> None:
        self._report = _progress.reading(progress)
        self._rows = 0

    def add(self, rows: int, stream: _core.Stream) -> None:
        self._rows += rows
        if self._report:
            self._report(self._rows, stream.received)

    def close(self) -> None:
        if self._report:
            self._report.close()


def _is_running(items: object) -> bool:
    """Returns whether another thread or task is running the generator, so that it cannot be closed
    now."""
    return any(getattr(items, name, False) for name in ("gi_running", "ag_running"))


def _nothing() -> Generator[Any, None, None]:
    return
    yield


async def _async_nothing() -> AsyncGenerator[Any, None]:
    return
    yield
