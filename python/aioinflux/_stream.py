"""An answer that is read while it arrives.

This module knows how pieces are fetched one after the other, awaited or waited for. The maker in
`_output` decides what they become.

When a loop is left, the object that it iterates over is not notified: the loop only drops its
iterator. So the objects of this module hold no strong reference to the generator that a loop reads
from: the generator ends with the loop, and the request with the generator.
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
    """An answer of `InfluxDBClient.stream`: iterate over it, with `for` or with `async for`.

    The request is sent when the first item is requested. The answer is read as items are requested,
    so that memory holds one batch, and the rest waits at the server. The end of the loop (also by
    `break`, `return` or an exception), `close`, the end of a `with` block and a cancellation end
    the request. A stream can be iterated over once: a second loop, even after a `break`, raises a
    `RuntimeError`.

    Raises (while it is iterated over):
        InfluxDBQueryError: a statement failed. Earlier rows have been yielded.
        InfluxDBDecodeError: the answer was damaged or cut off.
        InfluxDBConnectionError: the server could not be reached, or the connection was lost.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._has_begun = False
        self._closed = False
        # Not the generator itself: it must end when the loop drops it.
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
        """Ends the request of a loop. A loop that has not begun cannot begin afterwards."""
        self._closed = True
        self._reading.close()
        items = self._waited() if self._waited else None
        if items and not _is_running(items):
            items.close()

    async def aclose(self) -> None:
        """Ends the request of a loop of either kind, as `close` does."""
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
    """What a chunked query returns in blocking modes: a generator that ends with its loop.

    `next` reads from it directly. A `for` loop continues where `next` stopped. When the loop ends,
    whether normally or by `break`, `return` or an exception, the request ends, too. Reading on
    after that raises a `RuntimeError`, so that a part of an answer is not taken for the whole.
    """

    def __init__(self, reading: Reading) -> None:
        items: Generator[T, None, None] = reading.waited()
        self._reading = reading
        self._items = weakref.ref(items)
        # Until a loop takes it.
        self._kept: Generator[T, None, None] | None = items

    def _rest(self) -> Generator[T, None, None] | None:
        """The generator that a loop reads, or may read. `None` at the end of the answer."""
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
        """Ends the request. No more items come after it."""
        self._reading.finish()
        items = self._items()
        if items is not None and not _is_running(items):
            items.close()


class AsyncChunks(AsyncGenerator[T, None]):
    """What a chunked query returns in `async` mode: like `Chunks`, for `anext` and `async for`."""

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
        """Ends the request. No more items come after it."""
        self._reading.finish()
        items = self._items()
        if items is not None and not _is_running(items):
            await items.aclose()


class Reading:
    """The request of one loop, and the generator that reads its answer."""

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
        # Whether the answer came to its end, or to an error: the reader left nothing out.
        self.is_over = False

    def waited(self) -> Generator[Any, None, None]:
        """The items, for a thread that waits for them."""
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
        """The items, awaited."""
        items = self._awaited()
        # The event loop ends a generator that a loop drops, but later, or never if the event loop
        # stops. The request must not wait for that. CPython calls this before.
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
        """Records the end, unless another thread or task has caused it."""
        if self._is_closed:
            raise RuntimeError(_CLOSED)
        self.is_over = True

    def close(self) -> None:
        """Ends the request, if it is still running, and its progress display."""
        self._is_closed = True
        # No reference is kept: a read that is being cancelled holds the request until it is
        # dropped.
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()
        told, self._told = self._told, None
        if told is not None:
            told.close()

    def finish(self) -> None:
        """Ends the request because the reader needs no more of it."""
        self.is_over = True
        self.close()


class _Told:
    """Reports how many rows have come, if progress is wanted."""

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
    """Whether another thread or task is inside the generator, so that it cannot be closed now."""
    return any(getattr(items, name, False) for name in ("gi_running", "ag_running"))


def _nothing() -> Generator[Any, None, None]:
    return
    yield


async def _async_nothing() -> AsyncGenerator[Any, None]:
    return
    yield
