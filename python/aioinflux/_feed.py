"""Lets `write` take its data from an async iterable.

The encoder reads iterators, so a `Feed` is an iterator: it steps through the async iterable as a
loop would, without a buffer, and raises `Pause` if a step has to wait for the event loop. The write
then awaits the feed, and resumes the encoder at the point where it stopped.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Generator
from typing import TYPE_CHECKING, Any

from . import _core

if TYPE_CHECKING:
    from typing import TypeGuard

__all__ = ["Feed", "is_async"]


# These types are never async iterables. For a small write, looking up an attribute that these types
# lack takes 2 % of the time.
_PLAIN = frozenset({dict, list, tuple, str, bytes})


def is_async(data: object) -> TypeGuard[AsyncIterable[Any]]:
    """Returns whether data is read with `async for`. `async for` takes precedence over `for`, which
    could block."""
    kind = type(data)
    return kind not in _PLAIN and hasattr(kind, "__aiter__")


class Feed:
    """Iterates over the items of an async iterable, for the encoder. Await the feed when it raises
    `Pause`."""

    def __init__(self, items: AsyncIterable[Any]) -> None:
        self._items: AsyncIterator[Any] = type(items).__aiter__(items)
        if not hasattr(type(self._items), "__anext__"):
            raise TypeError(
                f"argument `data`: `{type(items).__name__}.__aiter__` returned "
                f"`{type(self._items).__name__}`, which is not an async iterator"
            )
        # The step that waits for the event loop, and the object that the step waits for.
        self._step: Any = None
        self._asked: Any = None
        # The result of the step after the step was awaited, or its error.
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
            # An awaitable returns its value in a `StopIteration`.
            self._step = None
            return end.value
        except StopAsyncIteration:
            raise StopIteration from None
        finally:
            self._failed = None
        raise _core.Pause

    def __await__(self) -> Generator[Any, Any, None]:
        """Finishes the current step.

        The next call of `__next__` returns the value of the step, or raises its `Exception` as an
        error of the data. Other exceptions, such as a cancellation, are raised here.
        """
        step, asked = self._step, self._asked
        self._step = self._asked = None
        try:
            while True:
                try:
                    answer = yield asked
                except BaseException as error:
                    # The error can be a cancellation, for example.
                    asked = step.throw(error)
                else:
                    asked = next(step) if answer is None else step.send(answer)
        except StopIteration as end:
            self._ready.append(end.value)
        except Exception as error:
            self._failed = error
