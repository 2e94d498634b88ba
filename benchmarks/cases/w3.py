"""Family W3 of the benchmarks: a DataFrame of a million rows, with 2 tags, a float, an integer, a
boolean and a string with special characters."""

from __future__ import annotations

from functools import partial
from typing import Any

from .. import data, lines, ours, writers
from ..case import OURS, Case, Demand
from .one import MEMORY_OF_ONE, ONE, as_fast
from .w2 import FEWER, MEMORY_MB, OFFICIAL, ONE_LEAST, ROWS, SLUICEBOX, memory, subject


def hard(_: int) -> Any:
    return data.hard_frame()


def case(name: str, tags: data.Tags, threads: int = 1) -> Case:
    frames = partial(data.mixed, tags=tags)
    subjects = {
        OURS: subject(partial(ours.batches, threads=threads), frames, hard),
        "questdb": subject(partial(writers.questdb_frame, threads=threads), frames, hard),
    }
    least: dict[str, float] = {"questdb": 2.9}
    demands = [Demand(f"memory besides the frame <= {MEMORY_MB} MB", memory)]
    if threads == 1 or tags == "object":
        subjects[ONE] = subject(partial(ours.one_text, threads=threads), frames)
        demands.append(MEMORY_OF_ONE)
    if threads == 1:
        demands.append(as_fast("questdb", ONE_LEAST))
    if threads == 1 and tags == "object":
        subjects |= {
            "aioinflux 0.9.0": subject(writers.aioinflux_old, frames, hard, rows=FEWER, old=True),
            "influxdb": subject(writers.influxdb_frame, frames, hard, rows=FEWER),
            "influxdb-client": subject(writers.influxdb_client_frame, frames, hard, rows=FEWER),
            "influxdb3-python": subject(writers.influxdb3_frame, frames, hard, rows=FEWER),
            "sluicebox": subject(writers.sluicebox_frame, frames, hard, rows=FEWER),
        }
        least |= {"aioinflux 0.9.0": 25.0, **dict.fromkeys(OFFICIAL, 25.0), "sluicebox": SLUICEBOX}
    return Case(
        name=f"W3 {name}, {threads} thread{'s' * (threads > 1)}",
        rows=ROWS,
        subjects=subjects,
        at_least=least,
        demands=tuple(demands),
        compare=lines.compare,
    )


CASES = [
    case("object", "object"),
    case("object", "object", threads=2),
    case("pandas str", "str"),
    case("pandas str", "str", threads=2),
]
