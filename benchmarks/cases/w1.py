"""Family W1 of the benchmarks: 100,000 points as dicts. In W1s, each of these points is encoded
with a separate call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from .. import data, lines, ours, writers
from ..case import OURS, Case, Demand, Results, Subject, Work
from ..writers import Writer
from .one import MEMORY_OF_ONE, ONE, as_fast

ROWS = 100_000
SINGLE_ROWS = 20_000
PEERS = ("aioinflux 0.9.0", "influxdb", "influxdb-client", "influxdb3-python")


def subject(writer: Callable[[Any], Writer], time: Any = "int", **options: Any) -> Subject:
    def text(points: list[dict[str, Any]]) -> str:
        run, text_of = writer(points)
        return lines.head(text_of(run()))

    def make(rows: int) -> Work:
        points = data.points(rows, time)
        run, _ = writer(points)

        def check() -> dict[str, str]:
            hard = lines.hard(lambda: text(data.hard_points()))
            return {"data": text(points[: lines.KEPT]), "hard": hard}

        return Work(run, check)

    return Subject(make, **options)


def bare(
    make: Callable[[list[dict[str, Any]]], Callable[[], object]], time: Any = "int"
) -> Subject:
    """Returns a subject whose result is something other than lines, so that the results are not
    compared."""
    return Subject(lambda rows: Work(make(data.points(rows, time))))


def walk(points: list[dict[str, Any]]) -> Callable[[], object]:
    from bench_anchors import walk

    return lambda: walk(points)


def dicts(time: Literal["int", "datetime"]) -> Case:
    return Case(
        name=f"W1 {time}",
        rows=ROWS,
        subjects={
            OURS: subject(ours.batches, time),
            ONE: subject(ours.one_text, time),
            "questdb row": subject(writers.questdb_rows, time),
            "orjson.dumps": bare(lambda points: writers.orjson_points(points)[0], time),
            "bare walk": bare(walk, time),
            "aioinflux 0.9.0": subject(writers.aioinflux_old, time, old=True),
            "influxdb": subject(writers.influxdb_points, time),
            "influxdb-client": subject(writers.influxdb_client_points, time),
            "influxdb3-python": subject(writers.influxdb3_points, time),
            "sluicebox": subject(writers.sluicebox_points, time),
        },
        at_least={
            "questdb row": 3.5,
            "orjson.dumps": 1.5,
            "sluicebox": 12,
            **dict.fromkeys(PEERS, 45),
        },
        at_most={"bare walk": 2.1},
        demands=(as_fast("questdb row", 3), MEMORY_OF_ONE),
        compare=lines.compare,
    )


def single(points: list[dict[str, Any]]) -> Callable[[], object]:
    from aioinflux import to_line_protocol

    return ours.each_point(points, to_line_protocol)


def empty_call(points: list[dict[str, Any]]) -> Callable[[], object]:
    from bench_anchors import nothing

    return ours.each_point(points, nothing)


def over_empty(results: Results) -> tuple[str, bool]:
    each = (results[OURS].seconds - results["empty call"].seconds) / SINGLE_ROWS
    return f"{each * 1e6:.2f} µs", each <= 0.6e-6


CASES = [dicts("int"), dicts("datetime")]
SINGLE = [
    Case(
        name="W1s 20,000 calls",
        rows=SINGLE_ROWS,
        subjects={
            OURS: bare(single),
            "empty call": bare(empty_call),
            "questdb row": subject(writers.questdb_rows),
        },
        at_least={"questdb row": 2},
        demands=(Demand("a point over an empty call <= 0.6 µs", over_empty),),
    )
]
