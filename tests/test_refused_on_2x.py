"""Tests what `write` reports if InfluxDB 2.x refuses points. The scripted server refuses lines as
2.x does: if it cannot read one line, it stores none."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from aioinflux import AsyncInfluxDBClient, InfluxDBClient, InfluxDBWriteError
from scripted import Answer, Request, Scripted, answer
from support import Calls

STORED: list[str] = []
CONFLICT = (
    "failure writing points to database: partial write: field type conflict: input field "
    '"f" on measurement "m" is type string, already exists as type float dropped=1'
)


def refused(status: int, message: str, **headers: str) -> Answer:
    return answer(status, json.dumps({"code": "invalid", "message": message}), **headers)


def of_2x(request: Request) -> Answer:
    """Answers like InfluxDB 2.7, and keeps the lines that it accepts."""
    lines = request.body.decode().splitlines()
    bad = [line for line in lines if line.startswith("bad")]
    if bad:
        return refused(400, "\n".join(f"unable to parse '{line}': missing fields" for line in bad))
    if any('f="' in line for line in lines):
        return refused(422, CONFLICT)
    STORED.extend(lines)
    return answer(204, X_Influxdb_Version="v2.7.1")


@pytest.fixture
def server() -> Iterator[Scripted]:
    STORED.clear()
    with Scripted(of_2x) as server:
        yield server


@pytest.fixture
def client(server: Scripted, mode: str) -> Calls:
    place: dict[str, Any] = {"token": "t", "org": "o", "bucket": "b", "server": "2.x"}
    return Calls(InfluxDBClient(server.host, server.port, mode=mode, **place))


def lines(count: int, *bad: int) -> list[str]:
    return [f"bad{n}" if n in bad else f"m f={n} {n}" for n in range(count)]


def test_a_refused_line_refuses_its_request(client: Calls) -> None:
    with pytest.raises(InfluxDBWriteError) as raised:
        client.write("\n".join(lines(5, 1, 3)))
    assert raised.value.rejected == [(1, "bad1", "missing fields"), (3, "bad3", "missing fields")]
    assert not raised.value.partial
    assert STORED == []


def test_the_other_lines_are_sent_again(client: Calls) -> None:
    with pytest.raises(InfluxDBWriteError) as raised:
        client.write(lines(5, 1, 3), on_reject="resend")
    error = raised.value
    assert [index for index, _, _ in error.rejected] == [1, 3]
    assert error.partial
    assert error.written == [range(1), range(2, 3), range(4, 5)]
    assert [line for line in lines(5) if line in STORED] == STORED
    assert len(STORED) == 3


def test_every_batch_of_a_write_is_sent_again(client: Calls) -> None:
    seen: list[int] = []

    def tell(done: int, *_: object) -> None:
        seen.append(done)

    arguments: dict[str, Any] = {"batch_lines": 10, "connections": 2, "progress": tell}
    with pytest.raises(InfluxDBWriteError) as raised:
        client.write(iter(lines(50, 3, 4, 29, 30, 49)), on_reject="resend", **arguments)
    assert [index for index, _, _ in raised.value.rejected] == [3, 4, 29, 30, 49]
    assert sum(len(one) for one in raised.value.written) == len(set(STORED)) == len(STORED) == 45
    assert seen[-1] == 50


def test_a_row_with_a_type_conflict_is_named(client: Calls) -> None:
    index = pd.date_range("2024-01-01", periods=3, freq="s", tz="UTC")
    frame = pd.DataFrame({"f": [1.0, "text", 2.0], "g": [1, 2, 3]}, index=index)
    with pytest.raises(
        InfluxDBWriteError, match="was sent as string and is stored as float"
    ) as raised:
        client.write(frame, "m")
    ((row, line, reason),) = raised.value.rejected
    assert (row, line) == (1, 'm f="text",g=2i 1704067201000000000')
    assert reason.startswith("field type conflict")
    assert raised.value.partial


@pytest.mark.parametrize("value", ["later", "Resend", ""])
def test_other_values_are_refused(client: Calls, server: Scripted, value: str) -> None:
    with pytest.raises(ValueError, match="`on_reject`: expected error or resend"):
        client.write("m f=1 1", on_reject=value)
    assert server.requests == []


def test_on_reject_of_another_type_is_refused(client: Calls) -> None:
    with pytest.raises(TypeError, match="on_reject"):
        client.write("m f=1 1", on_reject=True)


def test_the_face_of_0_1_does_not_take_it_for_a_tag(server: Scripted) -> None:
    seed = AsyncInfluxDBClient(server.host, server.port, db="db", mode="blocking")
    with pytest.raises(TypeError, match="on_reject"):
        seed.write("m f=1 1", on_reject="resend")


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("Sun, 06 Nov 1994 08:49:40 GMT", 3.0), (None, None)]
)
@pytest.mark.parametrize("status", [429, 503])
def test_an_error_says_how_long_to_wait(
    status: int, header: str | None, seconds: float | None
) -> None:
    headers = {"Date": "Sun, 06 Nov 1994 08:49:37 GMT"}
    if header is not None:
        headers["Retry_After"] = header
    with Scripted(lambda _: refused(status, "busy", **headers)) as server:
        client = InfluxDBClient(
            server.host, server.port, mode="blocking", token="t", bucket="b", server="2.x"
        )
        with pytest.raises(InfluxDBWriteError) as raised:
            client.write("m f=1 1")
    assert raised.value.retryable
    assert raised.value.retry_after == seconds
    assert pickle.loads(pickle.dumps(raised.value)).retry_after == seconds
