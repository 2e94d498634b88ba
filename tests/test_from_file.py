"""Tests `from_file`, with the files of influxdb-client and of the `influx` command."""

from __future__ import annotations

import importlib
import inspect
import json
import re
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest

from aioinflux import InfluxDBClient
from scripted import Scripted, answer
from support import user_of

SECRET = "s3cret+/token=="
# Every key that has an effect: its value, and an attribute of the client with its expected value.
KEYS: dict[str, tuple[str, str, object]] = {
    "url": ("https://a.example/p", "url", "https://a.example:443/p/{endpoint}"),
    "org": ("my org", "org", "my org"),
    "bucket": ("b", "db", "b"),
    "token": (SECRET, "credentials", f"Token {SECRET}"),
    "token_file": ("FILE", "credentials", f"Token {SECRET}"),
    "server": ("3.x", "server", "3.x"),
    "timeout": ("2500", "timeout", 2.5),
    "verify_ssl": ("False", "verify_ssl", False),
    "ssl_ca_cert": ("ca.pem", "ca_file", "ca.pem"),
    "cert_file": ("c.pem", "cert_file", "c.pem"),
    "cert_key_file": ("k.pem", "key_file", "k.pem"),
    "proxy": ("http://proxy.example:3128", "proxy", "http://proxy.example:3128"),
    "auth_basic": ("true", "credentials", user_of("a", "b:c")),
}
# What else has to be set, so that a key has an effect or is valid.
ALSO = {
    "org": {"token": "t"},
    "auth_basic": {"token": "a:b:c"},
    "cert_file": {"cert_key_file": "k.pem"},
    "cert_key_file": {"cert_file": "c.pem"},
}
FORMATS = ("ini", "toml", "json", "flat.json")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Makes an empty directory the user's home, and removes the variables of the machine."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("INFLUX_CONFIGS_PATH", "INFLUX_ACTIVE_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def server() -> Any:
    with Scripted(answer(204)) as one:
        yield one


def write(folder: Path, kind: str, settings: dict[str, str], tags: dict[str, str]) -> Path:
    """Writes a file of influxdb-client in one of `FORMATS`."""
    file = folder / f"config.{kind}"
    if kind == "flat.json":
        file.write_text(json.dumps({**settings, "tags": tags}))
    elif kind == "json":
        file.write_text(json.dumps({"influx2": settings, "tags": tags}))
    else:
        quote = json.dumps if kind == "toml" else str
        sections = {"influx2": settings, "tags": tags}
        lines = [
            line
            for name, section in sections.items()
            for line in (f"[{name}]", *(f"{key} = {quote(v)}" for key, v in section.items()))
        ]
        file.write_text("\n".join(lines) + "\n")
    return file


