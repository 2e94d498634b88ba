"""Tests the conversion of points to lines and of lines to points, without a server."""

from __future__ import annotations

import ast
import inspect
import logging
import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import aioinflux
from aioinflux import parse_line_protocol, to_line_protocol
from support import Wire

POINT = {"measurement": "m", "tags": {"t": "a"}, "fields": {"f": 1}, "time": 5}


def test_a_point_is_one_line() -> None:
    assert to_line_protocol(POINT) == b"m,t=a f=1i 5\n"
    assert to_line_protocol([]) == b""


def test_options_are_those_of_write(wire: Wire) -> None:
    frame = pd.DataFrame({"t": ["a b"], "f": [0.5]}, index=pd.DatetimeIndex([5]))
    cases: list[tuple[Any, dict[str, Any]]] = [
        ([POINT, "m f=2i 6", [POINT]], {"host": "x"}),
        ({"fields": {"f": True}, "time": 1}, {"measurement": "other", "tags": {"data": "1"}}),
        (frame, {"measurement": "m", "tag_columns": ["t"], "host": "x"}),
    ]
    for data, options in cases:
        lines = to_line_protocol(data, **options)
        assert lines.decode().splitlines() == wire(data, **options)


def test_warnings_name_the_line_of_the_user() -> None:
    with pytest.warns(UserWarning, match="converted to str") as warned:
        assert to_line_protocol({**POINT, "tags": {"t": 5}}) == b"m,t=5 f=1i 5\n"
    assert warned[0].filename == __file__


def test_points_without_fields_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert to_line_protocol([{**POINT, "fields": {}}, POINT]) == b"m,t=a f=1i 5\n"
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("aioinflux", logging.WARNING)
    assert "1 points" in record.getMessage()


def test_errors_name_point_and_key() -> None:
    with pytest.raises(ValueError, match="point 1: field `f`"):
        to_line_protocol([POINT, {**POINT, "fields": {"f": 2**64}}])
    with pytest.raises(TypeError, match="tags"):
        to_line_protocol(POINT, tags=["a"])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="tag_columns"):
        to_line_protocol(POINT, tag_columns="t")


class Grows:
    """A tag value whose method `__str__` changes the point."""

    def __init__(self, mapping: dict[str, object], *, replace: bool) -> None:
        self.mapping, self.replace = mapping, replace

    def __str__(self) -> str:
        if self.replace:
            self.mapping.pop("a")
        self.mapping["b"] = "1"
        return "x"


@pytest.mark.parametrize("replace", [False, True])
def test_a_mapping_that_changes_while_it_is_written_is_an_error(replace: bool) -> None:
    tags: dict[str, object] = {"a": "1"}
    tags["t"] = Grows(tags, replace=replace)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(RuntimeError, match="point 1: key `tags`: the mapping was changed"):
            to_line_protocol([POINT, {**POINT, "tags": tags}])


# Parsing


def test_a_line_is_a_point() -> None:
    text = 'm,t=a\\ b f=0.5,i=5i,b=t,s="x\\"y" 7\n# comment\n\nm2 f=1 8'
    first, second = parse_line_protocol(text)
    assert first == {
        "measurement": "m",
        "tags": {"t": "a b"},
        "fields": {"f": 0.5, "i": 5, "b": True, "s": 'x"y'},
        "time": 7,
    }
    assert [type(value) for value in first["fields"].values()] == [float, int, bool, str]
    assert second == {"measurement": "m2", "tags": {}, "fields": {"f": 1.0}, "time": 8}
    assert parse_line_protocol(text.encode()) == parse_line_protocol(bytearray(text.encode()))


@pytest.mark.filterwarnings("ignore:.* points without a time")
def test_a_line_without_time_is_a_point_without_time() -> None:
    lines = b"m,t=a f=1i\nm,t=a f=2i 7\nm,t=a f=3i\n"
    points = parse_line_protocol(lines)
    assert ["time" in point for point in points] == [False, True, False]
    assert points[0] == {"measurement": "m", "tags": {"t": "a"}, "fields": {"f": 1}}
    assert to_line_protocol(points) == lines


