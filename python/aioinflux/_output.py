"""Converts answers to the output that the caller requests, for queries and for answers that are
passed as bytes.

This module defines the names of the outputs, and how several series are returned. The values in the
outputs are created in Rust, and pandas DataFrames in `_frames`. The packages polars and pyarrow are
imported when an output needs them.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
from collections.abc import Callable, Generator, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from . import _arguments, _core, _frames, compat
from ._named import row_type
from ._series import SeriesList
from ._tables import Shape, Tables, shape
from .exceptions import InfluxDBError

if TYPE_CHECKING:
    from ._core import Answer

__all__ = [
    "KeyedFrames", "Maker", "NamedRows", "Output", "SeedFrames", "client_output", "keeping",
    "maker", "parse_response", "row_dicts",
]  # fmt: skip

Output = Literal[
    "json", "dict", "pandas", "dataframe", "polars", "pyarrow", "arrow", "rows", "dicts"
]

_OUTPUTS = ("dict", "pandas", "polars", "pyarrow", "arrow", "rows", "dicts")
# Names of 0.9.
_OF_0_9 = ("json", "dataframe")
# The outputs whose times are always in nanoseconds, whatever unit the times in the answer have.
_TABLES = ("pandas", "polars", "pyarrow", "arrow")


def parse_response(
    body: Any,
    content_type: str = "application/json",
    output: Output = "dict",
    *,
    epoch: str = "ns",
    chunked: bool = False,
    tags_as_categories: bool = False,
    into: type[Any] | None = None,
    tables: Tables | None = None,
    columns: Iterable[str] | None = None,
    pivot: bool = False,
) -> Any:
    """Decodes the body of an answer to `/query` or `/api/v2/query`. Decoding a body needs no
    server.

    Args:
        body: A bytes-like object that holds one document, or all documents of a chunked answer, one
            after the other. An object of any other type than `bytes` is copied before it is read.
            If a series has more than 16 MiB of JSON, two threads decode it, provided there are two
            processors and neither `chunked` nor `dict` is used.
        content_type: `application/json`, `application/x-msgpack`, or for an answer to Flux
            `text/csv`, as in the header of the answer.
        output: The type of the result:

            - `dict`, `json`: the server's JSON, with its numbers and times unchanged. For Flux, a
              list that contains a dict for each row.
            - `pandas`: a `pandas.DataFrame`. The index of the DataFrame holds UTC times in
              nanoseconds if the answer has times, and row numbers otherwise. The times are in the
              column `time` (of Flux: `_time`). The columns of the DataFrame are those of the
              answer, followed by the tags of GROUP BY.
            - `dataframe`: the same result as in aioinflux 0.9. One series becomes a DataFrame, as
              with `pandas`. Several series become a `dict` keyed by `measurement,tag=value`, and
              several statements become a list of such dicts. For Flux, the same as `pandas`.
            - `polars`, `pyarrow`: a `polars.DataFrame` or a `pyarrow.Table` with the same columns
              as with `pandas`, and with `time` as one of the columns.
            - `arrow`: a `Table`, which has the method `__arrow_c_stream__`. Using a `Table`
              requires no other package.
            - `rows`, `dicts`: a `Rows` object, which creates tuples or dicts while a program
              iterates over it. The times keep the unit of the answer; those of Flux are in
              nanoseconds.
        epoch: Unit of the times in the body: ns, u, ms, s, m or h. Times in RFC 3339 format need no
            unit, so a Flux answer accepts only the default.
        chunked: Whether to read the body in batches, so that memory use is bounded. If the body has
            1 MiB or more, a thread decodes up to a dozen batches ahead. Only one thread at a time
            can use the iterator, and a forked process cannot continue it.
        tags_as_categories: Whether the tags of GROUP BY become categories: `category` columns in
            pandas, dictionaries in Arrow, and `Categorical` in polars.
        into: A class that is decorated with `@lineprotocol`. Every row becomes an object of this
            class, and the argument `output` is ignored. Columns and tags of GROUP BY are assigned
            to the attributes with the same names. If a value is missing, the attribute becomes
            `None` or gets its default. A Flux answer is pivoted first; its columns `_time` and
            `_measurement` become the time and the measurement of the object.
        tables: For Flux only: which tables become one DataFrame, table or list of rows. By default,
            tables with the same column names and types become one, whatever their results and group
            keys are.

            - `one`: all tables. Cells of columns that a table lacks are null.
            - `schema`: tables with the same column names and types. The result is a `SeriesList`,
              even if it has one item.
            - `each`: no two tables. The result is a `SeriesList`.
        columns: For Flux only: names of the columns to return, in this order. Unless `_time` is one
            of them, a DataFrame has row numbers. Tables that lack a column are returned without it.
        pivot: For Flux only: whether all tables become one table in which each field is a column.
            Rows that agree in all columns but `_field` and `_value` become one row. The columns are
            `_time`, `_measurement`, the tags and the fields; `result`, `table`, `_start` and
            `_stop` are left out. The rows are grouped by series. Tables without `_field` and
            `_value` keep their rows. `write` accepts the result as it is, except a
            `polars.DataFrame`, for which it needs `time_column="_time"`,
            `measurement_column="_measurement"` and `tag_columns`.
    Returns:
        With `into`, a list of objects; with `into` and `chunked`, an iterator over the objects.
        With `dict`, always one `dict`, or one list for Flux. With any other output, one series
        becomes what `output` says. If there is no series, or more than one, the result is a
        `SeriesList` that contains a pair `(name, ...)` for each series; in a Flux answer, the name
        is that of the result. With `chunked`, the result is an iterator that yields one of these
        results for each batch; with `rows` or `dicts`, it iterates over all rows.

        The attribute `attrs` of a DataFrame of a Flux answer has the name of its result as `result`
        (or a list of names), and the group key as `group`: a `dict` of columns and values if the
        DataFrame has the rows of one table, and otherwise a list of columns. After `pivot`, `attrs`
        has `measurement_column` and `tag_columns` instead of `group`, which `write` reads.

        An empty cell of a text column of Flux is null, because the server writes null and an empty
        string in the same way. The server also writes a line feed in a text as CR and LF.
    Raises:
        InfluxDBQueryError: a statement failed; the attribute `.result` holds the results of the
            other statements.
        InfluxDBDecodeError: the body is damaged, cut off, or not an answer of InfluxDB; the
            attribute `.result` holds everything that was decoded before the error.
        ValueError: an argument is out of range. A `ValueError` is also raised if the values of a
            column have no common type in Arrow, or if an attribute of `into` cannot hold a value.
            The message names the column or attribute. `tables="one"` is refused if a column has
            different types, and `pivot` if a field has different types, has two values in the same
            row, or has the name of a tag. `pivot`, `tables="one"`, and `into` with tables that must
            be pivoted, cannot be used with `chunked`.
        TypeError: `into` is not decorated with `@lineprotocol`.
        ImportError: the output needs a package that is not installed.
    Source: InfluxDB 1.8 API reference, `/query`; InfluxDB 2 documentation, annotated CSV.
    """
    made = maker(
        output, tags_as_categories, into=into,
        tables=tables, columns=columns, pivot=pivot, batches=chunked,
    )  # fmt: skip
    unit = _arguments.epoch(epoch)
    _arguments.expect("content_type", content_type, str)
    if made.shape and content_type.split(";")[0].strip().lower() != "text/csv":
        raise ValueError(
            "arguments `tables`, `columns` and `pivot`: only for answers to Flux (text/csv), got "
            f"{content_type!r}"
        )
    if chunked:
        pieces = _core.Pieces(body, content_type, unit, made.is_table, made.has_views)
        groups = itertools.chain.from_iterable(map(made.groups, pieces))
        return itertools.chain.from_iterable(groups)
    if (
        into is None
        and made.output == "dict"
        and content_type.split(";")[0].strip().lower() == "application/json"
    ):
        return _core.parse_json(body)
    with made.kept():
        answer = _core.parse_answer(body, content_type, unit, made.is_table, made.has_views)
    return made.whole(answer)


def maker(
    output: str,
    tags_as_categories: bool,
    epoch: str = "ns",
    into: type[Any] | None = None,
    *,
    tables: str | None = None,
    columns: Iterable[str] | None = None,
    pivot: bool = False,
    batches: bool = False,
) -> Maker:
    """Returns the maker for an output that is given by name; the names of aioinflux 0.9 are also
    accepted. The first arguments of this function are those of `Maker`.

    Args:
        tables, columns, pivot: The arguments of `parse_response`.
        batches: Whether the maker converts batches (`Maker.groups`). An argument that needs the
            whole answer is then refused.
    """
    same = {"json": "dict", "dataframe": "pandas"}.get(output, output)
    wanted = shape(
        tables, columns, pivot, output=same, into=into is not None, batches=batches
    )  # fmt: skip
    if output == "dataframe" and into is None:
        return KeyedFrames(tags_as_categories, wanted)
    return Maker(same, tags_as_categories, epoch, into, wanted)


@lru_cache
def row_dicts(epoch: str) -> Maker:
    """Returns the maker for the answers to Flux queries without an output: one list of dicts. The
    arguments of this function are those of `Maker`."""
    return Maker("dict", False, epoch)


class Maker:
    """Converts answers to one kind of output.

    Args:
        output: Name of the output.
        tags_as_categories: Whether the tags of GROUP BY become categories.
        epoch: Unit to which the times in rows and dicts are converted from nanoseconds.
        into: A class that is decorated with `@lineprotocol`. All rows become a list of objects of
            this class, and `output` is ignored.
        shape: How the tables of a Flux answer are returned. If `shape` is set, an answer to
            InfluxQL is refused.
    Raises:
        ValueError: an argument is out of range.
        TypeError: `into` is not decorated with `@lineprotocol`.
        ImportError: the output needs a package that is not installed.
    """

    def __init__(
        self,
        output: str,
        tags_as_categories: bool,
        epoch: str = "ns",
        into: type[Any] | None = None,
        shape: Shape | None = None,
    ) -> None:
        _arguments.expect("tags_as_categories", tags_as_categories, bool)
        if output not in _OUTPUTS:
            names = ", ".join((*_OUTPUTS, *_OF_0_9))
            raise ValueError(f"argument `output`: expected one of {names}, got {output!r}")
        self.output = output
        self.shape = shape
        self._objects = None if into is None else _reader(into)
        self.is_table = output in _TABLES or into is not None
        # Strings are decoded to the type that polars itself uses for strings.
        self.has_views = output == "polars" and into is None
        self._as_categories = tags_as_categories
        self._epoch = epoch
        self._module: Any = None
        if output in ("pandas", "polars", "pyarrow") and into is None:
            self._module = importlib.import_module(output)

    def whole(self, answer: Answer) -> Any:
        """Converts a complete answer to the output."""
        if answer.is_flux or self.shape is not None:
            return self._flux(answer)
        if self._objects is not None:
            return self._objects(answer)
        if self.output == "dict":
            return answer.to_dict(self._epoch)
        series = self._series(answer)
        return series[0][1] if len(series) == 1 else SeriesList(series)

    def fetch(self, stream: _core.Stream) -> _core.Call[Any]:
        """Returns a call that reads the next batch of a streamed answer."""
        return stream.batch()

    def groups(self, answer: Any) -> Iterable[Iterable[Any]]:
        """Converts one batch of a streamed answer to DataFrames, or to lists of a few dozen rows.

        Rows come in lists, because each iterator that yields a million single rows takes a few
        milliseconds.
        """
        if answer.is_flux or self.shape is not None:
            return self._flux_groups(answer)
        if self._objects is not None:
            return (self._objects(answer),)
        if self.output == "dict":
            return ((answer.to_dict(self._epoch),),)
        return self._series_groups(answer)

    def _series_groups(self, answer: Answer) -> Iterable[Iterable[Any]]:
        made = (one for _, one in self._series(answer))
        if self.output in ("rows", "dicts"):
            return itertools.chain.from_iterable(rows._lists() for rows in made)
        return (made,)

    def _flux(self, answer: Answer) -> Any:
        """Converts a complete answer to Flux."""
        wanted = self.shape or Shape()
        if self._objects is not None:
            # An answer without rows has no columns either.
            return self._objects(answer.arrange("one", None, True, True)) if len(answer) else []
        # A list of dicts has the rows of all tables, in the order of the answer.
        default = "sequence" if self.output == "dict" else "schema"
        tables = answer.arrange(wanted.tables or default, wanted.columns, wanted.pivot, True)
        if self.output == "dict":
            return _rows(tables, self._epoch)
        series = self._series(tables)
        is_one = len(series) == 1 and wanted.tables not in ("schema", "each")
        return series[0][1] if is_one else SeriesList(series)

    def _flux_groups(self, answer: Answer) -> Iterable[Iterable[Any]]:
        """Converts one batch of an answer to Flux."""
        if self._objects is not None:
            if answer.is_long:
                raise ValueError(
                    "argument `into`: rows with the columns `_field` and `_value` are pivoted "
                    "first, which needs the whole answer, not its batches; hint: add "
                    "`schema.fieldsAsCols()` to the query"
                )
            return (self._objects(answer),)
        wanted = self.shape or Shape()
        tables = answer.arrange(wanted.tables or "schema", wanted.columns, wanted.pivot, False)
        if self.output == "dict":
            return ((_rows(tables, self._epoch),),)
        return self._series_groups(tables)

    def kept(self) -> contextlib.AbstractContextManager[None]:
        """Returns a context manager: if an exception contains part of an answer, that part is
        converted to the output like a complete answer."""
        is_plain = self._objects is None and self.shape is None
        return keeping(self.whole if is_plain else self._whole_or_none)

    def _whole_or_none(self, answer: Answer) -> Any:
        """Converts an answer to the output. Returns `None` if the user's class raises an exception,
        or the tables cannot be arranged, so that this exception does not hide why the server
        failed."""
        try:
            return self.whole(answer)
        except Exception:
            return None

    def _series(self, answer: Answer) -> list[tuple[str | None, Any]]:
        if self.output in ("rows", "dicts"):
            return answer.rows(self._epoch, self.output == "dicts")
        if self.output == "pandas":
            return _frames.frames(answer, self._as_categories)
        tables: list[tuple[str | None, Any]] = answer.tables(self._as_categories, self.has_views)
        if self.output == "polars":
            return [(name, self._module.DataFrame(table)) for name, table in tables]
        if self.output == "pyarrow":
            return [(name, self._module.table(table)) for name, table in tables]
        return tables


def _rows(tables: Answer, epoch: str) -> list[dict[str, Any]]:
    """Returns the rows of all tables as dicts."""
    return list(itertools.chain.from_iterable(rows for _, rows in tables.rows(epoch, True)))


def _reader(into: type[Any]) -> Callable[[Answer], list[Any]]:
    from .serialization.usertype import reader

    return reader(into)


@contextlib.contextmanager
def keeping(make: Callable[[Answer], Any]) -> Generator[None, None, None]:
    """If the body of the `with` block raises an exception that contains part of an answer, that
    part is converted with `make`."""
    try:
        yield
    except InfluxDBError as error:
        result = getattr(error, "result", None)
        if isinstance(result, _core.Answer):
            error.__dict__["result"] = make(result)
        raise


def client_output(output: object) -> None:
    """Refuses any value that is not an `output` of `InfluxDBClient`."""
    known = (*_OF_0_9, *_OUTPUTS)
    if output not in known:
        raise ValueError(
            f"Invalid output format: expected one of {', '.join(known)}, got {output!r}"
        )
    if output in ("dataframe", "pandas") and compat.pd is None:
        raise ValueError(compat.no_pandas_warning)


class NamedRows(Maker):
    """Converts answers to rows that are named tuples. The fields of a named tuple are the columns
    and, if requested, the tags of GROUP BY.

    Args:
        epoch: Unit of the times in rows.
        with_tags: Whether the tags of GROUP BY follow the columns.
        columns: For Flux only: the columns of the rows, as in `parse_response`.
    """

    def __init__(self, epoch: str, with_tags: bool, columns: Iterable[str] | None = None) -> None:
        wanted = shape(None, columns, False, output="rows", into=False, batches=True)
        super().__init__("rows", False, epoch, shape=wanted)
        self._with_tags = with_tags

    def fetch(self, stream: _core.Stream) -> _core.Call[Any]:
        if self.shape is not None:
            return stream.batch()
        return stream.rows(row_type, self._epoch, self._with_tags)

    def groups(self, answer: Any) -> Iterable[Iterable[Any]]:
        if self.shape is None:
            return (answer,)
        tables = answer.arrange("schema", self.shape.columns, False, False)
        return (tables.named_rows(row_type, self._epoch),)


class SeedFrames(Maker):
    """Creates the DataFrames of aioinflux 0.1. The result is a single DataFrame, a list of `(name,
    frame)`, or a `dict` if the answer has no times."""

    def __init__(self, epoch: str) -> None:
        super().__init__("pandas", False, epoch)

    def whole(self, answer: Answer) -> Any:
        return super().whole(answer) if answer.timed else answer.to_dict(self._epoch)


class KeyedFrames(Maker):
    """Creates the DataFrames of aioinflux 0.9. The result is a single DataFrame, or for each
    statement a `dict` of DataFrames, keyed by measurement and tags."""

    def __init__(self, tags_as_categories: bool, shape: Shape | None = None) -> None:
        super().__init__("pandas", tags_as_categories, shape=shape)

    def whole(self, answer: Answer) -> Any:
        if answer.is_flux or self.shape is not None:
            return self._flux(answer)
        counts = answer.counts
        frames = iter(_frames.frames(answer, self._as_categories))
        statements = [_keyed(itertools.islice(frames, count)) for count in counts]
        if len(statements) != 1:
            return statements
        (series,) = statements
        return next(iter(series.values())) if counts == [1] else series

    def groups(self, answer: Any) -> Iterable[Iterable[Any]]:
        if answer.is_flux or self.shape is not None:
            return self._flux_groups(answer)
        # A batch whose dict would be empty is left out, because callers expect DataFrames that they
        # can concatenate.
        return ((self.whole(answer),),) if any(answer.counts) else ()


def _keyed(series: Iterable[tuple[str | None, Any]]) -> dict[str | None, Any]:
    """Returns a dict of DataFrames, whose keys have the form `name,tag=value,...`. If several
    series have the same key, a number is added to the key."""
    found: dict[str | None, Any] = {}
    for name, frame in series:
        tags = (f"{tag}={value}" for tag, value in frame.attrs["tags"].items())
        key = plain = ",".join(filter(None, [name, *tags])) or None
        number = 1
        while key in found:
            number += 1
            key = f"{plain} ({number})"
        found[key] = frame
    return found
