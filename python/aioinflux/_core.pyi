"""Holds the signatures of the native module, and the docstrings of the classes that users see.

The build script (`crates/python/build.rs`) copies the docstrings of this file into the native
module. All other parts of the native module are documented in Rust.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, SupportsIndex, TypeVar, final, overload

from ._arguments import Language
from ._lines import Server

__all__ = [
    "Answer",
    "Arguments",
    "Batch",
    "Batches",
    "Call",
    "Client",
    "Pause",
    "Pieces",
    "Reader",
    "RowLists",
    "Rows",
    "Schema",
    "Stream",
    "Table",
    "UdpSender",
    "Writing",
    "__version__",
    "_end",
    "_forked",
    "_rows",
    "_table",
    "check_duration",
    "flux_literal",
    "nanoseconds",
    "parse_answer",
    "parse_json",
    "parse_lines",
    "predicate_of_influxql",
    "quote_duration",
    "quote_identifier",
    "quote_regex",
    "quote_string",
    "quote_time",
    "to_line_protocol",
]

_T = TypeVar("_T", covariant=True)

__version__: str

@final
class Call(Generic[_T]):
    def __await__(self) -> Generator[Any, None, _T]: ...
    def start(self) -> None: ...
    def wait(self) -> _T: ...

@final
class Batch:
    """A batch of encoded lines, as a bytes-like object."""

    def __len__(self) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
    @property
    def points(self) -> int:
        """The number of lines in the batch."""

    @property
    def skipped(self) -> int:
        """The number of points that are not in the batch because they have no fields."""

    def to_bytes(self) -> bytes:
        """Returns a copy of the lines of the batch."""

    def gzip(self) -> bytes:
        """Returns the lines of the batch, compressed with gzip as in `write`. Releases the GIL."""

@final
class Writing:
    def room(self) -> Call[bool]: ...
    def push(self, batch: Batch) -> None: ...
    def end(self) -> Call[bool]: ...
    @property
    def failed(self) -> bool | None: ...
    def stop(self) -> None: ...
    def progress(self) -> list[tuple[int, int]]: ...
    def told(self) -> tuple[str, list[range]]: ...

class Pause(Exception): ...  # noqa: N818 (like `StopIteration`, this exception is not an error)

@final
class Arguments:
    @staticmethod
    def of(
        *,
        measurement: str | None = None,
        tag_columns: Iterable[object] | None = None,
        time_column: object = None,
        measurement_column: object = None,
        time_unit: str | None = None,
        tags: Mapping[str, object] | None = None,
        extra_tags: dict[str, object] | None = None,
        default_tags: dict[str, object] | None = None,
        stamp: bool,
        batch_lines: int,
        batch_bytes: int,
        threads: int | None = None,
    ) -> Arguments: ...
    @property
    def stamp(self) -> bool: ...

@final
class Batches:
    """An iterator over batches of encoded lines."""

    def __new__(cls, data: object, arguments: Arguments, server: Server) -> Batches: ...
    def __iter__(self) -> Batches: ...
    def __next__(self) -> Batch: ...
    @property
    def rows(self) -> int:
        """The number of points returned so far, including points without a line."""

    @property
    def at_end(self) -> bool: ...

@final
class Answer:
    def to_dict(self, epoch: str) -> dict[str, Any]: ...
    def take_columns(self, arrow: bool) -> list[_SeriesColumns]: ...
    def tables(self, as_categories: bool, views: bool) -> list[tuple[str | None, Table]]: ...
    def rows(self, epoch: str, dicts: bool) -> list[tuple[str | None, Rows]]: ...
    def categories(self) -> dict[str, list[str]]: ...
    def __len__(self) -> int: ...
    @property
    def counts(self) -> list[int]: ...
    @property
    def timed(self) -> bool: ...
    @property
    def is_flux(self) -> bool: ...
    @property
    def is_long(self) -> bool: ...
    @property
    def origins(self) -> list[_Origin]: ...
    def arrange(
        self, tables: str, columns: list[str] | None, pivots: bool, is_whole: bool
    ) -> Answer: ...
    def named_rows(self, row_type: Callable[[list[str]], Any], epoch: str) -> list[Any]: ...

# The results, the group key, the values of the group key, and the tag columns of a pivoted table
# with whether it has a measurement column.
_Origin = tuple[list[str], list[str], dict[str, Any] | None, tuple[list[str], bool] | None]
_SeriesColumns = tuple[str | None, dict[str, str], int, list[tuple[str, str, Any, Any]]]

@final
class Table:
    """One series of an answer as an Arrow table, for `output="arrow"`.

    Every library that supports the Arrow `PyCapsule` interface can read a `Table` without copying
    data: `pyarrow.table(table)`, `polars.DataFrame(table)`. The `Table` itself needs no other
    package. `len(table)` is the number of rows. `repr` and notebooks show the first and the last
    rows. `table[0]` and iteration return rows as tuples, with times in nanoseconds. `table[10:20]`
    is a `Table` of ten rows, which shares the memory of the whole table. A `Table` can be pickled.
    """

    @property
    def name(self) -> str | None:
        """The name of the series, which is the measurement for most statements."""

    @property
    def tags(self) -> dict[str, str]:
        """The `GROUP BY` tags and their values, which are the same for every row."""

    @property
    def columns(self) -> list[str]:
        """The names of the answer's columns, followed by the tags of GROUP BY."""

    @property
    def types(self) -> dict[str, str]:
        """The Arrow type of each column, by column name."""

    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, index: SupportsIndex, /) -> tuple[Any, ...]: ...
    @overload
    def __getitem__(self, index: slice, /) -> Table: ...
    def __iter__(self) -> Iterator[tuple[Any, ...]]: ...
    def __reversed__(self) -> Iterator[tuple[Any, ...]]: ...
    def __copy__(self) -> Table: ...
    def __deepcopy__(self, _memo: object, /) -> Table: ...
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def plot(self, columns: Iterable[str] | None = None, ax: Any = None, **kwargs: Any) -> Any:
        """Draws numeric columns over time, in the same way as `SeriesList.plot`."""

    def _repr_html_(self) -> str: ...

