"""Determines the server of a client from a URL or the environment, and refuses arguments of
aioinflux 0.9 that were removed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["PORT", "of_environment", "of_host", "of_url", "port", "refuse", "with_options"]

# The URL schemes that clients accept, and whether each scheme uses TLS. In URLs with the schemes of
# influxdb-python, the path is the name of the database.
_SCHEMES = {"http": False, "influxdb": False, "https": True, "https+influxdb": True}
# The usual port of each scheme.
_PORTS = {"http": 80, "https": 443, "influxdb": 8086, "https+influxdb": 8086}
_OF_DATABASES = ("influxdb", "https+influxdb")

# The hints for removed arguments, which aioinflux 0.9 passed to aiohttp or used for its cache.
_GONE = {
    "auth": "use `username` and `password`",
    "connector": "use `unix_socket`, `ssl`, `ca_file`, `cert_file` and `key_file`",
    "headers": "only the client's own headers are sent",
    "cookies": "InfluxDB sets no cookies",
    "cookie_jar": "InfluxDB sets no cookies",
    "trust_env": "the proxy of the environment is always used; `proxy` takes precedence",
    "proxy_auth": "put user and password into the URL of `proxy`",
    "conn_timeout": "use `timeout`",
    "read_timeout": "use `timeout`",
    "json_serialize": "the client sends no JSON",
    "trace_configs": "the logger `aioinflux` logs requests",
    "redis_opts": "answers are no longer cached in Redis; keep what `query` returns",
    "cache_expiry": "answers are no longer cached in Redis; keep what `query` returns",
    "use_cache": "answers are no longer cached in Redis; keep what `query` returns",
    "log_level": "set the level of the logger `aioinflux`",
}


def refuse(arguments: Mapping[str, object]) -> None:
    """Refuses every argument in `arguments`, with a hint that names the replacement.

    Raises:
        TypeError: `arguments` is not empty.
    """
    for name in arguments:
        hint = _GONE.get(name)
        if hint is None:
            raise TypeError(f"argument `{name}`: unknown")
        raise TypeError(f"argument `{name}`: no longer supported; hint: {hint}")


def port(value: Any) -> Any:
    """Converts a port that is a string, as 0.9 did, to an integer. A port that is not valid is
    returned unchanged, and later checks refuse it."""
    is_text = isinstance(value, str) and value.isdecimal()
    return int(value) if is_text or value is PORT else value


class _Port(int):
    """The port that a client uses if its caller passes none."""


# The default of the argument `port`. Comparing with `is` shows whether the caller passed a port.
PORT = _Port(8086)


def of_host(host: object, given: Any, ssl: bool) -> dict[str, Any]:
    """Returns the address of a server of 2.x or 3.x, for which `host` may be a URL. If the URL has
    no port and `given` is the default of the argument `port`, the port is that of the scheme."""
    if not isinstance(host, str) or "://" not in host:
        return {}
    has_port = given is not PORT
    number = port(given)
    try:
        found = of_url(host, number if has_port else None)
    except ValueError as error:
        raise ValueError(str(error).replace("argument `url`", "argument `host`")) from None
    for name in found:
        if name not in ("host", "port", "ssl", "path"):
            raise ValueError(
                f"argument `host`: the URL contains `{name}`; hint: pass it as an argument, or use "
                "`from_url`"
            )
    if has_port and number != found["port"]:
        raise ValueError("arguments `host` and `port`: the URL has another port")
    if ssl and not found["ssl"]:
        raise ValueError("arguments `host` and `ssl`: the scheme of the URL is not https")
    return found


def _number(text: str) -> float:
    return float(text)


_WORDS = {
    "true": True, "yes": True, "on": True, "1": True,
    "false": False, "no": False, "off": False, "0": False,
}  # fmt: skip


def _flag(text: str) -> bool:
    return _WORDS[text.lower()]


# The names of the argument `db`: `db` itself and its aliases.
_DATABASE = ("db", "database", "bucket")
_KEYS: dict[str, Callable[[str], Any]] = {
    "db": str, "database": str, "bucket": str, "rp": str, "consistency": str,
    "unix_socket": str, "mode": str, "output": str, "ca_file": str, "cert_file": str,
    "key_file": str, "proxy": str, "timeout": _number, "gzip": _flag, "verify_ssl": _flag,
}  # fmt: skip


def of_url(url: str, port: int | None = PORT) -> dict[str, Any]:
    """Reads the arguments of a client's constructor from a URL. Error messages of this function
    never contain the URL.

    If the URL has no port, its port is `port`; `None` means the usual port of the scheme.
    """
    if not isinstance(url, str):
        raise TypeError(f"argument `url`: expected str, got `{type(url).__name__}`")
    # The module is imported here, because it is large and most programs do not need it.
    from urllib.parse import parse_qsl, unquote, urlsplit

    try:
        parts = urlsplit(url)
        host, number = parts.hostname, parts.port
    except ValueError:
        raise ValueError("argument `url`: invalid host or port") from None
    scheme = parts.scheme.lower()
    if scheme == "udp+influxdb":
        raise ValueError(
            "argument `url`: scheme `udp+influxdb` is for UDP; use `UDPClient(host, port)`"
        )
    if scheme not in _SCHEMES:
        names = ", ".join(_SCHEMES)
        raise ValueError(f"argument `url`: expected one of the schemes {names}")
    if scheme in _OF_DATABASES and "://" in url:
        host = host or "localhost"
    if not host or parts.fragment or "@" in parts.path:
        # A fragment, or an `@` in the path, is usually the second half of a password that contains
        # an unescaped reserved character.
        raise ValueError(
            "argument `url`: expected scheme://[user:password@]host[:port][/path][?key=value]; "
            "hint: percent-encode user and password"
        )
    if "," in host:
        raise ValueError("argument `url`: expected one host, got several")
    options: dict[str, Any] = {
        "host": host,
        "port": next(one for one in (number, port, _PORTS[scheme]) if one is not None),
        "ssl": _SCHEMES[scheme],
    }
    if parts.username:
        options["username"] = unquote(parts.username)
    if parts.password is not None:
        options["password"] = unquote(parts.password)
    database = None
    if scheme in _OF_DATABASES:
        database = unquote(_database_of_path(parts.path)) or None
    else:
        options["path"] = unquote(parts.path) or "/"
    for key, text in parse_qsl(parts.query, keep_blank_values=True):
        value = _read(f"argument `url`: key `{key}`", key, text)
        if key not in _DATABASE:
            options[key] = value
        elif database and value and value != database:
            raise ValueError(
                f"argument `url`: key `{key}` names another database than the path or an earlier"
                " key; hint: name it once"
            )
        else:
            database = database or value
    if database is not None:
        options["db"] = database
    return options


def _database_of_path(path: str) -> str:
    """Returns the database in the path of a URL whose scheme is from influxdb-python."""
    name = path.removeprefix("/").removesuffix("/")
    if "/" in name:
        raise ValueError(
            "argument `url`: with this scheme the path is the name of one database; hint: for a"
            " path of a proxy use http or https, and pass the retention policy as `?rp=name`"
        )
    return name


def with_options(located: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Combines the constructor arguments that the caller passes with those of a URL or the
    environment. The arguments that the caller passes take precedence."""
    if any(options.get(name) for name in _DATABASE):
        located = {name: value for name, value in located.items() if name != "db"}
    return {**located, **options}


