"""Tests which settings `from_env` reads from which variables, and which of several variables it
uses."""

from __future__ import annotations

import inspect
import os
import re
import traceback
from pathlib import Path
from typing import Any

import pytest

from aioinflux import InfluxDBClient
from scripted import Scripted, answer
from support import user_of

SECRET = "s3cret+/token=="
# A value, an attribute of the client, and the expected value of the attribute, for each variable.
VARIABLES: dict[str, tuple[str, str, object]] = {
    "INFLUXDB_HOST": ("a.example", "host", "a.example"),
    "INFLUXDB_PORT": ("8087", "port", 8087),
    "INFLUXDB_DATABASE": ("a", "db", "a"),
    "INFLUXDB_DB": ("a", "db", "a"),
    "INFLUXDB_BUCKET": ("a", "db", "a"),
    "INFLUXDB_RP": ("week", "_rp", "week"),
    "INFLUXDB_ORG": ("my org", "org", "my org"),
    "INFLUXDB_TOKEN": (SECRET, "credentials", f"Token {SECRET}"),
    "INFLUXDB_TOKEN_FILE": ("FILE", "credentials", f"Token {SECRET}"),
    "INFLUXDB_USERNAME": ("u", "credentials", user_of("u", "")),
    "INFLUXDB_USER": ("u", "credentials", user_of("u", "")),
    "INFLUXDB_PASSWORD": ("p", "credentials", user_of("user", "p")),
    "INFLUXDB_USER_PASSWORD": ("p", "credentials", user_of("user", "p")),
    "INFLUXDB_SERVER": ("2.x", "server", "2.x"),
    "INFLUXDB_TIMEOUT": ("2.5", "timeout", 2.5),
    "INFLUXDB_CA_FILE": ("ca.pem", "ca_file", "ca.pem"),
    "INFLUXDB_CERT_FILE": ("c.pem", "cert_file", "c.pem"),
    "INFLUXDB_KEY_FILE": ("k.pem", "key_file", "k.pem"),
    "INFLUXDB_VERIFY_SSL": ("no", "verify_ssl", False),
    "INFLUXDB_URL": ("http://a.example:1/p", "url", "http://a.example:1/p/{endpoint}"),
    "INFLUXDB_V2_URL": ("https://a.example", "url", "https://a.example:443/{endpoint}"),
    "INFLUXDB_V2_ORG": ("my org", "org", "my org"),
    "INFLUXDB_V2_TOKEN": (SECRET, "credentials", f"Token {SECRET}"),
    "INFLUXDB_V2_TIMEOUT": ("2500", "timeout", 2.5),
    "INFLUXDB_V2_VERIFY_SSL": ("False", "verify_ssl", False),
    "INFLUXDB_V2_SSL_CA_CERT": ("ca.pem", "ca_file", "ca.pem"),
    "INFLUXDB_V2_CERT_FILE": ("c.pem", "cert_file", "c.pem"),
    "INFLUXDB_V2_CERT_KEY_FILE": ("k.pem", "key_file", "k.pem"),
    "INFLUXDB_V2_AUTH_BASIC": ("true", "credentials", user_of("a", "b:c")),
    "INFLUXDB_V2_TAG_": ("Berlin", "_tags", {"site": "Berlin"}),
    "INFLUX_HOST": ("http://a.example", "url", "http://a.example:80/{endpoint}"),
    "INFLUX_BUCKET_NAME": ("a", "db", "a"),
    "INFLUX_DATABASE": ("a", "db", "a"),
    "INFLUX_ORG": ("my org", "org", "my org"),
    "INFLUX_TOKEN": (SECRET, "credentials", f"Token {SECRET}"),
    "INFLUX_USERNAME": ("u", "credentials", user_of("u", "")),
    "INFLUX_PASSWORD": ("p", "credentials", user_of("user", "p")),
    "INFLUX_SKIP_VERIFY": ("true", "verify_ssl", False),
}
# What else has to be set, so that a variable has an effect or is valid.
ALSO = {
    "INFLUXDB_ORG": {"INFLUXDB_SERVER": "2.x"},
    "INFLUXDB_V2_ORG": {"INFLUXDB_SERVER": "2.x"},
    "INFLUX_ORG": {"INFLUXDB_SERVER": "2.x"},
    "INFLUXDB_PASSWORD": {"INFLUXDB_USER": "user"},
    "INFLUXDB_USER_PASSWORD": {"INFLUXDB_USER": "user"},
    "INFLUX_PASSWORD": {"INFLUX_USERNAME": "user"},
    "INFLUXDB_V2_AUTH_BASIC": {"INFLUXDB_V2_TOKEN": "a:b:c"},
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Removes the variables of the machine."""
    for name in os.environ:
        if name.startswith("INFLUX"):
            monkeypatch.delenv(name)


@pytest.fixture
def server() -> Any:
    with Scripted(answer(204)) as one:
        yield one


def credentials(server: Scripted, /, **options: Any) -> str | None:
    """Returns the header `Authorization` that a client from the environment sends."""
    client = InfluxDBClient.from_env(
        **{"host": server.host, "port": server.port, "mode": "blocking", "db": "b", **options}
    )
    client.write("m f=1 1")
    return server.requests[-1].headers.get("authorization")


def set_all(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_every_variable_of_the_docstring_is_tested() -> None:
    text = inspect.getdoc(InfluxDBClient.from_env) or ""
    assert set(re.findall(r"`(INFLUX\w+?)(?:\.\.\.)?`", text)) == set(VARIABLES)


@pytest.mark.parametrize("name", VARIABLES)
def test_every_variable_sets_its_argument(
    monkeypatch: pytest.MonkeyPatch, server: Scripted, tmp_path: Path, name: str
) -> None:
    value, attribute, expected = VARIABLES[name]
    (tmp_path / "token").write_text(SECRET)
    set_all(monkeypatch, **ALSO.get(name, {}))
    own_name = "INFLUXDB_V2_TAG_SITE" if name == "INFLUXDB_V2_TAG_" else name
    monkeypatch.setenv(own_name, str(tmp_path / "token") if value == "FILE" else value)
    if attribute == "credentials":
        assert credentials(server, server="2.x" if "TOKEN" in name else None) == expected
        return
    # A client certificate needs both of its files. Without TLS, the files need not exist.
    options = {} if attribute == "db" else {"db": "b"}
    if attribute in ("cert_file", "key_file"):
        options |= {"cert_file": "c.pem", "key_file": "k.pem"}
        del options[attribute]
    client = InfluxDBClient.from_env(**options)
    found = getattr(client, attribute) if hasattr(client, attribute) else client._options[attribute]
    assert found == expected


FAMILIES = ("INFLUXDB_", "INFLUXDB_V2_", "INFLUX_")
# Settings that all three families have: the name in each family, without its prefix, and a value.
SHARED = [
    ("org", ("ORG", "ORG", "ORG"), ("one", "two", "three"), ("one", "two", "three")),
    ("host", ("URL", "URL", "HOST"), ("http://a:1", "http://b:1", "http://c:1"), ("a", "b", "c")),
    (
        "verify_ssl",
        ("VERIFY_SSL", "VERIFY_SSL", "SKIP_VERIFY"),
        ("no", "yes", "yes"),
        (False, True, False),
    ),
    (
        "credentials",
        ("TOKEN", "TOKEN", "TOKEN"),
        ("a", "b", "c"),
        ("Token a", "Token b", "Token c"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("argument", "names", "values", "expected"), SHARED)
@pytest.mark.parametrize("present", [(0, 1, 2), (0, 1), (0, 2), (1, 2), (0,), (1,), (2,)])
def test_the_first_family_takes_precedence(
    monkeypatch: pytest.MonkeyPatch,
    server: Scripted,
    present: tuple[int, ...],
    argument: str,
    names: tuple[str, ...],
    values: tuple[str, ...],
    expected: tuple[object, ...],
) -> None:
    for n in present:
        monkeypatch.setenv(FAMILIES[n] + names[n], values[n])
    if argument == "credentials":
        assert credentials(server, server="2.x") == expected[present[0]]
        assert credentials(server, server="2.x", token="option") == "Token option"
    else:
        client = InfluxDBClient.from_env(db="b", server="2.x")
        assert client._options[argument] == expected[present[0]]


@pytest.mark.parametrize("option", ["option", None])
def test_an_option_takes_precedence_unless_it_is_none(
    monkeypatch: pytest.MonkeyPatch, option: str | None
) -> None:
    set_all(monkeypatch, INFLUXDB_ORG="variable", INFLUX_BUCKET_NAME="variable")
    client = InfluxDBClient.from_env(org=option, bucket=option, server="2.x")
    assert client.org == client.db == (option or "variable")


def test_a_client_for_1x_ignores_organizations(
    monkeypatch: pytest.MonkeyPatch, server: Scripted
) -> None:
    monkeypatch.setenv("INFLUX_ORG", "o")
    assert InfluxDBClient.from_env(db="b").org is None
    assert InfluxDBClient.from_env(db="b", server="1.x").org is None
    assert InfluxDBClient.from_env(db="b", token="t").org == "o"
    # A write would otherwise be refused.
    assert credentials(server, username="u") == user_of("u", "")
    with pytest.raises(ValueError, match="organization"):
        credentials(server, username="u", org="o")


def test_single_variables_take_precedence_over_the_url(
    monkeypatch: pytest.MonkeyPatch, server: Scripted
) -> None:
    url = f"http://u:p@unused.example:{server.port}/base?db=a&org=a&timeout=1"
    set_all(monkeypatch, INFLUXDB_URL=url, INFLUXDB_HOST=server.host, INFLUXDB_ORG="b")
    set_all(monkeypatch, INFLUXDB_TIMEOUT="2", INFLUXDB_TOKEN=SECRET, INFLUXDB_SERVER="2.x")
    client = InfluxDBClient.from_env()
    assert client.url == f"http://{server.host}:{server.port}/base/{{endpoint}}"
    assert (client.db, client.org) == ("a", "b")
    assert client._options["timeout"] == 2
    assert credentials(server, host=None, port=None) == f"Token {SECRET}"


def test_the_host_may_be_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, INFLUXDB_HOST="https://h.example/p", INFLUXDB_URL="http://x:1?db=b")
    assert InfluxDBClient.from_env().url == "https://h.example:8086/p/{endpoint}"
    assert InfluxDBClient.from_env(token="t").url == "https://h.example:443/p/{endpoint}"
    monkeypatch.setenv("INFLUXDB_PORT", "1234")
    assert InfluxDBClient.from_env(token="t").port == 1234
    # A URL in the call replaces the whole address, including the port.
    client = InfluxDBClient.from_env(host="http://other.example", token="t")
    assert client.url == "http://other.example:80/{endpoint}"


@pytest.mark.parametrize(
    ("variables", "port"),
    [
        ({}, 8086),
        ({"INFLUXDB_TOKEN": "t"}, 443),
        ({"INFLUXDB_TOKEN_FILE": "f"}, 443),
        ({"INFLUX_TOKEN": "t"}, 443),
        ({"INFLUXDB_SERVER": "3.x"}, 443),
        ({"INFLUXDB_TOKEN": "t", "INFLUXDB_PORT": "8181"}, 8181),
    ],
)
def test_port_of_a_url_without_one(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], port: int
) -> None:
    set_all(monkeypatch, INFLUXDB_URL="https://h.example?db=b", **variables)
    assert InfluxDBClient.from_env().port == port


@pytest.mark.parametrize(
    ("variables", "options", "expected"),
    [
        ({"INFLUXDB_USER": "u", "INFLUXDB_V2_TOKEN": "t"}, {}, user_of("u", "")),
        ({"INFLUXDB_USER": "u", "INFLUX_TOKEN": "t", "INFLUX_PASSWORD": "p"}, {},
         user_of("u", "p")),
        ({"INFLUXDB_V2_TOKEN": "t", "INFLUX_USERNAME": "u"}, {}, "Token t"),
        ({"INFLUXDB_TOKEN": "t", "INFLUX_USERNAME": "u", "INFLUX_PASSWORD": "p"}, {}, "Token t"),
        ({"INFLUX_USERNAME": "u", "INFLUXDB_PASSWORD": "p"}, {}, user_of("u", "p")),
        ({"INFLUXDB_TOKEN": "t"}, {"username": "o", "password": "p"}, user_of("o", "p")),
        ({"INFLUXDB_TOKEN": "t", "INFLUXDB_USER": "u"}, {"username": "o"}, user_of("o", "")),
        ({"INFLUXDB_USER": "u", "INFLUXDB_PASSWORD": "p"}, {"token": "o"}, "Token o"),
        ({"INFLUXDB_USER": "u"}, {"password": "o"}, user_of("u", "o")),
        ({"INFLUXDB_USER": "u"}, {"token": "", "password": "o"}, user_of("u", "o")),
        ({"INFLUXDB_TOKEN_FILE": "f"}, {"token": "o"}, "Token o"),
        ({"INFLUXDB_V2_TOKEN": "a:b", "INFLUXDB_V2_AUTH_BASIC": "1"}, {"token": "o"}, "Token o"),
    ],
)  # fmt: skip
def test_a_client_uses_one_kind_of_credentials(
    monkeypatch: pytest.MonkeyPatch,
    server: Scripted,
    variables: dict[str, str],
    options: dict[str, Any],
    expected: str,
) -> None:
    set_all(monkeypatch, **variables)
    version = "2.x" if expected.startswith("Token") else None
    assert credentials(server, server=version, **options) == expected


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"INFLUXDB_V2_URL": "http://other", "INFLUXDB_V2_TOKEN": SECRET}, None),
        ({"INFLUX_HOST": "http://other", "INFLUX_TOKEN": SECRET}, None),
        ({"INFLUX_TOKEN": SECRET}, f"Token {SECRET}"),
        (
            {"INFLUXDB_V2_URL": "http://other", "INFLUXDB_V2_TOKEN": "x", "INFLUX_TOKEN": SECRET},
            f"Token {SECRET}",
        ),
    ],
)
def test_credentials_of_another_server_are_not_sent(
    monkeypatch: pytest.MonkeyPatch,
    server: Scripted,
    variables: dict[str, str],
    expected: str | None,
) -> None:
    set_all(monkeypatch, INFLUXDB_URL=server.url, INFLUXDB_SERVER="1.x", **variables)
    if expected:
        monkeypatch.setenv("INFLUXDB_SERVER", "2.x")
    assert credentials(server, host=None, port=None) == expected


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        ({"INFLUXDB_TOKEN": SECRET, "INFLUXDB_TOKEN_FILE": SECRET},
         "INFLUXDB_TOKEN and INFLUXDB_TOKEN_FILE"),
        ({"INFLUXDB_TOKEN": SECRET, "INFLUXDB_USER": SECRET}, "INFLUXDB_TOKEN and INFLUXDB_USER"),
        ({"INFLUX_TOKEN": SECRET, "INFLUX_PASSWORD": SECRET}, "INFLUX_TOKEN and INFLUX_PASSWORD"),
    ],
)  # fmt: skip
def test_two_kinds_of_credentials_in_one_family_are_refused(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], names: str
) -> None:
    set_all(monkeypatch, **variables)
    with pytest.raises(ValueError, match=f"^{names}: both are set"):
        InfluxDBClient.from_env(db="b")


WRONG = [
    ("INFLUXDB_URL", f"http://h?token={SECRET}", "a URL must not contain a token"),
    ("INFLUXDB_URL", f"http://u:{SECRET}@h", "invalid host or port"),
    ("INFLUXDB_URL", f"http://h?{SECRET}", "a key is unknown"),
    ("INFLUXDB_URL", f"http://u:{SECRET.replace('/', '')}@h?token_file=f", "it contains a user"),
    ("INFLUXDB_HOST", f"http://u:{SECRET.replace('/', '')}@h", "the URL contains `username`"),
    ("INFLUXDB_HOST", f"a b {SECRET}", "expected the name or address"),
    ("INFLUXDB_PORT", SECRET, "expected a number from 1 to 65535"),
    ("INFLUXDB_PORT", "0", "expected a number from 1 to 65535"),
    ("INFLUXDB_SERVER", SECRET, "expected 1.x, 2.x or 3.x"),
    ("INFLUXDB_TIMEOUT", SECRET, "expected a number of seconds above 0"),
    ("INFLUXDB_TIMEOUT", "nan", "expected a number of seconds above 0"),
    ("INFLUXDB_VERIFY_SSL", SECRET, "expected true or false"),
    ("INFLUXDB_USERNAME", f"a:{SECRET}", "expected a name without `:`"),
    ("INFLUXDB_CERT_FILE", "only.pem", "pass both or neither"),
    ("INFLUXDB_V2_URL", f"http://h?token={SECRET}", "a URL must not contain a token"),
    ("INFLUXDB_V2_URL", "h.example:8086", "expected one of the schemes"),
    ("INFLUXDB_V2_TIMEOUT", "0", "expected a number of milliseconds above 0"),
    ("INFLUXDB_V2_VERIFY_SSL", SECRET, "expected true or false"),
    ("INFLUXDB_V2_AUTH_BASIC", SECRET, "expected true or false"),
    ("INFLUXDB_V2_CERT_KEY_PASSWORD", SECRET, "encrypted key files are not supported"),
    ("INFLUXDB_V2_TAG_SITE", "${env.NO_SUCH_VARIABLE}", "`NO_SUCH_VARIABLE` is not set"),
    ("INFLUX_HOST", f"http://h?token={SECRET}", "a URL must not contain a token"),
    ("INFLUX_HOST", "http://h?org=o", "the URL contains `org`"),
    ("INFLUX_SKIP_VERIFY", SECRET, "expected true or false"),
]


@pytest.mark.parametrize(("name", "value", "text"), WRONG)
def test_errors_name_the_variable_and_show_no_secret(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, text: str
) -> None:
    more = {
        "INFLUXDB_V2_AUTH_BASIC": {"INFLUXDB_V2_TOKEN": SECRET},
        "INFLUXDB_V2_CERT_KEY_PASSWORD": {"INFLUXDB_V2_CERT_KEY_FILE": "k.pem"},
    }
    set_all(monkeypatch, **more.get(name, {}), **{name: value})
    with pytest.raises(ValueError, match=rf"^{name}: .*{re.escape(text)}") as caught:
        InfluxDBClient.from_env(db="b")
    # The context of an error is not printed, but other tools may show it.
    shown = "".join(traceback.format_exception(caught.value))
    error: BaseException | None = caught.value
    while error is not None:
        shown += str(error)
        error = error.__context__
    assert SECRET not in shown
    assert SECRET.split("/")[0] not in shown


def test_a_token_without_a_colon_is_no_user(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, INFLUXDB_V2_TOKEN=SECRET, INFLUXDB_V2_AUTH_BASIC="true")
    with pytest.raises(ValueError, match=r"^INFLUXDB_V2_TOKEN: expected user:password") as caught:
        InfluxDBClient.from_env(db="b")
    assert SECRET not in str(caught.value)


def test_the_error_of_a_file_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUXDB_CA_FILE", "/no/such/ca.pem")
    with pytest.raises(ValueError, match=r"^INFLUXDB_CA_FILE: tls: `/no/such/ca\.pem`: No such"):
        InfluxDBClient.from_env(db="b", ssl=True)


def test_empty_variables_are_ignored(monkeypatch: pytest.MonkeyPatch, server: Scripted) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name + ("X" if name.endswith("_") else ""), "")
    client = InfluxDBClient.from_env(db="b")
    assert repr(client) == repr(InfluxDBClient(db="b"))
    assert client._options == InfluxDBClient(db="b")._options
    assert client._tags is None
    assert credentials(server) is None


def test_variables_of_a_later_family_that_are_not_used_are_not_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_all(monkeypatch, INFLUXDB_TIMEOUT="5", INFLUXDB_V2_TIMEOUT="soon", INFLUX_HOST="influx")
    set_all(monkeypatch, INFLUXDB_HOST="h.example")
    client = InfluxDBClient.from_env(db="b")
    assert (client.host, client._options["timeout"]) == ("h.example", 5)


def test_default_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, INFLUXDB_V2_TAG_SITE="a", INFLUXDB_V2_TAG_Rack="${env.RACK}", RACK="7")
    assert InfluxDBClient.from_env(db="b")._tags == {"site": "a", "rack": "7"}
    assert InfluxDBClient.from_env(db="b", tags={"x": "y"})._tags == {"x": "y"}
