"""InfluxDB client for Python, asynchronous first, with its engine in Rust.

`AsyncInfluxDBClient` is the client; `InfluxDBError` is the base of everything that it raises.
"""

from importlib.metadata import version as _version

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
    "__version__",
]
