"""Holds the code that both client interfaces share: connections, writes, queries, and the async and
blocking modes.

The module `client` defines what differs between the interfaces: their arguments, their modes, and
the form of an answer. A client is not bound to an event loop. The same client works under several
`asyncio.run` calls, in threads, and, in blocking mode, inside a running event loop.
"""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Callable, Coroutine, Generator
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from . import _arguments, _core, _keywords, _output, _progress, _write, flux, influxql
from ._face import Face
from ._stream import AsyncChunks, Chunks, Reading, Stream
from ._warnings import warn

if TYPE_CHECKING:
    from typing_extensions import Self

    Token = str | Callable[[], str]

__all__ = ["Base", "Checked", "logger"]

T = TypeVar("T")
R = TypeVar("R")

logger = logging.getLogger("aioinflux")

_UNVERIFIED = (
    "`verify_ssl=False`: the certificate of the server is not verified, so others can read and "
    "change what is sent, including passwords; hint: `ca_file` may name the server's own "
    "certificate"
)

# The attributes of a client that belong to its connections; all other attributes are settings.
_CONNECTION = ("_core", "_options")


class Checked(NamedTuple):
    """The server that `check` found."""

    server: str
    version: str | None


class Base(Face):
    """The connections of a client to one server, and the requests that use these connections."""

    _options: dict[str, Any]
    # Whether the client was created with a token, which pickles leave out.
    _has_token = False
    _db: str | None
    # The defaults for each call, in addition to the database: the retention policy, the
    # consistency, and the tags of the points.
    _rp: str | None = None
    _consistency: str | None = None
    _tags: dict[str, object] | None = None
    _has_warned = False

    def _open(
        self, options: dict[str, Any], password: str | None, token: Token | None = None
    ) -> None:
        """Creates the connection pool of the client. Creating the pool sends nothing to the
        server."""
        _arguments.connection(options, password, token)
        self._options = options
        self._has_token = bool(token)
        self._core = _core.Client(**options, password=password, token=token)
        self._warn_of_unverified()

    def _move(self, **address: Any) -> None:
        """Switches the client to another server. Connections to the old server are closed as soon
        as nothing uses them any more."""
        options = {**self._options, **address}
        _arguments.connection(options, None)
        where = {name: options[name] for name in ("host", "port", "ssl", "path")}
        self._core = self._core.moved(**where)
        self._options = options
        self._warn_of_unverified()

    def _warn_of_unverified(self) -> None:
        """Issues one warning if a client does not verify the server's certificate; copies of the
        client do not warn again."""
        if self._has_warned or not self._core.unverified:
            return
        self._has_warned = True
        warn(_UNVERIFIED)

    @property
    def _is_async(self) -> bool:
        raise NotImplementedError

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
        """The default database. To use another database, assign its name to this attribute."""
        return self._db

    @db.setter
    def db(self, name: str | None) -> None:
        _arguments.expect("db", name, str, optional=True)
        self._db = name

    def __getstate__(self) -> dict[str, Any]:
        """Returns all settings of the client except the connections, the passwords and the token.

        The settings also leave out the user name and password of the proxy. The version family of
        the server is one of the settings if it is known.
        """
        options = dict(self._options)
        if self._has_token or options["token_file"] is not None:
            options["server"] = self._core.server
        if options["proxy"] is not None:
            options["proxy"] = re.sub(r"//[^/]*@", "//", options["proxy"])
        rest = {name: value for name, value in vars(self).items() if name not in _CONNECTION}
        return {"options": options, "rest": rest}

    def __setstate__(self, state: dict[str, Any]) -> None:
        rest = state["rest"]
        self._open(state["options"], None, _no_token if rest["_has_token"] else None)
        self.__dict__.update(rest)

    def __copy__(self) -> Self:
        """Returns a client that has the same connections and password, but separate settings."""
        made = object.__new__(type(self))
        made.__dict__.update(vars(self))
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        made = copy.copy(self)
        memo[id(self)] = made
        for name, value in vars(self).items():
            if name not in _CONNECTION:
                made.__dict__[name] = copy.deepcopy(value, memo)
        return made

    def close(self) -> _Closed:
        """Closes the idle connections of the client. The next call opens new connections.

        Returns:
            An object that can be awaited, but need not be.
        """
        self._core.close()
        return _Closed()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def ping(self) -> Any:
        """Asks the server whether it is available.

        Returns:
            `dict` of the headers of the answer: `X-Influxdb-Version` and others.
        Raises:
            InfluxDBConnectionError: the server could not be reached.
            InfluxDBResponseError: the server answered with an error.
        Source: InfluxDB 1.8 API reference, `/ping`.
        """

        def finish(headers: dict[str, str]) -> dict[str, str]:
            logger.info("ping: ok")
            return headers

        return self._run("ping", self._core.ping, finish)

    def check(self) -> Any:
        """Checks whether the client can write to its database, and stores nothing.

        The check covers the address, TLS, the token or password, the organization, the database or
        bucket, and the right to write.

        Returns:
            A named tuple `Checked` with `server` (`1.x`, `2.x` or `3.x`) and `version` (the text
            that the server reports, or `None`).
        Raises:
            InfluxDBError: a part is wrong. The message begins with the name of the part, which is
                one of address, TLS, credentials, organization, bucket, database, retention policy
                and right to write.
            ValueError: the client has no database.
        Source: InfluxDB 1.8 and 2.x API references, `/ping` and `/write`.
        """

        def finish(found: tuple[str, str | None]) -> Checked:
            return Checked(*found)

        return self._run("check", lambda: self._core.check(self._db, self._rp), finish)

    def _write(
        self,
        job: _write.Job,
        db: str | None,
        rp: str | None = None,
        consistency: str | None = None,
        precision: str | None = None,
        database: str | None = None,
        bucket: str | None = None,
        on_reject: str | None = None,
    ) -> Any:
        """Writes points in the client's mode (async or blocking). The client's defaults are used
        for arguments that are not passed."""

        def find_place() -> _write.Place:
            named = _keywords.database(db, database, bucket)
            target = _arguments.database(named, self._db)
            if not target:
                raise ValueError("`db` is missing: pass `db=` or set it on the client")
            policy = _arguments.text("rp", rp, self._rp)
            nodes = _arguments.text("consistency", consistency, self._consistency)
            unit = None if precision is None else _arguments.unit("precision", precision)
            if unit not in (None, "ns") and job.arguments.stamp:
                raise ValueError(
                    f"argument `stamp`: stamps are nanoseconds; `precision` cannot be {precision!r}"
                )
            _arguments.expect("on_reject", on_reject, str, optional=True)
            return target, policy, nodes, unit, on_reject

        engine = self._core
        server = engine.server or engine.dialect()
        if self._is_async:
            return self._named("write", _write.awaited(job, engine, find_place, server))
        return _write.waited(job, engine, find_place, server)

    def _query(
        self,
        text: str,
        db: str | None,
        maker: _output.Maker | None,
        *,
        epoch: str = "ns",
        chunked: bool = False,
        chunk_size: int | None = None,
        params: dict[str, object] | None = None,
        rp: str | None = None,
        language: _arguments.Language | None = None,
        raw: bool = False,
    ) -> Any:
        """Runs a query. Without a `maker`, the result is the server's JSON. If `raw` is true, the
        result is the bytes of the answer."""
        if not isinstance(chunked, bool):
            raise ValueError(f"argument `chunked`: expected a bool, got {chunked!r}")
        if chunked:
            assert maker
            reading = self._reading(text, db, maker, chunk_size, params, rp, language)
            if not self._is_async:
                return Chunks(reading)
            return self._named("query", _coroutine(AsyncChunks(reading)))
        database, rp, params = self._checked(text, db, chunk_size, params, rp, language)
        if maker:
            return self._run(
                "query",
                lambda: self._core.query(text, database, params, rp, maker.has_views, language),
                maker.whole,
                maker.kept,
            )
        if raw:
            return self._run(
                "query",
                lambda: self._core.query_raw(text, database, epoch, params, rp, language),
                _logged,
            )
        rows = _output.row_dicts(epoch)
        # Only an answer to Flux can be part of an exception as an `Answer`.
        is_influxql = language == "influxql" or self._core.server == "1.x"
        return self._run(
            "query",
            lambda: self._core.query_json(text, database, epoch, params, rp, language),
            lambda answer: _logged(answer if isinstance(answer, dict) else rows.whole(answer)),
            None if is_influxql else rows.kept,
        )

    def _stream(
        self,
        text: str,
        db: str | None,
        maker: _output.Maker,
        *,
        chunk_size: int | None,
        params: dict[str, object] | None,
        rp: str | None,
        language: _arguments.Language | None = None,
        progress: _progress.Progress = None,
    ) -> Stream[Any]:
        """Returns a stream that sends the statements to the server when its first item is
        requested."""
        return Stream(self._reading(text, db, maker, chunk_size, params, rp, language, progress))

    def _reading(
        self,
        text: str,
        db: str | None,
        maker: _output.Maker,
        chunk_size: int | None,
        params: dict[str, object] | None,
        rp: str | None,
        language: _arguments.Language | None = None,
        progress: _progress.Progress = None,
    ) -> Reading:
        database, rp, params = self._checked(text, db, chunk_size, params, rp, language)
        _progress.check(progress)
        return Reading(
            lambda: self._core.stream(
                text, database, chunk_size, params, rp, maker.has_views, language
            ),
            maker,
            progress,
        )

    def _checked(
        self,
        text: str,
        db: object,
        chunk_size: int | None,
        params: dict[str, object] | None,
        rp: str | None,
        language: _arguments.Language | None,
    ) -> tuple[str | None, str | None, dict[str, object] | None]:
        """Checks the arguments of a query. Returns the database, the retention policy and the
        parameters of the query."""
        database = _arguments.database(db, self._db)
        _arguments.statement(text, chunk_size, params, rp)
        if logger.isEnabledFor(logging.INFO):
            logger.info("query: %s", _arguments.masked(text))
        is_influxql = language == "influxql" or (language is None and self._core.server == "1.x")
        convert = influxql.parameters if is_influxql else flux.parameters
        return database, rp or self._rp, convert(params)

    def _run(
        self,
        name: str,
        make: Callable[[], _core.Call[T]],
        finish: Callable[[T], R],
        guard: Callable[[], AbstractContextManager[None]] | None = None,
    ) -> Any:
        """Runs a call: in async mode, returns a coroutine; in blocking mode, blocks until the
        result is available. In both modes, data is encoded just before it is sent."""
        if self._is_async:
            call = _guarded(make, finish, guard) if guard else _awaited(make, finish)
            return self._named(name, call)
        with guard() if guard else nullcontext():
            return finish(make().wait())

    def _named(self, name: str, call: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
        """Gives a coroutine the name of the client's method, which Python shows in the warning
        about a coroutine that was never awaited."""
        named: Any = call
        named.__qualname__ = _qualified(type(self).__name__, name)
        return call


@cache
def _qualified(kind: str, name: str) -> str:
    return f"{kind}.{name}"


def _no_token() -> str:
    raise ValueError("a pickled client has no token; hint: assign the token to `client.token`")


class _Closed:
    """The object that `close` returns; awaiting this object returns at once."""

    def __await__(self) -> Generator[Any, None, None]:
        return
        yield


async def _awaited(make: Callable[[], _core.Call[T]], finish: Callable[[T], R]) -> R:
    return finish(await make())


async def _guarded(
    make: Callable[[], _core.Call[T]],
    finish: Callable[[T], R],
    guard: Callable[[], AbstractContextManager[None]],
) -> R:
    with guard():
        return finish(await make())


async def _coroutine(value: T) -> T:
    return value


def _logged(answer: Any) -> Any:
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("query: answer %s", _short(_arguments.without_passwords(repr(answer))))
    return answer


def _short(text: str) -> str:
    return text if len(text) <= 1000 else f"{text[:1000]}... ({len(text)} characters)"
