"""Tests the features that `InfluxDBClient` adds to the conventions of 0.9: targets, default tags,
and URLs."""

from __future__ import annotations

import pickle
from typing import Any, NamedTuple

import pandas as pd
import pytest

from aioinflux import (
    INT,
    TAG,
    InfluxDBClient,
    InfluxDBQueryError,
    InfluxDBWriteError,
    lineprotocol,
)
from influxd import Influxd
from scripted import Scripted, answer
from support import Calls, Database

SECRET = "pass/word@42"


def connect(database: Database, mode: Any = "blocking", **options: Any) -> InfluxDBClient:
    server = database.server
    return InfluxDBClient(server.host, server.port, mode=mode, db=database.name, **options)


@pytest.fixture
def modern(database: Database, mode: str) -> Calls:
    """A client for the new database, in both modes."""
    return Calls(connect(database, mode))


def test_rp_of_a_call_and_of_the_client(database: Database) -> None:
    database.query(f'CREATE RETENTION POLICY "week" ON "{database.name}" DURATION 7d REPLICATION 1')
    client = connect(database)
    client.write({"measurement": "m", "fields": {"f": 1}}, rp="week")
    assert client.query("SELECT f FROM m")["results"][0].get("series") is None
    assert client.query("SELECT f FROM m", rp="week")["results"][0]["series"][0]["name"] == "m"
    weekly = connect(database, rp="week")
    weekly.write({"measurement": "n", "fields": {"f": 2}})
    assert [row.f for row in weekly.stream("SELECT f FROM n")] == [2]
    assert list(client.stream("SELECT f FROM n")) == []


@pytest.mark.parametrize(
    ("precision", "factor"),
    [("ns", 1), ("u", 10**3), ("us", 10**3), ("µ", 10**3), ("ms", 10**6), ("s", 10**9),
     ("m", 60 * 10**9), ("h", 3600 * 10**9)],
)  # fmt: skip
def test_precision_of_encoded_lines(database: Database, precision: str, factor: int) -> None:
    assert connect(database).write("m f=1i 5", precision=precision) is True
    assert [point["time"] for point in database.points()] == [5 * factor]


def test_precision_that_no_server_knows_is_refused(modern: Calls) -> None:
    with pytest.raises(ValueError, match="`precision`: expected ns, u, ms, s, m or h, got 'd'"):
        modern.write("m f=1i 5", precision="d")


def test_precision_is_refused_for_points_that_hold_nanoseconds(
    modern: Calls, database: Database
) -> None:
    with pytest.raises(ValueError, match="precision `s` is only for encoded lines"):
        modern.write({"measurement": "m", "fields": {"f": 1}, "time": 5}, precision="s")
    assert database.points() == []


def test_consistency_is_sent_and_checked() -> None:
    with Scripted(answer(204)) as server:
        client = InfluxDBClient(
            server.host, server.port, mode="blocking", db="db", consistency="one"
        )
        client.write("m f=1")
        client.write("m f=1", consistency="all")
        asked = [request.query["consistency"] for request in server.requests]
    assert asked == ["one", "all"]
    with pytest.raises(ValueError, match="`consistency`: expected any, one, quorum or all"):
        client.write("m f=1", consistency="most")


def test_default_tags_give_way_to_the_tags_of_a_point(database: Database) -> None:
    tags = {"host": "default", "dc": "x"}
    client = connect(database, tags=tags)
    point = {"measurement": "m", "tags": {"host": "own"}, "fields": {"f": 1}, "time": 1}
    # The fourth point of a shape takes a different code path than the first point.
    client.write([{**point, "time": at} for at in range(1, 5)])
    client.write({"measurement": "m", "fields": {"f": 1}, "time": 5})
    client.write({**point, "time": 6}, host="call", dc="y")
    assert [(p["time"], p["tags"]) for p in sorted(database.points(), key=lambda p: p["time"])] == [
        *((at, {"host": "own", "dc": "x"}) for at in range(1, 5)),
        (5, {"host": "default", "dc": "x"}),
        (6, {"host": "call", "dc": "y"}),
    ]
    assert tags == {"host": "default", "dc": "x"}
    assert point["tags"] == {"host": "own"}


