"""Tests writing text, mappings and nested mappings; also tests refused data and skipped points."""

from __future__ import annotations

import logging
from collections import ChainMap, OrderedDict, UserDict
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pytest

from aioinflux import AsyncInfluxDBClient, to_line_protocol
from scripted import Scripted
from support import Calls, Database, Wire

POINT = {
    "time": "2009-11-10T23:00:00Z",
    "measurement": "cpu_load_short",
    "tags": {"host": "server01", "region": "us-west"},
    "fields": {"value": 0.64},
}
TIME = 1_257_894_000_000_000_000


def point(**changes: Any) -> dict[str, Any]:
    return {"measurement": "m", "fields": {"f": 1}, **changes}


def test_a_point_is_stored_and_write_gives_true(client: Calls, database: Database) -> None:
    assert client.write(POINT) is True
    assert database.points() == [
        {
            "measurement": "cpu_load_short",
            "tags": {"host": "server01", "region": "us-west"},
            "fields": {"value": 0.64},
            "time": TIME,
        }
    ]


def test_writes_go_out_as_nanoseconds_to_the_database() -> None:
    with Scripted() as server:
        client = AsyncInfluxDBClient(server.host, server.port, db="my db", mode="blocking")
        client.write(point(time=5))
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/write")
    assert (request.query["db"], request.query["precision"]) == ("my db", "ns")
    assert request.text == "m f=1i 5\n"


# Text


@pytest.mark.parametrize("data", ["m,t=a f=1i 5", b"m,t=a f=1i 5"])
def test_line_protocol_is_sent_as_it_is(wire: Wire, data: str | bytes) -> None:
    assert wire(data) == ["m,t=a f=1i 5"]
    assert wire(data, measurement="other", host="b") == ["m,t=a f=1i 5"]


def test_several_lines_of_text_arrive(client: Calls, database: Database) -> None:
    assert client.write('m f=1 1\nm f=2 2\nm s="two\nlines" 3\n') is True
    assert [p["time"] for p in database.points()] == [1, 2, 3]


def test_text_beyond_ascii_is_utf8(client: Calls, database: Database) -> None:
    client.write('m,t=é🚀 f="ß中" 1')
    (stored,) = database.points()
    assert (stored["tags"], stored["fields"]) == ({"t": "é🚀"}, {"f": "ß中"})


# Measurement


def test_measurement_of_the_point_beats_the_argument(wire: Wire) -> None:
    assert wire(point(time=1), measurement="other") == ["m f=1i 1"]


def test_argument_is_the_default_measurement(wire: Wire) -> None:
    assert wire({"fields": {"f": 1}, "time": 1}, measurement="other") == ["other f=1i 1"]
    assert wire({"fields": {"f": 1}, "time": 1}, "other") == ["other f=1i 1"]


def test_missing_measurement_is_refused(blocking: AsyncInfluxDBClient) -> None:
    with pytest.raises(ValueError, match="measurement"):
        blocking.write({"fields": {"f": 1}})


@pytest.mark.parametrize("name", ["", "#comment", "back\\", "nul\0"])
def test_measurement_that_no_server_holds_is_refused(
    blocking: AsyncInfluxDBClient, name: str
) -> None:
    with pytest.raises(ValueError, match="measurement"):
        blocking.write(point(measurement=name))


def test_measurement_that_is_no_string_is_converted_with_a_warning(wire: Wire) -> None:
    with pytest.warns(UserWarning, match="[Nn]on-string"):
        assert wire(point(measurement=5, time=1)) == ["5 f=1i 1"]


