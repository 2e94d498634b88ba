"""An answer that is read while it arrives.

This module knows how pieces are fetched one after the other, awaited or waited for; what they
become is the maker's, in `_output`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from . import _core, _progress
from ._output import Maker

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Stream"]

T = TypeVar("T")
G = TypeVar("G")


class Stream(Generic[T]):
    """An answer of `InfluxDBClient.stream`: iterate over it, with `for` or with `async for`.

    The request is sent when the first item is asked for, and read on as items are: what is not
    asked for stays with the server, and memory holds one batch. The end of the loop, `close`,
    the end of a `with` block and a cancellation end the request. It can be iterated over once.

    Raises (while it is iterated over):
        InfluxDBQueryError: a statement failed; rows that came before it have been given.
        InfluxDBDecodeError: the answer was damaged or cut off.
        InfluxDBConnectionError: the server can't be reached, or was lost.
    """

    def __init__(
        self,
        start: Callable[[], _core.Call[_core.Stream]],
        maker: Maker,
        progress: _progress.Progress = None,
    ) -> None:
        self._start = start
        self._maker = maker
        self._progress = progress
        self._begun: Generator[T, None, None] | AsyncGenerator[T, None] | None = None
        self._closed = False

    def __iter__(self) -> Generator[T, None, None]:
        self._begun = begun = self._begin(_waited(self._start, self._maker, self._progress))
        return begun

    def __aiter__(self) -> AsyncGenerator[T, None]:
        self._begun = begun = self._begin(_awaited(self._start, self._maker, self._progress))
        return begun

    def _begin(self, items: G) -> G:
        if self._begun is not None:
            raise RuntimeError("a stream can be iterated over once: call `stream` again")
        if self._closed:
            raise RuntimeError("the stream was closed: call `stream` again")
        return items

    def close(self) -> None:
        """Ends the request of a `for` loop; one that has not begun cannot begin any more."""
        self._closed = True
        if isinstance(self._begun, Generator):
            self._begun.close()

    async def aclose(self) -> None:
        """Ends the request of a loop of either kind, as `close` does."""
        self.close()
        if isinstance(self._begun, AsyncGenerator):
            await self._begun.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _waited(
    start: Callable[[], _core.Call[_core.Stream]], maker: Maker, progress: _progress.Progress
) -> Generator[Any, None, None]:
    stream, told = start().wait(), _Told(progress)
    try:
        while (piece := maker.fetch(stream).wait()) is not None:
            told.add(len(piece), stream)
            for group in maker.groups(piece):
                yield from group
    finally:
        told.close()
        stream.close()


async def _awaited(
    start: Callable[[], _core.Call[_core.Stream]], maker: Maker, progress: _progress.Progress
) -> AsyncGenerator[Any, None]:
    stream, told = await start(), _Told(progress)
    try:
        while (piece := await maker.fetch(stream)) is not None:
            told.add(len(piece), stream)
            for group in maker.groups(piece):
                for item in group:
                    yield item
    finally:
        told.close()
        stream.close()


class _Told:
    """How many rows have come, for whoever wants to know."""

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
