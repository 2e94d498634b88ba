"""Tests programs that were written for aioinflux 0.9 and use the asynchronous client.

The programs use only features of aioinflux 0.9, except where `InfluxDBClient` fixes bugs of 0.9.
Blocking code and typed points have their tests in `test_code_of_0_9_blocking.py` and
`..._types.py`.
"""

from __future__ import annotations

import datetime as dt
from collections import namedtuple
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pandas as pd
import pytest
import pytest_asyncio

from aioinflux import (
    FLOAT,
    TAG,
    TIMEINT,
    InfluxDBClient,
    InfluxDBError,
    InfluxDBWriteError,
    iterpoints,
    lineprotocol,
)
from support import Database

POINT: dict[str, Any] = {
    "time": "2009-11-10T23:00:00Z",
    "measurement": "cpu_load_short",
    "tags": {"host": "server01", "region": "us-west"},
    "fields": {"value": 0.64},
}
SECOND = 10**9


def numbered(count: int) -> list[dict[str, Any]]:
    """Returns points of the measurement `m`, one for each second; their hosts are a and b in
    turn."""
    return [
        {"measurement": "m", "time": i * SECOND, "tags": {"host": "ab"[i % 2]}, "fields": {"f": i}}
        for i in range(1, count + 1)
    ]


def frame() -> pd.DataFrame:
    """Returns a DataFrame of ten rows, one for each minute, with two numeric columns and one tag
    column."""
    index = pd.date_range("2024-01-01", periods=10, freq="min", tz="UTC")
    columns = {"x": [i / 4 for i in range(10)], "n": list(range(10)), "kind": list("AABBCCDDEE")}
    return pd.DataFrame(columns, index=index)


@pytest_asyncio.fixture
async def client(database: Database) -> AsyncIterator[InfluxDBClient]:
    """A client like those in the test fixtures that users of aioinflux 0.9 have written."""
    server = database.server
    options: dict[str, Any] = {"host": server.host, "port": server.port, "mode": "async"}
    async with InfluxDBClient(db=database.name, **options) as client:
        yield client


@pytest.mark.asyncio
async def test_ping_gives_the_headers(client: InfluxDBClient) -> None:
    headers = await client.ping()
    assert type(headers) is dict
    assert "X-Influxdb-Version" in headers


@pytest.mark.asyncio
async def test_the_example_of_the_readme(client: InfluxDBClient) -> None:
    assert await client.create_database(db=client.db) == {"results": [{"statement_id": 0}]}
    assert await client.write(POINT) is True
    response = await client.query("SELECT value FROM cpu_load_short")
    (series,) = response["results"][0]["series"]
    assert series["columns"] == ["time", "value"]
    assert series["values"] == [[1257894000000000000, 0.64]]


@pytest.mark.asyncio
async def test_points_of_every_kind_in_one_write(client: InfluxDBClient) -> None:
    @lineprotocol
    class Trade(NamedTuple):
        timestamp: TIMEINT
        instrument: TAG
        price: FLOAT

    points = ["a f=1 1", b"b f=1 1", {**POINT, "measurement": "c"}, Trade(1, "GBPJPY", 1.5)]
    assert await client.write([*points, [{**POINT, "measurement": "d"}]])
    response = await client.show_measurements()
    names = [name for (name,) in iterpoints(response)]
    assert names == ["Trade", "a", "b", "c", "d"]


@pytest.mark.asyncio
async def test_arguments_of_a_write_stand_for_what_a_point_lacks(
    client: InfluxDBClient, database: Database
) -> None:
    await client.write({"fields": {"f": 1}, "time": 1}, "m", extra="tag")
    await client.write({"measurement": "n", "fields": {"f": 1}, "time": 1}, measurement="m")
    found = [(one["measurement"], one["tags"]) for one in database.points()]
    assert found == [("m", {"extra": "tag"}), ("n", {})]


@pytest.mark.asyncio
async def test_a_write_into_another_database_and_policy(
    client: InfluxDBClient, database: Database
) -> None:
    await client.query(
        f'CREATE RETENTION POLICY "short" ON "{client.db}" DURATION 1h REPLICATION 1'
    )
    now = int(dt.datetime.now(dt.timezone.utc).timestamp())
    assert await client.write(f"m f=1 {now * SECOND}", db=client.db, rp="short")
    assert await client.query("SELECT * FROM m") == {"results": [{"statement_id": 0}]}
    assert len(database.series("SELECT * FROM short.m")) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("data", [5, object(), dt.datetime(2024, 1, 1), {"fields": {"f": 1}}])
