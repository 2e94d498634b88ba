"""Family R2 of the benchmarks: the answer of R1, in chunks of 10,000 rows, is converted to rows."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import partial
from typing import Any

from .. import answers, ours, readers
from ..case import OURS, Case, Subject, Work
from ..readers import Take

FEWER = 100_000
FEWEST = 20_000


def subject(reader: Callable[[bytes], Callable[[], Any]], collect: bool, **options: Any) -> Subject:
    def make(rows: int) -> Work:
        run = reader(answers.body("json", rows, answers.CHUNK))

        def measured() -> object:
            (gc.enable if collect else gc.disable)()
            return run()

        return Work(measured)

    return Subject(make, **options)


def case(kind: str, take: Take, collect: bool, least: float) -> Case:
    dicts = kind == "dicts"
    options: dict[str, Any] = {"take": take, "dicts": dicts}
    old = partial(readers.aioinflux_old_rows, **options)
    subjects = {
        OURS: subject(partial(ours.rows, **options), collect),
        "orjson": subject(partial(readers.orjson_rows, **options), collect),
        "aioinflux 0.9.0": subject(old, collect, rows=FEWER, old=True),
    }
    if dicts:
        reader = partial(readers.influxdb_rows, take=take)
        subjects["influxdb"] = subject(reader, collect, rows=FEWEST)
    how = "kept" if take is readers.keep else "iterated"
    return Case(
        name=f"R2 {kind} {how}, gc {'on' if collect else 'off'}",
        rows=answers.ROWS,
        subjects=subjects,
        at_least={"orjson": least},
    )


CASES = [
    case("tuples", readers.consume, collect=False, least=1.2),
    case("dicts", readers.consume, collect=False, least=1.8),
    case("tuples", readers.consume, collect=True, least=3),
    case("dicts", readers.consume, collect=True, least=3),
    case("tuples", readers.keep, collect=True, least=3),
]
