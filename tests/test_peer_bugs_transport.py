"""Tests for bugs of other clients in transport, with one test for each bug: our client must not
have them.

The number in the name of a test is the number of the bug in our survey of other clients ("peers").
Each docstring describes what other clients do. The bugs B22 and B23 concern buffered writers, which
our client does not have. Bugs that occur only in Rust have their tests in
`crates/client/tests/it/peer_bugs.rs`.
"""

from __future__ import annotations

import logging
import pickle
from typing import Any

import pandas as pd
import pytest

from aioinflux import (
    InfluxDBClient,
    InfluxDBConnectionError,
    InfluxDBDecodeError,
    InfluxDBError,
    InfluxDBResponseError,
)
from scripted import Answer, Scripted, answer, results
from support import Database, Wire

SECRET = "hunter2"
# The value of the header for basic authentication with the user `u` and the password `SECRET`.
ENCODED = "dTpodW50ZXIy"


def test_b24_a_password_is_shown_nowhere(face: type, caplog: pytest.LogCaptureFixture) -> None:
    """aioinflux 0.9.0 prints `BasicAuth(login='u', password='hunter2', ...)` in `repr(client)`."""
    with Scripted(answer(401, '{"error":"authorization failed"}')) as server:
        client: Any = face(
            host=server.host,
            port=server.port,
            db="db",
            username="u",
            password=SECRET,
            mode="blocking",
        )
        with (
            caplog.at_level(logging.DEBUG),
            pytest.raises(InfluxDBError) as refused,
        ):
            client.query("SHOW DATABASES")
    assert server.requests[0].headers["authorization"] == f"Basic {ENCODED}"
    shown = f"{client!r} {client} {refused.value!r} {caplog.text} {pickle.dumps(client)!r}"
    assert SECRET not in shown
    assert ENCODED not in shown


@pytest.mark.parametrize("path", ["/prefix", "/prefix/", "prefix/", "/two/levels/"])
def test_b25_a_path_before_the_endpoints_is_kept(face: type, path: str) -> None:
    """influxdb3-python drops the path in `host="http://h:1/prefix"`, and sends the write to the
    root path."""
    with Scripted(results({})) as server:
        client: Any = face(host=server.host, port=server.port, db="db", path=path, mode="blocking")
        client.ping()
        client.query("SHOW DATABASES")
    paths = [request.path for request in server.requests]
    assert paths == [f"/{path.strip('/')}/{endpoint}" for endpoint in ("ping", "query")]


def test_b25_a_host_alone_means_http_and_the_port_of_influxdb(face: type) -> None:
    """influxdb3-python turns the host `localhost` into `https://localhost:443`."""
    # The host does not exist, but the error message still names the server's URL.
    client: Any = face(host="nobody.invalid", proxy="", db="db", mode="blocking")
    with pytest.raises(InfluxDBConnectionError, match=r"`http://nobody\.invalid:8086/`"):
        client.ping()


def test_b26_the_name_of_a_column_that_is_not_there_is_an_error(sends: Wire) -> None:
    """influxdb3-python prints "column not found" and returns, without writing anything."""
    frame = pd.DataFrame({"v": [1]}, index=pd.to_datetime(["2024-01-01"]))
    with pytest.raises(ValueError, match="`missing`"):
        sends(frame, "m", tag_columns=["missing"])


def test_b26_the_database_of_a_call_is_the_one_that_is_written(database: Database) -> None:
    """influxdb3-python ignores the argument `database` of `write_file` if the measurement is a
    column."""
    server = database.server
    client: Any = InfluxDBClient(server.host, server.port, mode="blocking", db="nowhere")
    frame = pd.DataFrame({"v": [1], "of": ["m"]}, index=pd.to_datetime([1]))
    client.write(frame, measurement_column="of", db=database.name)
    assert [(one["measurement"], one["fields"]) for one in database.points()] == [("m", {"v": 1})]


def test_b26_a_table_without_measurement_is_an_error(sends: Wire) -> None:
    """influxdb3-python prints that there is no column `measurement`, and returns."""
    frame = pd.DataFrame({"v": [1]}, index=pd.to_datetime(["2024-01-01"]))
    with pytest.raises(ValueError, match="measurement"):
        sends(frame)


@pytest.mark.parametrize("output", [None, "pandas", "rows", "dicts", "pyarrow", "polars"])
def test_b27_data_that_reads_like_an_error_is_data(
    either: Any, database: Database, output: str | None
) -> None:
    """The crate influxdb treats every answer that contains the string `"error"` as an error."""
    text = '{"error":"none"}'
    either.write({"measurement": "error", "tags": {"tag": "error"}, "fields": {"error": text}})
    answer = either.query('SELECT * FROM "error"', output=output)
    if output is None:
        (series,) = answer["results"][0]["series"]
        assert series["name"] == "error"
        assert series["values"][0][1:] == [text, "error"]
    else:
        assert len(answer) == 1
    assert [one["fields"] for one in database.points()] == [{"error": text}]


def test_b28_a_server_that_does_not_say_its_version_answers_a_ping(face: type) -> None:
    """The crate influxdb panics if the server's answer has no version header."""
    with Scripted(Answer(b"HTTP/1.1 204 No Content\r\n\r\n")) as server:
        assert face(host=server.host, port=server.port, db="db", mode="blocking").ping() == {}


def test_b28_a_version_that_is_no_text_answers_a_ping(face: type) -> None:
    """The crate influxdb panics if the version header is not ASCII."""
    head = b"HTTP/1.1 204 No Content\r\nX-Influxdb-Version: \xff\xfe\r\n\r\n"
    with Scripted(Answer(head)) as server:
        headers = face(host=server.host, port=server.port, db="db", mode="blocking").ping()
    assert list(headers) == ["X-Influxdb-Version"]


@pytest.mark.parametrize("host", ["", " ", "a b", "http://", "[::1", "%zz", "u@h", "exa\0mple"])
def test_b28_a_host_that_can_be_none_is_refused(face: type, host: str) -> None:
    """The crate influxdb accepts any string as a URL, and panics at the first request if it is not
    a URL."""
    with pytest.raises(ValueError, match=r"host|url"):
        face(host=host, db="db")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Answer(b"nonsense\r\n\r\n", close=True), InfluxDBDecodeError),
        (Answer(b"", close=True), InfluxDBConnectionError),
        (answer(500), InfluxDBResponseError),
    ],
    ids=["nonsense", "nothing", "500"],
)
def test_b28_what_is_no_answer_to_a_ping_is_an_error_of_ours(
    face: type, reply: Answer, error: type[Exception]
) -> None:
    """The crates influxdb and influxdb2 panic on several answers that they do not expect."""
    with Scripted(reply) as server, pytest.raises(error):
        face(host=server.host, port=server.port, db="db", mode="blocking").ping()


def test_b30_a_password_is_shown_by_no_attribute(face: type) -> None:
    """The crate influxdb3-client shows the token in the `Debug` output of its configuration."""
    client: Any = face(db="db", username="u", password=SECRET)
    assert SECRET not in repr(vars(client))
