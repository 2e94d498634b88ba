"""Tests the settings of 2.x servers in URLs for `from_url`; `test_influxdb_client.py` tests the
other settings in URLs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aioinflux import InfluxDBClient
from scripted import Scripted, answer
from support import user_of

SECRET = "s3cret+/token=="


@pytest.fixture
def server() -> Any:
    with Scripted(answer(204)) as one:
        yield one


def credentials(server: Scripted, url: str, /, **options: Any) -> str | None:
    """Returns the header `Authorization` that a client with this URL sends."""
    InfluxDBClient.from_url(url, mode="blocking", db="b", **options).write("m f=1 1")
    return server.requests[-1].headers.get("authorization")


def test_keys_of_a_2x_server(server: Scripted, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(SECRET)
    query = f"org=my%20org&bucket=mine&server=2.x&token_file={tmp_path}/token"
    client = InfluxDBClient.from_url(f"{server.url}?{query}", mode="blocking")
    assert (client.org, client.db) == ("my org", "mine")
    client.write("m f=1 1")
    request = server.requests[0]
    assert (request.path, request.query["org"]) == ("/api/v2/write", "my org")
    assert request.headers["authorization"] == f"Token {SECRET}"


@pytest.mark.parametrize("key", ["token", "Token", "TOKEN"])
@pytest.mark.parametrize("options", [{}, {"token": "other"}])
def test_a_token_in_a_url_is_refused(key: str, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must not contain a token.*hint: use") as caught:
        InfluxDBClient.from_url(f"http://h?db=b&{key}={SECRET}", **options)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [f"http://h?{SECRET}", f"http://h?db=b&x{SECRET}=5", "http://h?xscretxscretxscretxscret"],
)
def test_a_key_that_may_be_a_secret_is_not_shown(url: str) -> None:
    with pytest.raises(ValueError, match="a key is unknown") as caught:
        InfluxDBClient.from_url(url)
    assert "s3cret" not in str(caught.value)
    assert "xscret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("http://h?server=2.7", "key `server`: expected 1.x, 2.x or 3.x"),
        ("http://h?token_file=", "key `token_file`: expected a path"),
        ("http://h?timeout=inf", "key `timeout`: expected a number of seconds above 0"),
        ("http://u@h?token_file=f", "a user and `token_file`; hint: use only one"),
    ],
)
def test_wrong_values_are_named(url: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"^argument `url`: .*{text}"):
        InfluxDBClient.from_url(url)


def test_the_error_of_python_is_no_context() -> None:
    """The error of `urlsplit` contains a part of the password."""
    with pytest.raises(ValueError, match="invalid host or port") as caught:
        InfluxDBClient.from_url(f"http://u:{SECRET}@h")
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("url", "options", "port"),
    [
        ("http://h", {}, 8086),
        ("https://h", {}, 8086),
        ("https://h", {"username": "u"}, 8086),
        ("http://h", {"token": "t"}, 80),
        ("https://h", {"token": "t"}, 443),
        ("https://h", {"token": lambda: "t"}, 443),
        ("https://h", {"token": None}, 8086),
        ("https://h", {"token_file": "f"}, 443),
        ("https://h", {"server": "3.x"}, 443),
        ("https://h?token_file=f", {}, 443),
        ("http://h?server=1.x", {}, 80),
        ("https://h:8086", {"token": "t"}, 8086),
        ("https://h", {"token": "t", "port": 8181}, 8181),
        ("https://h", {"token": "t", "port": None}, 443),
        ("influxdb://h/b", {"token": "t"}, 8086),
        ("https+influxdb://h/b", {"server": "2.x"}, 8086),
    ],
)
def test_port_of_a_url_without_one(url: str, options: dict[str, Any], port: int) -> None:
    assert InfluxDBClient.from_url(url, **{"db": "b", **options}).port == port


def test_an_option_replaces_the_credentials_of_a_url(server: Scripted) -> None:
    address = server.url.removeprefix("http://")
    with_user = f"http://u:p@{address}"
    assert credentials(server, with_user) == user_of("u", "p")
    assert credentials(server, with_user, token="t", server="2.x") == "Token t"
    assert credentials(server, with_user, password="other") == user_of("u", "other")
    assert credentials(server, with_user, token=None) == user_of("u", "p")
    with_file = f"{server.url}?token_file=none"
    assert credentials(server, with_file, token="t", server="2.x") == "Token t"
    assert credentials(server, with_file, username="u") == user_of("u", "")
