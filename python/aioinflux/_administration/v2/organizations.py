"""Administers organizations, and their secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ... import _arguments
from .noun import Noun, Within, texts
from .objects import Organization

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Organizations", "Secrets"]


class Organizations(Noun):
    """The organizations of the server: `client.organizations`.

    An organization is named by its name, by its ID (`id=`), or by an `Organization`. The
    conventions are those of `Buckets`.
    """

    _noun = "organizations"
    _kind = Organization

    def list(self) -> Any:
        """Returns an iterator over the organizations that the token can read.

        Source: InfluxDB 2.x API reference, `GET /api/v2/orgs`.
        """
        return self._pages("list")

    def find(self, name: str) -> Any:
        """Returns the `Organization` with this name, or `None` if there is none."""
        _arguments.expect("name", name, str)
        return self._maybe("find", name=name)

    def get(self, id: str) -> Any:  # noqa: A002
        """Returns the `Organization` with this ID. If there is none, an error is raised."""
        return self._one("get", **self._by_id(id))

    def create(self, name: str, *, description: str | None = None) -> Any:
        """Creates an organization, and returns it as an `Organization`."""
        _arguments.expect("name", name, str)
        texts(description=description)
        return self._one("create", name=name, description=description)

    def update(
        self,
        name: str | Organization | None = None,
        *,
        id: str | None = None,  # noqa: A002
        new_name: str | None = None,
        description: str | None = None,
    ) -> Any:
        """Changes an organization, and returns the new `Organization`. What is not passed stays
        unchanged."""
        texts(new_name=new_name, description=description)
        which = self._which(name, id)
        return self._one("update", **which, new_name=new_name, description=description)

    def delete(
        self,
        name: str | Organization | None = None,
        *,
        id: str | None = None,  # noqa: A002
    ) -> Any:
        """Deletes an organization with all its buckets and their points. Returns `None`."""
        return self._done("delete", **self._which(name, id))


class Secrets(Noun):
    """The secrets of an organization, which Flux scripts read with `secrets.get`:
    `client.secrets`.

    The server returns only the keys of secrets. Values never appear in logs or errors. The
    conventions are those of `Buckets`.
    """

    _noun = "secrets"

    def list(self, **within: Unpack[Within]) -> Any:
        """Returns the keys of all secrets, as a list.

        Source: InfluxDB 2.x API reference, `GET /api/v2/orgs/{orgID}/secrets`.
        """
        return self._call("list", list, within=within)

    def set(self, secrets: Mapping[str, str], **within: Unpack[Within]) -> Any:
        """Sets secrets: a dict of keys and values. A secret that exists is replaced, and all others
        stay unchanged. Returns `None`."""
        _arguments.expect("secrets", secrets, Mapping)
        for key, value in secrets.items():
            if not isinstance(key, str) or not isinstance(value, str):
                # The error must not show the value.
                raise TypeError("argument `secrets`: expected keys and values that are str")
            _encodable(value)
        return self._done("set", secrets=dict(secrets), within=within)

    def delete(self, *keys: str, **within: Unpack[Within]) -> Any:
        """Deletes the secrets with these keys. A key that does not exist is ignored. Returns
        `None`."""
        for key in keys:
            _arguments.expect("keys", key, str)
        return self._done("delete", keys=list(keys), within=within)


def _encodable(value: str) -> None:
    _arguments.expect("secrets", value, str)
