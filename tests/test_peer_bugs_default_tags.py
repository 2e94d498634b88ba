"""Tests for bugs of other clients with default tags, with one test for each bug: our client must
not have them.

The number in the name of a test is the number of the bug in our survey of other clients ("peers").
Each docstring describes what other clients do, as observed with influxdb-client 1.50.0 and
influxdb3-python 0.21.0.
"""

from __future__ import annotations

import copy
from collections import UserDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from aioinflux import FLOAT, INT, TAG, TIMEINT, InfluxDBClient, lineprotocol
from scripted import Scripted, answer
from support import Wire, lines_sent

DEFAULTS = {"host": "default", "room": "r"}
POINT: dict[str, Any] = {"measurement": "m", "time": 1, "fields": {"v": 1}}
AT_1 = pd.to_datetime([1])


@pytest.fixture
def sends_by_default() -> Iterator[Wire]:
    """Returns a function that returns the lines that a client with default tags sends."""
    with Scripted(answer(204)) as server:
        client: Any = InfluxDBClient(
            server.host, server.port, mode="blocking", db="db", tags=DEFAULTS
        )
        yield lambda *args, **kwargs: lines_sent(server, client, *args, **kwargs)
    assert DEFAULTS == {"host": "default", "room": "r"}


@lineprotocol
class Tuple(NamedTuple):
    v: INT
    host: TAG
    time: TIMEINT = 1


@lineprotocol
@dataclass
class Data:
    v: INT
    host: TAG
    time: TIMEINT = 1


@lineprotocol
@dataclass
class WithoutTags:
    v: FLOAT
    time: TIMEINT = 1


EXPLICIT: dict[str, Callable[[], tuple[object, dict[str, Any]]]] = {
    "dict": lambda: ({**POINT, "tags": {"host": "explicit"}}, {}),
    "mapping": lambda: (UserDict({**POINT, "tags": UserDict({"host": "explicit"})}), {}),
    "NamedTuple": lambda: (Tuple(1, "explicit"), {"measurement": "m"}),
    "dataclass": lambda: (Data(1, "explicit"), {"measurement": "m"}),
    "pandas": lambda: (
        pd.DataFrame({"v": [1], "host": ["explicit"]}, index=AT_1),
        {"measurement": "m", "tag_columns": ["host"]},
    ),
    "polars": lambda: (
        pl.DataFrame({"time": [1], "v": [1], "host": ["explicit"]}),
        {"measurement": "m", "tag_columns": ["host"]},
    ),
    "arrow": lambda: (
        pa.table({"time": [1], "v": [1], "host": ["explicit"]}),
        {"measurement": "m", "tag_columns": ["host"]},
    ),
}


@pytest.mark.parametrize("make", EXPLICIT.values(), ids=EXPLICIT)
def test_b03_an_explicit_tag_beats_a_default_tag(
    sends_by_default: Wire, make: Callable[[], tuple[object, dict[str, Any]]]
) -> None:
    """influxdb-client and influxdb3-python overwrite a point's own tag `host` with
    `host=default`."""
    data, options = make()
    (line,) = sends_by_default(data, **options)
    tags = line.split(" ")[0].split(",")[1:]
    assert sorted(tags) == ["host=explicit", "room=r"]
    assert line.endswith(" v=1i 1")


@pytest.mark.parametrize(
    "data", [{**POINT, "tags": {"host": "explicit"}}, POINT], ids=["tags", "no tags"]
)
def test_b03_the_point_of_the_caller_is_left_alone(
    sends_by_default: Wire, data: dict[str, Any]
) -> None:
    """influxdb-client and influxdb3-python insert default tags into the dict or Point that the
    caller passes."""
    before = copy.deepcopy(data)
    sends_by_default(data)
    assert data == before


def test_b03_a_tag_of_the_call_beats_both(sends_by_default: Wire) -> None:
    """influxdb-client and influxdb3-python do not support tags that are passed to a call."""
    point = {**POINT, "tags": {"host": "explicit"}}
    assert sends_by_default(point, host="call") == ["m,host=call,room=r v=1i 1"]


def test_b04_a_tuple_gets_the_default_tags_as_tags(sends_by_default: Wire) -> None:
    """influxdb3-python adds the default tags to the fields of a NamedTuple, which raises a
    ValueError."""
    assert sends_by_default(Tuple(1, "h")) == ["Tuple,host=h,room=r v=1i 1"]


@pytest.mark.parametrize("data", [WithoutTags(1.5), [WithoutTags(1.5)]], ids=["one", "list"])
def test_b05_an_object_gets_the_default_tags(sends_by_default: Wire, data: object) -> None:
    """influxdb-client and influxdb3-python write dataclass objects without the default tags."""
    assert sends_by_default(data) == ["WithoutTags,host=default,room=r v=1.5 1"]


def test_lines_that_come_encoded_are_left_as_they_are(sends_by_default: Wire) -> None:
    """All other clients leave encoded lines unchanged, which is correct."""
    assert sends_by_default("m v=1i 1") == ["m v=1i 1"]
