"""Administers the mappings from databases and retention policies of 1.x to buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import _arguments
from .noun import Noun, Within, texts
from .objects import Dbrp

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Dbrps"]


class Dbrps(Noun):
    """The mappings from databases and retention policies of 1.x to buckets: `client.dbrps`.

    Statements in InfluxQL and clients for 1.x name a database and a retention policy, which the
    server looks up in these mappings. Every bucket also has a virtual mapping from its own name.
    Mappings have no names, so they are named by their IDs, or by a `Dbrp`. The conventions are
    those of `Buckets`.
    """

    _noun = "dbrps"
    _kind = Dbrp

    def list(self, **within: Unpack[Within]) -> Any:
        """Returns an iterator over the mappings, including the virtual ones.

        Source: InfluxDB 2.x API reference, `GET /api/v2/dbrps`.
        """
        return self._pages("list", within=within)

    def find(
        self, database: str, retention_policy: str | None = None, **within: Unpack[Within]
    ) -> Any:
        """Returns the `Dbrp` of this database and this retention policy, or `None` if there is
        none. Without a retention policy, returns the default mapping of the database."""
        _arguments.expect("database", database, str)
        texts(retention_policy=retention_policy)
        return self._maybe(
            "find", database=database, retention_policy=retention_policy, within=within
        )

    def get(self, id: str, **within: Unpack[Within]) -> Any:  # noqa: A002
        """Returns the `Dbrp` with this ID. If there is none, an error is raised."""
        return self._one("get", **self._by_id(id), within=within)

    def create(
        self,
        bucket: str | None = None,
        *,
        database: str,
        retention_policy: str,
        bucket_id: str | None = None,
        default: bool | None = None,
        **within: Unpack[Within],
    ) -> Any:
        """Creates a mapping, and returns it as a `Dbrp`.

        Args:
            bucket: Name of the bucket.
            database: Database of the mapping.
            retention_policy: Retention policy of the mapping.
            bucket_id: ID of the bucket, instead of its name.
            default: Whether this mapping is used if a call names no retention policy. The first
                mapping of a database is always its default.
            **within: Organization of the mapping.
        Source: InfluxDB 2.x API reference, `POST /api/v2/dbrps`.
        """
        if (bucket is None) == (bucket_id is None):
            raise TypeError("expected either `bucket` or `bucket_id`")
        _arguments.expect("database", database, str)
        _arguments.expect("retention_policy", retention_policy, str)
        _arguments.expect("default", default, bool, optional=True)
        texts(bucket=bucket, bucket_id=bucket_id)
        return self._one(
            "create",
            bucket=bucket,
            bucket_id=bucket_id,
            database=database,
            retention_policy=retention_policy,
            default=default,
            within=within,
        )

    def update(
        self,
        id: str | Dbrp,  # noqa: A002
        *,
        retention_policy: str | None = None,
        default: bool | None = None,
        **within: Unpack[Within],
    ) -> Any:
        """Changes a mapping, and returns the new `Dbrp`. What is not passed stays unchanged."""
        _arguments.expect("default", default, bool, optional=True)
        texts(retention_policy=retention_policy)
        return self._one(
            "update",
            **self._by_id(id),
            retention_policy=retention_policy,
            default=default,
            within=within,
        )

    def delete(self, id: str | Dbrp, **within: Unpack[Within]) -> Any:  # noqa: A002
        """Deletes a mapping. The bucket and its points stay. Returns `None`."""
        return self._done("delete", **self._by_id(id), within=within)
