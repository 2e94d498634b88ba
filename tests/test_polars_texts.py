"""Tests strings that are decoded to views, as polars stores them. The answers come from memory and
from the server, whole and in pieces."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

from aioinflux import InfluxDBClient, parse_response
from aioinflux.exceptions import InfluxDBError
from support import Database

# The lengths of the strings are close to three limits: a view holds up to 12 bytes inline; bytes
# are read 16 at a time; MessagePack changes its encoding above certain lengths, such as 255 bytes.
TEXTS = [
    "", "a", "é", "twelve bytes", "thirteen byte", "elf Bytes é", "zwölf Byte é",
    "sixteen bytes ..", "a text that does not fit a view", "x" * 255, "y" * 256, "🦀" * 3, "🦀" * 4,
    'a "quote"\n', "\\",
]  # fmt: skip
CELLS: list[str | None] = [*TEXTS, None, *reversed(TEXTS), None]


def body(cells: list[str | None], **more: Any) -> bytes:
    rows = [[n, cell, 1] for n, cell in enumerate(cells)]
    series = {"name": "m", **more, "columns": ["time", "s", "n"], "values": rows}
    return json.dumps({"results": [{"statement_id": 0, "series": [series]}]}).encode()


def test_texts_of_every_length_are_whole() -> None:
    frame = parse_response(body(CELLS), output="polars")
    assert frame.schema["s"] == pl.String
    assert frame["s"].to_list() == CELLS
    assert frame.filter(pl.col("s") == "thirteen byte").height == 2
    assert frame["s"].str.len_bytes().max() == 256


def test_texts_stay_when_the_answer_is_gone() -> None:
    frames = list(parse_response(body(CELLS * 2000), output="polars", chunked=True))
    assert len(frames) > 1
    assert pl.concat(frames)["s"].to_list() == CELLS * 2000


def test_tags_are_texts_beside_others() -> None:
    host = "a host whose name is long"
    frame = parse_response(body(CELLS, tags={"host": host}), output="polars")
    assert frame["host"].to_list() == [host] * len(CELLS)
    assert frame["s"].to_list() == CELLS


def test_texts_of_one_batch_and_nulls_of_another_are_one_column() -> None:
    cells = [None] * 10_000 + ["a text that comes late"]
    frame = parse_response(body(cells), output="polars")
    assert frame["s"].to_list() == cells


def test_times_that_come_as_texts_are_times() -> None:
    rows = [["2023-11-14T22:13:20Z", "a"], ["2023-11-14T22:13:20.000000001Z", "b"]]
    series = {"name": "m", "columns": ["time", "s"], "values": rows}
    answer = json.dumps({"results": [{"statement_id": 0, "series": [series]}]}).encode()
    frame = parse_response(answer, output="polars")
    assert frame.schema["time"] == pl.Datetime("ns", "UTC")
    assert frame["time"].dt.timestamp("ns").to_list() == [
        1_700_000_000_000_000_000, 1_700_000_000_000_000_001,
    ]  # fmt: skip


def test_what_an_error_kept_is_a_frame() -> None:
    whole = body(CELLS)
    with pytest.raises(InfluxDBError) as caught:
        parse_response(whole[:-40], output="polars")
    kept = caught.value.result
    assert kept["s"].to_list() == CELLS[: kept.height]
    assert kept.height > 20


def test_texts_from_the_server_are_those_that_were_written(database: Database) -> None:
    server = database.server
    client = InfluxDBClient(server.host, server.port, db=database.name, mode="blocking")
    points = (
        {"measurement": "m", "time": n, "tags": {"t": "tag " + "x" * n}, "fields": {"s": text}}
        for n, text in enumerate(TEXTS)
    )
    client.write(points)
    query = "SELECT s, t FROM m"
    whole = client.query(query, output="polars")
    pieces = list(client.stream(query, output="polars", chunk_size=4))
    assert len(pieces) == 4
    for frame in (whole, pl.concat(pieces)):
        assert frame.schema["s"] == pl.String
        assert frame["s"].to_list() == TEXTS
        assert frame["t"].to_list() == ["tag " + "x" * n for n in range(len(TEXTS))]
