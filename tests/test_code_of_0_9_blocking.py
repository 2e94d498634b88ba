"""Tests programs that were written for aioinflux 0.9: blocking code, and the lifetime of a client.

The programs use only features of aioinflux 0.9, except where we fix bugs of 0.9 (each test names
the bug).
"""

from __future__ import annotations

import asyncio
import pickle
import threading
import warnings
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

from aioinflux import InfluxDBClient, InfluxDBError, InfluxDBWriteError, iterpoints
from scripted import Scripted, results
from support import Database

SECOND = 10**9
QUERY = "SELECT f FROM m"


def connect(database: Database, **options: Any) -> InfluxDBClient:
    """Creates a client for the new database."""
    server = database.server
    arguments: dict[str, Any] = {"host": server.host, "port": server.port, "db": database.name}
    return InfluxDBClient(**{**arguments, **options})


@pytest.fixture
def client(database: Database) -> InfluxDBClient:
    return connect(database, mode="blocking")


def column(response: dict[str, Any]) -> list[Any]:
    """Returns the first column of all rows in an answer."""
    return [row[0] for row in iterpoints(response)]


def test_a_blocking_call_gives_the_value(client: InfluxDBClient) -> None:
    assert "X-Influxdb-Version" in client.ping()
    assert client.write({"measurement": "m", "time": 1, "fields": {"f": 1}}) is True
    assert list(iterpoints(client.query(QUERY))) == [[1, 1]]


def test_a_blocking_client_in_a_with_block(database: Database) -> None:
    with connect(database, mode="blocking") as client:
        client.write("m f=1 1")
    with connect(database, mode="blocking", output="dataframe") as client:
        assert client.query(QUERY)["f"].tolist() == [1.0]


def test_helpers_answer_with_json(client: InfluxDBClient) -> None:
    client.write(["cpu,host=a,room=r f=1 1", "cpu,host=b f=2 2"])
    client.write("mem,host=a g=1i 1")
    assert client.db in column(client.show_databases())
    assert column(client.show_measurements()) == ["cpu", "mem"]
    # The test checks only the names of the columns, because other tests can have created users on
    # the same server.
    assert client.show_users()["results"][0]["series"][0]["columns"] == ["user", "admin"]
    assert column(client.show_series()) == ["cpu,host=a,room=r", "cpu,host=b", "mem,host=a"]
    assert column(client.show_series("cpu")) == ["cpu,host=a,room=r", "cpu,host=b"]
    assert column(client.show_tag_keys()) == ["host", "room", "host"]
    assert column(client.show_tag_keys("cpu")) == ["host", "room"]
    assert list(iterpoints(client.show_field_keys())) == [["f", "float"], ["g", "integer"]]
    assert list(iterpoints(client.show_field_keys("mem"))) == [["g", "integer"]]
    assert list(iterpoints(client.show_tag_values("host", "cpu"))) == [["host", "a"], ["host", "b"]]
    assert list(iterpoints(client.show_tag_values("room"))) == [["room", "r"]]
    assert column(client.show_retention_policies()) == ["autogen"]
    names = [series["name"] for series in client.show_continuous_queries()["results"][0]["series"]]
    assert client.db in names


@pytest.mark.parametrize("name", ["my-meas", "my meas", 'a"b', "a.b", "SELECT", "it's", "a;b"])
def test_helpers_take_every_name(client: InfluxDBClient, name: str) -> None:
    """In some statements, aioinflux 0.9 wrote names without quotes; in others, it did not escape
    quotes in names."""
    client.write({"measurement": name, "tags": {"host": "a"}, "fields": {"f": 1}})
    client.write("other,host=b f=1 1")
    assert len(column(client.show_series(name))) == 1
    assert column(client.show_tag_keys(name)) == ["host"]
    assert column(client.show_field_keys(name)) == ["f"]
    assert list(iterpoints(client.show_tag_values("host", name))) == [["host", "a"]]
    client.drop_measurement(name)
    assert column(client.show_measurements()) == ["other"]


@pytest.mark.parametrize("name", ["my db", 'a"b', "SELECT"])
def test_databases_of_every_name_come_and_go(client: InfluxDBClient, name: str) -> None:
    client.create_database(name)
    assert name in column(client.show_databases())
    client.drop_database(name)
    assert name not in column(client.show_databases())


def test_helpers_without_a_name_mean_the_database_of_the_client(client: InfluxDBClient) -> None:
    client.drop_database()
    assert client.db not in column(client.show_databases())
    client.create_database()
    assert client.db in column(client.show_databases())


def test_chunks_are_for_the_asynchronous_mode(client: InfluxDBClient) -> None:
    with pytest.raises(ValueError, match="chunked"):
        client.query(QUERY, chunked=True)


@pytest.mark.parametrize(
    ("name", "value"), [("mode", "dataframe"), ("mode", None), ("output", "raw"), ("output", None)]
)
def test_a_wrong_setting_is_a_value_error(client: InfluxDBClient, name: str, value: Any) -> None:
    before = getattr(client, name)
    with pytest.raises(ValueError, match=rf"Invalid (running {name}|{name} format)"):
        setattr(client, name, value)
    assert getattr(client, name) == before
    with pytest.raises(ValueError, match=rf"Invalid (running {name}|{name} format)"):
        InfluxDBClient(db="db", **{name: value})


