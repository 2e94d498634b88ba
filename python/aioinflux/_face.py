"""Holds the docstrings that both interfaces share, for the constructor, `write` and `query`.

The methods of `InfluxDBClient` and `AsyncInfluxDBClient` have different arguments, so each class
has its own signatures. The docstrings are written only once, in this module. In `help()`, in
editors and in the manual, a method without a docstring inherits the docstring of its base class.
The manual of an interface leaves out arguments that the interface does not have.
"""

from __future__ import annotations

from typing import Any

__all__ = ["Face"]


class Face:
    """Declares the methods whose docstrings both interfaces inherit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Creates a client. A client opens its connections when it needs them.

        Args:
            host: Name or address of the server. With a token or `server`, `host` can also be the
                `http` or `https` URL of the server. If the URL has no port and `port` is not
                passed, the port is the usual port of the scheme, 80 or 443.
            port: TCP port of the server. InfluxDB 1.x and 2.x usually listen on 8086, and 3.x on
                8181.
            path: Path prefix that precedes `ping`, `write` and `query` in the URL, for servers
                behind a proxy.
            mode: In `async` mode, calls are awaited. In `blocking` mode, calls block until they
                return the result itself. `AsyncInfluxDBClient` has a third mode, `dataframe`, in
                which calls block and queries return pandas DataFrames.
            output: Format in which queries return answers. `output` can be `json` for the server's
                JSON as a `dict`, `dataframe` for pandas DataFrames, or any other `output` of
                `query`. Only `InfluxDBClient` has the argument `output`.
            db: Default database of writes and queries. To change the default database, assign to
                `client.db`.
            database: Alias of `db`; takes precedence over `db`.
            ssl: Whether to connect over TLS.
            unix_socket: Path of the server's Unix socket; if it is passed, the client connects to
                this socket instead of TCP. All file paths, including the path of this socket, can
                be `str` or `os.PathLike`.
            username: User name for basic authentication. `AsyncInfluxDBClient` ignores the user
                name if no `password` is passed.
            password: Password for basic authentication. The password never appears in `repr`, logs,
                error messages, URLs and pickles.
            timeout: Time limit of a whole request, in seconds. A streamed or chunked answer has no
                total time limit; instead, `timeout` limits the wait between two pieces of the
                answer. By default, a request has 5 seconds to connect, and 300 seconds for
                everything else.
            loop: Deprecated and ignored, because a client is not bound to an event loop.
            log_level: Level of the logger named `aioinflux`. If the level is falsy, the logger is
                left unchanged. Only `AsyncInfluxDBClient` has the argument `log_level`.
            rp: Default retention policy of writes and queries. Only `InfluxDBClient` has the
                arguments `rp`, `consistency` and `tags`.
            consistency: How many nodes of a cluster must store the points before a write succeeds:
                `any`, `one`, `quorum` or `all`.
            tags: Default tags, which are added to every point that has no tag of the same name.
            gzip: Whether to compress the body of writes. By default, a write is compressed if it
                has at least 1 KiB and the server is remote.
            proxy: URL of an HTTP proxy. By default, the URL of the proxy is taken from the
                environment, except for connections to loopback addresses. If `proxy` is an empty
                string, no proxy is used.
            ca_file: PEM file with certificates to trust in addition to the system's certificates.
                The file can contain certificates of authorities, or the server's own certificate,
                which may be self-signed.
            cert_file: PEM file with the client's certificate.
            key_file: PEM file with the client's private key.
            verify_ssl: Whether to verify the certificate of the server. If the certificate is not
                verified, others can read and change the data that is sent, `ca_file` has no effect,
                and the client issues one warning.
            bucket: Alias of `db`; if both `bucket` and `db` are passed, they must name the same
                database. Only `InfluxDBClient` has the argument `bucket`.
            token: API token of a 2.x or 3.x server, or a function that returns the token. The
                client calls the function when it needs the token, and again if the server refuses
                the token (status 401). The token never appears in `repr`, logs, error messages,
                URLs and pickles. InfluxDB 1.8 and later accept `user:password` as a token if
                `server` is `2.x`. Only `InfluxDBClient` has the arguments `token`, `token_file`,
                `org`, `bucket_id` and `server`.
            token_file: Path of a file that contains the token. The client reads the file in the
                same cases in which it would call the function `token`.
            org: Organization on a 2.x server.
            bucket_id: Default bucket on a 2.x server, by its ID instead of its name.
            server: Version family of the server: `1.x`, `2.x` or `3.x`. By default, a client
                without a token is a client for 1.x, which also works with the endpoints for 1.x
                clients on newer servers. A client with a token asks the server for its version
                before the first request. All clients of the same address share the result.
            **refused: Arguments that aioinflux 0.9 passed to aiohttp or used for its cache;
                `InfluxDBClient` refuses them with a hint.
        Raises:
            ValueError: an argument is out of range; the message names the argument.
            TypeError: an argument has the wrong type, or is unknown.
        """
        raise NotImplementedError

    def write(self, *args: Any, **kwargs: Any) -> Any:
        """Writes points.

        Data of more than one batch is sent as several requests, in order. The client encodes the
        next batch while the previous request is in flight. The client reads an iterable only as
        fast as it sends batches, so that memory use stays bounded. In `async` mode, `data` can be
        an asynchronous iterable.

        Args:
            data: One of the following: line protocol (`str` or `bytes`); a mapping with the keys
                `measurement`, `time`, `tags` and `fields`; an object of a class with
                `@lineprotocol`; a table; or any nesting of iterables of these. Tables are pandas
                and polars DataFrames, objects with Arrow's C data interface (pyarrow, DuckDB), and
                structured numpy arrays. `(name, table)` pairs, as in the answer to a query with
                several series, count as tables. `data` can also be a `dict` whose keys are names
                and whose values are tables. The name in a `(name, table)` pair or in a `dict` is
                the measurement of the table. Valid times are an `int` in nanoseconds, or in the
                unit `time_unit`; a `datetime` (naive means UTC); a `date`; a `numpy.datetime64`; a
                `pandas.Timestamp`; and a string in ISO 8601 format. If pandas is installed, strings
                in some other formats are accepted as times. A point without a time gets the
                server's time, unless `stamp` is true.
            measurement: Measurement of tables, and of points that do not name a measurement. For
                tables, `measurement` takes precedence over the name in a `(name, table)` pair.
            db: Database to use instead of `client.db`. Only `InfluxDBClient` has the arguments
                `db`, `precision`, `rp`, `consistency`, `database`, `bucket` and `on_reject`.
            precision: Unit of the times in line protocol: ns, u, ms, s, m or h. Pass `precision`
                only for data that consists of line protocol. Times in all other data, and the times
                that `stamp` adds, are sent in nanoseconds. For integer times in data other than
                line protocol, see `time_unit`.
            rp: Retention policy to use instead of the client's or the database's default.
            tag_columns: Columns of a table that become tags; all other columns become fields.
            time_column: Column of a table that contains the times. By default, the times are in the
                index of a pandas DataFrame, or in the column `time` of another table.
            measurement_column: Column of a table that contains the measurement of each row.
            time_unit: Unit of integer times in mappings, objects and tables: ns (the default), u,
                ms, s, m or h. `time_unit` affects neither times of other types nor line protocol,
                whose unit is `precision`. Integer times are converted to nanoseconds before they
                are sent.
            consistency: How many nodes of a cluster must have stored the points: `any`, `one`,
                `quorum` or `all`. The argument `consistency` takes precedence over the client's
                setting.
            tags: Extra tags, which can have any name, including the names of this method's
                arguments.
            stamp: Whether each point without a time gets a unique time, in nanoseconds, from this
                machine's clock. Each unique time is later than all times that `stamp` assigned
                before in this process. Data that is already line protocol, and rows of tables
                without a time column, also get unique times. If `stamp` is false, the server gives
                the same time to all points of a request that have no time. Of all points without a
                time in the same series, the server keeps only one; a warning is issued.
            batch_lines: Maximum number of points in one request.
            batch_bytes: Maximum number of bytes of line protocol in one request; only a single line
                can be longer.
            connections: Maximum number of requests in flight at once. If more than one request is
                in flight, points may be stored in a different order than in the data. If several
                points have the same tags and time, a different order changes which of these points
                is stored last.
            progress: Function that is called after each request with three arguments: the number of
                points done, the bytes of line protocol done, and the number of rows of the table.
                The number of rows is `None` if the length of the data is unknown. If the `progress`
                function raises an exception, the write ends. `progress=True` shows a tqdm bar, or a
                line on standard error if tqdm is not installed.
            database: Alias of `db`; if both arguments are passed, they must name the same database.
            bucket: Alias of `db`, like `database`.
            on_reject: What happens to the other points of a request if InfluxDB 2.x cannot read
                some of them. With `"error"`, none of the points of the request are stored. With
                `"resend"`, the other points are sent again, and the error then lists only the
                refused points. InfluxDB 1.x always stores the other points.
            **extra_tags: Tags for every point and every row, with scalar values. Extra tags take
                precedence over a point's own tags of the same names. A point's own tags take
                precedence over the client's default tags. Keyword arguments of other clients, such
                as `retention_policy`, are refused. `AsyncInfluxDBClient` also refuses the arguments
                that only `InfluxDBClient` has. No tags are added to encoded lines.
        Returns:
            `True`. Points without fields are not sent; a warning with their number is logged. Empty
            data sends nothing.
        Raises:
            ValueError, TypeError: a point cannot be written; the error names the point, the key and
                the value. If all points fit into one request, no point was sent.
            InfluxDBWriteError: the server refused all or some points.
            InfluxDBConnectionError: the server could not be reached, or the connection was lost.
            If a write consists of several requests, the message of every error says which points
            were written. The attribute `.written` of the error is a list of `range` objects with
            the numbers of the points that were written. If the server refuses only individual
            points, later requests are still sent. Any error that is not about individual points
            stops the write. The error of a write is raised only after all requests in flight have
            ended.
        Source: InfluxDB 1.8 API reference, `/write`.
        """
        raise NotImplementedError

    def query(self, *args: Any, **kwargs: Any) -> Any:
        """Runs a query.

        Args:
            q: Query: a Flux script, or InfluxQL statements that are joined by `;`. `InfluxDBClient`
                sends the query unchanged.
                `AsyncInfluxDBClient` replaces `{name}` with the text of the keyword argument
                `name`, which is safe only for text that you write yourself. For literal braces,
                write `{{` and `}}`.
            epoch: Unit of the times in dicts and rows: ns, u, ms, s, m or h. The times in tables
                are always in nanoseconds.
            chunked: Whether to read the answer as it arrives, in bounded memory. A client runs at
                most 64 requests at once. The request of a chunked answer counts as running until
                the answer is read to its end, closed or dropped. `InfluxDBClient` supports chunked
                answers only in `async` mode, and not as rows; in other cases, use `stream` instead.
            chunk_size: Number of rows in a chunk; the server's default is 10,000.
            db: Database to use instead of `client.db`.
            rp: Retention policy of all measurements for which the query does not name one. The
                argument `rp` takes precedence over the client's default. Only `InfluxDBClient` has
                the argument `rp`.
            params: Values for `$name` in the statements. Values in `params` are sent separately
                from the query text, which is the safe way to pass values. A value has one of the
                types that `influxql` accepts (see `Literal`, `Identifier`, `Regex` and `Duration`
                in the module `influxql`), or is a `dict` with one of the keys `identifier`,
                `regex`, `duration`, `string`, `float` and `integer`. Lists are refused, because
                InfluxQL has no lists.
            output: Format of the answer: `json`, `dataframe`, or any other output of
                `parse_response`: `dict`, `pandas`, `polars`, `pyarrow`, `arrow`, `rows` or `dicts`.
                `raw` returns the bytes of the answer: JSON for InfluxQL, and annotated CSV for
                Flux. `output` takes precedence over `client.output` and over the mode `dataframe`.
                With `chunked`, the iterator yields one object for each batch; for the outputs
                `rows` and `dicts`, it yields one row at a time.
            into: Class with `@lineprotocol`, to be used instead of an output: each row becomes an
                object of this class. Each column of the answer, and each tag of GROUP BY, is
                assigned to the attribute with the same name. Only `InfluxDBClient` has the argument
                `into`.
            tags_as_categories: Whether tags of GROUP BY become categorical columns in DataFrames
                and tables.
            use_cache: Refused if true, because the Redis cache of aioinflux 0.9 no longer exists.
                Only `InfluxDBClient` has the argument `use_cache`.
            database: Alias of `db`; if both arguments are passed, they must name the same database.
                In `AsyncInfluxDBClient`, a placeholder called `database` takes precedence over this
                argument.
            bucket: Alias of `db`, like `database`.
            language: Language of the query: `influxql`, `flux` or `sql`. The default is `influxql`
                on 1.x, `flux` on 2.x and `sql` on 3.x. Only `InfluxDBClient` has the argument
                `language`. `AsyncInfluxDBClient` always sends InfluxQL.
            tables: For Flux only: which tables become one result: `one` (all tables), `schema` or
                `each`; see `parse_response`. By default, tables with the same columns become one.
                Only `InfluxDBClient` has the arguments `tables`, `columns` and `pivot`.
            columns: For Flux only: names of the columns to return, in this order.
            pivot: For Flux only: whether all tables become one table in which each field is a
                column; see `parse_response`.
            **kwargs: Text for the placeholders in the query. Only `AsyncInfluxDBClient` has
                placeholders.
        Returns:
            With `into`, a list of objects. Otherwise, the answer in the format `output`. Without
            `into` and `output`, `InfluxDBClient` returns the answer in the format `client.output`.
            Without `output`, `AsyncInfluxDBClient` returns the server's JSON in the modes `async`
            and `blocking`, and DataFrames in the mode `dataframe`. With `chunked`, it returns named
            tuples of the rows, or DataFrames of at most `chunk_size` rows.
            The server's JSON is a `dict`. The index of a DataFrame is the time in UTC, with
            nanoseconds, if the answer has times. The columns of a DataFrame are the fields,
            followed by the tags of GROUP BY. One series is returned as one DataFrame. For several
            series, `InfluxDBClient` returns a `dict` of DataFrames with keys such as
            `measurement,tag=value` (or a list of such dicts for several statements), and
            `AsyncInfluxDBClient` returns a list of `(name, DataFrame)` pairs. For answers without
            times, `AsyncInfluxDBClient` returns the `dict` of the JSON.
            With `chunked`, the results come from a generator, which is asynchronous in `async`
            mode.
        Raises:
            ValueError: an argument is missing or out of range.
            InfluxDBQueryError: the server refused a statement; `.result` holds the results that
                were complete.
            InfluxDBDecodeError: the answer was damaged or cut off.
            InfluxDBConnectionError: the server could not be reached, or the connection was lost.
            ImportError: the output needs a package that is not installed.
        Source: InfluxDB 1.8 API reference, `/query`.
        """
        raise NotImplementedError
