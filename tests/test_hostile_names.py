"""Tests hostile names on the live server: each call affects only the object that it names.

A generator with a fixed seed joins the names from pieces. The pieces end quotes, statements and
lines, begin comments, or look like escapes, placeholders or other characters. If a server cannot
store a name, the name is refused, either by the client before anything is sent, or by the server.
"""

from __future__ import annotations

import contextlib
import random
import re
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from aioinflux import InfluxDBClient, to_line_protocol
from aioinflux.exceptions import InfluxDBQueryError
from aioinflux.influxql import Identifier, Regex, influxql
from influxd import Influxd

PIECES = [
    "'", '"', "\\", "\\'", '\\"', "\\\\", "\\n", "\n", "\r", "\0", ";", "/", "\\/", "--", "/*",
    "*/", "//", " ", "\t", ",", "=", "\\,", "\\=", "\\ ", ".", "..", "$x", "{x}", "%s", "%27", "a",
    "m", "0", "(", ")", "[", "]", "*", "+", "?", "^", "|", "#", "`", "é", "🚀", "\u2028", "\ufeff",
    "\u200b", "\u02bc", "\uff07", "\x01", "\x7f", "\x85", "::tag", "=~", "!~",
    '"; DROP DATABASE "victim"; --', "'; DROP DATABASE victim; --", "' OR 1 = 1 --", '" OR "" = "',
    '"; DROP MEASUREMENT "bystander"; --', "/; DELETE FROM bystander; --", " OR host =~ /.*/",
    "' WITH ALL PRIVILEGES; --", '" WITH DURATION 1h; --', "\nbystander,host=a f=9 1",
]  # fmt: skip
NAMES_PER_TEST = 40
SEED = 20_090_711


def names(test: str) -> list[str]:
    chosen = random.Random(f"{SEED} {test}")
    made = ["".join(chosen.choices(PIECES, k=chosen.randint(1, 6))) for _ in range(NAMES_PER_TEST)]
    # Each of the pieces is also used as a name by itself.
    return [*dict.fromkeys([*PIECES, *made])]


@pytest.fixture(scope="module")
def server() -> Iterator[Influxd]:
    """A server of its own for this test file, so that the tests can compare the whole state of the
    server."""
    with Influxd() as one:
        yield one


@pytest.fixture
def own(server: Influxd) -> Iterator[InfluxDBClient]:
    """A client for the database `own`; there is another database `victim`, and both databases
    contain a measurement `bystander`."""
    server.execute("CREATE DATABASE own; CREATE DATABASE victim; CREATE USER u WITH PASSWORD 'p'")
    lines = b"bystander,host=a,k=a f=1 1\nbystander,host=b f=2 2\nm,k=x f=3 3\n"
    for name in ("own", "victim"):
        urllib.request.urlopen(f"{server.url}/write?db={name}", lines)
    yield InfluxDBClient(server.host, server.port, mode="blocking", db="own")
    server.execute("DROP DATABASE own; DROP DATABASE victim")


def state(server: Influxd) -> bytes:
    """Returns everything that the server has stored."""
    return server.execute(
        "SHOW DATABASES; SHOW USERS; SHOW CONTINUOUS QUERIES;"
        "SHOW RETENTION POLICIES ON own; SHOW RETENTION POLICIES ON victim;"
        "SELECT * FROM own.autogen./.*/ GROUP BY *; SELECT * FROM victim.autogen./.*/ GROUP BY *"
    )


def rows(answer: dict[str, Any]) -> list[Any]:
    return [row for one in answer["results"][0].get("series", []) for row in one.get("values", [])]


def line(point: dict[str, Any]) -> bytes | None:
    """Returns the point as a line if the server stores the point unchanged, and otherwise
    `None`."""
    try:
        return to_line_protocol({"fields": {"f": 7}, "time": 7, **point})
    except ValueError:
        return None


# The encoder removes line feeds from names, and issues a warning.
pytestmark = pytest.mark.filterwarnings("ignore:.*newline:UserWarning")


def held(name: str) -> bool:
    """Returns whether a statement can contain the name at all."""
    return not re.search("[\0\r]", name)


def test_measurement(server: Influxd, own: InfluxDBClient) -> None:
    before = state(server)
    hit = 0
    for name in names("measurement"):
        if not held(name):
            for call in (own.drop_measurement, own.delete, own.drop_series):
                with pytest.raises(ValueError, match="carriage return"):
                    call(name)
            continue
        select = influxql("SELECT f FROM {m}", m=Identifier(name))
        point = None if "\n" in name else line({"measurement": name})
        if point is None or name in ("m", "bystander"):
            if name not in ("m", "bystander"):
                assert rows(own.query(select)) == [], name
                own.drop_measurement(name)
        else:
            own.write(point)
            answer = own.query(select)
            assert rows(answer) == [[7, 7]], name
            assert answer["results"][0]["series"][0]["name"] == name
            # In turns.
            (own.drop_measurement, own.delete, own.drop_series)[hit % 3](name)
            assert rows(own.query(select)) == [], name
            hit += 1
        assert state(server) == before, name
    assert hit > 50


