"""Decides which settings a client uses if several sources name the same setting.

Sources are added in the order of their precedence: first the arguments of the call, then the URL,
the variables or the file. A source fills in what the sources before it left open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ._url import PORT, scheme_port

__all__ = ["TOKEN", "USER", "Located"]

T = TypeVar("T")

# The names of the argument `db`: `db` itself and its aliases.
_DATABASE = ("db", "database", "bucket")
_ADDRESS = ("host", "port", "ssl", "path", "unix_socket")
# The two kinds of credentials. A client has only one kind.
TOKEN = ("token", "token_file")
USER = ("username", "password")
_FILES = ("ca_file", "cert_file", "key_file")


class Located:
    """The arguments for the constructor of a client, and the sources of these arguments.

    `options` are the arguments of the call. An option that is `None` counts as not passed.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._arguments = {
            name: value
            for name, value in options.items()
            if value is not None and not (value == "" and name in (*TOKEN, *USER))
        }
        self._sources: dict[str, str] = {}

    def is_open(self, name: str) -> bool:
        """Returns whether a further source may set an argument.

        Credentials of one kind close the other kind. A user name leaves the password open. A URL as
        `host` closes the whole address.
        """
        given = self._arguments
        if name in given:
            return False
        if name == "db":
            return not any(given.get(alias) for alias in _DATABASE)
        if name in USER:
            return not any(kind in given for kind in TOKEN)
        if name in TOKEN:
            return not any(kind in given for kind in (*TOKEN, *USER))
        return name not in _ADDRESS or "://" not in str(given.get("host"))

    def set(self, name: str, value: Any, source: str | None = None) -> None:
        """Sets an argument if it is open. The errors of `create` name the source."""
        if self.is_open(name):
            self._arguments[name] = value
            if source:
                self._sources[name] = source

    def fill(self, arguments: Mapping[str, Any], source: str | None = None) -> None:
        """Sets those of several arguments of one source that are open."""
        # All arguments are compared with the earlier sources, not with each other.
        for name in [name for name in arguments if self.is_open(name)]:
            self._arguments[name] = arguments[name]
            if source:
                self._sources[name] = source

    def create(self, kind: Callable[..., T]) -> T:
        """Creates a client of class `kind`.

        Raises:
            ValueError: an argument is invalid. The message names the source of the argument.
        """
        given = dict(self._arguments)
        has_token = any(given.get(name) for name in TOKEN)
        # A URL without a port leaves the port to the end, when all other settings are known.
        if given.get("port", PORT) is None:
            is_modern = has_token or bool(given.get("server"))
            given["port"] = scheme_port(bool(given["ssl"])) if is_modern else PORT
        # Variables and files often name an organization for other programs. A client for 1.x
        # refuses every organization, so one that the call does not name is left out.
        if "org" in self._sources and not has_token and given.get("server") in (None, "1.x"):
            del given["org"]
        try:
            return kind(**given)
        except ValueError as error:
            message = self._explained(str(error))
        raise ValueError(message)

    def _explained(self, message: str) -> str:
        """Returns an error message with the source of the argument instead of its name."""
        head = message.partition(": ")[0]
        for name, source in self._sources.items():
            start = f"argument `{name}`: "
            if message.startswith(start):
                return f"{source}: {message.removeprefix(start)}"
            # The errors of TLS name the file instead of the argument.
            is_file = name in _FILES and f"`{self._arguments[name]}`" in message
            if is_file or f"`{name}`" in head or head.startswith(f"{name} `"):
                return f"{source}: {message}"
        return message
