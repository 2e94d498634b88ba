"""Handles keyword arguments that other clients use: some of them are aliases of our arguments, and
the others are refused.

Every keyword argument that `write` does not know becomes a tag on every point. A keyword argument
of another client would also become a tag, and nobody would notice the mistake. For example, the
points would be written to the wrong database, with an unwanted tag. Therefore `write` refuses the
names in `_USE` as keyword arguments; `tags={...}` accepts any name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypedDict

from . import _arguments
from .influxql import InfluxQL

__all__ = ["Aliases", "check_tags", "database", "database_of_query"]

_UNIT = "`precision` (line protocol) or `time_unit` (all other data)"
_DB = "`db`"

# The replacement for each refused keyword: an argument of `InfluxDBClient.write`, or an
# explanation.
_USE = {
    "retention_policy": "`rp`",
    "time_precision": _UNIT,
    "write_precision": _UNIT,
    "batch_size": "`batch_lines`",
    "write_options": "`batch_lines`, `batch_bytes` and `connections`",
    "data_frame_measurement_name": "`measurement`",
    "data_frame_tag_columns": "`tag_columns`",
    "data_frame_timestamp_column": "`time_column`",
    "numeric_precision": "not needed, because numbers are always written in full",
    "org": "not needed, because the organization is that of the client",
    "org_id": "not needed, because the organization is that of the client",
    "record": "`data`",
    "record_measurement_key": "not needed, because a mapping names its measurement",
    "record_time_key": "not needed, because a mapping has the key `time`",
    "record_tag_keys": "not needed, because a mapping has the key `tags`",
    "record_field_keys": "not needed, because a mapping has the key `fields`",
    "point_settings": "not needed, because the client has default `tags`",
    "default_tags": "not needed, because the client has default `tags`",
    "protocol": "not needed, because the type of `data` says whether it is lines or points",
    # The arguments that one of our two client classes has and the other lacks.
    "db": _DB,
    "database": _DB,
    "bucket": _DB,
    "rp": "`rp`",
    "precision": "`precision`",
    "consistency": "`consistency`",
    "on_reject": "`on_reject`",
}
_NAMES = frozenset(_USE)
_ALIASES = ("database", "bucket")


class Aliases(TypedDict, total=False):
    """The aliases of the argument `db`, which come from other clients."""

    database: str | None
    bucket: str | None


def check_tags(tags: Mapping[str, object]) -> None:
    """Refuses keyword arguments that have a special meaning in other clients, because here they
    would become tags.

    Raises:
        TypeError: a keyword argument is refused; the message names the argument to use instead.
    """
    if _NAMES.isdisjoint(tags):
        return
    for name, value in tags.items():
        # In other clients, `protocol` names the format of the data. If `protocol` has a value that
        # is not a format, it becomes a tag.
        is_tag = name == "protocol" and not (isinstance(value, str) and value in ("line", "json"))
        if name in _USE and not is_tag:
            use = _USE[name]
            if use.startswith("`"):
                use = f"use {use} of `InfluxDBClient.write`"
            raise TypeError(f"argument `{name}`: {use}; a tag of this name goes into `tags`")


def database(
    db: str | None, database: object = None, bucket: object = None, **unknown: object
) -> str | None:
    """Returns the database that a call names with `db` or with an alias of `db`. An empty string
    counts as no name.

    Raises:
        ValueError: two of the arguments name different databases.
        TypeError: the value of an alias is not a `str`, or an argument is not an alias.
    """
    for name in unknown:
        raise TypeError(
            f"argument `{name}`: unknown; hint: the aliases of `db` are `database` and `bucket`"
        )
    if database is None and bucket is None:
        return db
    first, found = "db", db
    for name, value in (("database", database), ("bucket", bucket)):
        if value is None:
            continue
        _arguments.expect(name, value, str)
        if found and value and found != value:
            raise ValueError(
                f"arguments `{first}` and `{name}`: they name different databases; pass only one"
            )
        if not found:
            first, found = name, str(value)
    return found


def database_of_query(q: str, db: str | None, values: Mapping[str, object]) -> str | None:
    """Returns the database for a query with placeholders. The values of the placeholders are passed
    as keyword arguments, and one of these keywords can be an alias of `db`.

    If a placeholder in the query has the same name as an alias, the value of that alias fills the
    placeholder and does not name a database.
    """
    aliases = {name: values[name] for name in _ALIASES if name in values}
    if not aliases:
        return db
    text = "" if isinstance(q, InfluxQL) else q.replace("{{", "")
    used = re.findall(r"\{(\w+)", text)
    return database(db, **{name: value for name, value in aliases.items() if name not in used})
