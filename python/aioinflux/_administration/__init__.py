"""Holds the client's methods that administer a server. The methods for 1.x run statements in which
all names and values are quoted. The calls for 2.x are grouped by noun.

| file | statements about |
|---|---|
| `databases` | databases, retention policies, continuous queries, subscriptions |
| `users` | users, passwords, privileges |
| `schema` | measurements, series, tags and fields, and how many there are |
| `deletion` | deleting series, points, measurements and shards |
| `server` | running queries, shards, statistics, query plans |

| folder | calls about |
|---|---|
| `v2` | buckets, organizations, users, tasks and so on of a 2.x server, and any endpoint |
"""

from __future__ import annotations

from .databases import Databases
from .deletion import Deletion
from .schema import Schema
from .server import Server
from .users import Users
from .v2 import Nouns

__all__ = ["Administration"]


class Administration(Databases, Users, Schema, Deletion, Server, Nouns):
    """The methods of a client that run administrative statements.

    Every administrative method returns what `query` would return for its statement, in the client's
    mode and output format. In `async` mode, await each call. The default of `db` is the client's
    database; `database` and `bucket` are aliases of `db`. Pass names as plain text, without quotes.
    The methods quote every name, so that no part of a name is read as another part of the
    statement. A duration is a `timedelta`, a string such as `7d`, or `INF`, which means forever.

    Raises:
        TypeError, ValueError: an argument is not valid for the statement; nothing was sent.
        InfluxDBQueryError: the server refused the statement. The attribute `.status` is 401 if the
            user name or the password is wrong, 403 if the user lacks the privilege, and `None` if
            the statement failed.
        InfluxDBConnectionError: the server could not be reached, or the connection was lost.
    """