async def test_what_is_no_point_is_a_value_error(client: InfluxDBClient, data: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (the error message of 0.9 was not useful)
        await client.write(data)


@pytest.mark.asyncio
async def test_a_refused_write_says_what_the_server_said(client: InfluxDBClient) -> None:
    with pytest.raises(InfluxDBError) as caught:
        await client.write("m,foo=bar f= 1")
    error = caught.value
    assert type(error) is InfluxDBWriteError
    assert (error.status, error.reason) == (400, "Bad Request")
    assert "unable to parse" in error.headers["X-Influxdb-Error"]
    assert "400" in str(error)
    assert "unable to parse" in str(error)


@pytest.mark.asyncio
async def test_a_write_into_no_database_is_a_write_error(client: InfluxDBClient) -> None:
    with pytest.raises(InfluxDBWriteError) as caught:
        await client.write("m f=1 1", db="nowhere")
    assert caught.value.status == 404


@pytest.mark.asyncio
@pytest.mark.parametrize("q", ["SELECT", "SELECT FROM m", "DROP", "SELECT nope(f) FROM m"])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_bad_query_is_an_error(client: InfluxDBClient, q: str, chunked: bool) -> None:
    await client.write("m f=1 1")

    async def use() -> None:
        response = await client.query(q, chunked=chunked)
        async for _ in response:
            pass

    with pytest.raises(InfluxDBError):
        await use()


@pytest.mark.asyncio
async def test_braces_in_a_query_are_braces(client: InfluxDBClient) -> None:
    await client.write(["m1 f=1 1", "m22 f=2 2"])
    response = await client.query("SELECT f FROM /^m\\d{2}$/")
    assert [series["name"] for series in response["results"][0]["series"]] == ["m22"]


@pytest.mark.asyncio
async def test_a_query_may_be_bytes(client: InfluxDBClient) -> None:
    await client.write("m f=1 1")
    assert [*iterpoints(await client.query(b"SELECT f FROM m"))] == [[1, 1]]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("epoch", "time"), [("ns", 5 * SECOND), ("ms", 5000), ("s", 5), ("u", 5000000)]
)
async def test_epoch_is_the_unit_of_the_times(
    client: InfluxDBClient, epoch: str, time: int
) -> None:
    await client.write(f"m f=1 {5 * SECOND}")
    assert [*iterpoints(await client.query("SELECT f FROM m", epoch=epoch))] == [[time, 1]]


@pytest.mark.asyncio
@pytest.mark.parametrize("epoch", ["µ", "us"])
async def test_microseconds_have_the_spellings_of_the_docstring_of_0_9(
    client: InfluxDBClient, epoch: str
) -> None:
    await client.write(f"m f=1 {5 * SECOND}")
    assert [*iterpoints(await client.query("SELECT f FROM m", epoch=epoch))] == [[5_000_000, 1]]


@pytest.mark.asyncio
async def test_chunks_are_answers_of_their_own(client: InfluxDBClient) -> None:
    await client.write(numbered(5))
    chunks = await client.query("SELECT f FROM m", chunked=True, chunk_size=2)
    found = []
    async for chunk in chunks:
        assert isinstance(chunk, dict)
        found.append([f for _, f in iterpoints(chunk)])
    assert found == [[1, 2], [3, 4], [5]]


@pytest.mark.asyncio
async def test_chunks_tell_their_series(client: InfluxDBClient) -> None:
    await client.write(numbered(4))
    names = []
    async for chunk in await client.query("SELECT f FROM m GROUP BY host", chunked=True):
        names += [(s["name"], s["tags"]) for s in chunk["results"][0]["series"]]
    assert names == [("m", {"host": "a"}), ("m", {"host": "b"})]


@pytest.mark.asyncio
@pytest.mark.parametrize("q", ["SELECT f FROM nothing", "SHOW USERS", "CREATE DATABASE chunks"])
async def test_an_answer_without_rows_is_a_chunk(client: InfluxDBClient, q: str) -> None:
    chunks = [chunk async for chunk in await client.query(q, chunked=True)]
    assert chunks == [await client.query(q)]


@pytest.mark.asyncio
async def test_no_frame_is_no_chunk(client: InfluxDBClient) -> None:
    """For a statement without rows, aioinflux 0.9 returned an empty dict, which pandas cannot
    concatenate."""
    await client.write("m f=1 1")
    client.output = "dataframe"
    chunks = await client.query("SELECT f FROM nothing; SELECT f FROM m", chunked=True)
    assert len(pd.concat([frame async for frame in chunks])) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("chunked", ["true", 1, None])
async def test_chunked_is_a_bool(client: InfluxDBClient, chunked: Any) -> None:
    with pytest.raises(ValueError, match="chunked"):
        await client.query("SELECT f FROM m", chunked=chunked)


