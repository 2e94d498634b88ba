"""Defines the objects of an InfluxDB 2.x server: buckets, organizations, tasks and so on.

Each object is a frozen dataclass that is created from the server's JSON. Fields of the JSON that
the class does not have are kept in `extra`. Times are texts in RFC 3339, as the server sent them,
because a `datetime` has no nanoseconds. The `repr` of an object shows neither tokens nor `extra`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = [
    "Authorization", "Bucket", "Dbrp", "Health", "Label", "LogEvent", "Organization", "Permission",
    "Ready", "Response", "Run", "Setup", "Task", "User",
]  # fmt: skip


def _named(key: str) -> Any:
    """A field that has a different name in the server's JSON."""
    return field(default=None, metadata={"json": key})


class _Object:
    """An object that is created from the server's JSON."""

    @classmethod
    def _read(cls, json: Mapping[str, Any]) -> Self:
        rest = dict(json)
        known = {}
        for one in fields(cls):  # type: ignore[arg-type]
            key = one.metadata.get("json", one.name)
            if one.name != "extra" and key in rest:
                value = rest.pop(key)
                known[one.name] = _default(one) if value is None else value
        known["extra"] = rest
        return cls(**known)


def _default(one: Field[Any]) -> Any:
    return None if one.default_factory is MISSING else one.default_factory()


@dataclass(frozen=True)
class Bucket(_Object):
    """A bucket of a 2.x server.

    Attributes:
        id: The ID of the bucket.
        name: The name, which is unique within the organization.
        org_id: The ID of the organization.
        kind: `user`, or `system` for the server's own buckets.
        description: The description.
        retention_rules: The retention as the server describes it; see `retention`.
        created_at: When the bucket was created.
        updated_at: When the bucket was last changed.
        extra: All other fields.
    """

    id: str
    name: str
    org_id: str | None = _named("orgID")
    kind: str | None = _named("type")
    description: str | None = None
    retention_rules: list[dict[str, Any]] = field(
        default_factory=list, repr=False, metadata={"json": "retentionRules"}
    )
    created_at: str | None = _named("createdAt")
    updated_at: str | None = _named("updatedAt")
    extra: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def retention(self) -> timedelta | None:
        """How long the bucket keeps points, or `None` if it keeps them forever."""
        seconds = [rule["everySeconds"] for rule in self.retention_rules]
        return next((timedelta(seconds=one) for one in seconds if one), None)


@dataclass(frozen=True)
class Organization(_Object):
    """An organization of a 2.x server.

    Attributes:
        id: The ID.
        name: The name.
        description: The description.
        created_at: When the organization was created.
        updated_at: When the organization was last changed.
        extra: All other fields.
    """

    id: str
    name: str
    description: str | None = None
    created_at: str | None = _named("createdAt")
    updated_at: str | None = _named("updatedAt")
    extra: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class User(_Object):
    """A user of a 2.x server.

    Attributes:
        id: The ID.
        name: The name.
        status: `active` or `inactive`.
        extra: All other fields.
    """

    id: str
    name: str
    status: str | None = None
    extra: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Permission:
    """The right to read or to write a kind of object, or one object.

    Attributes:
        action: `read` or `write`.
        type: The kind of object, such as `buckets` or `tasks`.
        id: The ID of the only object to which the permission applies.
        org_id: The ID of the organization to which the permission is limited. By default,
            the permissions of a new authorization are limited to its organization.
        name: The name of the object, in answers of the server.
        org: The name of the organization, in answers of the server.
    """

    action: str
    type: str
    id: str | None = None
    org_id: str | None = None
    name: str | None = None
    org: str | None = None

    @classmethod
    def _read(cls, json: Mapping[str, Any]) -> Self:
        of = json["resource"]
        return cls(
            json["action"], of["type"], of.get("id"), of.get("orgID"), of.get("name"), of.get("org")
        )

    def _json(self) -> dict[str, Any]:
        resource = {"type": self.type, "id": self.id, "orgID": self.org_id}
        return {"action": self.action, "resource": resource}


@dataclass(frozen=True)
class Authorization(_Object):
    """An authorization of a 2.x server: an API token and what it permits.

    Attributes:
        id: The ID.
        token: The token, which only the result of `create` contains. `repr` does not show it.
        status: `active` or `inactive`.
        description: The description.
        permissions: What the token permits, as `Permission` objects.
        org_id: The ID of the organization.
        org: The name of the organization.
        user_id: The ID of the user to whom the token belongs.
        user: The name of the user to whom the token belongs.
        created_at: When the authorization was created.
        updated_at: When the authorization was last changed.
        extra: All other fields.
    """

    id: str
    token: str | None = field(default=None, repr=False)
    status: str | None = None
    description: str | None = None
    permissions: list[Permission] = field(default_factory=list)
    org_id: str | None = _named("orgID")
    org: str | None = _named("org")
    user_id: str | None = _named("userID")
    user: str | None = None
    created_at: str | None = _named("createdAt")
    updated_at: str | None = _named("updatedAt")
    extra: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def _read(cls, json: Mapping[str, Any]) -> Self:
        permissions = [Permission._read(one) for one in json["permissions"]]
        return super()._read({**json, "permissions": permissions})


