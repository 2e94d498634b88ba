"""Holds the methods for databases, retention policies, continuous queries and subscriptions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from .. import _arguments, _tokens
from ..influxql import Duration
from .statements import Statements, duration, name, number, text

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._keywords import Aliases

__all__ = ["Databases"]

Length = timedelta | str | Duration


class Databases(Statements):
    """The methods of a client for databases, retention policies, continuous queries and
    subscriptions."""

    def create_database(
        self,
        db: str | None = None,
        *,
        duration: Length | None = None,
        replication: int | None = None,
        shard_duration: Length | None = None,
        name: str | None = None,
        **aliases: Unpack[Aliases],
    ) -> Any:
        """Creates a database. A database that already exists stays unchanged.

        Args:
            db: Name of the database. By default, this is the client's database.
            duration: How long the first retention policy keeps points; forever by default.
            replication: Number of copies in a cluster.
            shard_duration: Time span of a shard.
            name: Name of the first retention policy; the server's default is `autogen`.
        Source: InfluxQL reference, CREATE DATABASE.
        """
        options = _policy(duration, replication, shard_duration)
        if name is not None:
            options += f" NAME {_name('name', name)}"
        with_options = f" WITH{options}" if options else ""
        return self._statement(
            f"CREATE DATABASE {self._database(db, **aliases)}{with_options}", db, **aliases
        )

    def drop_database(self, db: str | None = None, **aliases: Unpack[Aliases]) -> Any:
        """Deletes the database `db` (default: the client's database) with all its data."""
        return self._statement(f"DROP DATABASE {self._database(db, **aliases)}", db, **aliases)

    def show_databases(self) -> Any:
        """Returns the names of all databases."""
        return self._statement("SHOW DATABASES", None)

    def create_retention_policy(
        self,
        name: str,
        duration: Length,
        replication: int = 1,
        *,
        shard_duration: Length | None = None,
        default: bool = False,
        db: str | None = None,
        **aliases: Unpack[Aliases],
    ) -> Any:
        """Creates a retention policy. A retention policy that already exists with the same values
        stays unchanged.

        Args:
            name: Name of the retention policy.
            duration: How long the policy keeps points: at least one hour, or `INF`.
            replication: Number of copies in a cluster; always 1 outside of a cluster.
            shard_duration: Time span of a shard; by default, the server derives it from `duration`.
            default: Whether the policy becomes the default retention policy of the database.
            db: Name of the database.
        Source: InfluxQL reference, CREATE RETENTION POLICY.
        """
        options = _policy(duration, replication, shard_duration) + _default(default)
        policy = f"{_name('name', name)} ON {self._database(db, **aliases)}"
        return self._statement(f"CREATE RETENTION POLICY {policy}{options}", db, **aliases)

    def alter_retention_policy(
        self,
        name: str,
        *,
        duration: Length | None = None,
        replication: int | None = None,
        shard_duration: Length | None = None,
        default: bool = False,
        db: str | None = None,
        **aliases: Unpack[Aliases],
    ) -> Any:
        """Changes a retention policy. Settings that are not passed stay unchanged.

        Args:
            name: Name of the retention policy.
            duration: How long the policy keeps points: at least one hour, or `INF`.
            replication: Number of copies in a cluster.
            shard_duration: Time span of future shards.
            default: Whether the policy becomes the default retention policy of the database.
            db: Name of the database.
        Raises:
            ValueError: no setting to change is passed.
        Source: InfluxQL reference, ALTER RETENTION POLICY.
        """
        options = _policy(duration, replication, shard_duration) + _default(default)
        if not options:
            raise ValueError(
                "nothing to change: pass `duration`, `replication`, `shard_duration` or `default`"
            )
        policy = f"{_name('name', name)} ON {self._database(db, **aliases)}"
        return self._statement(f"ALTER RETENTION POLICY {policy}{options}", db, **aliases)

    def drop_retention_policy(
        self, name: str, *, db: str | None = None, **aliases: Unpack[Aliases]
    ) -> Any:
        """Deletes a retention policy with all its points."""
        policy = f"{_name('name', name)} ON {self._database(db, **aliases)}"
        return self._statement(f"DROP RETENTION POLICY {policy}", db, **aliases)

    def show_retention_policies(self, *, db: str | None = None, **aliases: Unpack[Aliases]) -> Any:
        """Returns the retention policies of a database."""
        return self._statement("SHOW RETENTION POLICIES", db, **aliases)

    def create_continuous_query(
        self,
        name: str,
        select: str,
        *,
        every: Length | None = None,
        for_: Length | None = None,
        db: str | None = None,
        **aliases: Unpack[Aliases],
    ) -> Any:
        """Creates a continuous query, which the server runs periodically.

        Args:
            name: Name of the continuous query.
            select: Text that you write yourself, or that `influxql` builds:
                `SELECT ... INTO ... GROUP BY time(...)`.
            every: How often the query runs. By default, the query runs once in each interval of
                `GROUP BY time`.
            for_: How far back in time each run of the query reads.
            db: Name of the database.
        Source: InfluxQL reference, CREATE CONTINUOUS QUERY.
        """
        query = _tokens.one_statement("select", _expect_text("select", select))
        resample = "" if every is None else f" EVERY {_duration('every', every)}"
        if for_ is not None:
            resample += f" FOR {_duration('for_', for_)}"
        if resample:
            resample = f" RESAMPLE{resample}"
        head = f"{_name('name', name)} ON {self._database(db, **aliases)}{resample}"
        return self._statement(f"CREATE CONTINUOUS QUERY {head} BEGIN {query} END", db, **aliases)

    def drop_continuous_query(
        self, name: str, *, db: str | None = None, **aliases: Unpack[Aliases]
    ) -> Any:
        """Deletes a continuous query, but keeps the points that the query wrote."""
        query = f"{_name('name', name)} ON {self._database(db, **aliases)}"
        return self._statement(f"DROP CONTINUOUS QUERY {query}", db, **aliases)

    def show_continuous_queries(self) -> Any:
        """Returns the continuous queries of all databases."""
        return self._statement("SHOW CONTINUOUS QUERIES", None)

    def create_subscription(
        self,
        name: str,
        destinations: Iterable[str],
        *,
        mode: Literal["ALL", "ANY"] = "ALL",
        rp: str = "autogen",
        db: str | None = None,
        **aliases: Unpack[Aliases],
    ) -> Any:
        """Creates a subscription, which forwards points that reach the server to other servers.

        Args:
            name: Name of the subscription.
            destinations: URLs of the servers that receive the points:
                `http://user:password@host:port`, `https://...`, `udp://...`. Passwords in the URLs
                of `destinations` are never logged, but `show_subscriptions` returns them.
            mode: `ALL` forwards points to every server; `ANY` forwards points to one server at a
                time, in turn.
            rp: Retention policy whose points are forwarded.
            db: Name of the database.
        Source: InfluxQL reference, CREATE SUBSCRIPTION.
        """
        if mode not in ("ALL", "ANY"):
            raise ValueError(f"argument `mode`: expected ALL or ANY, got {mode!r}")
        if isinstance(destinations, (str, bytes)) or not isinstance(destinations, Iterable):
            kind = type(destinations).__name__
            raise TypeError(f"argument `destinations`: expected a list of URLs, got `{kind}`")
        urls = [_url(one) for one in destinations]
        if not urls:
            raise ValueError("argument `destinations`: expected at least one URL")
        head = f"{_name('name', name)} ON {self._database(db, **aliases)}.{_name('rp', rp)}"
        return self._statement(
            f"CREATE SUBSCRIPTION {head} DESTINATIONS {mode} {', '.join(urls)}", db, **aliases
        )

    def drop_subscription(
        self, name: str, *, rp: str = "autogen", db: str | None = None, **aliases: Unpack[Aliases]
    ) -> Any:
        """Ends a subscription."""
        subscription = f"{_name('name', name)} ON {self._database(db, **aliases)}.{_name('rp', rp)}"
        return self._statement(f"DROP SUBSCRIPTION {subscription}", db, **aliases)

    def show_subscriptions(self) -> Any:
        """Returns the subscriptions of all databases."""
        return self._statement("SHOW SUBSCRIPTIONS", None)


# Inside the methods, arguments named `name` and `duration` hide the functions with these names.
_name = name
_duration = duration


def _policy(length: Length | None, replication: int | None, shard_duration: Length | None) -> str:
    options = ""
    if length is not None:
        text = _duration("duration", length)
        if not re.search("[1-9]", text) and text != "INF":
            raise ValueError("argument `duration`: zero means for ever; hint: pass `INF`")
        options = f" DURATION {text}"
    if replication is not None:
        _arguments.positive("replication", replication)
        options += f" REPLICATION {number('replication', replication)}"
    if shard_duration is not None:
        options += f" SHARD DURATION {_duration('shard_duration', shard_duration)}"
    return options


def _default(default: bool) -> str:
    _arguments.expect("default", default, bool)
    return " DEFAULT" if default else ""


# Matches the URLs that the server accepts as destinations of a subscription. For a string of any
# other form, the server's error message would show the password in it.
_URL = re.compile(
    r"(https?|udp)://(?:[^@/\s]*@)?(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+):\d{1,5}/?", re.ASCII
)


def _url(url: object) -> str:
    _arguments.expect("destinations", url, str)
    if not _URL.fullmatch(str(url)):
        raise ValueError(
            "argument `destinations`: expected URLs like http://host:port, https://user:password@"
            "host:port or udp://host:port"
        )
    return text("destinations", url)


def _expect_text(argument: str, value: object) -> str:
    _arguments.expect(argument, value, str)
    return str(value)
