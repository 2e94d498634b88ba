"""Tests for bugs that a tester found in `InfluxDBClient`, with one test for each bug."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from aioinflux import AsyncInfluxDBClient, InfluxDBClient, InfluxDBConnectionError
from influxd import Influxd
from scripted import Scripted, answer
from support import FACES, Database


@pytest.mark.parametrize("key", ["db", "database"])
@pytest.mark.parametrize("argument", ["db", "database"])
def test_an_argument_beats_the_database_of_a_url(key: str, argument: str) -> None:
    client = InfluxDBClient.from_url(f"http://h?{key}=url", **{argument: "argument"})
    assert client.db == "argument"


@pytest.mark.parametrize("kind", [InfluxDBClient, AsyncInfluxDBClient])
def test_an_empty_name_does_not_drop_the_database_of_the_client(
    database: Database, kind: type[Any]
) -> None:
    server = database.server
    client = kind(server.host, server.port, db=database.name, mode="blocking")
    with pytest.raises(ValueError, match="`db`: must not be empty"):
        client.drop_database(db="")
    assert "error" not in database.query("SHOW MEASUREMENTS")["results"][0]


def test_a_variable_beats_the_database_of_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUXDB_URL", "http://h?database=url")
    monkeypatch.setenv("INFLUXDB_DATABASE", "variable")
    assert InfluxDBClient.from_env().db == "variable"


def test_the_port_zero_of_a_url_is_refused() -> None:
    with pytest.raises(ValueError, match="`port`"):
        InfluxDBClient.from_url("http://h:0?db=d")


def test_a_port_in_the_host_is_refused_with_a_hint() -> None:
    with pytest.raises(ValueError, match=r"`host`.*`port`"):
        InfluxDBClient("localhost:8086", db="d")


@pytest.mark.parametrize("port", ["8087", 8087], ids=["text", "number"])
def test_a_port_may_be_text_as_it_is_in_an_environment(port: Any) -> None:
    """aioinflux 0.9 inserted any port into the URL unchanged, even if it was a string."""
    client = InfluxDBClient(port=port, db="d")
    assert client.port == 8087
    client.port = "8088"  # type: ignore[assignment]
    assert client.url == "http://localhost:8088/{endpoint}"


@pytest.mark.parametrize("port", ["", "http", "-1", "8086.0", True])
def test_a_port_that_is_no_number_is_refused(port: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="`port`"):
        InfluxDBClient(port=port, db="d")


def test_an_empty_proxy_is_none_whatever_the_environment_says(
    face: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Scripted(answer(204)) as proxy:
        monkeypatch.setenv("http_proxy", f"http://{proxy.host}:{proxy.port}")
        assert face("no-such-host.invalid", mode="blocking", db="d").ping()
        assert len(proxy.requests) == 1
        client = face("no-such-host.invalid", mode="blocking", db="d", proxy="")
        with pytest.raises(InfluxDBConnectionError, match="no such host"):
            client.ping()
        assert len(proxy.requests) == 1


def test_a_user_name_that_would_end_early_is_refused() -> None:
    with pytest.raises(ValueError, match="`username`"):
        InfluxDBClient(db="d", username="user:name", password="x")


@pytest.mark.parametrize("rows", [0, -1])
def test_a_chunk_of_no_rows_is_refused_at_once(rows: int) -> None:
    with pytest.raises(ValueError, match=f"`chunk_size`: expected a positive number, got {rows}$"):
        InfluxDBClient(db="d").stream("SELECT f FROM m", chunk_size=rows)


def test_no_frame_takes_the_place_of_another(database: Database) -> None:
    server = database.server
    client = InfluxDBClient(
        server.host, server.port, mode="blocking", output="dataframe", db=database.name
    )
    values = [("1,b=2", "3"), ("1", "2,b=3"), ("1", "2")]
    for f, (a, b) in enumerate(values):
        client.write({"measurement": "m", "tags": {"a": a, "b": b}, "fields": {"f": f}, "time": 1})
    frames = client.query("SELECT f FROM m GROUP BY a, b")
    assert sorted(frames) == ["m,a=1,b=2", "m,a=1,b=2,b=3", "m,a=1,b=2,b=3 (2)"]
    rows = {tuple(one[["a", "b", "f"]].iloc[0]) for one in frames.values()}
    assert rows == {(a, b, f) for f, (a, b) in enumerate(values)}


class Own(InfluxDBClient):
    """A class that a user derives from ours, with one more attribute."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.own = ["kept"]


def test_a_pickle_keeps_the_attributes_of_a_subclass() -> None:
    client = pickle.loads(pickle.dumps(Own(db="d", tags={"a": "b"}, rp="week")))
    assert (client.own, client.db) == (["kept"], "d")


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy])
@pytest.mark.parametrize("face", FACES)
def test_a_copy_logs_in_as_the_client_does(face: type, way: Callable[[Any], Any]) -> None:
    with Scripted(answer(204)) as server:
        client: Any = face(
            host=server.host, port=server.port, mode="blocking", db="d", username="u", password="x"
        )
        made = way(client)
        made.db = "other"
        made.ping()
    assert server.requests[0].headers["authorization"] == "Basic dTp4"
    assert client.db == "d"


def test_a_deep_copy_shares_nothing_that_changes() -> None:
    client = Own(db="d")
    made = copy.deepcopy(client)
    made.own.append("more")
    made.port = 1
    assert (client.own, client.port) == (["kept"], 8086)


@pytest.mark.parametrize("output", ["pandas", "rows", "dicts", "arrow", "pyarrow", "polars"])
def test_diagnostics_can_be_had_in_every_form(influxd: Influxd, output: str) -> None:
    """The server leaves out values in the MessagePack of this answer."""
    client: Any = InfluxDBClient(influxd.host, influxd.port, mode="blocking", db="d", output=output)
    found = dict(iter(client.query("SHOW DIAGNOSTICS")))
    assert {"build", "runtime", "system"} <= set(found)
    assert len(found["build"]) == 1
    assert len(client.show_diagnostics("build")) == 1
