"""Administers buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import _arguments
from .noun import Length, Noun, Within, length, texts
from .objects import Bucket

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Buckets"]


class Buckets(Noun):
    """The buckets of an organization: `client.buckets`.

    In `async` mode, await each call, and iterate over `list` with `async for`. All calls except
    `get` have the arguments `org` (the name of an organization) and `org_id`; by default, this is
    the organization of the client. A bucket is named by its name, by its ID (`id=`), or by a
    `Bucket`.

    Raises:
        TypeError, ValueError: an argument is not valid, or the server is not 2.x; nothing was
            changed.
        InfluxDBResponseError: the server refused the call, or there is no such bucket. The
            attributes `.status`, `.code` and `.message` contain what the server sent.
        InfluxDBConnectionError: the server could not be reached, or the connection was lost.
    """

    _noun = "buckets"
    _kind = Bucket

    def list(self, **within: Unpack[Within]) -> Any:
        """Returns an iterator over the buckets, including the server's own. The loop may delete the
        buckets that it receives.

        Source: InfluxDB 2.x API reference, `GET /api/v2/buckets`.
        """
        return self._pages("list", within=within)

    def find(self, name: str, **within: Unpack[Within]) -> Any:
        """Returns the `Bucket` with this name, or `None` if there is none."""
        _arguments.expect("name", name, str)
        return self._maybe("find", name=name, within=within)

    def get(self, id: str) -> Any:  # noqa: A002
        """Returns the `Bucket` with this ID. If there is none, an error is raised."""
        return self._one("get", **self._by_id(id))

    def create(
        self,
        name: str,
        *,
        retention: Length | None = None,
        shard_duration: Length | None = None,
        description: str | None = None,
        **within: Unpack[Within],
    ) -> Any:
        """Creates a bucket, and returns it as a `Bucket`.

        Args:
            name: Name of the bucket.
            retention: How long the bucket keeps points: at least one hour, in whole seconds, as a
                `timedelta` or a string such as `7d`. By default, and with `INF`, it keeps them
                forever.
            shard_duration: Time span of a shard; by default, the server derives it from
                `retention`.
            description: Description of the bucket.
            **within: Organization of the bucket.
        Source: InfluxDB 2.x API reference, `POST /api/v2/buckets`.
        """
        _arguments.expect("name", name, str)
        texts(description=description)
        return self._one(
            "create",
            name=name,
            retention=length("retention", retention),
            shard_duration=length("shard_duration", shard_duration, finite=True),
            description=description,
            within=within,
        )

    def update(
        self,
        name: str | Bucket | None = None,
        *,
        id: str | None = None,  # noqa: A002
        new_name: str | None = None,
        retention: Length | None = None,
        shard_duration: Length | None = None,
        description: str | None = None,
        **within: Unpack[Within],
    ) -> Any:
        """Changes a bucket, and returns the new `Bucket`. What is not passed stays unchanged.

        Args:
            name: Name of the bucket, or the `Bucket`.
            id: ID of the bucket, instead of its name.
            new_name: New name.
            retention: How long the bucket keeps points; `INF` means forever.
            shard_duration: Time span of future shards.
            description: New description.
            **within: Organization in which the name is looked up.
        Source: InfluxDB 2.x API reference, `PATCH /api/v2/buckets/{bucketID}`.
        """
        texts(new_name=new_name, description=description)
        return self._one(
            "update",
            **self._which(name, id),
            new_name=new_name,
            retention=length("retention", retention),
            shard_duration=length("shard_duration", shard_duration, finite=True),
            description=description,
            within=within,
        )

    def delete(
        self,
        name: str | Bucket | None = None,
        *,
        id: str | None = None,  # noqa: A002
        **within: Unpack[Within],
    ) -> Any:
        """Deletes a bucket with all its points. Returns `None`."""
        return self._done("delete", **self._which(name, id), within=within)