def test_tag_value(server: Influxd, own: InfluxDBClient) -> None:
    before = state(server)
    hit = 0
    for name in names("tag value"):
        if not held(name):
            with pytest.raises(ValueError, match="carriage return"):
                own.delete(where={"k": name})
            continue
        if name == "a":
            continue
        # The encoder removes line feeds from tag values, too.
        point = None if "\n" in name else line({"measurement": "tagged", "tags": {"k": name}})
        select = influxql("SELECT f FROM /./ WHERE k = {v}", v=name)
        if point is None:
            assert rows(own.query(select)) == [], name
            own.delete(where={"k": name})
        else:
            own.write(point)
            assert rows(own.query(select)) == [[7, 7]], name
            assert rows(own.show_tag_values("k", where={"k": name})) == [["k", name]]
            (own.delete, own.drop_series)[hit % 2](where={"k": name})
            assert rows(own.query(select)) == [], name
            hit += 1
        assert state(server) == before, name
    assert hit > 50


def test_tag_key(server: Influxd, own: InfluxDBClient) -> None:
    before = state(server)
    hit = 0
    for name in names("tag key"):
        point = None
        if held(name) and "\n" not in name:
            point = line({"measurement": "tagged", "tags": {name: "v"}})
        if point is None or name in ("f", "host", "k"):
            continue
        own.write(point)
        select = influxql("SELECT f FROM tagged WHERE {k} = 'v'", k=Identifier(name))
        assert rows(own.query(select)) == [[7, 7]], name
        assert rows(own.show_tag_values(name, "tagged")) == [[name, "v"]]
        own.delete("tagged", where={name: "v"})
        assert rows(own.query("SELECT f FROM tagged")) == [], name
        assert state(server) == before, name
        hit += 1
    assert hit > 50


def test_pattern(server: Influxd, own: InfluxDBClient) -> None:
    before = state(server)
    hit = 0
    for name in names("pattern"):
        # If the name is used as a pattern without escapes, the pattern can be invalid. A query with
        # the name must not change the state of the server.
        with contextlib.suppress(ValueError, InfluxDBQueryError):
            own.query(influxql("SELECT f FROM {r} WHERE k =~ {r}", r=Regex(name)))
        point = None if not held(name) else line({"measurement": f"_{name}"})
        assert state(server) == before, name
        if point is None or "\n" in name:
            continue
        # The escaped pattern must match the name and nothing else.
        exact = Regex("^_" + re.sub(r"[\\.+*?()|\[\]{}^$]", r"\\\g<0>", name) + "$")
        own.write(point)
        assert rows(own.show_measurements(measurement=exact)) == [[f"_{name}"]]
        own.delete(exact)
        assert rows(own.query(influxql("SELECT f FROM {r}", r=exact))) == [], name
        assert state(server) == before, name
        hit += 1
    assert hit > 50


def test_database(server: Influxd, own: InfluxDBClient) -> None:
    before = state(server)
    hit = 0
    for name in names("database"):
        try:
            own.create_database(name)
        except (ValueError, InfluxDBQueryError):
            pass
        else:
            assert [name] in rows(own.show_databases()), name
            # When InfluxDB 1.6.7 writes to a database, it uses the name of the database's directory
            # as a file name pattern.
            if "[" not in name:
                own.write("m f=7 7", db=name)
                select = influxql("SELECT f FROM {m}", m=Identifier(name, "autogen", "m"))
                assert rows(own.query(select)) == [[7, 7]], name
            own.drop_database(name)
            hit += 1
        assert state(server) == before, name
    assert hit > 30


def test_user_and_password(server: Influxd, own: InfluxDBClient) -> None:
    before = state(server)
    hit = 0
    # Only a few names are tested as passwords, because a server takes a long time for each
    # password.
    for name in names("user")[::12]:
        try:
            own.create_user(name, name)
        except ValueError:
            assert not held(name)
            continue
        assert [name, False] in rows(own.show_users()), name
        own.set_password(name, name[::-1])
        own.grant("READ", name)
        assert rows(own.show_grants(name)) == [["own", "READ"]], name
        own.drop_user(name)
        assert state(server) == before, name
        hit += 1
    assert hit > 5


def test_retention_policy_and_continuous_query(server: Influxd, own: InfluxDBClient) -> None:
    before = state(server)
    hit = 0
    for name in names("policy")[::2]:
        try:
            own.create_retention_policy(name, "7d")
        except (ValueError, InfluxDBQueryError):
            assert state(server) == before, name
            continue
        assert name in [row[0] for row in rows(own.show_retention_policies())]
        into = Identifier("own", name, name)
        select = influxql("SELECT mean(f) INTO {t} FROM m GROUP BY time(1m)", t=into)
        own.create_continuous_query(name, select)
        assert name in [row[0] for row in rows(own.show_continuous_queries())]
        own.drop_continuous_query(name)
        own.drop_retention_policy(name)
        assert state(server) == before, name
        hit += 1
    assert hit > 20
