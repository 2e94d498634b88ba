"""`InfluxDBClient`, and where `AsyncInfluxDBClient` differs from it.

Both are faces of `Base`, which does the work. What a face adds are conventions, those of the two
versions of aioinflux that it descends from:

| | `InfluxDBClient` (0.9) | `AsyncInfluxDBClient` (0.1) |
|---|---|---|
| modes | `async`, `blocking` | also `dataframe`, which blocks |
| form of answers | `output`, of the client or of a query | `output` of a query, or the mode |
| default database | none, with a warning | `testdb` |
| address | can be assigned, part by part | stays |
| logging | is left alone | is set up, by `log_level` |
| authentication | with a user name | with a user name and a password |
| text of a query | as it is | `{placeholders}` are filled |
| a chunked query gives | dicts or frames, in `async` mode only | named tuples or frames |
| several frames | a dict by measurement and tags | a list of `(name, frame)` |
| shortcuts | positional arguments | keyword arguments only |
| `stream`, administration, `precision`, `rp`, default tags, URLs, `into` | yes | no |
"""

from __future__ import annotations

import functools
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from . import _arguments, _core, _keywords, _locate, _output, _progress
from ._administration import Administration
from ._base import Base, logger
from ._output import Output
from ._stream import Stream
from ._warnings import warn
from ._write import Job
from .exceptions import InfluxDBError, InfluxDBWriteError
from .seed import AsyncInfluxDBClient

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from ._keywords import Aliases

__all__ = [
    "AsyncInfluxDBClient", "InfluxDBClient", "InfluxDBError", "InfluxDBWriteError", "logger",
    "runner",
]  # fmt: skip

Mode = Literal["async", "blocking"]
ClientOutput = Output
# Names of 0.9, for annotations.
PointType = Any
ResultType = Any

_MODES = ("async", "blocking")


