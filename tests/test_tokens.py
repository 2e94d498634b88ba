"""Tests clients with a token, with a scripted server that answers like InfluxDB 2.x."""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aioinflux import InfluxDBClient, InfluxDBResponseError, InfluxDBWriteError
from scripted import Answer, Request, Scripted, answer

TOKEN = "t0p-secret=="
POINT = {"measurement": "m", "fields": {"f": 2**63}, "time": 1}
TABLE = (
    "#datatype,string,long,long\r\n#group,false,false,false\r\n#default,_result,,\r\n"
    ",result,table,a\r\n,,0,1\r\n\r\n"
)


def of_2x(request: Request) -> Answer:
    """Answers like InfluxDB 2.7, which accepts only the token of this module."""
    if request.headers.get("authorization") != f"Token {TOKEN}":
        return answer(401, '{"code":"unauthorized","message":"unauthorized access"}')
    if request.path == "/api/v2/query":
        return answer(200, TABLE, Content_Type="text/csv; charset=utf-8")
    return answer(204, X_Influxdb_Version="v2.7.1")


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted(of_2x) as server:
        yield server


def client(server: Scripted, /, **options: Any) -> InfluxDBClient:
    given = {"token": TOKEN, "org": "o", "bucket": "b", "mode": "blocking", **options}
    return InfluxDBClient(server.host, server.port, **given)


def paths(server: Scripted) -> list[str]:
    return [request.path for request in server.requests]


def test_the_server_is_asked_once_for_its_version(server: Scripted) -> None:
    first = client(server)
    first.write(POINT)
    client(server).write(POINT)
    assert paths(server) == ["/ping", "/api/v2/write", "/api/v2/write"]
    assert server.requests[1].query == {"org": "o", "bucket": "b", "precision": "ns"}
    assert server.requests[1].body == b"m f=9223372036854775808u 1\n"


def test_the_server_is_asked_in_async_mode(server: Scripted) -> None:
    async def main() -> None:
        async with client(server, mode="async") as one:
            await asyncio.gather(one.write(POINT), one.query("buckets()"), one.write(POINT))
            assert [row.a async for row in one.stream("buckets()")] == [1]

    asyncio.run(main())
    assert sorted(paths(server)) == ["/api/v2/query"] * 2 + ["/api/v2/write"] * 2 + ["/ping"]


def test_a_stated_version_is_not_asked_for(server: Scripted) -> None:
    client(server, server="2.x").write(POINT)
    assert paths(server) == ["/api/v2/write"]


def test_a_client_without_a_token_is_a_1x_client() -> None:
    with Scripted() as server:
        one = InfluxDBClient(server.host, server.port, mode="blocking", db="db")
        one.write({"measurement": "m", "fields": {"f": 1}, "time": 1})
        assert paths(server) == ["/write"]


@pytest.mark.parametrize("mode", ["async", "blocking"])
def test_a_function_is_asked_for_the_token_again_after_a_401(server: Scripted, mode: str) -> None:
    tokens = ["old", TOKEN]
    asked = []

    def token() -> str:
        asked.append(None)
        return tokens[len(asked) - 1]

    one = client(server, token=token, server="2.x", mode=mode)
    if mode == "async":

        async def main() -> None:
            await asyncio.gather(*(one.write(POINT) for _ in range(10)))

        asyncio.run(main())
    else:
        one.write(POINT)
    assert len(asked) == 2


def test_a_token_file_is_read_again_after_a_401(server: Scripted, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old\n")
    one = client(server, token=None, token_file=file)
    with pytest.raises(InfluxDBWriteError):
        client(server, token=None, token_file=file, server="2.x").write(POINT)
    file.write_text(f"{TOKEN}\n")
    one.write(POINT)
    assert paths(server)[-1] == "/api/v2/write"


def test_an_error_of_the_function_is_named(server: Scripted) -> None:
    def token() -> str:
        raise OSError("no key ring")

    with pytest.raises(ValueError, match="token: OSError: no key ring"):
        client(server, token=token).write(POINT)
    with pytest.raises(ValueError, match="the function returned `int`, not a str"):
        client(server, token=lambda: 1).write(POINT)
    assert server.requests == []


def test_a_pickled_client_keeps_its_version_and_asks_for_the_token(server: Scripted) -> None:
    one = client(server)
    one.write(POINT)
    data = pickle.dumps(one)
    assert TOKEN.encode() not in data
    other = pickle.loads(data)
    with pytest.raises(ValueError, match=r"assign the token to `client\.token`"):
        other.write(POINT)
    other.token = TOKEN
    other.write(POINT)
    assert paths(server) == ["/ping", "/api/v2/write", "/api/v2/write"]


def test_a_pickled_client_with_a_token_file_needs_nothing(server: Scripted, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    one = pickle.loads(pickle.dumps(client(server, token=None, token_file=file)))
    one.write(POINT)
    assert paths(server) == ["/ping", "/api/v2/write"]


def test_a_copy_keeps_its_token_when_the_other_gets_a_new_one(server: Scripted) -> None:
    one = client(server, server="2.x")
    other = copy.copy(one)
    one.token = "other"
    other.write(POINT)
    with pytest.raises(InfluxDBWriteError):
        one.write(POINT)


def test_the_token_is_shown_nowhere(server: Scripted, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "n0-such-token"
    one = client(server, token=secret)
    shown = [repr(one), one.url, str(vars(one)), repr(one._core)]
    with pytest.raises(Exception) as raised:  # noqa: PT011
        one.query("buckets()")
    shown += [repr(raised.value), str(vars(raised.value)), caplog.text]
    with pytest.raises(AttributeError, match="cannot be read"):
        _ = one.token
    assert not [text for text in shown if secret in text]


def test_credentials_of_two_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="`token` and `username`: pass only one"):
        InfluxDBClient(token="t", username="u", db="b")
    with pytest.raises(ValueError, match="`token` and `token_file`: pass only one"):
        InfluxDBClient(token="t", token_file="f", db="b")
    with pytest.raises(TypeError, match="argument `token`: expected str"):
        InfluxDBClient(token=b"t", db="b")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`token` and `password`: pass only one"):
        InfluxDBClient(token="t", password="p", db="b")
    with pytest.raises(ValueError, match="argument `token`: expected printable") as raised:
        InfluxDBClient(token="n0-such\n", db="b")
    assert "n0-such" not in str(raised.value)
    with pytest.raises(ValueError, match=r"argument `server`: expected .*, got '2\.7'$"):
        InfluxDBClient(server="2.7", db="b")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://cloud.example", ("cloud.example", 443, "/", True)),
        ("http://db.example", ("db.example", 80, "/", False)),
        ("http://[::1]:8086/base/", ("::1", 8086, "/base/", False)),
        ("db.example", ("db.example", 8086, "/", False)),
    ],
)
def test_with_a_token_the_host_may_be_a_url(url: str, address: tuple[Any, ...]) -> None:
    one = InfluxDBClient(url, token="t", db="b")
    assert (one.host, one.port, one.path, one.ssl) == address


