"""Encodes points and DataFrames with the public functions of each peer, with its best settings.

A writer takes the data and returns two functions. The first function is timed, and the second
function makes one string from the result of the first. Each peer is imported inside its function,
because no environment contains all peers.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .data import MIXED_TAGS, TAGS

MEASUREMENT = "cpu"
# The default number of lines of a request of sluicebox.
SLUICEBOX_BATCH = 25_000
Writer = tuple[Callable[[], Any], Callable[[Any], bytes]]


def tags_of(frame: Any) -> list[str]:
    """Returns the names of the tag columns of any frame that `data` creates."""
    known = {*TAGS, *MIXED_TAGS, "host name", "key=x"}
    # The attribute `columns` of a pyarrow table holds arrays rather than names.
    names = getattr(frame, "column_names", None) or frame.columns
    return [name for name in names if name in known]


def same(text: bytes) -> bytes:
    return text


def questdb_rows(points: list[dict[str, Any]]) -> Writer:
    """Runs the method `Buffer.row` with the text protocol and a buffer that is reused."""
    from questdb.ingress import Buffer, TimestampNanos

    buffer = Buffer(protocol_version=1)
    whole = isinstance(points[0]["time"], int)

    def run() -> None:
        buffer.clear()
        row = buffer.row
        for p in points:
            at = TimestampNanos(p["time"]) if whole else p["time"]
            row(p["measurement"], symbols=p["tags"], columns=p["fields"], at=at)

    return run, lambda _: bytes(buffer)


def questdb_frame(frame: Any, threads: int = 1) -> Writer:
    """Runs the method `Buffer.dataframe` with the text protocol. If there are several threads, each
    thread has its own part of the rows and its own buffer."""
    from questdb.ingress import Buffer

    tags, size = tags_of(frame), -(-len(frame) // threads)
    table = frame.reset_index(names="time")
    parts = [table.iloc[start : start + size] for start in range(0, len(table), size)]
    buffers = [Buffer(protocol_version=1) for _ in parts]
    pool = ThreadPoolExecutor(threads)

    def write(buffer: Any, part: Any) -> None:
        buffer.clear()
        buffer.dataframe(part, table_name=MEASUREMENT, symbols=tags, at="time")

    def run() -> None:
        if threads == 1:
            write(buffers[0], parts[0])
        else:
            list(pool.map(write, buffers, parts))

    return run, lambda _: b"".join(map(bytes, buffers))


def orjson_points(points: list[dict[str, Any]]) -> Writer:
    """Runs `orjson.dumps` on points that are dicts. The result is JSON rather than line protocol,
    but orjson walks the same dicts and formats the same numbers."""
    import orjson

    return lambda: orjson.dumps(points), same


def joined(lines: Iterable[str]) -> bytes:
    return "\n".join(lines).encode()


def influxdb_client_points(points: list[dict[str, Any]]) -> Writer:
    """Encodes dicts in the same way as `WriteApi.write` of influxdb-client."""
    from influxdb_client import Point, WritePrecision

    ns = WritePrecision.NS
    convert = Point.from_dict
    return lambda: joined(convert(p, ns).to_line_protocol() for p in points), same


def influxdb3_points(points: list[dict[str, Any]]) -> Writer:
    """Encodes dicts in the same way as `InfluxDBClient3.write` of influxdb3-python."""
    from influxdb_client_3 import Point, WritePrecision

    ns = WritePrecision.NS
    convert = Point.from_dict
    return lambda: joined(convert(p, ns).to_line_protocol() for p in points), same


def influxdb_client_frame(frame: Any) -> Writer:
    """Encodes a DataFrame in the same way as `WriteApi.write` of influxdb-client."""
    from influxdb_client.client.write.dataframe_serializer import data_frame_to_list_of_points
    from influxdb_client.client.write_api import PointSettings

    return client_frame(frame, data_frame_to_list_of_points, PointSettings())


def influxdb3_frame(frame: Any) -> Writer:
    """Encodes a pandas DataFrame in the same way as `InfluxDBClient3.write` of influxdb3-python."""
    from influxdb_client_3.write_client.client.write.dataframe_serializer import (
        data_frame_to_list_of_points,
    )
    from influxdb_client_3.write_client.client.write_api import PointSettings

    return client_frame(frame, data_frame_to_list_of_points, PointSettings())


def influxdb3_polars(frame: Any) -> Writer:
    """Encodes a polars DataFrame in the same way as `InfluxDBClient3.write` of influxdb3-python."""
    from influxdb_client_3.write_client.client.write.polars_dataframe_serializer import (
        polars_data_frame_to_list_of_points,
    )
    from influxdb_client_3.write_client.client.write_api import PointSettings

    return client_frame(
        frame,
        polars_data_frame_to_list_of_points,
        PointSettings(),
        data_frame_timestamp_column="time",
    )


def client_frame(frame: Any, convert: Any, settings: Any, **options: str) -> Writer:
    tags = tags_of(frame)

    def run() -> bytes:
        lines = convert(
            frame,
            settings,
            "ns",
            data_frame_measurement_name=MEASUREMENT,
            data_frame_tag_columns=tags,
            **options,
        )
        return joined(lines)

    return run, same


def gzipped(writer: Writer) -> Writer:
    """Compresses the lines with Python's module `gzip` at level 9, as the official clients do."""
    import gzip

    run, _ = writer
    return lambda: gzip.compress(run()), gzip.decompress


