"""Tests keyword arguments of other clients: some are aliases of our arguments, and the others must
not become tags unnoticed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from aioinflux import (
    AsyncInfluxDBClient,
    InfluxDBClient,
    UDPClient,
    line_batches,
    to_line_protocol,
)
from scripted import Scripted, answer
from support import Calls, Database, Wire

POINT = {"measurement": "m", "fields": {"f": 1}, "time": 1}
ALIASES = ("database", "bucket")
# Each item has a keyword, a value, and the argument that the error message names.
REFUSED = [
    ("retention_policy", "week", "`rp`"),
    ("time_precision", "s", "`precision`"),
    ("time_precision", "s", "`time_unit`"),
    ("write_precision", "s", "`precision`"),
    ("batch_size", 500, "`batch_lines`"),
    ("data_frame_measurement_name", "m", "`measurement`"),
    ("data_frame_tag_columns", ["a"], "`tag_columns`"),
    ("data_frame_timestamp_column", "t", "`time_column`"),
    ("write_options", object(), "`batch_lines`"),
    ("numeric_precision", "full", "numbers are always written in full"),
    ("org", "o", "the organization is that of the client"),
    ("org_id", "o", "the organization is that of the client"),
    ("record", "m f=1 1", "`data`"),
    ("record_time_key", "time", "a mapping has the key `time`"),
    ("point_settings", object(), "the client has default `tags`"),
    ("protocol", "line", "`data`"),
    ("protocol", "json", "`data`"),
]
NAMES_OF_A_PLACE = ("db", "database", "bucket", "rp", "precision", "consistency", "on_reject")

_numbers = itertools.count(1)


@pytest.fixture
def other(database: Database) -> Iterator[Database]:
    """The name of a second database on the same server."""
    name = f"{database.name}_other_{next(_numbers)}"
    database.server.execute(f'CREATE DATABASE "{name}"')
    yield Database(database.server, name)
    database.server.execute(f'DROP DATABASE "{name}"')


def fill(database: Database) -> None:
    server = database.server
    client = AsyncInfluxDBClient(server.host, server.port, db=database.name, mode="blocking")
    client.write("m f=7i 1")


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_says_where_points_go(
    admin: Calls, database: Database, other: Database, alias: str
) -> None:
    assert admin.write(POINT, **{alias: other.name}) is True
    assert [(point["tags"], point["fields"]) for point in other.points()] == [({}, {"f": 1})]
    assert database.points() == []


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_says_what_is_queried(admin: Calls, other: Database, alias: str) -> None:
    fill(other)
    there = {alias: other.name}
    assert list(admin.query("SELECT f FROM m", output="rows", **there)) == [(1, 7)]
    assert [row.f for row in admin.client.stream("SELECT f FROM m", **there)] == [7]
    measurements = admin.show_measurements(**there)
    assert measurements["results"][0]["series"][0]["values"] == [["m"]]
    admin.drop_measurement("m", **there)
    assert other.points() == []


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_names_the_database_of_a_statement(
    admin: Calls, database: Database, alias: str
) -> None:
    name = f"{database.name}_made"
    admin.create_database(**{alias: name})
    admin.create_retention_policy("week", "7d", **{alias: name})
    (series,) = Database(database.server, name).series(f'SHOW RETENTION POLICIES ON "{name}"')
    assert "week" in [row[0] for row in series["values"]]
    admin.drop_database(**{alias: name})
    (series,) = database.series("SHOW DATABASES")
    assert [name] not in series["values"]


@pytest.mark.parametrize("method", ["drop_database", "create_database"])
@pytest.mark.parametrize("alias", ALIASES)
def test_an_empty_alias_is_not_the_database_of_the_client(
    admin: Calls, database: Database, method: str, alias: str
) -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        getattr(admin, method)(**{alias: ""})
    assert [database.name] in database.series("SHOW DATABASES")[0]["values"]


CALLS: list[Any] = [
    lambda client, **names: client.write(POINT, **names),
    lambda client, **names: client.query("SELECT f FROM m", **names),
    lambda client, **names: client.client.stream("SELECT f FROM m", **names),
    lambda client, **names: client.show_series(**names),
    lambda client, **names: client.drop_measurement("m", **names),
    lambda client, **names: client.grant("ALL", "u", **names),
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "names",
    [{"db": "a", "database": "b"}, {"db": "a", "bucket": "b"}, {"database": "a", "bucket": "b"}],
)
def test_two_names_for_different_databases_are_refused(call: Any, names: dict[str, str]) -> None:
    with Scripted(answer(204)) as server:
        client = Calls(InfluxDBClient(server.host, server.port, db="d", mode="blocking"))
        first, second = names
        with pytest.raises(ValueError, match=f"arguments `{first}` and `{second}`: they name diff"):
            call(client, **names)
        assert server.requests == []


@pytest.mark.parametrize("call", CALLS)
def test_an_alias_that_is_no_text_is_refused(call: Any) -> None:
    client = Calls(InfluxDBClient(db="d", mode="blocking"))
    with pytest.raises(TypeError, match="argument `database`: expected str, got `int`"):
        call(client, database=5)


def test_names_that_agree_are_one_name(admin: Calls, other: Database) -> None:
    name = other.name
    assert admin.write(POINT, db=name, database=name, bucket=name) is True
    assert len(other.points()) == 1


def test_an_unknown_argument_of_a_statement_is_refused(admin: Calls) -> None:
    with pytest.raises(TypeError, match="argument `limt`: unknown"):
        admin.show_series(limt=5)


def test_bucket_is_an_alias_in_the_constructor() -> None:
    assert InfluxDBClient(bucket="a").db == "a"
    assert InfluxDBClient(bucket="a", database="a").db == "a"
    assert InfluxDBClient.from_url("http://h?bucket=a").db == "a"
    with pytest.raises(ValueError, match="arguments `db` and `bucket`"):
        InfluxDBClient(db="a", bucket="b")


# Tests names that would become tags.


@pytest.mark.parametrize(("name", "value", "ours"), REFUSED)
def test_keyword_of_another_client_is_refused_with_the_name_of_ours(
    face: type, name: str, value: object, ours: str
) -> None:
    with Scripted(answer(204)) as server:
        client = face(host=server.host, port=server.port, db="d", mode="blocking")
        with pytest.raises(TypeError, match=f"^argument `{name}`: .*{ours}.* `tags`$"):
            client.write(POINT, **{name: value})
        assert server.requests == []


@pytest.mark.parametrize("name", NAMES_OF_A_PLACE)
@pytest.mark.parametrize(
    "call",
    [
        AsyncInfluxDBClient(mode="blocking").write,
        UDPClient(port=9, mode="blocking").write,
        to_line_protocol,
        line_batches,
    ],
)
def test_what_only_one_client_takes_is_no_tag_of_the_others(call: Any, name: str) -> None:
    with pytest.raises(
        TypeError, match=f"argument `{name}`: .*a tag of this name goes into `tags`"
    ):
        call(POINT, **{name: "x"})


@pytest.mark.parametrize(("name", "value", "ours"), REFUSED)
@pytest.mark.parametrize(
    "call", [to_line_protocol, line_batches, UDPClient(port=9, mode="blocking").write]
)
def test_keyword_of_another_client_is_no_tag_of_lines(
    call: Any, name: str, value: object, ours: str
) -> None:
    with pytest.raises(TypeError, match=f"argument `{name}`: .*{ours}"):
        call(POINT, **{name: value})


@pytest.mark.parametrize("name", [*{one for one, _, _ in REFUSED}, *NAMES_OF_A_PLACE])
def test_tags_takes_the_names_that_are_refused_as_keywords(sends: Wire, name: str) -> None:
    assert sends(POINT, tags={name: "line"}) == [f"m,{name}=line f=1i 1"]
    assert to_line_protocol(POINT, tags={name: "line"}) == f"m,{name}=line f=1i 1\n".encode()


@pytest.mark.parametrize(
    ("name", "value"),
    [("protocol", "tcp"), ("protocol", "LINE"), ("token", "t"), ("Database", "d"),
     ("sync", "x"), ("batch", "7"), ("policy", "p")],
)  # fmt: skip
def test_every_other_keyword_stays_a_tag(sends: Wire, name: str, value: str) -> None:
    assert sends(POINT, **{name: value}) == [f"m,{name}={value} f=1i 1"]
    assert to_line_protocol(POINT, **{name: value}) == f"m,{name}={value} f=1i 1\n".encode()


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_selects_the_database_of_a_seed_query(
    client: Calls, other: Database, alias: str
) -> None:
    fill(other)
    there = {alias: other.name}
    found = client.query("SELECT f FROM {db}..m", output="rows", **there)
    assert list(found) == [(1, 7)]
    with pytest.raises(ValueError, match=f"arguments `db` and `{alias}`"):
        client.query("SELECT f FROM m", db="d", **there)


@pytest.mark.parametrize("alias", ALIASES)
def test_a_placeholder_of_that_name_stays_one(client: Calls, other: Database, alias: str) -> None:
    fill(other)
    text = f"SELECT f FROM {{{alias}}}..m; SHOW MEASUREMENTS"
    there, here = client.query(text, output="dict", **{alias: other.name})["results"]
    assert there["series"][0]["values"] == [[1, 7]]
    assert "series" not in here


@pytest.mark.parametrize("alias", ["database", "bucket"])
def test_shorthands_of_the_older_client_take_the_aliases(database: Database, alias: str) -> None:
    with AsyncInfluxDBClient(
        port=database.server.port, db=database.name, mode="blocking"
    ) as client:
        client.write("m f=1 1")
        client.db = "other"
        answer = client.show_measurements(**{alias: database.name})
        assert answer["results"][0]["series"][0]["values"] == [["m"]]
        client.drop_database(**{alias: database.name})
        assert [database.name] not in client.show_databases()["results"][0]["series"][0]["values"]
        client.create_database(**{alias: database.name})
        with pytest.raises(ValueError, match=f"`db` and `{alias}`"):
            client.show_measurements(db="another", **{alias: database.name})
        with pytest.raises(ValueError, match=f"argument `{alias}`: must not be empty"):
            client.drop_database(**{alias: ""})
        with pytest.raises(TypeError, match="argument `epochs`: unknown"):
            client.show_users(epochs="s")