@final
class Rows:
    """The rows of one series: tuples for `output="rows"`, dicts for `output="dicts"`.

    Each iteration over a `Rows` object creates the rows again. An iterator over the rows must be
    used by only one thread at a time. `len(rows)` is the number of rows. `repr` and notebooks show
    the first and the last rows. `rows[0]` and `rows[-1]` return single rows. `rows[10:20]` is
    another `Rows` object, which shares the memory of all rows. `Rows` can be pickled.
    """

    @property
    def name(self) -> str | None:
        """The name of the series, which is the measurement for most statements."""

    @property
    def tags(self) -> dict[str, str]:
        """The `GROUP BY` tags and their values, which are the same for every row."""

    @property
    def columns(self) -> list[str]:
        """The names of the answer's columns, followed by the tags of GROUP BY."""

    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, index: SupportsIndex, /) -> Any: ...
    @overload
    def __getitem__(self, index: slice, /) -> Rows: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __reversed__(self) -> Iterator[Any]: ...
    def __copy__(self) -> Rows: ...
    def __deepcopy__(self, _memo: object, /) -> Rows: ...
    def plot(self, columns: Iterable[str] | None = None, ax: Any = None, **kwargs: Any) -> Any:
        """Draws numeric columns over time, in the same way as `SeriesList.plot`."""

    def _repr_html_(self) -> str: ...

@final
class RowLists:
    def __iter__(self) -> RowLists: ...
    def __next__(self) -> list[Any]: ...

@final
class Pieces:
    def __new__(
        cls, body: object, content_type: str, epoch: str, frame: bool, views: bool = False
    ) -> Pieces: ...
    def __iter__(self) -> Pieces: ...
    def __next__(self) -> Answer: ...

@final
class Stream:
    def rows(
        self, row_type: Callable[[list[str]], Any], epoch: str, tags: bool
    ) -> Call[list[Any] | None]: ...
    def batch(self) -> Call[Answer | None]: ...
    @property
    def received(self) -> int: ...
    def close(self) -> None: ...

@final
class Schema:
    def __new__(
        cls,
        class_: type,
        attributes: Sequence[tuple[str, str, str, bool, int | None]],
        extra_tags: dict[str, object],
        *,
        placeholder: bool,
        rm_none: bool,
    ) -> Schema: ...
    def line(self, object: Any) -> bytes: ...  # noqa: A002

@final
class Reader:
    def __new__(
        cls,
        class_: type,
        attributes: Sequence[tuple[str, str, str, str, bool, bool, type | None]],
        sets: bool,
        positional: bool,
    ) -> Reader: ...
    def objects(self, answer: Answer) -> list[Any]: ...

