"""Makes the calls of a noun in the client's mode, and checks the arguments that all nouns share."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, TypeVar

from ... import _arguments
from ...influxql import Duration

if TYPE_CHECKING:
    from ..._core import Call, Client

__all__ = ["Length", "Noun", "Owner", "Within", "call", "length", "texts"]

T = TypeVar("T")

Length = timedelta | str | Duration

_UNITS_NS = {
    "ns": 1, "u": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
    "d": 24 * 3600 * 10**9, "w": 7 * 24 * 3600 * 10**9,
}  # fmt: skip


class Owner(Protocol):
    """What the nouns use of a client."""

    _core: Client

    @property
    def _is_async(self) -> bool: ...

    def _run(
        self, name: str, make: Callable[[], Call[Any]], finish: Callable[[Any], Any], /
    ) -> Any: ...


class Within(TypedDict, total=False):
    """The organization of a call: its name, or its ID. By default, this is the organization of the
    client."""

    org: str | None
    org_id: str | None


def call(
    client: Owner,
    method: str,
    read: Callable[[Any], T],
    noun: str,
    action: str,
    /,
    **given: object,
) -> Any:
    """Makes a call of the engine in the client's mode. Arguments that are `None` are not passed."""
    arguments = _dumps(given)
    return client._run(method, lambda: client._core.administer(noun, action, arguments), read)


def _dumps(given: Mapping[str, object]) -> str:
    import json

    return json.dumps({name: value for name, value in given.items() if value is not None})


class Noun:
    """The calls of one noun."""

    _noun: str
    # The class of the objects.
    _kind: Any

    def __init__(self, client: Owner) -> None:
        self._client = client

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._client!r}>"

    def _call(self, action: str, read: Callable[[Any], T], /, **given: object) -> Any:
        """Makes a call of the noun, in the organization `within` if this argument is passed."""
        within = given.pop("within", None)
        if isinstance(within, dict):
            given |= _checked(within)
        method = f"{self._noun}.{action}"
        return call(self._client, method, read, self._noun, action, **given)

    def _one(self, action: str, /, **given: object) -> Any:
        """Makes a call that returns an object of the noun."""
        return self._call(action, self._kind._read, **given)

    def _maybe(self, action: str, /, **given: object) -> Any:
        """Makes a call that returns an object of the noun or `None`."""
        return self._call(
            action, lambda found: None if found is None else self._kind._read(found), **given
        )

    def _done(self, action: str, /, **given: object) -> Any:
        """Makes a call that returns nothing."""
        return self._call(action, _nothing, **given)

    def _pages(self, action: str, kind: Any = None, /, **given: object) -> Any:
        """Returns an iterator over all objects of a list, which is asynchronous in async mode. The
        list is read one page ahead, so that the loop may delete the objects that it receives."""
        read = (kind or self._kind)._read

        # An invalid organization raises here, and not when the loop begins.
        given |= _checked(dict(given.pop("within", None) or {}))  # type: ignore[call-overload]

        def turn(mark: str | None) -> Any:
            return self._call(action, dict, mark=mark, **given)

        return _awaited(turn, read) if self._client._is_async else _waited(turn, read)

    def _by_id(self, id: object) -> dict[str, object]:  # noqa: A002
        """Returns the argument that names an object that has no name: its ID, or the object."""
        if isinstance(id, self._kind):
            return {"id": id.id}
        _arguments.expect("id", id, str)
        return {"id": id}

    def _which(self, name: object, id: object) -> dict[str, object]:  # noqa: A002
        """Returns the arguments that name an object: its name, its ID, or the object itself."""
        if isinstance(name, self._kind) and id is None:
            return {"id": name.id}
        if (name is None) == (id is None):
            raise TypeError("expected either the name or `id`")
        texts(name=name, id=id)
        return {"name": name, "id": id}


def _checked(within: dict[str, object]) -> dict[str, object]:
    for name in within.keys() - Within.__annotations__.keys():
        raise TypeError(f"argument `{name}`: unknown; hint: the organization is `org` or `org_id`")
    texts(**within)
    org, org_id = within.get("org"), within.get("org_id")
    if org is not None and org_id is not None:
        raise TypeError("expected either `org` or `org_id`")
    return {"organization": org, "organization_id": org_id}


def _nothing(_: object) -> None:
    return None


async def _awaited(turn: Callable[[str | None], Any], read: Callable[[Any], T]) -> AsyncIterator[T]:
    page = await turn(None)
    while page is not None:
        following = await turn(page["next"]) if page["next"] is not None else None
        for item in page["items"]:
            yield read(item)
        page = following


def _waited(turn: Callable[[str | None], Any], read: Callable[[Any], T]) -> Iterator[T]:
    page = turn(None)
    while page is not None:
        following = turn(page["next"]) if page["next"] is not None else None
        for item in page["items"]:
            yield read(item)
        page = following


def texts(**given: object) -> None:
    """Refuses arguments that are neither a string nor `None`."""
    for name, value in given.items():
        _arguments.expect(name, value, str, optional=True)


def length(argument: str, value: Length | None, *, finite: bool = False) -> object:
    """Returns the JSON of a duration. `INF` means forever."""
    if value is None:
        return None
    try:
        text = str(value if isinstance(value, Duration) else Duration(value))
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"argument `{argument}`: {error}") from None
    if text == "INF":
        if finite:
            raise ValueError(f"argument `{argument}`: cannot be `INF`")
        return "Forever"
    parts = re.findall(r"(\d+)(ns|u|ms|s|m|h|d|w)", text)
    whole = sum(int(count) * _UNITS_NS[unit] for count, unit in parts)
    return {"Finite": divmod(whole, 10**9)}