# Tests the five keys of a point.


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("tag", "tags"), ("field", "fields"), ("timestamp", "time"), ("tag_columns", "tags")],
)
def test_near_miss_of_a_key_is_refused(
    blocking: AsyncInfluxDBClient, wrong: str, right: str
) -> None:
    with pytest.raises(ValueError, match=f"`{wrong}`") as caught:
        blocking.write(point(**{wrong: {"a": "b"}}))
    assert f"`{right}`" in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("tgas", "tags"), ("Tgas", "tags"), ("tas", "tags"), ("tags2", "tags"), ("ts", "time"),
        ("tiem", "time"), ("timestmp", "time"), ("dime", "time"),
    ],
)  # fmt: skip
def test_a_misspelt_key_is_refused_if_the_right_one_is_missing(
    blocking: AsyncInfluxDBClient, wire: Wire, wrong: str, right: str
) -> None:
    with pytest.raises(ValueError, match=rf"unknown key `{wrong}`; did you mean `{right}`\?"):
        blocking.write(point(**{wrong: 1}))
    values = {"tags": {"a": "b"}, "time": 1}
    assert wire(point(**values, **{wrong: 1})) == ["m,a=b f=1i 1"]


@pytest.mark.parametrize("width", [15, 16, 17, 33, 48])
def test_wide_points_are_written_as_by_the_general_encoder(width: int) -> None:
    """The fast path reads the entries of a dict in groups of 16."""
    points = [
        point(
            tags={f"t{i:02}": f"v{(n * i) % 7}" for i in range(width)},
            fields={f"f{i:02}": n / (i + 1) if i % 3 else n * i for i in range(width)},
            time=n,
        )
        for n in range(80)
    ]
    general = [one | {"unknown": 1} for one in points]
    assert to_line_protocol(points) == to_line_protocol(general)


@pytest.mark.parametrize("key", ["name", "type", "unit", "date", "t", "", "tasks", "fiel", "id"])
def test_keys_that_resemble_no_missing_key_are_ignored(wire: Wire, key: str) -> None:
    assert wire(point(**{key: 1}, time=1)) == ["m f=1i 1"]


def test_other_keys_are_ignored(wire: Wire) -> None:
    assert wire(point(time=1, comment="x", id=7)) == ["m f=1i 1"]


def test_missing_fields_are_refused(blocking: AsyncInfluxDBClient) -> None:
    with pytest.raises(ValueError, match="fields"):
        blocking.write({"measurement": "m", "tags": {"a": "b"}})


@pytest.mark.parametrize("fields", [5, "text", [1], None])
def test_fields_that_are_no_mapping_are_refused(
    blocking: AsyncInfluxDBClient, fields: object
) -> None:
    with pytest.raises((TypeError, ValueError), match="fields"):
        blocking.write(point(fields=fields))


def test_tags_that_are_no_mapping_are_refused(blocking: AsyncInfluxDBClient) -> None:
    with pytest.raises((TypeError, ValueError), match="tags"):
        blocking.write(point(tags=["a"]))


# Tests mappings and nested mappings.


