"""Family W2 of the benchmarks: a DataFrame of a million rows, with 10 tag columns and 10 random
float64 columns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from .. import data, lines, ours, writers
from ..case import OURS, Case, Demand, Results, Subject, Work
from ..writers import Writer
from .one import MEMORY_OF_ONE, ONE, as_fast

ROWS = 1_000_000
FEWER = 100_000
# The number of rows is smaller than a million, because influxdb3-python calls Python for each row
# of a polars DataFrame.
FEWEST = 20_000
MEMORY_MB = 64
# The minimum ratio of our speed to a peer's when all lines are one `bytes` object, on one thread.
ONE_LEAST = 2.5
OFFICIAL = ("influxdb", "influxdb-client", "influxdb3-python")
SLUICEBOX = 10.0

Frames = Callable[[int], Any]


def polars(rows: int) -> Any:
    import polars

    return polars.from_pandas(data.frame(rows, "str").reset_index(names="time"))


def arrow(rows: int) -> Any:
    return polars(rows).to_arrow()


def text_arrow(rows: int) -> Any:
    """Returns the table with text columns of the type `string`, which most programs produce.

    When polars itself exports a table, the text columns have the type `string_view`.
    """
    import pyarrow as pa

    table = arrow(rows)
    fields = [
        pa.field(
            f.name,
            pa.string() if pa.types.is_large_string(f.type) or "view" in str(f.type) else f.type,
        )
        for f in table.schema
    ]
    return table.cast(pa.schema(fields))


def subject(
    writer: Callable[[Any], Writer], frames: Frames, hard: Frames | None = None, **options: Any
) -> Subject:
    """Returns a subject that encodes DataFrames. The lines of the subject are compared for the
    first rows of the frame, and for the hard points as a frame."""

    def text(frame: Any) -> str:
        run, text_of = writer(frame)
        return lines.head(text_of(run()))

    def make(rows: int) -> Work:
        run, _ = writer(frames(rows))

        def check() -> dict[str, str]:
            found = {"data": text(frames(lines.KEPT))}
            if hard:
                found["hard"] = lines.hard(lambda: text(hard(0)))
            return found

        return Work(run, check)

    return Subject(make, **options)


def floats(threads: int) -> Subject:
    """Returns a subject that formats only the ten float columns as text."""

    def make(rows: int) -> Work:
        from bench_anchors import format_floats

        frame = data.frame(rows)
        columns = [frame[name].to_numpy() for name in data.FIELDS]
        return Work(lambda: format_floats(columns, threads))

    return Subject(make)


def official(frames: Frames) -> dict[str, Subject]:
    """Returns the official clients of InfluxDB, which get fewer rows because they are far more than
    ten times slower than ours."""
    return {
        "aioinflux 0.9.0": subject(writers.aioinflux_old, frames, rows=FEWER, old=True),
        "influxdb": subject(writers.influxdb_frame, frames, rows=FEWER),
        "influxdb-client": subject(writers.influxdb_client_frame, frames, rows=FEWER),
        "influxdb3-python": subject(writers.influxdb3_frame, frames, rows=FEWER),
    }


def sluicebox(frames: Frames, threads: int = 1) -> dict[str, Subject]:
    """Returns the subject for sluicebox, with the same number of threads as ours."""

    def limited(rows: int) -> Any:
        # A function that makes polars DataFrames imports polars.
        writers.polars_threads(threads)
        return frames(rows)

    writer = partial(writers.sluicebox_frame, threads=threads)
    return {"sluicebox": subject(writer, limited, rows=FEWER)}


def memory(results: Results) -> tuple[str, bool]:
    added = results[OURS].added_mb
    return f"{added:.0f} MB", added <= MEMORY_MB


def case(
    name: str,
    frames: Frames,
    questdb: float,
    threads: int = 1,
    questdb_frames: Frames | None = None,
    peers: dict[str, Subject] | None = None,
    anchor: bool = False,
) -> Case:
    """Returns the case for DataFrames of one kind. The peer questdb accepts only pandas. If the
    DataFrame is of another kind, questdb gets a pandas DataFrame with the same rows and `str`
    tags."""
    peers = peers or {}
    note = "" if questdb_frames is None else "as a pandas frame with `str` tags"
    subjects = {
        OURS: subject(partial(ours.batches, threads=threads), frames),
        "questdb": subject(
            partial(writers.questdb_frame, threads=threads), questdb_frames or frames, note=note
        ),
        **peers,
    }
    demands = [Demand(f"memory besides the frame <= {MEMORY_MB} MB", memory)]
    # With two threads, `to_line_protocol` is measured for only one kind of DataFrame.
    if threads == 1 or anchor:
        subjects[ONE] = subject(partial(ours.one_text, threads=threads), frames)
        demands.append(MEMORY_OF_ONE)
    if threads == 1:
        demands.append(as_fast("questdb", ONE_LEAST))
    if anchor:
        subjects["floats alone"] = floats(threads)
    least = {name: 45.0 for name in OFFICIAL if name in peers}
    least |= {"aioinflux 0.9.0": 28.0} if "aioinflux 0.9.0" in peers else {}
    least |= {"sluicebox": SLUICEBOX} if "sluicebox" in peers else {}
    return Case(
        name=f"W2 {name}, {threads} thread{'s' * (threads > 1)}",
        rows=ROWS,
        subjects=subjects,
        at_least={"questdb": questdb, **least},
        at_most={"floats alone": 1.75} if anchor else {},
        demands=tuple(demands),
        compare=lines.compare,
    )


categorical = partial(data.frame, tags="categorical")
objects = partial(data.frame, tags="object")
text = partial(data.frame, tags="str")
short = partial(data.frame, decimals=2)
holes = partial(data.frame, nulls=0.1)
udf = {"influxdb3-python": subject(writers.influxdb3_polars, polars, rows=FEWEST)}

CASES = [
    case(
        "categorical",
        categorical,
        3.4,
        peers=official(categorical) | sluicebox(categorical),
        anchor=True,
    ),
    case("categorical", categorical, 3.4, threads=2, peers=sluicebox(categorical, 2), anchor=True),
    case("object", objects, 3.0, peers=official(objects) | sluicebox(objects)),
    case("object", objects, 3.0, threads=2),
    case("pandas str", text, 2.9, peers=sluicebox(text)),
    case("pandas str", text, 2.9, threads=2),
    case("pyarrow", text_arrow, 2.9, questdb_frames=text),
    case("pyarrow", text_arrow, 2.9, threads=2, questdb_frames=text),
    case("polars", polars, 2.9, questdb_frames=text, peers=udf | sluicebox(polars)),
    case("polars", polars, 2.9, threads=2, questdb_frames=text, peers=sluicebox(polars, 2)),
    case("2 decimals", short, 3.4),
    case("2 decimals", short, 3.4, threads=2),
    case(
        "10 % nulls",
        holes,
        3.4,
        peers={k: v for k, v in official(holes).items() if k != "influxdb"},
    ),
    case("10 % nulls", holes, 3.4, threads=2),
]
