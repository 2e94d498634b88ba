"""Tests answers that are converted to objects of classes with `@lineprotocol`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import urllib.parse
import urllib.request
from collections import namedtuple
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

import attrs
import pydantic
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
    InfluxDBQueryError,
    lineprotocol,
    parse_response,
    to_line_protocol,
)
from aioinflux._output import Maker
from aioinflux.serialization.usertype import reader
from aioinflux.typed import Field, Measurement, Tag, Time
from support import Calls, Database

NS = 1500000000123456789


class Level(enum.Enum):
    LOW = 0
    HIGH = 1


def body(*series: dict[str, Any]) -> bytes:
    return json.dumps({"results": [{"statement_id": 0, "series": list(series)}]}).encode()


def one(marker: Any, cell: Any, **more: Any) -> Any:
    """Returns the value of the attribute `k`, whose type is given by a marker, after a cell was
    read into it."""
    schema = {"k": marker, "time": TIMEINT, "v": FLOAT}
    made = lineprotocol(namedtuple("Point", ["k", "v"], **more), schema=schema)
    series = {"name": "m", "columns": ["time", "k", "v"], "values": [[NS, cell, 1.5]]}
    [point] = parse_response(body(series), into=made)
    assert point.v == 1.5
    return point.k


def times(marker: Any, ns: int = NS) -> Any:
    made = lineprotocol(namedtuple("P", ["at"]), schema={"at": marker, "v": FLOAT})
    series = {"name": "m", "columns": ["time", "v"], "values": [[ns, 1.5]]}
    [point] = parse_response(body(series), into=made)
    return point.at


def test_times_become_what_their_marker_says() -> None:
    assert times(TIMEINT) == times(Annotated[int, Time]) == times(Annotated[Any, Time]) == NS
    assert times(TIMESTR) == times(Annotated[str, Time]) == "2017-07-14T02:40:00.123456789Z"
    moment = dt.datetime(2017, 7, 14, 2, 40, 0, 123456, tzinfo=dt.timezone.utc)
    assert times(TIMEDT) == times(Annotated[dt.datetime, Time]) == moment
    assert times(TIMEDT | None) == moment
    assert times(TIMEDT).utcoffset() == dt.timedelta(0)


@pytest.mark.parametrize("ns", [-1, -(2**63) + 2, 2**63 - 2, 0])
def test_times_far_away_are_right(ns: int) -> None:
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
    assert times(TIMEDT, ns) == epoch + dt.timedelta(microseconds=ns // 1000)
    made = lineprotocol(namedtuple("P", ["at"]), schema={"at": TIMESTR, "v": FLOAT})
    text = times(TIMESTR, ns)
    written = to_line_protocol({"measurement": "m", "fields": {"f": 1}, "time": text})
    assert written == b"m f=1i %d\n" % ns
    assert made(text).at == text


@pytest.mark.parametrize(
    ("marker", "cell", "value"),
    [
        (FLOAT, 0.1, 0.1),
        (FLOAT, 5, 5.0),
        (INT, 2**53 + 1, 2**53 + 1),
        (INT, 5.0, 5),
        (BOOL, False, False),
        (STR, 'a "b" é\n', 'a "b" é\n'),
        (TAG, "x y", "x y"),
        (TAG, 5, "5"),
        (DECIMAL, 0.1, Decimal("0.1")),
        (DECIMAL, 5, Decimal(5)),
        (TAGENUM, "HIGH", "HIGH"),
        (ENUM, "HIGH", "HIGH"),
        (Annotated[Level, TAGENUM], "HIGH", Level.HIGH),
        (Annotated[Level, Tag], "HIGH", Level.HIGH),
        (Annotated[Level | None, Field], "LOW", Level.LOW),
        (Annotated[Any, Field], "text", "text"),
        (Annotated[float | int, Field], 5, 5),
    ],
)
def test_a_cell_becomes_what_its_marker_says(marker: Any, cell: Any, value: Any) -> None:
    found = one(marker, cell)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("marker", "cell", "text"),
    [
        (INT, 1.5, "attribute `Point.k`: expected int, got `1.5`, a `float`, in row 0"),
        (INT, True, "attribute `Point.k`: expected int, got `True`"),
        (FLOAT, "x", "attribute `Point.k`: expected float, got `x`"),
        (BOOL, 1, "attribute `Point.k`: expected bool, got `1`"),
        (STR, 5, "attribute `Point.k`: expected str, got `5`"),
        (DECIMAL, "x", "attribute `Point.k`: expected a number, got `x`"),
        (Annotated[Level, Tag], "OTHER", "expected the name of a member, got `OTHER`"),
    ],
)
def test_a_cell_of_another_type_is_named(marker: Any, cell: Any, text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        one(marker, cell)
    assert text in str(caught.value)


def test_a_null_is_none_or_the_default() -> None:
    assert one(INT | None, None) is None
    # If a named tuple has a default for `k`, it also needs a default for `v`.
    assert one(INT, None, defaults=[7, 1.5]) == 7
    assert one(INT | None, None, defaults=[7, 1.5]) is None
    with pytest.raises(ValueError, match=r"attribute `Point\.k`: it is null in row 0"):
        one(INT, None)


def test_a_missing_column_is_the_default_or_none() -> None:
    schema = {"a": FLOAT | None, "b": FLOAT, "c": INT | None}
    made = lineprotocol(namedtuple("P", schema, defaults=[2.5, 3]), schema=schema)
    series = {"name": "m", "columns": ["time"], "values": [[5], [6]]}
    assert parse_response(body(series), into=made) == [(None, 2.5, 3)] * 2


def test_a_missing_column_is_named_with_those_that_are_there() -> None:
    schema = {"host": TAG, "load": FLOAT}
    made = lineprotocol(namedtuple("P", schema), schema=schema)
    series = {"name": "m", "tags": {"host": "a"}, "columns": ["time", "x"], "values": [[5, 1]]}
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        parse_response(body(series), into=made)
    assert str(caught.value) == (
        "attribute `P.load`: the answer has no column `load`; it has `time`, `x`, `host`; hint: "
        "make the attribute Optional, or give it a default"
    )


SERIES = {
    "name": "cpu",
    "tags": {"host": "a"},
    "columns": ["time", "load", "level"],
    "values": [[5, 1.5, "LOW"], [6, 2.5, None]],
}


@lineprotocol
class Tuple(NamedTuple):
    host: TAG
    load: FLOAT
    at: TIMEINT
    level: Annotated[Level | None, Field] = Level.HIGH


@lineprotocol
@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Dataclass:
    host: TAG
    load: FLOAT
    at: TIMEINT
    level: Annotated[Level | None, Field] = Level.HIGH
    made: STR = dataclasses.field(default="x", init=False)


@lineprotocol
@attrs.define
class Attrs:
    _host: Annotated[str, Tag("host")]
    load: FLOAT
    at: TIMEINT
    level: Annotated[Level | None, Field] = Level.HIGH

    @property
    def host(self) -> str:
        return self._host


@lineprotocol
class Model(pydantic.BaseModel):
    host: TAG
    load: FLOAT = pydantic.Field(alias="Load of it")
    at: TIMEINT
    level: Annotated[Level | None, Field] = Level.HIGH


@lineprotocol
class Slots:
    __slots__ = ("at", "host", "level", "load")
    host: TAG
    load: FLOAT
    at: TIMEINT
    level: Annotated[Level | None, Field]


@lineprotocol
class Constructor:
    host: TAG
    load: FLOAT
    at: TIMEINT
    level: Annotated[Level | None, Field]

    def __init__(self, load: float, host: str, *, at: int, level: Level | None = None) -> None:
        self.load, self.host, self.at, self.level = load, host, at, level


@pytest.mark.parametrize(
    "cls", [Tuple, Dataclass, Attrs, Model, Slots, Constructor], ids=lambda c: c.__name__
)
def test_every_kind_of_class_is_made(cls: Any) -> None:
    found = parse_response(body(SERIES), into=cls)
    assert all(type(point) is cls for point in found)
    assert [(point.host, point.load, point.at, point.level) for point in found] == [
        ("a", 1.5, 5, Level.LOW),
        ("a", 2.5, 6, None),
    ]


def test_all_series_become_one_list_in_the_order_of_the_answer() -> None:
    @lineprotocol
    class Point(NamedTuple):
        name: Annotated[str, Measurement]
        host: TAG | None
        load: FLOAT

    other = {**SERIES, "name": "mem", "tags": {"host": ""}}
    found = parse_response(body(SERIES, other), into=Point)
    assert found == [
        ("cpu", "a", 1.5), ("cpu", "a", 2.5), ("mem", None, 1.5), ("mem", None, 2.5),
    ]  # fmt: skip


def test_an_answer_without_rows_gives_no_objects() -> None:
    assert parse_response(b'{"results":[{"statement_id":0}]}', into=Tuple) == []


@pytest.mark.parametrize(("columns", "kept"), [(["time", "load"], 1), (["time", "x"], None)])
def test_an_error_keeps_the_objects_before_it_where_they_can_be_made(
    columns: list[str], kept: int | None
) -> None:
    series = {"name": "m", "tags": {"host": "a"}, "columns": columns, "values": [[5, 1.5]]}
    results = [{"statement_id": 0, "series": [series]}, {"statement_id": 1, "error": "broken"}]
    with pytest.raises(InfluxDBQueryError, match="broken") as caught:
        parse_response(json.dumps({"results": results}).encode(), into=Tuple)
    result = caught.value.result
    assert (None if result is None else len(result)) == kept


def test_a_body_is_read_object_by_object() -> None:
    text = body(SERIES) + b"\n" + body(SERIES)
    points = parse_response(text, into=Tuple, chunked=True)
    assert next(points).at == 5
    assert [point.at for point in points] == [6, 5, 6]


def test_a_stop_iteration_of_a_class_is_not_the_end_of_the_answer() -> None:
    @lineprotocol
    class Odd:
        time: TIMEINT
        f: FLOAT

        def __init__(self, time: int, f: float) -> None:
            self.time, self.f = time, f if f < 1 else next(iter([]))

    text = body({"name": "m", "columns": ["time", "f"], "values": [[1, 1.5]]})
    with pytest.raises(RuntimeError, match="StopIteration") as caught:
        list(parse_response(text, into=Odd, chunked=True))
    assert isinstance(caught.value.__cause__, StopIteration)


def test_the_unit_of_the_answer_is_told_by_epoch() -> None:
    assert parse_response(body(SERIES), into=Tuple, epoch="ms")[0].at == 5_000_000
    text = json.dumps({**SERIES, "values": [["1970-01-01T00:00:00.000000005Z", 1.5, "LOW"]]})
    assert parse_response(body(json.loads(text)), into=Tuple)[0].at == 5


def test_what_a_class_raises_goes_out_as_it_is() -> None:
    @lineprotocol
    class Checked(pydantic.BaseModel):
        load: Annotated[float, Field, pydantic.Field(lt=2)]

    with pytest.raises(pydantic.ValidationError, match="load"):
        parse_response(body(SERIES), into=Checked)


@pytest.mark.parametrize("cls", [int, dict, "P", type("P", (), {})])
def test_a_class_without_a_schema_is_refused(cls: Any) -> None:
    with pytest.raises(
        TypeError, match="argument `into`: expected a class with @lineprotocol, got"
    ):
        parse_response(body(SERIES), into=cls)


def test_a_reader_reads_answers_and_batches_alike() -> None:
    from aioinflux import _core

    def answer() -> _core.Answer:
        return _core.parse_answer(body(SERIES), "application/json", "ns", True)

    expected = reader(Tuple)(answer())
    maker = Maker("pandas", False, into=Tuple)
    assert maker.is_table
    assert maker.whole(answer()) == list(*maker.groups(answer())) == expected
    assert len(expected) == 2


@lineprotocol
class Everything(NamedTuple):
    measurement: MEASUREMENT
    time: TIMEINT
    host: TAG
    level: Annotated[Level, TAGENUM]
    up: BOOL
    number: INT
    price: DECIMAL
    load: FLOAT
    text: STR
    state: Annotated[Level, ENUM]
    note: STR | None = None


def fetch(database: Database, q: str) -> bytes:
    """Returns the answer as MessagePack, which distinguishes integers from floats."""
    url = f"http://{database.server.host}:{database.server.port}/query?" + urllib.parse.urlencode(
        {"q": q, "db": database.name, "epoch": "ns"}
    )
    request = urllib.request.Request(url, headers={"Accept": "application/x-msgpack"})
    with urllib.request.urlopen(request) as answer:
        content: bytes = answer.read()
    return content


@pytest.mark.parametrize("group", ["", " GROUP BY *"])
def test_what_was_written_is_read_back(client: Calls, database: Database, group: str) -> None:
    points = [
        Everything(
            "m 1", NS + n, f'h "{n % 2}', Level.HIGH, n == 0, 2**53 + n, Decimal("1.5"), 2.0,
            'q "\\\n', Level.LOW, "n" if n else None,
        )
        for n in range(3)
    ]  # fmt: skip
    client.write(points)
    found = parse_response(
        fetch(database, f'SELECT * FROM "m 1"{group}'), "application/x-msgpack", into=Everything
    )
    assert sorted(found) == points
    assert {type(point.load) for point in found} == {float}
