"""An answer that is read while it arrives.

This module knows how pieces are fetched one after the other, awaited or waited for; what they
become is the maker's, in `_output`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from . import _core
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
        progress: Callable[[int], object] | None = None,
    ) -> None:
        self._start = start
        self._maker = maker
        self._progress = progress
        self._begun: Generator[T, None, None] | AsyncGenerator[T, None] | None = None

    def __iter__(self) -> Generator[T, None, None]:
        self._begun = begun = self._begin(_waited(self._start, self._maker, self._progress))
        return begun

    def __aiter__(self) -> AsyncGenerator[T, None]:
        self._begun = begun = self._begin(_awaited(self._start, self._maker, self._progress))
        return begun

    def _begin(self, items: G) -> G:
        if self._begun is not None:
            raise RuntimeError("a stream can be iterated over once: call `stream` again")
        return items

    def close(self) -> None:
        """Ends the request of a `for` loop."""
        if isinstance(self._begun, Generator):
            self._begun.close()

    async def aclose(self) -> None:
        """Ends the request of an `async for` loop."""
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
    start: Callable[[], _core.Call[_core.Stream]],
    maker: Maker,
    progress: Callable[[int], object] | None,
) -> Generator[Any, None, None]:
    stream = start().wait()
    try:
        while (piece := maker.fetch(stream).wait()) is not None:
            if progress:
                progress(len(piece))
            yield from maker.items(piece)
    finally:
        stream.close()


async def _awaited(
    start: Callable[[], _core.Call[_core.Stream]],
    maker: Maker,
    progress: Callable[[int], object] | None,
) -> AsyncGenerator[Any, None]:
    stream = await start()
    try:
        while (piece := await maker.fetch(stream)) is not None:
            if progress:
                progress(len(piece))
            for item in maker.items(piece):
                yield item
    finally:
        stream.close()
