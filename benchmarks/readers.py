"""Reads an answer into a table or into rows with the public functions of each peer."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterable
from itertools import chain, repeat
from typing import Any

import numpy as np
import pandas as pd

from . import flux
from .writers import influxdb_in_memory

# A text for clients whose answer does not depend on the query.
QUERY = 'from(bucket: "bench") |> range(start: 0) |> pivot()'
# The type of the functions that take the rows of each chunk.
Take = Callable[[Iterable[Iterable[Any]]], object]
TYPES = {
    "json": "application/json",
    "msgpack": "application/x-msgpack",
    "csv": "text/csv; charset=utf-8",
}


def by_hand(body: bytes) -> Callable[[], Any]:
    """Converts an answer to a DataFrame as a careful user would do it with orjson and numpy."""
    import orjson

    def frame(values: list[list[Any]]) -> Any:
        times, load, level, count, total, state = zip(*values, strict=False)
        index = pd.DatetimeIndex(np.array(times, dtype=np.int64).view("datetime64[ns]"))
        columns = {
            "load": np.array(load, dtype=np.float64),
            "level": np.array(level, dtype=np.float64),
            "count": np.array(count, dtype=np.int64),
            "total": np.array(total, dtype=np.int64),
            "state": pd.Series(state, dtype=object, index=index),
        }
        return pd.DataFrame(columns, index=index)

    def run() -> Any:
        series = orjson.loads(body)["results"][0]["series"]
        return [(one["name"], frame(one["values"])) for one in series]

    return run


def aioinflux_old(body: bytes) -> Callable[[], Any]:
    """Converts an answer to a DataFrame in the same way as `query` of aioinflux 0.9.0."""
    import json

    from aioinflux.serialization.dataframe import parse

    return lambda: parse(json.loads(body))


def influxdb_frame(body: bytes, form: str) -> Callable[[], Any]:
    """Runs `DataFrameClient.query`, with an answer that comes from memory. If the argument `epoch`
    is passed, `DataFrameClient` converts times in its fastest way."""
    client, _ = influxdb_in_memory(body, TYPES[form])
    return lambda: client.query("SELECT * FROM cpu", epoch="ns")


def influxdb_rows(body: bytes, take: Take) -> Callable[[], Any]:
    """Runs `InfluxDBClient.query` in chunks; each row is a dict."""
    client, _ = influxdb_in_memory(body, TYPES["json"])
    query = super(type(client), client).query

    def run() -> object:
        results = query("SELECT * FROM cpu", epoch="ns", chunked=True)
        return take(result.get_points() for result in results)

    return run


def documents(body: bytes) -> list[bytes]:
    return body.splitlines()


def orjson_rows(body: bytes, take: Take, dicts: bool) -> Callable[[], Any]:
    """Parses each chunk with orjson. The rows are the lists in the chunk, or dicts that are made
    from these lists."""
    import orjson

    chunks = documents(body)

    def rows(chunk: bytes) -> Iterable[Any]:
        series = orjson.loads(chunk)["results"][0]["series"][0]
        columns = series["columns"]
        # The conversion uses neither a loop in Python nor a generator, because this is fastest.
        return map(dict, map(zip, repeat(columns), series["values"])) if dicts else series["values"]

    return lambda: take(map(rows, chunks))


def aioinflux_old_rows(body: bytes, take: Take, dicts: bool) -> Callable[[], Any]:
    """Converts an answer in the same way as a chunked `query` of aioinflux 0.9.0, with `iterpoints`
    for the rows."""
    import json

    from aioinflux.iterutils import iterpoints

    chunks = documents(body)

    def as_dict(*row: Any, meta: dict[str, Any]) -> dict[str, Any]:
        return dict(zip(meta["columns"], row, strict=False))

    parser = as_dict if dicts else None
    return lambda: take(iterpoints(json.loads(chunk), parser) for chunk in chunks)


def consume(chunks: Iterable[Iterable[Any]]) -> None:
    """Takes the rows of every chunk and drops them, without a loop in Python."""
    for rows in chunks:
        deque(rows, maxlen=0)


def keep(chunks: Iterable[Iterable[Any]]) -> list[Any]:
    """Takes all rows and returns them in one list, so that the garbage collector must traverse
    them."""
    return list(chain.from_iterable(chunks))


def pyarrow_csv(body: bytes, output: str, threads: int) -> Callable[[], Any]:
    """Runs `pyarrow.csv.read_csv` with the right types for all columns, and converts the table to
    the output. The annotations are removed beforehand, because `read_csv` cannot read them."""
    import pyarrow as pa
    from pyarrow import csv

    kinds = {
        "string": pa.string(),
        "long": pa.int64(),
        "double": pa.float64(),
        "dateTime:RFC3339": pa.timestamp("ns", "UTC"),
    }
    head = [line.decode().split(",")[1:] for line in body.split(flux.END, flux.HEAD_LINES)[:-1]]
    types = dict(zip(head[-1], map(kinds.__getitem__, head[0]), strict=True))
    convert = csv.ConvertOptions(column_types=types, include_columns=list(types))
    text = pa.py_buffer(flux.without_annotations(body))
    pa.set_cpu_count(threads)
    read = csv.ReadOptions(use_threads=threads > 1)

    def run() -> Any:
        table = csv.read_csv(pa.BufferReader(text), read_options=read, convert_options=convert)
        return arrow_to(table, output)

    return run


def arrow_to(table: Any, output: str) -> Any:
    """Converts a pyarrow table to the output, as its users do it."""
    if output == "pandas":
        return table.to_pandas()
    if output == "polars":
        import polars

        return polars.from_arrow(table)
    return table


def influxdb_client_frame(body: bytes) -> Callable[[], Any]:
    """Runs `QueryApi.query_data_frame` of influxdb-client, with an answer that comes from memory.
    If the package ciso8601 is installed, influxdb-client converts times in its fastest way."""
    client = influxdb_client_in_memory(body)
    return lambda: client.query_api().query_data_frame(QUERY)


def influxdb_client_in_memory(answer: bytes) -> Any:
    """Returns an `InfluxDBClient` of influxdb-client whose requests get a prepared answer without
    using the network."""
    from influxdb_client import InfluxDBClient
    from urllib3 import HTTPResponse

    class Memory:
        def request(self, *_: Any, **__: Any) -> Any:
            headers = {"Content-Type": TYPES["csv"]}
            raw = io.BytesIO(answer)
            return HTTPResponse(raw, headers=headers, status=200, preload_content=False)

        def clear(self) -> None:
            """The client closes its connections when it is deleted."""

    client = InfluxDBClient("http://localhost", "no-token", org="bench")
    client.api_client.rest_client.pool_manager = Memory()
    return client


def influxdb_client_records(url: str) -> Callable[[], Any]:
    """Runs `QueryApi.query_stream` of influxdb-client, and drops each record."""
    from influxdb_client import InfluxDBClient

    client = InfluxDBClient(url, "no-token", org="bench", timeout=None)
    return lambda: deque(client.query_api().query_stream(QUERY), maxlen=0)
