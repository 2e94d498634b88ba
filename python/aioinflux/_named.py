"""Creates classes of rows that are named tuples and whose columns can have any name.

The fields of a named tuple are identifiers, but the name of a column can be any string, such as
`_id`, `class` or `a b`. Therefore each column is also an attribute of the row, with its original
name. The attribute `_columns` holds the original names in order, and `_fields` holds the names that
`namedtuple` makes of them, as in aioinflux 0.1.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable
from functools import lru_cache
from operator import itemgetter
from typing import Any

__all__ = ["row_type"]


def row_type(columns: list[str]) -> Callable[[tuple[Any, ...]], Any]:
    """Returns the function that creates a row from its cells, if the columns have these names."""
    make: Callable[[tuple[Any, ...]], Any] = _class(tuple(columns))._make
    return make


@lru_cache(maxsize=256)
def _class(columns: tuple[str, ...]) -> Any:
    base: Any = namedtuple(  # type: ignore[misc]
        "Point", [_field(name, columns) for name in columns], rename=True
    )
    names = {"__slots__": (), "__reduce__": _reduce, "_columns": columns}
    made = type("Point", (base,), names)
    for position, name in enumerate(columns):
        for attribute in (name, _as_written(name)):
            # A column with the name of an existing attribute of rows does not replace that
            # attribute.
            if not hasattr(made, attribute):
                setattr(made, attribute, property(itemgetter(position)))
    return made


def _as_written(name: str) -> str:
    """Returns the name in the Unicode normal form that Python uses for identifiers."""
    if name.isascii():
        return name
    import unicodedata

    return unicodedata.normalize("NFKC", name)


def _field(column: str, columns: tuple[str, ...]) -> str:
    """Returns the column's name with `_` in place of characters that are invalid in identifiers. If
    another column already has the resulting name, returns an empty string."""
    name = re.sub(r"[^0-9a-zA-Z]+", "_", column)
    return name if name == column or name not in columns else ""


def _reduce(row: Any) -> tuple[Any, ...]:
    """Lets pickle store rows by their column names, because it cannot find a class that was created
    at runtime."""
    return _row, (row._columns, tuple(row))


def _row(columns: tuple[str, ...], cells: tuple[Any, ...]) -> Any:
    return _class(columns)._make(cells)
