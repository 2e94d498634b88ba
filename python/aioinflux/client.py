"""Defines `InfluxDBClient`, and lists its differences from `AsyncInfluxDBClient`.

`InfluxDBClient` and `AsyncInfluxDBClient` are interfaces to the class `Base`, which does the work.
Each interface follows the conventions of one earlier version of aioinflux, so that programs for
that version still work:

| | `InfluxDBClient` (0.9) | `AsyncInfluxDBClient` (0.1) |
|---|---|---|
| modes | `async`, `blocking` | also `dataframe`, which blocks |
| form of answers | `output`, of the client or of a query | `output` of a query, or the mode |
| default database | none, with a warning | `testdb` |
| address | can be assigned, part by part | is fixed |
| logging | is not configured | is configured, with `log_level` |
| authentication | with a user name | with a user name and a password |
| query text | sent as it is | `{placeholders}` are filled |
| a chunked query returns | dicts or frames, in `async` mode only | named tuples or frames |
| several frames | a dict by measurement and tags | a list of `(name, frame)` |
| shortcuts | positional arguments | keyword arguments only |
| `stream`, administration, `precision`, `rp`, default tags, URLs, `into`, tokens | yes | no |
"""

from __future__ import annotations

import functools
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NoReturn

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

    from ._arguments import Language
    from ._keywords import Aliases
    from ._lines import Server
    from ._tables import Tables

__all__ = [
    "AsyncInfluxDBClient", "InfluxDBClient", "InfluxDBError", "InfluxDBWriteError", "logger",
    "runner",
]  # fmt: skip

Mode = Literal["async", "blocking"]
ClientOutput = Output
# The names that aioinflux 0.9 exported for use in annotations.
PointType = Any
ResultType = Any

_MODES = ("async", "blocking")