def test_default_tags_of_tables_give_way_to_columns(database: Database) -> None:
    client = connect(database, tags={"host": "default", "dc": "x"})
    df = pd.DataFrame({"host": ["a", None], "f": [1, 2]}, index=pd.to_datetime([1, 2]))
    client.write(df, "m", tag_columns=["host"])
    found = sorted(database.points(), key=lambda p: p["time"])
    assert [p["tags"] for p in found] == [{"host": "a", "dc": "x"}, {"dc": "x"}]
    assert list(df.columns) == ["host", "f"]


class Host(NamedTuple):
    host: TAG
    f: INT


def test_default_tags_give_way_to_attributes(database: Database) -> None:
    lineprotocol(Host)
    client = connect(database, tags={"host": "default", "dc": "x"})
    # The objects are encoded with the plan of their class, except the object whose attribute has an
    # unusual type.
    client.write([Host("a", 1), Host("b", 2), Host(5, 3)], "m")
    client.write([Host("own", 4)], "m", dc="y")
    tags = sorted((p["fields"]["f"], p["tags"]) for p in database.points())
    assert tags == [
        (1, {"host": "a", "dc": "x"}),
        (2, {"host": "b", "dc": "x"}),
        (3, {"host": "5", "dc": "x"}),
        (4, {"host": "own", "dc": "y"}),
    ]


def test_lines_that_come_encoded_get_no_tags(database: Database) -> None:
    connect(database, tags={"host": "default"}).write("m,dc=x f=1i 1")
    assert [p["tags"] for p in database.points()] == [{"dc": "x"}]


def test_a_write_without_any_database_is_refused_before_anything_is_sent(influxd: Influxd) -> None:
    with pytest.warns(UserWarning, match="No default databases is set"):
        client = InfluxDBClient(influxd.host, influxd.port, mode="blocking")
    with pytest.raises(ValueError, match="`db` is missing"):
        client.write("m f=1")


def test_url_names_everything() -> None:
    url = f"https://user:{'pass%2Fword%4042'}@db.example:1234/base?db=mine&rp=week&timeout=2.5"
    client = InfluxDBClient.from_url(url, mode="blocking", db="other")
    assert (client.host, client.port, client.ssl) == ("db.example", 1234, True)
    assert (client.db, client.mode) == ("other", "blocking")
    assert client.url == "https://db.example:1234/base/{endpoint}"
    assert SECRET not in repr(vars(client)) + repr(client)


def test_url_without_a_port_means_8086() -> None:
    client = InfluxDBClient.from_url("influxdb://localhost?db=d")
    assert (client.port, client.ssl, client.path) == (8086, False, "/")


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("ftp://h/?db=d", "schemes http, influxdb"),
        ("udp+influxdb://h:8089/secret", "`UDPClient"),
        ("influxdb://h/a/secret", "the path is the name of one database"),
        ("influxdb://h/secret?db=b", "key `db` names another database"),
        ("http://h?db=secret&database=b", "key `database` names another database"),
        ("influxdb://one,two/secret", "expected one host, got several"),
        ("influxdb:secret", "expected scheme://"),
        ("influxdb://u:1/secret@h/d", "expected scheme://"),
        ("http://", "expected scheme://"),
        ("http://u:secret@word@h/?db=d#secret", "expected scheme://"),
        ("http://h:99999/", "host or port"),
        ("http://h/?user=x", "key `user` is unknown"),
        ("http://h/?timeout=soon", "key `timeout`: expected a number"),
        ("http://h/?gzip=maybe", "key `gzip`: expected true or false"),
        ("http://u:sec/ret@h/", "host or port|expected scheme://"),
    ],
)
def test_wrong_urls_are_refused_without_showing_them(url: str, text: str) -> None:
    with pytest.raises(ValueError, match=text) as caught:
        InfluxDBClient.from_url(url)
    assert "secret" not in str(caught.value)
    assert "sec/ret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "db", "ssl"),
    [
        ("influxdb://user:pw@host:8086/metrics", "metrics", False),
        ("https+influxdb://user:pw@host:8086/metrics", "metrics", True),
        ("influxdb://user:pw@host:8086/metrics/", "metrics", False),
        ("INFLUXDB://user:pw@host:8086/metrics?db=metrics&database=metrics", "metrics", False),
        ("influxdb://user:pw@host:8086/a%20%2F%C3%A9", "a /é", False),
        ("influxdb://user:pw@host:8086/?db=metrics", "metrics", False),
        ("influxdb://user:pw@host:8086/?bucket=metrics", "metrics", False),
    ],
)
def test_path_of_an_influxdb_url_is_the_database(url: str, db: str, ssl: bool) -> None:
    client = InfluxDBClient.from_url(url)
    assert (client.db, client.path, client.ssl) == (db, "/", ssl)
    assert (client.host, client.port) == ("host", 8086)


