"""Administers users, and authorizations, which are API tokens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from ... import _arguments
from .noun import Noun, Within, texts
from .objects import Authorization, Permission, User

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Authorizations", "Users"]

Status = Literal["active", "inactive"]


class Users(Noun):
    """The users of the server: `client.users`.

    A user is named by its name, by its ID (`id=`), or by a `User`. The conventions are those of
    `Buckets`.
    """

    _noun = "users"
    _kind = User

    def list(self) -> Any:
        """Returns an iterator over the users.

        Source: InfluxDB 2.x API reference, `GET /api/v2/users`.
        """
        return self._pages("list")

    def find(self, name: str) -> Any:
        """Returns the `User` with this name, or `None` if there is none."""
        _arguments.expect("name", name, str)
        return self._maybe("find", name=name)

    def get(self, id: str) -> Any:  # noqa: A002
        """Returns the `User` with this ID. If there is none, an error is raised."""
        return self._one("get", **self._by_id(id))

    def create(self, name: str, *, status: Status | None = None) -> Any:
        """Creates a user, and returns it as a `User`. The user has no password until `set_password`
        sets one."""
        _arguments.expect("name", name, str)
        return self._one("create", name=name, status=_status(status))

    def update(
        self,
        name: str | User | None = None,
        *,
        id: str | None = None,  # noqa: A002
        new_name: str | None = None,
        status: Status | None = None,
    ) -> Any:
        """Changes a user, and returns the new `User`. What is not passed stays unchanged."""
        texts(new_name=new_name)
        which = self._which(name, id)
        return self._one("update", **which, new_name=new_name, status=_status(status))

    def set_password(
        self,
        name: str | User | None = None,
        *,
        id: str | None = None,  # noqa: A002
        password: str,
    ) -> Any:
        """Sets the password of a user: 8 to 72 characters. The password never appears in logs or
        errors. Returns `None`."""
        _arguments.expect("password", password, str)
        return self._done("set_password", **self._which(name, id), password=password)

    def delete(
        self,
        name: str | User | None = None,
        *,
        id: str | None = None,  # noqa: A002
    ) -> Any:
        """Deletes a user. Returns `None`."""
        return self._done("delete", **self._which(name, id))


class Authorizations(Noun):
    """The authorizations of an organization, which are API tokens and what they permit:
    `client.authorizations`.

    Authorizations have no names, so they are named by their IDs, or by an `Authorization`. Only the
    result of `create` contains the token, because the server stores only a hash. The conventions
    are those of `Buckets`.
    """

    _noun = "authorizations"
    _kind = Authorization

    def list(self, **within: Unpack[Within]) -> Any:
        """Returns an iterator over the authorizations, without their tokens.

        Source: InfluxDB 2.x API reference, `GET /api/v2/authorizations`.
        """
        return self._pages("list", within=within)

    def get(self, id: str) -> Any:  # noqa: A002
        """Returns the `Authorization` with this ID, without its token. If there is none, an error
        is raised."""
        return self._one("get", **self._by_id(id))

    def create(
        self,
        permissions: Iterable[Permission],
        *,
        description: str | None = None,
        status: Status | None = None,
        user: str | None = None,
        user_id: str | None = None,
        **within: Unpack[Within],
    ) -> Any:
        """Creates an authorization, and returns it as an `Authorization`, with its token.

        Args:
            permissions: What the token permits, as `Permission` objects.
            description: Description of the authorization.
            status: `active` (the default) or `inactive`.
            user: Name of the user to whom the token belongs; by default, the user of the client's
                token.
            user_id: ID of this user, instead of its name.
            **within: Organization of the authorization.
        Source: InfluxDB 2.x API reference, `POST /api/v2/authorizations`.

        Example:
            >>> bucket = client.buckets.find("demo")
            >>> permissions = [Permission("read", "buckets", bucket.id)]
            >>> token = client.authorizations.create(permissions).token
        """
        given = list(permissions)
        for one in given:
            _arguments.expect("permissions", one, Permission)
        texts(description=description, user=user, user_id=user_id)
        if user is not None and user_id is not None:
            raise TypeError("expected either `user` or `user_id`")
        return self._one(
            "create",
            permissions=[one._json() for one in given],
            description=description,
            status=_status(status),
            user=user,
            user_id=user_id,
            within=within,
        )

    def update(
        self,
        id: str | Authorization,  # noqa: A002
        *,
        status: Status | None = None,
        description: str | None = None,
    ) -> Any:
        """Changes an authorization, and returns the new `Authorization`. What is not passed stays
        unchanged. The server cannot change permissions."""
        texts(description=description)
        which = self._by_id(id)
        return self._one("update", **which, status=_status(status), description=description)

    def delete(self, id: str | Authorization) -> Any:  # noqa: A002
        """Deletes an authorization. Its token becomes invalid at once. Returns `None`."""
        return self._done("delete", **self._by_id(id))


def _status(status: object) -> object:
    if status not in (None, "active", "inactive"):
        raise ValueError(f"argument `status`: expected active or inactive, got {status!r}")
    return status
