"""Tests administration on the live server: one test for each statement, in both modes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from aioinflux.exceptions import InfluxDBQueryError
from aioinflux.influxql import Identifier, Regex, influxql
from support import Calls, Database

LINES = b"""
cpu,host=a,rack=1 load=1,n=1i 1
cpu,host=b,rack=2 load=2,n=2i 2
cpu,host=c,rack=2 load=3,n=3i 3
mem,host=a used=4 4
"""


@pytest.fixture
def filled(admin: Calls) -> Calls:
    """A client for a database that contains three series of `cpu` and one series of `mem`."""
    admin.write(LINES)
    return admin


def rows(answer: dict[str, Any]) -> list[Any]:
    """Returns the rows of all series in the result of the first statement."""
    return [row for one in answer["results"][0].get("series", []) for row in one.get("values", [])]


def column(answer: dict[str, Any], number: int = 0) -> list[Any]:
    return [row[number] for row in rows(answer)]


def cells(answer: dict[str, Any], *columns: str) -> list[list[Any]]:
    """Returns the named columns of all rows in the result of the first statement. Columns that the
    caller does not name are ignored, because newer servers return more columns."""
    return [
        [dict(zip(one["columns"], row, strict=True))[column] for column in columns]
        for one in answer["results"][0].get("series", [])
        for row in one.get("values", [])
    ]


def policies(answer: dict[str, Any]) -> dict[str, list[Any]]:
    """Returns a dict that maps the name of each retention policy to those of its properties that
    every server shows."""
    found = cells(answer, "name", "duration", "shardGroupDuration", "replicaN", "default")
    return {row[0]: row[1:] for row in found}


def users(answer: dict[str, Any]) -> dict[str, list[Any]]:
    """Returns a dict that maps the name of each user to whether the user is an administrator."""
    return {row[0]: row[1:] for row in cells(answer, "user", "admin")}


def times(client: Calls) -> list[int]:
    return sorted(row[0] for row in rows(client.query("SELECT * FROM /.*/")))


# Tests databases and retention policies.


def test_create_and_drop_a_database(admin: Calls, database: Database) -> None:
    other = f"{database.name} other"
    admin.create_database(other)
    assert other in column(admin.show_databases())
    admin.drop_database(other)
    assert other not in column(admin.show_databases())


def test_create_and_drop_the_clients_own_database(admin: Calls, database: Database) -> None:
    admin.drop_database()
    assert database.name not in column(admin.show_databases())
    admin.create_database()
    assert database.name in column(admin.show_databases())


def test_create_a_database_with_a_retention_policy(admin: Calls, database: Database) -> None:
    other = f"{database.name}_rp"
    admin.create_database(
        other, duration=timedelta(days=2), replication=1, shard_duration="2h", name='my "rp"'
    )
    found = policies(admin.show_retention_policies(db=other))
    assert found == {'my "rp"': ["48h0m0s", "2h0m0s", 1, True]}


def test_create_a_retention_policy(admin: Calls) -> None:
    admin.create_retention_policy("week", "7d", shard_duration=timedelta(hours=6))
    admin.create_retention_policy("ever", "INF", 2, default=True)
    found = policies(admin.show_retention_policies())
    assert found["week"] == ["168h0m0s", "6h0m0s", 1, False]
    assert found["ever"] == ["0s", "168h0m0s", 2, True]


def test_alter_a_retention_policy(admin: Calls) -> None:
    admin.create_retention_policy("p", "7d")
    admin.alter_retention_policy("p", duration=timedelta(days=14))
    assert policies(admin.show_retention_policies())["p"] == ["336h0m0s", "24h0m0s", 1, False]
    admin.alter_retention_policy("p", replication=2, shard_duration="12h", default=True)
    assert policies(admin.show_retention_policies())["p"] == ["336h0m0s", "12h0m0s", 2, True]


def test_drop_a_retention_policy(admin: Calls) -> None:
    admin.create_retention_policy("p", "7d")
    admin.drop_retention_policy("p")
    assert column(admin.show_retention_policies()) == ["autogen"]


def test_retention_policies_of_another_database(admin: Calls, database: Database) -> None:
    other = f"{database.name}_other"
    admin.create_database(other)
    admin.create_retention_policy("p", "7d", db=other)
    admin.alter_retention_policy("p", duration="8d", db=other)
    assert policies(admin.show_retention_policies(db=other))["p"][0] == "192h0m0s"
    admin.drop_retention_policy("p", db=other)
    assert column(admin.show_retention_policies(db=other)) == ["autogen"]


def test_refusal_of_the_server_is_an_error(admin: Calls) -> None:
    with pytest.raises(InfluxDBQueryError, match="at least 1h"):
        admin.create_retention_policy("p", "5m")


# Tests continuous queries and subscriptions.

SELECT = "SELECT mean(load) INTO cpu_mean FROM cpu GROUP BY time(1m)"


def queries_of(client: Calls, database: Database) -> dict[str, str]:
    all_series = client.show_continuous_queries()["results"][0]["series"]
    (own,) = [one for one in all_series if one["name"] == database.name]
    return dict(own.get("values", []))


def test_create_and_drop_a_continuous_query(admin: Calls, database: Database) -> None:
    admin.create_continuous_query("one", SELECT)
    text = queries_of(admin, database)["one"]
    assert "BEGIN SELECT mean(load) INTO" in text
    assert "RESAMPLE" not in text
    admin.drop_continuous_query("one")
    assert queries_of(admin, database) == {}


def test_continuous_query_runs_again(admin: Calls, database: Database) -> None:
    admin.create_continuous_query("one", SELECT, every=timedelta(minutes=2), for_="1h")
    assert "RESAMPLE EVERY 2m FOR 1h BEGIN" in queries_of(admin, database)["one"]


def test_create_and_drop_a_subscription(admin: Calls, database: Database) -> None:
    admin.create_subscription("s", ["udp://127.0.0.1:9", "http://[::1]:9"], mode="ANY")
    found = admin.show_subscriptions()["results"][0]["series"]
    (own,) = [one["values"] for one in found if one["name"] == database.name]
    assert own == [["autogen", "s", "ANY", ["udp://127.0.0.1:9", "http://[::1]:9"]]]
    admin.drop_subscription("s")
    left = admin.show_subscriptions()["results"][0].get("series", [])
    assert database.name not in [one["name"] for one in left]


# Tests users and privileges. Users belong to the whole server rather than to one database.


@pytest.fixture
def user(admin: Calls, database: Database) -> str:
    name = f'{database.name} "user"'
    admin.create_user(name, "it's \\ secret")
    return name


def test_create_and_drop_a_user(admin: Calls, user: str) -> None:
    assert users(admin.show_users())[user] == [False]
    admin.drop_user(user)
    assert user not in users(admin.show_users())


def test_create_an_administrator(admin: Calls, database: Database) -> None:
    admin.create_user(database.name, "x", admin=True)
    assert users(admin.show_users())[database.name] == [True]


def test_set_a_password(admin: Calls, user: str) -> None:
    admin.set_password(user, "new 'one'")
    # Creating a user that exists is an error only if the password is different.
    admin.create_user(user, "new 'one'")
    with pytest.raises(InfluxDBQueryError, match="exists"):
        admin.create_user(user, "it's \\ secret")


@pytest.mark.parametrize("privilege", ["READ", "WRITE", "ALL"])
def test_grant_and_revoke_a_right(
    admin: Calls, user: str, database: Database, privilege: str
) -> None:
    admin.grant(privilege, user)
    shown = "ALL PRIVILEGES" if privilege == "ALL" else privilege
    assert rows(admin.show_grants(user)) == [[database.name, shown]]
    admin.revoke(privilege, user)
    assert rows(admin.show_grants(user)) == [[database.name, "NO PRIVILEGES"]]


def test_grant_a_right_to_another_database(admin: Calls, user: str, database: Database) -> None:
    other = f"{database.name}_other"
    admin.create_database(other)
    admin.grant("READ", user, db=other)
    assert rows(admin.show_grants(user)) == [[other, "READ"]]


def test_grant_and_revoke_all_rights(admin: Calls, user: str) -> None:
    admin.grant_admin(user)
    assert users(admin.show_users())[user] == [True]
    admin.revoke_admin(user)
    assert users(admin.show_users())[user] == [False]


# Tests statements about the contents of a database.


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({}, ["cpu", "mem"]),
        ({"measurement": "cpu"}, ["cpu"]),
        ({"measurement": Regex("^m")}, ["mem"]),
        ({"where": {"rack": "1"}}, ["cpu"]),
        ({"where": "host = 'a'"}, ["cpu", "mem"]),
        ({"limit": 1}, ["cpu"]),
        ({"limit": 1, "offset": 1}, ["mem"]),
    ],
)
def test_show_measurements(filled: Calls, arguments: dict[str, Any], found: list[str]) -> None:
    assert column(filled.show_measurements(**arguments)) == found


A, B, C, M = "cpu,host=a,rack=1", "cpu,host=b,rack=2", "cpu,host=c,rack=2", "mem,host=a"


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({}, [A, B, C, M]),
        ({"measurement": "mem"}, [M]),
        ({"measurement": Regex("^(cpu|mem)$")}, [A, B, C, M]),
        ({"measurement": Identifier("autogen", "mem")}, [M]),
        ({"where": {"host": "a"}}, [A, M]),
        ({"where": {"host": ["a", "b"], "rack": Regex("[12]")}}, [A, B]),
        ({"where": influxql("host != {h}", h="a")}, [B, C]),
        ({"measurement": "cpu", "limit": 1, "offset": 1}, [B]),
    ],
)
def test_show_series(filled: Calls, arguments: dict[str, Any], found: list[str]) -> None:
    assert column(filled.show_series(**arguments)) == found


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({}, ["host", "rack", "host"]),
        ({"measurement": "cpu"}, ["host", "rack"]),
        ({"measurement": Regex("m$")}, ["host"]),
        ({"measurement": "cpu", "limit": 1, "offset": 1}, ["rack"]),
        ({"where": {"rack": "2"}}, ["host", "rack"]),
    ],
)
def test_show_tag_keys(filled: Calls, arguments: dict[str, Any], found: list[str]) -> None:
    assert column(filled.show_tag_keys(**arguments)) == found


@pytest.mark.parametrize(
    ("key", "arguments", "found"),
    [
        ("host", {}, ["a", "b", "c", "a"]),
        ("host", {"measurement": "mem"}, ["a"]),
        (["host", "rack"], {"measurement": "cpu"}, ["a", "b", "c", "1", "2"]),
        (Regex("^r"), {}, ["1", "2"]),
        ("host", {"where": {"rack": "2"}}, ["b", "c"]),
        ("host", {"measurement": "cpu", "limit": 1, "offset": 1}, ["b"]),
    ],
)
def test_show_tag_values(
    filled: Calls, key: Any, arguments: dict[str, Any], found: list[str]
) -> None:
    assert column(filled.show_tag_values(key, **arguments), 1) == found


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({}, [["load", "float"], ["n", "integer"], ["used", "float"]]),
        ({"measurement": "mem"}, [["used", "float"]]),
        ({"measurement": "cpu", "limit": 1, "offset": 1}, [["n", "integer"]]),
    ],
)
def test_show_field_keys(filled: Calls, arguments: dict[str, Any], found: list[Any]) -> None:
    assert rows(filled.show_field_keys(**arguments)) == found


@pytest.mark.parametrize(
    ("function", "arguments", "found"),
    [
        ("series", {}, [4]),
        ("series", {"exact": True}, [3, 1]),
        ("series", {"measurement": "cpu", "exact": True}, [3]),
        ("series", {"where": {"rack": "2"}, "exact": True}, [2]),
        ("measurement", {}, [2]),
        ("measurement", {"exact": True}, [2]),
        ("measurement", {"measurement": "cpu", "exact": True}, [1]),
        ("tag_key", {}, [2, 1]),
        ("tag_key", {"exact": True}, [2, 1]),
        ("tag_key", {"measurement": "cpu"}, [2]),
        ("tag_values", {"key": "host"}, [3, 1]),
        ("tag_values", {"key": ["host", "rack"], "measurement": "cpu", "exact": True}, [5]),
        ("tag_values", {"key": Regex("rack"), "exact": True}, [2]),
        ("field_key", {}, [2, 1]),
        ("field_key", {"exact": True}, [2, 1]),
        ("field_key", {"measurement": "mem", "exact": True}, [1]),
    ],
)
def test_cardinality(
    filled: Calls, function: str, arguments: dict[str, Any], found: list[int]
) -> None:
    answer = getattr(filled, f"show_{function}_cardinality")(**arguments)
    assert column(answer) == found
    estimated = function in ("series", "measurement") and not arguments
    columns = answer["results"][0]["series"][0]["columns"]
    assert columns == (["cardinality estimation"] if estimated else ["count"])


@pytest.mark.parametrize(
    "call",
    [
        lambda client, db: client.show_measurements(db=db),
        lambda client, db: client.show_series(db=db),
        lambda client, db: client.show_tag_keys(db=db),
        lambda client, db: client.show_tag_values("host", db=db),
        lambda client, db: client.show_field_keys(db=db),
        lambda client, db: client.show_series_cardinality(exact=True, db=db),
        lambda client, db: client.explain("SELECT * FROM cpu", db=db),
    ],
)
def test_another_database_is_asked(filled: Calls, call: Callable[[Calls, str], Any]) -> None:
    own = filled.client.db
    filled.client.db = f"{own}_none"
    filled.create_database()
    assert call(filled, own) != call(filled, f"{own}_none")


# Deletion.


def test_drop_a_measurement(filled: Calls) -> None:
    filled.drop_measurement("cpu")
    assert times(filled) == [4]


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        ({"measurement": "cpu"}, [4]),
        ({"measurement": Regex("^c")}, [4]),
        ({"where": {"host": "a"}}, [2, 3]),
        ({"measurement": "cpu", "where": {"host": ["a", "b"]}}, [3, 4]),
    ],
)
def test_drop_series(filled: Calls, arguments: dict[str, Any], left: list[int]) -> None:
    filled.drop_series(**arguments)
    assert times(filled) == left


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        ({"measurement": "cpu"}, [4]),
        ({"measurement": Regex("m$")}, [1, 2, 3]),
        ({"where": "time < 3"}, [3, 4]),
        ({"where": influxql("time >= {t}", t=datetime(1970, 1, 1))}, []),
        ({"measurement": "cpu", "where": {"rack": "2"}}, [1, 4]),
    ],
)
def test_delete_points(filled: Calls, arguments: dict[str, Any], left: list[int]) -> None:
    filled.delete(**arguments)
    assert times(filled) == left


def test_deletion_in_another_database(filled: Calls) -> None:
    own = filled.client.db
    filled.client.db = f"{own}_none"
    filled.create_database()
    filled.delete("cpu", where="time < 2", db=own)
    filled.drop_series(where={"host": "b"}, db=own)
    filled.drop_measurement("mem", db=own)
    filled.client.db = own
    assert times(filled) == [3]


def test_drop_a_shard(filled: Calls, database: Database) -> None:
    (shard,) = [row[0] for row in rows(filled.show_shards()) if row[1] == database.name]
    filled.drop_shard(shard)
    assert times(filled) == []


@pytest.mark.parametrize("method", ["delete", "drop_series"])
@pytest.mark.parametrize("arguments", [{}, {"where": {}}, {"where": ""}, {"where": "  "}])
def test_deletion_of_everything_is_refused(
    filled: Calls, method: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="where"):
        getattr(filled, method)(**arguments)
    assert times(filled) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "where",
    [
        "host = 'a'; DROP MEASUREMENT cpu",
        "host = 'a' --",
        "a = 'x",
        "time > 2. / 3; DROP MEASUREMENT cpu; SHOW SERIES WHERE 1 = 2. / 1",
        "time > .2 / 3; DROP MEASUREMENT cpu; SHOW SERIES WHERE 1 = .2 / 1",
        # A parser that takes the first slash for division sees several statements here. After `a.`,
        # a server takes the slash for division as well.
        "1 = a./ 3; DROP MEASUREMENT cpu; SHOW SERIES WHERE 1 = a./ 1",
        "1 = 1 AND /;DROP MEASUREMENT cpu;/",
        "1 = 1 AND /'/ = '; DROP MEASUREMENT cpu; /'/",
    ],
)
def test_condition_is_one_condition(filled: Calls, where: str) -> None:
    with pytest.raises(ValueError, match="where"):
        filled.delete("cpu", where=where)
    assert times(filled) == [1, 2, 3, 4]


def test_a_point_at_the_end_of_a_number_is_a_part_of_it(filled: Calls) -> None:
    assert "NUMBER OF SERIES: 3" in column(filled.explain("SELECT load * 2. / 3 FROM cpu"))
    text = influxql("SELECT load FROM cpu WHERE load > 4. / {a}", a=2)
    assert column(filled.query(text), 1) == [3]


@pytest.mark.parametrize("method", ["delete", "drop_measurement", "drop_series"])
def test_an_empty_name_is_not_the_clients_database(filled: Calls, method: str) -> None:
    with pytest.raises(ValueError, match="`db`"):
        getattr(filled, method)("cpu", db="")
    assert times(filled) == [1, 2, 3, 4]


@pytest.mark.parametrize("name", ["time", "_name"])
def test_what_is_no_tag_is_refused_as_one(filled: Calls, name: str) -> None:
    with pytest.raises(ValueError, match=f"`{name}` is not a tag"):
        filled.delete(where={name: "cpu"})
    assert times(filled) == [1, 2, 3, 4]


def test_condition_may_hold_a_semicolon_in_its_texts(filled: Calls) -> None:
    filled.delete("cpu", where="host =~ /a;|a/ AND rack != 'x;--'")
    assert times(filled) == [2, 3, 4]


# The server.


def test_show_queries(admin: Calls, database: Database) -> None:
    assert ["SHOW QUERIES", database.name] in cells(admin.show_queries(), "query", "database")


@pytest.mark.parametrize("host", [None, "other:8088"])
def test_kill_a_query(admin: Calls, host: str | None) -> None:
    with pytest.raises(InfluxDBQueryError, match="no such query id: 999999"):
        admin.kill_query(999_999, host=host)


def test_show_shards(filled: Calls, database: Database) -> None:
    assert [database.name, "autogen"] in [row[1:3] for row in rows(filled.show_shards())]


def test_show_shard_groups(filled: Calls, database: Database) -> None:
    assert [database.name, "autogen"] in [row[1:3] for row in rows(filled.show_shard_groups())]


@pytest.mark.parametrize("function", ["show_stats", "show_diagnostics"])
def test_what_the_server_knows_of_itself(admin: Calls, function: str) -> None:
    names = [one["name"] for one in getattr(admin, function)()["results"][0]["series"]]
    assert "runtime" in names
    (one,) = getattr(admin, function)("runtime")["results"][0]["series"]
    assert one["name"] == "runtime"


def test_explain(filled: Calls) -> None:
    assert "NUMBER OF SERIES: 3" in column(filled.explain("SELECT load FROM cpu"))
    plan = filled.explain(influxql("SELECT load FROM {m}", m=Identifier("cpu")), analyze=True)
    assert any("execution_time" in line for line in column(plan))


@pytest.mark.parametrize(("output", "kind"), [("dataframe", "DataFrame"), ("rows", "Rows")])
def test_answers_come_in_the_clients_output(filled: Calls, output: str, kind: str) -> None:
    filled.client.output = output
    assert type(filled.show_tag_values("rack")).__name__ == kind
