"""Checks the arguments that select how the tables of a Flux answer are returned.

The tables themselves are arranged in Rust (`_core.Answer.arrange`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from . import _arguments

__all__ = ["Shape", "Tables", "shape"]

# How Flux tables become tables of the caller.
Tables = Literal["one", "schema", "each"]

_TABLES = ("one", "schema", "each")


class Shape(NamedTuple):
    """Holds the arguments of a call. If `tables` is `None`, tables are arranged by schema, and a
    single schema gives no list."""

    tables: str | None = None
    columns: list[str] | None = None
    pivot: bool = False


def shape(
    tables: str | None,
    columns: Iterable[str] | None,
    pivot: bool,
    *,
    output: str,
    into: bool,
    batches: bool,
) -> Shape | None:
    """Returns the shape that a call requests, or `None` if all arguments have their defaults.

    Args:
        tables: `one`, `schema`, `each` or `None`.
        columns: Names of the columns to return, in this order.
        pivot: Whether each field becomes a column.
        output: Name of the output.
        into: Whether rows become objects of a class.
        batches: Whether an answer is converted batch by batch, while it arrives.
    Raises:
        ValueError: an argument is out of range, or two arguments exclude each other.
        TypeError: an argument has the wrong type.
    """
    if tables is None and columns is None and pivot is False:
        return None
    _arguments.expect("pivot", pivot, bool)
    if tables is not None and tables not in _TABLES:
        raise ValueError(f"argument `tables`: expected one of {', '.join(_TABLES)}, got {tables!r}")
    if tables in ("schema", "each"):
        if pivot:
            raise ValueError(f"argument `tables`: `pivot` makes one table, got {tables!r}")
        if output == "dict":
            raise ValueError(
                f"argument `tables`: `dict` and `json` are one list of rows, got {tables!r}; hint: "
                '`output="dicts"` returns the rows of each table'
            )
    if batches and (pivot or tables == "one"):
        what = "`pivot`" if pivot else "`tables`"
        raise ValueError(
            f"argument {what}: the columns of one table are known only at the end of the answer, "
            "so this needs the whole answer, not its batches"
        )
    if into and not (tables is None and columns is None):
        name = "columns" if tables is None else "tables"
        raise ValueError(f"argument `{name}`: not with `into`, whose objects come in one list")
    return Shape(tables, None if columns is None else _names(columns), pivot)


def _names(columns: Iterable[str]) -> list[str]:
    names = _arguments.names("columns", columns)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"argument `columns`: expected names, got `{type(name).__name__}`")
        _arguments.expect("columns", name, str)
    if not names:
        raise ValueError("argument `columns`: expected at least one name")
    return [str(name) for name in names]
