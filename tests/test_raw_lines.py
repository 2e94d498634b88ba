"""Tests lines that are already encoded. If a server would not split the lines correctly, they are
refused, and the error has the number of the line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aioinflux import line_batches, parse_line_protocol, to_line_protocol
from aioinflux.udp import UDPClient
from support import Calls, Wire

# From the first three of these lines, a 1.x server stores one string that spans all three, and
# answers 204.
SWALLOWING = 'm s="a"b" 1\nm v=2 2\nm s="c"d" 3\nm v=4 4'


class Lines:
    """An object that encodes its own lines."""

    def __init__(self, lines: str) -> None:
        self._lines = lines

    def to_lineprotocol(self) -> str:
        return self._lines


def _generator(text: str) -> Iterator[bytes]:
    yield b"m v=0 0"
    yield text.encode()


@pytest.mark.parametrize(
    "data",
    [
        lambda text: text,
        lambda text: text.encode(),
        lambda text: bytearray(text.encode()),
        lambda text: [text],
        lambda text: ({"measurement": "m", "fields": {"f": 1}, "time": 1}, [text.encode()]),
        _generator,
        Lines,
        lambda text: [Lines(text)],
    ],
    ids=["str", "bytes", "bytearray", "list", "nested", "generator", "object", "objects"],
)
@pytest.mark.parametrize("way", ["write", "lines", "batches", "udp"])
def test_lines_that_swallow_each_other_are_refused_whatever_holds_them(
    data: Callable[[str], Any], way: str, blocking: Any
) -> None:
    ways: dict[str, Callable[[Any], Any]] = {
        "write": blocking.write,
        "lines": to_line_protocol,
        "batches": lambda data: list(line_batches(data)),
        "udp": UDPClient(port=9, mode="blocking").write,
    }
    with pytest.raises(ValueError, match=r"line 3 of the text.* after the closing quote"):
        ways[way](data("# comment\n\n" + SWALLOWING))


def test_nothing_is_sent_of_a_text_with_such_a_line(client: Calls) -> None:
    with pytest.raises(ValueError, match=r"point 1 \(line 2 of the text\)"):
        client.write("m v=0 0\n" + SWALLOWING)
    assert client.query("SELECT * FROM m")["results"] == [{"statement_id": 0}]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('m s="a', "ends inside a quoted string"),
        ("m v=1\\", "with a backslash"),
        ("m v=1\\\nm v=2", "newline that is not in a quoted string"),
        ('m v=1" 1\nm v=2" 2', "newline that is not in a quoted string"),
        ('m s="a"\t1', "has text after the closing quote"),
        ('m f\\\\="x=y" 1', "field key that ends with a backslash"),
    ],
)
def test_the_reason_is_named(line: str, reason: str) -> None:
    with pytest.raises(ValueError, match=rf"point 1 \(line 2 of the text\): .*{reason}"):
        to_line_protocol("m v=0 0\n" + line)


def test_newlines_in_closed_strings_and_comments_with_quotes_are_legal(client: Calls) -> None:
    text = '# it\'s ="\nm s="a\nb\\"\n" 1\r\n \t# ="\nm,t=q"q s="c" 2\n'
    assert client.write(text)
    answer = client.query("SELECT s FROM m", epoch="ns")
    assert answer["results"][0]["series"][0]["values"] == [[1, 'a\nb"\n'], [2, "c"]]


@pytest.mark.parametrize("kind", [str, str.encode], ids=["str", "bytes"])
def test_a_byte_order_mark_before_lines_is_dropped(kind: Callable[[str], Any], wire: Wire) -> None:
    text = kind("\ufeffm f=1 1\n")
    assert wire(text) == ["m f=1 1"]
    assert wire([text, text]) == ["m f=1 1", "m f=1 1"]
    assert wire(kind("\ufeff# comment\nm f=1 1")) == ["m f=1 1"]
    assert parse_line_protocol(text)[0]["measurement"] == "m"


def test_a_measurement_that_starts_with_the_mark_comes_back() -> None:
    point = {"measurement": "\ufeffm", "tags": {}, "fields": {"f": 1}, "time": 1}
    lines = to_line_protocol([point, point])
    assert parse_line_protocol(lines) == [point, point]
    assert to_line_protocol(lines).count("\ufeffm f=1i 1\n".encode()) == 2


@pytest.mark.parametrize(
    ("line", "measurement", "field"),
    [
        ("m\\=x f=1 1", "m=x", "f"),
        ('m\\"x f=1 1', 'm"x', "f"),
        ('m f\\"=1 1', "m", 'f"'),
        ("m\\,x f\\=g=1 1", "m,x", "f=g"),
        ("m\\x f\\g=1 1", "m\\x", "f\\g"),
    ],
)
def test_escapes_are_read_as_the_server_reads_them(
    line: str, measurement: str, field: str, client: Calls
) -> None:
    (point,) = parse_line_protocol(line)
    assert (point["measurement"], point["fields"]) == (measurement, {field: 1.0})
    client.write(line)
    (series,) = client.query("SELECT * FROM /.*/", epoch="ns")["results"][0]["series"]
    assert (series["name"], series["columns"]) == (measurement, ["time", field])


@pytest.mark.parametrize("line", ["m\\\\=x f=1 1", 'm\\\\"x f=1 1', "m\\\\,x f=1 1"])
def test_escapes_that_the_server_takes_twice_are_errors(line: str) -> None:
    with pytest.raises(ValueError, match="line 1:1"):
        parse_line_protocol(line)
