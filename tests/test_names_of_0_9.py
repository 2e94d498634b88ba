"""Tests the public names and signatures of aioinflux 0.9.0 and of the last commit on its main
branch.

The signatures were copied from the source code of 0.9.0. Our functions must accept every call that
the functions of 0.9.0 accept. The parameters that we have added are keyword-only and come last.
"""

from __future__ import annotations

import importlib
import inspect
import logging
from collections.abc import Iterator
from typing import Any

import pytest

import aioinflux
from aioinflux import AsyncInfluxDBClient, InfluxDBClient
from scripted import Scripted, results
from support import run_python

MARKERS = ["MEASUREMENT", "TIMEINT", "TIMESTR", "TIMEDT", "TAG", "TAGENUM"]
MARKERS += ["BOOL", "INT", "DECIMAL", "FLOAT", "STR", "ENUM"]

NAMES = {
    "aioinflux": [
        "InfluxDBClient",
        "InfluxDBError",
        "InfluxDBWriteError",
        "iterpoints",
        "lineprotocol",
        "SchemaError",
        *MARKERS,
        "serialization",
        "client",
        "compat",
        "iterutils",
        "__version__",
    ],
    "aioinflux.client": [
        "InfluxDBClient",
        "InfluxDBError",
        "InfluxDBWriteError",
        "PointType",
        "ResultType",
        "logger",
        "runner",
    ],
    "aioinflux.compat": ["pd", "np", "no_pandas_warning", "aioredis", "lz4", "no_redis_warning"],
    "aioinflux.iterutils": ["iterpoints"],
    "aioinflux.serialization": ["serialize", "mapping", "dataframe", "usertype", "common"],
    "aioinflux.serialization.common": [
        "key_escape",
        "tag_escape",
        "str_escape",
        "measurement_escape",
        "escape",
    ],
    "aioinflux.serialization.dataframe": ["serialize", "parse", "DataFrameType"],
    "aioinflux.serialization.mapping": ["serialize", "_serialize_timestamp"],
    "aioinflux.serialization.usertype": ["lineprotocol", "SchemaError", *MARKERS],
}

FUNCTIONS = {
    "aioinflux.client:runner": "coro",
    "aioinflux.iterutils:iterpoints": "resp, parser=None",
    "aioinflux.serialization:serialize": ("data, measurement=None, tag_columns=None, **extra_tags"),
    "aioinflux.serialization.common:escape": "string, escape_pattern",
    "aioinflux.serialization.dataframe:serialize": (
        "df, measurement, tag_columns=None, **extra_tags"
    ),
    "aioinflux.serialization.dataframe:parse": "resp",
    "aioinflux.serialization.mapping:serialize": "point, measurement=None, **extra_tags",
    "aioinflux.serialization.mapping:_serialize_timestamp": "point",
    "aioinflux.serialization.usertype:lineprotocol": (
        "cls=None, *, schema=None, rm_none=False, extra_tags=None, placeholder=False"
    ),
}

METHODS = {
    "__init__": (
        "host='localhost', port=8086, path='/', mode='async', output='json', db=None,"
        " database=None, ssl=False, *, unix_socket=None, username=None, password=None,"
        " timeout=None, loop=None, **kwargs"
    ),
    "create_session": "**kwargs",
    "close": "",
    "ping": "",
    "write": (
        "data, measurement=None, db=None, precision=None, rp=None, tag_columns=None, **extra_tags"
    ),
    "query": "q, *, epoch='ns', chunked=False, chunk_size=None, db=None, use_cache=False",
    "create_database": "db=None",
    "drop_database": "db=None",
    "drop_measurement": "measurement",
    "show_databases": "",
    "show_measurements": "",
    "show_users": "",
    "show_series": "measurement=None",
    "show_tag_keys": "measurement=None",
    "show_field_keys": "measurement=None",
    "show_tag_values": "key, measurement=None",
    "show_retention_policies": "",
    "show_continuous_queries": "",
}

ATTRIBUTES = ("ssl", "host", "port", "path", "mode", "output", "db", "url")


def parameters(text: str) -> list[inspect.Parameter]:
    """Returns the parameters of a function whose definition has `text` between its parentheses."""
    function = eval(f"lambda {text}: None")
    return list(inspect.signature(function).parameters.values())


