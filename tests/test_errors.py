"""Tests the errors of requests: their classes, attributes, messages, and pickles."""

from __future__ import annotations

import asyncio
import json
import pickle
import socket
from pathlib import Path
from typing import Any

import pytest

from aioinflux import AsyncInfluxDBClient, InfluxDBError, exceptions
from aioinflux.exceptions import (
    InfluxDBConnectionError,
    InfluxDBDecodeError,
    InfluxDBQueryError,
    InfluxDBResponseError,
    InfluxDBTimeoutError,
    InfluxDBWriteError,
)
from scripted import Answer, Hang, Scripted, answer, results
from support import Calls, Database

SECRET = "pass-word-42"


def connect(server: Scripted, mode: str, **kwargs: Any) -> Calls:
    return Calls(AsyncInfluxDBClient(server.host, server.port, "user", SECRET, mode=mode, **kwargs))


def test_tree_of_classes() -> None:
    assert issubclass(InfluxDBConnectionError, (InfluxDBError, ConnectionError))
    assert issubclass(InfluxDBTimeoutError, InfluxDBConnectionError)
    assert issubclass(InfluxDBTimeoutError, TimeoutError)
    assert issubclass(InfluxDBWriteError, InfluxDBResponseError)
    assert issubclass(InfluxDBQueryError, InfluxDBResponseError)
    assert issubclass(InfluxDBDecodeError, ValueError)
    for name in exceptions.__all__:
        assert issubclass(getattr(exceptions, name), InfluxDBError)


