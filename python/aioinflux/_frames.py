"""Decoded series as pandas DataFrames.

This module knows the layout of our DataFrames; the columns are created in Rust. Besides pandas it
needs only numpy. With pyarrow, texts are Arrow's, without a Python object for each.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from ._core import Answer, _SeriesColumns

__all__ = ["frames"]


def frames(answer: Answer, tags_as_categories: bool) -> list[tuple[str | None, pd.DataFrame]]:
    """The DataFrame of each series, by name. The series are taken out of the answer.

    Index: UTC nanoseconds if there is a time column, otherwise the row number. Columns: the fields,
    then the tags of GROUP BY. Measurement and tags are also in `attrs`.
    """
    texts = _text_dtype()
    categories = answer.categories() if tags_as_categories else {}
    series = answer.take_columns(texts is not None)
    return [(one[0], _frame(one, texts, categories)) for one in series]


def _frame(series: _SeriesColumns, texts: Any, categories: dict[str, list[str]]) -> pd.DataFrame:
    import pandas as pd

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
    if index is None:
        index = pd.RangeIndex(length)
    result = pd.DataFrame(dict(enumerate(data.values())), index=index, copy=False)
    # A copy, because it has a name that users may set.
    result.columns = _labels(tuple(data)).copy()
    result.attrs = {"measurement": name, "tags": dict(tags)}
    if "name" not in data:
        # An attribute of aioinflux 0.1. It must not overwrite a column of that name.
        object.__setattr__(result, "name", name)
    return result


@lru_cache
def _labels(names: tuple[str, ...]) -> pd.Index[str]:
    """The labels of columns, created once for many series: they take as long as half a frame."""
    import pandas as pd

    return pd.Index(names)


def _times(nanoseconds: Any) -> pd.DatetimeIndex:
    """Times in the memory of the integers. Adding a zone to naive times would copy them."""
    import pandas as pd

    dtype: Any = pd.DatetimeTZDtype("ns", "UTC")
    return pd.DatetimeIndex(nanoseconds, dtype=dtype, copy=False)


def _text_dtype() -> Any:
    """The dtype that pandas uses for text, if it is one of Arrow, as in pandas 3 with pyarrow."""
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
        # Concatenated with a chunk of numbers, this dtype becomes theirs without loss.
        return pd.arrays.IntegerArray(np.zeros(length, np.int64), np.ones(length, bool))
    if kind == "time":
        return _times(values).array
    if kind == "int" and mask is not None:
        return pd.arrays.IntegerArray(values, mask)
    if kind == "bool" and mask is not None:
        return pd.arrays.BooleanArray(values, mask)
    return values


def _tag(value: str, length: int, texts: Any, categories: list[str] | None) -> Any:
    """A column with the same text in each row."""
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
    """The label, with the suffix `_1` (or the next free one) if it is taken."""
    if label not in taken:
        return label
    number = 1
    while f"{label}_{number}" in taken:
        number += 1
    return f"{label}_{number}"
