"""Tests for bugs of other clients that encode single points, with one test for each bug: our client
must not have them.

The number in the name of a test is the number of the bug in our survey of other clients ("peers").
Each docstring describes what other clients do, as observed with influxdb 5.3.2, influxdb-client
1.50.0, influxdb3-python 0.21.0 or aioinflux 0.9.0. Bugs that concern tables have their tests in
`test_peer_bugs_tables.py`, and those that concern transport in `test_peer_bugs_transport.py`.
"""

from __future__ import annotations

import copy
import datetime as dt
import math
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from support import Database, Wire

TEXT = "2024-01-01T00:00:00.123456789Z"
NANOSECONDS = 1704067200123456789


def point(**fields: object) -> dict[str, Any]:
    """Returns a point whose time is 1 ns."""
    return {"measurement": "m", "time": 1, "fields": fields}


@pytest.mark.parametrize("data", [123, 1.5, None, object()], ids=lambda data: type(data).__name__)
def test_b02_data_that_is_no_point_is_refused_by_its_type(sends: Wire, data: object) -> None:
    """influxdb-client and influxdb3-python send nothing, and return as if the write had
    succeeded."""
    with pytest.raises((TypeError, ValueError), match=f"`{type(data).__name__}`"):
        sends(data)


def test_b02_an_arrow_table_is_written(sends: Wire) -> None:
    """influxdb3-python sends nothing, and returns as if the write had succeeded."""
    assert sends(pa.table({"time": [1], "v": [1.0]}), "m") == ["m v=1.0 1"]


def test_b03_the_tags_of_a_call_leave_the_point_of_the_caller_alone(sends: Wire) -> None:
    """influxdb-client and influxdb3-python insert default tags into the dict or Point that the
    caller passes."""
    one = {**point(v=1), "tags": {"host": "explicit"}}
    before = copy.deepcopy(one)
    assert sends(one, room="r") == ["m,host=explicit,room=r v=1i 1"]
    assert one == before


class Layout(NamedTuple):
    """A tuple of the four parts of a point."""

    measurement: str
    tags: dict[str, str]
    fields: dict[str, int]
    time: int


def test_b04_a_tuple_of_the_parts_of_a_point_is_no_list_of_points(sends: Wire) -> None:
    """influxdb3-python adds default tags to the dict of fields, and then fails because of the
    result."""
    one = Layout("m", {"a": "b"}, {"v": 1}, 1)
    with pytest.raises(ValueError, match="`measurement` is missing"):
        sends(one, room="r")
    assert sends(one._asdict(), room="r") == ["m,a=b,room=r v=1i 1"]


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 2**70, np.uint64(2**63)])
def test_b13_an_integer_that_the_server_cannot_hold_is_refused(sends: Wire, value: int) -> None:
    """For the integer 2**70, influxdb-client and influxdb3-python send `1180591620717411303424i`;
    the server rejects the whole batch with a 400."""
    with pytest.raises(ValueError, match="point 1: field `v`"):
        sends([point(w=1), point(v=value)])


@pytest.mark.parametrize("value", [math.inf, -math.inf, np.float32("inf"), Decimal("Infinity")])
def test_b14_an_infinite_field_is_refused(sends: Wire, value: object) -> None:
    """influxdb-client sends `a=inf` for a frame; the server rejects the whole batch with a 400."""
    with pytest.raises(ValueError, match="point 0: field `a`"):
        sends(point(a=value, w=1))


