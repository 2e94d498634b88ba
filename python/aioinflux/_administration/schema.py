"""Holds the methods that show and count the measurements, series, tags and fields of a database.

Specify a measurement as a string, as a `Regex`, or as `Identifier(rp, measurement)`. Specify a
condition as text that you write yourself or that `influxql` builds, or as a dict of tags:
`{"host": "a", "rack": Regex("^1"), "zone": ["x", "y"]}`. If the condition is a dict, a series must
match all tags of the dict. If the dict contains a list as the value of a tag, the series must match
one of the values in the list.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..influxql import Regex
from .statements import Source, Statements, Where, condition, name, names, page, source

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._keywords import Aliases

__all__ = ["Schema"]


class Schema(Statements):
    """The methods of a client that show the contents of a database.

    By default, the cardinalities of series and measurements are quick estimates by the server for
    the whole database. If you pass `exact`, a measurement or a condition, the server counts the
    series or measurements exactly. The server always counts tags and fields exactly, for each
    measurement.
    """

    def show_measurements(
        self,
        *,
        measurement: str | Regex | None = None,
        where: Where | None = None,
        limit: int | None = None,
        offset: int | None = None,
        db: str | None = None,
        **aliases: Unpack[Aliases],
    ) -> Any:
        """Returns the names of the measurements of a database.

        Args:
            measurement: Name of a measurement, or a pattern that the names match.
            where: Condition on series; only measurements with a matching series are returned.
            limit: Maximum number of names.
            offset: Number of names to skip.
            db: Name of the database.
        Source: InfluxQL reference, SHOW MEASUREMENTS.
        """
        chosen = ""
        if isinstance(measurement, Regex):
            chosen = f" WITH MEASUREMENT =~ {measurement}"
        elif measurement is not None:
            chosen = f" WITH MEASUREMENT = {name('measurement', measurement)}"
        tail = condition(where) + page(limit, offset)
        return self._statement(f"SHOW MEASUREMENTS{chosen}{tail}", db, **aliases)

    def show_series(
        self,
        measurement: Source | None = None,
        *,
        where: Where | None = None,
        limit: int | None = None,
        offset: int | None = None,
        db: str | None = None,
        **aliases: Unpack[Aliases],
    ) -> Any:
        """Returns the series of a database, each as its measurement and tags in line protocol."""
        tail = source(measurement) + condition(where) + page(limit, offset)
        return self._statement(f"SHOW SERIES{tail}", db, **aliases)

    def show_tag_keys(
        self,
        measurement: Source | None = None,
        *,
        where: Where | None = None,
        limit: int | None = None,
        offset: int | None = None,
        db: str | None = None,
        **aliases: Unpack[Aliases],
    ) -> Any:
        """Returns the tag keys of each measurement."""
        tail = source(measurement) + condition(where) + page(limit, offset)
        return self._statement(f"SHOW TAG KEYS{tail}", db, **aliases)

    def show_tag_values(
        self,
        key: str | Regex | Iterable[str],
        measurement: Source | None = None,
        *,
        where: Where | None = None,
        limit: int | None = None,
        offset: int | None = None,
        db: str | None = None,
        **aliases: Unpack[Aliases],
    ) -> Any:
        """Returns the tag values of each measurement.

        Args:
            key: A tag key, a pattern, or a list of keys.
            measurement: Name of the measurement to search, or a pattern of names.
            where: Condition on series; only values from matching series are returned.
            limit: Maximum number of values for each measurement.
            offset: Number of values to skip.
            db: Name of the database.
        Source: InfluxQL reference, SHOW TAG VALUES.
        """
        tail = _with_key(key) + condition(where) + page(limit, offset)
        return self._statement(f"SHOW TAG VALUES{source(measurement)}{tail}", db, **aliases)

    def show_field_keys(
        self,
        measurement: Source | None = None,
        *,
        limit: int | None = None,
        offset: int | None = None,
        db: str | None = None,
        **aliases: Unpack[Aliases],
    ) -> Any:
        """Returns the field keys of each measurement, with their types."""
        return self._statement(
            f"SHOW FIELD KEYS{source(measurement)}{page(limit, offset)}", db, **aliases
        )

    def show_series_cardinality(
        self,
        measurement: Source | None = None,
        *,
        where: Where | None = None,
        exact: bool = False,
        db: str | None = None,
        **aliases: Unpack[Aliases],
    ) -> Any:
        """Returns the number of series in a database."""
        tail = source(measurement) + condition(where)
        return self._statement(f"SHOW SERIES{_exact(exact)} CARDINALITY{tail}", db, **aliases)

    def show_measurement_cardinality(
        self,
        measurement: Source | None = None,
        *,
        where: Where | None = None,
        exact: bool = False,
        db: str | None = None,
        **aliases: Unpack[Aliases],
    ) -> Any:
        """Returns the number of measurements in a database."""
        tail = source(measurement) + condition(where)
        return self._statement(f"SHOW MEASUREMENT{_exact(exact)} CARDINALITY{tail}", db, **aliases)

    def show_tag_key_cardinality(
        self,
        measurement: Source | None = None,
        *,
        where: Where | None = None,
        exact: bool = False,
        db: str | None = None,
        **aliases: Unpack[Aliases],
    ) -> Any:
        """Returns the number of tag keys of each measurement."""
        tail = source(measurement) + condition(where)
        return self._statement(f"SHOW TAG KEY{_exact(exact)} CARDINALITY{tail}", db, **aliases)

    def show_tag_values_cardinality(
        self,
        key: str | Regex | Iterable[str],
        measurement: Source | None = None,
        *,
        where: Where | None = None,
        exact: bool = False,
        db: str | None = None,
        **aliases: Unpack[Aliases],
    ) -> Any:
        """Returns the number of tag values of each measurement."""
        tail = source(measurement) + _with_key(key) + condition(where)
        return self._statement(f"SHOW TAG VALUES{_exact(exact)} CARDINALITY{tail}", db, **aliases)

    def show_field_key_cardinality(
        self,
        measurement: Source | None = None,
        *,
        where: Where | None = None,
        exact: bool = False,
        db: str | None = None,
        **aliases: Unpack[Aliases],
    ) -> Any:
        """Returns the number of field keys of each measurement."""
        tail = source(measurement) + condition(where)
        return self._statement(f"SHOW FIELD KEY{_exact(exact)} CARDINALITY{tail}", db, **aliases)


def _exact(exact: bool) -> str:
    return " EXACT" if exact else ""


def _with_key(key: str | Regex | Iterable[str]) -> str:
    if isinstance(key, Regex):
        return f" WITH KEY =~ {key}"
    if isinstance(key, str):
        return f" WITH KEY = {name('key', key)}"
    return f" WITH KEY IN ({names('key', key)})"
