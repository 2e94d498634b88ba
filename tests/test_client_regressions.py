"""What a tester broke in `InfluxDBClient`, one test for each."""

from __future__ import annotations

from typing import Any

import pytest

from aioinflux import InfluxDBClient
from influxd import Influxd
from support import Database


@pytest.mark.parametrize("key", ["db", "database"])
@pytest.mark.parametrize("argument", ["db", "database"])
def test_an_argument_beats_the_database_of_a_url(key: str, argument: str) -> None:
    client = InfluxDBClient.from_url(f"http://h?{key}=url", **{argument: "argument"})
    assert client.db == "argument"


def test_a_variable_beats_the_database_of_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUXDB_URL", "http://h?database=url")
    monkeypatch.setenv("INFLUXDB_DATABASE", "variable")
    assert InfluxDBClient.from_env().db == "variable"


def test_the_port_zero_of_a_url_is_refused() -> None:
    with pytest.raises(ValueError, match="`port`"):
        InfluxDBClient.from_url("http://h:0?db=d")


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


@pytest.mark.parametrize("output", ["pandas", "rows", "dicts", "arrow", "pyarrow", "polars"])
def test_diagnostics_can_be_had_in_every_form(influxd: Influxd, output: str) -> None:
    """The server's msgpack of them is short of values."""
    client: Any = InfluxDBClient(influxd.host, influxd.port, mode="blocking", db="d", output=output)
    found = dict(iter(client.query("SHOW DIAGNOSTICS")))
    assert {"build", "runtime", "system"} <= set(found)
    assert len(found["build"]) == 1
    assert len(client.show_diagnostics("build")) == 1
