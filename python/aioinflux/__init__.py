"""Asynchronous and blocking InfluxDB client for Python, with an engine written in Rust.

`InfluxDBClient` is the client with the conventions of aioinflux 0.9 and all newer features.
`AsyncInfluxDBClient` is a client with the conventions of aioinflux 0.1. `InfluxDBError` is the base
class of all errors that the server and the connection cause. The decorator `lineprotocol` declares
classes whose objects are points. `UDPClient` writes over UDP, without replies from the server. The
modules `influxql` and `flux` build query text safely. `to_line_protocol`, `parse_line_protocol` and
`parse_response` work without a server.
"""

from . import compat as compat
from . import serialization as serialization
from . import typed as typed
from ._administration.v2.objects import (
    Authorization,
    Bucket,
    Dbrp,
    Health,
    Label,
    LogEvent,
    Organization,
    Permission,
    Ready,
    Response,
    Run,
    Setup,
    Task,
    User,
)
from ._core import Rows, Table, __version__
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
from .iterutils import iterpoints
from .seed import AsyncInfluxDBClient
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
from .udp import UDPClient

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
    "Authorization",
    "Bucket",
    "Dbrp",
    "Health",
    "InfluxDBClient",
    "InfluxDBConnectionError",
    "InfluxDBDecodeError",
    "InfluxDBError",
    "InfluxDBQueryError",
    "InfluxDBResponseError",
    "InfluxDBTimeoutError",
    "InfluxDBWriteError",
    "Label",
    "LogEvent",
    "Organization",
    "Permission",
    "Ready",
    "Response",
    "Rows",
    "Run",
    "SchemaError",
    "SeriesList",
    "Setup",
    "Stream",
    "Table",
    "Task",
    "UDPClient",
    "User",
    "__version__",
    "iterpoints",
    "line_batches",
    "lineprotocol",
    "parse_line_protocol",
    "parse_response",
    "to_line_protocol",
]
