"""Holds the methods for running queries, shards, statistics and query plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _arguments, _tokens
from .statements import Statements, name, number, text

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._keywords import Aliases

__all__ = ["Server"]


class Server(Statements):
    """The methods of a client for running queries, shards, statistics and query plans."""

    def show_queries(self) -> Any:
        """Returns the running queries, with the numbers that `kill_query` needs."""
        return self._statement("SHOW QUERIES", None)

    def kill_query(self, id: int, *, host: str | None = None) -> Any:  # noqa: A002
        """Stops a running query on the server.

        Args:
            id: Number of the query, which `show_queries` returns.
            host: Address of the cluster node that runs the query.
        Source: InfluxQL reference, KILL QUERY.
        """
        on_host = "" if host is None else f" ON {name('host', host)}"
        return self._statement(f"KILL QUERY {number('id', id)}{on_host}", None)

    def show_shards(self) -> Any:
        """Returns the shards of all databases."""
        return self._statement("SHOW SHARDS", None)

    def show_shard_groups(self) -> Any:
        """Returns the shard groups of all databases, with the time range of each group."""
        return self._statement("SHOW SHARD GROUPS", None)

    def show_stats(self, component: str | None = None) -> Any:
        """Returns the server's counters. The argument `component` selects a part of the counters,
        such as `runtime`."""
        return self._statement(f"SHOW STATS{_for('component', component)}", None)

    def show_diagnostics(self, component: str | None = None) -> Any:
        """Returns diagnostics of the server. The argument `component` selects a part of the
        diagnostics, such as `build`."""
        return self._statement(f"SHOW DIAGNOSTICS{_for('component', component)}", None)

    def explain(
        self,
        select: str,
        *,
        analyze: bool = False,
        db: str | None = None,
        **aliases: Unpack[Aliases],
    ) -> Any:
        """Returns the plan of a query.

        Args:
            select: One SELECT statement, which you write yourself or build with `influxql`.
            analyze: Whether to run the query, and to also return the time that each step of the
                plan takes.
            db: Name of the database.
        Source: InfluxQL reference, EXPLAIN and EXPLAIN ANALYZE.
        """
        _arguments.expect("select", select, str)
        query = _tokens.one_statement("select", select)
        return self._statement(f"EXPLAIN{' ANALYZE' if analyze else ''} {query}", db, **aliases)


def _for(argument: str, component: str | None) -> str:
    return "" if component is None else f" FOR {text(argument, component)}"
