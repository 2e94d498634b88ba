"""Family R1 of the benchmarks: an answer of a million rows is converted to one table, or to a
hundred tables, one for each series.

The case with many series has no target, because the fixed cost of a series (without its rows) is
spent mostly in Python code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import answers, ours, readers
from ..case import OURS, Case, Subject, Work

ROWS = answers.ROWS
FEWER = 100_000
# The number of rows in each series, in the case with many series.
PART = 10_000
OUTPUTS = ("pandas", "pyarrow", "polars")
Reader = Callable[[bytes], Callable[[], Any]]


def subject(reader: Reader, form: str, part: int | None, **options: Any) -> Subject:
    def body(rows: int) -> bytes:
        return answers.body(form, rows, part, grouped=part is not None)

    def make(rows: int) -> Work:
        run = reader(body(rows))
        # The results of the subjects are compared for a smaller answer, which also suits peers that
        # get fewer rows.
        small = reader(body(FEWER))
        return Work(run, lambda: answers.digest(small()))

    return Subject(make, **options)


def case(form: str, output: str, part: int | None = None) -> Case:
    """All our outputs are compared with the peers, which return pandas DataFrames."""

    def stand(reader: Reader, **options: Any) -> Subject:
        return subject(reader, form, part, **options)

    influxdb = stand(lambda body: readers.influxdb_frame(body, form), rows=FEWER)
    subjects = {OURS: stand(lambda body: ours.table(body, form, output))}
    if form == "json":
        subjects |= {
            "orjson + numpy by hand": stand(readers.by_hand, both_gc=True),
            "aioinflux 0.9.0": stand(readers.aioinflux_old, rows=FEWER, old=True),
            "influxdb": influxdb,
        }
        least = {"orjson + numpy by hand": 14.0, "aioinflux 0.9.0": 20.0}
    else:
        subjects["influxdb"] = influxdb
        least = {"influxdb": 75.0}
    return Case(
        name=f"R1 {form} to {output}" + (", 100 series" if part else ""),
        rows=ROWS,
        subjects=subjects,
        at_least={} if part else least,
        compare=answers.compare,
    )


FORMS = ("json", "msgpack")
CASES = [
    *(case(form, output) for form in FORMS for output in OUTPUTS),
    *(case(form, "pandas", PART) for form in FORMS),
]
