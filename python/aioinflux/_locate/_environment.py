"""Reads the settings of a client from environment variables.

There are three families of variables: our own, those of influxdb-client, and those of the `influx`
command and of the clients for 3.x. A setting comes from the first family that has it. There are two
exceptions, so that the credentials for one server are not sent to another server. Credentials come
from the first family that has credentials, and a family that names a server is ignored if an
earlier family names one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ._precedence import TOKEN, USER, Located
from ._url import address, from_url, scheme_port
from ._values import (
    FLAG,
    MILLISECONDS,
    NOT_FLAG,
    PORT_NUMBER,
    SECONDS,
    TEXT,
    VERSION,
    Kind,
    read,
    user_of_token,
)

__all__ = ["from_environment", "tag_value"]


class _Family(NamedTuple):
    """The variables of one tool: those that name the server, and those for the other arguments.

    If several variables for the same argument are set, the first one is used.
    """

    servers: tuple[str, ...]
    variables: Mapping[str, tuple[tuple[str, ...], Kind]]


_OWN = _Family(
    ("INFLUXDB_HOST", "INFLUXDB_URL"),
    {
        "port": (("INFLUXDB_PORT",), PORT_NUMBER),
        "db": (("INFLUXDB_DATABASE", "INFLUXDB_DB", "INFLUXDB_BUCKET"), TEXT),
        "rp": (("INFLUXDB_RP",), TEXT),
        "org": (("INFLUXDB_ORG",), TEXT),
        "token": (("INFLUXDB_TOKEN",), TEXT),
        "token_file": (("INFLUXDB_TOKEN_FILE",), TEXT),
        "username": (("INFLUXDB_USERNAME", "INFLUXDB_USER"), TEXT),
        "password": (("INFLUXDB_PASSWORD", "INFLUXDB_USER_PASSWORD"), TEXT),
        "server": (("INFLUXDB_SERVER",), VERSION),
        "timeout": (("INFLUXDB_TIMEOUT",), SECONDS),
        "ca_file": (("INFLUXDB_CA_FILE",), TEXT),
        "cert_file": (("INFLUXDB_CERT_FILE",), TEXT),
        "key_file": (("INFLUXDB_KEY_FILE",), TEXT),
        "verify_ssl": (("INFLUXDB_VERIFY_SSL",), FLAG),
    },
)
_V2 = _Family(
    ("INFLUXDB_V2_URL",),
    {
        "org": (("INFLUXDB_V2_ORG",), TEXT),
        "token": (("INFLUXDB_V2_TOKEN",), TEXT),
        "timeout": (("INFLUXDB_V2_TIMEOUT",), MILLISECONDS),
        "ca_file": (("INFLUXDB_V2_SSL_CA_CERT",), TEXT),
        "cert_file": (("INFLUXDB_V2_CERT_FILE",), TEXT),
        "key_file": (("INFLUXDB_V2_CERT_KEY_FILE",), TEXT),
        "verify_ssl": (("INFLUXDB_V2_VERIFY_SSL",), FLAG),
    },
)
_INFLUX = _Family(
    ("INFLUX_HOST",),
    {
        "db": (("INFLUX_BUCKET_NAME", "INFLUX_DATABASE"), TEXT),
        "org": (("INFLUX_ORG",), TEXT),
        "token": (("INFLUX_TOKEN",), TEXT),
        "username": (("INFLUX_USERNAME",), TEXT),
        "password": (("INFLUX_PASSWORD",), TEXT),
        "verify_ssl": (("INFLUX_SKIP_VERIFY",), NOT_FLAG),
    },
)
_BASIC = "INFLUXDB_V2_AUTH_BASIC"
_KEY_PASSWORD = "INFLUXDB_V2_CERT_KEY_PASSWORD"
_TAG = "INFLUXDB_V2_TAG_"


def from_environment(environment: Mapping[str, str], options: Mapping[str, Any]) -> Located:
    """Reads the settings of a client from the environment. `options` take precedence, and empty
    variables are ignored.

    Raises:
        ValueError: a variable is invalid, or two variables contradict each other. The message names
            the variables, and shows no values.
    """
    env = {name: value for name, value in environment.items() if value}
    located = Located(options)
    has_server = False
    for family in (_OWN, _V2, _INFLUX):
        names_server = any(name in env for name in family.servers)
        if has_server and names_server:
            continue
        if family is _V2:
            _add_v2(located, env)
        _add(located, family, env)
        if names_server:
            _add_server(located, family, env)
            has_server = True
    return located


def _add(located: Located, family: _Family, env: Mapping[str, str]) -> None:
    """Adds the settings of a family, except its server."""
    found: dict[str, str] = {}
    for argument, (variables, _) in family.variables.items():
        name = next((name for name in variables if name in env), None)
        if name is not None and located.is_open(argument):
            found[argument] = name
    tokens = [found[name] for name in TOKEN if name in found]
    users = [found[name] for name in USER if name in found]
    if tokens and len(tokens + users) > 1:
        first, second = (tokens + users)[:2]
        raise ValueError(f"{first} and {second}: both are set; hint: unset one of them")
    for argument, name in found.items():
        located.set(argument, read(name, family.variables[argument][1], env[name]), name)


def _add_server(located: Located, family: _Family, env: Mapping[str, str]) -> None:
    """Adds the server of a family. The variable `INFLUXDB_HOST` takes precedence over the host in
    `INFLUXDB_URL`."""
    for name in family.servers:
        if name not in env:
            continue
        if name == "INFLUXDB_URL":
            located.fill(from_url(env[name], name), name)
        elif name == "INFLUXDB_HOST" and "://" not in env[name]:
            located.set("host", env[name], name)
        else:
            hint = "only scheme, host, port and path are allowed here"
            found = address(name, env[name], hint)
            # The other tools always use the port of the scheme.
            if found["port"] is None and family is not _OWN:
                found["port"] = scheme_port(found["ssl"])
            located.fill(found, name)


def _add_v2(located: Located, env: Mapping[str, str]) -> None:
    """Adds the settings of influxdb-client that are not the text of one argument."""
    name = "INFLUXDB_V2_TOKEN"
    if name in env and located.is_open("token") and read(_BASIC, FLAG, env.get(_BASIC, "no")):
        located.fill(user_of_token(name, env[name]), name)
    if _KEY_PASSWORD in env and "INFLUXDB_V2_CERT_KEY_FILE" in env and located.is_open("key_file"):
        raise ValueError(
            f"{_KEY_PASSWORD}: encrypted key files are not supported; hint: decrypt the key file"
        )
    tags = {
        name.removeprefix(_TAG).lower(): tag_value(name, value, env)
        for name, value in env.items()
        if name.startswith(_TAG)
    }
    if tags and located.is_open("tags"):
        located.set("tags", tags, f"{_TAG}*")


def tag_value(place: str, value: str, environment: Mapping[str, str]) -> str:
    """Returns the value of a default tag of influxdb-client. `${env.NAME}` stands for the value of
    an environment variable."""
    if not (value.startswith("${env.") and value.endswith("}")):
        return value
    name = value[6:-1]
    if not environment.get(name):
        raise ValueError(f"{place}: the environment variable `{name}` is not set")
    return environment[name]
