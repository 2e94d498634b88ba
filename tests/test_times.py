"""Tests that the `time` of a point can be a value of any kind, and is exact to the nanosecond."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from datetime import date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from aioinflux import AsyncInfluxDBClient
from support import Calls, Database, Wire, run_python

NOV = 1_257_894_000_000_000_000
NEW_YORK = ZoneInfo("America/New_York")


def point(time: object) -> dict[str, Any]:
    return {"measurement": "m", "fields": {"f": 1}, "time": time}


EXACT: list[tuple[Any, int]] = [
    (0, 0),
    (1, 1),
    (-1, -1),
    (NOV + 1, NOV + 1),
    (np.int64(NOV), NOV),
    (np.uint64(7), 7),
    (9223372036854775806, 9223372036854775806),
    (-9223372036854775806, -9223372036854775806),
    (datetime(2009, 11, 10, 23), NOV),
    (datetime(2009, 11, 10, 23, 0, 0, 123456), NOV + 123_456_000),
    (datetime(2009, 11, 10, 23, tzinfo=timezone.utc), NOV),
    (datetime(2009, 11, 10, 18, tzinfo=timezone(timedelta(hours=-5))), NOV),
    (datetime(2018, 7, 1, tzinfo=NEW_YORK), 1_530_417_600_000_000_000),
    (datetime(2018, 1, 1, tzinfo=NEW_YORK), 1_514_782_800_000_000_000),
    (datetime(2018, 11, 4, 1, 30, tzinfo=NEW_YORK), 1_541_309_400_000_000_000),
    (datetime(2018, 11, 4, 1, 30, tzinfo=NEW_YORK, fold=1), 1_541_313_000_000_000_000),
    (datetime(1969, 12, 31, 23, 59, 59, 500000), -500_000_000),
    (datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=timezone.utc), -1000),
    (datetime(1700, 1, 1), -8_520_336_000_000_000_000),
    (date(2009, 11, 10), NOV - 23 * 3_600_000_000_000),
    (date(1969, 12, 31), -86_400_000_000_000),
    (np.datetime64("2009-11-10T23:00:00"), NOV),
    (np.datetime64("2009-11-10"), NOV - 23 * 3_600_000_000_000),
    (np.datetime64("1970-02"), 31 * 86_400_000_000_000),
    (np.datetime64(NOV + 7, "ns"), NOV + 7),
    (np.datetime64(-1, "us"), -1000),
    (pd.Timestamp(NOV + 1), NOV + 1),
    (pd.Timestamp("2009-11-10T18:00:00.123456789-05:00"), NOV + 123_456_789),
    (pd.Timestamp("2018-07-01"), 1_530_403_200_000_000_000),
    (pd.Timestamp("2018-07-01", tz="America/New_York"), 1_530_417_600_000_000_000),
    (pd.Timestamp("1969-12-31T23:59:59.5Z"), -500_000_000),
    ("2009-11-10T23:00:00Z", NOV),
    ("2009-11-10T23:00:00", NOV),
    ("2009-11-10 23:00:00", NOV),
    ("2009-11-10T23:00:00.123456789Z", NOV + 123_456_789),
    ("2009-11-10T23:00:00.5", NOV + 500_000_000),
    ("2009-11-10T18:00:00-05:00", NOV),
    ("2009-11-11T04:30:00+05:30", NOV),
    ("2009-11-10T23:00Z", NOV),
    ("2009-11-10", NOV - 23 * 3_600_000_000_000),
    ("20091110T230000Z", NOV),
    ("1969-12-31T23:59:59.5Z", -500_000_000),
    ("1969-12-31T23:59:59.999999999Z", -1),
    ("2009/11/10", NOV - 23 * 3_600_000_000_000),
    ("Nov 10 2009 11pm", NOV),
    (pd.Period("2009-11-10 23:00", "h"), NOV),
    (np.datetime64(20, "2Y"), 1_262_304_000_000_000_000),
]


@pytest.mark.parametrize(("value", "ns"), EXACT, ids=[f"{type(v).__name__}-{v}" for v, _ in EXACT])
def test_time_is_exact(wire: Wire, value: object, ns: int) -> None:
    assert wire(point(value)) == [f"m f=1i {ns}"]


def test_absent_time_is_the_servers(wire: Wire, client: Calls, database: Database) -> None:
    data = {"measurement": "m", "fields": {"f": 1}}
    (line,) = wire(data)
    assert line.rstrip(" ") == "m f=1i"
    client.write(data)
    assert database.points()[0]["time"] > NOV


@pytest.mark.parametrize("ns", [9223372036854775806, -9223372036854775806, 0])
def test_ends_of_the_range_come_back(client: Calls, database: Database, ns: int) -> None:
    client.write(point(ns))
    # If a query has no time range, the server returns only points whose time is before now.
    q = f"SELECT f FROM m WHERE time >= {-9223372036854775806} AND time <= {9223372036854775806}"
    assert database.series(q)[0]["values"] == [[ns, 1]]


@pytest.mark.filterwarnings("ignore:.* points without a time")
def test_none_is_no_time(wire: Wire) -> None:
    assert wire([point(None)] * 4) == ["m f=1i"] * 4


@pytest.mark.parametrize(
    "value",
    ["", pd.NaT, np.datetime64("NaT"), "no time at all", "2009-13-01", "2009-02-30T00:00:00Z"],
    ids=repr,
)
def test_no_time_in_the_value_is_a_value_error(client: Calls, value: object) -> None:
    with pytest.raises(ValueError, match=r"point 0: .*time"):
        client.write(point(value))


@pytest.mark.parametrize(
    "value",
    [
        2**63,
        2**63 - 1,
        -(2**63),
        datetime(2300, 1, 1),
        datetime(1600, 1, 1),
        datetime.max,
        datetime.min,
        datetime.max.replace(tzinfo=timezone.utc),
        datetime.min.replace(tzinfo=NEW_YORK),
        datetime(2262, 4, 12),
        datetime(1677, 9, 21),
        date(9999, 12, 31),
        date.min,
        "9999-12-31T23:59:59.999999999Z",
        "9999-12-31T23:59:59",
        "-9999-01-01",
        "Nov 10 3000",
        "12/31/9999",
        np.datetime64(2**63 - 1, "s"),
        np.datetime64(-(2**63) + 1, "h"),
        # At the end of its range, numpy's conversion to days wraps around.
        np.datetime64(2**62, "Y"),
        np.datetime64(2**40, "M"),
        np.datetime64(300, "3Y"),
        pd.Period("3000-05"),
        pd.Timestamp.min,
        pd.Timestamp.max,
        "2300-01-01T00:00:00Z",
        np.datetime64("2300-01-01"),
        pd.Timestamp("2300-01-01").as_unit("s") if hasattr(pd.Timestamp, "as_unit") else 2**63,
    ],
    ids=str,
)
def test_time_beyond_the_range_is_a_value_error(client: Calls, value: object) -> None:
    ours = r"is outside (64-bit nanoseconds, the years 1677 to 2262|the range of times that .*)$"
    with pytest.raises(ValueError, match=rf"^point 0: .*time.*`.*` {ours}"):
        client.write(point(value))


@pytest.mark.parametrize("value", [True, b"2009-11-10", [1], object(), 1j], ids=repr)
def test_another_type_is_a_type_error(client: Calls, value: object) -> None:
    with pytest.raises(TypeError, match=r"point 0: .*time"):
        client.write(point(value))


def test_the_zone_of_the_machine_changes_nothing(database: Database) -> None:
    program = """
    import sys
    from datetime import datetime
    from aioinflux import AsyncInfluxDBClient
    host, port, db = sys.argv[1:]
    client = AsyncInfluxDBClient(host, int(port), db=db, mode="blocking")
    client.write({"measurement": "m", "fields": {"f": 1}, "time": datetime(2018, 7, 1)})
    """
    server = database.server
    subprocess.run(
        [
            sys.executable,
            "-c",
            textwrap.dedent(program),
            server.host,
            str(server.port),
            database.name,
        ],
        env={**os.environ, "TZ": "America/New_York"},
        check=True,
    )
    assert database.points()[0]["time"] == 1_530_403_200_000_000_000


def test_dicts_need_no_pandas(database: Database) -> None:
    program = """
    import sys
    from datetime import datetime
    sys.modules["pandas"] = sys.modules["numpy"] = None
    from aioinflux import AsyncInfluxDBClient
    host, port, db = sys.argv[1:]
    client = AsyncInfluxDBClient(host, int(port), db=db, mode="blocking")
    times = [5, "2009-11-10T23:00:00.123456789Z", datetime(2018, 7, 1)]
    client.write([{"measurement": "m", "fields": {"f": 1}, "time": time} for time in times])
    print(client.query("SELECT * FROM m"))
    try:
        client.write({"measurement": "m", "fields": {"f": 1}, "time": "Nov 10 2009 11pm"})
    except ValueError as error:
        print("refused:", error)
    """
    server = database.server
    child = run_python(program, server.host, str(server.port), database.name)
    out, err = child.communicate(timeout=50)
    assert (child.returncode, err) == (0, "")
    assert "refused: point 0" in out
    assert "pandas" in out
    times = [p["time"] for p in database.points()]
    assert times == [5, NOV + 123_456_789, 1_530_403_200_000_000_000]


def test_importing_the_package_does_not_import_pandas() -> None:
    child = run_python(
        "import sys, aioinflux; print('pandas' in sys.modules, 'numpy' in sys.modules)"
    )
    assert child.communicate(timeout=50) == ("False False\n", "")


def test_same_instant_in_all_kinds_is_one_point(
    blocking: AsyncInfluxDBClient, database: Database
) -> None:
    kinds = [value for value, ns in EXACT if ns == NOV]
    assert blocking.write([point(value) for value in kinds]) is True
    assert [p["time"] for p in database.points()] == [NOV]
