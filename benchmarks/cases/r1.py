"""R1: an answer of a million rows, as a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import answers, ours, readers
from ..case import OURS, Case, Subject, Work

ROWS = answers.ROWS
FEWER = 100_000
OUTPUTS = ("pandas", "pyarrow", "polars")


def subject(reader: Callable[[bytes], Callable[[], Any]], form: str, **options: Any) -> Subject:
    def make(rows: int) -> Work:
        run = reader(answers.body(form, rows))
        # Compared by what a smaller answer becomes: the same for those who get fewer rows.
        small = reader(answers.body(form, FEWER))
        return Work(run, lambda: answers.digest(small()))

    return Subject(make, **options)


def case(form: str, output: str) -> Case:
    """Peers stand beside pandas; the other outputs are compared with the same figures."""
    subjects = {OURS: subject(lambda body: ours.table(body, form, output), form)}
    if form == "json":
        subjects |= {
            "orjson + numpy by hand": subject(readers.by_hand, form),
            "aioinflux 0.9.0": subject(readers.aioinflux_old, form, rows=FEWER, old=True),
            "influxdb": subject(lambda b: readers.influxdb_frame(b, form), form, rows=FEWER),
        }
        least = {"orjson + numpy by hand": 14.0, "aioinflux 0.9.0": 20.0}
    else:
        subjects["influxdb"] = subject(lambda b: readers.influxdb_frame(b, form), form, rows=FEWER)
        least = {"influxdb": 75.0}
    return Case(
        name=f"R1 {form} to {output}",
        rows=ROWS,
        subjects=subjects,
        at_least=least,
        compare=answers.compare,
    )


CASES = [case(form, output) for form in ("json", "msgpack") for output in OUTPUTS]
