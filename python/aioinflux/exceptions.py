"""Defines the exceptions of aioinflux, which have one common base class.

```
InfluxDBError(Exception)
├─ InfluxDBConnectionError(ConnectionError)   the server could not be reached, or was lost
│  └─ InfluxDBTimeoutError(TimeoutError)      no answer in time
├─ InfluxDBResponseError                      the server answered, and refused
│  ├─ InfluxDBWriteError                      a write was refused, or only partly stored
│  └─ InfluxDBQueryError                      a query, or one of its statements, failed
└─ InfluxDBDecodeError(ValueError)            the answer is damaged, cut off or foreign
```

Invalid arguments, and data that cannot be written, raise a `TypeError` or a `ValueError`. If the
data fits into one request, the `TypeError` or `ValueError` is raised before anything is sent.
Exceptions of every class can be pickled. No exception contains a password.
"""

from __future__ import annotations

import sys
from typing import Any

__all__ = [
    "InfluxDBConnectionError",
    "InfluxDBDecodeError",
    "InfluxDBError",
    "InfluxDBQueryError",
    "InfluxDBResponseError",
    "InfluxDBTimeoutError",
    "InfluxDBWriteError",
]


class InfluxDBError(Exception):
    """Base class of all errors that come from the server or from the connection to the server.

    Attributes:
        written: Numbers of the points that were written, if a write consists of several requests.
        retryable: Whether the same request may succeed if it is sent again later.
    """

    written: list[range] = []  # noqa: RUF012 (a default that nobody changes)
    retryable: bool = False

    def __init__(self, *args: object, **fields: object) -> None:
        super().__init__(*args)
        # The attributes are stored in the dictionary of the exception, which pickle and copy
        # preserve.
        self.__dict__.update(fields)


class InfluxDBConnectionError(InfluxDBError, ConnectionError):
    """The server could not be reached, or the connection was lost."""


if sys.version_info >= (3, 11):
    _TimeoutError = TimeoutError
else:
    import asyncio

    class _TimeoutError(TimeoutError, asyncio.TimeoutError):
        """Before Python 3.11 there are two classes of that name."""


class InfluxDBTimeoutError(InfluxDBConnectionError, _TimeoutError):
    """The server did not answer within the timeout, or stopped in the middle of its answer."""


class InfluxDBResponseError(InfluxDBError):
    """The server answered, and refused the request.

    Attributes:
        status: HTTP status, or `None` if an answer with status 200 contains the error.
        code: Machine-readable error code, if the server sends one (2.x).
        message: Error message of the server, or `None`.
        headers: Headers of the answer, read as UTF-8, with U+FFFD in place of invalid bytes.
            Headers that contain control characters are left out, because such headers only repeat
            the text of `message`.
        retry_after: How many seconds the server asks the client to wait before a retry, or `None`.
            The server can send a number of seconds or a date (header `Retry-After`).
    """

    status: int | None = None
    code: str | None = None
    message: str | None = None
    headers: dict[str, str] = {}  # noqa: RUF012 (a default that nobody changes)
    retry_after: float | None = None


class InfluxDBWriteError(InfluxDBResponseError):
    """A write was refused, or only partly stored.

    Attributes:
        rejected: One tuple `(index, line, reason)` for each point that the server named. `index` is
            the number of the point among the points of the call, counted from 0, or `None` if the
            number is unknown. `line` is the line of the refused point.
        partial: Whether the server stored the points that it did not refuse.
        unsent: Indexes of points that were not sent, because an earlier request of the call failed.
        reason: Reason phrase of the HTTP status.
    """

    rejected: list[tuple[int | None, str, str]] = []  # noqa: RUF012
    partial: bool = False
    unsent: list[int] = []  # noqa: RUF012
    reason: str | None = None

    def __init__(self, *args: object, **fields: object) -> None:
        response: Any = args[0] if args else None
        if hasattr(response, "reason") and hasattr(response, "headers"):
            # As in aioinflux 0.9, the constructor accepts an aiohttp response, or a mock of one.
            message = response.headers.get("X-Influxdb-Error", "")
            text = f"Error writing data ({response.status} - {response.reason}): {message}"
            args = (text, *args[1:])
            fields = {name: getattr(response, name) for name in ("status", "reason", "headers")}
        super().__init__(*args, **fields)


class InfluxDBQueryError(InfluxDBResponseError):
    """A query, or one of its statements, failed.

    Attributes:
        statement: Position of the failed statement in the query, counted from 0, or `None` if the
            whole query failed.
        result: Results that were complete before the error, in the format of a complete answer, or
            `None`.
    """

    statement: int | None = None
    result: Any = None


class InfluxDBDecodeError(InfluxDBError, ValueError):
    """The answer is damaged, is cut off, or does not come from InfluxDB.

    Attributes:
        result: Results that were read before the error, in the format of a complete answer, or
            `None`.
    """

    result: Any = None