def test_nobody_listens(mode: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    client = Calls(AsyncInfluxDBClient("127.0.0.1", port, "user", SECRET, mode=mode))
    with pytest.raises(InfluxDBConnectionError, match=str(port)) as caught:
        client.ping()
    assert isinstance(caught.value, ConnectionError)
    assert SECRET not in repr(caught.value)


def test_name_that_does_not_exist() -> None:
    client = AsyncInfluxDBClient("no-such-host.invalid", mode="blocking")
    with pytest.raises(InfluxDBConnectionError, match=r"no-such-host\.invalid"):
        client.ping()


@pytest.mark.parametrize("call", ["ping", "write", "query"])
def test_no_answer_in_time(mode: str, call: str) -> None:
    arguments = {"ping": (), "write": ("m f=1",), "query": ("SHOW DATABASES",)}[call]
    with Scripted(Hang()) as server:
        client = connect(server, mode, timeout=0.1)
        with pytest.raises(InfluxDBTimeoutError, match=r"\(`timeout`\)") as caught:
            getattr(client, call)(*arguments)
    assert isinstance(caught.value, TimeoutError)


def test_a_timeout_is_caught_as_one_of_asyncio() -> None:
    """aioinflux 0.9 raised `asyncio.TimeoutError`, which has been the builtin class only since
    Python 3.11."""
    assert issubclass(InfluxDBTimeoutError, asyncio.TimeoutError)


def test_connection_lost_before_the_answer(mode: str) -> None:
    with Scripted(Answer(b"", close=True)) as server, pytest.raises(InfluxDBConnectionError):
        connect(server, mode).write("m f=1")


STATUSES = [400, 401, 403, 404, 500, 503]


@pytest.mark.parametrize("status", STATUSES)
def test_refused_write_tells_status_and_message(mode: str, status: int) -> None:
    body = json.dumps({"error": "the server's words"})
    with Scripted(answer(status, body, X_Influxdb_Error="the server's words")) as server:
        client = connect(server, mode)
        with pytest.raises(InfluxDBWriteError, match="the server's words") as caught:
            client.write("m f=1")
    error = caught.value
    assert (error.status, error.message) == (status, "the server's words")
    assert error.headers["X-Influxdb-Version"] == "1.6.7"
    assert str(status) in str(error)
    assert SECRET not in str(error)
    # No retry.
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", STATUSES)
def test_refused_query_tells_status_and_message(mode: str, status: int) -> None:
    with Scripted(answer(status, '{"error":"the server\'s words"}')) as server:
        client = connect(server, mode)
        with pytest.raises(InfluxDBResponseError, match="the server's words") as caught:
            client.query("SHOW DATABASES")
    assert (caught.value.status, caught.value.message) == (status, "the server's words")


@pytest.mark.parametrize("body", ["", "plain text", "<html><body>Bad Gateway</body></html>"])
def test_refusal_that_is_no_json_is_told(mode: str, body: str) -> None:
    with Scripted(answer(502, body, Content_Type="text/html")) as server:
        client = connect(server, mode)
        with pytest.raises(InfluxDBResponseError) as caught:
            client.write("m f=1")
    assert caught.value.status == 502


@pytest.mark.parametrize("status", [200, 201, 301, 302])
def test_write_succeeds_on_204_alone(mode: str, status: int) -> None:
    with Scripted(answer(status, "<html>", Location="/elsewhere")) as server:
        client = connect(server, mode)
        with pytest.raises(InfluxDBError):
            client.write("m f=1")
    assert len(server.requests) == 1


def test_partial_write_names_the_rejected_points(client: Calls, database: Database) -> None:
    client.write("m f=1i 1")
    points = [
        {"measurement": "m", "fields": {"f": value}, "time": n}
        for n, value in enumerate([2, 0.5, 3], start=2)
    ]
    with pytest.raises(InfluxDBWriteError, match="field type conflict") as caught:
        client.write(points)
    error = caught.value
    assert error.status == 400
    assert "dropped=1" in error.message
    assert all(len(entry) == 3 for entry in error.rejected)
    assert [p["time"] for p in database.points()] == [1, 2, 4]


@pytest.mark.parametrize(
    ("stored", "value", "sent"),
    [("1i", 0.5, "float"), ("1", 2, "integer"), ("true", "x", "string"), ('"x"', True, "boolean")],
)
def test_field_type_conflict_names_the_field_both_types_and_the_page(
    client: Calls, stored: str, value: object, sent: str
) -> None:
    client.write(f"the\\ m the\\ f={stored} 1")
    kind = {"1i": "integer", "1": "float", "true": "boolean", '"x"': "string"}[stored]
    point = {"measurement": "the m", "fields": {"the f": value}, "time": 2}
    with pytest.raises(InfluxDBWriteError) as caught:
        client.write(point)
    assert (
        f"hint: field `the f` of `the m` was sent as {sent} and is stored as {kind}; for the "
        "mapping of Python types see docs/types.md"
    ) in str(caught.value)
    page = Path(__file__).resolve().parent.parent / "docs" / "types.md"
    assert page.read_text().startswith("# Types of fields")


def test_line_that_the_server_cannot_parse_is_named(client: Calls) -> None:
    with pytest.raises(InfluxDBWriteError, match="unable to parse") as caught:
        client.write("m f=1 1\nm f=bad 2\nm f=3 3")
    ((index, line, reason),) = caught.value.rejected
    assert (index, line) == (1, "m f=bad 2")
    assert reason


def test_unknown_database_is_told(client: Calls) -> None:
    client.client.db = "no_such_database"
    with pytest.raises(InfluxDBWriteError, match="no_such_database") as caught:
        client.write("m f=1")
    assert caught.value.status == 404


def test_write_without_a_database_is_an_error(client: Calls) -> None:
    client.client.db = None
    with pytest.raises((ValueError, InfluxDBError), match="`db` is missing"):
        client.write("m f=1")


def test_oversized_body_is_split_at_line_ends(mode: str) -> None:
    too_large = answer(413, '{"error":"Request Entity Too Large"}')
    points = [{"measurement": "m", "fields": {"s": f"a\nb{n}"}, "time": n} for n in range(10)]
    with Scripted(too_large, answer(204)) as server:
        assert connect(server, mode).write(points) is True
    whole, *parts = [request.text for request in server.requests]
    assert len(parts) == 2
    assert "".join(parts) == whole
    assert all(part.startswith("m s=") and part.endswith("\n") for part in parts)


def test_single_line_that_is_too_large_is_an_error(mode: str) -> None:
    with Scripted(answer(413, '{"error":"Request Entity Too Large"}')) as server:
        client = connect(server, mode)
        with pytest.raises(InfluxDBWriteError, match="Too Large") as caught:
            client.write("m f=1")
    assert caught.value.status == 413


BODY = json.dumps(
    {"results": [{"statement_id": 0, "series": [{"name": "m", "columns": ["time", "f"]}]}]}
)


@pytest.mark.parametrize("cut", [0, 1, 10, len(BODY) // 2, len(BODY) - 1])
@pytest.mark.parametrize("kind", ["async", "blocking", "dataframe"])
def test_answer_that_is_cut_off_is_an_error(kind: str, cut: int) -> None:
    with Scripted(answer(200, BODY, cut=cut)) as server:
        client = connect(server, kind)
        with pytest.raises(InfluxDBError):
            client.query("SELECT * FROM m")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "<html>InfluxDB 2 UI</html>",
        "[]",
        "null",
        BODY + "x",
        BODY + "json: error calling MarshalJSON for type: unsupported value: +Inf",
        BODY[:-3],
    ],
)
@pytest.mark.parametrize("kind", ["async", "blocking", "dataframe"])
def test_answer_that_is_none_is_an_error(kind: str, body: str) -> None:
    with Scripted(answer(200, body)) as server:
        client = connect(server, kind)
        with pytest.raises(InfluxDBError):
            client.query("SELECT * FROM m")


def test_partial_answer_is_an_error_that_keeps_what_came(mode: str) -> None:
    series = {"name": "m", "columns": ["time", "f"], "values": [[1, 2]], "partial": True}
    with Scripted(results({"series": [series], "partial": True})) as server:
        client = connect(server, mode)
        with pytest.raises(InfluxDBError) as caught:
            client.query("SELECT * FROM m")
    result = caught.value.result  # type: ignore[attr-defined]
    assert result["results"][0]["series"][0]["values"] == [[1, 2]]


def test_statement_error_keeps_frames_in_dataframe_mode(frames: AsyncInfluxDBClient) -> None:
    frames.write("m f=1 1")
    with pytest.raises(InfluxDBQueryError) as caught:
        frames.query("SELECT f FROM m; SELECT f FROM nowhere..m")
    assert list(caught.value.result["f"]) == [1.0]


def test_ping_of_something_else_is_an_error(mode: str) -> None:
    with Scripted(answer(404, "not found", Content_Type="text/plain")) as server:
        client = connect(server, mode)
        with pytest.raises(InfluxDBResponseError) as caught:
            client.ping()
    assert caught.value.status == 404


def caught_errors(client: Calls) -> list[InfluxDBError]:
    found = []
    for call in (
        lambda: client.write("m f=bad"),
        lambda: client.query("SELEKT"),
        lambda: client.query("SHOW DATABASES; SELECT * FROM nowhere..m"),
        lambda: Calls(AsyncInfluxDBClient("127.0.0.1", 1, mode="blocking")).ping(),
    ):
        with pytest.raises(InfluxDBError) as caught:
            call()
        found.append(caught.value)
    return found


def test_errors_of_a_server_go_through_pickle_with_their_fields(client: Calls) -> None:
    for error in caught_errors(client):
        copy = pickle.loads(pickle.dumps(error))
        assert type(copy) is type(error)
        assert str(copy) == str(error)
        assert vars(copy) == vars(error)


@pytest.mark.parametrize("name", exceptions.__all__)
def test_every_class_goes_through_pickle(name: str) -> None:
    error = getattr(exceptions, name)("text")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == "text"


def test_text_of_an_error_is_lower_case_without_a_period(client: Calls) -> None:
    for error in caught_errors(client):
        text = str(error)
        assert text
        assert not text.endswith(".")
        assert "\n" not in text.strip()
