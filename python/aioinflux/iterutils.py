"""Iterates over the points of a decoded JSON answer."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

__all__ = ["iterpoints"]


def iterpoints(
    resp: Mapping[str, Any] | Iterable[Mapping[str, Any]],
    parser: Callable[..., Any] | None = None,
) -> Iterator[Any]:
    """Iterates over the points of all series of all statements of an answer.

    Args:
        resp: A decoded JSON answer, or a chunk of an answer. The answer to a Flux query is an
            iterable of rows, each of which is a `dict`.
        parser: Function that is called for each point, with one argument for each value of the
            point. If the function has a parameter `meta`, it also gets a `dict` with `columns` and
            `statement_id`. If the series of the point has a name and tags, the `dict` also contains
            `name` and `tags`. For Flux, the `dict` has only `columns`. Without a parser, each point
            is returned as the list of its values.
    Returns:
        An iterator over points.
    """
    if not isinstance(resp, Mapping):
        return _rows(resp, parser)
    series = (
        (statement, one) for statement in resp["results"] for one in statement.get("series", ())
    )
    if parser is None:
        return itertools.chain.from_iterable(one.get("values", ()) for _, one in series)
    points = functools.partial(_points, parser, _takes_meta(parser))
    return itertools.chain.from_iterable(itertools.starmap(points, series))


def _rows(rows: Iterable[Mapping[str, Any]], parser: Callable[..., Any] | None) -> Iterator[Any]:
    """Iterates over the rows of an answer to Flux."""
    if parser is None:
        return (list(row.values()) for row in rows)
    if not _takes_meta(parser):
        return (parser(*row.values()) for row in rows)
    return (parser(*row.values(), meta={"columns": list(row)}) for row in rows)


def _points(
    parser: Callable[..., Any],
    takes_meta: bool,
    statement: Mapping[str, Any],
    series: Mapping[str, Any],
) -> Iterator[Any]:
    if takes_meta:
        meta = {key: value for key, value in series.items() if key != "values"}
        meta["statement_id"] = statement.get("statement_id", 0)
        parser = functools.partial(parser, meta=meta)
    return itertools.starmap(parser, series.get("values", ()))


def _takes_meta(parser: Callable[..., Any]) -> bool:
    import inspect

    try:
        return "meta" in inspect.signature(parser).parameters
    except (TypeError, ValueError):
        # Some functions that are written in C have no signature.
        return False
