"""Tests times that are strings but not ISO 8601: times relative to now, and the order of day and
month."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from aioinflux import INT, TIMESTR, lineprotocol, to_line_protocol
from support import Calls, Database, run_python

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
# Two time zones, chosen so that at any moment the date in at least one of them differs from the
# date in UTC.
ZONES = ["Pacific/Kiritimati", "Etc/GMT+12"]


def point(when: object) -> dict[str, Any]:
    return {"measurement": "m", "fields": {"f": 1}, "time": when}


def times(data: object, *args: Any, **kwargs: Any) -> list[int]:
    lines = to_line_protocol(data, *args, **kwargs).decode().splitlines()
    return [int(line.rpartition(" ")[2]) for line in lines]


def days(data: object) -> list[str]:
    return [str(np.datetime64(ns, "ns").astype("M8[D]")) for ns in times(data)]


def read_in(zone: str, text: str) -> int:
    """Returns the time that a program reads from a string on a machine in the time zone `zone`."""
    program = """
    import sys
    from aioinflux import to_line_protocol
    point = {"measurement": "m", "fields": {"f": 1}, "time": sys.argv[1]}
    print(to_line_protocol(point).split()[-1].decode())
    """
    out, err = run_python(program, text, TZ=zone).communicate(timeout=50)
    assert err == ""
    return int(out)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("text", ["now", "today"])
def test_now_and_today_are_the_present_instant(text: str, zone: str) -> None:
    before = time.time_ns()
    assert before <= read_in(zone, text) <= time.time_ns()


def test_now_needs_no_pandas() -> None:
    program = """
    import sys
    sys.modules["pandas"] = sys.modules["numpy"] = None
    from aioinflux import to_line_protocol
    point = {"measurement": "m", "fields": {"f": 1}, "time": "now"}
    print(to_line_protocol(point).split()[-1].decode())
    """
    before = time.time_ns()
    out, err = run_python(program).communicate(timeout=50)
    assert err == ""
    assert before <= int(out) <= time.time_ns()


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("text", "after_midnight"),
    [
        ("10:30", 37_800 * SECOND),
        ("9:05:07", 32_707 * SECOND),
        ("10:30 pm", 81_000 * SECOND),
        ("10:30Z", 37_800 * SECOND),
        ("10:30:15.123456789", 37_815_123_456_789),
    ],
)
def test_a_clock_time_is_of_the_present_day_of_utc(
    text: str, after_midnight: int, zone: str
) -> None:
    midnights = [time.time_ns() // DAY * DAY]
    found = read_in(zone, text)
    midnights.append(time.time_ns() // DAY * DAY)
    assert found in [midnight + after_midnight for midnight in midnights]


@pytest.mark.parametrize("zone", ZONES)
def test_a_clock_time_with_an_offset_is_of_the_present_day_there(zone: str) -> None:
    offset = 14 * 3600 * SECOND
    midnights = [(time.time_ns() + offset) // DAY * DAY - offset]
    found = read_in(zone, "10:30+14:00")
    midnights.append((time.time_ns() + offset) // DAY * DAY - offset)
    assert found in [midnight + 37_800 * SECOND for midnight in midnights]


@pytest.mark.parametrize("zone", ZONES)
def test_parts_that_a_clock_time_lacks_are_those_of_the_present_day_of_utc(zone: str) -> None:
    years = [datetime.now(timezone.utc).year]
    found = read_in(zone, "10:30 May 5")
    years.append(datetime.now(timezone.utc).year)
    expected = [datetime(year, 5, 5, 10, 30, tzinfo=timezone.utc) for year in years]
    assert found in [int(one.timestamp()) * SECOND for one in expected]
    assert read_in(zone, "10:30 2024-05-06") == 1_714_991_400 * SECOND


@pytest.mark.parametrize("zone", ZONES)
def test_a_year_or_a_month_of_a_year_is_not_relative(zone: str) -> None:
    assert read_in(zone, "2024") == 1_704_067_200 * SECOND
    assert read_in(zone, "May 2024") == 1_714_521_600 * SECOND


@pytest.mark.parametrize("text", ["May", "May 5", "10pm", "T10:30", " 10:30", "01/12"])
def test_a_text_without_a_year_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=rf"^point 0: key `time`: `{text}` .*has no year$"):
        times(point(text))


@pytest.mark.parametrize("text", ["NOW", " now", "now UTC", "tomorrow", "Monday", "Q1", "noon"])
def test_a_text_that_pandas_cannot_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=rf"^point 0: key `time`: `{text}` is not a time"):
        times(point(text))


def test_now_is_the_present_in_columns_of_pandas_and_numpy() -> None:
    before = time.time_ns()
    frame = pd.DataFrame({"f": [1, 2], "at": ["now", "today"]})
    array = np.array([("now", 1)], [("time", "U9"), ("f", "i8")])
    found = times(frame, "m", time_column="at") + times(array, "m")
    frame["at"] = frame["at"].astype("category")
    found += times(frame, "m", time_column="at")
    found += times(point(np.datetime64("now", "ns")))
    assert all(before - SECOND <= ns <= time.time_ns() for ns in found)


def test_arrow_columns_take_iso_alone() -> None:
    for text in ("now", "12/01/2024", "10:30"):
        for table in (pa.table({"time": [text], "f": [1]}), pl.DataFrame({"time": [text]})):
            with pytest.raises(ValueError, match=rf"^point 0: time `{text}`: expected ISO 8601"):
                times(table, "m")


@pytest.mark.parametrize(
    "text",
    ["Nov 10 2009 11pm EST", "13/01/2024 10:30 CET", "10:30 PST", "10:30 ET", "5/5/2024 3:00 NOVT"],
)
def test_the_name_of_a_zone_is_refused_and_not_passed_over(text: str) -> None:
    with pytest.raises(ValueError, match=r"key `time`: .*(zone|timezone)"):
        times(point(text))


@pytest.mark.parametrize("text", ["10 NOV 2009", "MON, 10 Aug 2009 00:00 UTC", "AUG 10 2009 10 PM"])
def test_capitals_that_are_no_zone_are_read(text: str) -> None:
    assert times(point(text)) == [pd.Timestamp(text).tz_localize(None).value]


@pytest.mark.parametrize(
    "text",
    [
        "12/01/2024 10:30:15.123456789",
        "Dec 1 2024 10:30:15.123456789",
        "12.01.2024 10:30:15.123456789Z",
        "2024/12/01 10:30:15.123456789",
    ],
)
def test_no_digit_of_a_second_is_lost(text: str) -> None:
    assert times(point(text)) == [1_733_049_015_123_456_789]


# In the two strings of each pair, the day and the month have different orders.
SWAPPED = [
    ("12/01/2024", "13/01/2024"),
    ("13/01/2024", "12/01/2024"),
    ("01/13/2024", "13/01/2024"),
    ("12.01.2024", "13.01.2024"),
    ("12-01-2024", "13-01-2024"),
    ("12 01 2024", "13 01 2024"),
    ("1/2/2024", "13/2/2024"),
    ("12/01/24", "13/01/24"),
    ("12.01.24", "13.01.24"),
    ("120124", "130124"),
    ("31/01/05", "32/01/05"),
    ("12/01/2024 10:30", "13/01/2024 10:30"),
    ("Fri 12/01/2024 10:30:00 +02:00", "13/01/2024T10:30:00.5Z"),
    ("10:30 12/01/2024", "10:30 13/01/2024"),
    ("10 pm 12/01/2024", "10:30 13/01/2024"),
]


@lineprotocol
class Typed(NamedTuple):
    at: TIMESTR
    f: INT


def as_frame(texts: tuple[str, ...], dtype: Any = None) -> tuple[Any, ...]:
    frame = pd.DataFrame({"f": 1, "time": pd.Series(texts, dtype=dtype)})
    return frame, {"measurement": "m", "time_column": "time"}


# The ways in which a call can hand over several timestamps as strings.
HANDED: dict[str, Callable[[tuple[str, ...]], tuple[Any, dict[str, Any]]]] = {
    "dicts": lambda texts: ([point(text) for text in texts], {}),
    "generator": lambda texts: ((point(text) for text in texts), {}),
    "typed": lambda texts: ([Typed(text, 1) for text in texts], {}),
    "dicts and typed": lambda texts: ([point(texts[0]), *(Typed(one, 1) for one in texts[1:])], {}),
    "frame": lambda texts: as_frame(texts),  # type: ignore[dict-item]
    "category": lambda texts: as_frame(texts, "category"),  # type: ignore[dict-item]
    "arrow strings": lambda texts: as_frame(texts, "string[pyarrow]"),  # type: ignore[dict-item]
    "structured": lambda texts: (
        np.array([(text, 1) for text in texts], [("time", "U40"), ("f", "i8")]),
        {"measurement": "m"},
    ),
    "frames of one row": lambda texts: (
        [pd.DataFrame({"f": [1], "time": [text]}) for text in texts],
        {"measurement": "m", "time_column": "time"},
    ),
}


@pytest.mark.parametrize("texts", SWAPPED, ids=str)
def test_day_and_month_do_not_swap_between_points(texts: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match=r"^point 1: .* first, but .* ISO 8601") as caught:
        times([point(text) for text in texts])
    assert all(f"`{text}`" in str(caught.value) for text in texts)


@pytest.mark.parametrize("how", HANDED)
def test_day_and_month_do_not_swap_however_times_are_handed_in(how: str) -> None:
    data, arguments = HANDED[how](("12/01/2024", "11/01/2024", "13/01/2024"))
    expected = (
        r"^point 2: .*`13/01/2024` is read day first, but `12/01/2024` of point 0 was read month "
        r"first: .*; hint: write them as ISO 8601, such as `2024-01-31`$"
    )
    with pytest.raises(ValueError, match=expected):
        times(data, **arguments)


@pytest.mark.parametrize("how", HANDED)
def test_one_order_is_read_as_pandas_reads_it(how: str) -> None:
    for texts in (("12/01/2024", "01/13/2024"), ("13/01/2024", "31.01.2024")):
        data, arguments = HANDED[how](texts)
        assert times(data, **arguments) == [pd.Timestamp(text).value for text in texts]


@pytest.mark.parametrize("text", ["12/01/2024", "12.01.2024", "12-01-2024", "12/01/24", "120124"])
def test_a_text_alone_is_read_as_pandas_reads_it(text: str) -> None:
    assert days(point(text)) == ["2024-12-01"]


@pytest.mark.parametrize(
    "other",
    [
        "2024-01-12",
        "20240112",
        "2024/01/12",
        "2024.01.12",
        "Jan 12 2024",
        "12 January 2024",
        "12/Jan/2024",
        "12/12/2024",
        "05/2024",
        datetime(2024, 1, 12),
        1,
    ],
    ids=str,
)
def test_texts_of_no_order_go_with_every_order(other: object) -> None:
    alone = times(point(other))
    for text in ("12/01/2024", "13/01/2024"):
        assert times([point(text), point(other)])[1:] == alone
        assert times([point(other), point(text)])[:1] == alone


def test_an_order_ends_with_its_call() -> None:
    assert days(point("12/01/2024")) == ["2024-12-01"]
    assert days(point("13/01/2024")) == ["2024-01-13"]
    with pytest.raises(ValueError, match="day first"):
        times([point("12/01/2024"), point("13/01/2024")])
    assert days(point("13/01/2024")) == ["2024-01-13"]


def test_an_order_holds_across_requests_and_the_error_says_what_was_written(
    admin: Calls, database: Database
) -> None:
    def points() -> Iterator[dict[str, Any]]:
        yield point("12/01/2024")
        for number in range(1, 25):
            yield point(number)
        yield point("13/01/2024")

    with pytest.raises(ValueError, match="`12/01/2024` of point 0") as caught:
        admin.write(points(), batch_lines=10)
    assert caught.value.written == [range(20)]  # type: ignore[attr-defined]
    assert str(caught.value).startswith("point 25: ")
    assert str(caught.value).endswith("points 0 to 19 were written, points from 20 on were not")
    assert len(database.points()) == 20


def test_an_order_holds_across_the_ranges_of_a_frame(admin: Calls) -> None:
    texts = ["12/01/2024", *(f"2024-05-01T00:00:{n:02}" for n in range(40)), "13/01/2024"]
    frame = pd.DataFrame({"f": 1, "at": texts})
    with pytest.raises(ValueError, match=r"^point 41: .*`12/01/2024` of point 0"):
        admin.write(frame, "m", time_column="at", batch_lines=10)
