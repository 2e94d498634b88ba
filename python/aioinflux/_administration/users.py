"""Holds the methods for users and privileges.

A password appears only in the statement that is sent to the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from .. import _arguments, _core
from .statements import Statements, name

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._keywords import Aliases

__all__ = ["Users"]

Privilege = Literal["READ", "WRITE", "ALL"]


class Users(Statements):
    """The client methods that manage users and privileges. The server checks users and privileges
    only if its setting `auth-enabled` is on."""

    def create_user(self, name: str, password: str, *, admin: bool = False) -> Any:
        """Creates a user. A user that already exists with the same password and privileges stays
        unchanged.

        Args:
            name: Name of the user.
            password: Password of the user, which never appears in logs or errors.
            admin: Whether the user is an administrator. The first user of a server must be an
                administrator.
        Source: InfluxQL reference, CREATE USER.
        """
        _arguments.expect("admin", admin, bool)
        rights = " WITH ALL PRIVILEGES" if admin else ""
        user = _name("name", name)
        return self._statement(
            f"CREATE USER {user} WITH PASSWORD {_secret(password)}{rights}", None
        )

    def drop_user(self, name: str) -> Any:
        """Deletes a user."""
        return self._statement(f"DROP USER {_name('name', name)}", None)

    def set_password(self, name: str, password: str) -> Any:
        """Changes the password of a user. The new password never appears in logs or errors."""
        user = _name("name", name)
        return self._statement(f"SET PASSWORD FOR {user} = {_secret(password)}", None)

    def show_users(self) -> Any:
        """Returns the users of the server, and whether each user is an administrator."""
        return self._statement("SHOW USERS", None)

    def grant(
        self, privilege: Privilege, user: str, *, db: str | None = None, **aliases: Unpack[Aliases]
    ) -> Any:
        """Grants a user a privilege on a database. The new privilege replaces the user's earlier
        privilege on this database.

        Args:
            privilege: `READ`, `WRITE` or `ALL`.
            user: Name of the user.
            db: Name of the database.
        Source: InfluxQL reference, GRANT.
        """
        what = _privilege(privilege)
        return self._statement(
            f"GRANT {what} ON {self._database(db, **aliases)} TO {_name('user', user)}", None
        )

    def revoke(
        self, privilege: Privilege, user: str, *, db: str | None = None, **aliases: Unpack[Aliases]
    ) -> Any:
        """Revokes a user's privilege on a database. `revoke` has the same arguments as `grant`.

        Source: InfluxQL reference, REVOKE.
        """
        what = _privilege(privilege)
        return self._statement(
            f"REVOKE {what} ON {self._database(db, **aliases)} FROM {_name('user', user)}", None
        )

    def grant_admin(self, user: str) -> Any:
        """Makes a user an administrator."""
        return self._statement(f"GRANT ALL PRIVILEGES TO {_name('user', user)}", None)

    def revoke_admin(self, user: str) -> Any:
        """Makes an administrator an ordinary user, who keeps all their privileges on databases."""
        return self._statement(f"REVOKE ALL PRIVILEGES FROM {_name('user', user)}", None)

    def show_grants(self, user: str) -> Any:
        """Returns the privileges of a user on each database."""
        return self._statement(f"SHOW GRANTS FOR {_name('user', user)}", None)


# Inside the methods, an argument named `name` hides the function with this name.
_name = name


def _privilege(privilege: str) -> str:
    known = privilege.upper() if isinstance(privilege, str) else None
    if known not in ("READ", "WRITE", "ALL"):
        raise ValueError(f"argument `privilege`: expected READ, WRITE or ALL, got {privilege!r}")
    return known


def _secret(password: object) -> str:
    """Returns the password in quotes. Error messages of this function do not contain the
    password."""
    _arguments.expect("password", password, str)
    if not password:
        raise ValueError("argument `password`: must not be empty")
    try:
        return _core.quote_string(str(password))
    except ValueError:
        # The encoding error contains the password, so it must not become the cause of the new
        # error.
        pass
    raise ValueError(
        "argument `password`: contains a NUL, a carriage return or half a character, which"
        " InfluxQL cannot express"
    )