class InfluxDBClient(Base, Administration):
    """Client for InfluxDB 1.x and 2.x, with the conventions of aioinflux 0.9 and newer features."""

    def __init__(
        self,
        host: str = "localhost",
        port: int = _locate.PORT,
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
        token: str | Callable[[], str] | None = None,
        token_file: str | os.PathLike[str] | None = None,
        org: str | None = None,
        bucket_id: str | None = None,
        server: Server | None = None,
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
            "verify_ssl": verify_ssl, "token_file": token_file or None, "org": org,
            "bucket_id": bucket_id, "server": server,
        }  # fmt: skip
        if token or token_file or server:
            options |= _locate.of_host(host, port, ssl)
        self._open(options, password, token)
        self._rp, self._consistency = rp, consistency
        # The tags are copied, so that later changes by the caller have no effect on the client.
        self._tags = dict(tags) if tags else None
        self.mode = mode
        self.output = output
        named = _keywords.database(database or db, bucket=bucket)
        if named and bucket_id:
            raise ValueError("arguments `bucket_id` and `db`: pass only one")
        self.db = bucket_id or named

    @classmethod
    def from_url(cls, url: str, **options: Any) -> Self:
        """Creates a client from a URL, such as `https://user:password@host:8086/path?db=mine`.

        Args:
            url: URL with a scheme, user and password (percent-encoded), host, port and path. The
                query part of the URL can contain `db` (or `database`, `bucket`), `org`, `rp`,
                `consistency`, `token_file`, `server`, `timeout` (seconds), `unix_socket`, `mode`,
                `output`, `gzip` and `verify_ssl` (`true` or `false`), `ca_file`, `cert_file`,
                `key_file` and `proxy`. The URL must not contain a token. If the scheme is `http` or
                `https`, the path is the client's `path`. If the scheme is `influxdb` or
                `https+influxdb`, which are the schemes of influxdb-python, the path is the database
                (percent-encoded): `influxdb://host:8086/mine`. The default port is 8086. If
                `token`, `token_file` or `server` is set, the default port of `http` URLs is 80, and
                that of `https` URLs is 443.
            **options: Arguments of the constructor, which take precedence over the URL. `None`
                counts as not passed.
        Raises:
            ValueError: a part of the URL is unknown or invalid, or two parts contradict each other.
                The error message never contains a password.
        """
        located = _locate.Located(options)
        located.fill(_locate.from_url(url))
        return located.create(cls)

    @classmethod
    def from_env(cls, **options: Any) -> Self:
        """Creates a client from environment variables.

        There are three families of variables, in the order of their precedence:

        1. `INFLUXDB_HOST` (a name or a URL), `INFLUXDB_PORT`, `INFLUXDB_DATABASE` (or
           `INFLUXDB_DB`, `INFLUXDB_BUCKET`), `INFLUXDB_RP`, `INFLUXDB_ORG`, `INFLUXDB_TOKEN`,
           `INFLUXDB_TOKEN_FILE`, `INFLUXDB_USERNAME` (or `INFLUXDB_USER`), `INFLUXDB_PASSWORD` (or
           `INFLUXDB_USER_PASSWORD`), `INFLUXDB_SERVER`, `INFLUXDB_TIMEOUT` (seconds),
           `INFLUXDB_CA_FILE`, `INFLUXDB_CERT_FILE`, `INFLUXDB_KEY_FILE`, and `INFLUXDB_VERIFY_SSL`
           (`true`, `yes`, `false` or `no`). These variables take precedence over `INFLUXDB_URL`,
           which contains a URL for `from_url`.
        2. The variables of influxdb-client: `INFLUXDB_V2_URL`, `INFLUXDB_V2_ORG`,
           `INFLUXDB_V2_TOKEN`, `INFLUXDB_V2_TIMEOUT` (milliseconds), `INFLUXDB_V2_VERIFY_SSL`,
           `INFLUXDB_V2_SSL_CA_CERT`, `INFLUXDB_V2_CERT_FILE`, `INFLUXDB_V2_CERT_KEY_FILE`,
           `INFLUXDB_V2_AUTH_BASIC`, and `INFLUXDB_V2_TAG_...` for default tags.
        3. The variables of the `influx` command and of clients for 3.x: `INFLUX_HOST` (a URL),
           `INFLUX_BUCKET_NAME` (or `INFLUX_DATABASE`), `INFLUX_ORG`, `INFLUX_TOKEN`,
           `INFLUX_USERNAME`, `INFLUX_PASSWORD` and `INFLUX_SKIP_VERIFY`.

        Each setting comes from the first family that has it, with two exceptions. The client uses
        either a token or a user name and password, whichever the first family with credentials has.
        If the server comes from one family, later families that also name a server are ignored,
        because their credentials belong to another server. Empty variables are ignored.

        Args:
            **options: Arguments of the constructor, which take precedence over environment
                variables. `None` counts as not passed.
        Raises:
            ValueError: a variable is invalid, or two variables contradict each other. The error
                message names the variables, and never contains a password or a token.
        """
        return _locate.from_environment(os.environ, options).create(cls)

    @classmethod
    def from_file(
        cls,
        path: str | os.PathLike[str] | None = None,
        profile: str | None = None,
        **options: Any,
    ) -> Self:
        """Creates a client from a configuration file of influxdb-client or of the `influx` command.

        A file of influxdb-client has a section `influx2` and a section `tags` with default tags. In
        JSON files, the keys of `influx2` can be at the top level. The keys are `url`, `token`,
        `org`, `timeout` (milliseconds), `verify_ssl`, `ssl_ca_cert`, `cert_file`, `cert_key_file`,
        `proxy`, `auth_basic`, and, in addition to those of influxdb-client, `bucket`, `token_file`
        and `server`. `connection_pool_maxsize` and `profilers` have no effect. If a URL has no
        port, the port is that of the scheme. A default tag `${env.NAME}` has the value of the
        environment variable `NAME`.

        Args:
            path: Path of the file. The name ends in `.ini`, `.toml` or `.json`; a file without an
                extension is a file of the `influx` command. Before Python 3.11, TOML files need the
                package `tomli`. By default, the file is the one that `INFLUX_CONFIGS_PATH` names,
                or `~/.influxdbv2/configs`.
            profile: Name of the section or profile to use. By default, this is the section
                `influx2`, or the active profile of the `influx` command. If `path` is not passed,
                the variable `INFLUX_ACTIVE_CONFIG` can name the profile.
            **options: Arguments of the constructor, which take precedence over the file. `None`
                counts as not passed.
        Raises:
            ValueError: the file or a value in it is invalid, or a key is unknown. The error message
                names the file and the key, and never shows a value.
            OSError: the file cannot be read.
            ImportError: the file is a TOML file, and nothing that reads TOML is installed.
        """
        return _locate.from_file(path, profile, os.environ, options).create(cls)

    @property
    def host(self) -> str:
        """Name or address of the server; assign to `host` to change it."""
        return str(self._options["host"])

    @host.setter
    def host(self, host: str) -> None:
        self._move(host=host)

    @property
    def port(self) -> int:
        """TCP port of the server; assign to `port` to change it."""
        return int(self._options["port"])

    @port.setter
    def port(self, port: int) -> None:
        self._move(port=_locate.port(port))

    @property
    def path(self) -> str:
        """Path prefix before `ping`, `write` and `query`; assign to `path` to change it."""
        return str(self._options["path"])

    @path.setter
    def path(self, path: str) -> None:
        self._move(path=path)

    @property
    def ssl(self) -> bool:
        """Whether the client connects over TLS; assign to `ssl` to change this."""
        return bool(self._options["ssl"])

    @ssl.setter
    def ssl(self, ssl: bool) -> None:
        self._move(ssl=ssl)

    @property
    def url(self) -> str:
        """URL of the server, with `{endpoint}` in place of `ping`, `write` or `query`."""
        scheme = "https" if self.ssl else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        path = f"/{self.path.strip('/')}/".replace("//", "/")
        return f"{scheme}://{host}:{self.port}{path}{{endpoint}}"

    @property
    def org(self) -> str | None:
        """Name of the organization on a 2.x server."""
        return self._options["org"] or None

    @property
    def token(self) -> NoReturn:
        """The token, which cannot be read; assign to `token` to change it."""
        raise AttributeError("the token of a client cannot be read; assign a token to change it")

    @token.setter
    def token(self, token: str | Callable[[], str]) -> None:
        self._core = self._core.with_token(token)
        self._has_token = True

    @property
    def mode(self) -> Mode:
        """The mode of the client, `async` or `blocking`; assign to `mode` to change it."""
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        if mode not in _MODES:
            raise ValueError(f"Invalid running mode: expected async or blocking, got {mode!r}")
        self._mode: Mode = mode

    @property
    def output(self) -> ClientOutput:
        """The default output format of queries; assign to `output` to change it."""
        return self._output

    @output.setter
    def output(self, output: ClientOutput) -> None:
        _output.client_output(output)
        self._output: ClientOutput = output

    @property
    def db(self) -> str | None:
        return self._db

    @db.setter
    def db(self, name: str | None) -> None:
        _arguments.expect("db", name, str, optional=True)
        self._db = name
        # The warning of 0.9 is for clients of 1.x; a client with a token may only administer.
        if not name and self._core.server == "1.x":
            text = "No default databases is set. Database must be specified when querying/writing."
            warn(text)

    def __repr__(self) -> str:
        items = {
            "host": self.host, "port": self.port, "path": self.path, "ssl": self.ssl,
            "db": self.db, "mode": self.mode, "output": self.output,
        }  # fmt: skip
        items |= {name: self._options[name] for name in ("org", "server") if self._options[name]}
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in items.items())})"

    @property
    def _is_async(self) -> bool:
        return self._mode == "async"

    async def create_session(self, **refused: object) -> None:
        """Does nothing, because connections are opened on demand. Programs written for aioinflux
        0.9 still call this method."""
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
        on_reject: Literal["error", "resend"] = "error",
        **extra_tags: object,
    ) -> Any:
        job = Job(
            data,
            _core.Arguments.of(
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
            ),
            connections,
            progress,
        )
        return self._write(job, db, rp, consistency, precision, database, bucket, on_reject)

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
        output: ClientOutput | Literal["raw"] | None = None,
        into: type | None = None,
        tags_as_categories: bool = False,
        use_cache: bool = False,
        database: str | None = None,
        bucket: str | None = None,
        language: Language | None = None,
        tables: Tables | None = None,
        columns: Iterable[str] | None = None,
        pivot: bool = False,
    ) -> Any:
        if use_cache:
            _locate.refuse({"use_cache": use_cache})
        if chunked is True and not self._is_async:
            raise ValueError(
                "Can't use 'chunked' with non-async mode; hint: `stream` works in both modes"
            )
        unit = _arguments.epoch(epoch)
        asked = output or (self.output if into is None else "rows")
        has_shape = tables is not None or columns is not None or pivot is not False
        maker = None
        if has_shape or into is not None or _is_made(asked, chunked):
            maker = _output.maker(
                asked, tags_as_categories, unit, into,
                tables=tables, columns=columns, pivot=pivot, batches=chunked,
            )  # fmt: skip
        return self._query(
            _arguments.text_of(q),
            _keywords.database(db, database=database, bucket=bucket),
            maker,
            epoch=unit,
            chunked=chunked,
            chunk_size=chunk_size,
            params=params,
            rp=rp,
            language=language,
            raw=asked == "raw",
        )

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
        language: Language | None = None,
        tables: Tables | None = None,
        columns: Iterable[str] | None = None,
    ) -> Stream[Any]:
        """Runs a query, and returns its rows as they arrive.

        In every mode of the client, `for row in client.stream(q)` blocks, and
        `async for row in client.stream(q)` awaits. While streaming, the client holds only one chunk
        and one batch of rows in memory. The server holds back the rows that have not been read yet.
        The other arguments are those of `query`.

        Args:
            output: Format of the stream. By default, a stream yields each row as a named tuple. A
                named tuple has one attribute for each column, even if the column's name is not an
                identifier (`getattr(row, "class")`). The attribute `_columns` of a named tuple
                contains the names of all columns. With `rows`, each row is a plain tuple; with
                `dicts`, each row is a dict. In plain tuples and in dicts, the tags of GROUP BY
                follow the columns. With `dict`, `json`, `pandas`, `dataframe`, `polars`, `pyarrow`
                or `arrow`, the stream yields one object for each batch.
            into: A class that is decorated with `@lineprotocol`: each row becomes an object of this
                class, and `output` is ignored.
            progress: Function that is called for each batch with three arguments: the number of
                rows received, the number of bytes received, and `None`. `progress=True` shows a
                tqdm bar, or a line on standard error if tqdm is not installed.
        Returns:
            A `Stream`: an iterator and an asynchronous iterator.
        Raises:
            ValueError: an argument is missing or out of range. For errors during iteration, see
                `Stream`; an error is raised only after all rows that arrived before it have been
                returned.
        Source: InfluxDB 1.8 API reference, `/query`, `chunked`.
        """
        unit = _arguments.epoch(epoch)
        if output is None and into is None and tables is None:
            maker: _output.Maker = _output.NamedRows(unit, with_tags=True, columns=columns)
        else:
            maker = _output.maker(
                output or "rows", tags_as_categories, unit, into,
                tables=tables, columns=columns, batches=True,
            )  # fmt: skip
        return self._stream(
            _arguments.text_of(q),
            _keywords.database(db, database=database, bucket=bucket),
            maker,
            chunk_size=chunk_size,
            params=params,
            rp=rp,
            language=language,
            progress=progress,
        )

    def _statement(self, text: str, db: str | None = None, **aliases: Unpack[Aliases]) -> Any:
        """Runs a single administrative statement, which is InfluxQL on every server."""
        db = _keywords.database(db, **aliases)
        maker = _output.maker(self.output, False) if _is_made(self.output, False) else None
        return self._query(text, db, maker, language="influxql")


def _is_made(output: str, chunked: bool) -> bool:
    """Returns whether the output is made from a decoded answer, and not by the server."""
    return chunked or output not in ("dict", "json", "raw")


def runner(coro: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    """Turns an `async def` into a method that runs to its end in `blocking` mode, as in aioinflux
    0.9."""

    # The module is imported here: callers that await have already imported it, and programs in
    # blocking mode do not need it.
    import asyncio

    @functools.wraps(coro)
    def inner(self: InfluxDBClient, *args: Any, **kwargs: Any) -> Any:
        async def run() -> Any:
            return await coro(self, *args, **kwargs)

        return run() if self.mode == "async" else asyncio.run(run())

    return inner