def test_b15_a_decimal_is_a_float_on_every_way(either: Any, database: Database) -> None:
    """influxdb3-python stores the string "1.10" from a frame, and a float from a Point."""
    either.write(point(dict=Decimal("1.10")))
    frame = pd.DataFrame({"frame": [Decimal("1.10")]}, index=pd.to_datetime(["2024"]))
    either.write(frame, "m")
    either.write(pa.table({"time": [1], "table": [Decimal("1.10")]}), "m")
    assert database.types() == dict.fromkeys(("dict", "frame", "table"), "float")
    stored = {key: value for one in database.points() for key, value in one["fields"].items()}
    assert stored == dict.fromkeys(("dict", "frame", "table"), 1.1)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.bool_(True), "true"),
        (np.str_("x"), '"x"'),
        (np.int64(3), "3i"),
        (np.uint8(3), "3i"),
        (np.float32(1.5), "1.5"),
        (np.float64(1.5), "1.5"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_b16_scalars_of_numpy_are_what_they_are(sends: Wire, value: object, text: str) -> None:
    """influxdb3-python raises an exception for `np.bool_` and `np.str_`; influxdb sends `1.0` and
    `3.0`."""
    assert sends(point(v=value)) == [f"m v={text} 1"]


@pytest.mark.parametrize(
    "value",
    [b"x", dt.datetime(2024, 1, 1), np.datetime64("2024-01-01"), pd.Timestamp("2024")],
    ids=lambda value: type(value).__name__,
)
def test_b16_fields_that_no_server_has_are_refused_by_name(sends: Wire, value: object) -> None:
    """influxdb sends `v=2024-01-01 00:00:00` for a datetime; the server rejects the whole batch
    with a 400."""
    with pytest.raises(TypeError, match=rf"point 0: field `v`: .* `{type(value).__name__}`"):
        sends(point(v=value))


@pytest.mark.parametrize(
    "time",
    [TEXT, pd.Timestamp(TEXT), np.datetime64(TEXT.removesuffix("Z")), NANOSECONDS],
    ids=lambda time: type(time).__name__,
)
def test_b17_every_nanosecond_of_a_time_is_kept(
    either: Any, database: Database, time: object
) -> None:
    """If the time is a string, all four clients write `...123456000`; for a `pandas.Timestamp`, two
    of them also write `...123456000`."""
    either.write({"measurement": "m", "time": time, "fields": {"v": 1}})
    assert [one["time"] for one in database.points()] == [NANOSECONDS]


@pytest.mark.parametrize(
    "time",
    [
        dt.datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=dt.timezone.utc),
        dt.datetime(1969, 12, 31, 23, 59, 59, 500_000),
        "1969-12-31T23:59:59.5Z",
        np.datetime64("1969-12-31T23:59:59.5"),
        pd.Timestamp("1969-12-31T23:59:59.5"),
    ],
    ids=["aware", "naive", "text", "numpy", "pandas"],
)
def test_b18_half_a_second_before_1970_is_half_a_second_before_1970(
    sends: Wire, time: object
) -> None:
    """With the precision `s`, influxdb3-python writes 0, and aioinflux 0.9.0 wrote half a second
    after 1970."""
    assert sends({"measurement": "m", "time": time, "fields": {"v": 1}}) == ["m v=1i -500000000"]


def test_b19_a_point_without_fields_leaves_no_line_behind(
    sends: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    """influxdb3-python adds an empty line to the body, and then miscounts the lines that follow."""
    with caplog.at_level("WARNING", "aioinflux"):
        assert sends([point(v=1), point(v=math.nan), point(v=2)]) == ["m v=1i 1", "m v=2i 1"]
    assert "1 points without fields" in caplog.text


@pytest.mark.parametrize("value", [[1, 2], (1,), {"a": 1}, {1}, object(), 1j, dt.timedelta(1)])
def test_b21_a_field_that_is_no_scalar_is_refused(sends: Wire, value: object) -> None:
    """influxdb sends `v=[1, 2]` for a list; the server rejects the whole batch with a 400."""
    with pytest.raises(TypeError, match=f"point 0: field `v`: .* `{type(value).__name__}`"):
        sends(point(v=value))


def test_b29_a_newline_in_a_tag_splits_no_line(either: Any, database: Database) -> None:
    """The crate influxdb3-client sends the newline, so the text after it becomes another point."""
    one = {**point(v=1), "tags": {"t": "a\nother v=2 2"}}
    with pytest.warns(UserWarning, match="newlines removed, .* point 0: tag `t`"):
        either.write(one)
    (stored,) = database.points()
    assert stored["tags"] == {"t": "aother v=2 2"}


@pytest.mark.parametrize("value", ["", None, math.nan])
def test_b29_a_tag_without_value_is_left_out(sends: Wire, value: object) -> None:
    """The crate influxdb3-client sends `t=` for an empty tag value; the server rejects the whole
    batch with a 400."""
    assert sends({**point(v=1), "tags": {"t": value, "u": "x"}}) == ["m,u=x v=1i 1"]


@pytest.mark.parametrize("value", [None, math.nan, np.nan, np.float32("nan"), pd.NA, pd.NaT])
def test_b29_a_field_without_value_is_left_out(sends: Wire, value: object) -> None:
    """The crate influxdb3-client sends `v=NaN` for a missing value; the server rejects the whole
    batch with a 400."""
    assert sends(point(v=value, w=1)) == ["m w=1i 1"]
