"""Deletes data. Only `drop_database` can delete all data of a database at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _arguments, _keywords
from ..influxql import Identifier, Regex
from .statements import Source, Statements, Where, condition, name, number, source

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._keywords import Aliases

__all__ = ["Deletion"]


class Deletion(Statements):
    """The methods of a client that delete data."""

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
        db: str | None = None,
        **aliases: Unpack[Aliases],
    ) -> Any:
        """Deletes points of a database.

        Args:
            measurement: Name of a measurement, or a pattern of names.
            where: Condition on the tags and times of the points to delete. The server does not
                accept a condition on fields.
            db: Name of the database.
        Raises:
            ValueError: neither `measurement` nor `where` is given.
        Source: InfluxQL reference, DELETE.

        Example:
            >>> client.delete("cpu", where=influxql("time < {t}", t=datetime(2020, 1, 1)))
        """
        return self._delete(f"DELETE{_chosen(measurement, where)}", db, **aliases)

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