def of_ours(function: Any) -> list[inspect.Parameter]:
    """Returns the parameters of one of our own functions, without `self`."""
    found = inspect.signature(function).parameters.values()
    return [one for one in found if one.name != "self"]


def misfits(theirs: list[inspect.Parameter], ours: list[inspect.Parameter]) -> list[str]:
    """Returns the differences between two signatures that would break calls of `theirs` if they
    were calls of `ours`."""
    found = []
    plain = inspect.Parameter.POSITIONAL_OR_KEYWORD
    keyword = inspect.Parameter.KEYWORD_ONLY
    open_ended = inspect.Parameter.VAR_KEYWORD
    named = {one.name: one for one in ours}
    by_place = [one for one in theirs if one.kind is plain]
    for place, one in enumerate(by_place):
        mine = ours[place] if place < len(ours) else None
        if mine is None or (mine.name, mine.kind, mine.default) != (one.name, plain, one.default):
            found.append(f"parameter {place}: expected `{one}`, got `{mine}`")
    for one in (one for one in theirs if one.kind is keyword):
        if one.name not in named or named[one.name].default != one.default:
            found.append(f"keyword: expected `{one}`, got `{named.get(one.name)}`")
    if any(one.kind is open_ended for one in theirs) and ours[-1].kind is not open_ended:
        found.append("expected further keyword arguments")
    for mine in ours[len(by_place) :]:
        if mine.kind not in (keyword, open_ended):
            found.append(f"`{mine}` is new, and not keyword-only")
        if mine.kind is keyword and mine.default is inspect.Parameter.empty:
            found.append(f"`{mine}` is new, and must be given")
    return found


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, names in NAMES.items() for name in names]
)
def test_name_is_where_it_was(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(module), name)


def test_modules_are_there_by_the_import_of_the_package_alone() -> None:
    """Users write `aioinflux.compat.pd` without importing another module."""
    program = """
        import aioinflux
        missing = [name for name in ("client", "compat", "iterutils", "serialization")
                   if not hasattr(aioinflux, name)]
        missing += [name for name in ("common", "dataframe", "mapping", "usertype")
                    if not hasattr(aioinflux.serialization, name)]
        print(missing)
    """
    printed, errors = run_python(program).communicate()
    assert (printed.strip(), errors) == ("[]", "")


@pytest.mark.parametrize(("path", "text"), FUNCTIONS.items())
def test_function_takes_the_calls_of_0_9(path: str, text: str) -> None:
    module, _, name = path.partition(":")
    function = getattr(importlib.import_module(module), name)
    assert misfits(parameters(text), of_ours(function)) == []


@pytest.mark.parametrize(("name", "text"), METHODS.items())
def test_method_takes_the_calls_of_0_9(name: str, text: str) -> None:
    assert misfits(parameters(text), of_ours(getattr(InfluxDBClient, name))) == []


@pytest.mark.parametrize(
    "ours",
    [
        "a",
        "b, a=1",
        "a, b",
        "a, b=1, *, c",
        "a, b=1, c=2",
        "a, *, b=1",
        "a, b=2",
        "*, a, b=1",
    ],
)
def test_a_signature_that_takes_less_would_be_seen(ours: str) -> None:
    assert misfits(parameters("a, b=1, **more"), parameters(f"{ours}, **more"))
    assert misfits(parameters("a, b=1"), parameters("a, b=1, *, c=2")) == []


def test_star_imports_give_what_they_gave() -> None:
    names: dict[str, Any] = {}
    exec("from aioinflux.serialization.usertype import *", names)
    assert {"lineprotocol", "SchemaError", *MARKERS} <= set(names)
    exec("from aioinflux.compat import *", names)
    assert set(NAMES["aioinflux.compat"]) <= set(names)
    exec("from aioinflux.serialization.common import *", names)
    assert set(NAMES["aioinflux.serialization.common"]) <= set(names)


def test_names_that_are_one_thing_are_one_object() -> None:
    from aioinflux import client, iterutils
    from aioinflux.serialization import usertype

    assert client.InfluxDBClient is aioinflux.InfluxDBClient
    assert client.InfluxDBError is aioinflux.InfluxDBError
    assert client.InfluxDBWriteError is aioinflux.InfluxDBWriteError
    assert iterutils.iterpoints is aioinflux.iterpoints
    for name in ("lineprotocol", "SchemaError", *MARKERS):
        assert getattr(usertype, name) is getattr(aioinflux, name)


