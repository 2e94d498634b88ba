"""Deletes data: the points of a database or bucket, and measurements, series and shards of 1.x."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import _arguments, _core, _keywords
from ..influxql import Identifier, Regex
from .statements import Source, Statements, Where, condition, name, number, source
from .v2.noun import call

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._core import Call, Client
    from .._keywords import Aliases

__all__ = ["Deletion"]


class Deletion(Statements):
    """The methods of a client that delete data."""

    _core: Client

    @property
    def _is_async(self) -> bool:
        raise NotImplementedError

    def _run(self, name: str, make: Callable[[], Call[Any]], finish: Callable[[Any], Any]) -> Any:
        """Makes a call in the client's mode."""
        raise NotImplementedError

    def drop_measurement(
        self, measurement: str, *, db: str | None = None, **aliases: Unpack[Aliases]
    ) -> Any:
        """Deletes a measurement with all its points."""
        return self._delete(f"DROP MEASUREMENT {name('measurement', measurement)}", db, **aliases)

    def drop_series(
        self,
        measurement: str | Regex | None = None,
        *,
        where: Where | None = None,
        db: str | None = None,
        **aliases: Unpack[Aliases],
    ) -> Any:
        """Deletes series with all their points, and removes the series from the index.

        Args:
            measurement: Name of a measurement, or a pattern of names.
            where: Tags that the series must have; see `Schema` for the form. Conditions on fields
                or times are refused.
            db: Name of the database.
        Raises:
            ValueError: neither `measurement` nor `where` is given.
        Source: InfluxQL reference, DROP SERIES.
        """
        return self._delete(f"DROP SERIES{_chosen(measurement, where)}", db, **aliases)

    def delete(
        self,
        measurement: str | Regex | None = None,
        *,
        where: Where | None = None,
        start: object = None,
        stop: object = None,
        tags: Mapping[str, str] | None = None,
        predicate: str | None = None,
        all: bool = False,  # noqa: A002
        dry_run: bool = False,
        db: str | None = None,
        **aliases: Unpack[Aliases],
    ) -> Any:
        """Deletes the points to which all arguments apply, or counts their values.

        Args:
            measurement: Name of a measurement. On 1.x, this can also be a pattern of names.
            where: Tags that the points must have, as a dict. On 1.x, the values of the dict can
                also be patterns and lists, and `where` can be a condition on tags and times as
                text. Servers do not accept a condition on fields.
            start: First time whose points are deleted: an `int` in nanoseconds, a `datetime`, a
                `pandas.Timestamp` or text. By default, there is no limit.
            stop: End of the time range, in the same form. Points at this time are deleted on 2.x,
                and kept on 1.x.
            tags: Tags that the points must have, as a dict of texts.
            predicate: Condition of the form `_measurement = "cpu" AND host != "a"`, with `=`, `!=`,
                `AND` and parentheses. Points without a tag are not selected by `!=`. The predicate
                is parsed before anything is sent, and its names and values are quoted anew.
            all: Whether to delete all points, or all points of the time range, if the other
                arguments select none.
            dry_run: Whether to return the number of field values that would be deleted, and delete
                nothing. A point with three fields has three values. On 2.x, a token needs only the
                right to write in order to delete, but the right to read in order to count. On 1.x,
                points are deleted from all retention policies, but counted only in the default one.
            db: Name of the database or bucket.
        Returns:
            With `dry_run`, an `int`. Otherwise `None` on 2.x, and on 1.x the result of `query`.
        Raises:
            ValueError: nothing selects points, and `all` is not set; the predicate or a value is
                not valid; or `start` is after `stop`. Nothing was sent.
        Source: InfluxQL reference, DELETE; InfluxDB 2.x API reference, `POST /api/v2/delete`.

        Example:
            >>> client.delete("cpu", tags={"host": "a"}, stop=datetime(2020, 1, 1))
        """
        _arguments.expect("all", all, bool)
        _arguments.expect("dry_run", dry_run, bool)
        _arguments.expect("predicate", predicate, str, optional=True)
        _arguments.expect("tags", tags, Mapping, optional=True)
        named = _keywords.database(db, **aliases)
        # Without this check, an empty name would select the client's own database, and the call
        # would delete the data in it.
        _arguments.not_empty("db", named)
        points = _Points(measurement, where, tags, predicate, _range(start, stop), all)
        if self._core.server != "1.x":
            arguments = points.json(_arguments.database(named, self._db))
            action, read = ("count", int) if dry_run else ("delete", _nothing)
            return call(self, "delete", read, "points", action, **arguments)
        text = points.influxql(dry_run)
        if not dry_run:
            return self._statement(f"DELETE{text}", named)
        database = _arguments.database(named, self._db)
        return self._run(
            "delete",
            lambda: self._core.query(f"SELECT count(*){text}", database, None, None),
            _total,
        )

    def _delete(self, text: str, db: str | None, **aliases: Unpack[Aliases]) -> Any:
        # Without this check, an empty name would select the client's own database, and the call
        # would delete the data in it.
        db = _keywords.database(db, **aliases)
        _arguments.not_empty("db", db)
        return self._statement(text, db)

    def drop_shard(self, id: int) -> Any:  # noqa: A002 (named like the argument of `DROP SHARD`)
        """Deletes a shard with all its points; `show_shards` returns the shard numbers."""
        return self._statement(f"DROP SHARD {number('id', id)}", None)