def test_influxdb_url_without_a_host_means_this_machine() -> None:
    client = InfluxDBClient.from_url("influxdb:///metrics")
    assert (client.host, client.port, client.db) == ("localhost", 8086, "metrics")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_path_of_an_http_url_stays_a_prefix(scheme: str) -> None:
    client = InfluxDBClient.from_url(f"{scheme}://host/metrics/x?db=d")
    assert (client.db, client.path) == ("d", "/metrics/x")


@pytest.mark.parametrize("name", ["db", "database", "bucket"])
@pytest.mark.parametrize("url", ["influxdb://h/metrics", "http://h?db=metrics"])
def test_a_database_argument_takes_precedence_over_the_url(url: str, name: str) -> None:
    assert InfluxDBClient.from_url(url, **{name: "other"}).db == "other"


@pytest.mark.parametrize("name", ["INFLUXDB_DATABASE", "INFLUXDB_DB"])
def test_database_of_the_environment(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("INFLUXDB_URL", "influxdb://h/metrics")
    assert InfluxDBClient.from_env().db == "metrics"
    monkeypatch.setenv(name, "other")
    assert InfluxDBClient.from_env().db == "other"
    assert InfluxDBClient.from_env(bucket="third").db == "third"


def test_influxdb_url_is_used_for_real(database: Database) -> None:
    server = database.server
    url = f"influxdb://{server.host}:{server.port}/{database.name}"
    client = InfluxDBClient.from_url(url, mode="blocking", output="rows")
    client.write("m f=1i 5")
    assert list(client.query("SELECT f FROM m")) == [(5, 1)]


def test_url_is_used_for_real(database: Database) -> None:
    server = database.server
    url = f"{server.url}/?db={database.name}&mode=blocking&output=rows"
    client = InfluxDBClient.from_url(url)
    client.write("m f=1i 5")
    assert list(client.query("SELECT f FROM m")) == [(5, 1)]


def test_environment_names_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "INFLUXDB_URL": "http://one.example:1/base?db=first",
        "INFLUXDB_HOST": "two.example",
        "INFLUXDB_DB": "second",
        "INFLUX_USERNAME": "user",
        "INFLUXDB_PASSWORD": SECRET,
        "INFLUXDB_TIMEOUT": "7",
        "INFLUXDB_RP": "",
    }.items():
        monkeypatch.setenv(name, value)
    client = InfluxDBClient.from_env()
    assert client.url == "http://two.example:1/base/{endpoint}"
    assert client.db == "second"
    assert SECRET not in repr(vars(client))


@pytest.mark.parametrize("name", ["INFLUXDB_URL", "INFLUXDB_PORT", "INFLUXDB_TIMEOUT"])
def test_wrong_variables_are_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "no number, no URL")
    with pytest.raises(ValueError, match=f"^{name}: expected"):
        InfluxDBClient.from_env()


def test_another_address_can_be_assigned(database: Database) -> None:
    client = connect(database)
    port = client.port
    client.port = 1
    assert client.url == f"http://{client.host}:1/{{endpoint}}"
    client.port, client.host = port, "localhost"
    assert client.ping()["X-Influxdb-Version"]
    client.path = "/nowhere"
    assert client.url == f"http://localhost:{port}/nowhere/{{endpoint}}"
    with pytest.raises(TypeError, match="`ssl`"):
        client.ssl = "yes"  # type: ignore[assignment]


