"""Tests programs that were written for aioinflux 0.9: typed points, and the serialization modules.

The programs use only features of aioinflux 0.9, except where we fix bugs of 0.9 (each test names
the bug).
"""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, Optional

import numpy as np
import pandas as pd
import pytest

from aioinflux import (
    BOOL,
    DECIMAL,
    ENUM,
    FLOAT,
    INT,
    MEASUREMENT,
    STR,
    TAG,
    TAGENUM,
    TIMEDT,
    TIMEINT,
    TIMESTR,
    InfluxDBClient,
    SchemaError,
    lineprotocol,
    serialization,
)
from aioinflux.serialization import common, dataframe, mapping, serialize
from support import Database

SECOND = 10**9
MIDNIGHT = dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)
MIDNIGHT_NS = 1704067200 * SECOND


class Colour(enum.Enum):
    RED = 1


@lineprotocol(extra_tags={"source": "x"})
class Measured(NamedTuple):
    name: MEASUREMENT
    at: TIMEDT
    host: TAG
    colour: TAGENUM
    value: FLOAT
    count: INT
    flag: BOOL
    price: DECIMAL
    word: STR
    kind: ENUM


MEASURED = Measured(
    "m", MIDNIGHT, "h", Colour.RED, 1.5, 3, True, Decimal("1.10"), 'a "word"', Colour.RED
)


@pytest.fixture
def client(database: Database) -> InfluxDBClient:
    server = database.server
    return InfluxDBClient(server.host, server.port, mode="blocking", db=database.name)


def test_objects_of_a_decorated_class_are_points(
    client: InfluxDBClient, database: Database
) -> None:
    assert client.write(MEASURED) is True
    (stored,) = database.points()
    assert stored["measurement"] == "m"
    assert stored["tags"] == {"host": "h", "colour": "RED", "source": "x"}
    assert stored["time"] == MIDNIGHT_NS
    numbers = {"value": 1.5, "count": 3, "price": 1.1}
    assert stored["fields"] == {**numbers, "flag": True, "word": 'a "word"', "kind": "RED"}
    types = {"value": "float", "count": "integer", "price": "float"}
    assert database.types() == {**types, "flag": "boolean", "word": "string", "kind": "string"}


def test_objects_tell_their_line() -> None:
    @lineprotocol
    class Trade(NamedTuple):
        timestamp: TIMEINT
        instrument: TAG
        source: TAG
        price: FLOAT
        size: INT

    line = Trade(1, "AAPL", "D", 219.23, 100).to_lineprotocol()
    assert line.rstrip(b"\n") == b"Trade,instrument=AAPL,source=D price=219.23,size=100i 1"


def test_a_class_without_a_measurement_lends_its_name() -> None:
    @lineprotocol
    @dataclass
    class Trade:
        price: FLOAT
        at: TIMESTR

    line = Trade(1.5, "2024-01-01T00:00:00Z").to_lineprotocol()
    assert line.rstrip(b"\n") == b"Trade price=1.5 %d" % MIDNIGHT_NS


def test_a_schema_beside_the_class() -> None:
    class Trade:
        def __init__(self, price: float, venue: str) -> None:
            self.price, self.venue = price, venue

    made: Any = lineprotocol(Trade, schema={"price": FLOAT, "venue": TAG})
    assert made(1.5, "x").to_lineprotocol().strip() == b"Trade,venue=x price=1.5"


def test_a_placeholder_makes_a_point_of_tags_alone(
    client: InfluxDBClient, database: Database
) -> None:
    @lineprotocol(placeholder=True)
    class Event(NamedTuple):
        at: TIMEINT
        name: TAG

    client.write(Event(1, "start"))
    assert [one["fields"] for one in database.points()] == [{"_": True}]


def test_attributes_without_value_are_left_out(client: InfluxDBClient, database: Database) -> None:
    @lineprotocol(rm_none=True)
    class Sparse(NamedTuple):
        at: TIMEINT
        host: Optional[TAG] = None  # noqa: UP045
        value: Optional[FLOAT] = None  # noqa: UP045
        count: Optional[INT] = None  # noqa: UP045

    client.write([Sparse(1, "h", 1.5), Sparse(2, None, None, 3)])
    found = [(one["tags"], one["fields"]) for one in database.points()]
    assert sorted(found, key=str) == [({"host": "h"}, {"value": 1.5}), ({}, {"count": 3})]


def test_an_object_of_nothing_is_a_schema_error() -> None:
    @lineprotocol(rm_none=True)
    class Empty(NamedTuple):
        at: TIMEINT
        value: Optional[FLOAT]  # noqa: UP045

    with pytest.raises(SchemaError):
        Empty(1, None).to_lineprotocol()


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"a": TAG},
        {"a": MEASUREMENT, "b": MEASUREMENT, "c": INT},
        {"a": TIMEINT, "b": TIMEDT, "c": INT},
        {"a": INT, "b": object()},
    ],
    ids=["nothing", "no field", "two measurements", "two times", "no marker"],
)
def test_a_wrong_schema_is_a_schema_error(schema: dict[str, Any]) -> None:
    with pytest.raises(SchemaError):
        lineprotocol(type("Wrong", (), {"__annotations__": schema}))