class Own(Mapping[str, Any]):
    """A mapping whose type is not `dict`."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data

    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)


@pytest.mark.parametrize("kind", [dict, OrderedDict, UserDict, ChainMap, MappingProxyType, Own])
def test_any_mapping_is_a_point(wire: Wire, kind: Any) -> None:
    inner = kind({"b": "2", "a": "1"})
    data = kind({"measurement": "m", "tags": inner, "fields": kind({"f": True}), "time": 1})
    assert wire(data) == wire("m,a=1,b=2 f=true 1")


def test_nested_iterables_and_generators_of_all_kinds(wire: Wire) -> None:
    data = [
        point(time=1),
        (point(time=n) for n in (2, 3)),
        (b"m f=1i 4", ["m f=1i 5\n", [point(time=6)]]),
        iter([point(time=7)]),
        {"x": point(time=8)}.values(),
    ]
    assert wire(data) == [f"m f=1i {n}" for n in range(1, 9)]


def test_arguments_reach_nested_points(wire: Wire) -> None:
    data = [[{"fields": {"f": 1}, "time": 1}], ({"fields": {"f": 1}, "time": 2} for _ in "x")]
    assert wire(data, "m", host="a") == ["m,host=a f=1i 1", "m,host=a f=1i 2"]


@pytest.mark.parametrize("data", [None, 5, 1.5, True, object(), [5], [None], [[object()]]])
def test_what_cannot_be_written_is_an_error(client: Calls, data: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        client.write(data)


@pytest.mark.parametrize("data", [[], (), "", b"", iter([]), [[], [""]], {}.values()])
def test_nothing_is_sent_for_nothing(wire: Wire, data: object) -> None:
    assert wire(data) == []


def test_an_error_in_a_generator_comes_out(blocking: AsyncInfluxDBClient) -> None:
    def points() -> Iterator[dict[str, Any]]:
        yield point()
        raise RuntimeError("from the generator")

    with pytest.raises(RuntimeError, match="from the generator"):
        blocking.write(points())


# Tags


def test_tags_are_sorted(wire: Wire) -> None:
    assert wire(point(tags={"c": "1", "a": "2", "b": "3"}, time=1)) == ["m,a=2,b=3,c=1 f=1i 1"]


def test_extra_tags_work_without_tags(wire: Wire) -> None:
    assert wire(point(time=1), host="a") == ["m,host=a f=1i 1"]


def test_extra_tags_override_tags(wire: Wire) -> None:
    data = point(tags={"host": "old", "z": "1"}, time=1)
    assert wire(data, host="new") == ["m,host=new,z=1 f=1i 1"]
    assert data["tags"] == {"host": "old", "z": "1"}


def test_tags_argument_carries_any_name(wire: Wire) -> None:
    tags = {"data": "1", "measurement": "2", "with space": "3"}
    assert wire(point(time=1), tags=tags) == [r"m,data=1,measurement=2,with\ space=3 f=1i 1"]


@pytest.mark.parametrize("value", [["a"], ("a",), {"a": 1}, {"a"}, object()])
def test_extra_tag_that_is_no_scalar_is_refused(
    blocking: AsyncInfluxDBClient, value: object
) -> None:
    with pytest.raises(TypeError, match="tag_column"):
        blocking.write(point(), tag_column=value)


@pytest.mark.parametrize("value", [None, float("nan"), ""])
def test_empty_tags_are_left_out(wire: Wire, value: object) -> None:
    assert wire(point(tags={"a": value, "b": "1"}, time=1)) == ["m,b=1 f=1i 1"]
    assert wire(point(tags={"a": value}, time=1)) == ["m f=1i 1"]
    assert wire(point(time=1), a=value) == ["m f=1i 1"]


@pytest.mark.parametrize(("value", "text"), [(5, "5"), (True, "True"), (0.5, "0.5")])
def test_tag_that_is_no_string_is_converted_with_a_warning(
    wire: Wire, value: object, text: str
) -> None:
    with pytest.warns(UserWarning, match="[Nn]on-string"):
        assert wire(point(tags={"a": value}, time=1)) == [f"m,a={text} f=1i 1"]


def test_keys_that_are_no_strings_are_converted_with_a_warning(wire: Wire) -> None:
    with pytest.warns(UserWarning, match="[Nn]on-string"):
        assert wire(point(tags={2: "a", "1": "b"}, time=1)) == ["m,1=b,2=a f=1i 1"]
    with pytest.warns(UserWarning, match="[Nn]on-string"):
        assert wire(point(fields={5: True}, time=1)) == wire("m 5=true 1")


@pytest.mark.parametrize(
    "change",
    [
        {"tags": {"time": "x"}},
        {"tags": {"": "x"}},
        {"tags": {"back\\": "x"}},
        {"tags": {"nul\0": "x"}},
        {"tags": {"a": "back\\"}},
        {"tags": {"a": "nul\0"}},
        {"fields": {"time": 1}},
        {"fields": {"": 1}},
        {"fields": {"back\\": 1}},
        {"fields": {"nul\0": 1}},
        {"fields": {"a": "lone \udc80"}},
        {"tags": {"a": "lone \udc80"}},
    ],
)
def test_what_a_server_would_corrupt_is_refused(
    blocking: AsyncInfluxDBClient, database: Database, change: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"point 1: "):
        blocking.write([point(), point(**change)])
    assert database.points() == []


# Tests newlines, errors, and skipped points.


def test_newlines_in_names_and_tags_are_removed_with_one_warning(
    blocking: AsyncInfluxDBClient, database: Database
) -> None:
    data = [
        {
            "measurement": "m\n1",
            "tags": {"k\ney": "v\nalue"},
            "fields": {"f\nield": 1, "text": "kept\nhere"},
            "time": time,
        }
        for time in (1, 2)
    ]
    with pytest.warns(UserWarning, match="newline") as warned:
        blocking.write(data)
    assert len(warned) == 1
    assert "8" in str(warned[0].message)
    assert database.points()[0] == {
        "measurement": "m1",
        "tags": {"key": "value"},
        "fields": {"field": 1, "text": "kept\nhere"},
        "time": 1,
    }


def test_tag_of_nothing_but_newlines_is_left_out(wire: Wire) -> None:
    with pytest.warns(UserWarning, match="newline"):
        assert wire(point(tags={"a": "\n\n"}, time=1)) == ["m f=1i 1"]


def test_error_names_point_key_and_value(blocking: AsyncInfluxDBClient) -> None:
    good = [point() for _ in range(3)]
    with pytest.raises(ValueError, match=r"point 3: field `x`.*9223372036854775808"):
        blocking.write([*good, point(fields={"x": 2**63})])
    with pytest.raises(TypeError, match=r"point 3: field `x`.*list"):
        blocking.write([*good, point(fields={"x": [1]})])
    with pytest.raises(ValueError, match=r"point 3: tag `host`.*back"):
        blocking.write([*good, point(tags={"host": "back\\"})])


def test_a_bad_point_sends_nothing(blocking: AsyncInfluxDBClient, database: Database) -> None:
    with pytest.raises(ValueError, match="point 2"):
        blocking.write([point(time=1), point(time=2), point(fields={"f": 2**70})])
    assert database.points() == []


@pytest.mark.parametrize("empty", [{}, {"a": None}, {"a": float("nan"), "b": None}])
def test_points_without_fields_are_skipped_with_one_logged_warning(
    wire: Wire, caplog: pytest.LogCaptureFixture, empty: dict[str, object]
) -> None:
    data = [point(fields=empty), point(time=1), point(fields=empty)]
    assert wire(data) == ["m f=1i 1"]
    (record,) = [r for r in caplog.records if r.name == "aioinflux"]
    assert record.levelno == logging.WARNING
    assert "2 points" in record.getMessage()


def test_nothing_is_sent_when_every_point_is_skipped(wire: Wire) -> None:
    assert wire(point(fields={"a": None})) == []


# Tests escaping: the server returns exactly the text that was written.


HOSTILE = [
    "a,b",
    "a b",
    "a=b",
    'a"b',
    "a'b",
    r"a\b",
    r"a\\b",
    "tab\there",
    "cr\rhere",
    "é🚀中",
    "{0} %s $x",
    " lead",
    "trail ",
    "\",='",
    "x#y",
    "\x01\x7f",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_comes_back_from_every_place(
    client: Calls, database: Database, text: str
) -> None:
    data = {"measurement": text, "tags": {text: text}, "fields": {"f" + text: text}, "time": 1}
    client.write(data)
    data["fields"] = {"f" + text: text}
    assert database.points() == [data]


@pytest.mark.parametrize("text", [*HOSTILE, "back\\", 'c"d\\', "new\nline", "", "\\", "\\n", "\n"])
def test_hostile_text_comes_back_from_a_string_field(
    client: Calls, database: Database, text: str
) -> None:
    client.write(point(fields={"s": text}, time=1))
    assert database.points()[0]["fields"] == {"s": text}
