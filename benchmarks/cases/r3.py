"""Family R3 of the benchmarks: the answer to a Flux query, with a million rows of annotated CSV, is
converted to one table, or streamed from a server.

The rows are in one table of the answer, or in a thousand tables that share a schema. Both become
one DataFrame.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

from .. import answers, flux, ours, readers
from ..case import OURS, Case, Demand, Results, Subject, Work
from ..flux import Form
from ..served import serving

ROWS = answers.ROWS
FEWER = 100_000
# The number of rows in each table, in the cases with many tables.
PART = 1000
MEMORY_MB = 32
PYARROW, CLIENT = "pyarrow.csv", "influxdb-client"
GIVEN = "gets the types of the columns, and plain CSV: it cannot read the annotations"
RECORDS = "yields records instead of DataFrames"
Reader = Callable[[bytes], Callable[[], Any]]


def pinned(threads: int) -> None:
    """Limits the process to the first processors, so that all subjects use the same number of
    threads."""
    processors = sorted(os.sched_getaffinity(0))
    if len(processors) < threads:
        raise RuntimeError(f"{len(processors)} processors instead of {threads}")
    os.sched_setaffinity(0, processors[:threads])


def subject(reader: Reader, form: Form, part: int | None, threads: int, **options: Any) -> Subject:
    def read(rows: int) -> Callable[[], Any]:
        return reader(flux.path(form, rows, part).read_bytes())

    def make(rows: int) -> Work:
        pinned(threads)
        run = read(rows)
        # The results of the subjects are compared for a smaller answer, which also suits peers that
        # get fewer rows.
        small = read(FEWER)
        return Work(run, lambda: flux.digest(small()))

    return Subject(make, **options)


def case(form: Form, output: str, part: int | None = None, threads: int = 2) -> Case:
    """Only the DataFrame of pandas is compared with influxdb-client, which has no other table."""
    stand = partial(subject, form=form, part=part, threads=threads)
    by_pyarrow = partial(readers.pyarrow_csv, output=output, threads=threads)
    subjects = {
        OURS: stand(lambda body: ours.table(body, "csv", output)),
        PYARROW: stand(by_pyarrow, note=GIVEN),
    }
    # The target for many tables is the peer that users have; pyarrow does not see tables.
    least = {} if part else {PYARROW: 2.0}
    if output == "pandas":
        subjects[CLIENT] = stand(readers.influxdb_client_frame, rows=FEWER)
        least[CLIENT] = 30.0 if part else 50.0
    tables = f", {ROWS // part:,} tables" if part else ""
    return Case(
        name=f"R3 {form} to {output}{tables}, {threads} thread{'s' * (threads > 1)}",
        rows=ROWS,
        subjects=subjects,
        at_least=least,
        compare=answers.compare,
    )


def streamed(run: Callable[[str], Callable[[], Any]], form: Form, **options: Any) -> Subject:
    """Returns a subject that reads the answer from a server in another process, which ends with
    this process."""

    def make(rows: int) -> Work:
        server = ExitStack()
        atexit.register(server.close)
        return Work(run(server.enter_context(serving(flux.path(form, rows, PART)))))

    return Subject(make, **options)


def memory(results: Results) -> tuple[str, bool]:
    added = results[OURS].added_mb
    return f"{added:.0f} MB", added <= MEMORY_MB


def stream(form: Form) -> Case:
    return Case(
        name=f"R3 {form} streamed to pandas",
        rows=ROWS,
        subjects={
            OURS: streamed(ours.stream, form),
            CLIENT: streamed(readers.influxdb_client_records, form, rows=FEWER, note=RECORDS),
        },
        demands=(Demand(f"memory <= {MEMORY_MB} MB", memory),),
    )


CASES = [
    *(
        case(form, output)
        for form in ("wide", "long")
        for output in ("pandas", "pyarrow", "polars")
    ),
    *(case(form, "pyarrow", threads=1) for form in ("wide", "long")),
    *(case(form, "pandas", PART) for form in ("wide", "long")),
    stream("wide"),
]