def test_a_port_beside_a_url_without_one_is_used() -> None:
    assert InfluxDBClient("http://db.example", 8086, token="t", db="b").port == 8086
    with pytest.raises(ValueError, match="`host` and `port`: the URL has another port"):
        InfluxDBClient("http://db.example:80", 8086, token="t", db="b")
    with pytest.raises(ValueError, match="`host` and `ssl`"):
        InfluxDBClient("http://db.example", ssl=True, token="t", db="b")
    with pytest.raises(ValueError, match="the URL contains `username`"):
        InfluxDBClient("http://u:p@db.example", token="t", db="b")
    with pytest.raises(ValueError, match="argument `host`: expected the name"):
        InfluxDBClient("http://db.example", db="b")


def test_what_only_1x_has_is_refused_before_anything_is_sent(server: Scripted) -> None:
    one = client(server, server="2.x")
    with pytest.raises(ValueError, match=r"only InfluxDB 1\.x has retention policies"):
        one.write(POINT, rp="week")
    with pytest.raises(ValueError, match=r"consistency: only InfluxDB 1\.x"):
        one.write(POINT, consistency="all")
    with pytest.raises(ValueError, match=r"precision: InfluxDB 2\.x has ns, u, ms and s"):
        one.write("m f=1 1", precision="h")
    assert server.requests == []


def test_a_raw_answer_is_the_bytes_of_the_server(server: Scripted) -> None:
    assert client(server).query("buckets()", output="raw") == TABLE.encode()
    with pytest.raises(ValueError, match="argument `language`: expected"):
        client(server).query("buckets()", language="Flux")  # type: ignore[arg-type]


def test_a_check_returns_the_server_and_stores_nothing(server: Scripted) -> None:
    found = client(server).check()
    assert found == ("2.x", "v2.7.1")
    assert (found.server, found.version) == found
    assert [request.body for request in server.requests] == [b"", b"", b""]
    with pytest.raises(InfluxDBResponseError, match=r"^credentials: "):
        client(server, token="other").check()
    # A client with a token gets no warning about a missing database.
    with pytest.raises(ValueError, match="the bucket is missing"):
        client(server, bucket=None).check()


def test_statements_that_2x_lacks_are_refused_before_anything_is_sent(server: Scripted) -> None:
    one = client(server, server="2.x")
    with pytest.raises(ValueError, match=r"does not implement CREATE DATABASE; .* use `buckets`"):
        one.create_database("x")
    with pytest.raises(ValueError, match="SHOW USERS; use `users`"):
        one.show_users()
    assert server.requests == []


def test_a_bucket_is_looked_up_by_id_only_if_the_caller_says_so(server: Scripted) -> None:
    id = "088a5462f1c00fd5"  # noqa: A001
    one = client(server, bucket=None, bucket_id=id, server="2.x")
    assert one.db == id
    one.write(POINT)
    one.write(POINT, bucket="other")
    assert [request.query["bucket"] for request in server.requests] == [id, "other"]
    with pytest.raises(ValueError, match=r"has the form of an ID; .* `bucket_id`"):
        client(server, bucket=id, server="2.x").write(POINT)
    with pytest.raises(ValueError, match="bucket ID: expected 16 digits"):
        client(server, bucket=None, bucket_id="b", server="2.x").write(POINT)
    with pytest.raises(ValueError, match="`bucket_id` and `db`: pass only one"):
        client(server, bucket_id=id)


def test_the_function_for_the_token_can_use_a_client(server: Scripted) -> None:
    vault = client(server, server="2.x", output="rows")

    def token() -> str:
        assert list(vault.query("buckets()")) == [("_result", 0, 1)]
        return TOKEN

    client(server, token=token).write(POINT)
    one = client(server, token=token, mode="async")

    async def main() -> None:
        await one.write(POINT)

    asyncio.run(main())


def test_an_empty_token_is_not_sent(server: Scripted, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("\n")
    for options in ({"token": lambda: " "}, {"token": None, "token_file": file}):
        with pytest.raises(ValueError, match="token: its source is empty"):
            client(server, **options).write(POINT)
    assert server.requests == []
