"""Reads the settings of a client from a URL. Error messages never contain the URL, which may
contain a password."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ._values import FLAG, SECONDS, TEXT, VERSION, Kind, read, shown

if TYPE_CHECKING:
    from urllib.parse import SplitResult

__all__ = ["PORT", "address", "from_url", "of_host", "port", "scheme_port"]

# The URL schemes that clients accept, and whether each scheme uses TLS. In URLs with the schemes of
# influxdb-python, the path is the name of the database.
_SCHEMES = {"http": False, "influxdb": False, "https": True, "https+influxdb": True}
_OF_DATABASES = ("influxdb", "https+influxdb")

# The names of the argument `db`: `db` itself and its aliases.
_DATABASE = ("db", "database", "bucket")
_KEYS: dict[str, Kind] = {
    "db": TEXT, "database": TEXT, "bucket": TEXT, "org": TEXT, "rp": TEXT, "consistency": TEXT,
    "unix_socket": TEXT, "mode": TEXT, "output": TEXT, "ca_file": TEXT, "cert_file": TEXT,
    "key_file": TEXT, "proxy": TEXT, "timeout": SECONDS, "gzip": FLAG, "verify_ssl": FLAG,
    "token_file": Kind(lambda text: text or None, "a path"), "server": VERSION,
}  # fmt: skip


class _Port(int):
    """The port that a client uses if its caller passes none."""


# The default of the argument `port`. Comparing with `is` shows whether the caller passed a port.
PORT = _Port(8086)


def port(value: Any) -> Any:
    """Converts a port that is a string, as 0.9 did, to an integer. A port that is not valid is
    returned unchanged, and later checks refuse it."""
    is_text = isinstance(value, str) and value.isdecimal()
    return int(value) if is_text or value is PORT else value


def scheme_port(ssl: bool) -> int:
    """Returns the usual port of `https` if `ssl` is true, and that of `http` otherwise."""
    return 443 if ssl else 80


def of_host(host: object, given: Any, ssl: bool) -> dict[str, Any]:
    """Returns the address of a server of 2.x or 3.x, for which `host` may be a URL. If the URL has
    no port and `given` is the default of the argument `port`, the port is that of the scheme."""
    if not isinstance(host, str) or "://" not in host:
        return {}
    hint = "pass it as an argument, or use `from_url`"
    found = address("argument `host`", host, hint)
    number = scheme_port(found["ssl"]) if given is PORT else port(given)
    if found["port"] is None:
        found["port"] = number
    if given is not PORT and number != found["port"]:
        raise ValueError("arguments `host` and `port`: the URL has another port")
    if ssl and not found["ssl"]:
        raise ValueError("arguments `host` and `ssl`: the scheme of the URL is not https")
    return found


def address(place: str, url: str, hint: str) -> dict[str, Any]:
    """Returns the address in a URL that may contain nothing else: host, port (`None` if the URL has
    no port), `ssl` and path."""
    found = from_url(url, place)
    for name in found:
        if name not in ("host", "port", "ssl", "path"):
            raise ValueError(f"{place}: the URL contains `{name}`; hint: {hint}")
    return found


def from_url(url: str, place: str = "argument `url`") -> dict[str, Any]:
    """Reads the arguments of a client's constructor from a URL; errors name the `place` of the URL.

    The port is `None` if the URL has no port and its scheme is `http` or `https`.
    """
    if not isinstance(url, str):
        raise TypeError(f"{place}: expected str, got `{type(url).__name__}`")
    # The module is imported here, because it is large and most programs do not need it.
    from urllib.parse import parse_qsl, unquote

    parts, host, number = _split(url, place)
    scheme = parts.scheme.lower()
    is_of_database = scheme in _OF_DATABASES
    options: dict[str, Any] = {
        "host": host,
        "port": int(PORT) if number is None and is_of_database else number,
        "ssl": _SCHEMES[scheme],
    }
    if parts.username:
        options["username"] = unquote(parts.username)
    if parts.password is not None:
        options["password"] = unquote(parts.password)
    database = None
    if is_of_database:
        database = unquote(_database_of_path(place, parts.path)) or None
    else:
        options["path"] = unquote(parts.path) or "/"
    for key, text in parse_qsl(parts.query, keep_blank_values=True):
        value = _value(place, key, text)
        if key not in _DATABASE:
            options[key] = value
        elif database and value and value != database:
            raise ValueError(
                f"{place}: key `{key}` names another database than the path or an earlier key;"
                " hint: name it once"
            )
        else:
            database = database or value
    if database is not None:
        options["db"] = database
    _check_credentials(place, options)
    return options


def _split(url: str, place: str) -> tuple[SplitResult, str, int | None]:
    """Returns the parts of a URL, its host, and its port if it has one."""
    from urllib.parse import urlsplit

    parts = None
    try:
        parts = urlsplit(url)
        host, number = parts.hostname, parts.port
    except ValueError:
        parts = None
    # Python's own error contains a part of the URL. Therefore Python's own error must not become
    # the context of our error.
    if parts is None:
        raise ValueError(f"{place}: invalid host or port")
    scheme = parts.scheme.lower()
    if scheme == "udp+influxdb":
        raise ValueError(f"{place}: scheme `udp+influxdb` is for UDP; use `UDPClient(host, port)`")
    if scheme not in _SCHEMES:
        raise ValueError(f"{place}: expected one of the schemes {', '.join(_SCHEMES)}")
    if scheme in _OF_DATABASES and "://" in url:
        host = host or "localhost"
    if not host or parts.fragment or "@" in parts.path:
        # A fragment, or an `@` in the path, is usually the second half of a password that contains
        # an unescaped reserved character.
        raise ValueError(
            f"{place}: expected scheme://[user:password@]host[:port][/path][?key=value]; "
            "hint: percent-encode user and password"
        )
    if "," in host:
        raise ValueError(f"{place}: expected one host, got several")
    return parts, host, number


def _database_of_path(place: str, path: str) -> str:
    """Returns the database in the path of a URL whose scheme is from influxdb-python."""
    name = path.removeprefix("/").removesuffix("/")
    if "/" in name:
        raise ValueError(
            f"{place}: with this scheme the path is the name of one database; hint: for a"
            " path of a proxy use http or https, and pass the retention policy as `?rp=name`"
        )
    return name


def _value(place: str, key: str, text: str) -> Any:
    """Converts the text of a key in the query part of a URL."""
    if key.lower() == "token":
        raise ValueError(
            f"{place}: a URL must not contain a token, because URLs appear in logs and process"
            " lists; hint: use the argument `token`, the key `token_file`, or an environment"
            " variable"
        )
    if key not in _KEYS:
        raise ValueError(f"{place}: {shown(key)} is unknown; known keys: {', '.join(_KEYS)}")
    return read(f"{place}: key `{key}`", _KEYS[key], text)


def _check_credentials(place: str, options: Mapping[str, Any]) -> None:
    if "token_file" in options and ("username" in options or "password" in options):
        raise ValueError(f"{place}: it contains a user and `token_file`; hint: use only one")