def test_text_in_objects_is_escaped_everywhere(client: InfluxDBClient, database: Database) -> None:
    """aioinflux 0.9 did not escape measurements, enum members and extra tags."""

    @lineprotocol(extra_tags={"ex tra": "v,a=l"})
    class Hostile(NamedTuple):
        name: MEASUREMENT
        tag: TAG
        text: STR
        at: TIMEINT

    client.write(Hostile("me as,x", "t a,g=", 'a "b" \\ c', 1))
    (stored,) = database.points()
    assert stored["measurement"] == "me as,x"
    assert stored["tags"] == {"tag": "t a,g=", "ex tra": "v,a=l"}
    assert stored["fields"] == {"text": 'a "b" \\ c'}


def test_serialize_takes_what_write_takes() -> None:
    assert serialize("m f=1 1") == b"m f=1 1"
    assert serialize(b"m f=1 1") == b"m f=1 1"
    point = {"measurement": "m", "tags": {"a": "b"}, "fields": {"f": 1}, "time": 1}
    assert serialize(point, c="d").strip() == b"m,a=b,c=d f=1i 1"
    assert serialization.serialize(["m f=1 1", point]).split() == [*b"m f=1 1 m,a=b f=1i 1".split()]
    series, _ = serialize(MEASURED).split(b" ", 1)
    assert sorted(series.split(b",")) == [b"colour=RED", b"host=h", b"m", b"source=x"]
    with pytest.raises(ValueError, match="Invalid input"):
        serialize(5)


@pytest.mark.parametrize(
    ("time", "nanoseconds"),
    [
        (5, 5),
        ("2024-01-01", MIDNIGHT_NS),
        ("2024-01-01T01:00:00+01:00", MIDNIGHT_NS),
        ("2024-01-01T00:00:00.123456789Z", MIDNIGHT_NS + 123456789),
        (MIDNIGHT, MIDNIGHT_NS),
        (MIDNIGHT.replace(tzinfo=None), MIDNIGHT_NS),
        (pd.Timestamp(MIDNIGHT) + pd.Timedelta(1, "ns"), MIDNIGHT_NS + 1),
        (np.datetime64("2024-01-01"), MIDNIGHT_NS),
        ("1969-12-31T23:59:59.5Z", -SECOND // 2),
    ],
)
def test_a_timestamp_is_nanoseconds(time: object, nanoseconds: int) -> None:
    """aioinflux 0.9 lost the nanoseconds of these times and the sign of the last one, and did not
    support numpy datetimes."""
    assert mapping._serialize_timestamp({"time": time}) == nanoseconds


@pytest.mark.parametrize("point", [{}, {"time": None}, {"time": ""}])
def test_no_time_is_no_timestamp(point: dict[str, Any]) -> None:
    assert mapping._serialize_timestamp(point) == ""


def test_a_mapping_is_one_line() -> None:
    point = {"tags": {"t": "a b"}, "fields": {"f": True, "s": "x"}}
    line = mapping.serialize(point, "m", e="z")
    assert line.strip() == b'm,e=z,t=a\\ b f=true,s="x"'


def test_a_frame_is_lines_and_an_answer_is_a_frame() -> None:
    frame = pd.DataFrame({"f": [1.5], "t": ["x"]}, index=pd.to_datetime(["2024-01-01"]))
    lines = dataframe.serialize(frame, "m", ["t"], e="z")
    assert lines.strip() == b"m,e=z,t=x f=1.5 %d" % MIDNIGHT_NS
    with pytest.raises(ValueError, match="measurement"):
        dataframe.serialize(frame, None)
    with pytest.raises(ValueError, match="DatetimeIndex"):
        dataframe.serialize(frame.reset_index(drop=True), "m")
    series = {"name": "m", "columns": ["time", "f"], "values": [[MIDNIGHT_NS, 1.5]]}
    found: Any = dataframe.parse({"results": [{"statement_id": 0, "series": [series]}]})
    assert found["f"].tolist() == [1.5]
    assert list(found.index) == [pd.Timestamp(MIDNIGHT)]


def test_text_is_escaped_by_tables() -> None:
    assert common.escape("a b", common.tag_escape) == r"a\ b"
    assert common.escape('a"b', common.str_escape) == r"a\"b"
    assert common.escape("a=b", common.measurement_escape) == "a=b"
    assert common.escape("a=b", common.key_escape) == r"a\=b"
    with pytest.warns(UserWarning, match="str"):
        assert common.escape(5, common.key_escape) == "5"
