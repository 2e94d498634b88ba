"""Decoded answers as pandas and named tuples.

This module knows what a DataFrame of ours looks like; values are decoded in Rust. pandas and numpy
are imported when the first frame is made.
"""

from __future__ import annotations

import contextlib
import re
from collections import namedtuple
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from .exceptions import InfluxDBError

if TYPE_CHECKING:
    import pandas as pd

    from ._core import Answer, _SeriesColumns

__all__ = ["as_frames", "frame", "frames", "row_type"]


def row_type(columns: list[str]) -> Any:
    """The named tuple for rows of these columns."""
    fields = [re.sub(r"[^0-9a-zA-Z]+", "_", name) for name in columns]
    point: Any = namedtuple("Point", fields, rename=True)  # type: ignore[misc]
    return point._make


@contextlib.contextmanager
def as_frames(epoch: str) -> Generator[None, None, None]:
    """Turns what an error kept of an answer into the shape of a good answer."""
    try:
        yield
    except InfluxDBError as error:
        result = getattr(error, "result", None)
        if result is not None:
            error.__dict__["result"] = frames(result, epoch)
        raise


def frames(answer: Answer, epoch: str) -> Any:
    """One DataFrame, a list of `(name, DataFrame)`, or the raw `dict` where there are no times."""
    series = answer.series()
    untimed = any(not columns or columns[0][1] != "time" for _, _, columns in series)
    if untimed or not all(answer.statements):
        return answer.to_dict(epoch)
    if len(series) == 1:
        return frame(series[0])
    return [(one[0], frame(one)) for one in series]


def frame(series: _SeriesColumns) -> pd.DataFrame:
    """The DataFrame of one series.

    Index: UTC nanoseconds where there is a time column, else the row number. Columns: the fields,
    then the tags of GROUP BY. Measurement and tags are in `attrs` too.
    """
    import pandas as pd

    name, tags, columns = series
    index = None
    data: dict[str, Any] = {}
    for label, kind, values, mask in columns:
        if kind == "time":
            index = pd.DatetimeIndex(values.view("M8[ns]"), tz="UTC")
        else:
            data[_free(label, data)] = _column(kind, values, mask)
    length = len(columns[0][2]) if columns else 0
    result = pd.DataFrame(data, index=pd.RangeIndex(length) if index is None else index)
    for key, value in tags.items():
        result[_free(key, data | dict.fromkeys(result.columns))] = value
    result.attrs = {"measurement": name, "tags": dict(tags)}
    if "name" not in result.columns:
        # The seed's attribute; a column of that name must not be overwritten by it.
        object.__setattr__(result, "name", name)
    return result


def _column(kind: str, values: Any, mask: Any) -> Any:
    import pandas as pd

    if kind == "object":
        # Strings take pandas' own string type, where it has one; mixed values stay as they are.
        if all(value is None or isinstance(value, str) for value in values):
            return values
        return pd.Series(values, dtype=object).array
    if mask is None:
        return values
    if kind == "int":
        return pd.arrays.IntegerArray(values, mask)
    if kind == "bool":
        return pd.arrays.BooleanArray(values, mask)
    return values


def _free(label: str, taken: dict[str, Any]) -> str:
    """The label, with the suffix `_1` (or the next free one) where it is taken."""
    if label not in taken:
        return label
    number = 1
    while f"{label}_{number}" in taken:
        number += 1
    return f"{label}_{number}"
