"""Tests the calls that administer a server on a real InfluxDB 2.x.

The tests run on the server that the environment names (see `servers`). If it names no server,
`conftest` leaves this file out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import servers
from aioinflux import InfluxDBResponseError, Permission
from servers import Place
from test_nouns import Nouns


@pytest.fixture(params=["2.x"])
def v2() -> Place:
    """A new bucket on the server that the environment names."""
    return servers.place_of_2x()


def test_buckets_tokens_and_mappings_are_administered(v2: Place, mode: str) -> None:
    nouns = Nouns(v2, mode)
    name = f"{v2.name}-noun"
    made = nouns.buckets.create(name, retention=timedelta(days=1), description="d")
    assert made.retention == timedelta(days=1)
    assert nouns.buckets.find(name) == made
    assert made in nouns.all("buckets")
    assert nouns.buckets.update(name, retention="INF").retention is None
    permissions = [Permission("read", "buckets", made.id), Permission("write", "buckets", made.id)]
    authorization = nouns.authorizations.create(permissions)
    own = Nouns(v2, mode, token=authorization.token, db=name)
    own.write("m f=1 1")
    assert own.delete("m", dry_run=True) == 1
    nouns.authorizations.delete(authorization)
    with pytest.raises(InfluxDBResponseError) as caught:
        own.delete("m")
    assert caught.value.status == 401
    mapping = nouns.dbrps.create(name, database=f"{name}-db", retention_policy="rp")
    assert nouns.dbrps.find(f"{name}-db") == mapping
    nouns.buckets.delete(name)
    assert nouns.buckets.find(name) is None


def eventually(holds: Callable[[], Any]) -> None:
    """Waits until a condition becomes true, for at most a minute. A run that ends is moved from one
    store of the server to another, and the server offers nothing to wait for. Meanwhile it does not
    find the run."""
    end = time.monotonic() + 60
    while True:
        try:
            if holds():
                return
        except InfluxDBResponseError as error:
            if error.status != 404:
                raise
        assert time.monotonic() < end


def test_tasks_are_run(v2: Place, mode: str) -> None:
    nouns = Nouns(v2, mode)
    flux = f'option task = {{name: "{v2.name}", every: 1h}} buckets()'
    task = nouns.tasks.create(flux)
    assert nouns.tasks.find(v2.name) == task
    assert nouns.all("tasks", name=v2.name, status="active") == [task]
    run = nouns.tasks.run(task)
    eventually(lambda: nouns.tasks.get_run(task, run=run).status == "success")
    eventually(lambda: [one.id for one in nouns.all("tasks", task, action="runs")] == [run.id])
    eventually(lambda: nouns.tasks.logs(task, run=run))
    nouns.tasks.delete(task)
    assert nouns.tasks.find(v2.name) is None
