"""The client with the conventions of aioinflux 0.1, the first version of the package.

All methods of the client work in three modes. In `async` mode, the call of a method returns an
awaitable. In `blocking` mode, the call of a method returns the result itself. The mode `dataframe`
is like `blocking` mode, but queries return DataFrames. The module `client` lists the differences
from `InfluxDBClient`.
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
# The options that the shorthand methods for queries pass on to the method `query`.
_OPTIONS = frozenset(("epoch", "chunked", "chunk_size", "params", "output", "tags_as_categories"))


class AsyncInfluxDBClient(Base):
    """Client for InfluxDB 1.x, with the conventions of aioinflux 0.1."""

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
            "verify_ssl": verify_ssl, "token_file": None, "org": None, "bucket_id": None,
            "server": None,
        }  # fmt: skip
        _arguments.expect("username", username, str, optional=True)
        self._open(options, password)
        self.db = database or db
        self.mode = mode
        _set_up_logging(log_level)

    @property
    def mode(self) -> Mode:
        """The mode: `async`, `blocking` or `dataframe`; assign to `mode` to change it."""
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
                stamp=stamp,
                batch_lines=batch_lines,
                batch_bytes=batch_bytes,
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
        """Creates the database `db` (default: the client's database). A database that already
        exists stays unchanged."""
        db = _database(db, options)
        return self._shortcut("CREATE DATABASE", db or self.db, "db", db, options)

    def drop_database(self, *, db: str | None = None, **options: Any) -> Any:
        """Deletes the database `db` (default: the client's database) with all its data."""
        # Without this check, an empty name would delete the client's own database instead.
        for name in ("database", "bucket"):
            _arguments.not_empty(name, options.get(name))
        _arguments.not_empty("db", db)
        db = _database(db, options)
        return self._shortcut("DROP DATABASE", db or self.db, "db", db, options)

    def drop_measurement(self, *, measurement: str, db: str | None = None, **options: Any) -> Any:
        """Deletes a measurement with all its points."""
        return self._shortcut("DROP MEASUREMENT", measurement, "measurement", db, options)

    def select_all(self, *, measurement: str, db: str | None = None, **options: Any) -> Any:
        """Returns all points of a measurement."""
        return self._shortcut("SELECT * FROM", measurement, "measurement", db, options)

    def show_databases(self, *, db: str | None = None, **options: Any) -> Any:
        """Returns the names of all databases."""
        return self._command("SHOW DATABASES", db, options)

    def show_measurements(self, *, db: str | None = None, **options: Any) -> Any:
        """Returns the names of the measurements of a database."""
        return self._command("SHOW MEASUREMENTS", db, options)

    def show_retention_policies(self, *, db: str | None = None, **options: Any) -> Any:
        """Returns the retention policies of a database."""
        return self._command("SHOW RETENTION POLICIES", db, options)

    def show_users(self, *, db: str | None = None, **options: Any) -> Any:
        """Returns the users of the server."""
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
    """Returns the database that a call names with `db` or one of its aliases. Removes the aliases
    from `options`.

    Raises:
        TypeError: one of the options is unknown.
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