def _chosen(measurement: Source | None, where: Where | None) -> str:
    if measurement is None and where is None:
        raise ValueError("pass `measurement` or `where`; `drop_database` deletes everything")
    if isinstance(measurement, Identifier):
        raise TypeError("argument `measurement`: expected str or Regex, got `Identifier`")
    return source(measurement) + condition(where)


class _Points(NamedTuple):
    """The points that a call selects."""

    measurement: str | Regex | None
    where: Where | None
    tags: Mapping[str, str] | None
    predicate: str | None
    range: tuple[int | None, int | None]
    all: bool

    @property
    def is_everything(self) -> bool:
        """Whether nothing but the time range selects points.

        Raises:
            ValueError: `all` does not agree with the other arguments.
        """
        for argument, value in (("tags", self.tags), ("where", self.where)):
            if value is not None and not value:
                # Without this check, the call would delete more than the caller requested.
                kind = "dict" if isinstance(value, Mapping) else "text"
                raise ValueError(f"argument `{argument}`: the {kind} is empty")
        chosen = (self.measurement, self.where, self.tags, self.predicate)
        is_everything = all(one is None for one in chosen)
        if is_everything and not self.all:
            raise ValueError(
                "pass `measurement`, `where`, `tags` or `predicate`; `all=True` deletes all points"
                " of the time range"
            )
        if self.all and not is_everything:
            raise ValueError("argument `all`: deletes everything, so nothing else can select")
        return is_everything

    def json(self, bucket: str | None) -> dict[str, object]:
        """Returns the arguments of the engine's call, for 2.x."""
        if self.is_everything:
            tags: dict[str, str] = {}
        else:
            if self.measurement is not None:
                _only_text("measurement", self.measurement)
            if isinstance(self.where, str):
                raise ValueError(
                    "argument `where`: text is InfluxQL, which only 1.x deletes by; hint: pass"
                    " `predicate`, and `start` and `stop`"
                )
            tags = {}
            for argument, given in (("where", self.where), ("tags", self.tags)):
                _arguments.expect(argument, given, Mapping, optional=True)
                for key, value in (given or {}).items():
                    _arguments.expect(argument, key, str)
                    _only_text(argument, value)
                    if tags.setdefault(key, str(value)) != value:
                        raise ValueError(f"argument `tags`: `{key}` has another value in `where`")
        start, stop = self.range
        return {
            "measurement": self.measurement, "tags": tags, "predicate": self.predicate,
            "start": start, "stop": stop, "all": self.all, "bucket": bucket,
        }  # fmt: skip

    def influxql(self, is_select: bool) -> str:
        """Returns the clauses FROM and WHERE of a statement, for 1.x. Only SELECT needs FROM."""
        is_everything = self.is_everything
        if self.tags is not None:
            for key, value in self.tags.items():
                _arguments.expect("tags", key, str)
                _only_text("tags", value)
        place, conditions = source(self.measurement) if self.measurement is not None else "", []
        if isinstance(self.measurement, Identifier):
            raise TypeError("argument `measurement`: expected str or Regex, got `Identifier`")
        for given in (self.where, self.tags):
            if given is not None:
                conditions.append(condition(given).removeprefix(" WHERE "))
        if self.predicate is not None:
            measurement, tags = _core.predicate_of_influxql(self.predicate)
            if measurement is not None:
                if place:
                    raise ValueError("argument `predicate`: `_measurement` is given twice")
                place = f" FROM {measurement}"
            if tags:
                conditions.append(tags)
        if isinstance(self.where, str) and (len(conditions) > 1 or self.range != (None, None)):
            conditions[0] = f"({conditions[0]})"
        start, stop = self.range
        if start is not None:
            conditions.append(f"time >= {start}")
        if stop is not None:
            conditions.append(f"time < {stop}")
        if is_everything or (is_select and not place):
            place = " FROM /.*/"
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return place + where


def _only_text(argument: str, value: object) -> None:
    if isinstance(value, str) and not isinstance(value, (Identifier, Regex)):
        _arguments.expect(argument, value, str)
        if not value:
            raise ValueError(f"argument `{argument}`: must not be empty")
        return
    kind = type(value).__name__
    raise TypeError(f"argument `{argument}`: expected one str for each name, got `{kind}`")


def _range(start: object, stop: object) -> tuple[int | None, int | None]:
    """Returns the time range in nanoseconds since 1970."""
    found = tuple(None if one is None else _core.nanoseconds(one) for one in (start, stop))
    first, last = found
    if first is not None and last is not None and first > last:
        raise ValueError(f"argument `stop`: {stop!r} is before `start`, {start!r}")
    return first, last


def _nothing(_: object) -> None:
    return None


def _total(answer: _core.Answer) -> int:
    """Returns the sum of all counts in an answer to `SELECT count(*)`."""
    series = [one for result in answer.to_dict("ns")["results"] for one in result.get("series", [])]
    return sum(
        count
        for one in series
        for row in one["values"]
        for column, count in zip(one["columns"], row, strict=True)
        if column != "time" and count is not None
    )
