"""Holds the client's calls that administer an InfluxDB 2.x server, grouped by noun.

| file | what |
|---|---|
| `objects` | the dataclasses that the calls return |
| `noun` | what all nouns share: modes, lists, names and IDs |
| `buckets`, `dbrps`, `organizations`, `users`, `tasks` | the nouns |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ... import _arguments
from .buckets import Buckets
from .dbrps import Dbrps
from .noun import Length, call, length, texts
from .objects import Health, Ready, Response, Setup
from .organizations import Organizations, Secrets
from .tasks import Labels, Tasks
from .users import Authorizations, Users

if TYPE_CHECKING:
    from ..._core import Call, Client

__all__ = ["Nouns"]


class Nouns:
    """The nouns of a client, and its calls about the server as a whole."""

    _core: Client

    @property
    def _is_async(self) -> bool:
        raise NotImplementedError

    def _run(self, name: str, make: Callable[[], Call[Any]], finish: Callable[[Any], Any]) -> Any:
        """Makes a call in the client's mode."""
        raise NotImplementedError

    @property
    def buckets(self) -> Buckets:
        """The buckets of a 2.x server: `list`, `find`, `get`, `create`, `update`, `delete`."""
        return Buckets(self)

    @property
    def organizations(self) -> Organizations:
        """The organizations of a 2.x server: `list`, `find`, `get`, `create`, `update`,
        `delete`."""
        return Organizations(self)

    @property
    def users(self) -> Users:
        """The users of a 2.x server: `list`, `find`, `get`, `create`, `update`, `set_password`,
        `delete`. For the users of 1.x, see `create_user`."""
        return Users(self)

    @property
    def authorizations(self) -> Authorizations:
        """The API tokens of a 2.x server: `list`, `get`, `create`, `update`, `delete`."""
        return Authorizations(self)

    @property
    def tasks(self) -> Tasks:
        """The tasks of a 2.x server: `list`, `find`, `get`, `create`, `update`, `delete`, `run`,
        `runs`, `get_run`, `retry`, `cancel`, `logs`."""
        return Tasks(self)

    @property
    def labels(self) -> Labels:
        """The labels of a 2.x server: `list`, `find`, `get`, `create`, `update`, `delete`."""
        return Labels(self)

    @property
    def dbrps(self) -> Dbrps:
        """The mappings from databases to buckets of a 2.x server: `list`, `find`, `get`, `create`,
        `update`, `delete`."""
        return Dbrps(self)

    @property
    def secrets(self) -> Secrets:
        """The secrets of a 2.x server: `list`, `set`, `delete`."""
        return Secrets(self)

    def setup(
        self,
        user: str,
        password: str,
        org: str,
        bucket: str,
        *,
        retention: Length | None = None,
        token: str | None = None,
    ) -> Any:
        """Sets up a new 2.x server: creates its first user, organization and bucket.

        This call needs no token, but the client must be created with `server="2.x"`. Passwords and
        tokens never appear in logs or errors.

        Args:
            user: Name of the user.
            password: Password of the user, of 8 to 72 characters.
            org: Name of the organization.
            bucket: Name of the bucket.
            retention: How long the bucket keeps points, as in `client.buckets.create`.
            token: Token of the user; by default, the server creates a random token.
        Returns:
            A `Setup`; the token is `.authorization.token`.
        Raises:
            InfluxDBResponseError: the server has already been set up.
        Source: InfluxDB 2.x API reference, `POST /api/v2/setup`.
        """
        names = {"user": user, "org": org, "bucket": bucket}
        for name, value in {**names, "password": password}.items():
            _arguments.expect(name, value, str)
        texts(token=token)
        return call(
            self,
            "setup",
            Setup._read,
            "server",
            "setup",
            user=user,
            password=password,
            organization=org,
            bucket=bucket,
            token=token,
            retention=length("retention", retention),
        )

    def can_set_up(self) -> Any:
        """Returns whether the server is new, so that `setup` can set it up."""
        return call(self, "can_set_up", bool, "server", "can_set_up")

    def health(self) -> Any:
        """Returns the `Health` of the server. 1.x servers have this call from 1.8 on. While a 2.x
        server starts, it is already healthy but not ready: use `ping` to wait for a server.

        Raises:
            InfluxDBResponseError: the server is not healthy; `.status` is 503.
        """
        return call(self, "health", Health._read, "server", "health")

    def ready(self) -> Any:
        """Returns since when a 2.x server has been running, as a `Ready`.

        Raises:
            InfluxDBResponseError: the server is starting; `.status` is 503.
        """
        return call(self, "ready", Ready._read, "server", "ready")

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        json: object = None,
    ) -> Any:
        """Sends a request to any endpoint of the server, with the client's credentials.

        Args:
            method: `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
            path: Path of the endpoint, such as `/api/v2/buckets`, as plain text: the segments of
                the path are percent-encoded. The client's `path` is put before it.
            query: Keys and values of the query string. A value is a string, a number, a bool, or a
                list of them; `None` leaves out its key.
            json: Body of the request: dicts, lists, strings, numbers, bools and `None`. By default,
                the request has no body.
        Returns:
            A `Response`.
        Raises:
            TypeError, ValueError: an argument is not valid; nothing was sent.
            InfluxDBResponseError: the status is not 200 to 299, or the answer is a web page. The
                attributes `.status`, `.code` and `.message` contain what the server sent.
        Source: InfluxDB 2.x API reference.

        Example:
            >>> client.request("GET", "/api/v2/variables", query={"limit": 10}).body
        """
        _arguments.expect("method", method, str)
        _arguments.expect("path", path, str)
        keys = _keys(query)
        body = None if json is None else _body(json)
        return self._run(
            "request",
            lambda: self._core.request(method, path, keys, body),
            lambda found: Response(*found),
        )


def _keys(query: Mapping[str, object] | None) -> list[tuple[str, str]]:
    _arguments.expect("query", query, Mapping, optional=True)
    found = []
    for key, values in (query or {}).items():
        _arguments.expect("query", key, str)
        for value in values if isinstance(values, (list, tuple)) else [values]:
            if isinstance(value, bool):
                found.append((key, "true" if value else "false"))
            elif value is not None:
                _arguments.expect("query", value, str, int, float)
                found.append((key, str(value)))
    return found


def _body(value: object) -> str:
    import json

    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"argument `json`: {error}") from None
