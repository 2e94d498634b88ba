"""InfluxDB client for Python, asynchronous first, with its engine in Rust.

`AsyncInfluxDBClient` is the client; `InfluxDBError` is the base of everything that it raises.
`to_line_protocol`, `parse_line_protocol` and `parse_response` need no server. `lineprotocol` makes
points of the objects of a class.
"""

from importlib.metadata import version as _version

from . import serialization as serialization
from ._core import Rows, Table
from ._lines import line_batches, parse_line_protocol, to_line_protocol
from ._output import parse_response
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
from .iterutils import iterpoints
from .serialization.usertype import (
    BOOL,
    DECIMAL,
    ENUM,
    FLOAT,
    INT,
    MEASUREMENT,
    STR,
    TAG,
    TAGENUM,
    TIMEDT,
    TIMEINT,
    TIMESTR,
    SchemaError,
    lineprotocol,
)

__version__ = _version("aioinflux")

__all__ = [
    "BOOL",
    "DECIMAL",
    "ENUM",
    "FLOAT",
    "INT",
    "MEASUREMENT",
    "STR",
    "TAG",
    "TAGENUM",
    "TIMEDT",
    "TIMEINT",
    "TIMESTR",
    "AsyncInfluxDBClient",
    "InfluxDBConnectionError",
    "InfluxDBDecodeError",
    "InfluxDBError",
    "InfluxDBQueryError",
    "InfluxDBResponseError",
    "InfluxDBTimeoutError",
    "InfluxDBWriteError",
    "Rows",
    "SchemaError",
    "Table",
    "__version__",
    "iterpoints",
    "line_batches",
    "lineprotocol",
    "parse_line_protocol",
    "parse_response",
    "to_line_protocol",
]
