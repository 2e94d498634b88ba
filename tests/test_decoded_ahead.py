"""Tests large chunked answers, which a separate thread decodes ahead of the reader."""

from __future__ import annotations

import json
import os
import time
import warnings
from pathlib import Path
from typing import Any

import pytest

from aioinflux import InfluxDBDecodeError, parse_response

# Bodies of fewer than 1 MiB are not decoded ahead.
LARGE = 1 << 20
COLUMNS = ["time", "load", "host"]


def rows(count: int) -> list[list[Any]]:
    return [[n, n + 0.5, f"host {n % 7}"] for n in range(count)]


def document(values: list[list[Any]], **more: Any) -> bytes:
    series = {"name": "cpu", "columns": COLUMNS, "values": values, **more}
    text = json.dumps({"results": [{"statement_id": 0, "series": [series], **more}]})
    return f"{text}\n".encode()


def body(count: int) -> bytes:
    """Returns an answer that consists of two chunks."""
    values, half = rows(count), count // 2
    return document(values[:half], partial=True) + document(values[half:])


COUNT = 60_000
BODY = body(COUNT)
assert len(BODY) > LARGE


def threads() -> list[str]:
    """Returns the names of all threads of this process."""
    names = []
    for path in Path("/proc/self/task").glob("*/comm"):
        try:
            names.append(path.read_text().strip())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return names


def decoding() -> int:
    return sum(name.startswith("aioinflux-deco") for name in threads())


@pytest.mark.parametrize("output", ["rows", "dicts"])
def test_large_bodies_give_all_rows_in_order(output: Any) -> None:
    got = parse_response(BODY, output=output, chunked=True)
    wanted = rows(COUNT)
    if output == "dicts":
        assert list(got) == [dict(zip(COLUMNS, row, strict=True)) for row in wanted]
    else:
        assert list(got) == [tuple(row) for row in wanted]


def test_tables_come_batch_by_batch() -> None:
    tables = list(parse_response(BODY, output="arrow", chunked=True))
    assert len(tables) > 2
    assert sum(map(len, tables)) == COUNT


def test_rows_before_the_damage_come_before_the_error() -> None:
    got: list[tuple[Any, ...]] = []
    with pytest.raises(InfluxDBDecodeError):
        got.extend(parse_response(BODY[:-50], output="rows", chunked=True))
    assert len(got) > COUNT * 0.9
    assert got == [tuple(row) for row in rows(COUNT)[: len(got)]]


def test_nothing_comes_after_the_error() -> None:
    iterator = iter(parse_response(BODY[:-50], output="rows", chunked=True))
    with pytest.raises(InfluxDBDecodeError):
        list(iterator)
    assert list(iterator) == []
    assert next(iterator, None) is None


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are listed on Linux")
def test_the_thread_ends_with_who_reads() -> None:
    before = decoding()
    iterator = iter(parse_response(BODY, output="rows", chunked=True))
    assert next(iterator)[0] == 0
    assert decoding() == before + 1, "it waits for the next batch to be taken"
    del iterator
    deadline = time.monotonic() + 30
    while decoding() > before:
        assert time.monotonic() < deadline, "the thread goes on"


def test_small_bodies_need_no_thread() -> None:
    before = decoding()
    iterator = iter(parse_response(body(10), output="rows", chunked=True))
    assert next(iterator)[0] == 0
    assert decoding() == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_fork_cannot_read_on() -> None:
    iterator = iter(parse_response(BODY, output="arrow", chunked=True))
    next(iterator)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            next(iterator)
        except RuntimeError as error:
            os._exit(0 if "another process" in str(error) else 2)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(next(iterator)) > 0, "the parent reads on"


@pytest.mark.parametrize("different", [1, 100, 257, 5000])
@pytest.mark.parametrize("middle", ["", "a middle that is longer than sixteen bytes"])
def test_every_text_is_its_own_however_many_are_alike(different: int, middle: str) -> None:
    texts = [f"{n % different % 10}begin{middle}{n % different:04}" for n in range(20_000)]
    values = [[n, text] for n, text in enumerate(texts)]
    answer = document(values).replace(b'"load", "host"', b'"host"')
    got = list(parse_response(answer, output="rows", chunked=True))
    assert got == [tuple(row) for row in values]