@dataclass(frozen=True)
class Task(_Object):
    """A task of a 2.x server: a Flux script that the server runs at certain times.

    Attributes:
        id: The ID.
        name: The name, which several tasks can have.
        flux: The script.
        status: `active` or `inactive`.
        description: The description.
        every: The interval at which the task runs, such as `1h`.
        cron: The times at which the task runs, in the form of cron.
        offset: The delay of each run.
        org_id: The ID of the organization.
        org: The name of the organization.
        owner_id: The ID of the user who created the task.
        latest_completed: When the last completed run was scheduled.
        last_run_status: The status of the last run.
        last_run_error: The error of the last run.
        created_at: When the task was created.
        updated_at: When the task was last changed.
        extra: All other fields.
    """

    id: str
    name: str
    flux: str | None = None
    status: str | None = None
    description: str | None = None
    every: str | None = None
    cron: str | None = None
    offset: str | None = None
    org_id: str | None = _named("orgID")
    org: str | None = _named("org")
    owner_id: str | None = _named("ownerID")
    latest_completed: str | None = _named("latestCompleted")
    last_run_status: str | None = _named("lastRunStatus")
    last_run_error: str | None = _named("lastRunError")
    created_at: str | None = _named("createdAt")
    updated_at: str | None = _named("updatedAt")
    extra: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class LogEvent(_Object):
    """A message in the log of a run.

    Attributes:
        message: The message.
        time: When the message was written.
        run_id: The ID of the run.
        extra: All other fields.
    """

    message: str
    time: str | None = None
    run_id: str | None = _named("runID")
    extra: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Run(_Object):
    """A run of a task.

    Attributes:
        id: The ID.
        task_id: The ID of the task.
        status: `scheduled`, `started`, `success`, `failed` or `canceled`.
        scheduled_for: The time `now()` of the script in this run.
        started_at: When the run began.
        finished_at: When the run ended, or `None` if it has not ended.
        requested_at: When a caller requested the run.
        log: What the run reported, as `LogEvent` objects.
        extra: All other fields.
    """

    id: str
    task_id: str | None = _named("taskID")
    status: str | None = None
    scheduled_for: str | None = _named("scheduledFor")
    started_at: str | None = _named("startedAt")
    finished_at: str | None = _named("finishedAt")
    requested_at: str | None = _named("requestedAt")
    log: list[LogEvent] = field(default_factory=list, repr=False)
    extra: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def _read(cls, json: Mapping[str, Any]) -> Self:
        return super()._read({**json, "log": [LogEvent._read(one) for one in json["log"]]})


@dataclass(frozen=True)
class Label(_Object):
    """A label of a 2.x server.

    Attributes:
        id: The ID of the label.
        name: The name of the label. The labels of an organization have different names.
        org_id: The ID of the organization.
        properties: Texts that belong to the label, such as its color.
        extra: All other fields.
    """

    id: str
    name: str
    org_id: str | None = _named("orgID")
    properties: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Dbrp(_Object):
    """A mapping from a database and a retention policy of 1.x to a bucket.

    Attributes:
        id: The ID.
        database: The database.
        retention_policy: The retention policy.
        default: Whether this mapping is used if a call names no retention policy.
        virtual: Whether the server derived this mapping from the name of the bucket.
        org_id: The ID of the organization.
        bucket_id: The ID of the bucket.
        extra: All other fields.
    """

    id: str
    database: str
    retention_policy: str
    default: bool = False
    virtual: bool = False
    org_id: str | None = _named("orgID")
    bucket_id: str | None = _named("bucketID")
    extra: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Setup(_Object):
    """What the set-up of a 2.x server created.

    Attributes:
        user: The user.
        organization: The organization.
        bucket: The bucket.
        authorization: The authorization of the user, with its token.
        extra: All other fields.
    """

    user: User
    organization: Organization
    bucket: Bucket
    authorization: Authorization
    extra: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def _read(cls, json: Mapping[str, Any]) -> Self:
        rest = dict(json)
        return cls(
            User._read(rest.pop("user")),
            Organization._read(rest.pop("org")),
            Bucket._read(rest.pop("bucket")),
            Authorization._read(rest.pop("auth")),
            rest,
        )


@dataclass(frozen=True)
class Health(_Object):
    """The health of a server.

    Attributes:
        status: `pass`, or `fail` if a part of the server does not work.
        name: The name of the program.
        message: An explanation of the status.
        checks: The parts of the server, each a dict with `name` and `status`.
        version: The version of the server.
        extra: All other fields.
    """

    status: str
    name: str | None = None
    message: str | None = None
    checks: list[dict[str, Any]] = field(default_factory=list)
    version: str | None = None
    extra: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Ready(_Object):
    """The readiness of a server.

    Attributes:
        status: `ready`.
        started: When the server started.
        up: The time since the start, such as `8.09s`.
        extra: All other fields.
    """

    status: str
    started: str | None = None
    up: str | None = None
    extra: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Response:
    """The answer to `InfluxDBClient.request`.

    Attributes:
        status: The HTTP status, from 200 to 299.
        headers: The headers.
        body: Python objects if the body is JSON, `bytes` if it is anything else, and `None` if
            there is no body. `repr` does not show it, because it may contain secrets.
    """

    status: int
    headers: dict[str, str] = field(repr=False)
    body: Any = field(repr=False)
