"""Administration of a 1.x server as plain methods, whose names and values are quoted.

| file | statements about |
|---|---|
| `databases` | databases, retention policies, continuous queries, subscriptions |
| `users` | users, passwords, rights |
| `schema` | measurements, series, tags and fields, and how many there are |
| `deletion` | taking series, points, measurements and shards away |
| `server` | what the server does and holds; plans of queries |
"""

from __future__ import annotations

from .databases import Databases
from .deletion import Deletion
from .schema import Schema
from .server import Server
from .users import Users

__all__ = ["Administration"]


class Administration(Databases, Users, Schema, Deletion, Server):
    """What a client has for administration.

    Every method answers as `query` does in the mode and the output of the client: in `async` mode
    with an awaitable. `db` is the client's own where it is not given; `database` and `bucket` are
    aliases of it. Names are text; they are quoted, and stay names whatever they hold. Durations are
    `timedelta` or text such as `7d`, and `INF`, for ever.

    Raises:
        TypeError, ValueError: an argument is none that the statement can have; nothing was sent.
        InfluxDBQueryError: the server refused; `.status` is 401 without the right user and
            password, 403 without the right to do it, `None` where the statement failed.
        InfluxDBConnectionError: the server can't be reached, or was lost.
    """
