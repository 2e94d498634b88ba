"""Refuses arguments of aioinflux 0.9 that were removed."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["refuse"]

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