class InfluxDBClient(Administration, Base):
    """Client for InfluxDB 1.x.

    Args:
        host: Name or address of the server.
        port: TCP port.
        path: Path before `ping`, `write` and `query`, for servers behind a proxy.
        mode: `async` (calls are awaited) or `blocking` (calls give the value itself).
        output: What queries answer with: `json`, the server's JSON as a `dict`; `dataframe`, frames
            of pandas; or any other `output` of `query`.
        db: Default database of writes and queries; assign `client.db` to switch.
        database: Alias of `db`; takes precedence over it.
        ssl: Whether to connect by TLS.
        unix_socket: Path of the server's unix socket, instead of TCP. This and the file paths are
            `str` or `os.PathLike`.
        username: Name for basic authentication.
        password: Kept out of `repr`, logs, errors, URLs and pickles.
        timeout: Seconds for a whole request. Streamed answers have no total time; for them it
            bounds the silence between two pieces. `None`: 5 seconds to connect, 300 for the rest.
        loop: Ignored: no event loop is bound. Deprecated.
        rp: Default retention policy of writes and queries.
        consistency: How many nodes of a cluster must have stored a write: `any`, `one`, `quorum` or
            `all`.
        tags: Default tags, for all points that have no tag of the same name themselves.
        gzip: Whether to compress what is written. `None`: from 1 KiB on, for remote servers only.
        proxy: URL of an HTTP proxy. `None`: from the environment, never for loopback. Empty: none.
        ca_file: PEM file of certificates to trust in addition to the system's: those of
            authorities, or the server's own, which may be self-signed.
        cert_file: PEM file of the client's certificate.
        key_file: PEM file of the client's private key.
        verify_ssl: Whether to verify the certificate of the server. If it is not verified, others
            can read and change what is sent, as one warning says, and `ca_file` has no effect.
        bucket: Alias of `db`; if both are passed, they must name the same database.
        **refused: Arguments of aiohttp, and of the cache of 0.9: refused with a hint.
    Raises:
        ValueError: an argument is out of range; the text names it.
        TypeError: an argument is of the wrong type, or unknown.
    """

    def __init__(
        self,
        host: str = "localhost",
        port: int = 8086,
        path: str = "/",
        mode: Mode = "async",
        output: ClientOutput = "json",
        db: str | None = None,
        database: str | None = None,
        ssl: bool = False,
        *,
        unix_socket: str | os.PathLike[str] | None = None,
        username: str | None = None,
        password: str | None = None,
        timeout: float | None = None,
        loop: object = None,
        rp: str | None = None,
        consistency: str | None = None,
        tags: Mapping[str, object] | None = None,
        gzip: bool | None = None,
        proxy: str | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        cert_file: str | os.PathLike[str] | None = None,
        key_file: str | os.PathLike[str] | None = None,
        verify_ssl: bool = True,
        bucket: str | None = None,
        **refused: object,
    ) -> None:
        _locate.refuse(refused)
        if loop is not None:
            warn("argument `loop` is ignored: no event loop is bound", DeprecationWarning)
        _arguments.expect("rp", rp, str, optional=True)
        _arguments.expect("consistency", consistency, str, optional=True)
        _arguments.expect("tags", tags, Mapping, optional=True)
        options: dict[str, Any] = {
            "host": host, "port": _locate.port(port), "username": username, "ssl": ssl,
            "path": path, "unix_socket": unix_socket, "timeout": timeout, "gzip": gzip,
            "proxy": proxy, "ca_file": ca_file, "cert_file": cert_file, "key_file": key_file,
            "verify_ssl": verify_ssl,
        }  # fmt: skip
        self._open(options, password)
        self._rp, self._consistency = rp, consistency
        # A copy: what the caller does with its own afterwards changes nothing here.
        self._tags = dict(tags) if tags else None
        self.mode = mode
        self.output = output
        self.db = _keywords.database(database or db, bucket=bucket)

    @classmethod
    def from_url(cls, url: str, **options: Any) -> Self:
        """Makes a client of one text, for instance `https://user:password@host:8086/path?db=mine`.

        Args:
            url: Scheme, user and password (percent-encoded), host, port (8086 if there is none),
                path, and as its query any of `db` (or `database`, `bucket`), `rp`, `consistency`,
                `timeout` (seconds), `unix_socket`, `mode`, `output`, `gzip` and `verify_ssl`
                (`true` or `false`), `ca_file`, `cert_file`, `key_file`, `proxy`. With the schemes
                `http` and `https` the path is the client's `path`. With `influxdb` and
                `https+influxdb`, which come from influxdb-python, it is the database
                (percent-encoded): `influxdb://host:8086/mine`.
            **options: Arguments of the constructor, which take precedence over the URL.
        Raises:
            ValueError: a part of the URL is unknown or cannot be read, or two parts name different
                databases. No error shows a password.
        """
        return cls(**_locate.with_options(_locate.of_url(url), options))

    @classmethod
    def from_env(cls, **options: Any) -> Self:
        """Makes a client of the environment.

        `INFLUXDB_URL`, as `from_url` reads it; and, which beat what it says, `INFLUXDB_HOST`,
        `INFLUXDB_PORT`, `INFLUXDB_DATABASE` (or `INFLUXDB_DB`), `INFLUXDB_RP`,
        `INFLUXDB_USERNAME` (or `INFLUXDB_USER`, `INFLUX_USERNAME`), `INFLUXDB_PASSWORD` (or
        `INFLUXDB_USER_PASSWORD`, `INFLUX_PASSWORD`), `INFLUXDB_TIMEOUT` (seconds),
        `INFLUXDB_CA_FILE`, `INFLUXDB_CERT_FILE`, `INFLUXDB_KEY_FILE`, and `INFLUXDB_VERIFY_SSL`
        (`true`, `yes`, `false` or `no`). Empty variables are ignored.

        Args:
            **options: Arguments of the constructor, which beat the environment.
        Raises:
            ValueError: a variable cannot be read; the text names it.
        """
        return cls(**_locate.with_options(_locate.of_environment(os.environ), options))

    @property
    def host(self) -> str:
        """Name or address of the server; assign to go on with another."""
        return str(self._options["host"])

    @host.setter
    def host(self, host: str) -> None:
        self._move(host=host)

    @property
    def port(self) -> int:
        """TCP port of the server; assign to go on with another."""
        return int(self._options["port"])

    @port.setter
    def port(self, port: int) -> None:
        self._move(port=_locate.port(port))

    @property
    def path(self) -> str:
        """Path before those of the server; assign to switch."""
        return str(self._options["path"])

    @path.setter
    def path(self, path: str) -> None:
        self._move(path=path)

    @property
    def ssl(self) -> bool:
        """Whether the connection is by TLS; assign to switch."""
        return bool(self._options["ssl"])

    @ssl.setter
    def ssl(self, ssl: bool) -> None:
        self._move(ssl=ssl)

    @property
    def url(self) -> str:
        """URL of the server, with `{endpoint}` where `ping`, `write` or `query` stands."""
        scheme = "https" if self.ssl else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        path = f"/{self.path.strip('/')}/".replace("//", "/")
        return f"{scheme}://{host}:{self.port}{path}{{endpoint}}"

    @property
    def mode(self) -> Mode:
        """`async` or `blocking`; assign to switch."""
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        if mode not in _MODES:
            raise ValueError(f"Invalid running mode: expected async or blocking, got {mode!r}")
        self._mode: Mode = mode

    @property
    def output(self) -> ClientOutput:
        """What queries answer with; assign to switch."""
        return self._output

    @output.setter
    def output(self, output: ClientOutput) -> None:
        _output.client_output(output)
        self._output: ClientOutput = output

    @property
    def db(self) -> str | None:
        """Default database; assign to switch."""
        return self._db

    @db.setter
    def db(self, name: str | None) -> None:
        _arguments.expect("db", name, str, optional=True)
        self._db = name
        if not name:
            text = "No default databases is set. Database must be specified when querying/writing."
            warn(text)

    def __repr__(self) -> str:
        items = {
            "host": self.host, "port": self.port, "path": self.path, "ssl": self.ssl,
            "db": self.db, "mode": self.mode, "output": self.output,
        }  # fmt: skip
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in items.items())})"

    @property
    def _is_async(self) -> bool:
        return self._mode == "async"

    async def create_session(self, **refused: object) -> None:
        """Does nothing, as connections are opened when they are needed; 0.9 had to be told."""
        _locate.refuse(refused)

    def write(
        self,
        data: object,
        measurement: str | None = None,
        db: str | None = None,
        precision: str | None = None,
        rp: str | None = None,
        tag_columns: Iterable[object] | None = None,
        *,
        time_column: object = None,
        measurement_column: object = None,
        time_unit: str | None = None,
        consistency: str | None = None,
        tags: Mapping[str, object] | None = None,
        stamp: bool = False,
        batch_lines: int = 10_000,
        batch_bytes: int = 4 * 1024 * 1024,
        connections: int = 1,
        progress: bool | Callable[[int, int, int | None], object] | None = None,
        database: str | None = None,
        bucket: str | None = None,
        **extra_tags: object,
    ) -> Any:
        """Writes points.

        What is more than a batch goes out as several requests, in order, the next one encoded while
        the last one travels. An iterable is read on as batches go out, so that memory stays
        bounded; in `async` mode it may be an async iterable.

        Args:
            data: Line protocol (`str` or `bytes`), a mapping with the keys `measurement`, `time`,
                `tags` and `fields`, an object of a class with `@lineprotocol`, a table, or any
                nesting of iterables of these. Tables are DataFrames of pandas and polars, what else
                speaks Arrow's C data interface (pyarrow, DuckDB), and structured arrays of numpy. A
                pair `(name, table)`, as queries return for several series, and a `dict` of tables
                by name are tables with the name of their measurement.
                Times: `int` in nanoseconds (or `time_unit`), `datetime` (naive means UTC), `date`,
                `numpy.datetime64`, `pandas.Timestamp`, or text as ISO 8601 has it; other text is
                read by pandas, where that is installed. A point without a time gets
                the server's, unless `stamp` is true.
            measurement: Name for points that carry none, and for tables. It takes precedence over
                the name in a `(name, table)` pair.
            db: Database, instead of `client.db`.
            precision: Unit of the times in line protocol: ns, u, ms, s, m or h. Only for data that
                is nothing but line protocol: all else is sent in nanoseconds, as are stamps. See
                `time_unit`.
            rp: Retention policy, instead of the client's, or of the database's default.
            tag_columns: Columns of a table that are tags; all others are fields.
            time_column: Column of the times of a table. `None`: the index of a pandas DataFrame,
                the column `time` of other tables.
            measurement_column: Column of the measurements of a table.
            time_unit: Unit of integer times in mappings, objects and tables: ns (the default), u,
                ms, s, m or h. Times of other types keep their meaning. `precision` is for line
                protocol, which is sent as it is; with `time_unit` the encoder converts times to
                nanoseconds.
            consistency: How many nodes of a cluster must have stored the points, instead of the
                client's: `any`, `one`, `quorum` or `all`.
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
            database: Alias of `db`; if both are passed, they must name the same database.
            bucket: Alias of `db`, like `database`.
            **extra_tags: Tags for every point and every row; they take precedence over a point's
                own tag of the same name, which takes precedence over the client's default tag.
                Their values are scalars. Keywords of other clients, such as `retention_policy`, are
                refused. Lines that come encoded are not changed.
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
                default_tags=self._tags,
                stamp=stamp,
                batch_lines=batch_lines,
                batch_bytes=batch_bytes,
                server="1.x",
            ),
            connections,
            progress,
        )
        return self._write(job, db, rp, consistency, precision, database=database, bucket=bucket)

    def query(
        self,
        q: str | bytes,
        *,
        epoch: str = "ns",
        chunked: bool = False,
        chunk_size: int | None = None,
        db: str | None = None,
        rp: str | None = None,
        params: dict[str, object] | None = None,
        output: ClientOutput | None = None,
        into: type | None = None,
        tags_as_categories: bool = False,
        use_cache: bool = False,
        database: str | None = None,
        bucket: str | None = None,
    ) -> Any:
        """Runs InfluxQL statements.

        Args:
            q: Statements, joined by `;`, sent as they are.
            epoch: Unit of times in dicts and rows: ns, u, ms, s, m or h. Tables always have
                nanoseconds.
            chunked: Read the answer while it arrives: in `async` mode an async generator, of a
                `dict` or a frame for each chunk. In `blocking` mode, and for rows, use `stream`.
            chunk_size: Rows in a chunk; the server's default is 10,000.
            db: Database, instead of `client.db`.
            rp: Retention policy of measurements that name none, instead of the client's.
            params: Values for `$name` in the statements, sent apart from them: the safe way to pass
                values. They have the types that `influxql` accepts (see `Literal`, `Identifier`,
                `Regex` and `Duration` there), or are a `dict` with one of the keys `identifier`,
                `regex`, `duration`, `string`, `float`, `integer`. Lists are refused, since InfluxQL
                has none.
            output: What to make of the answer, instead of `client.output`: `json`, `dataframe`, or
                what `parse_response` makes: `dict`, `pandas`, `polars`, `pyarrow`, `arrow`, `rows`
                or `dicts`.
            into: A class with `@lineprotocol`, instead of an output: all rows become its objects,
                columns and tags of GROUP BY going to attributes by name.
            tags_as_categories: Whether tags of GROUP BY become categories.
            use_cache: Refused, if true: 0.9 kept answers in Redis.
            database: Alias of `db`; if both are passed, they must name the same database.
            bucket: Alias of `db`, like `database`.
        Returns:
            With `into` a list of objects, else what `output` says; without both, what
            `client.output` says. With `json` the server's JSON as a `dict`. With `dataframe` a
            DataFrame (index: UTC nanoseconds where there are times; columns: the fields, then the
            tags of GROUP BY) for one series, else a `dict` of them by `measurement,tag=value`, and
            for several statements a list of such dicts.
        Raises:
            ValueError: an argument is missing or out of range.
            InfluxDBQueryError: the server refused; `.result` holds what had succeeded.
            InfluxDBDecodeError: the answer was damaged or cut off.
            InfluxDBConnectionError: the server can't be reached, or was lost.
            ImportError: the output needs a package that is not installed.
        Source: InfluxDB 1.8 API reference, `/query`.
        """
        if use_cache:
            _locate.refuse({"use_cache": use_cache})
        if chunked is True and not self._is_async:
            raise ValueError(
                "Can't use 'chunked' with non-async mode; hint: `stream` works in both modes"
            )
        unit = _arguments.epoch(epoch)
        maker = (
            self._maker(output, chunked, tags_as_categories, unit)
            if into is None
            else _output.maker(output or "rows", tags_as_categories, unit, into)
        )
        return self._query(
            _arguments.text_of(q),
            _keywords.database(db, database=database, bucket=bucket),
            maker,
            epoch=unit,
            chunked=chunked,
            chunk_size=chunk_size,
            params=params,
            rp=rp,
        )

    def _maker(
        self, output: ClientOutput | None, chunked: bool, tags_as_categories: bool, epoch: str
    ) -> _output.Maker | None:
        asked = output or self.output
        if asked in ("dict", "json"):
            return _output.maker("dict", tags_as_categories, epoch) if chunked else None
        return _output.maker(asked, tags_as_categories, epoch)

    def stream(
        self,
        q: str | bytes,
        *,
        output: Output | None = None,
        into: type | None = None,
        epoch: str = "ns",
        chunk_size: int | None = None,
        db: str | None = None,
        rp: str | None = None,
        params: dict[str, object] | None = None,
        tags_as_categories: bool = False,
        progress: _progress.Progress = None,
        database: str | None = None,
        bucket: str | None = None,
    ) -> Stream[Any]:
        """Runs InfluxQL statements, and gives their rows while they arrive.

        `for row in client.stream(q)` blocks, `async for row in client.stream(q)` awaits, whatever
        the mode. Memory holds one chunk and one batch; what is not read waits at the server.

        Args:
            q: Statements, joined by `;`, sent as they are.
            output: `None` for rows as named tuples: their columns are attributes under their own
                names, even if these are not identifiers (`getattr(row, "class")`), and `_columns`
                has these names; `rows` for plain tuples; `dicts` for dicts. All have the tags of
                GROUP BY after the columns. Or `dict`, `json`, `pandas`, `dataframe`, `polars`,
                `pyarrow` or `arrow` for one object per batch.
            into: A class with `@lineprotocol`, instead of an output: rows are its objects.
            epoch: Unit of times in rows and dicts: ns, u, ms, s, m or h.
            chunk_size: Rows in a chunk; the server's default is 10,000.
            db: Database, instead of `client.db`.
            rp: Retention policy of measurements that name none, instead of the client's.
            params: Values for `$name` in the statements, as `query` takes them.
            tags_as_categories: Whether tags of GROUP BY become categories.
            progress: Called for each batch with the rows and the bytes that have come, and `None`.
                `True`: a bar of tqdm, where that is installed, else a line on the standard error.
            database: Alias of `db`; if both are passed, they must name the same database.
            bucket: Alias of `db`, like `database`.
        Returns:
            A `Stream`: an iterator and an asynchronous iterator.
        Raises:
            ValueError: an argument is missing or out of range. Other errors come while it is
                iterated over, after the rows that came before them: see `Stream`.
        Source: InfluxDB 1.8 API reference, `/query`, `chunked`.
        """
        unit = _arguments.epoch(epoch)
        maker = (
            _output.NamedRows(unit, with_tags=True)
            if output is None and into is None
            else _output.maker(output or "rows", tags_as_categories, unit, into)
        )
        return self._stream(
            _arguments.text_of(q),
            _keywords.database(db, database=database, bucket=bucket),
            maker,
            chunk_size=chunk_size,
            params=params,
            rp=rp,
            progress=progress,
        )

    def _statement(self, text: str, db: str | None = None, **aliases: Unpack[Aliases]) -> Any:
        """Runs one statement of administration."""
        db = _keywords.database(db, **aliases)
        return self._query(text, db, self._maker(None, False, False, "ns"))


def runner(coro: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    """Makes a method of an `async def`, which is run to its end in `blocking` mode (0.9)."""

    # Whoever awaits has imported it; a program that blocks need not.
    import asyncio

    @functools.wraps(coro)
    def inner(self: InfluxDBClient, *args: Any, **kwargs: Any) -> Any:
        async def run() -> Any:
            return await coro(self, *args, **kwargs)

        return run() if self.mode == "async" else asyncio.run(run())

    return inner
