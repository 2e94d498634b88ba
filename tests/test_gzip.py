"""Tests that compressed writes can be read by any gzip decoder, and by the server."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Iterator
from typing import Any

from aioinflux import AsyncInfluxDBClient, line_batches
from support import Database

# Bodies above 64 KiB are compressed with the compressor for lines.
POINTS = 20_000


def points() -> Iterator[dict[str, Any]]:
    source = random.Random(7)
    for number in range(POINTS):
        yield {
            "measurement": "m",
            "tags": {"host": f"server {source.randrange(200)}", "region": "eu, west"},
            "fields": {"value": source.random(), "n": number, "text": 'say "no"' * (number % 9)},
            "time": 1_700_000_000_000_000_000 + number,
        }


def test_a_batch_as_gzip_is_the_batch() -> None:
    sizes = set()
    for batch in line_batches(points(), batch_lines=7000):
        packed = batch.gzip()
        assert gzip.decompress(packed) == bytes(batch)
        assert zlib.decompress(packed, wbits=31) == bytes(batch)
        assert len(packed) * 3 < len(batch)
        sizes.add(len(batch) > 64 << 10)
    assert sizes == {True}


def test_a_small_batch_as_gzip() -> None:
    (batch,) = line_batches("m f=1\n")
    assert gzip.decompress(batch.gzip()) == b"m f=1\n"


def test_the_server_reads_compressed_writes(database: Database) -> None:
    server = database.server
    client = AsyncInfluxDBClient(
        server.host, server.port, db=database.name, mode="blocking", gzip=True
    )
    assert client.write(points())
    answer = client.query("SELECT count(value), sum(n) FROM m")
    (_, count, total) = answer["results"][0]["series"][0]["values"][0]
    assert count == POINTS
    assert total == POINTS * (POINTS - 1) // 2
    answer = client.query("SELECT last(text) FROM m")
    assert answer["results"][0]["series"][0]["values"][0][1] == 'say "no"' * ((POINTS - 1) % 9)
