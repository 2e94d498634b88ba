"""The seed's client: ping, write, query, and shortcuts for common queries.

Three modes share every method: in `async` mode a call gives an awaitable, in `blocking` mode the
value itself, and `dataframe` mode is blocking mode whose queries answer with DataFrames. No event
loop is bound: one client works under several `asyncio.run` calls, in threads, and, in the blocking
modes, inside a running loop.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, TypeVar

from . import _arguments, _core, _output, _write
from ._output import Output
from .exceptions import InfluxDBError

__all__ = ["AsyncInfluxDBClient", "InfluxDBError"]

Mode = Literal["async", "blocking", "dataframe"]
T = TypeVar("T")
R = TypeVar("R")

logger = logging.getLogger("aioinflux")

_MODES = ("async", "blocking", "dataframe")


class AsyncInfluxDBClient:
    """Client for InfluxDB 1.x.

    Args:
        host: Name or address of the server.
        port: TCP port.
        username: Name for basic authentication; used only together with `password`.
        password: Kept out of `repr`, logs, errors, URLs and pickles.
        db: Default database of writes and queries; assign `client.db` to switch.
        database: Another name for `db`, which it beats.
        loop: Ignored: no event loop is bound. Deprecated.
        log_level: Level of the logger `aioinflux`; a falsy value leaves logging untouched.
        mode: `async`, `blocking` or `dataframe`.
        ssl: Whether to connect by TLS.
        path: Path before `ping`, `write` and `query`, for servers behind a proxy.
        unix_socket: Path of the server's unix socket, instead of TCP.
        timeout: Seconds for a whole request. Chunked answers have no total time; for them it
            bounds the silence between two pieces. `None`: 5 seconds to connect, 300 for the rest.
        gzip: Whether to compress what is written. `None`: from 1 KiB on, for remote servers only.
        proxy: URL of an HTTP proxy. `None`: from the environment, never for loopback.
        ca_file: PEM file of certificate authorities to trust besides the system's.
        cert_file: PEM file of the client's certificate.
        key_file: PEM file of the client's private key.
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
        unix_socket: str | None = None,
        timeout: float | None = None,
        gzip: bool | None = None,
        proxy: str | None = None,
        ca_file: str | None = None,
        cert_file: str | None = None,
        key_file: str | None = None,
    ) -> None:
        if loop is not None:
            warnings.warn(
                "argument `loop` is ignored: no event loop is bound", DeprecationWarning, 2
            )
        expect = _arguments.expect
        expect("host", host, str)
        expect("port", port, int)
        expect("ssl", ssl, bool)
        expect("timeout", timeout, int, float, optional=True)
        expect("gzip", gzip, bool, optional=True)
        texts = {
            "username": username, "password": password, "path": path, "unix_socket": unix_socket,
            "proxy": proxy, "ca_file": ca_file, "cert_file": cert_file, "key_file": key_file,
        }  # fmt: skip
        for name, text in texts.items():
            expect(name, text, str, optional=True)
        self._options: dict[str, Any] = {
            "host": host, "port": port, "username": username, "ssl": ssl, "path": path,
            "unix_socket": unix_socket, "timeout": timeout, "gzip": gzip, "proxy": proxy,
            "ca_file": ca_file, "cert_file": cert_file, "key_file": key_file,
        }  # fmt: skip
        self._core = _core.Client(**self._options, password=password)
        self.db = database or db
        self.mode = mode
        _set_up_logging(log_level)

    @property
    def host(self) -> str:
        """Name or address of the server."""
        return str(self._options["host"])

    @property
    def port(self) -> int:
        """TCP port of the server."""
        return int(self._options["port"])

    @property
    def db(self) -> str | None:
        """Default database; assign to switch."""
        return self._db

    @db.setter
    def db(self, name: str | None) -> None:
        _arguments.expect("db", name, str, optional=True)
        self._db = name

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

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the connections and the passwords, the proxy's too."""
        options = dict(self._options)
        if options["proxy"] is not None:
            options["proxy"] = re.sub(r"//[^/]*@", "//", options["proxy"])
        return {"options": options, "db": self.db, "mode": self.mode}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._options = state["options"]
        self._core = _core.Client(**self._options, password=None)
        self.db = state["db"]
        self.mode = state["mode"]

    def close(self) -> _Closed:
        """Closes the connections that are idle. A later call opens new ones.

        Returns:
            An object that may be awaited, and need not be.
        """
        self._core.close()
        return _Closed()

    def __enter__(self) -> AsyncInfluxDBClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> AsyncInfluxDBClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def ping(self) -> Any:
        """Asks the server whether it is there.

        Returns:
            `dict` of the headers of the answer: `X-Influxdb-Version` and others.
        Raises:
            InfluxDBConnectionError: the server can't be reached.
            InfluxDBResponseError: the server answered with an error.
        Source: InfluxDB 1.8 API reference, `/ping`.
        """

        def finish(headers: dict[str, str]) -> dict[str, str]:
            logger.info("ping: ok")
            return headers

        return self._run(self._core.ping, finish)

    def write(
        self,
        data: object,
        measurement: str | None = None,
        tag_columns: Iterable[object] | None = None,
        *,
        time_column: object = None,
        measurement_column: object = None,
        tags: Mapping[str, object] | None = None,
        batch_lines: int = 10_000,
        batch_bytes: int = 4 * 1024 * 1024,
        connections: int = 1,
        progress: Callable[[int, int, int | None], object] | None = None,
        **extra_tags: object,
    ) -> Any:
        """Writes points.

        What is more than a batch goes out as several requests, in order, the next one encoded while
        the last one travels. An iterable is read on as batches go out, so that memory stays
        bounded.

        Args:
            data: Line protocol (`str` or `bytes`), a mapping with the keys `measurement`, `time`,
                `tags` and `fields`, an object of a class with `@lineprotocol`, a table, or any
                nesting of iterables of these. Tables are
                DataFrames of pandas and polars, what else speaks Arrow's C data interface
                (pyarrow, DuckDB), and structured arrays of numpy. Times: `int` in nanoseconds,
                `datetime` (naive means UTC), `date`, `numpy.datetime64`, `pandas.Timestamp`, or
                text as ISO 8601 has it; other text is read by pandas, where that is installed. A
                point without time is stamped by the server.
            measurement: Name for points that carry none, and for DataFrames.
            tag_columns: Columns of a table that are tags; all others are fields.
            time_column: Column of the times of a table. `None`: the index of a pandas DataFrame,
                the column `time` of other tables.
            measurement_column: Column of the measurements of a table.
            tags: Extra tags of any name, those of this method's arguments too.
            batch_lines: Points that one request has at most.
            batch_bytes: Bytes of line protocol that one request has at most, but for a single line
                that is longer.
            connections: Requests that travel at once. With more than one, points can be stored in
                another order than that of the data, and of points with the same tags and time
                another one can be the last.
            progress: Called after each request with the points done, the bytes of line protocol
                done, and the rows of the table (`None` for data that does not tell its length). An
                exception of it ends the write.
            **extra_tags: Tags for every mapping, object and row; they beat a point's own tag of the
                same name. Their values are scalars. Lines that come encoded are not changed.
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

        is_async = self.mode == "async"

        def open_batches() -> _core.Batches:
            _arguments.expect("tags", tags, Mapping, optional=True)
            _arguments.expect("batch_lines", batch_lines, int)
            _arguments.expect("batch_bytes", batch_bytes, int)
            _arguments.positive("connections", connections)
            if progress is not None and not callable(progress):
                raise TypeError(f"argument `progress`: expected a callable, got {progress!r}")
            columns = None
            if tag_columns is not None:
                columns = _arguments.names("tag_columns", tag_columns)
            return _core.Batches(
                data,
                measurement,
                columns,
                {**tags, **extra_tags} if tags else extra_tags,
                time_column=time_column,
                measurement_column=measurement_column,
                batch_lines=batch_lines,
                batch_bytes=batch_bytes,
                frames=3 if is_async else 4,
            )

        def open_send() -> _write.Send:
            db = self.db
            return lambda batch: self._core.write(batch, db)

        total = _write.rows_of(data) if progress else None
        work = _write.steps(open_batches, open_send, connections, progress, total)
        return _write.awaited(work) if is_async else _write.waited(work)

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
            params: Values for `$name` in the statements, sent apart from them: the safe way to
                pass values. `float`, `int`, `str` and `bool`; a `dict` with one of the keys
                `identifier`, `regex`, `duration`, ... where the server knows typed parameters.
            output: What to make of the answer, in any mode: `dict`, `pandas`, `polars`, `pyarrow`,
                `arrow`, `rows` or `dicts`; see `parse_response`. With `chunked`, one for each
                batch, and for `rows` and `dicts` one row after the other.
            tags_as_categories: Whether `output` gives the tags of GROUP BY as categories.
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
        db = _arguments.database(db, self.db)
        text = _arguments.fill(q, {"db": db, **kwargs})
        return self._query(text, db, epoch, chunked, chunk_size, params, output, tags_as_categories)

    def _query(
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
        if not text.strip("; \t\r\n"):
            raise ValueError("argument `q`: expected a statement, got none")
        unit = _arguments.epoch(epoch)
        _arguments.expect("chunk_size", chunk_size, int, optional=True)
        _arguments.expect("params", params, dict, optional=True)
        if not isinstance(chunked, bool):
            raise ValueError(f"argument `chunked`: expected a bool, got {chunked!r}")
        if logger.isEnabledFor(logging.INFO):
            logger.info("query: %s", _arguments.masked(text))
        asked = "pandas" if output is None and chunked and self.mode == "dataframe" else output
        maker = None if asked is None else _output.Maker(asked, tags_as_categories, unit)
        if chunked:
            return self._chunks(
                lambda: self._core.stream(text, db, chunk_size, params), unit, maker
            )
        if maker and output != "dict":
            return self._run(lambda: self._core.query(text, db, params), maker.whole, maker.kept)
        if self.mode == "dataframe" and output is None:
            with _output.keeping(lambda answer: _output.frames_or_dict(answer, unit)):
                return _output.frames_or_dict(self._core.query(text, db, params).wait(), unit)
        return self._run(lambda: self._core.query_json(text, db, unit, params), _logged)

    def _chunks(
        self,
        start: Callable[[], _core.Call[_core.Stream]],
        epoch: str,
        maker: _output.Maker | None,
    ) -> Any:
        if self.mode == "async":
            rows = _async_pieces(start, maker) if maker else _async_rows(start, epoch)
            return _coroutine(rows)
        return _blocking_pieces(start, maker) if maker else _blocking_rows(start, epoch)

    def create_database(self, *, db: str | None = None, **options: Any) -> Any:
        """Creates a database: `db`, or the client's own. An existing one is left alone."""
        return self._shortcut("CREATE DATABASE", db or self.db, "db", db, options)

    def drop_database(self, *, db: str | None = None, **options: Any) -> Any:
        """Deletes a database with all its data: `db`, or the client's own."""
        return self._shortcut("DROP DATABASE", db or self.db, "db", db, options)

    def drop_measurement(self, *, measurement: str, db: str | None = None, **options: Any) -> Any:
        """Deletes a measurement with all its points."""
        return self._shortcut("DROP MEASUREMENT", measurement, "measurement", db, options)

    def select_all(self, *, measurement: str, db: str | None = None, **options: Any) -> Any:
        """Answers with all points of a measurement."""
        return self._shortcut("SELECT * FROM", measurement, "measurement", db, options)

    def show_databases(self, *, db: str | None = None, **options: Any) -> Any:
        """Answers with the names of the databases."""
        return self._query("SHOW DATABASES", _arguments.database(db, self.db), **options)

    def show_measurements(self, *, db: str | None = None, **options: Any) -> Any:
        """Answers with the names of the measurements of a database."""
        return self._query("SHOW MEASUREMENTS", _arguments.database(db, self.db), **options)

    def show_retention_policies(self, *, db: str | None = None, **options: Any) -> Any:
        """Answers with the retention policies of a database."""
        return self._query("SHOW RETENTION POLICIES", _arguments.database(db, self.db), **options)

    def show_users(self, *, db: str | None = None, **options: Any) -> Any:
        """Answers with the users of the server."""
        return self._query("SHOW USERS", _arguments.database(db, self.db), **options)

    def _shortcut(
        self, verb: str, name: str | None, argument: str, db: str | None, options: dict[str, Any]
    ) -> Any:
        if not isinstance(name, str):
            raise TypeError(f"argument `{argument}`: expected str, got `{type(name).__name__}`")
        return self._query(
            f"{verb} {_core.quote_identifier(name)}", _arguments.database(db, self.db), **options
        )

    def _run(
        self,
        make: Callable[[], _core.Call[T]],
        finish: Callable[[T], R],
        guard: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> Any:
        """Awaits or waits, as the mode says; encoding happens at the same moment as sending."""
        if self.mode == "async":
            return _awaited(make, finish, guard)
        with guard():
            return finish(make().wait())


class _Closed:
    """What `close` returns: nothing is left to wait for."""

    def __await__(self) -> Generator[Any, None, None]:
        return
        yield


async def _awaited(
    make: Callable[[], _core.Call[T]],
    finish: Callable[[T], R],
    guard: Callable[[], AbstractContextManager[None]],
) -> R:
    with guard():
        return finish(await make())


async def _coroutine(value: T) -> T:
    return value


async def _async_rows(
    start: Callable[[], _core.Call[_core.Stream]], epoch: str
) -> AsyncGenerator[Any, None]:
    stream = await start()
    try:
        while (rows := await stream.rows(_output.row_type, epoch)) is not None:
            for row in rows:
                yield row
    finally:
        stream.close()


def _blocking_rows(
    start: Callable[[], _core.Call[_core.Stream]], epoch: str
) -> Generator[Any, None, None]:
    stream = start().wait()
    try:
        while (rows := stream.rows(_output.row_type, epoch).wait()) is not None:
            yield from rows
    finally:
        stream.close()


async def _async_pieces(
    start: Callable[[], _core.Call[_core.Stream]], maker: _output.Maker
) -> AsyncGenerator[Any, None]:
    stream = await start()
    try:
        while (answer := await stream.batch()) is not None:
            for piece in maker.pieces(answer):
                yield piece
    finally:
        stream.close()


def _blocking_pieces(
    start: Callable[[], _core.Call[_core.Stream]], maker: _output.Maker
) -> Generator[Any, None, None]:
    stream = start().wait()
    try:
        while (answer := stream.batch().wait()) is not None:
            yield from maker.pieces(answer)
    finally:
        stream.close()


def _logged(answer: dict[str, Any]) -> dict[str, Any]:
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("query: answer %s", _short(repr(answer)))
    return answer


def _short(text: str) -> str:
    return text if len(text) <= 1000 else f"{text[:1000]}... ({len(text)} characters)"


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
