"""Tests that warnings name the user's line, whichever way a call takes to the code that warns."""

from __future__ import annotations

import asyncio
import socket
import sys
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

import aioinflux
from aioinflux import AsyncInfluxDBClient, InfluxDBClient, to_line_protocol
from aioinflux.serialization.common import escape, tag_escape
from aioinflux.udp import UDPClient
from scripted import Scripted, answer

POINT = {"measurement": "m", "tags": {"t": 5}, "fields": {"f": 1}}
# The sizes of the tested writes: the first has one batch, and the second has several batches, which
# use different functions.
SIZES = [1, 25]


def line() -> int:
    """Returns the number of the line that calls this function."""
    return sys._getframe(1).f_lineno


@pytest.fixture
def told() -> Iterator[list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        yield found


def shown(told: list[warnings.WarningMessage]) -> list[tuple[str, int]]:
    return [(one.filename, one.lineno) for one in told]


@pytest.mark.parametrize("points", SIZES)
@pytest.mark.parametrize("face", [InfluxDBClient, AsyncInfluxDBClient])
def test_a_blocking_write_warns_at_its_line(told: Any, face: Any, points: int) -> None:
    with Scripted(answer(204)) as server:
        client = face("127.0.0.1", server.port, db="db", mode="blocking")
        here = line() + 1
        client.write([POINT] * points, batch_lines=10, stamp=True)
    assert shown(told) == [(__file__, here)]


@pytest.mark.parametrize("points", SIZES)
@pytest.mark.parametrize("face", [InfluxDBClient, AsyncInfluxDBClient])
def test_a_write_that_is_awaited_warns_at_its_line(told: Any, face: Any, points: int) -> None:
    async def run(port: int) -> int:
        client = face("127.0.0.1", port, db="db")
        here = line() + 1
        await client.write([POINT] * points, batch_lines=10, stamp=True)
        return here

    async def run_as_task(port: int) -> int:
        return await asyncio.create_task(run(port))

    with Scripted(answer(204)) as server:
        lines = [asyncio.run(run(server.port)), asyncio.run(run_as_task(server.port))]
    assert shown(told) == [(__file__, here) for here in lines]


@pytest.mark.parametrize("points", SIZES)
def test_a_write_of_an_async_iterable_warns_at_its_line(told: Any, points: int) -> None:
    async def each() -> AsyncIterator[Any]:
        for _ in range(points):
            await asyncio.sleep(0)
            yield POINT

    async def run(port: int) -> int:
        client = InfluxDBClient("127.0.0.1", port, db="db")
        here = line() + 1
        await client.write(each(), batch_lines=10, stamp=True)
        return here

    with Scripted(answer(204)) as server:
        here = asyncio.run(run(server.port))
    assert shown(told) == [(__file__, here)]


@pytest.mark.parametrize("points", SIZES)
def test_a_write_that_is_a_task_of_its_own_warns_outside_the_package(
    told: Any, points: int
) -> None:
    async def run(port: int) -> None:
        client = InfluxDBClient("127.0.0.1", port, db="db")
        await asyncio.gather(client.write([POINT] * points, batch_lines=10, stamp=True))

    with Scripted(answer(204)) as server:
        asyncio.run(run(server.port))
    assert len(told) == 1
    assert not told[0].filename.startswith(str(Path(aioinflux.__file__).parent))


@pytest.mark.parametrize("points", SIZES)
def test_a_write_by_udp_warns_at_its_line(told: Any, points: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        client = UDPClient("127.0.0.1", listener.getsockname()[1], mode="blocking")
        here = line() + 1
        client.write([POINT] * points, batch_lines=10, stamp=True)
    assert shown(told) == [(__file__, here)]


def test_encoders_and_serializers_warn_at_the_line_of_their_call(told: Any) -> None:
    lines = []
    lines.append(line() + 1)
    to_line_protocol(POINT)
    lines.append(line() + 1)
    list(aioinflux.line_batches(POINT))
    lines.append(line() + 1)
    aioinflux.serialization.mapping.serialize(POINT)
    lines.append(line() + 1)
    escape(5, tag_escape)
    assert shown(told) == [(__file__, here) for here in lines]


def test_a_subclass_that_writes_is_code_of_the_user(told: Any) -> None:
    lines = []

    class Own(InfluxDBClient):
        def write(self, *args: Any, **kwargs: Any) -> Any:
            lines.append(line() + 1)
            return super().write(*args, **kwargs)

    with Scripted(answer(204)) as server:
        Own("127.0.0.1", server.port, db="db", mode="blocking").write(POINT)
    assert shown(told) == [(__file__, here) for here in lines]


@pytest.mark.parametrize("face", [InfluxDBClient, AsyncInfluxDBClient])
def test_arguments_without_an_effect_warn_at_the_line_of_the_constructor(
    told: Any, face: Any
) -> None:
    class Own(face):  # type: ignore[misc]
        """A subclass that a user defines, which is outside the package."""

    here = line() + 1
    face(db="db", loop=object())
    there = line() + 1
    Own(db="db", loop=object())
    assert shown(told) == [(__file__, here), (__file__, there)]


def test_a_warning_that_is_an_error_ends_the_call() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="converted to str"):
            to_line_protocol(POINT)


def test_the_same_line_warns_once_by_default() -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("default")
        for _ in range(3):
            to_line_protocol(POINT)
    assert len(told) == 1
