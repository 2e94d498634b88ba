"""InfluxDB client for Python, asynchronous first, with its engine in Rust.

`AsyncInfluxDBClient` is the client; `InfluxDBError` is the base of everything that it raises.
`to_line_protocol`, `parse_line_protocol` and `parse_response` need no server.
"""

from importlib.metadata import version as _version

from ._core import Rows, Table
from ._lines import line_batches, parse_line_protocol, to_line_protocol
from ._output import parse_response
from ._series import SeriesList
from .client import AsyncInfluxDBClient
from .exceptions import (
    InfluxDBConnectionError,
    InfluxDBDecodeError,
    InfluxDBError,
    InfluxDBQueryError,
    InfluxDBResponseError,
    InfluxDBTimeoutError,
    InfluxDBWriteError,
)

__version__ = _version("aioinflux")

__all__ = [
    "AsyncInfluxDBClient",
    "InfluxDBConnectionError",
    "InfluxDBDecodeError",
    "InfluxDBError",
    "InfluxDBQueryError",
    "InfluxDBResponseError",
    "InfluxDBTimeoutError",
    "InfluxDBWriteError",
    "Rows",
    "SeriesList",
    "Table",
    "__version__",
    "line_batches",
    "parse_line_protocol",
    "parse_response",
    "to_line_protocol",
]
