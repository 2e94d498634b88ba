"""Plots numeric columns of results over time, with matplotlib.

The module imports matplotlib, which needs numpy, when the first plot is drawn. This module finds
the columns of a series that is one of our own types, or a type of pandas, polars or pyarrow.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from . import _arguments, _core, _show

__all__ = ["plot"]

# The maximum number of lines in the legend of a plot, and of characters in a label.
_LEGEND = 20
_LABEL = 80
# The numpy names of time units, keyed by the length of the unit in nanoseconds.
_UNITS = {
    1: "ns", 10**3: "us", 10**6: "ms", 10**9: "s", 60 * 10**9: "m", 3600 * 10**9: "h",
}  # fmt: skip


class _Source(NamedTuple):
    """Holds the columns of one series.

    Each item of `kinds` is the kind of one column: `number`, `boolean`, or another word for any
    other kind. The function `values` returns the column at a position as float64, with NaN for
    null. The attribute `times` is an array of `datetime64`, or `None` if the series has no times.
    The function `texts` returns the column at a position as an array of objects, and the function
    `cell` returns the cell at a position and a row.
    """

    columns: Sequence[str]
    kinds: Sequence[str]
    values: Callable[[int], Any]
    times: Any
    texts: Callable[[int], Any]
    cell: Callable[[int, int], Any]

    @property
    def is_flux(self) -> bool:
        """Whether the rows are those of Flux tables, whose numbers are in the column `table`."""
        return "result" in self.columns and "table" in self.columns


def plot(
    series: Iterable[tuple[str | None, Any]],
    columns: Iterable[str] | None,
    ax: Any,
    kwargs: Mapping[str, Any] | None,
) -> Any:
    """Implements `SeriesList.plot` for a list of pairs of a name and a series."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "plot: matplotlib is not installed; hint: pip install matplotlib",
            name="matplotlib",
        ) from error
    named = [(name, one, _source(one)) for name, one in series]
    wanted = None if columns is None else _arguments.names("columns", columns)
    chosen = _chosen([source for *_, source in named], wanted)
    is_new = ax is None
    if is_new:
        _, ax = plt.subplots(layout="constrained")
    known, _ = ax.get_legend_handles_labels()
    names = dict.fromkeys(name for name, *_ in named)
    lines: list[Any] = []
    for (name, one, source), positions in zip(named, chosen, strict=True):
        for position in positions:
            times, values = _points(source, position)
            for rows, label in _lines(source, position):
                if label is None:
                    label = _label(name if len(names) > 1 else None, source.columns[position], one)
                at = _without_nulls(times[rows], values[rows])
                lines.extend(ax.plot(*at, **{"label": label, **(kwargs or {})}))
    if is_new:
        _dress(ax, names, any(source.times is not None for *_, source in named))
    shown = [*known, *lines]
    if len(shown) <= _LEGEND:
        ax.legend(shown, [line.get_label() for line in shown])
    return ax


def _chosen(sources: list[_Source], wanted: list[object] | None) -> list[list[int]]:
    """Returns, for each series, the positions of the columns to plot."""
    if wanted is None:
        chosen = [
            [n for n, kind in enumerate(one.kinds) if kind == "number" and not _is_id(one, n)]
            for one in sources
        ]
        if not any(chosen):
            raise ValueError("plot: no column holds numbers")
        return chosen
    known = dict.fromkeys(column for one in sources for column in one.columns)
    for column in wanted:
        if column not in known:
            names = _show.clean(", ".join(map(str, known)), 1000)
            raise ValueError(f"argument `columns`: no column {column!r}; columns: {names}")
    chosen = [[n for n, column in enumerate(one.columns) if column in wanted] for one in sources]
    for source, positions in zip(sources, chosen, strict=True):
        for position in positions:
            if source.kinds[position] not in ("number", "boolean", "null"):
                column, kind = source.columns[position], source.kinds[position]
                raise TypeError(f"column `{column}`: expected numbers, got {kind}")
    return chosen


def _is_id(source: _Source, position: int) -> bool:
    """Returns whether a column holds the numbers of Flux tables."""
    return source.is_flux and source.columns[position] == "table"


def _points(source: _Source, position: int) -> tuple[Any, Any]:
    """Returns the times (or row numbers) and the values of a column."""
    import numpy as np

    values = source.values(position)
    return np.arange(len(values)) if source.times is None else source.times, values


def _without_nulls(times: Any, values: Any) -> tuple[Any, Any]:
    """Returns the times and the values of the rows in which neither is null."""
    import numpy as np

    there = ~(np.isnan(values) | (np.isnat(times) if times.dtype.kind == "M" else False))
    return times[there], values[there]


def _lines(source: _Source, position: int) -> Iterable[tuple[slice, str | None]]:
    """Returns the rows and the label of each line of a column: one line for each Flux table. If the
    rows are not those of Flux tables, returns a single line without a label."""
    if not source.is_flux:
        return [(slice(None), None)]
    import numpy as np

    numbers = source.values(source.columns.index("table"))
    if not len(numbers):
        return [(slice(None), None)]
    changes = np.diff(numbers) != 0
    results = source.columns.index("result")
    if source.cell(results, 0) != source.cell(results, len(numbers) - 1):
        names = source.texts(results)
        changes |= names[1:] != names[:-1]
    starts = [0, *(np.flatnonzero(changes) + 1).tolist(), len(numbers)]
    return [
        (slice(start, end), _flux_label(source, position, start))
        for start, end in itertools.pairwise(starts)
    ]


