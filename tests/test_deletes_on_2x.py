"""Tests statements that 2.x runs and answers with an empty body, as recorded from 2.9.1."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from aioinflux import AsyncInfluxDBClient, InfluxDBClient
from aioinflux.exceptions import InfluxDBDecodeError, InfluxDBError, InfluxDBQueryError
from scripted import Answer, Scripted, answer
from support import Calls

CAPTURES = Path(__file__).resolve().parent / "captures/influxdb-2.9-deletes.jsonl"
ALL = [json.loads(line) for line in CAPTURES.read_text().splitlines()]
NAMES = [one["name"] for one in ALL]
LONE = [name for name in NAMES if name != "v1 query delete and another"]
OUTPUTS = ["json", "rows", "dicts", "pandas", "polars", "pyarrow", "arrow"]


def captured(name: str) -> Answer:
    """Returns an HTTP answer as it was recorded."""
    response = next(one["response"] for one in ALL if one["name"] == name)
    chunks = [
        part.encode() if isinstance(part, str) else base64.b64decode(part["base64"])
        for part in response["chunks"]
    ]
    kind = {"Content-Type": response["headers"]["Content-Type"]}
    return answer(response["status"], b"".join(chunks), **kind)


def connect(server: Scripted, mode: str = "blocking", **options: Any) -> Calls:
    return Calls(InfluxDBClient(server.host, server.port, mode=mode, db="db", **options))


# Two ways in which 2.x can end an empty body; with both, HTTP proves that the answer is complete.
NO_LENGTH = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n"
EMPTY = [
    captured("v1 query delete chunked"),
    Answer(NO_LENGTH % b"application/json" + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    Answer(NO_LENGTH % b"application/x-msgpack" + b"Content-Length: 0\r\n\r\n"),
]


@pytest.mark.parametrize("name", LONE)
def test_methods_that_delete_succeed_on_every_recorded_answer(mode: str, name: str) -> None:
    with Scripted(captured(name)) as server:
        if "msgpack" in name:
            client = connect(server, mode, output="rows")
            assert list(client.delete("a")) == []
        else:
            client = connect(server, mode)
            for made in (client.delete("a"), client.drop_measurement("a")):
                assert made in ({}, {"results": []})


@pytest.mark.parametrize("empty", EMPTY, ids=["length", "chunks", "msgpack"])
def test_an_empty_answer_is_a_success_in_every_output(mode: str, empty: Answer) -> None:
    with Scripted(empty) as server:
        client = connect(server, mode)
        for output in OUTPUTS:
            if output == "json" and b"msgpack" in empty.data:
                continue
            for text in ("DELETE FROM a", "drop measurement \"a;b\"; DELETE FROM b WHERE t = ';'"):
                made = client.query(text, output=output)
                assert made == {"results": []} if output == "json" else len(made) == 0


def test_an_empty_answer_is_a_success_for_the_client_of_0_9(mode: str) -> None:
    with Scripted(EMPTY[1]) as server:
        client = Calls(AsyncInfluxDBClient(server.host, server.port, db="db", mode=mode))
        assert client.query("DELETE FROM a") == {"results": []}
        assert client.drop_measurement(measurement="a") == {"results": []}


def test_an_empty_answer_to_any_other_statement_is_an_error(mode: str) -> None:
    with Scripted(EMPTY[1]) as server:
        client = connect(server, mode)
        for text in ("SELECT * FROM a", "DELETE FROM a; SELECT * FROM a", "DROP SERIES FROM a"):
            for output in ("json", "rows"):
                with pytest.raises(InfluxDBDecodeError):
                    client.query(text, output=output)


def test_an_empty_answer_without_a_proven_end_is_an_error(mode: str) -> None:
    head = NO_LENGTH % b"application/json"
    for data in (head + b"\r\n", head + b"Transfer-Encoding: chunked\r\n\r\n"):
        with Scripted(Answer(data, close=True)) as server:
            client = connect(server, mode)
            for output in ("json", "rows"):
                with pytest.raises(InfluxDBError):
                    client.query("DELETE FROM a", output=output)


@pytest.mark.parametrize("output", ["json", "rows", "dicts"])
def test_the_statement_after_one_without_an_answer_keeps_its_number(mode: str, output: str) -> None:
    text = "DELETE FROM nothing; SHOW TAG KEYS"
    with Scripted(captured("v1 query delete and another")) as server:
        made = connect(server, mode).query(text, output=output)
    if output == "json":
        assert [one["statement_id"] for one in made["results"]] == [1]
    else:
        assert [name for name, _ in made] == ["r", "ty"]
        assert [len(rows) for _, rows in made] == [1, 2]


def test_an_error_after_one_without_an_answer_names_its_statement(mode: str) -> None:
    body = json.dumps({"results": [{"statement_id": 1, "error": "not implemented: DROP SHARD"}]})
    with Scripted(answer(200, body)) as server:
        client = connect(server, mode)
        for output in ("json", "rows"):
            with pytest.raises(InfluxDBQueryError, match="not implemented") as caught:
                client.query("DELETE FROM a; DROP SHARD 1", output=output)
            assert caught.value.statement == 1