def _read(place: str, key: str, text: str) -> Any:
    if key not in _KEYS:
        raise ValueError(f"{place} is unknown; known keys: {', '.join(_KEYS)}")
    try:
        return _KEYS[key](text)
    except (KeyError, ValueError):
        expected = "a number" if _KEYS[key] is _number else "true or false"
        raise ValueError(f"{place}: expected {expected}") from None


# The environment variables for each argument of the constructor. If several variables for the same
# argument are set, the first one in this table is used.
_VARIABLES: dict[str, tuple[str, ...]] = {
    "host": ("INFLUXDB_HOST",),
    "db": ("INFLUXDB_DATABASE", "INFLUXDB_DB"),
    "rp": ("INFLUXDB_RP",),
    "username": ("INFLUXDB_USERNAME", "INFLUXDB_USER", "INFLUX_USERNAME"),
    "password": ("INFLUXDB_PASSWORD", "INFLUXDB_USER_PASSWORD", "INFLUX_PASSWORD"),
    "ca_file": ("INFLUXDB_CA_FILE",),
    "cert_file": ("INFLUXDB_CERT_FILE",),
    "key_file": ("INFLUXDB_KEY_FILE",),
}


def of_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Reads the arguments of a client's constructor from the environment."""
    options: dict[str, Any] = {}
    if environment.get("INFLUXDB_URL"):
        try:
            options = of_url(environment["INFLUXDB_URL"])
        except ValueError as error:
            text = str(error).replace("argument `url`", "INFLUXDB_URL")
            raise ValueError(text) from None
    for argument, variables in _VARIABLES.items():
        found = next(filter(None, map(environment.get, variables)), None)
        if found:
            options[argument] = found
    if environment.get("INFLUXDB_PORT"):
        options["port"] = port(environment["INFLUXDB_PORT"])
        if not isinstance(options["port"], int):
            raise ValueError("INFLUXDB_PORT: expected a number")
    for key in ("timeout", "verify_ssl"):
        variable = f"INFLUXDB_{key.upper()}"
        if environment.get(variable):
            options[key] = _read(variable, key, environment[variable])
    return options