def test_the_password_goes_along_to_another_address() -> None:
    with Scripted(answer(204)) as one, Scripted(answer(204)) as two:
        client = InfluxDBClient(
            one.host, one.port, mode="blocking", db="d", username="user", password=SECRET
        )
        client.write("m f=1")
        client.port = two.port
        client.write("m f=1")
        assert one.requests[0].headers["authorization"] == two.requests[0].headers["authorization"]


def test_a_pickle_holds_all_but_the_password(database: Database) -> None:
    client = connect(database, output="rows", rp="autogen", tags={"a": "b"}, password=SECRET)
    data = pickle.dumps(client)
    assert SECRET.encode() not in data
    again = pickle.loads(data)
    assert repr(again) == repr(client)
    again.write({"measurement": "m", "fields": {"f": 1}, "time": 5})
    assert database.points()[0]["tags"] == {"a": "b"}


def test_frames_are_keyed_by_measurement_and_tags(modern: Calls) -> None:
    modern.write(["m,h=a f=1i 1", "m,h=b f=2i 2", "n f=3i 3"])
    one = modern.query("SELECT f FROM n", output="dataframe")
    assert one["f"].tolist() == [3]
    modern.client.output = "dataframe"
    some = modern.query("SELECT f FROM m GROUP BY h")
    assert {key: (df["f"].tolist(), df["h"].tolist()) for key, df in some.items()} == {
        "m,h=a": ([1], ["a"]),
        "m,h=b": ([2], ["b"]),
    }
    several = modern.query("SELECT f FROM n; SELECT f FROM nothing; SHOW MEASUREMENTS")
    assert [list(one) for one in several] == [["n"], [], ["measurements"]]
    assert modern.query("SELECT f FROM nothing") == {}


@pytest.mark.parametrize("epoch", ["ns", "u", "ms", "s", "m", "h"])
def test_frames_have_right_dates_whatever_the_epoch(modern: Calls, epoch: str) -> None:
    modern.write("m f=1i 1257894000123456789")
    df = modern.query("SELECT f FROM m", output="dataframe", epoch=epoch)
    assert df.index.asi8.tolist() == [1257894000123456789]


def test_what_succeeded_is_kept_in_the_form_that_was_asked_for(modern: Calls) -> None:
    modern.write("m f=1i 1")
    with pytest.raises(InfluxDBQueryError) as caught:
        modern.query("SELECT f FROM m; SELECT f FROM nowhere..m", output="dataframe")
    assert caught.value.statement == 1
    assert list(caught.value.result[0]) == ["m"]


def test_text_of_a_query_is_sent_as_it_is(modern: Calls) -> None:
    modern.write('m,t=aa f="{x}" 1')
    q = b"SELECT f FROM m WHERE t =~ /^a{2}$/ AND f = '{x}'"
    assert modern.query(q, output="dicts")
    with pytest.raises(TypeError, match="`q`: expected str or bytes, got `int`"):
        modern.query(5)


def test_refused_points_are_told(modern: Calls) -> None:
    modern.write("m f=1i 1")
    with pytest.raises(InfluxDBWriteError) as caught:
        modern.write(["m f=2i 2", "m f=true 3"])
    assert (caught.value.status, caught.value.reason) == (400, "Bad Request")
    assert [(index, line) for index, line, _ in caught.value.rejected] == [(1, "m f=true 3")]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("connector", None, "`connector`: no longer supported; hint: use `unix_socket`"),
        ("redis_opts", {}, "no longer cached in Redis"),
        ("log_lvl", 10, "`log_lvl`: unknown"),
    ],
)
def test_arguments_that_are_gone_are_refused_with_a_hint(
    name: str, value: object, text: str
) -> None:
    with pytest.raises(TypeError, match=text):
        InfluxDBClient(**{name: value})
