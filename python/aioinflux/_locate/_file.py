"""Reads the settings of a client from a configuration file.

There are two kinds of files. The files of influxdb-client have a section `influx2` with the
settings and a section `tags` with default tags; in JSON, the settings can also be at the top level.
The file of the `influx` command is a TOML file that has one table for each profile. Error messages
never show the content of a file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ._environment import tag_value
from ._precedence import Located
from ._url import address, scheme_port
from ._values import FLAG, MILLISECONDS, TEXT, VERSION, Kind, read, shown, user_of_token

__all__ = ["from_file"]

_PROFILES = "~/.influxdbv2/configs"
_SECTION = "influx2"
# The keys of a section, with the argument that each key sets.
_KEYS: dict[str, tuple[str, Kind]] = {
    "org": ("org", TEXT),
    "bucket": ("db", TEXT),
    "token": ("token", TEXT),
    "token_file": ("token_file", TEXT),
    "server": ("server", VERSION),
    "timeout": ("timeout", MILLISECONDS),
    "verify_ssl": ("verify_ssl", FLAG),
    "ssl_ca_cert": ("ca_file", TEXT),
    "cert_file": ("cert_file", TEXT),
    "cert_key_file": ("key_file", TEXT),
    "proxy": ("proxy", TEXT),
}
# The keys that do more than set one argument, and the keys that have no effect here.
_OTHERS = ("url", "auth_basic", "cert_key_password", "active", "previous", "cookie")
_IGNORED = ("connection_pool_maxsize", "profilers")

# The content of a file: the values in each section by their keys.
_Sections = dict[str, Any]


def from_file(
    path: str | os.PathLike[str] | None,
    profile: str | None,
    environment: Mapping[str, str],
    options: Mapping[str, Any],
) -> Located:
    """Reads the settings of a client from a file. `options` take precedence, and empty values are
    ignored.

    Raises:
        ValueError: the file or a value in it is invalid. The message names the file and the key.
        OSError: the file cannot be read.
        ImportError: the file is a TOML file, and neither `tomllib` nor `tomli` is installed.
    """
    if profile is not None and not isinstance(profile, str):
        raise TypeError(f"argument `profile`: expected str, got `{type(profile).__name__}`")
    if path is None:
        path = environment.get("INFLUX_CONFIGS_PATH") or _PROFILES
        profile = profile or environment.get("INFLUX_ACTIVE_CONFIG")
        suffix = ".toml"
    elif isinstance(path, (str, os.PathLike)) and isinstance(os.fspath(path), str):
        suffix = os.path.splitext(path)[1].lower() or ".toml"
    else:
        raise TypeError(f"argument `path`: expected str or Path, got `{type(path).__name__}`")
    file = os.path.expanduser(path)
    place = f"file `{file}`"
    if suffix not in _READERS:
        raise ValueError(
            f"{place}: expected a name that ends in .ini, .toml or .json, or has no extension"
        )
    sections = _READERS[suffix](place, file)
    name, section = _section(place, sections, profile or None)
    where = f"{place}, section `{name}`" if name else place
    located = Located(options)
    tags = sections.get("tags")
    # A profile of the `influx` command can have the name `tags`.
    if isinstance(tags, dict) and name != "tags" and "url" not in tags:
        where_tags = f"{place}, section `tags`"
        located.set("tags", _tags(where_tags, tags, environment, suffix != ".json"), where_tags)
    _add(located, where, section)
    return located


def _section(
    place: str, sections: _Sections, profile: str | None
) -> tuple[str | None, dict[str, Any]]:
    """Returns the section that contains the settings, and its name. The name is `None` if the
    settings are at the top level."""
    tables = {name: value for name, value in sections.items() if isinstance(value, dict)}
    if profile is None and _SECTION not in tables and "url" in sections:
        return None, {name: value for name, value in sections.items() if name != "tags"}
    if profile is None:
        profile = _SECTION if _SECTION in tables else _active(place, tables)
    if profile not in tables:
        known = ", ".join(f"`{name}`" for name in tables) or "none"
        raise ValueError(f"{place}: it has no section `{profile}`; its sections: {known}")
    return profile, tables[profile]


def _active(place: str, tables: Mapping[str, dict[str, Any]]) -> str:
    """Returns the name of the active profile of the `influx` command, or that of the only one."""
    profiles = {name: table for name, table in tables.items() if "url" in table}
    active = [
        name
        for name, table in profiles.items()
        if read(f"{place}, section `{name}`, key `active`", FLAG, str(table.get("active", False)))
    ]
    if len(active) == 1 or (not active and len(profiles) == 1):
        return (active or list(profiles))[0]
    if not profiles:
        raise ValueError(f"{place}: expected a section `{_SECTION}`, or a profile with a key `url`")
    count = "several profiles are" if active else "no profile is"
    known = ", ".join(f"`{name}`" for name in profiles)
    raise ValueError(f"{place}: {count} active; hint: pass `profile`, one of {known}")


def _add(located: Located, place: str, section: Mapping[str, Any]) -> None:
    """Adds the settings in a section."""
    texts = {key: _text(f"{place}, {shown(key)}", key, value) for key, value in section.items()}
    texts = {key: text for key, text in texts.items() if text}
    if located.is_open("host") and "url" not in texts:
        raise ValueError(f"{place}: the key `url` is missing")
    if "token" in texts and "token_file" in texts:
        raise ValueError(f"{place}, keys `token` and `token_file`: both are set; hint: use one")
    if read(f"{place}, key `auth_basic`", FLAG, texts.get("auth_basic", "no")):
        where = f"{place}, key `token`"
        located.fill(user_of_token(where, texts.pop("token", "")), where)
    _refuse_unsupported(located, place, texts)
    for key, (argument, kind) in _KEYS.items():
        where = f"{place}, key `{key}`"
        if key in texts and located.is_open(argument):
            located.set(argument, read(where, kind, texts[key]), where)
    if "url" in texts:
        where = f"{place}, key `url`"
        hint = "only scheme, host, port and path are allowed here"
        found = address(where, texts["url"], hint)
        # The tools that write these files always use the port of the scheme.
        if found["port"] is None:
            found["port"] = scheme_port(found["ssl"])
        located.fill(found, where)


def _refuse_unsupported(located: Located, place: str, texts: Mapping[str, str]) -> None:
    if "cert_key_password" in texts and located.is_open("key_file"):
        raise ValueError(
            f"{place}, key `cert_key_password`: encrypted key files are not supported; hint:"
            " decrypt the key file"
        )
    if "cookie" in texts and "token" not in texts and located.is_open("token"):
        raise ValueError(
            f"{place}, key `cookie`: sessions are not supported; hint: create a token, and pass it"
            " as `token`"
        )


def _text(place: str, key: str, value: object) -> str:
    """Returns the text of a value: TOML and JSON have numbers and booleans, INI has only text."""
    if key not in (*_KEYS, *_OTHERS, *_IGNORED):
        raise ValueError(
            f"{place}: unknown; known keys: {', '.join((*_KEYS, *_OTHERS, *_IGNORED))}"
        )
    if key in _IGNORED or value is None:
        return ""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    is_valid = {"timeout": is_number, "verify_ssl": isinstance(value, bool)}
    is_valid |= dict.fromkeys(("auth_basic", "active", "previous"), isinstance(value, bool))
    if not isinstance(value, str) and not is_valid.get(key, False):
        expected = _KEYS[key][1].expected if key in _KEYS else "a text"
        raise ValueError(f"{place}: expected {expected}")
    return str(value)


def _tags(
    place: str, tags: Mapping[str, object], environment: Mapping[str, str], is_lower: bool
) -> dict[str, str]:
    """Returns the default tags. influxdb-client converts the names of tags in INI and TOML files to
    lower case; other names would create new series."""
    found: dict[str, str] = {}
    for key, value in tags.items():
        where = f"{place}, key `{key}`"
        if not isinstance(value, (str, int)) or isinstance(value, bool):
            raise ValueError(f"{where}: expected a text")
        name = key.lower() if is_lower else key
        if name in found:
            raise ValueError(f"{where}: another key has the same name in lower case")
        if str(value):
            found[name] = tag_value(where, str(value), environment)
    return found


def _read_text(place: str, file: str) -> str:
    text = None
    with suppress(UnicodeDecodeError), open(file, encoding="utf-8-sig") as opened:
        text = opened.read()
    # Python's own error contains the content of the file. Therefore Python's own error must not
    # become the context of our error, here and in the other functions that read a file.
    if text is None:
        raise ValueError(f"{place}: expected a text in UTF-8")
    return text


def _ini(place: str, file: str) -> _Sections:
    """Reads an INI file. As in influxdb-client, double quotes around a value are removed."""
    import configparser

    text = _read_text(place, file)
    parser = configparser.ConfigParser()
    line = None
    try:
        parser.read_string(text)
    except configparser.ParsingError as error:
        # An error about a missing section has a line, and other errors have a list of lines.
        # On some versions of Python, the error of a missing section has none of these attributes.
        lines = [number for number, _ in getattr(error, "errors", ())]
        line = getattr(error, "lineno", None) or next(iter(lines), 1)
    except (configparser.DuplicateOptionError, configparser.DuplicateSectionError) as error:
        line = error.lineno or 1
    if line is not None:
        raise ValueError(f"{place}, line {line}: invalid INI")
    sections: _Sections = {}
    for name in parser.sections():
        sections[name] = {}
        for key in parser[name]:
            value = None
            with suppress(configparser.InterpolationError):
                value = parser[name][key]
            if value is None:
                raise ValueError(
                    f"{place}, section `{name}`, {shown(key)}: invalid `%`; hint: in INI files, `%`"
                    " is written as `%%`"
                )
            sections[name][key] = value.strip('"')
    return sections


def _toml(place: str, file: str) -> _Sections:
    toml = _toml_module()
    text = _read_text(place, file)
    message = ""
    try:
        return dict(toml.loads(text))
    except toml.TOMLDecodeError as error:
        message = str(error)
    line = re.search(r"\(at line (\d+)", message)
    raise ValueError(f"{place}{f', line {line[1]}' if line else ''}: invalid TOML")


def _toml_module() -> Any:
    """Returns the module that reads TOML; before Python 3.11, `tomli` has to be installed."""
    import importlib

    for name in ("tomllib", "tomli"):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            continue
    raise ImportError("TOML files need Python 3.11 or newer, or the package `tomli`")


def _json(place: str, file: str) -> _Sections:
    import json

    text = _read_text(place, file)
    line, found = 0, None
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        line = error.lineno
    except RecursionError:
        line = 1
    if line:
        raise ValueError(f"{place}, line {line}: invalid JSON")
    if not isinstance(found, dict):
        raise ValueError(f"{place}: expected a JSON object")
    return found


_READERS = {".ini": _ini, ".cfg": _ini, ".toml": _toml, ".json": _json}