def test_settings_switch_a_client(database: Database) -> None:
    client = connect(database)
    assert (client.mode, client.output) == ("async", "json")
    assert asyncio.run(client.write("m f=1 1")) is True
    client.mode = "blocking"
    assert list(iterpoints(client.query(QUERY))) == [[1, 1]]
    client.output = "dataframe"
    assert isinstance(client.query(QUERY), pd.DataFrame)
    client.mode = "async"
    assert isinstance(asyncio.run(client.query(QUERY)), pd.DataFrame)


@pytest.mark.parametrize("db", [None, ""])
def test_no_database_is_a_warning(db: str | None) -> None:
    with pytest.warns(UserWarning, match="No default databases is set"):
        client = InfluxDBClient(db=db)
    with pytest.warns(UserWarning, match="No default databases is set"):
        client.db = None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client.db = "db"
    assert client.db == "db"


@pytest.mark.parametrize(
    "act",
    [
        lambda: InfluxDBClient(),
        lambda: InfluxDBClient.from_url("http://localhost"),
        lambda: setattr(InfluxDBClient(db="db"), "db", None),
    ],
    ids=["constructor", "url", "assignment"],
)
def test_the_warning_of_no_database_points_at_the_line_that_has_none(
    act: Callable[[], object],
) -> None:
    with pytest.warns(UserWarning, match="No default databases is set") as made:
        act()
    assert [warning.filename for warning in made] == [__file__]


def test_database_is_another_word_that_wins() -> None:
    assert InfluxDBClient(db="a", database="b").db == "b"


def test_a_client_without_database_asks_and_is_told_one(database: Database) -> None:
    """aioinflux 0.9 sent the string "None" as the name of the database, and a write raised a
    `TypeError` from another package."""
    with pytest.warns(UserWarning, match="No default databases is set"):
        client = connect(database, db=None, mode="blocking")
    assert database.name in column(client.show_databases())
    assert client.write("m f=1 1", db=database.name)
    assert column(client.query(QUERY, db=database.name)) == [1]
    with pytest.raises(ValueError, match="`db`"):
        client.write("m f=1 1")


def test_a_client_goes_on_after_close(client: InfluxDBClient) -> None:
    client.write("m f=1 1")
    client.close()
    client.close()
    assert column(client.query(QUERY)) == [1]


def test_an_asynchronous_client_is_closed_by_awaiting(database: Database) -> None:
    async def main() -> Any:
        client = connect(database)
        await client.create_session()
        await client.write("m f=1 1")
        await client.close()
        found = await client.query(QUERY)
        await client.close()
        return found

    assert column(asyncio.run(main())) == [1]


def test_one_client_serves_several_loops(database: Database) -> None:
    """aioinflux 0.9 bound a client to the event loop in which it was created, and required a
    running loop there."""
    client = connect(database)
    assert asyncio.run(client.write("m f=1 1"))
    assert [column(asyncio.run(client.query(QUERY))) for _ in range(3)] == [[1]] * 3


def test_a_blocking_client_works_inside_a_running_loop(client: InfluxDBClient) -> None:
    """Inside a running event loop, and therefore in every notebook, aioinflux 0.9 failed with
    "already running"."""

    async def main() -> Any:
        client.write("m f=1 1")
        return client.query(QUERY)

    assert column(asyncio.run(main())) == [1]


def test_a_blocking_client_works_in_threads(client: InfluxDBClient) -> None:
    """aioinflux 0.9 found no event loop in threads other than the main thread."""
    done: list[bool] = []
    threads = [
        threading.Thread(target=lambda i=i: done.append(client.write(f"m f=1 {i}")))
        for i in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [True] * 4
    assert len(column(client.query(QUERY))) == 4


def test_a_client_can_be_pickled(database: Database) -> None:
    client = connect(
        database, mode="blocking", output="dataframe", username="u", password="hunter2"
    )
    data = pickle.dumps(client)
    assert b"hunter2" not in data
    again = pickle.loads(data)
    assert repr(again) == repr(client)
    again.write("m f=1 1")
    assert again.query(QUERY)["f"].tolist() == [1.0]


def test_an_error_of_a_write_can_be_pickled(client: InfluxDBClient) -> None:
    """In aioinflux 0.9, the exception of a failed request could not be pickled."""
    with pytest.raises(InfluxDBError) as caught:
        client.write("m f= 1")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.status, again.reason) == (str(caught.value), 400, "Bad Request")


def test_an_error_of_a_write_can_be_made_of_a_response_as_tests_do_it() -> None:
    class Response:
        status = 400
        reason = "Bad Request"
        headers: ClassVar = {"X-Influxdb-Error": "unable to parse"}

    error = InfluxDBWriteError(Response())
    assert (error.status, error.reason) == (400, "Bad Request")
    assert error.headers == Response.headers
    assert str(error) == "Error writing data (400 - Bad Request): unable to parse"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_repr_tells_where_and_no_password() -> None:
    client = InfluxDBClient(host="h", port=1, db="d", username="u", password="hunter2")
    assert "InfluxDBClient(" in repr(client)
    assert all(part in repr(client) for part in ("'h'", "port=1", "'d'", "async", "json"))
    assert "hunter2" not in repr(client)