def influxdb_points(points: list[dict[str, Any]]) -> Writer:
    """Encodes dicts in the same way as `InfluxDBClient.write_points` of influxdb."""
    from influxdb.line_protocol import make_lines

    return lambda: make_lines({"points": points}, "n").encode(), same


def influxdb_frame(frame: Any) -> Writer:
    """Runs `DataFrameClient.write_points` of influxdb; the request stays in memory and is not
    sent."""
    client, memory = influxdb_in_memory(b"", status=204)
    tags = tags_of(frame)
    # The best setting of influxdb, `numeric_precision="full"`, fails on pandas 3.
    options = {"tag_columns": tags, "time_precision": "n", "protocol": "line"}

    def run() -> bytes:
        client.write_points(frame, MEASUREMENT, **options)
        body: bytes = memory.body
        return body

    return run, same


def influxdb_in_memory(answer: bytes, content_type: str = "", status: int = 200) -> tuple[Any, Any]:
    """Returns a `DataFrameClient` whose requests get a prepared answer without using the
    network."""
    import requests
    from influxdb import DataFrameClient
    from urllib3 import HTTPResponse

    class Memory(requests.adapters.HTTPAdapter):
        body = b""

        def send(self, request: Any, **_: Any) -> Any:
            self.body = request.body
            raw = HTTPResponse(
                io.BytesIO(answer),
                headers={"Content-Type": content_type},
                status=status,
                preload_content=False,
            )
            return self.build_response(request, raw)

    client = DataFrameClient(database="bench")
    memory = Memory()
    client._session.mount("http://", memory)
    return client, memory


def aioinflux_old(data: Any) -> Writer:
    """Encodes dicts and DataFrames in the same way as `write` of aioinflux 0.9.0."""
    from aioinflux.serialization import serialize

    if isinstance(data, list):
        return lambda: serialize(data), same
    tags = tags_of(data)
    return lambda: serialize(data, MEASUREMENT, tags), same


def sluicebox_serializer() -> Any:
    """Returns the serializer that `InfluxClient` of sluicebox creates with default settings for
    InfluxDB 2.x."""
    from sluicebox._lineprotocol import Dialect
    from sluicebox._serializer import Serializer
    from sluicebox.config import TagsConfig, ValidationConfig
    from sluicebox.tags import TagInjector

    return Serializer(
        dialect=Dialect.for_version(2),
        # The times of the frames have no zone; all clients write them as UTC.
        validation=ValidationConfig(naive_datetime="utc"),
        schemas={},
        injector=TagInjector(TagsConfig()),
        auto_timestamp=True,
    )


def sluicebox_points(points: list[dict[str, Any]]) -> Writer:
    """Encodes dicts in the same way as `InfluxClient.write` of sluicebox, one batch after the
    other. The serializer is reused, so its caches stay filled."""
    serializer = sluicebox_serializer()
    size = SLUICEBOX_BATCH

    def batch(start: int) -> bytes:
        part = points[start : start + size]
        chunk = serializer.serialize(part, database="bench", precision="ns", start_index=start)
        return joined(chunk.lines)

    return lambda: b"\n".join(map(batch, range(0, len(points), size))), same


def sluicebox_frame(frame: Any, threads: int = 1) -> Writer:
    """Encodes a pandas or polars DataFrame in the same way as `InfluxClient.write` of sluicebox,
    which formats columns with expressions of polars."""
    polars_threads(threads)
    from sluicebox.frames import to_line_chunks

    options = {
        "serializer": sluicebox_serializer(),
        "database": "bench",
        "precision": "ns",
        "measurement": MEASUREMENT,
        "tag_columns": tags_of(frame),
        "field_columns": None,
        "time_column": None,
        "chunk_size": SLUICEBOX_BATCH,
    }

    def run() -> bytes:
        return b"\n".join(joined(chunk.lines) for chunk in to_line_chunks(frame, **options))

    return run, same


def polars_threads(threads: int) -> None:
    """Sets the number of threads of polars, which reads this number when it is imported.

    Raises:
        RuntimeError: polars was imported earlier, and has another number of threads.
    """
    os.environ["POLARS_MAX_THREADS"] = str(threads)
    import polars

    if polars.thread_pool_size() != threads:
        raise RuntimeError(f"polars has {polars.thread_pool_size()} threads, expected {threads}")
