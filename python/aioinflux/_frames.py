"""Converts decoded series to pandas DataFrames.

This module defines the layout of our DataFrames; the data in their columns is created in Rust.
Apart from pandas, this module needs only numpy. If pyarrow is installed, text columns are Arrow
arrays, which hold no Python object for each string.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from ._core import Answer, _Origin, _SeriesColumns

__all__ = ["frames"]


def frames(answer: Answer, tags_as_categories: bool) -> list[tuple[str | None, pd.DataFrame]]:
    """Returns a pair for each series of an answer: the name and the DataFrame of the series. The
    function removes the series from the answer.

    The index of a DataFrame holds UTC times in nanoseconds if the series has a time column, and row
    numbers otherwise. The columns of a DataFrame are the fields, followed by the tags of GROUP BY.
    The attribute `attrs` of a DataFrame also holds the measurement and the tags.

    The DataFrame of a Flux table has the times of `_time` as its index. Its `attrs` hold the result
    and the group key; see `parse_response`.
    """
    texts = _text_dtype()
    if answer.is_flux:
        origins = answer.origins
        tables = answer.take_columns(texts is not None)
        return [
            (one[0], _flux_frame(one, origin, texts))
            for one, origin in zip(tables, origins, strict=True)
        ]
    categories = answer.categories() if tags_as_categories else {}
    series = answer.take_columns(texts is not None)
    return [(one[0], _frame(one, texts, categories)) for one in series]


def _frame(series: _SeriesColumns, texts: Any, categories: dict[str, list[str]]) -> pd.DataFrame:
    name, tags, length, columns = series
    index: Any = None
    data: dict[str, Any] = {}
    for label, kind, values, mask in columns:
        if kind == "time" and index is None:
            index = _times(values)
        else:
            data[_free(label, data)] = _column(kind, values, mask, length, texts)
    for key, value in tags.items():
        data[_free(key, data)] = _tag(value, length, texts, categories.get(key))
    result = _made(data, index, length)
    result.attrs = {"measurement": name, "tags": dict(tags)}
    if "name" not in data:
        # The attribute `name` of a DataFrame exists for programs written for aioinflux 0.1. The
        # attribute `name` must not replace a column with the label `name`.
        object.__setattr__(result, "name", name)
    return result


def _flux_frame(table: _SeriesColumns, origin: _Origin, texts: Any) -> pd.DataFrame:
    """Returns the DataFrame of a Flux table, whose column names are unique."""
    _, _, length, columns = table
    index: Any = None
    data: dict[str, Any] = {}
    for label, kind, values, mask in columns:
        if label == "_time" and kind == "time":
            index = _times(values)
        else:
            data[label] = _column(kind, values, mask, length, texts)
    results, group, key, roles = origin
    frame = _made(data, index, length)
    frame.attrs = {"result": results if len(results) > 1 else next(iter(results), None)}
    if roles is None:
        frame.attrs["group"] = group if key is None else key
    else:
        tags, has_measurement = roles
        frame.attrs["measurement_column"] = "_measurement" if has_measurement else None
        frame.attrs["tag_columns"] = tags
    return frame


def _made(data: dict[str, Any], index: Any, length: int) -> pd.DataFrame:
    import pandas as pd

    if index is None:
        index = pd.RangeIndex(length)
    result = pd.DataFrame(dict(enumerate(data.values())), index=index, copy=False)
    # The index is copied, because users can set its name.
    result.columns = _labels(tuple(data)).copy()
    return result


@lru_cache
def _labels(names: tuple[str, ...]) -> pd.Index[str]:
    """Returns the pandas index for column labels. The pandas index is cached for series with the
    same columns, because creating it takes half of the time of a DataFrame."""
    import pandas as pd

    return pd.Index(names)


def _times(nanoseconds: Any) -> pd.DatetimeIndex:
    """Returns a `DatetimeIndex` that shares the memory of the integers. Adding a time zone to a
    naive `DatetimeIndex` would copy the memory."""
    import pandas as pd

    dtype: Any = pd.DatetimeTZDtype("ns", "UTC")
    return pd.DatetimeIndex(nanoseconds, dtype=dtype, copy=False)


def _text_dtype() -> Any:
    """Returns the dtype that pandas uses for strings if it is an Arrow dtype, as in pandas 3 with
    pyarrow; otherwise returns `None`."""
    import pandas as pd

    dtype = pd.Series([""]).dtype
    return dtype if getattr(dtype, "storage", None) == "pyarrow" else None


def _column(kind: str, values: Any, mask: Any, length: int, texts: Any) -> Any:
    import numpy as np
    import pandas as pd

    if kind == "text" and texts is not None:
        import pyarrow as pa

        return texts.__from_arrow__(pa.table(values).column(0))
    if kind == "object":
        return pd.Series(values, dtype=object).array
    if kind == "null":
        # When a chunk in which this column has only nulls is concatenated with a chunk of numbers,
        # the result has the dtype of the numbers, without loss.
        return pd.arrays.IntegerArray(np.zeros(length, np.int64), np.ones(length, bool))
    if kind == "time":
        return _times(values).array
    if kind == "int" and mask is not None:
        return pd.arrays.IntegerArray(values, mask)
    if kind == "bool" and mask is not None:
        return pd.arrays.BooleanArray(values, mask)
    return values


def _tag(value: str, length: int, texts: Any, categories: list[str] | None) -> Any:
    """Returns a column that contains the same string in every row."""
    import numpy as np
    import pandas as pd

    if categories is not None:
        codes: Any = np.full(length, categories.index(value), np.int32)
        return pd.Categorical.from_codes(codes, categories=categories)
    if texts is not None:
        import pyarrow as pa

        return texts.__from_arrow__(pa.repeat(pa.scalar(value, pa.large_string()), length))
    return pd.Series([value]).array.take(np.zeros(length, np.intp))


def _free(label: str, taken: dict[str, Any]) -> str:
    """Returns the label if it is free; otherwise returns the label with the suffix `_1`, or with
    the next free number."""
    if label not in taken:
        return label
    number = 1
    while f"{label}_{number}" in taken:
        number += 1
    return f"{label}_{number}"
