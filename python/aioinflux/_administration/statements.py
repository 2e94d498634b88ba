"""Checks and quotes the parts of statements. If an argument is invalid, the error message contains
the name of the argument."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .. import _arguments, _core, _keywords, _tokens
from ..influxql import Duration, Identifier, Literal, Regex

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._keywords import Aliases

__all__ = [
    "Source", "Statements", "Where", "condition", "duration", "name", "names", "number", "page",
    "source", "text",
]  # fmt: skip

# The source of a statement: a measurement by name, all measurements that match a pattern, or
# `Identifier(rp, measurement)`.
Source = str | Identifier | Regex
# The condition of a statement: a string in InfluxQL, or a mapping from tags to their expected
# values.
Where = str | Mapping[str, "str | Regex | list[str]"]

# The names that have a special meaning to the server in a condition, so they cannot be used as
# tags.
_NO_TAGS = ("time", "_name", "_tagKey", "_fieldKey", "_seriesKey")


class Statements:
    """Declares the methods of the client that the administrative methods use."""

    _db: str | None

    def _statement(self, text: str, db: str | None = None, **aliases: Unpack[Aliases]) -> Any:
        """Runs a statement on the database `db`, or on the client's own database if `db` is `None`.
        Returns the result of the method `query`."""
        raise NotImplementedError

    def _database(self, db: str | None, **aliases: Unpack[Aliases]) -> str:
        """Returns the quoted name of the database for a statement that requires a database."""
        db = _keywords.database(db, **aliases)
        _arguments.not_empty("db", db)
        chosen = _arguments.database(db, self._db)
        if not chosen:
            raise ValueError("`db` is missing: pass `db=` or set it on the client")
        return name("db", chosen)


def name(argument: str, value: object) -> str:
    """Returns a name in quotes, for use in a statement."""
    _arguments.expect(argument, value, str)
    return _core.quote_identifier(str(value))


def text(argument: str, value: object) -> str:
    """Returns a string in quotes, for use in a statement."""
    _arguments.expect(argument, value, str)
    return _core.quote_string(str(value))


def number(argument: str, value: object) -> str:
    """Returns a non-negative whole number as a string of digits."""
    _arguments.expect(argument, value, int)
    if not isinstance(value, int) or value < 0:
        raise ValueError(f"argument `{argument}`: expected a number from 0 on, got {value}")
    return str(int(value))


def duration(argument: str, value: object) -> str:
    """Returns a duration in the form that InfluxQL uses. If the duration is invalid, the error
    message starts with the name of the argument."""
    try:
        return str(value if isinstance(value, Duration) else Duration(value))
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"argument `{argument}`: {error}") from None


def source(measurement: Source | None) -> str:
    """Returns the clause ` FROM ...`, or an empty string if no measurement is passed."""
    if measurement is None:
        return ""
    if isinstance(measurement, (Identifier, Regex)):
        return f" FROM {measurement}"
    return f" FROM {name('measurement', measurement)}"


def condition(where: Where | None) -> str:
    """Returns the clause ` WHERE ...`, or an empty string if no condition is passed."""
    if where is None:
        return ""
    if isinstance(where, str):
        return f" WHERE {_tokens.one_statement('where', where)}"
    if not isinstance(where, Mapping):
        raise TypeError(f"argument `where`: expected text or a dict, got `{type(where).__name__}`")
    if not where:
        # Without this check, the statement would delete more data than the caller requested.
        raise ValueError("argument `where`: the dict is empty")
    return " WHERE " + " AND ".join(_tag(key, value) for key, value in where.items())


def _tag(key: object, value: object) -> str:
    if key in _NO_TAGS:
        raise ValueError(
            f"argument `where`: `{key}` is not a tag; hint: pass the condition as text"
        )
    tag = name("where", key)
    if isinstance(value, Regex):
        return f"{tag} =~ {value}"
    if isinstance(value, (list, tuple)):
        if not value:
            raise ValueError(f"argument `where`: no values for `{key}`")
        return "(" + " OR ".join(_tag(key, one) for one in value) + ")"
    if not isinstance(value, str):
        raise TypeError(
            f"argument `where`: value for `{key}`: expected str, got `{type(value).__name__}`"
        )
    return f"{tag} = {Literal(value)}"


def page(limit: int | None, offset: int | None) -> str:
    """Returns the clauses LIMIT and OFFSET, but leaves out a clause whose value is not set."""
    found = ""
    if limit is not None:
        # The server reads a limit of zero as "no limit".
        _arguments.positive("limit", limit)
        found = f" LIMIT {number('limit', limit)}"
    return found if offset is None else f"{found} OFFSET {number('offset', offset)}"


def names(argument: str, values: Iterable[object]) -> str:
    """Returns names in quotes, separated by commas."""
    found = _arguments.names(argument, values)
    if not found:
        raise ValueError(f"argument `{argument}`: expected at least one name")
    return ", ".join(name(argument, one) for one in found)
