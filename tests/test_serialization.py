"""Tests the serialization modules of aioinflux 0.9: their names, and the bytes that our encoder
returns through them."""

from __future__ import annotations

import datetime as dt
import inspect
import subprocess
import sys
from collections import UserDict
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

import aioinflux
from aioinflux import compat, serialization, to_line_protocol
from aioinflux.serialization import common, dataframe, mapping, serialize, usertype
from support import Calls, Database

POINT = {
    "measurement": "a b",
    "tags": {"t": "x,y", "a": "é"},
    "fields": {"f": 1, "g": "q"},
    "time": 5,
}
FRAME = pd.DataFrame(
    {"tag": ["x y", None], "f": [1.5, np.nan], "a{p[0]}": [1, 2]},
    index=pd.DatetimeIndex([5, 6], tz="UTC"),
)


def test_the_names_of_0_9_are_there() -> None:
    assert aioinflux.serialization is serialization
    assert serialization.mapping is mapping
    assert serialization.dataframe is dataframe
    for module, names in (
        (serialization, ["serialize"]),
        (mapping, ["serialize", "_serialize_timestamp", "_serialize_measurement"]),
        (mapping, ["_serialize_tags", "_serialize_fields"]),
        (dataframe, ["serialize", "parse", "DataFrameType", "pd", "np"]),
        (common, ["escape", "key_escape", "tag_escape", "str_escape", "measurement_escape"]),
        (usertype, ["str_to_dt", "dt_to_int", "is_optional", "escape", "str_escape"]),
        (usertype, ["time_types", "tag_types", "field_types", "optional_field_types"]),
        (compat, ["pd", "np", "aioredis", "lz4", "no_pandas_warning", "no_redis_warning"]),
    ):
        for name in names:
            assert hasattr(module, name), (module, name)


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (serialize, ["data", "measurement", "tag_columns", "extra_tags"]),
        (mapping.serialize, ["point", "measurement", "extra_tags"]),
        (dataframe.serialize, ["df", "measurement", "tag_columns", "extra_tags"]),
        (dataframe.parse, ["resp"]),
        (common.escape, ["string", "escape_pattern"]),
    ],
)
def test_functions_have_the_arguments_of_0_9(function: Any, parameters: list[str]) -> None:
    assert list(inspect.signature(function).parameters) == parameters


def test_nothing_of_pandas_is_imported_with_the_package() -> None:
    program = (
        "import sys, warnings\n"
        "warnings.simplefilter('error')\n"
        "import aioinflux, aioinflux.compat, aioinflux.serialization.dataframe, aioinflux.typed\n"
        "assert not {'pandas', 'numpy'} & set(sys.modules)\n"
        "assert aioinflux.compat.pd is sys.modules['pandas']\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_what_is_not_installed_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert compat.pd is None
    assert compat.aioredis is None
    assert compat.lz4 is None


@pytest.mark.parametrize("module", [compat, dataframe, sys.modules["aioinflux.typed"]])
def test_a_name_that_is_not_there_is_an_attribute_error(module: Any) -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        module.nothing  # noqa: B018


@pytest.mark.parametrize(
    "data",
    [
        b"m f=1 5", b"m f=1 5\n", "m f=1 5\nm f=2 6", POINT, UserDict(POINT), [POINT, [POINT]],
        iter([]), (POINT for _ in range(3)),
    ],
    ids=repr,
)  # fmt: skip
def test_serialize_gives_the_lines_without_the_last_line_feed(data: Any) -> None:
    if inspect.isgenerator(data):
        assert serialize(data, tags="x") == b"\n".join([mapping.serialize(POINT, tags="x")] * 3)
    else:
        assert serialize(data) == to_line_protocol(data).removesuffix(b"\n")


def test_serialize_takes_frames_and_extra_tags_of_any_name() -> None:
    lines = serialize(FRAME, "m e", ["tag"], time_column="z", threads="2")
    assert lines == (
        b"m\\ e,tag=x\\ y,threads=2,time_column=z f=1.5,a{p[0]}=1i 5\n"
        b"m\\ e,threads=2,time_column=z a{p[0]}=2i 6"
    )
    assert dataframe.serialize(FRAME, "m e", ["tag"], time_column="z", threads="2") == lines


def test_a_frame_without_measurement_or_times_is_refused() -> None:
    with pytest.raises(ValueError, match="Missing 'measurement'"):
        dataframe.serialize(FRAME, None)
    with pytest.raises(ValueError, match="DataFrame index is not DatetimeIndex"):
        dataframe.serialize(FRAME.reset_index(), "m")


def test_what_is_no_data_is_refused() -> None:
    with pytest.raises(ValueError, match="Invalid input"):
        serialize(5)


def test_a_mapping_has_the_parts_of_its_line() -> None:
    assert mapping.serialize(POINT, "other", z="1") == b'a\\ b,a=\xc3\xa9,t=x\\,y,z=1 f=1i,g="q" 5'
    assert mapping._serialize_measurement(POINT, "other") == r"a\ b"
    assert mapping._serialize_measurement({}, "o,t=h") == r"o\,t=h"
    assert mapping._serialize_tags(POINT, {"a": "b=c", "n": None}) == r"a=b\=c,t=x\,y"
    assert mapping._serialize_tags({}, {}) == ""
    assert mapping._serialize_fields({"fields": {"a b": True, "c": None}}) == r"a\ b=true"
    with pytest.raises(ValueError, match="'measurement' missing"):
        mapping._serialize_measurement({}, None)


@pytest.mark.parametrize(
    ("time", "ns"),
    [
        (0, 0),
        (1234567890123456789, 1234567890123456789),
        ("2018-01-01T00:00:00.123456789Z", 1514764800123456789),
        ("1969-12-31T23:59:59.5Z", -500000000),
        ("2018/01/01", 1514764800000000000),
        (dt.datetime(2018, 7, 1), 1530403200000000000),
        (dt.date(2018, 7, 1), 1530403200000000000),
        (pd.Timestamp(123456789, tz="Europe/Paris"), 123456789),
        (np.datetime64(5, "ns"), 5),
    ],
)
def test_a_timestamp_is_exact_nanoseconds(time: Any, ns: int) -> None:
    found = mapping._serialize_timestamp({"time": time})
    assert found == ns
    assert type(found) is int


@pytest.mark.parametrize("point", [{}, {"time": None}, {"time": ""}])
def test_a_point_without_a_time_has_an_empty_timestamp(point: dict[str, Any]) -> None:
    assert mapping._serialize_timestamp(point) == ""


def test_a_text_that_is_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="`foo` is not a time"):
        mapping._serialize_timestamp({"time": "foo"})


