"""Converts answers to the requested form: one entry point for queries and for bytes.

This module defines the names of the outputs, and the form of several series. Values are created in
Rust, and pandas frames in `_frames`. The packages polars and pyarrow are imported when they are
requested.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
from collections.abc import Callable, Generator, Iterable
from typing import TYPE_CHECKING, Any, Literal

from . import _arguments, _core, _frames, compat
from ._named import row_type
from ._series import SeriesList
from .exceptions import InfluxDBError

if TYPE_CHECKING:
    from ._core import Answer

__all__ = [
    "KeyedFrames", "Maker", "NamedRows", "Output", "SeedFrames", "client_output", "keeping",
    "maker", "parse_response",
]  # fmt: skip

Output = Literal[
    "json", "dict", "pandas", "dataframe", "polars", "pyarrow", "arrow", "rows", "dicts"
]

_OUTPUTS = ("dict", "pandas", "polars", "pyarrow", "arrow", "rows", "dicts")
# Names of 0.9.
_OF_0_9 = ("json", "dataframe")
# Outputs whose times are always in nanoseconds, whatever the unit of the answer is.
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
) -> Any:
    """Decodes the body of an answer to `/query`. No server is needed.

    Args:
        body: A bytes-like object: one document, or all documents of a chunked answer, one after the
            other. Only `bytes` objects are read without a copy. A series of more than 16 MiB of
            JSON is decoded by two threads if there are two processors, except with `chunked` or
            `dict`.
        content_type: `application/json` or `application/x-msgpack`, as in the header of the answer.
        output: The type of the result:

            - `dict`, `json`: the server's JSON, with its numbers and times unchanged.
            - `pandas`: a DataFrame. The index holds UTC times in nanoseconds if the answer has
              times, and row numbers otherwise. The columns are the columns of the answer, followed
              by the tags of GROUP BY.
            - `dataframe`: the same result as in 0.9. One series becomes a DataFrame as with
              `pandas`. Several series become a `dict` keyed by `measurement,tag=value`, and several
              statements become a list of such dicts.
            - `polars`, `pyarrow`: a `polars.DataFrame` or a `pyarrow.Table` with the same columns
              as `pandas`, and `time` as one of them.
            - `arrow`: a `Table`, which has `__arrow_c_stream__`. A `Table` needs no other package.
            - `rows`, `dicts`: a `Rows` object, which creates tuples or dicts while it is iterated
              over, with the times of the answer.
        epoch: Unit of the times in the body: ns, u, ms, s, m or h. Times in RFC 3339 need no unit.
        chunked: Whether to read the body batch by batch, with bounded memory. If the body has 1 MiB
            or more, a thread decodes up to a dozen batches ahead. Only one thread at a time can use
            the iterator, and a forked process cannot continue it.
        tags_as_categories: Whether the tags of GROUP BY become categories: `category` in pandas,
            dictionaries in Arrow, `Categorical` in polars.
        into: A class with `@lineprotocol`. All rows become objects of this class, whatever `output`
            says. Columns and the tags of GROUP BY are assigned to the attributes with the same
            names. Missing values become `None` or the default of the attribute.
    Returns:
        With `into` a list of objects, or with `chunked` an iterator of them. With `dict` always one
        `dict`. Otherwise for one series what `output` says, and for none or several a `SeriesList`
        of `(name, ...)`, one for each series. With `chunked` an iterator that yields one of these
        for each batch, or with `rows` and `dicts` an iterator over all rows.
    Raises:
        InfluxDBQueryError: a statement failed; `.result` has the results of the other statements.
        InfluxDBDecodeError: the body is damaged, cut off, or not an answer of InfluxDB; `.result`
            has everything that was decoded before the error.
        ValueError: an argument is out of range. This error is also raised if the values of a column
            have no common type in Arrow, or if an attribute of `into` cannot have a value; the
            message names the column or attribute.
        TypeError: `into` is not a class with `@lineprotocol`.
        ImportError: the output needs a package that is not installed.
    Source: InfluxDB 1.8 API reference, `/query`.
    """
    made = maker(output, tags_as_categories, into=into)
    unit = _arguments.epoch(epoch)
    _arguments.expect("content_type", content_type, str)
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
    output: str, tags_as_categories: bool, epoch: str = "ns", into: type[Any] | None = None
) -> Maker:
    """Returns the maker of an output by name, including the names of 0.9. The arguments are the
    same as for `Maker`."""
    if output == "dataframe" and into is None:
        return KeyedFrames(tags_as_categories)
    same = {"json": "dict", "dataframe": "pandas"}.get(output, output)
    return Maker(same, tags_as_categories, epoch, into)


class Maker:
    """Makes one kind of output.

    Args:
        output: Name of the output.
        tags_as_categories: Whether the tags of GROUP BY become categories.
        epoch: Unit to which the times in rows and dicts are converted from nanoseconds.
        into: A class with `@lineprotocol`. All rows become a list of objects of this class,
            whatever `output` is.
    Raises:
        ValueError: an argument is out of range.
        TypeError: `into` is not a class with `@lineprotocol`.
        ImportError: the output needs a package that is not installed.
    """

    def __init__(
        self,
        output: str,
        tags_as_categories: bool,
        epoch: str = "ns",
        into: type[Any] | None = None,
    ) -> None:
        _arguments.expect("tags_as_categories", tags_as_categories, bool)
        if output not in _OUTPUTS:
            names = ", ".join((*_OUTPUTS, *_OF_0_9))
            raise ValueError(f"argument `output`: expected one of {names}, got {output!r}")
        self.output = output
        self._objects = None if into is None else _reader(into)
        self.is_table = output in _TABLES or into is not None
        # Strings are decoded to the type that polars itself uses.
        self.has_views = output == "polars" and into is None
        self._as_categories = tags_as_categories
        self._epoch = epoch
        self._module: Any = None
        if output in ("pandas", "polars", "pyarrow") and into is None:
            self._module = importlib.import_module(output)

    def whole(self, answer: Answer) -> Any:
        """Returns the output of a whole answer."""
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
        """Returns the outputs of one batch: frames, or lists of a few dozen rows.

        Rows come in lists because each iterator that handles a million rows takes a few
        milliseconds.
        """
        if self._objects is not None:
            return (self._objects(answer),)
        if self.output == "dict":
            return ((answer.to_dict(self._epoch),),)
        made = (one for _, one in self._series(answer))
        if self.output in ("rows", "dicts"):
            return itertools.chain.from_iterable(rows._lists() for rows in made)
        return (made,)

    def kept(self) -> contextlib.AbstractContextManager[None]:
        """If an exception contains part of an answer, that part is converted to the output of a
        complete answer."""
        return keeping(self.whole if self._objects is None else self._objects_or_none)

    def _objects_or_none(self, answer: Answer) -> Any:
        """If the class raises an exception, returns `None`, so that the exception does not hide why
        the server failed."""
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


def _reader(into: type[Any]) -> Callable[[Answer], list[Any]]:
    from .serialization.usertype import reader

    return reader(into)


@contextlib.contextmanager
def keeping(make: Callable[[Answer], Any]) -> Generator[None, None, None]:
    """If an exception contains part of an answer, that part is converted with `make`."""
    try:
        yield
    except InfluxDBError as error:
        result = getattr(error, "result", None)
        if isinstance(result, _core.Answer):
            error.__dict__["result"] = make(result)
        raise


def client_output(output: object) -> None:
    """Refuses anything that is not an `output` of `InfluxDBClient`."""
    known = (*_OF_0_9, *_OUTPUTS)
    if output not in known:
        raise ValueError(
            f"Invalid output format: expected one of {', '.join(known)}, got {output!r}"
        )
    if output in ("dataframe", "pandas") and compat.pd is None:
        raise ValueError(compat.no_pandas_warning)


class NamedRows(Maker):
    """Creates rows that are named tuples. The fields of a row are the columns and, if requested,
    the tags of GROUP BY."""

    def __init__(self, epoch: str, with_tags: bool) -> None:
        super().__init__("rows", False, epoch)
        self._with_tags = with_tags

    def fetch(self, stream: _core.Stream) -> _core.Call[Any]:
        return stream.rows(row_type, self._epoch, self._with_tags)

    def groups(self, answer: Any) -> Iterable[Iterable[Any]]:
        return (answer,)


class SeedFrames(Maker):
    """Creates the frames of aioinflux 0.1: a single frame, a list of `(name, frame)`, or a `dict`
    if the answer has no times."""

    def __init__(self, epoch: str) -> None:
        super().__init__("pandas", False, epoch)

    def whole(self, answer: Answer) -> Any:
        return super().whole(answer) if answer.timed else answer.to_dict(self._epoch)


class KeyedFrames(Maker):
    """Creates the frames of 0.9: a single frame, or for each statement a `dict` of frames, keyed by
    measurement and tags."""

    def __init__(self, tags_as_categories: bool) -> None:
        super().__init__("pandas", tags_as_categories)

    def whole(self, answer: Answer) -> Any:
        counts = answer.counts
        frames = iter(_frames.frames(answer, self._as_categories))
        statements = [_keyed(itertools.islice(frames, count)) for count in counts]
        if len(statements) != 1:
            return statements
        (series,) = statements
        return next(iter(series.values())) if counts == [1] else series

    def groups(self, answer: Any) -> Iterable[Iterable[Any]]:
        # An empty dict is left out, because callers expect frames that they can concatenate.
        return ((self.whole(answer),),) if any(answer.counts) else ()


def _keyed(series: Iterable[tuple[str | None, Any]]) -> dict[str | None, Any]:
    """Returns a dict of frames with keys of the form `name,tag=value,...`. A number is added to
    duplicate keys."""
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
