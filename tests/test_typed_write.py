"""Tests how objects of classes with `@lineprotocol` are written: the lines for each kind of
attribute and class."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import warnings
from collections import namedtuple
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

import attrs
import numpy as np
import pandas as pd
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
    SchemaError,
    line_batches,
    lineprotocol,
    to_line_protocol,
)
from aioinflux.typed import Field, Measurement, Tag, Time
from support import Calls, Database, Wire


class Level(enum.Enum):
    LOW = 0
    HIGH = 1


class Number(enum.IntEnum):
    ONE = 1


class Colour(str, enum.Enum):
    RED = "red"


@lineprotocol
class Everything(NamedTuple):
    measurement: MEASUREMENT
    time: TIMEINT
    host: TAG
    level: TAGENUM
    up: BOOL
    count: INT
    price: DECIMAL
    load: FLOAT
    text: STR
    state: ENUM


POINT = Everything("m", 7, "a", Level.HIGH, True, 3, Decimal("1.50"), 0.5, "t", Level.LOW)
LINE = b'm,host=a,level=HIGH up=true,count=3i,price=1.5,load=0.5,text="t",state="LOW" 7'


def one(marker: Any, value: object, **options: Any) -> bytes:
    """Returns the line of an object whose attribute `k` is a field or tag, as the marker says."""
    schema = {"k": marker, "v": INT}
    made = lineprotocol(namedtuple("Point", schema), schema=schema, **options)
    line: bytes = made(value, 1).to_lineprotocol()
    return line


def test_a_point_of_every_marker_is_written() -> None:
    assert POINT.to_lineprotocol() == LINE  # type: ignore[attr-defined]


def test_every_way_to_write_gives_the_same_line() -> None:
    assert to_line_protocol(POINT) == LINE + b"\n"
    assert to_line_protocol([POINT, [POINT], (POINT,)]) == (LINE + b"\n") * 3
    assert (
        b"".join(map(bytes, line_batches(iter([POINT] * 5), batch_lines=2))) == (LINE + b"\n") * 5
    )


def test_typed_points_go_between_points_of_other_kinds(wire: Wire) -> None:
    frame = pd.DataFrame({"f": [1]}, index=pd.DatetimeIndex([5], tz="UTC"))
    dict_point = {"measurement": "d", "fields": {"a": 1}, "time": 1}
    data = [POINT, dict_point, "raw f=1 2", [POINT, iter([frame]), POINT]]
    line = LINE.decode()
    assert wire(data, measurement="x") == [
        line, "d a=1i 1", "raw f=1 2", line, "x f=1i 5", line,
    ]  # fmt: skip


@dataclasses.dataclass
class Dataclass:
    host: TAG
    load: FLOAT
    time: TIMEINT


@dataclasses.dataclass(frozen=True, slots=True)
class Slotted:
    host: TAG
    load: FLOAT
    time: TIMEINT


@attrs.define
class Attrs:
    host: TAG
    load: FLOAT
    time: TIMEINT


@attrs.frozen(slots=False)
class FrozenAttrs:
    host: TAG
    load: FLOAT
    time: TIMEINT


class Model(pydantic.BaseModel):
    host: TAG
    load: FLOAT
    time: TIMEINT


class Plain:
    __slots__ = ("host", "load", "time")
    host: TAG
    load: FLOAT
    time: TIMEINT

    def __init__(self, host: str, load: float, time: int) -> None:
        self.host, self.load, self.time = host, load, time


class Tuple(NamedTuple):
    host: TAG
    load: FLOAT
    time: TIMEINT


@pytest.mark.parametrize(
    "cls", [Dataclass, Slotted, Attrs, FrozenAttrs, Model, Plain, Tuple], ids=lambda c: c.__name__
)
@pytest.mark.parametrize("rm_none", [False, True])
def test_every_kind_of_class_is_taken(cls: Any, rm_none: bool) -> None:
    lineprotocol(cls, rm_none=rm_none)
    point = cls(host="a b", load=1.0, time=5)
    assert point.to_lineprotocol() == f"{cls.__name__},host=a\\ b load=1.0 5".encode()
    assert to_line_protocol([point] * 3) == (point.to_lineprotocol() + b"\n") * 3


@pytest.mark.filterwarnings("ignore:.* points without a time")
def test_a_class_decorated_before_it_becomes_a_slotted_dataclass_is_taken() -> None:
    made = dataclasses.dataclass(slots=True)(lineprotocol(type("P", (), {
        "__annotations__": {"host": TAG, "load": FLOAT}
    })))  # fmt: skip
    assert to_line_protocol([made("a", 1.0)] * 2) == b"P,host=a load=1.0\n" * 2


def test_a_namedtuple_takes_a_schema() -> None:
    schema = {"host": TAG, "load": FLOAT}
    made = lineprotocol(namedtuple("Load", schema), schema=schema)
    assert made("a", 2.5).to_lineprotocol() == b"Load,host=a load=2.5"


def test_plain_annotations_are_read_beside_the_markers() -> None:
    @lineprotocol
    @dataclasses.dataclass
    class Point:
        name: Annotated[str, Measurement]
        host: Annotated[str, Tag]
        level: Annotated[Level, Tag()]
        zone: Annotated[str, Tag("time zone")]
        at: Annotated[dt.datetime, Time]
        load: Annotated[float, Field]
        n: Annotated[int | None, Field("the count")]
        old: FLOAT
        price: Decimal
        state: Level
        up: bool
        text: str | None = None

    at = dt.datetime(1970, 1, 1, 0, 0, 1)
    point = Point("m", "a", Level.LOW, "CET", at, 1, 2, 3, Decimal(4), Level.HIGH, False)
    assert to_line_protocol(point) == (
        b"m,host=a,level=LOW,time\\ zone=CET load=1.0,the\\ count=2i,old=3.0,price=4.0,"
        b'state="HIGH",up=false 1000000000\n'
    )


def test_the_method_carries_its_options_and_a_docstring() -> None:
    @lineprotocol(extra_tags={"dc": "eu"})
    class Point(NamedTuple):
        load: FLOAT

    method: Any = Point.to_lineprotocol  # type: ignore[attr-defined]
    assert method.opts == {
        "schema": None,
        "rm_none": False,
        "extra_tags": {"dc": "eu"},
        "placeholder": False,
    }
    assert "line protocol" in method.__doc__


@pytest.mark.parametrize(
    ("marker", "value", "written"),
    [
        (BOOL, True, b"k=true"),
        (BOOL, np.bool_(False), b"k=false"),
        (INT, -5, b"k=-5i"),
        (INT, np.int64(5), b"k=5i"),
        (INT, np.uint8(5), b"k=5i"),
        (INT, Number.ONE, b"k=1i"),
        (FLOAT, 0.1, b"k=0.1"),
        (FLOAT, 1, b"k=1.0"),
        (FLOAT, 10**20, b"k=1e+20"),
        (FLOAT, np.float32(0.5), b"k=0.5"),
        (FLOAT, np.int64(2), b"k=2.0"),
        (FLOAT, Decimal("2.5"), b"k=2.5"),
        (DECIMAL, Decimal("1.50"), b"k=1.5"),
        (DECIMAL, 7, b"k=7.0"),
        (STR, 'a"b\\c\nd', b'k="a\\"b\\\\c\nd"'),
        (STR, "", b'k=""'),
        (STR, 5, b'k="5"'),
        (STR, Decimal("1.50"), b'k="1.50"'),
        (ENUM, Level.HIGH, b'k="HIGH"'),
        (ENUM, Number.ONE, b'k="ONE"'),
        (ENUM, Colour.RED, b'k="RED"'),
        (ENUM, 'a "name"', b'k="a \\"name\\""'),
    ],
)
def test_a_field_is_written_by_its_marker(marker: Any, value: object, written: bytes) -> None:
    assert one(marker, value) == b"Point " + written + b",v=1i"


@pytest.mark.parametrize(
    ("marker", "value", "written"),
    [
        (TAG, "a,b c=d\\e", b"k=a\\,b\\ c\\=d\\e"),
        (TAG, 5, b"k=5"),
        (TAG, np.float64(0.5), b"k=0.5"),
        (TAG, True, b"k=True"),
        (TAGENUM, Level.LOW, b"k=LOW"),
        (TAGENUM, Number.ONE, b"k=ONE"),
        (TAGENUM, Colour.RED, b"k=RED"),
        (TAGENUM, "LOW", b"k=LOW"),
    ],
)
def test_a_tag_is_written_as_text(marker: Any, value: object, written: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert one(marker, value) == b"Point," + written + b" v=1i"


MISSING = [None, float("nan"), np.float64("nan"), pd.NA, pd.NaT, np.datetime64("NaT")]


@pytest.mark.parametrize("marker", [TAG, TAGENUM, BOOL, INT, DECIMAL, FLOAT, STR, ENUM])
@pytest.mark.parametrize("value", MISSING, ids=repr)
@pytest.mark.parametrize("optional", [False, True])
def test_what_is_missing_is_left_out(marker: Any, value: object, optional: bool) -> None:
    marker = marker | None if optional else marker
    assert one(marker, value) == b"Point v=1i"


def test_a_decimal_that_is_no_number_is_left_out() -> None:
    assert one(DECIMAL, Decimal("NaN")) == b"Point v=1i"


@pytest.mark.parametrize("marker", [TAG, STR, TAGENUM, ENUM])
def test_rm_none_leaves_out_empty_texts(marker: Any) -> None:
    assert one(marker, "", rm_none=True) == b"Point v=1i"


def test_rm_none_lets_the_server_set_a_missing_time() -> None:
    schema = {"m": MEASUREMENT, "t": TIMESTR, "v": INT}
    made = lineprotocol(namedtuple("P", schema), schema=schema, rm_none=True)
    assert made(None, None, 1).to_lineprotocol() == b"P v=1i"
    assert made("", "", 1).to_lineprotocol() == b"P v=1i"


@pytest.mark.filterwarnings("ignore:.* points without a time")
def test_without_a_measurement_the_class_gives_its_name() -> None:
    schema = {"m": MEASUREMENT, "v": INT}
    made = lineprotocol(namedtuple("P", schema), schema=schema)
    points = [made("a b", 1), made(None, 2), made("a b", 3)]
    assert to_line_protocol(points, "other") == b"a\\ b v=1i\nP v=2i\na\\ b v=3i\n"


@pytest.mark.parametrize(
    ("marker", "value", "error", "text"),
    [
        (INT, 1.5, TypeError, "attribute `Point.k`: expected int, got `1.5`, a `float`"),
        (INT, True, TypeError, "attribute `Point.k`: expected int, got `True`, a `bool`"),
        (INT, "5", TypeError, "expected int, got `'5'`"),
        (INT, 2**63, ValueError, "field `k`: value `9223372036854775808`"),
        (INT, 10**30, ValueError, "beyond 64 bits"),
        (BOOL, 1, TypeError, "attribute `Point.k`: expected bool, got `1`, a `int`"),
        (FLOAT, True, TypeError, "expected float, int or Decimal, got `True`"),
        (FLOAT, "x", TypeError, "expected float, int or Decimal, got `'x'`"),
        (FLOAT, float("inf"), ValueError, "field `k`: value `inf` is infinite (class `Point`)"),
        (FLOAT, 10**400, ValueError, "attribute `Point.k`: int too large to convert to float"),
        (DECIMAL, Decimal("1e400"), ValueError, "attribute `Point.k`: `1E+400` is beyond"),
        (STR, b"x", TypeError, "attribute `Point.k`: expected str, got `b'x'`, a `bytes`"),
        (STR, "\udc80", ValueError, "attribute `Point.k`: "),
        (ENUM, 5, TypeError, "attribute `Point.k`: expected a member of an enum, got `5`"),
        (TAG, b"x", TypeError, "attribute `Point.k`: expected str, got `b'x'`, a `bytes`"),
        (TAG, [1], TypeError, "attribute `Point.k`: expected str, got `[1]`, a `list`"),
        (TAG, "x\\", ValueError, "tag `k`: value"),
        (TAGENUM, 5, TypeError, "attribute `Point.k`: expected a member of an enum, got `5`"),
        (MEASUREMENT, 5, TypeError, "attribute `Point.k`: expected str, got `5`, a `int`"),
        (MEASUREMENT, "#m", ValueError, "(class `Point`)"),
        (TIMEINT, 1.0, TypeError, "attribute `Point.k`: expected int, got `1.0`"),
        (TIMEINT, dt.datetime(2020, 1, 1), TypeError, "expected int, got"),
        (TIMEINT, None, TypeError, "attribute `Point.k`: expected a time"),
        (TIMEINT, 2**63, ValueError, "attribute `Point.k`: "),
        (TIMEDT, None, TypeError, "the server sets it where the attribute is Optional"),
        (TIMEDT, dt.datetime(2300, 1, 1), ValueError, "outside 64-bit nanoseconds"),
        (TIMESTR, "", ValueError, "attribute `Point.k`: `` is not a time"),
    ],
)
def test_a_wrong_value_is_named_with_its_class_and_attribute(
    marker: Any, value: object, error: type[Exception], text: str
) -> None:
    with pytest.raises(error) as caught:
        one(marker, value)
    assert text in str(caught.value)


def test_an_error_names_the_point_and_keeps_its_words_after_many_points() -> None:
    schema = {"k": INT}
    made = lineprotocol(namedtuple("P", schema), schema=schema)
    with pytest.raises(TypeError, match=r"^point 50: attribute `P\.k`: expected int, got `1.5`"):
        to_line_protocol([*map(made, range(50)), made(1.5)])


def test_an_object_without_an_attribute_is_named() -> None:
    lineprotocol(Plain)
    with pytest.raises(ValueError, match=r"point 0: attribute `Plain\.time`: .* no attribute"):
        to_line_protocol(Plain.__new__(Plain))


def test_what_a_property_raises_goes_out_as_it_is() -> None:
    @lineprotocol(schema={"host": TAG, "load": FLOAT})
    class Point:
        host = "a"

        @property
        def load(self) -> float:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        to_line_protocol([Point()])


def test_a_property_is_read_where_a_schema_names_it() -> None:
    @lineprotocol(schema={"load": FLOAT})
    class Point:
        load = property(lambda _: 2.5)

    assert to_line_protocol(Point()) == b"Point load=2.5\n"


@pytest.mark.filterwarnings("ignore:.* points without a time")
def test_a_property_may_itself_write_points() -> None:
    class Point(NamedTuple):
        load: FLOAT

    class Other(Point):
        @property
        def load(self) -> float:  # type: ignore[override]
            return float(len(to_line_protocol([inner] * 3)))

    inner = lineprotocol(Point)(1.0)
    assert to_line_protocol([inner, Other(1.0), inner]) == (
        b"Point load=1.0\nPoint load=45.0\nPoint load=1.0\n"
    )


@pytest.mark.parametrize(
    ("marker", "value", "ns"),
    [
        (TIMEINT, 0, 0),
        (TIMEINT, -5, -5),
        (TIMEINT, np.int64(5), 5),
        (TIMEDT, dt.datetime(2020, 1, 2, 3, 4, 5, 678901), 1577934245678901000),
        (TIMEDT, dt.datetime(1969, 12, 31, 23, 59, 59, 500000), -500000000),
        (
            TIMEDT,
            dt.datetime(2020, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))),
            1577833200000000000,
        ),
        (TIMEDT, pd.Timestamp(123456789), 123456789),
        (TIMEDT, np.datetime64(123456789, "ns"), 123456789),
        (TIMESTR, "2020-01-01T00:00:00.123456789Z", 1577836800123456789),
        (TIMESTR, "2020-01-01 01:00+01:00", 1577836800000000000),
        (TIMESTR, "2018/01/01", 1514764800000000000),
    ],
)
def test_times_are_exact(marker: Any, value: object, ns: int) -> None:
    schema = {"t": marker, "v": INT}
    made = lineprotocol(namedtuple("P", schema), schema=schema)
    assert made(value, 1).to_lineprotocol() == b"P v=1i %d" % ns


def test_naive_times_mean_utc_in_every_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        test_times_are_exact(TIMEDT, dt.datetime(2018, 7, 1), 1530403200000000000)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_server_sets_an_optional_time_that_is_missing() -> None:
    schema = {"t": TIMEINT | None, "v": INT}
    made = lineprotocol(namedtuple("P", schema), schema=schema)
    assert to_line_protocol([made(None, 1), made(5, 1)]) == b"P v=1i\nP v=1i 5\n"


def test_a_class_without_a_time_leaves_it_to_the_server() -> None:
    assert one(FLOAT, 1.0) == b"Point k=1.0,v=1i"


@pytest.mark.filterwarnings("ignore:.* points without a time")
def test_a_point_without_fields_is_skipped_among_others(wire: Wire) -> None:
    schema = {"k": FLOAT}
    made = lineprotocol(namedtuple("P", schema), schema=schema)
    assert wire([made(1.0), made(None), made(float("nan")), made(2.0)]) == ["P k=1.0", "P k=2.0"]


def test_a_lone_point_without_fields_has_no_line() -> None:
    schema = {"k": FLOAT}
    made = lineprotocol(namedtuple("P", schema), schema=schema)
    with pytest.raises(SchemaError, match="no field of `P` has a value"):
        made(None).to_lineprotocol()


def test_a_placeholder_comes_first() -> None:
    schema = {"host": TAG, "v": INT | None}
    made = lineprotocol(namedtuple("P", schema), schema=schema, placeholder=True)
    assert to_line_protocol([made("a", None), made("b", 1)]) == (
        b"P,host=a _=true\nP,host=b _=true,v=1i\n"
    )


@pytest.mark.filterwarnings("ignore:.* points without a time")
def test_extra_tags_of_a_class_beat_its_attributes_and_those_of_a_call_beat_both() -> None:
    schema = {"host": TAG, "zone": TAG, "v": INT}
    extra = {"zone": "z 1", "dc": "x,y", "none": None}
    made = lineprotocol(namedtuple("P", schema), schema=schema, extra_tags=extra)
    point = made("a", "b", 1)
    assert point.to_lineprotocol() == b"P,dc=x\\,y,host=a,zone=z\\ 1 v=1i"
    tags = {"dc": "D", "host": "H", "region": "r"}
    for data in (point, [point, made("a", None, 1)]):
        lines = to_line_protocol(data, tags=tags).splitlines()
        assert set(lines) == {b"P,dc=D,host=H,region=r,zone=z\\ 1 v=1i"}
    assert point.to_lineprotocol() == b"P,dc=x\\,y,host=a,zone=z\\ 1 v=1i"


def test_newlines_are_removed_from_tags_with_one_warning() -> None:
    schema = {"host": TAG, "v": STR}
    made = lineprotocol(namedtuple("P", schema), schema=schema)
    with pytest.warns(UserWarning, match="newlines removed") as caught:
        lines = to_line_protocol([made("a\nb", "c\nd"), made("e\n", "f")])
    assert lines == b'P,host=ab v="c\nd"\nP,host=e v="f"\n'
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_a_warning_of_the_method_is_at_the_line_of_the_user() -> None:
    with pytest.warns(UserWarning, match="newlines removed") as caught:
        POINT._replace(host="a\nb").to_lineprotocol()  # type: ignore[attr-defined]
    assert caught[0].filename == __file__


def test_names_are_escaped_and_never_evaluated() -> None:
    name = 'm{__import__("os").getpid()*0}'
    schema = {"é": TAG, "m": MEASUREMENT, "v": STR}
    extra = {"a{1*2} '": "{i}"}
    made = lineprotocol(namedtuple("P", schema), schema=schema, extra_tags=extra)
    assert (
        made("x", name, "{i.m}").to_lineprotocol()
        == (name + r",a{1*2}\ '={i},é=x" + ' v="{i.m}"').encode()
    )


def test_a_method_of_ones_own_gives_lines() -> None:
    class Own:
        def __init__(self, lines: Any) -> None:
            self.lines = lines

        def to_lineprotocol(self) -> Any:
            return self.lines

    data = [Own(b"a f=1 1"), Own("b f=1 2\nc f=1 3\n"), POINT, Own(bytearray(b"d f=1 4"))]
    assert to_line_protocol(data, tags={"host": "H"}) == (
        b"a f=1 1\nb f=1 2\nc f=1 3\n" + LINE.replace(b"host=a", b"host=H") + b"\nd f=1 4\n"
    )
    with pytest.raises(TypeError, match=r"point 1: `Own.to_lineprotocol\(\)`: expected bytes"):
        to_line_protocol([POINT, Own(5)])


def test_a_subclass_that_has_a_method_of_its_own_is_asked() -> None:
    class Own(Everything):
        def to_lineprotocol(self) -> bytes:
            return b"own f=1"

    assert to_line_protocol([Own(*POINT), POINT]) == b"own f=1\n" + LINE + b"\n"


def test_a_method_of_the_object_alone_is_asked() -> None:
    class Empty:
        pass

    point: Any = Empty()
    point.to_lineprotocol = lambda: b"own f=1"
    assert to_line_protocol([point]) == b"own f=1\n"


def test_a_subclass_is_written_by_the_schema_of_its_base() -> None:
    class Sub(Everything):
        pass

    assert to_line_protocol([Sub(*POINT), POINT]) == (LINE + b"\n") * 2


def test_a_subclass_of_a_tuple_may_say_something_else_than_it_holds() -> None:
    class Sub(Everything):
        host = "other"  # type: ignore[assignment]

    assert to_line_protocol(Sub(*POINT)) == LINE.replace(b"host=a", b"host=other") + b"\n"


def test_the_class_itself_is_no_point() -> None:
    with pytest.raises(TypeError, match="point 0: expected an object of class `Everything`, got"):
        to_line_protocol([Everything])


def test_a_generator_of_many_points_is_read_batch_by_batch() -> None:
    def points() -> Iterator[Everything]:
        for n in range(10_000):
            yield POINT._replace(measurement=f"m{n % 100}", time=n, host=f"h{n}")

    lines = b"".join(map(bytes, line_batches(points(), batch_lines=999))).splitlines()
    assert len(lines) == 10_000
    assert lines[4321].startswith(b"m21,host=h4321,")
    assert lines[4321].endswith(b" 4321")


def test_the_server_keeps_what_was_written(client: Calls, database: Database) -> None:
    hostile = 'a b,c=d "e" \\f\\ g é🚀'
    name = 'a b,c=d "e"'
    point = POINT._replace(measurement=name, host=hostile, text=hostile + "\n", count=2**53 + 1)
    assert client.write([point], region="x y")
    assert database.points() == [
        {
            "measurement": name,
            "tags": {"host": hostile, "level": "HIGH", "region": "x y"},
            "fields": {
                "count": 2**53 + 1, "load": 0.5, "price": 1.5, "state": "LOW",
                "text": hostile + "\n", "up": True,
            },
            "time": 7,
        }
    ]  # fmt: skip
    assert database.types() == {
        "count": "integer", "load": "float", "price": "float", "state": "string",
        "text": "string", "up": "boolean",
    }  # fmt: skip