def test_what_is_no_text_is_converted_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="Non-string-like data passed"):
        assert common.escape(5.5, common.key_escape) == "5.5"


HOSTILE = ["a b", "a,b", "a=b", 'a"b', "a\\b", "é🚀", "a\\\\b", "a' b"]


@pytest.mark.parametrize("text", HOSTILE)
def test_escape_tables_give_what_the_server_reads_back(
    client: Calls, database: Database, text: str
) -> None:
    name = common.escape(text, common.measurement_escape)
    key = common.escape(text, common.key_escape)
    tag = common.escape(text, common.tag_escape)
    value = common.escape(text + "\n", common.str_escape)
    client.write(f'{name},{key}={tag} f{key}="{value}" 5')
    assert database.points() == [
        {"measurement": text, "tags": {text: text}, "fields": {"f" + text: text + "\n"}, "time": 5}
    ]
    assert serialize({"measurement": text, "tags": {text: text}, "fields": {"f": text}}) == (
        f'{name},{key}={tag} f="{common.escape(text, common.str_escape)}"'.encode()
    )


def test_helpers_for_times_are_exact_and_naive_times_mean_utc() -> None:
    assert usertype.dt_to_int(dt.datetime(1969, 12, 31, 23, 59, 59, 500000)) == -500000000
    assert usertype.str_to_dt("2020-01-01T01:00+01:00") == dt.datetime(
        2020, 1, 1, tzinfo=dt.timezone.utc
    )
    assert usertype.is_optional(usertype.optional_field_types[0], usertype.BOOL)
    assert not usertype.is_optional(usertype.BOOL, usertype.BOOL)


def test_the_private_functions_of_usertype_work() -> None:
    schema = {"a": usertype.TAG, "v": usertype.FLOAT}
    serializer = usertype._make_serializer("m e", schema, {"x": "y z"}, True)
    point = type("P", (), {"a": "b", "v": 1.0})()
    assert serializer(point) == b"m\\ e,a=b,x=y\\ z _=true,v=1.0"
    with pytest.raises(usertype.SchemaError):
        usertype._validate_schema({"a": usertype.TAG}, False)


def answer(*series: dict[str, Any]) -> dict[str, Any]:
    return {"results": [{"statement_id": 0, "series": list(series)}]}


ONE = {"name": "m", "columns": ["time", "f", "name"], "values": [[5, 1, "x"], [6, None, "y"]]}


def test_one_series_becomes_a_frame_with_exact_times_and_integers() -> None:
    frame = dataframe.parse(answer(ONE))
    assert isinstance(frame, pd.DataFrame)
    assert frame.index.tolist() == [pd.Timestamp(5, tz="UTC"), pd.Timestamp(6, tz="UTC")]
    assert frame["f"].dtype == "Int64"
    assert frame["name"].tolist() == ["x", "y"]


def test_a_genuine_time_of_zero_keeps_its_index() -> None:
    frame = dataframe.parse(answer({"name": "m", "columns": ["time", "f"], "values": [[0, 1]]}))
    assert isinstance(frame, pd.DataFrame)
    assert frame.index[0] == pd.Timestamp(0, tz="UTC")


def test_groups_become_a_dict_by_name_and_tags_and_parts_of_a_series_are_put_together() -> None:
    a, b = ({**ONE, "tags": {"host": host, "z": ""}} for host in "ab")
    found = dataframe.parse(answer(a, b, {**a, "partial": True}))
    assert isinstance(found, dict)
    assert list(found) == ["m,host=a,z=", "m,host=b,z="]
    assert len(found["m,host=a,z="]) == 4
    assert found["m,host=b,z="]["host"].tolist() == ["b", "b"]


def test_several_statements_become_a_list_of_dicts() -> None:
    databases = {"columns": ["name"], "values": [["x"]]}
    found = dataframe.parse(
        {"results": [*answer(ONE)["results"], {}, *answer(databases)["results"]]}
    )
    assert isinstance(found, list)
    assert [list(one) for one in found] == [["m"], [], [None]]


def test_an_answer_without_series_is_an_empty_dict() -> None:
    assert dataframe.parse({"results": [{"statement_id": 0}]}) == {}


def test_the_type_of_frames_names_frames() -> None:
    assert pd.DataFrame in get_args(dataframe.DataFrameType)


def test_an_answer_of_the_server_becomes_frames(client: Calls) -> None:
    client.write(["m,t=a f=1,n=2i 5", "m,t=b f=1.5,n=3i 6"])
    found = dataframe.parse(client.query("SELECT * FROM m GROUP BY t"))
    assert isinstance(found, dict)
    assert {key: frame["n"].tolist() for key, frame in found.items()} == {
        "m,t=a": [2],
        "m,t=b": [3],
    }
