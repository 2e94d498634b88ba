"""Tests for bugs that a tester found, with one test for each bug."""

from __future__ import annotations

import contextlib
import decimal
import enum
import logging
import os
import pickle
import signal
import threading
from collections import UserDict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from aioinflux import (
    AsyncInfluxDBClient,
    InfluxDBConnectionError,
    InfluxDBDecodeError,
    InfluxDBError,
)
from scripted import Scripted, answer, chunked
from support import Calls, Database, Wire, run_python

POINT = {"measurement": "m", "fields": {"f": 1}}


def test_more_rows_than_a_chunk_holds_are_a_whole_answer(client: Calls) -> None:
    client.write("\n".join(f"m f={i} {i}" for i in range(25_001)))
    (result,) = client.query("SELECT f FROM m")["results"]
    (series,) = result["series"]
    assert [row[0] for row in series["values"]] == list(range(25_001))
    assert sorted(series) == ["columns", "name", "values"]
    assert sorted(result) == ["series", "statement_id"]
    groups = "SELECT f FROM m; SELECT f FROM m GROUP BY time(1u) LIMIT 1; SHOW DATABASES"
    assert [
        r["statement_id"] for r in client.query(groups.replace(" GROUP BY time(1u)", ""))["results"]
    ] == [0, 1, 2]


def test_statements_that_come_in_pieces_are_one_result(
    client: Calls, frames: AsyncInfluxDBClient, database: Database
) -> None:
    client.write("a,k=a f=1 1\nb,k=b f=1 1")
    expected = database.query("SHOW TAG KEYS")
    assert client.query("SHOW TAG KEYS") == expected
    assert frames.query("SHOW TAG KEYS") == expected


EXIT = """
import asyncio, sys
from aioinflux import AsyncInfluxDBClient
async def main():
    await AsyncInfluxDBClient(sys.argv[1], int(sys.argv[2]), db=sys.argv[3]).write("m f=1 1")
asyncio.run(main())
"""


def test_programs_end_well_right_after_a_request(database: Database) -> None:
    server = database.server
    for _ in range(20):
        child = run_python(EXIT, server.host, str(server.port), database.name)
        _, err = child.communicate(timeout=50)
        assert (child.returncode, err) == (0, "")


class StopError(Exception):
    pass


def test_a_signal_in_the_middle_of_a_mapping_is_no_change_of_its_type(
    blocking: AsyncInfluxDBClient,
) -> None:
    points = [UserDict(POINT)] * 200_000

    def stop(*_: object) -> None:
        raise StopError

    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.005)
        with pytest.raises(StopError):
            blocking.write(points)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_ctrl_c_stops_the_encoding_of_a_frame(blocking: AsyncInfluxDBClient) -> None:
    n = 2_000_000
    df = pd.DataFrame({"f": np.arange(float(n))}, index=pd.date_range("2020", periods=n, freq="s"))
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        blocking.write(df, "m")


@pytest.mark.parametrize(
    "value",
    [
        pd.Timestamp(np.datetime64("20000-01-01", "s")),
        pd.Timestamp(np.datetime64("-0005-01-01", "s")),
        "-2020-01-01",
        "2020-01-01T00:00:00[Europe/Paris]",
        "2020-01-01T00:00:00-05:00[Europe/Paris]",
        "2016-12-31T23:59:60Z",
        np.longdouble("1.5"),
    ],
)
def test_times_that_would_be_others_are_refused(wire: Wire, value: object) -> None:
    with pytest.raises(ValueError, match="time"):
        wire({**POINT, "time": value})


def test_a_longdouble_of_nanoseconds_is_exact(wire: Wire) -> None:
    value = np.longdouble("1257894000000000001")
    assert wire({**POINT, "time": value}) == ["m f=1i 1257894000000000001"]


CUT = chunked(
    b'{"results":[{"statement_id":0,"series":[{"name":"m","columns":["time","f"],"values":[[1,2]]}]}]}',
    end=False,
)


def test_errors_of_frames_can_be_pickled(mode: str) -> None:
    del mode
    with Scripted(CUT) as server:
        client = AsyncInfluxDBClient(server.host, server.port, mode="dataframe")
        with pytest.raises((InfluxDBConnectionError, InfluxDBDecodeError)) as caught:
            client.query("SELECT f FROM m")
    assert isinstance(caught.value.result, pd.DataFrame)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    "q",
    [
        "SET PASSWORD FOR \"it's\" = 'hunter2'",
        "CREATE USER x WITH PASSWORD -- don't\n 'hunter2'",
        "CREATE USER x WITH PASSWORD 'hun\\'hunter2'",
    ],
)
def test_no_spelling_shows_a_password_in_the_log(
    blocking: AsyncInfluxDBClient, caplog: pytest.LogCaptureFixture, q: str
) -> None:
    with caplog.at_level(logging.DEBUG, "aioinflux"):
        with contextlib.suppress(InfluxDBError):
            blocking.query(q)
        with pytest.raises(ValueError, match="placeholders") as braces:
            blocking.query(q + " {")
    assert "PASSWORD" in caplog.text
    assert "hunter2" not in caplog.text + str(braces.value)


def test_a_url_for_a_host_is_not_shown() -> None:
    with pytest.raises(ValueError, match="host") as caught:
        AsyncInfluxDBClient("http://admin:hunter2@localhost")
    assert "hunter2" not in str(caught.value)


class Own(dict[str, Any]):
    """A dict whose methods return something other than the content of the dict."""

    def items(self) -> Any:
        return [("f", 2)]


def test_a_subclass_of_dict_is_asked_by_its_methods(wire: Wire) -> None:
    assert wire({"measurement": "m", "fields": Own(raw=1), "time": 1}) == ["m f=2i 1"]


@pytest.mark.parametrize(
    "body", [b'{"results":[{"series":[{"name":"\xff"}]}]}', b'{"results":[1e999]}']
)
def test_a_damaged_answer_is_an_error_of_ours(mode: str, body: bytes) -> None:
    with Scripted(answer(200, body)) as server:
        client = Calls(AsyncInfluxDBClient(server.host, server.port, mode=mode))
        with pytest.raises(InfluxDBDecodeError):
            client.query("SELECT f FROM m")


class Colour(enum.IntFlag):
    RED = 1
    BLUE = 2


class Mark(enum.Flag):
    A = 1


def test_flags_are_tags(wire: Wire) -> None:
    with pytest.warns(UserWarning, match="converted to str"):
        (line,) = wire({**POINT, "tags": {"t": Colour.RED | Colour.BLUE}, "time": 1}, x=Mark.A)
    assert line.startswith("m,t=")
    assert ",x=A " in line


def test_decimals_are_no_quiet_zeros_and_no_tags_without_value(wire: Wire) -> None:
    assert wire({**POINT, "tags": {"t": decimal.Decimal("NaN")}, "time": 1}) == ["m f=1i 1"]
    with pytest.raises(ValueError, match="point 0: field `f`"):
        wire({"measurement": "m", "fields": {"f": decimal.Decimal("1e-400")}})
    with pytest.raises(TypeError, match="point 0: field `f`"):
        wire({"measurement": "m", "fields": {"f": np.complex128("nan")}})


def test_a_query_of_nothing_is_refused(client: Calls) -> None:
    with pytest.raises(ValueError, match="argument `q`"):
        client.query(" ; ")


@pytest.fixture(autouse=True)
def _default_interrupt() -> Iterator[None]:
    """Makes Ctrl-C raise `KeyboardInterrupt`, whatever handler was set before."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
