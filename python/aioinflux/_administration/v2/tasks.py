"""Administers tasks, their runs, and labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ... import _arguments
from .noun import Noun, Within, texts
from .objects import Label, LogEvent, Run, Task
from .users import Status, _status

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Labels", "Tasks"]


class Tasks(Noun):
    """The tasks of an organization, which are Flux scripts that the server runs at certain times:
    `client.tasks`.

    A task is named by its name, by its ID (`id=`), or by a `Task`. Several tasks can have the same
    name, which then names none of them. The conventions are those of `Buckets`.
    """

    _noun = "tasks"
    _kind = Task

    def list(
        self, *, name: str | None = None, status: Status | None = None, **within: Unpack[Within]
    ) -> Any:
        """Returns an iterator over the tasks.

        Args:
            name: Only tasks with this name.
            status: Only tasks with this status, `active` or `inactive`.
            **within: Organization of the tasks.
        Source: InfluxDB 2.x API reference, `GET /api/v2/tasks`.
        """
        texts(name=name)
        return self._pages("list", name=name, status=_status(status), within=within)

    def find(self, name: str, **within: Unpack[Within]) -> Any:
        """Returns the `Task` with this name, or `None` if there is none."""
        _arguments.expect("name", name, str)
        return self._maybe("find", name=name, within=within)

    def get(self, id: str) -> Any:  # noqa: A002
        """Returns the `Task` with this ID. If there is none, an error is raised."""
        return self._one("get", **self._by_id(id))

    def create(
        self,
        flux: str,
        *,
        description: str | None = None,
        status: Status | None = None,
        **within: Unpack[Within],
    ) -> Any:
        """Creates a task, and returns it as a `Task`.

        Args:
            flux: Script of the task. `option task` in the script names the task, and says when it
                runs: `option task = {name: "mean", every: 1h}`.
            description: Description of the task.
            status: `active` (the default) or `inactive`.
            **within: Organization of the task.
        Source: InfluxDB 2.x API reference, `POST /api/v2/tasks`.
        """
        _arguments.expect("flux", flux, str)
        texts(description=description)
        return self._one(
            "create", flux=flux, description=description, status=_status(status), within=within
        )

    def update(
        self,
        name: str | Task | None = None,
        *,
        id: str | None = None,  # noqa: A002
        flux: str | None = None,
        status: Status | None = None,
        description: str | None = None,
        new_name: str | None = None,
        every: str | None = None,
        cron: str | None = None,
        offset: str | None = None,
        **within: Unpack[Within],
    ) -> Any:
        """Changes a task, and returns the new `Task`. What is not passed stays unchanged.

        Args:
            name: Name of the task, or the `Task`.
            id: ID of the task, instead of its name.
            flux: New script.
            status: `active` or `inactive`.
            description: New description.
            new_name: New name; this and the following arguments change `option task` in the script.
            every: New interval, such as `1h`.
            cron: New times, in the form of cron.
            offset: New delay of each run, such as `5m`.
            **within: Organization in which the name is looked up.
        Source: InfluxDB 2.x API reference, `PATCH /api/v2/tasks/{taskID}`.
        """
        changes = {
            "flux": flux, "description": description, "new_name": new_name, "every": every,
            "cron": cron, "offset": offset,
        }  # fmt: skip
        texts(**changes)
        which = self._which(name, id)
        return self._one("update", **which, **changes, status=_status(status), within=within)

    def delete(
        self,
        name: str | Task | None = None,
        *,
        id: str | None = None,  # noqa: A002
        **within: Unpack[Within],
    ) -> Any:
        """Deletes a task with its runs and logs. Returns `None`."""
        return self._done("delete", **self._which(name, id), within=within)

    def run(
        self,
        name: str | Task | None = None,
        *,
        id: str | None = None,  # noqa: A002
        scheduled_for: str | None = None,
        **within: Unpack[Within],
    ) -> Any:
        """Runs a task now. Returns a `Run` that may not have begun. `scheduled_for` is the time
        `now()` of the script, in RFC 3339; by default, this is the present time."""
        texts(scheduled_for=scheduled_for)
        which = self._which(name, id)
        return self._call("run", Run._read, **which, scheduled_for=scheduled_for, within=within)

    def runs(
        self,
        name: str | Task | None = None,
        *,
        id: str | None = None,  # noqa: A002
        **within: Unpack[Within],
    ) -> Any:
        """Returns an iterator over the runs of a task: first those that have not ended, and then
        the others from the latest to the earliest. The server keeps runs for three days."""
        return self._pages("runs", Run, **self._which(name, id), within=within)

    def get_run(
        self,
        name: str | Task | None = None,
        *,
        id: str | None = None,  # noqa: A002
        run: str | Run,
        **within: Unpack[Within],
    ) -> Any:
        """Returns the `Run` of a task with the ID `run`. When a run ends, the server does not find
        it for a moment."""
        return self._call("run_of", Run._read, **self._which(name, id), **_run(run), within=within)

    def retry(
        self,
        name: str | Task | None = None,
        *,
        id: str | None = None,  # noqa: A002
        run: str | Run,
        **within: Unpack[Within],
    ) -> Any:
        """Runs a task again, with the time of an earlier run. Returns the new `Run`."""
        return self._call("retry", Run._read, **self._which(name, id), **_run(run), within=within)

    def cancel(
        self,
        name: str | Task | None = None,
        *,
        id: str | None = None,  # noqa: A002
        run: str | Run,
        **within: Unpack[Within],
    ) -> Any:
        """Cancels a run that has not ended. Returns `None`."""
        return self._done("cancel", **self._which(name, id), **_run(run), within=within)

    def logs(
        self,
        name: str | Task | None = None,
        *,
        id: str | None = None,  # noqa: A002
        run: str | Run | None = None,
        **within: Unpack[Within],
    ) -> Any:
        """Returns the log of one run of a task, or of all its runs, as a list of `LogEvent`."""
        action, which = ("logs", {}) if run is None else ("logs_of", _run(run))
        return self._call(
            action,
            lambda found: [LogEvent._read(one) for one in found],
            **self._which(name, id),
            **which,
            within=within,
        )


class Labels(Noun):
    """The labels of an organization: `client.labels`.

    A label is named by its name, by its ID (`id=`), or by a `Label`. The conventions are those of
    `Buckets`.
    """

    _noun = "labels"
    _kind = Label

    def list(self, **within: Unpack[Within]) -> Any:
        """Returns an iterator over the labels.

        Source: InfluxDB 2.x API reference, `GET /api/v2/labels`.
        """
        return self._pages("list", within=within)

    def find(self, name: str, **within: Unpack[Within]) -> Any:
        """Returns the `Label` with this name, or `None` if there is none."""
        _arguments.expect("name", name, str)
        return self._maybe("find", name=name, within=within)

    def get(self, id: str) -> Any:  # noqa: A002
        """Returns the `Label` with this ID. If there is none, an error is raised."""
        return self._one("get", **self._by_id(id))

    def create(
        self, name: str, *, properties: Mapping[str, str] | None = None, **within: Unpack[Within]
    ) -> Any:
        """Creates a label, and returns it as a `Label`. `properties` are texts that belong to the
        label, such as its color."""
        _arguments.expect("name", name, str)
        return self._one("create", name=name, properties=_texts(properties), within=within)

    def update(
        self,
        name: str | Label | None = None,
        *,
        id: str | None = None,  # noqa: A002
        new_name: str | None = None,
        properties: Mapping[str, str] | None = None,
        **within: Unpack[Within],
    ) -> Any:
        """Changes a label, and returns the new `Label`. What is not passed stays unchanged, and a
        property that is an empty string is removed."""
        texts(new_name=new_name)
        return self._one(
            "update",
            **self._which(name, id),
            new_name=new_name,
            properties=_texts(properties),
            within=within,
        )

    def delete(
        self,
        name: str | Label | None = None,
        *,
        id: str | None = None,  # noqa: A002
        **within: Unpack[Within],
    ) -> Any:
        """Deletes a label, and removes it from all objects that have it. Returns `None`."""
        return self._done("delete", **self._which(name, id), within=within)


def _run(run: object) -> dict[str, object]:
    if isinstance(run, Run):
        return {"run": run.id}
    _arguments.expect("run", run, str)
    return {"run": run}


def _texts(properties: Mapping[str, str] | None) -> dict[str, str] | None:
    _arguments.expect("properties", properties, Mapping, optional=True)
    if properties is None:
        return None
    for key, value in properties.items():
        _arguments.expect("properties", key, str)
        _arguments.expect("properties", value, str)
    return dict(properties)