@pytest.mark.asyncio
async def test_frames_go_in_and_come_out(client: InfluxDBClient) -> None:
    assert await client.write(frame(), measurement="walk", tag_columns=["kind"], city="x")
    client.output = "dataframe"
    found = await client.query("SELECT x, n, kind, city FROM walk")
    assert str(found.index.tz) == "UTC"
    assert found.index.name is None
    assert list(found.columns) == ["x", "n", "kind", "city"]
    assert found["x"].tolist() == frame()["x"].tolist()
    assert found["n"].tolist() == frame()["n"].tolist()
    assert found["kind"].tolist() == frame()["kind"].tolist()
    assert set(found["city"]) == {"x"}
    assert list(found.index) == list(frame().index)


@pytest.mark.asyncio
async def test_a_frame_that_was_read_can_be_written_back(client: InfluxDBClient) -> None:
    client.output = "dataframe"
    await client.write(pd.DataFrame({"x": [1.0, 2.0]}, index=frame().index[:2]), "m")
    found = await client.query("SELECT x FROM m")
    assert await client.write(found, "m")
    assert (await client.query("SELECT count(x) FROM m"))["count"].tolist() == [2]


@pytest.mark.asyncio
async def test_frames_of_groups_are_a_dict_by_measurement_and_tags(client: InfluxDBClient) -> None:
    client.output = "dataframe"
    await client.write(frame(), "walk", tag_columns=["kind"])
    found = await client.query("SELECT n FROM walk GROUP BY kind")
    assert list(found) == [f"walk,kind={kind}" for kind in "ABCDE"]
    assert found["walk,kind=C"]["n"].tolist() == [4, 5]
    assert found["walk,kind=C"]["kind"].tolist() == ["C", "C"]


@pytest.mark.asyncio
async def test_frames_of_several_measurements_are_a_dict(client: InfluxDBClient) -> None:
    client.output = "dataframe"
    await client.write(["a f=1 1", "b f=2 2"])
    found = await client.query("SELECT f FROM a, b")
    assert {name: one["f"].tolist() for name, one in found.items()} == {"a": [1.0], "b": [2.0]}


@pytest.mark.asyncio
async def test_frames_of_several_statements_are_a_list_of_dicts(client: InfluxDBClient) -> None:
    client.output = "dataframe"
    await client.write(["a f=1 1", "b f=2 2"])
    found = await client.query("SELECT f FROM a; SELECT f FROM b; SELECT f FROM nothing")
    assert [list(one) for one in found] == [["a"], ["b"], []]


@pytest.mark.asyncio
async def test_no_frame_is_an_empty_dict(client: InfluxDBClient) -> None:
    client.output = "dataframe"
    assert await client.query("SELECT f FROM nothing") == {}


@pytest.mark.asyncio
async def test_answers_without_times_are_frames_too(client: InfluxDBClient) -> None:
    client.output = "dataframe"
    found = await client.show_databases()
    assert client.db in found["name"].tolist()


@pytest.mark.asyncio
async def test_chunks_of_frames_are_the_frame(client: InfluxDBClient) -> None:
    await client.write(frame(), "walk", tag_columns=["kind"])
    client.output = "dataframe"
    chunks = await client.query("SELECT * FROM walk", chunked=True, chunk_size=4)
    pieces = [piece async for piece in chunks]
    assert [len(piece) for piece in pieces] == [4, 4, 2]
    pd.testing.assert_frame_equal(pd.concat(pieces), await client.query("SELECT * FROM walk"))


@pytest.mark.asyncio
async def test_several_statements_are_several_results(client: InfluxDBClient) -> None:
    await client.write(["a f=1 1", "b f=2 2"])
    response = await client.query("SELECT f FROM a; SELECT f FROM b")
    assert [one["statement_id"] for one in response["results"]] == [0, 1]
    assert [*iterpoints(response)] == [[1, 1], [2, 2]]


@pytest.mark.asyncio
async def test_points_go_through_parsers(client: InfluxDBClient) -> None:
    await client.write(numbered(3))
    response = await client.query("SELECT f FROM m GROUP BY host")
    pair = namedtuple("pair", ["time", "f"])
    assert [p.f for p in iterpoints(response, pair)] == [2, 1, 3]

    def named(*row: Any, meta: dict[str, Any]) -> dict[str, Any]:
        return dict(zip(meta["columns"], row, strict=True), **meta["tags"], of=meta["name"])

    first, *_ = iterpoints(response, named)
    assert first == {"time": 2 * SECOND, "f": 2, "host": "a", "of": "m"}
