"""InfluxDB client for Python, asynchronous first, with its engine in Rust.

`InfluxDBClient` is the client, `AsyncInfluxDBClient` the same in the conventions of aioinflux 0.1;
`InfluxDBError` is the base of everything that they raise.
`to_line_protocol`, `parse_line_protocol` and `parse_response` need no server.
"""

from importlib.metadata import version as _version

from ._core import Rows, Table
from ._lines import line_batches, parse_line_protocol, to_line_protocol
from ._output import parse_response
from ._series import SeriesList
from ._stream import Stream
from .client import InfluxDBClient
from .exceptions import (
    InfluxDBConnectionError,
    InfluxDBDecodeError,
    InfluxDBError,
    InfluxDBQueryError,
    InfluxDBResponseError,
    InfluxDBTimeoutError,
    InfluxDBWriteError,
)
from .seed import AsyncInfluxDBClient

__version__ = _version("aioinflux")

__all__ = [
    "AsyncInfluxDBClient",
    "InfluxDBClient",
    "InfluxDBConnectionError",
    "InfluxDBDecodeError",
    "InfluxDBError",
    "InfluxDBQueryError",
    "InfluxDBResponseError",
    "InfluxDBTimeoutError",
    "InfluxDBWriteError",
    "Rows",
    "SeriesList",
    "Stream",
    "Table",
    "__version__",
    "line_batches",
    "parse_line_protocol",
    "parse_response",
    "to_line_protocol",
]
