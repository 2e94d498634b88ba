"""Lets `write` read its data from an async iterable.

The encoder reads iterators, so a `Feed` is an iterator. A `Feed` advances the async iterable as a
loop would, without a buffer, and raises `Pause` if the next item has to wait for the event loop.
The write then awaits the `Feed`, and resumes the encoder at the point where the encoder stopped.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Generator
from typing import TYPE_CHECKING, Any

from . import _core

if TYPE_CHECKING:
    from typing import TypeGuard

__all__ = ["Feed", "is_async"]


# The types of data that are never async iterables. For these types, `is_async` skips the lookup of
# `__aiter__`, which takes 2 % of the time of a small write.
_PLAIN = frozenset({dict, list, tuple, str, bytes})


def is_async(data: object) -> TypeGuard[AsyncIterable[Any]]:
    """Returns whether the data of a write is read with `async for`. If data supports both `async
    for` and `for`, `async for` is used, because `for` could block."""
    kind = type(data)
    return kind not in _PLAIN and hasattr(kind, "__aiter__")


class Feed:
    """Iterates over the items of an async iterable, as the iterator that the encoder reads. When
    `__next__` raises `Pause`, await the feed before the next call."""

    def __init__(self, items: AsyncIterable[Any]) -> None:
        self._items: AsyncIterator[Any] = type(items).__aiter__(items)
        if not hasattr(type(self._items), "__anext__"):
            raise TypeError(
                f"argument `data`: `{type(items).__name__}.__aiter__` returned "
                f"`{type(self._items).__name__}`, which is not an async iterator"
            )
        # The pending request for the next item, and the object (usually a future) that this request
        # waits for.
        self._step: Any = None
        self._asked: Any = None
        # The item of a pending request that was awaited, or the error of this request.
        self._ready: list[Any] = []
        self._failed: BaseException | None = None

    def __iter__(self) -> Feed:
        return self

    def __next__(self) -> Any:
        if self._ready:
            return self._ready.pop()
        try:
            if self._failed is not None:
                raise self._failed
            self._step = type(self._items).__anext__(self._items).__await__()
            self._asked = next(self._step)
        except StopIteration as end:
            # An awaitable returns its result in a `StopIteration`.
            self._step = None
            return end.value
        except StopAsyncIteration:
            raise StopIteration from None
        finally:
            self._failed = None
        raise _core.Pause

    def __await__(self) -> Generator[Any, Any, None]:
        """Finishes the request for the current item.

        The next call of `__next__` returns the item, or raises the `Exception` of the request as an
        error in the data. A `BaseException` that is no `Exception`, such as a cancellation, is
        raised by `await`.
        """
        step, asked = self._step, self._asked
        self._step = self._asked = None
        try:
            while True:
                try:
                    answer = yield asked
                except BaseException as error:
                    # The error can be a cancellation, for example, which the async iterable may
                    # handle.
                    asked = step.throw(error)
                else:
                    asked = next(step) if answer is None else step.send(answer)
        except StopIteration as end:
            self._ready.append(end.value)
        except Exception as error:
            self._failed = error
