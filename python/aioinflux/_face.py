"""Docstrings that both interfaces share: constructor, `write` and `query`.

`InfluxDBClient` and `AsyncInfluxDBClient` differ in arguments, so each has its own signatures.
Their docstrings are written once, here: in `help()`, in editors and in the manual, a method without
a docstring inherits that of its base class. The manual leaves out arguments that an interface
lacks.
"""

from __future__ import annotations

from typing import Any

__all__ = ["Face"]


class Face:
    """The methods whose docstrings both interfaces inherit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Makes a client. Connections are opened only when they are needed.

        Args:
            host: Name or address of the server.
            port: TCP port.
            path: Path that precedes `ping`, `write` and `query` in URLs, for servers behind a
                proxy.
            mode: With `async`, calls are awaited. With `blocking`, calls return the value itself.
                `AsyncInfluxDBClient` has a third mode, `dataframe`: it is blocking, and queries
                return DataFrames.
            output: Only in `InfluxDBClient`. The type that queries return: `json` for the server's
                JSON as a `dict`, `dataframe` for pandas DataFrames, or any other `output` of
                `query`.
            db: Default database for writes and queries; assign to `client.db` to use another one.
            database: Alias of `db`; takes precedence over it.
            ssl: Whether to connect over TLS.
            unix_socket: Path of the server's Unix socket, which is used instead of TCP. This path
                and the file paths below can be `str` or `os.PathLike`.
            username: User name for basic authentication. `AsyncInfluxDBClient` ignores the name if
                there is no `password`.
            password: Password for basic authentication. `repr`, logs, errors, URLs and pickles
                never contain the password.
            timeout: Seconds that a whole request can take. For a streamed or chunked answer,
                `timeout` limits the time between two pieces, not the whole request. With `None`,
                connecting can take 5 seconds, and the rest of the request can take 300 seconds.
            loop: Ignored, because a client is not bound to an event loop. Deprecated.
            log_level: Only in `AsyncInfluxDBClient`. Level of the logger `aioinflux`; a false value
                such as `None` leaves the level unchanged.
            rp: Only in `InfluxDBClient`, like `consistency` and `tags`. Default retention policy
                for writes and queries.
            consistency: How many nodes of a cluster must store a write before the write succeeds:
                `any`, `one`, `quorum` or `all`.
            tags: Default tags, which are added to every point that has no tag of the same name.
            gzip: Whether to compress writes. With `None`, writes to remote servers are compressed
                if they are 1 KiB or larger.
            proxy: URL of an HTTP proxy. With `None`, the proxy comes from the environment, but none
                is used for loopback addresses. With an empty string, no proxy is used.
            ca_file: PEM file with certificates to trust in addition to the system's: certificates
                of authorities, or the server's own certificate, which can be self-signed.
            cert_file: PEM file with the client's certificate.
            key_file: PEM file with the client's private key.
            verify_ssl: Whether to verify the server's certificate. If the certificate is not
                verified, an attacker can read and change the data; a warning says so once. Without
                verification, `ca_file` has no effect.
            bucket: Only in `InfluxDBClient`. Alias of `db`; if both are passed, they must name the
                same database.
            **refused: Only in `InfluxDBClient`. Arguments that 0.9 passed to aiohttp or used for
                its cache are refused with a hint.
        Raises:
            ValueError: an argument is out of range; the message names it.
            TypeError: an argument has the wrong type, or is unknown.
        """
        raise NotImplementedError

    def write(self, *args: Any, **kwargs: Any) -> Any:
        """Writes points.

        Data of more than one batch is sent as several requests, in order; the next batch is encoded
        while the last one travels. An iterable is read as batches are sent, so that memory stays
        bounded. In `async` mode it may be an async iterable.

        Args:
            data: Line protocol (`str` or `bytes`), a mapping with the keys `measurement`, `time`,
                `tags` and `fields`, an object of a class with `@lineprotocol`, a table, or any
                nesting of iterables of these. Tables are DataFrames of pandas and polars, objects
                with Arrow's C data interface (pyarrow, DuckDB), and structured arrays of numpy. A
                pair `(name, table)`, as queries return for several series, and a `dict` of tables
                by name are tables with the name of their measurement.
                Times: `int` in nanoseconds (or `time_unit`), `datetime` (naive means UTC), `date`,
                `numpy.datetime64`, `pandas.Timestamp`, or ISO 8601 text; pandas, if it is
                installed, reads other text. A point without a time gets the server's, unless
                `stamp` is true.
            measurement: Name for points that carry none, and for tables. It takes precedence over
                the name in a `(name, table)` pair.
            db: Only in `InfluxDBClient`, like `precision`, `rp`, `consistency`, `database` and
                `bucket`. Database, instead of `client.db`.
            precision: Unit of the times in line protocol: ns, u, ms, s, m or h. It is only for data
                that consists of line protocol: everything else is sent in nanoseconds, and so are
                stamps. See `time_unit`.
            rp: Retention policy, instead of the client's or the database's default.
            tag_columns: Columns of a table that are tags; all others are fields.
            time_column: Column of the times of a table. `None`: the index of a pandas DataFrame,
                the column `time` of other tables.
            measurement_column: Column of the measurements of a table.
            time_unit: Unit of integer times in mappings, objects and tables: ns (the default), u,
                ms, s, m or h. Times of other types keep their meaning. The encoder converts these
                times to nanoseconds, whereas `precision` is for line protocol, which is sent
                unchanged.
            consistency: How many nodes of a cluster must have stored the points, instead of the
                client's: `any`, `one`, `quorum` or `all`.
            tags: Extra tags of any name, including the names of this method's arguments.
            stamp: Whether each point without a time gets its own nanosecond from this machine's
                clock, later than all stamps that this process assigned before. Encoded lines and
                tables without a time column are stamped, too. Without it the server gives all such
                points of a request the same time, and keeps only one of each series: a warning says
                so.
            batch_lines: Maximum number of points in one request.
            batch_bytes: Maximum number of bytes of line protocol in one request, except for a
                single line that is longer.
            connections: Number of requests in flight at once. With more than one, points may be
                stored in a different order than in the data. Of points with the same tags and
                time, another one may then be the last.
            progress: Called after each request with the number of points done, the bytes of line
                protocol done, and the number of rows of the table (`None` if the data does not tell
                its length). An exception that it raises ends the write. `True`: a bar of tqdm, if
                that is installed, else a line on the standard error.
            database: Alias of `db`; if both are passed, they must name the same database.
            bucket: Alias of `db`, like `database`.
            **extra_tags: Tags for every point and every row. They take precedence over a point's
                own tag of the same name, which takes precedence over the client's default tag.
                Their values are scalars. Arguments of other clients, such as `retention_policy`,
                are refused. `AsyncInfluxDBClient` also refuses the arguments that only
                `InfluxDBClient` has. Encoded lines are not changed.
        Returns:
            `True`. Points without fields are not sent; a warning is logged with their number. Empty
            data sends nothing.
        Raises:
            ValueError, TypeError: a point cannot be written; the text names the point, the key and
                the value. If all points fit one request, nothing was sent.
            InfluxDBWriteError: the server refused all or some points.
            InfluxDBConnectionError: the server could not be reached, or the connection was lost.
            Every error of a write of several requests says which points were written, in its text
            and as `.written`, a list of `range` of point numbers. Points that the server refuses
            one by one do not stop the requests after them; any other error does. The error is
            raised when the requests under way have ended.
        Source: InfluxDB 1.8 API reference, `/write`.
        """
        raise NotImplementedError

    def query(self, *args: Any, **kwargs: Any) -> Any:
        """Runs InfluxQL statements.

        Args:
            q: Statements, joined by `;`. `InfluxDBClient` sends them unchanged.
                `AsyncInfluxDBClient` replaces `{name}` by the keyword argument `name`, as text:
                this is safe only with text of your own. Write braces as `{{` and `}}`.
            epoch: Unit of times in dicts and rows: ns, u, ms, s, m or h. Tables always have
                nanoseconds.
            chunked: Whether to read the answer while it arrives, in bounded memory. Such an answer
                counts among the 64 requests that run at once until it is read to its end, closed or
                dropped. `InfluxDBClient` has it in `async` mode only, and not for rows: there use
                `stream`.
            chunk_size: Rows in a chunk; the server's default is 10,000.
            db: Database, instead of `client.db`.
            rp: Only in `InfluxDBClient`. Retention policy of measurements that name none, instead
                of the client's.
            params: Values for `$name` in the statements. They are sent apart from the text, which
                is the safe way to pass values. They have the types that `influxql` accepts (see
                `Literal`, `Identifier`, `Regex` and `Duration` there), or are a `dict` with one of
                the keys `identifier`, `regex`, `duration`, `string`, `float`, `integer`. Lists are
                refused, because InfluxQL has none.
            output: What to make of the answer: `json`, `dataframe`, or any other output of
                `parse_response`: `dict`, `pandas`, `polars`, `pyarrow`, `arrow`, `rows` or `dicts`.
                It takes precedence over `client.output` and over the mode `dataframe`. With
                `chunked` there is one for each batch, and for `rows` and `dicts` one row after the
                other.
            into: Only in `InfluxDBClient`. A class with `@lineprotocol`, instead of an output: all
                rows become its objects. Columns and tags of GROUP BY go to attributes by name.
            tags_as_categories: Whether tags of GROUP BY become categories.
            use_cache: Only in `InfluxDBClient`. Refused if true: 0.9 kept answers in Redis.
            database: Alias of `db`; if both are passed, they must name the same database. In
                `AsyncInfluxDBClient`, a placeholder of that name takes precedence.
            bucket: Alias of `db`, like `database`.
            **kwargs: Only in `AsyncInfluxDBClient`. Text for the placeholders.
        Returns:
            With `into` a list of objects, else what `output` says. Without both, `InfluxDBClient`
            returns what `client.output` says. `AsyncInfluxDBClient` returns the server's JSON in
            the modes `async` and `blocking`, DataFrames in the mode `dataframe`, and with `chunked`
            named tuples of the rows, or DataFrames of at most `chunk_size` rows.
            The server's JSON is a `dict`. A DataFrame has as index UTC nanoseconds, if there are
            times, and as columns the fields, then the tags of GROUP BY. One series is one
            DataFrame. Several series are a `dict` of DataFrames by `measurement,tag=value` in
            `InfluxDBClient` (for several statements a list of such dicts), and a list of `(name,
            DataFrame)` in `AsyncInfluxDBClient`, which returns the `dict` of the JSON for answers
            without times.
            With `chunked` all this comes from a generator, in `async` mode an async one.
        Raises:
            ValueError: an argument is missing or out of range.
            InfluxDBQueryError: the server refused; `.result` holds what had succeeded.
            InfluxDBDecodeError: the answer was damaged or cut off.
            InfluxDBConnectionError: the server could not be reached, or the connection was lost.
            ImportError: the output needs a package that is not installed.
        Source: InfluxDB 1.8 API reference, `/query`.
        """
        raise NotImplementedError
