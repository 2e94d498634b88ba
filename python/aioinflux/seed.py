"""The client in the conventions of aioinflux 0.1, which the package began with.

Three modes share every method: in `async` mode a call gives an awaitable, in `blocking` mode the
value itself, and `dataframe` mode is blocking mode whose queries answer with DataFrames. Where it
differs from `InfluxDBClient` is told in `client`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from . import _arguments, _core, _keywords, _output, _progress
from ._base import Base, logger
from ._output import Output
from ._warnings import warn
from ._write import Job

__all__ = ["AsyncInfluxDBClient"]

Mode = Literal["async", "blocking", "dataframe"]

_MODES = ("async", "blocking", "dataframe")
# What the shorthands for queries pass on.
_OPTIONS = frozenset(("epoch", "chunked", "chunk_size", "params", "output", "tags_as_categories"))


class AsyncInfluxDBClient(Base):
    """Client for InfluxDB 1.x.

    Args:
        host: Name or address of the server.
        port: TCP port.
        username: Name for basic authentication; used only together with `password`.
        password: Kept out of `repr`, logs, errors, URLs and pickles.
        db: Default database of writes and queries; assign `client.db` to switch.
        database: Alias of `db`; takes precedence over it.
        loop: Ignored: no event loop is bound. Deprecated.
        log_level: Level of the logger `aioinflux`; a falsy value leaves logging untouched.
        mode: `async`, `blocking` or `dataframe`.
        ssl: Whether to connect by TLS.
        path: Path before `ping`, `write` and `query`, for servers behind a proxy.
        unix_socket: Path of the server's unix socket, instead of TCP. This and the file paths are
            `str` or `os.PathLike`.
        timeout: Seconds for a whole request. Chunked answers have no total time; for them it
            bounds the silence between two pieces. `None`: 5 seconds to connect, 300 for the rest.
        gzip: Whether to compress what is written. `None`: from 1 KiB on, for remote servers only.
        proxy: URL of an HTTP proxy. `None`: from the environment, never for loopback. Empty: none.
        ca_file: PEM file of certificates to trust in addition to the system's: those of
            authorities, or the server's own, which may be self-signed.
        cert_file: PEM file of the client's certificate.
        key_file: PEM file of the client's private key.
        verify_ssl: Whether to verify the certificate of the server. If it is not verified, others
            can read and change what is sent, as one warning says, and `ca_file` has no effect.
    Raises:
        ValueError: an argument is out of range; the text names it.
        TypeError: an argument is of the wrong type.
    """

    def __init__(
        self,
        host: str = "localhost",
        port: int = 8086,
        username: str | None = None,
        password: str | None = None,
        db: str | None = "testdb",
        database: str | None = None,
        loop: object = None,
        log_level: int = 30,
        mode: Mode = "async",
        *,
        ssl: bool = False,
        path: str = "/",
        unix_socket: str | os.PathLike[str] | None = None,
        timeout: float | None = None,
        gzip: bool | None = None,
        proxy: str | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        cert_file: str | os.PathLike[str] | None = None,
        key_file: str | os.PathLike[str] | None = None,
        verify_ssl: bool = True,
    ) -> None:
        if loop is not None:
            warn("argument `loop` is ignored: no event loop is bound", DeprecationWarning)
        options: dict[str, Any] = {
            "host": host, "port": port, "username": username if password else None, "ssl": ssl,
            "path": path, "unix_socket": unix_socket, "timeout": timeout, "gzip": gzip,
            "proxy": proxy, "ca_file": ca_file, "cert_file": cert_file, "key_file": key_file,
            "verify_ssl": verify_ssl,
        }  # fmt: skip
        _arguments.expect("username", username, str, optional=True)
        self._open(options, password)
        self.db = database or db
        self.mode = mode
        _set_up_logging(log_level)

    @property
    def mode(self) -> Mode:
        """`async`, `blocking` or `dataframe`; assign to switch."""
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        if mode not in _MODES:
            raise ValueError(f"Invalid mode: expected one of {', '.join(_MODES)}, got {mode!r}")
        self._mode: Mode = mode

    def __repr__(self) -> str:
        items = {"host": self.host, "port": self.port, "db": self.db, "mode": self.mode}
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in items.items())})"

    @property
    def _is_async(self) -> bool:
        return self._mode == "async"

    def write(
        self,
        data: object,
        measurement: str | None = None,
        tag_columns: Iterable[object] | None = None,
        *,
        time_column: object = None,
        measurement_column: object = None,
        time_unit: str | None = None,
        tags: Mapping[str, object] | None = None,
        stamp: bool = False,
        batch_lines: int = 10_000,
        batch_bytes: int = 4 * 1024 * 1024,
        connections: int = 1,
        progress: _progress.Progress = None,
        **extra_tags: object,
    ) -> Any:
        """Writes points.

        What is more than a batch goes out as several requests, in order, the next one encoded while
        the last one travels. An iterable is read on as batches go out, so that memory stays
        bounded; in `async` mode it may be an async iterable.

        Args:
            data: Line protocol (`str` or `bytes`), a mapping with the keys `measurement`, `time`,
                `tags` and `fields`, a table, or any nesting of iterables of these. Tables are
                DataFrames of pandas and polars, what else speaks Arrow's C data interface
                (pyarrow, DuckDB), and structured arrays of numpy. A pair `(name, table)`, as
                queries return for several series, and a `dict` of tables by name are tables with
                the name of their measurement. Times: `int` in nanoseconds (or `time_unit`),
                `datetime` (naive means UTC), `date`, `numpy.datetime64`, `pandas.Timestamp`, or
                text as ISO 8601 has it; other text is read by pandas, where that is installed. A
                point without a time gets the server's, unless `stamp` is true.
            measurement: Name for points that carry none, and for tables. It takes precedence over
                the name in a `(name, table)` pair.
            tag_columns: Columns of a table that are tags; all others are fields.
            time_column: Column of the times of a table. `None`: the index of a pandas DataFrame,
                the column `time` of other tables.
            measurement_column: Column of the measurements of a table.
            time_unit: Unit of integer times in mappings, objects and tables: ns (the default), u,
                ms, s, m or h. Times of other types keep their meaning.
            tags: Extra tags of any name, those of this method's arguments too.
            stamp: Whether each point without a time gets its own nanosecond from this machine's
                clock, later than all stamps that this process assigned before. Lines that come
                encoded, and tables without a time column, are stamped too. Without it the server
                gives such points of a request the same time, and keeps only one of each series: a
                warning says so.
            batch_lines: Points that one request has at most.
            batch_bytes: Bytes of line protocol that one request has at most, but for a single line
                that is longer.
            connections: Requests that travel at once. With more than one, points can be stored in
                another order than that of the data, and of points with the same tags and time
                another one can be the last.
            progress: Called after each request with the points done, the bytes of line protocol
                done, and the rows of the table (`None` for data that does not tell its length). An
                exception of it ends the write. `True`: a bar of tqdm, where that is installed, else
                a line on the standard error.
            **extra_tags: Tags for every mapping and every row; they take precedence over a point's
                own tag of the same name. Their values are scalars. Arguments of
                `InfluxDBClient.write` and of other clients are refused: `db`, `database`, `bucket`,
                `rp`, `precision`, `retention_policy`, ... Lines that come encoded are not changed.
        Returns:
            `True`. Points without any field left are not sent; a warning is logged with their
            number. Empty data sends nothing.
        Raises:
            ValueError, TypeError: a point cannot be written; the text names the point, the key and
                the value. If all points fit one request, nothing was sent.
            InfluxDBWriteError: the server refused all or some points.
            InfluxDBConnectionError: the server can't be reached, or was lost.
            Of a write of several requests every error says which points were written, in its text
            and as `.written`, a list of `range` of point numbers. Points that the server refuses
            one by one do not stop the requests after them; any other error does. It is raised when
            the requests under way have ended.
        Source: InfluxDB 1.8 API reference, `/write`.
        """
        job = Job(
            data,
            _core.Arguments(
                measurement=measurement,
                tag_columns=tag_columns,
                time_column=time_column,
                measurement_column=measurement_column,
                time_unit=time_unit,
                tags=tags,
                extra_tags=extra_tags,
                stamp=stamp,
                batch_lines=batch_lines,
                batch_bytes=batch_bytes,
                server="1.x",
            ),
            connections,
            progress,
        )
        return self._write(job, None)

    def query(
        self,
        q: str,
        db: str | None = None,
        epoch: str = "ns",
        chunked: bool = False,
        chunk_size: int | None = None,
        params: dict[str, object] | None = None,
        output: Output | None = None,
        tags_as_categories: bool = False,
        **kwargs: object,
    ) -> Any:
        """Runs InfluxQL statements.

        Args:
            q: Statements, joined by `;`. `{name}` is replaced by the keyword argument `name`, as
                text: safe only with text of your own. Write braces as `{{` and `}}`.
            db: Database, instead of `client.db`.
            epoch: Unit of times in the answer: ns, u, ms, s, m or h. DataFrames always have
                nanoseconds.
            chunked: Read the answer while it arrives, in bounded memory. It counts among the 64
                requests that run at once until it is read to its end, closed or dropped.
            chunk_size: Rows in a chunk; the server's default is 10,000.
            params: Values for `$name` in the statements, sent apart from them: the safe way to pass
                values. They have the types that `influxql` accepts (see `Literal`, `Identifier`,
                `Regex` and `Duration` there), or are a `dict` with one of the keys `identifier`,
                `regex`, `duration`, `string`, `float`, `integer`. Lists are refused, since InfluxQL
                has none.
            output: What to make of the answer, in any mode: `dict`, `json`, `pandas`, `dataframe`,
                `polars`, `pyarrow`, `arrow`, `rows` or `dicts`; see `parse_response`. With
                `chunked`, one for each batch, and for `rows` and `dicts` one row after the other.
            tags_as_categories: Whether `output` gives the tags of GROUP BY as categories.
            **kwargs: Text for the placeholders. `database` and `bucket` are aliases of `db`, unless
                a placeholder has that name.
        Returns:
            What `output` says. Without it, in `async` and `blocking` mode the server's JSON as a
            `dict`.
            In `dataframe` mode a DataFrame (index: UTC nanoseconds, columns: the fields, then the
            tags of GROUP BY) for one series, a list of `(name, DataFrame)` for more, and the `dict`
            for answers without times. With `chunked`, a generator (in `async` mode an async one) of
            rows as named tuples, in `dataframe` mode of DataFrames of at most `chunk_size` rows.
        Raises:
            ValueError: an argument is missing or out of range.
            InfluxDBQueryError: the server refused; `.result` holds what had succeeded.
            InfluxDBDecodeError: the answer was damaged or cut off.
            InfluxDBConnectionError: the server can't be reached, or was lost.
            ImportError: the output needs a package that is not installed.
        Source: InfluxDB 1.8 API reference, `/query`.
        """
        _arguments.expect("q", q, str)
        db = _keywords.database_of_query(q, db, kwargs)
        text = _arguments.fill(q, {"db": _arguments.database(db, self.db), **kwargs})
        return self._ask(text, db, epoch, chunked, chunk_size, params, output, tags_as_categories)

    def _ask(
        self,
        text: str,
        db: str | None,
        epoch: str = "ns",
        chunked: bool = False,
        chunk_size: int | None = None,
        params: dict[str, object] | None = None,
        output: Output | None = None,
        tags_as_categories: bool = False,
    ) -> Any:
        unit = _arguments.epoch(epoch)
        maker: _output.Maker | None = None
        if output is not None:
            whole_json = output in ("dict", "json") and not chunked
            maker = _output.maker(output, tags_as_categories, unit)
            maker = None if whole_json else maker
        elif self.mode == "dataframe":
            maker = _output.Maker("pandas", False) if chunked else _output.SeedFrames(unit)
        elif chunked:
            maker = _output.NamedRows(unit, with_tags=False)
        return self._query(
            text,
            db,
            maker,
            epoch=unit,
            chunked=chunked,
            chunk_size=chunk_size,
            params=params,
        )

    def create_database(self, *, db: str | None = None, **options: Any) -> Any:
        """Creates a database: `db`, or the client's own. An existing one is left alone."""
        db = _database(db, options)
        return self._shortcut("CREATE DATABASE", db or self.db, "db", db, options)

    def drop_database(self, *, db: str | None = None, **options: Any) -> Any:
        """Deletes a database with all its data: `db`, or the client's own."""
        # It must not stand for the client's own.
        for name in ("database", "bucket"):
            _arguments.not_empty(name, options.get(name))
        _arguments.not_empty("db", db)
        db = _database(db, options)
        return self._shortcut("DROP DATABASE", db or self.db, "db", db, options)

    def drop_measurement(self, *, measurement: str, db: str | None = None, **options: Any) -> Any:
        """Deletes a measurement with all its points."""
        return self._shortcut("DROP MEASUREMENT", measurement, "measurement", db, options)

    def select_all(self, *, measurement: str, db: str | None = None, **options: Any) -> Any:
        """Answers with all points of a measurement."""
        return self._shortcut("SELECT * FROM", measurement, "measurement", db, options)

    def show_databases(self, *, db: str | None = None, **options: Any) -> Any:
        """Answers with the names of the databases."""
        return self._command("SHOW DATABASES", db, options)

    def show_measurements(self, *, db: str | None = None, **options: Any) -> Any:
        """Answers with the names of the measurements of a database."""
        return self._command("SHOW MEASUREMENTS", db, options)

    def show_retention_policies(self, *, db: str | None = None, **options: Any) -> Any:
        """Answers with the retention policies of a database."""
        return self._command("SHOW RETENTION POLICIES", db, options)

    def show_users(self, *, db: str | None = None, **options: Any) -> Any:
        """Answers with the users of the server."""
        return self._command("SHOW USERS", db, options)

    def _shortcut(
        self, verb: str, name: str | None, argument: str, db: str | None, options: dict[str, Any]
    ) -> Any:
        if not isinstance(name, str):
            raise TypeError(f"argument `{argument}`: expected str, got `{type(name).__name__}`")
        return self._command(f"{verb} {_core.quote_identifier(name)}", db, options)

    def _command(self, text: str, db: str | None, options: dict[str, Any]) -> Any:
        return self._ask(text, _database(db, options), **options)


def _database(db: str | None, options: dict[str, Any]) -> str | None:
    """The database of a call with options for `query`; takes its aliases out of the options.

    Raises:
        TypeError: an option is unknown.
    """
    others = {name: options.pop(name) for name in list(options) if name not in _OPTIONS}
    return _keywords.database(db, **others)


def _set_up_logging(level: int) -> None:
    if not level:
        return
    logger.setLevel(level)
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(
            logging.Formatter("%(asctime)s | %(name)s | %(levelname)s: %(message)s")
        )
        logger.addHandler(handler)