def _flux_label(source: _Source, position: int, row: int) -> str:
    """Returns the label of a Flux table, such as `cpu load host=a`."""
    names = {"_measurement": "", "_field": ""}
    tags: dict[str, str] = {}
    for number, column in enumerate(source.columns):
        text = None
        if number != position and source.kinds[number] not in ("number", "boolean", "null"):
            text = source.cell(number, row)
        if isinstance(text, str) and column != "result":
            (names if column in names else tags)[column] = text
    column = source.columns[position]
    field = names["_field"] if column == "_value" and names["_field"] else column
    parts = (names["_measurement"], field, _show.label_of_tags(tags))
    return _safe(" ".join(part for part in parts if part))


def _label(name: str | None, column: str, one: Any) -> str:
    tags = _show.label_of_tags(_show.tags_of(one))
    label = " ".join(part for part in (name, column, tags) if part)
    return _safe(label)


def _safe(text: str) -> str:
    """Returns the string in a form that matplotlib displays literally."""
    return _show.clean(text, _LABEL).replace("$", r"\$")


def _dress(ax: Any, names: Iterable[str | None], timed: bool) -> None:
    """Sets the title and the ticks of axes that were created for this plot."""
    from matplotlib import dates

    title = ", ".join(name for name in names if name)
    ax.set_title(_safe(title))
    if timed:
        locator = dates.AutoDateLocator(tz="UTC")
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz="UTC"))
        ax.set_xlabel("time (UTC)")
    else:
        ax.set_xlabel("row")


def _source(one: Any) -> _Source:
    """Returns the columns of `one`, which can be any supported kind of table."""
    if isinstance(one, (_core.Table, _core.Rows)):
        return _own(one)
    kind = type(one).__module__.partition(".")[0]
    of_kind = {"pandas": _pandas, "polars": _polars, "pyarrow": _pyarrow}.get(kind)
    if of_kind is None:
        raise TypeError(f"plot: expected a series of an answer, got `{type(one).__name__}`")
    return of_kind(one)


def _own(one: Any) -> _Source:
    import numpy as np

    length = len(one)
    kinds = one._kinds

    def values(position: int) -> Any:
        _, cells, mask = one._column(position)
        if cells is None:
            return np.full(length, np.nan)
        numbers = np.asarray(cells, dtype=np.float64)
        return numbers if mask is None else np.where(mask, np.nan, numbers)

    times = None
    at = _time_column(one.columns, [kind == "time" for kind in kinds])
    if at is not None:
        _, cells, _ = one._column(at)
        times = cells.view(f"M8[{_UNITS[one._unit]}]")
    numbers = ("float", "integer", "unsigned", "number")
    words = ["number" if kind in numbers else kind for kind in kinds]

    def texts(position: int) -> Any:
        return np.array(one._column(position)[1], dtype=object)

    def cell(position: int, row: int) -> Any:
        return next(iter(one._rows(row, row + 1)))[0][position]

    return _Source(one.columns, words, values, times, texts, cell)


def _time_column(columns: Sequence[str], are_times: Sequence[bool]) -> int | None:
    """Returns the position of the column with the times of the rows: `_time` in a Flux table, and
    otherwise the first column of times."""
    is_flux = "result" in columns and "table" in columns
    names = ("_time",) if is_flux or "_time" in columns else columns
    found = (n for n, name in enumerate(columns) if are_times[n] and name in names)
    return next(found, None)


def _pandas(frame: Any) -> _Source:
    import numpy as np
    import pandas as pd
    from pandas.api import types

    def kind(dtype: Any) -> str:
        if types.is_bool_dtype(dtype):
            return "boolean"
        return "number" if types.is_numeric_dtype(dtype) else str(dtype)

    def values(position: int) -> Any:
        return frame.iloc[:, position].to_numpy(dtype=np.float64, na_value=np.nan)

    times = None
    if isinstance(frame.index, pd.DatetimeIndex):
        index = frame.index
        times = (index if index.tz is None else index.tz_convert(None)).to_numpy()
    columns = [str(column) for column in frame.columns]
    return _Source(
        columns,
        [kind(dtype) for dtype in frame.dtypes],
        values,
        times,
        lambda position: frame.iloc[:, position].to_numpy(dtype=object),
        lambda position, row: frame.iat[row, position],
    )


def _polars(frame: Any) -> _Source:
    import polars as pl

    def kind(dtype: Any) -> str:
        words = {pl.Boolean: "boolean", pl.Null: "null"}
        return "number" if dtype.is_numeric() else words.get(dtype, str(dtype))

    def values(position: int) -> Any:
        return frame.to_series(position).cast(pl.Float64).to_numpy()

    times = None
    name = "_time" if "_time" in frame.columns else "time"
    if isinstance(frame.schema.get(name), pl.Datetime):
        times = frame[name].dt.replace_time_zone(None).to_numpy()
    return _Source(
        frame.columns,
        [kind(dtype) for dtype in frame.dtypes],
        values,
        times,
        lambda position: frame.to_series(position).to_numpy(),
        lambda position, row: frame.item(row, position),
    )


def _pyarrow(table: Any) -> _Source:
    import pyarrow as pa

    def kind(of: Any) -> str:
        if pa.types.is_boolean(of):
            return "boolean"
        is_number = pa.types.is_integer(of) or pa.types.is_floating(of)
        return "number" if is_number else str(of)

    def values(position: int) -> Any:
        # Integers beyond 2^53 are not exact as float64, but no plot shows the difference.
        return table.column(position).cast(pa.float64(), safe=False).to_numpy()

    times = None
    name = "_time" if "_time" in table.column_names else "time"
    if name in table.column_names and pa.types.is_timestamp(table.schema.field(name).type):
        times = table[name].cast(pa.timestamp("ns")).to_numpy()
    return _Source(
        table.column_names,
        [kind(of) for of in table.schema.types],
        values,
        times,
        lambda position: table.column(position).to_numpy(zero_copy_only=False),
        lambda position, row: table.column(position)[row].as_py(),
    )
