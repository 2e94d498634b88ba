"""What the server is doing, what it holds as a whole, and how it would run a query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _arguments, _tokens
from .statements import Statements, name, number, text

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._keywords import Aliases

__all__ = ["Server"]


class Server(Statements):
    """Queries that run, shards, statistics, plans."""

    def show_queries(self) -> Any:
        """Answers with the queries that run now, and their numbers for `kill_query`."""
        return self._statement("SHOW QUERIES", None)

    def kill_query(self, id: int, *, host: str | None = None) -> Any:  # noqa: A002
        """Ends a query that runs.

        Args:
            id: Its number; `show_queries` has it.
            host: Address of the node of a cluster that runs it.
        Source: InfluxQL reference, KILL QUERY.
        """
        on_host = "" if host is None else f" ON {name('host', host)}"
        return self._statement(f"KILL QUERY {number('id', id)}{on_host}", None)

    def show_shards(self) -> Any:
        """Answers with the shards of all databases."""
        return self._statement("SHOW SHARDS", None)

    def show_shard_groups(self) -> Any:
        """Answers with the groups of shards of all databases, and the time that each covers."""
        return self._statement("SHOW SHARD GROUPS", None)

    def show_stats(self, component: str | None = None) -> Any:
        """Answers with the server's counters; `component` is one of them, such as `runtime`."""
        return self._statement(f"SHOW STATS{_for('component', component)}", None)

    def show_diagnostics(self, component: str | None = None) -> Any:
        """Answers with what the server knows of itself; `component`: a part, such as `build`."""
        return self._statement(f"SHOW DIAGNOSTICS{_for('component', component)}", None)

    def explain(
        self,
        select: str,
        *,
        analyze: bool = False,
        db: str | None = None,
        **aliases: Unpack[Aliases],
    ) -> Any:
        """Answers with the plan of a query.

        Args:
            select: One SELECT, of your own or from `influxql`.
            analyze: Whether to run it, and tell what each step took.
            db: The database.
        Source: InfluxQL reference, EXPLAIN and EXPLAIN ANALYZE.
        """
        _arguments.expect("select", select, str)
        query = _tokens.one_statement("select", select)
        return self._statement(f"EXPLAIN{' ANALYZE' if analyze else ''} {query}", db, **aliases)


def _for(argument: str, component: str | None) -> str:
    return "" if component is None else f" FOR {text(argument, component)}"