@final
class Client:
    def __new__(
        cls,
        *,
        host: str,
        port: int,
        ssl: bool = False,
        path: str = "/",
        unix_socket: str | None = None,
        username: str | None = None,
        password: str | None = None,
        token: str | Callable[[], str] | None = None,
        token_file: str | None = None,
        org: str | None = None,
        bucket_id: str | None = None,
        server: Server | None = None,
        ca_file: str | None = None,
        cert_file: str | None = None,
        key_file: str | None = None,
        verify_ssl: bool = True,
        timeout: float | None = None,
        gzip: bool | None = None,
        proxy: str | None = None,
    ) -> Client: ...
    @property
    def unverified(self) -> bool: ...
    def moved(self, host: str, port: int, ssl: bool, path: str) -> Client: ...
    def with_token(self, token: str | Callable[[], str]) -> Client: ...
    @property
    def server(self) -> Server | None: ...
    def dialect(self) -> Call[Server]: ...
    def ping(self) -> Call[dict[str, str]]: ...
    def administer(self, noun: str, action: str, arguments: str) -> Call[Any]: ...
    def request(
        self, method: str, path: str, query: list[tuple[str, str]], json: str | None = None
    ) -> Call[tuple[int, dict[str, str], Any]]: ...
    def check(self, db: str | None, rp: str | None) -> Call[tuple[Server, str | None]]: ...
    def write(
        self,
        batch: Batch,
        db: str | None,
        rp: str | None = None,
        consistency: str | None = None,
        precision: str | None = None,
        on_reject: str | None = None,
    ) -> Call[bool]: ...
    def write_all(
        self,
        connections: int,
        db: str | None,
        rp: str | None = None,
        consistency: str | None = None,
        precision: str | None = None,
        on_reject: str | None = None,
    ) -> Writing: ...
    def query_json(
        self,
        q: str,
        db: str | None,
        epoch: str,
        params: dict[str, Any] | None,
        rp: str | None = None,
        language: Language | None = None,
    ) -> Call[Any]: ...
    def query_raw(
        self,
        q: str,
        db: str | None,
        epoch: str,
        params: dict[str, Any] | None,
        rp: str | None = None,
        language: Language | None = None,
    ) -> Call[bytes]: ...
    def query(
        self,
        q: str,
        db: str | None,
        params: dict[str, Any] | None,
        rp: str | None = None,
        views: bool = False,
        language: Language | None = None,
    ) -> Call[Answer]: ...
    def stream(
        self,
        q: str,
        db: str | None,
        chunk_size: int | None,
        params: dict[str, Any] | None,
        rp: str | None = None,
        views: bool = False,
        language: Language | None = None,
    ) -> Call[Stream]: ...
    def close(self) -> None: ...

@final
class UdpSender:
    def __new__(cls, host: str, port: int, datagram_bytes: int) -> UdpSender: ...
    def write(self, batch: Batch) -> Call[bool]: ...
    def write_all(self, connections: int) -> Writing: ...

def to_line_protocol(
    data: object,
    measurement: str | None = None,
    tag_columns: Iterable[object] | None = None,
    *,
    time_column: object = None,
    measurement_column: object = None,
    time_unit: str | None = None,
    tags: Mapping[str, object] | None = None,
    stamp: bool = False,
    threads: int | None = None,
    server: Server = "1.x",
    **extra_tags: object,
) -> bytes:
    """Encodes points as line protocol, exactly as `InfluxDBClient.write` sends them.

    Args:
        data: Any data that `write` accepts: strings, mappings, objects of classes with
            `@lineprotocol`, tables, and iterables of these. Tables are pandas and polars
            DataFrames, objects with Arrow's C data interface (pyarrow, DuckDB), and structured
            numpy arrays. A pair `(measurement, table)` also counts as a table, and so does a `dict`
            whose keys are measurements and whose values are tables.
        measurement: Measurement of points and rows that do not name a measurement.
        tag_columns: Columns of a table that become tags; all other columns become fields.
        time_column: Column with the times of a table. By default, the index of a pandas DataFrame,
            or the column `time` of another table, contains the times.
        measurement_column: Column with the measurement of each row of a table.
        time_unit: Unit of integer times: ns (the default), u, ms, s, m or h.
        tags: Extra tags, which can have any name, including the names of this function's arguments.
        stamp: Whether each point without a time gets a unique time, in nanoseconds, from this
            machine's clock. Data that is already line protocol, and rows of tables without a time
            column, also get unique times.
        threads: Number of threads that encode a table without the GIL. By default, one thread is
            used for each processor that this process may use. The encoded lines are the same for
            any number of threads.
        server: Version of InfluxDB for which the lines are encoded: `1.x` (the default), `2.x` or
            `3.x`. The rules for lines differ between versions; see the Rust type `Dialect`.
        **extra_tags: Tags for every mapping and every row, which take precedence over a point's own
            tags.
    Returns:
        One line for each point. Each line ends with a line feed, and its time is in nanoseconds.
        Points without fields have no line; a warning with their number is logged. Encoding points
        and tables needs little memory besides the result. `line_batches` never holds all lines in
        memory.
    Raises:
        ValueError, TypeError: a point cannot be written; the error names the point, the key and the
            value.
    Source: InfluxDB 1.8 documentation, line protocol reference.
    """

def nanoseconds(time: object) -> int: ...
def parse_lines(data: str | bytes | bytearray, server: Server) -> list[dict[str, Any]]: ...
def parse_answer(
    body: object, content_type: str, epoch: str, frame: bool, views: bool = False
) -> Answer: ...
def parse_json(body: object) -> dict[str, Any]: ...
def _end() -> None: ...
def _forked() -> None: ...
def _rows(state: tuple[Any, ...], unit: int, divisor: int, dicts: bool) -> Rows: ...
def _table(
    state: tuple[Any, ...],
    categories: dict[str, list[str]],
    metadata: list[dict[str, str]] = ...,
) -> Table: ...
def flux_literal(value: object, what: str) -> str: ...
def predicate_of_influxql(text: str) -> tuple[str | None, str]: ...
def quote_identifier(name: str) -> str: ...
def quote_string(text: str) -> str: ...
def quote_regex(pattern: str) -> str: ...
def quote_duration(nanoseconds: int) -> str: ...
def check_duration(text: str) -> str: ...
def quote_time(time: object) -> str: ...