@pytest.mark.parametrize("text", ["", b"", "\n", "# nothing\n"])
def test_no_line_is_no_point(text: str | bytes) -> None:
    assert parse_line_protocol(text) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("m f=1 1\nm,t f=1", "line 2:4: expected `=`"),
        ("m f=1\nm f=é", "line 2:5: "),
        ("m,t=é f=x", "line 1:9: "),
        (b'm f=1\nm f="\xff" 1', "line 2:6: expected UTF-8"),
        ("m f=1 1\nm f=1 1x", "line 2:"),
    ],
)
def test_errors_tell_line_and_column(text: str | bytes, place: str) -> None:
    with pytest.raises(ValueError, match=place):
        parse_line_protocol(text)


@pytest.mark.parametrize("data", [None, 5, ["m f=1"], POINT])
def test_what_is_no_text_is_refused(data: object) -> None:
    with pytest.raises(TypeError, match="argument `data`"):
        parse_line_protocol(data)  # type: ignore[arg-type]


HOSTILE = ["a,b", "a b", "a=b", 'a"b', "tab\there", "é🚀中", r"a\b", "x#y", "\x01\x7f", "x" * 100]


@pytest.mark.filterwarnings("ignore:.* points without a time")
@pytest.mark.parametrize("text", HOSTILE)
def test_points_come_back_from_their_lines(text: str) -> None:
    points = [
        {
            "measurement": text,
            "tags": {"k" + text: text},
            "fields": {"f" + text: value},
            "time": time,
        }
        for time, value in enumerate(
            [text, text + "\nline", "back\\", "", 0.1, 1e300, -0.0, 2**63 - 1, -(2**63), True]
        )
    ]
    lines = to_line_protocol(points)
    assert parse_line_protocol(lines) == points
    assert to_line_protocol(parse_line_protocol(lines)) == lines
    undated = [{key: point[key] for key in point if key != "time"} for point in points]
    lines = to_line_protocol(undated)
    assert parse_line_protocol(lines) == undated
    assert to_line_protocol(parse_line_protocol(lines)) == lines


def test_a_frame_comes_back_as_points() -> None:
    frame = pd.DataFrame(
        {"t": ["a", "b"], "f": [0.5, np.nan], "i": [1, 2]}, index=pd.DatetimeIndex([5, 6])
    )
    assert parse_line_protocol(to_line_protocol(frame, "m", ["t"])) == [
        {"measurement": "m", "tags": {"t": "a"}, "fields": {"f": 0.5, "i": 1}, "time": 5},
        {"measurement": "m", "tags": {"t": "b"}, "fields": {"i": 2}, "time": 6},
    ]


def test_the_native_function_looks_like_its_stub() -> None:
    stub = ast.parse(Path(aioinflux.__file__).with_name("_core.pyi").read_text())
    function = next(
        node
        for node in stub.body
        if isinstance(node, ast.FunctionDef) and node.name == "to_line_protocol"
    )
    doc = aioinflux.to_line_protocol.__doc__
    assert doc is not None
    assert ast.get_docstring(function) == inspect.cleandoc(doc)
    arguments = function.args
    assert arguments.kwarg is not None
    names = [one.arg for one in (*arguments.args, *arguments.kwonlyargs, arguments.kwarg)]
    parameters = inspect.signature(aioinflux.to_line_protocol).parameters
    assert list(parameters) == names
    keyword = {name for name, one in parameters.items() if one.kind is one.KEYWORD_ONLY}
    assert keyword == {one.arg for one in arguments.kwonlyargs}
    assert pickle.loads(pickle.dumps(aioinflux.to_line_protocol)) is aioinflux.to_line_protocol


@pytest.mark.parametrize("name", ["to_line_protocol", "parse_line_protocol"])
def test_functions_have_docstrings(name: str) -> None:
    doc = getattr(aioinflux, name).__doc__
    assert all(part in doc for part in ("Args:", "Returns:", "Raises:", "Source:"))
