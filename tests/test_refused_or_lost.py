"""Tests refusals that look like lost connections, and system errors: their classes, messages, and
retries."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import gzip
import json
import os
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aioinflux import AsyncInfluxDBClient, InfluxDBClient
from aioinflux.exceptions import (
    InfluxDBConnectionError,
    InfluxDBDecodeError,
    InfluxDBQueryError,
    InfluxDBWriteError,
)
from aioinflux.udp import UDPClient
from scripted import Answer, Scripted, answer
from support import Calls

SERIES = {"name": "m", "columns": ["time", "f"], "values": [[1, 2]]}
ROW = json.dumps({"results": [{"statement_id": 0, "series": [SERIES]}]})
# The server removes CR and LF from the headers of its response. The head of an HTTP response cannot
# contain a NUL. A quote in a line would begin a string.
BYTES = [byte for byte in range(256) if byte not in b'\r\n\0"']


def connect(server: Scripted, mode: str) -> Calls:
    return Calls(AsyncInfluxDBClient(server.host, server.port, db="db", mode=mode))


# Tests answers that begin in different ways.


@pytest.mark.parametrize("text", ["\x1b[31mERROR", "\x01", "\x7f", "温度", "a\x0bb"])
def test_refused_line_is_told_whatever_is_in_it(client: Calls, text: str) -> None:
    with pytest.raises(InfluxDBWriteError) as caught:
        client.write(f"logs msg={text} 1")
    error = caught.value
    assert (error.status, error.retryable) == (400, False)
    assert error.message == f"unable to parse 'logs msg={text} 1': invalid boolean"
    assert error.rejected == [(0, f"logs msg={text} 1", "invalid boolean")]


def test_refused_line_with_any_byte_is_told(client: Calls) -> None:
    for byte in BYTES:
        with pytest.raises(InfluxDBWriteError, match="unable to parse") as caught:
            client.write(b"logs msg=a" + bytes([byte]) + b"b 1")
        assert not caught.value.retryable


def test_batches_after_a_line_with_a_control_character_are_sent(client: Calls) -> None:
    with pytest.raises(InfluxDBWriteError) as caught:
        client.write("m f=1 1\nm f=\x1b 2\nm f=3 3", batch_lines=1)
    assert caught.value.written == [range(1), range(2, 3)]
    assert client.query("SELECT f FROM m")["results"][0]["series"][0]["values"] == [[1, 1], [3, 3]]


@pytest.mark.parametrize("output", ["dict", "rows"])
def test_refused_query_with_a_control_character_is_told(client: Calls, output: str) -> None:
    with pytest.raises(InfluxDBQueryError) as caught:
        client.query("SELECT \x1b[31m FROM m", output=output)
    assert (caught.value.status, caught.value.retryable) == (400, False)
    assert "error parsing query" in str(caught.value.message)


def test_headers_of_errors_leave_out_those_with_control_characters(mode: str) -> None:
    body = b'{"error":"no"}'
    head = b"HTTP/1.1 400 Bad Request\r\nX-Influxdb-Error: \x1b\r\nX-Text: \xc3\xa4\xff\r\n"
    head += b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    with Scripted(Answer(head + body)) as server:
        client = connect(server, mode)
        with pytest.raises(InfluxDBWriteError) as caught:
            client.write("m f=1 1")
    assert caught.value.message == "no"
    assert caught.value.headers["X-Text"] == "ä\ufffd"
    assert "X-Influxdb-Error" not in caught.value.headers


@pytest.mark.parametrize(
    ("head", "text"),
    [
        (b"X-Influxdb-Error: \0", "head of the answer is not HTTP"),
        (b"X-Influxdb-Error: " + b"x" * 2_000_000, "head of the answer is too large"),
    ],
    ids=["nul", "large"],
)
def test_head_that_cannot_be_read_is_worth_no_retry(mode: str, head: bytes, text: str) -> None:
    start = b"HTTP/1.1 400 Bad Request\r\n"
    with Scripted(Answer(start + head + b"\r\n\r\n", close=True)) as server:
        client = connect(server, mode)
        with pytest.raises(InfluxDBDecodeError, match=text) as caught:
            client.write("m f=1 1")
    assert caught.value.retryable is False


# Tests answers that end in different ways.


def test_compressed_answer_that_is_cut_off_is_a_decode_error(mode: str) -> None:
    body = gzip.compress(ROW.encode())
    for cut in (0, 5, len(body) // 2, len(body) - 1):
        with Scripted(answer(200, body[:cut], Content_Encoding="gzip")) as server:
            client = connect(server, mode)
            for output in ("dict", "rows"):
                with pytest.raises(InfluxDBDecodeError):
                    client.query("SELECT f FROM m", output=output)


def test_answer_cut_off_within_its_length_is_a_decode_error(mode: str) -> None:
    with Scripted(answer(200, ROW[:40])) as server:
        client = connect(server, mode)
        for output in ("dict", "rows"):
            with pytest.raises(InfluxDBDecodeError):
                client.query("SELECT f FROM m", output=output)


def test_answer_whose_connection_broke_is_a_connection_error(mode: str) -> None:
    with Scripted(answer(200, ROW, cut=40)) as server:
        client = connect(server, mode)
        for output in ("dict", "rows"):
            with pytest.raises(InfluxDBConnectionError):
                client.query("SELECT f FROM m", output=output)


def test_answer_that_ends_with_its_connection_is_refused_and_says_why(mode: str) -> None:
    head = b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"
    with Scripted(Answer(head + ROW.encode(), close=True)) as server:
        client = connect(server, mode)
        for output in ("dict", "rows"):
            with pytest.raises(InfluxDBDecodeError, match=r"HTTP/1\.0; hint: ") as caught:
                client.query("SELECT f FROM m", output=output)
            assert caught.value.retryable is False


# The system.


def test_error_of_a_unix_socket_names_its_path(tmp_path: Path, mode: str) -> None:
    path = str(tmp_path / "none.sock")
    client = Calls(InfluxDBClient(unix_socket=path, db="db", mode=mode))
    for name, arguments in (("ping", ()), ("write", ("m f=1 1",)), ("query", ("SHOW DATABASES",))):
        with pytest.raises(InfluxDBConnectionError) as caught:
            getattr(client, name)(*arguments)
        assert f"`unix:{path}`: no connection: " in str(caught.value)
        assert "localhost" not in str(caught.value)


@contextlib.contextmanager
def no_files_left() -> Iterator[None]:
    """Uses up all file descriptors of this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(name) for name in os.listdir("/proc/self/fd"))
    held = []
    # The garbage of other tests is collected first, because reporting it later would open files.
    gc.collect()
    gc.disable()
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 8, hard))
    try:
        with contextlib.suppress(OSError):
            while True:
                held.append(os.open("/dev/null", os.O_RDONLY))
        yield
    finally:
        for one in held:
            os.close(one)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        gc.enable()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_too_many_open_files_are_no_unknown_host_of_udp(host: str) -> None:
    with no_files_left(), pytest.raises(InfluxDBConnectionError) as caught:
        UDPClient(host, 8089)
    assert "Too many open files" in str(caught.value)
    assert "no such host" not in str(caught.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "no-such-host.invalid"])
def test_too_many_open_files_are_no_unknown_host(mode: str, host: str) -> None:
    client: Any = AsyncInfluxDBClient(host, 1, db="db", mode=mode)

    async def ping() -> None:
        called = client.ping()
        if mode == "async":
            await called

    async def without_files() -> None:
        with no_files_left(), pytest.raises(InfluxDBConnectionError) as caught:
            await ping()
        assert "no connection: Too many open files" in str(caught.value)

    asyncio.run(without_files())