def test_a_user_without_password_may_log_in() -> None:
    with Scripted(results({})) as server:
        client: Any = InfluxDBClient(
            server.host, server.port, mode="blocking", db="d", username="u"
        )
        client.show_databases()
    assert server.requests[0].headers["authorization"] == "Basic dTo="


def test_a_statement_that_fails_leaves_the_results_of_the_others(client: InfluxDBClient) -> None:
    """0.9 dropped them."""
    client.write("m f=1 1")
    with pytest.raises(InfluxDBError, match="statement 1") as caught:
        client.query(f"{QUERY}; SELECT nope(f) FROM m")
    assert list(iterpoints({"results": caught.value.result["results"][:1]})) == [[1, 1]]


FRAME_CASES = {
    "null beside text": ({"a": ["x", None], "b": [1.0, 2.0]}, [{"a": "x", "b": 1.0}, {"b": 2.0}]),
    "text that looks like a null": ({"a": ['q a=nan w, z="nan"']}, [{"a": 'q a=nan w, z="nan"'}]),
    "quotes": ({"a": ['c"d\\']}, [{"a": 'c"d\\'}]),
    "bool": ({"a": [True, False]}, [{"a": True}, {"a": False}]),
    "small floats": ({"a": np.array([1.5], dtype="float32")}, [{"a": 1.5}]),
    "odd name": ({"a b,c=d": [1]}, [{"a b,c=d": 1}]),
    "name in braces": ({"a{p[0]}": [1]}, [{"a{p[0]}": 1}]),
    "numbers as names": ({1: [1]}, [{"1": 1}]),
    "nullable integers": (
        {"a": pd.array([1, None], dtype="Int64"), "b": [1, 2]},
        [{"a": 1, "b": 1}, {"b": 2}],
    ),
    "category of integers": ({"a": pd.Categorical([1, 2])}, [{"a": 1}, {"a": 2}]),
    "big integers": ({"a": [2**53 + 1]}, [{"a": 2**53 + 1}]),
}


@pytest.mark.parametrize(("columns", "fields"), FRAME_CASES.values(), ids=FRAME_CASES)
@pytest.mark.filterwarnings("ignore:.*converted to str")
def test_frames_that_0_9_wrote_wrongly(
    client: InfluxDBClient, database: Database, columns: Any, fields: list[dict[str, Any]]
) -> None:
    """When aioinflux 0.9 wrote a DataFrame like this one, the server refused it, or its values were
    changed."""
    count = len(fields)
    frame = pd.DataFrame(columns, index=pd.date_range("2024", periods=count, freq="s"))
    assert client.write(frame, "m") is True
    assert [one["fields"] for one in database.points()] == fields


@pytest.mark.parametrize("name", ["me as", "m,a", 'm{__import__("os").getpid()}', "m'", 'm"'])
def test_measurements_of_frames_are_text_and_no_program(
    client: InfluxDBClient, database: Database, name: str
) -> None:
    """aioinflux 0.9 evaluated the text in braces as Python code."""
    frame = pd.DataFrame({"a": [1]}, index=pd.to_datetime(["2024"]))
    client.write(frame, name, **{"ta g": "y z"})
    (stored,) = database.points()
    assert (stored["measurement"], stored["tags"]) == (name, {"ta g": "y z"})


@pytest.mark.parametrize(
    ("fields", "types"),
    [
        ({"f": np.int64(5)}, "integer"),
        ({"f": True}, "boolean"),
        ({"f": np.float32(1)}, "float"),
        ({"f": "x"}, "string"),
    ],
)
def test_types_of_fields(
    client: InfluxDBClient, database: Database, fields: dict[str, Any], types: str
) -> None:
    """aioinflux 0.9 wrote numpy integers as floats."""
    client.write({"measurement": "m", "fields": fields})
    assert database.types() == {"f": types}


@pytest.mark.parametrize("time", [0, "1970-01-01T00:00:00Z", np.datetime64(0, "ns")])
def test_the_time_zero_is_a_time(client: InfluxDBClient, database: Database, time: Any) -> None:
    """aioinflux 0.9 treated the time zero as missing, so the server used its own clock."""
    client.write({"measurement": "m", "time": time, "fields": {"f": 1}})
    assert [one["time"] for one in database.points()] == [0]


@pytest.mark.parametrize("backslashes", ["a\\b", "a\\\\b", "c:\\dir"])
def test_backslashes_come_back_as_they_were(
    client: InfluxDBClient, database: Database, backslashes: str
) -> None:
    """aioinflux 0.9 doubled the backslashes in names and tags."""
    point = {"measurement": backslashes, "tags": {backslashes: backslashes}, "time": 1}
    client.write({**point, "fields": {backslashes: backslashes}})
    assert database.points() == [{**point, "fields": {backslashes: backslashes}}]
