"""What a tester broke in `InfluxDBClient`, one test for each."""

from __future__ import annotations

import pytest

from aioinflux import InfluxDBClient


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
