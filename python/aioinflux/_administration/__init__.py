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
    """The administrative statements as methods of a client.

    Every method returns what `query` would return, in the mode and the output format of the client;
    in `async` mode it is awaited. The default of `db` is the client's database; `database` and
    `bucket` are aliases of it. Names are text. They are quoted, and stay names whatever they
    contain. Durations are `timedelta` or text such as `7d`, and `INF`, for ever.

    Raises:
        TypeError, ValueError: the statement cannot have such an argument; nothing was sent.
        InfluxDBQueryError: the server refused; `.status` is 401 if user or password are wrong, 403
            if the user lacks the privilege, `None` if the statement failed.
        InfluxDBConnectionError: the server could not be reached, or the connection was lost.
    """
