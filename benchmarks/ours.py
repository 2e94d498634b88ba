"""Defines the benchmark subjects of our own package: they call the public functions that users
call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .readers import QUERY, TYPES, Take
from .writers import MEASUREMENT, Writer, same, tags_of


def arguments(data: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Returns the encoder arguments for the data: points contain their measurement, and Arrow
    tables have no index."""
    if isinstance(data, list):
        return (data,), {}
    options = {} if hasattr(data, "index") else {"time_column": "time"}
    return (data, MEASUREMENT, tags_of(data)), options


def batches(data: Any, **options: Any) -> Writer:
    """Runs `line_batches`; each batch is dropped before the next one is encoded, as in `write`."""
    from aioinflux import line_batches

    args, more = arguments(data)

    def run() -> None:
        for _ in line_batches(*args, **more, **options):
            pass

    return run, lambda _: b"".join(map(bytes, line_batches(*args, **more, **options)))


def one_text(data: Any, **options: Any) -> Writer:
    """Runs `to_line_protocol`, which allocates new memory for all lines at every call."""
    from aioinflux import to_line_protocol

    args, more = arguments(data)
    return lambda: to_line_protocol(*args, **more, **options), same


def each_point(points: list[dict[str, Any]], call: Callable[[Any], object]) -> Callable[[], None]:
    """Calls the function `call` once for each point."""

    def run() -> None:
        for point in points:
            call(point)

    return run


def table(body: bytes, form: str, output: str) -> Callable[[], Any]:
    """Runs `parse_response` to convert a complete answer to a table."""
    from aioinflux import parse_response

    return lambda: parse_response(body, content_type=TYPES[form], output=output)


def rows(body: bytes, take: Take, dicts: bool) -> Callable[[], Any]:
    """Runs `parse_response` to convert a chunked answer to rows."""
    from aioinflux import parse_response

    output = "dicts" if dicts else "rows"
    options = {"content_type": TYPES["json"], "output": output, "chunked": True}
    return lambda: take([parse_response(body, **options)])


def stream(url: str) -> Callable[[], Any]:
    """Runs `InfluxDBClient.stream`, and drops each DataFrame before the next one is received."""
    from aioinflux import InfluxDBClient

    client = InfluxDBClient(url, mode="blocking", token="no-token", org="bench", server="2.x")

    def run() -> int:
        return sum(len(frame) for frame in client.stream(QUERY, output="pandas"))

    return run