def test_kinds_of_errors_are_what_they_were() -> None:
    assert issubclass(aioinflux.InfluxDBWriteError, aioinflux.InfluxDBError)
    assert issubclass(aioinflux.SchemaError, TypeError)
    assert not issubclass(aioinflux.InfluxDBError, ValueError)


def test_logger_is_the_one_of_the_package() -> None:
    from aioinflux.client import logger

    assert logger is logging.getLogger("aioinflux")


def test_compat_has_the_packages_and_the_words() -> None:
    import numpy
    import pandas

    from aioinflux import compat

    assert (compat.pd, compat.np) == (pandas, numpy)
    assert "Pandas/Numpy is not available" in compat.no_pandas_warning


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_attribute_can_be_read(name: str) -> None:
    assert hasattr(InfluxDBClient(db="db"), name)


def test_url_has_a_slot_for_the_endpoint() -> None:
    assert InfluxDBClient(db="db").url == "http://localhost:8086/{endpoint}"
    client = InfluxDBClient(host="h", port=1, path="/a/", ssl=True, db="db")
    assert client.url.format(endpoint="ping") == "https://h:1/a/ping"


def test_arguments_of_the_constructor_may_be_positional() -> None:
    client = InfluxDBClient("h", 1, "/p/", "blocking", "dataframe", "a", "b", True)
    found = [getattr(client, name) for name in ATTRIBUTES[:-1]]
    assert found == [True, "h", 1, "/p/", "blocking", "dataframe", "b"]


@pytest.mark.parametrize(
    ("argument", "advice"),
    [
        ({"redis_opts": {"address": "redis://localhost"}}, "redis_opts"),
        ({"cache_expiry": 60}, "cache_expiry"),
        ({"auth": ("user", "word")}, "`username`"),
        ({"connector": object()}, "`unix_socket`|`ca_file`"),
        ({"trust_env": True}, "`proxy`"),
        ({"headers": {"X-A": "b"}}, "headers"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_cannot_live_on_is_refused_by_name(argument: dict[str, Any], advice: str) -> None:
    with pytest.raises(TypeError, match=rf"`{next(iter(argument))}`.*") as refused:
        InfluxDBClient(db="db", **argument)
    assert len(str(refused.value)) > 30, "a sentence that says what to do"
    with pytest.raises(TypeError, match=advice):
        InfluxDBClient(db="db", **argument)


def test_a_keyword_that_never_was_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="hots"):
        InfluxDBClient(db="db", hots="localhost")


def test_a_timeout_of_aiohttp_is_refused_by_what_to_give() -> None:
    class ClientTimeout:
        total = 5

    with pytest.raises(TypeError, match="`timeout`"):
        InfluxDBClient(db="db", timeout=ClientTimeout())


@pytest.fixture
def client() -> Iterator[InfluxDBClient]:
    with Scripted(results({})) as server:
        yield InfluxDBClient(server.host, server.port, mode="blocking", db="db")


def test_a_query_past_the_cache_is_a_query(client: InfluxDBClient) -> None:
    assert client.query("SHOW DATABASES", use_cache=False) == {"results": [{"statement_id": 0}]}


def test_a_query_of_the_cache_is_refused(client: InfluxDBClient) -> None:
    with pytest.raises((TypeError, ValueError), match="`use_cache`"):
        client.query("SHOW DATABASES", use_cache=True)


def test_runner_runs_coroutine_methods_as_the_mode_says() -> None:
    import asyncio

    from aioinflux.client import runner

    class Own(InfluxDBClient):
        @runner
        async def double(self, number: int) -> int:
            """Twice the number."""
            return 2 * number

    assert Own(db="db", mode="blocking").double(2) == 4
    assert asyncio.run(Own(db="db").double(3)) == 6
    assert Own.double.__doc__ == "Twice the number."


def test_the_two_classes_are_one_implementation() -> None:
    shared = set(InfluxDBClient.__mro__) & set(AsyncInfluxDBClient.__mro__)
    assert any(one.__module__.startswith("aioinflux") for one in shared)