def profiles(file: Path, text: str = "") -> Path:
    """Writes a file as the `influx` command writes it."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(
        text
        or '[default]\n  url = "http://localhost:8086"\n  token = "first"\n  org = "one"\n'
        '\n[cloud]\n  url = "https://cloud.example"\n  token = "second"\n  org = "two"\n'
        "  active = true\n"
        '\n["my server"]\n  url = "http://h.example:1"\n  token = "third"\n  org = ""\n'
        "  previous = true\n# \n# [us-west]\n#   token = 'XXX'\n"
    )
    return file


def credentials(server: Scripted, /, file: Path | None, **options: Any) -> str | None:
    """Returns the header `Authorization` that a client from a file sends."""
    given = {"host": server.host, "port": server.port, "ssl": False, "mode": "blocking", **options}
    client = InfluxDBClient.from_file(file, db="b", **given)
    client.path = "/"
    client.write("m f=1 1")
    return server.requests[-1].headers.get("authorization")


def test_every_key_of_the_docstring_is_tested() -> None:
    text = inspect.getdoc(InfluxDBClient.from_file) or ""
    listed = text[text.index("The keys are") : text.index("`connection_pool_maxsize`")]
    assert set(re.findall(r"`(\w+)`", listed)) == set(KEYS)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("key", KEYS)
def test_every_key_sets_its_argument(tmp_path: Path, server: Scripted, kind: str, key: str) -> None:
    value, attribute, expected = KEYS[key]
    (tmp_path / "token").write_text(SECRET)
    value = str(tmp_path / "token") if value == "FILE" else value
    file = write(tmp_path, kind, {"url": server.url, **ALSO.get(key, {}), key: value}, {})
    if attribute == "credentials":
        version = "2.x" if "token" in key else None
        assert credentials(server, file, server=version) == expected
        return
    # Without TLS, a client does not read the files of certificates, so they need not exist.
    client = InfluxDBClient.from_file(file, **({} if key == "bucket" else {"db": "b"}))
    found = getattr(client, attribute) if hasattr(client, attribute) else client._options[attribute]
    assert found == expected


@pytest.mark.parametrize("kind", FORMATS)
def test_a_complete_file_of_influxdb_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("RACK", "7")
    settings = {
        "url": "http://localhost:8086", "org": "my-org", "token": "my-token", "timeout": "6000",
        "connection_pool_maxsize": "25", "auth_basic": "false", "profilers": "query,operator",
        "verify_ssl": "yes", "ssl_ca_cert": "", "proxy": "",
    }  # fmt: skip
    tags = {"customer": "California Miner", "rack": "${env.RACK}", "none": ""}
    client = InfluxDBClient.from_file(write(tmp_path, kind, settings, tags), bucket="b")
    assert client._tags == {"customer": "California Miner", "rack": "7"}
    assert (client.url, client.org, client.db) == (
        "http://localhost:8086/{endpoint}",
        "my-org",
        "b",
    )
    assert client._options["timeout"] == 6
    assert client._options["ca_file"] is client._options["proxy"] is None


@pytest.mark.parametrize(
    ("kind", "expected"), [("ini", "site"), ("toml", "site"), ("json", "Site")]
)
def test_names_of_tags_are_those_of_influxdb_client(
    tmp_path: Path, kind: str, expected: str
) -> None:
    file = write(tmp_path, kind, {"url": "http://h"}, {"Site": "Berlin"})
    assert InfluxDBClient.from_file(file, db="b")._tags == {expected: "Berlin"}
    assert InfluxDBClient.from_file(file, db="b", tags={"x": "y"})._tags == {"x": "y"}


def test_values_of_other_types_than_text(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        '[influx2]\nurl = "https://h"\ntimeout = 1500\nverify_ssl = false\nauth_basic = false\n'
        'connection_pool_maxsize = 25\nprofilers = ["query"]\n[tags]\nid = 5\n'
    )
    with pytest.warns(UserWarning, match="not verified") as warned:
        client = InfluxDBClient.from_file(file, db="b")
    assert [one.filename for one in warned] == [__file__]
    assert client._options["timeout"] == 1.5
    assert client._options["verify_ssl"] is False
    assert client._tags == {"id": "5"}


def test_quotes_and_percent_signs_of_ini_files(tmp_path: Path, server: Scripted) -> None:
    file = tmp_path / "config.ini"
    file.write_text(f'[influx2]\nurl = "{server.url}"\ntoken = "100%%"\nserver = 2.x\n')
    assert credentials(server, file) == "Token 100%"


@pytest.mark.parametrize("kind", ["ini", "toml", "json"])
def test_a_section_can_have_any_name(tmp_path: Path, kind: str) -> None:
    file = write(tmp_path, kind, {"url": "http://h:1"}, {"site": "a"})
    file.write_text(file.read_text().replace("influx2", "production"))
    client = InfluxDBClient.from_file(file, "production", db="b")
    assert (client.port, client._tags) == (1, {"site": "a"})
    with pytest.raises(ValueError, match=r"no section `test`; its sections: `production`, `tags`"):
        InfluxDBClient.from_file(file, "test")


@pytest.mark.parametrize(
    ("profile", "url", "org", "token"),
    [
        (None, "https://cloud.example:443/{endpoint}", "two", "second"),
        ("default", "http://localhost:8086/{endpoint}", "one", "first"),
        ("my server", "http://h.example:1/{endpoint}", None, "third"),
    ],
)
def test_profiles_of_the_influx_command(
    home: Path, server: Scripted, profile: str | None, url: str, org: str | None, token: str
) -> None:
    file = profiles(home / ".influxdbv2/configs")
    for path in (None, file, str(file), "~/.influxdbv2/configs"):
        client = InfluxDBClient.from_file(path, profile, bucket="b")
        assert (client.url, client.org, client._tags) == (url, org, None)
    assert credentials(server, None, profile=profile, server="2.x") == f"Token {token}"


def test_variables_name_the_file_and_the_profile(
    monkeypatch: pytest.MonkeyPatch, home: Path, tmp_path: Path
) -> None:
    profiles(home / ".influxdbv2/configs", '[a]\nurl = "http://home:1"\n')
    file = profiles(tmp_path / "profiles.conf")
    assert InfluxDBClient.from_file(db="b").host == "home"
    monkeypatch.setenv("INFLUX_CONFIGS_PATH", str(file))
    assert InfluxDBClient.from_file(db="b").host == "cloud.example"
    monkeypatch.setenv("INFLUX_ACTIVE_CONFIG", "default")
    assert InfluxDBClient.from_file(db="b").host == "localhost"
    assert InfluxDBClient.from_file(profile="cloud", db="b").host == "cloud.example"
    # The variables belong to the file of the `influx` command, not to other files.
    other = write(tmp_path, "ini", {"url": "http://other"}, {})
    assert InfluxDBClient.from_file(other, db="b").host == "other"


def test_a_profile_can_be_called_tags(tmp_path: Path) -> None:
    file = profiles(tmp_path / "configs", '[tags]\nurl = "http://h:1"\ntoken = "t"\n')
    client = InfluxDBClient.from_file(file, db="b")
    assert (client.port, client._tags) == (1, None)
    file.write_text(file.read_text() + '[other]\nurl = "http://h:2"\nactive = true\n')
    client = InfluxDBClient.from_file(file, db="b")
    assert (client.port, client._tags) == (2, None)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_byte_order_mark_is_ignored(tmp_path: Path, kind: str) -> None:
    file = write(tmp_path, kind, {"url": "http://h:1"}, {})
    file.write_text(file.read_text(), encoding="utf-8-sig")
    assert InfluxDBClient.from_file(file, db="b").port == 1


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "Token file"),
        ({"token": "option"}, "Token option"),
        ({"token": None}, "Token file"),
        ({"username": "u", "password": "p", "server": None}, user_of("u", "p")),
    ],
)
def test_options_take_precedence_over_the_file(
    tmp_path: Path, server: Scripted, options: dict[str, Any], expected: str
) -> None:
    settings = {"url": server.url, "token": "file", "org": "file", "bucket": "file"}
    file = write(tmp_path, "ini", settings, {})
    given = {"server": "2.x", **options}
    client = InfluxDBClient.from_file(file, mode="blocking", **given)
    assert (client.org, client.db) == (None if "username" in options else "file", "file")
    client.write("m f=1 1")
    assert server.requests[-1].headers.get("authorization") == expected


def test_the_url_is_not_needed_if_the_call_names_the_host(tmp_path: Path) -> None:
    file = write(tmp_path, "ini", {"org": "o"}, {})
    assert InfluxDBClient.from_file(file, host="h", db="b").host == "h"
    with pytest.raises(ValueError, match=r"section `influx2`: the key `url` is missing"):
        InfluxDBClient.from_file(file, db="b")


BEGIN = "[influx2]\nurl = http://h\n"
WRONG = [
    ("a.ini", f"{SECRET}\n", r", line 1: invalid INI"),
    ("a.ini", f"{BEGIN}\n{SECRET.replace('=', '')}\n", r", line 4: invalid INI"),
    ("a.ini", f"[influx2]\ntoken = a\ntoken = {SECRET}\n", r", line 3: invalid INI"),
    ("a.ini", "[influx2]\n[influx2]\n", r", line 2: invalid INI"),
    ("a.ini", f"{BEGIN}token = %{SECRET}\n", r", .*key `token`: invalid `%`"),
    ("a.ini", f"[other]\ntoken = {SECRET}\n", r": expected a section `influx2`, or a profile"),
    ("a.ini", f"{BEGIN}tokens = {SECRET}\n", r", section `influx2`, key `tokens`: unknown"),
    ("a.ini", f"{BEGIN}{SECRET}\n", r", section `influx2`, a key: unknown"),
    ("a.ini", f"{BEGIN}{SECRET}%\n", r", section `influx2`, a key: invalid `%`"),
    ("a.ini", f"[influx2]\nurl = http://h?token={SECRET}\n", r", .*`url`: a URL must not contain"),
    ("a.ini", f"[influx2]\nurl = http://u:{SECRET}@h\n", r", .*key `url`: invalid host or port"),
    ("a.ini", f"{BEGIN}timeout = {SECRET}\n", r", .*`timeout`: expected a number of milli"),
    ("a.ini", f"{BEGIN}verify_ssl = {SECRET}\n", r", .*key `verify_ssl`: expected true"),
    ("a.ini", f"{BEGIN}server = {SECRET}\n", r", .*key `server`: expected 1\.x"),
    ("a.ini", f"{BEGIN}auth_basic = {SECRET}\n", r", .*key `auth_basic`: expected true"),
    ("a.ini", f"{BEGIN}auth_basic = on\ntoken = {SECRET}", r", .*`token`: expected user:"),
    ("a.ini", f"{BEGIN}token = {SECRET}\ntoken_file = f", r", .*, keys `token` and `token_f"),
    ("a.ini", f"{BEGIN}cert_key_password = {SECRET}", r", .*_password`: encrypted"),
    ("a.ini", f"{BEGIN}cert_file = {SECRET}", r", .*key `cert_file`: .*pass both"),
    ("a.ini", f"{BEGIN}proxy = http://u:{SECRET[:6]}@h:x", r", .*key `proxy`: .*invalid port"),
    ("a.ini", f"{BEGIN}[tags]\na = ${{env.NO_SUCH}}", r", .*`tags`, key `a`: .*NO_SUCH` is"),
    ("a.ini", b"[influx2]\ntoken = s3cret+\xff", r": expected a text in UTF-8"),
    ("a.toml", f"[influx2]\n\ntoken = {SECRET}\n", r", line 3: invalid TOML"),
    ("a.toml", f'[influx2]\nurl = 5\ntoken = "{SECRET}"', r", .*key `url`: expected a text"),
    ("a.toml", f'[influx2]\ntoken = ["{SECRET}"]', r", .*key `token`: expected a text"),
    ("a.toml", f'[influx2]\nurl="http://h"\n[tags]\na = ["{SECRET}"]', r", .*key `a`: expected a"),
    ("a.toml", '[influx2]\nurl="http://h"\n[tags]\na = "1"\nA = "2"', r", .*key `A`: another key"),
    ("a.json", f'{{"url":\n{SECRET}}}', r", line 2: invalid JSON"),
    ("a.json", f'["{SECRET}"]', r": expected a JSON object"),
    ("a.json", "[" * 100_000, r", line 1: invalid JSON"),
    ("a.json", f'{{"url": "http://h", "tokens": "{SECRET}"}}', r", key `tokens`: unknown"),
    ("a.json", f'{{"url": "http://h", "timeout": "{SECRET}"}}', r", key `timeout`: expected a num"),
    ("configs", f'[a]\nurl = "http://a"\ncookie = "{SECRET}"', r", .*`a`, key `cookie`: sessions"),
    ("configs", '[a]\nurl = "http://a"\n[b]\nurl = "http://b"', r": no profile is active; hint: "),
    ("configs", '[a]\nurl = "http://a"\nactive = true\n[b]\nurl = "http://b"\nactive = true',
     r": several profiles are active; hint: pass `profile`, one of `a`, `b`"),
    ("configs", f'[a]\nurl = "http://a"\nactive = "{SECRET}"', r", .*key `active`: expected true"),
    ("a.yaml", SECRET, r": expected a name that ends in \.ini, \.toml or \.json"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "text"), WRONG)
def test_errors_name_the_file_and_the_key_and_show_no_content(
    tmp_path: Path, name: str, content: str | bytes, text: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=f"^file `{re.escape(str(file))}`{text}") as caught:
        InfluxDBClient.from_file(file, db="b")
    # The context of an error is not printed, but other tools may show it.
    shown = "".join(traceback.format_exception(caught.value))
    error: BaseException | None = caught.value
    while error is not None:
        shown += str(error) + str(vars(error))
        error = error.__context__
    assert "s3cret" not in shown


def test_a_missing_file_is_named(home: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=re.escape(str(home / ".influxdbv2/configs"))):
        InfluxDBClient.from_file()
    with pytest.raises(FileNotFoundError, match=r"missing\.ini"):
        InfluxDBClient.from_file(tmp_path / "missing.ini")


def test_arguments_of_the_wrong_type_are_refused() -> None:
    with pytest.raises(TypeError, match=r"`path`: expected str or Path, got `bytes`"):
        InfluxDBClient.from_file(b"a.ini")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"`profile`: expected str, got `int`"):
        InfluxDBClient.from_file("a.ini", 5)  # type: ignore[arg-type]


def test_toml_needs_a_module_that_reads_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = write(tmp_path, "toml", {"url": "http://h:1"}, {})
    reader = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    # An entry that is `None` makes the import fail, as if the module were not installed.
    monkeypatch.setitem(sys.modules, "tomllib", None)
    monkeypatch.setitem(sys.modules, "tomli", None)
    with pytest.raises(ImportError, match=r"Python 3\.11 or newer, or the package `tomli`"):
        InfluxDBClient.from_file(file)
    monkeypatch.setitem(sys.modules, "tomli", reader)
    assert InfluxDBClient.from_file(file, db="b").port == 1


def test_a_file_without_sections_is_an_error_that_shows_nothing(tmp_path: Path) -> None:
    file = tmp_path / "settings.ini"
    file.write_text("SECRET\n")
    with pytest.raises(ValueError, match="line 1: invalid INI") as raised:
        InfluxDBClient.from_file(file)
    assert "SECRET" not in "".join(traceback.format_exception(raised.value))
