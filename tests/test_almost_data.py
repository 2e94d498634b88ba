"""Tests answers that are written back, and almost valid data, which is either written or refused
with a hint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pytest

from aioinflux import InfluxDBClient, line_batches, to_line_protocol
from support import Database, Wire

POINTS = [
    "cpu,host=a load=0.5,n=1i 1",
    "cpu,host=b load=1.5,n=2i 2",
    "mem,host=a free=3i 3",
]
LINES = b"x f=1i 1\nx f=2i 2\ny f=3i 3\n"


def frame(*values: int) -> pd.DataFrame:
    return pd.DataFrame({"f": list(values)}, index=pd.to_datetime(list(values)))


def table(*values: int) -> pl.DataFrame:
    return pl.DataFrame({"time": values, "f": values})


@pytest.mark.parametrize("output", ["arrow", "pyarrow", "polars", "pandas"])
def test_several_series_of_an_answer_are_written_with_their_names(
    either: Any, database: Database, output: str
) -> None:
    either.write(POINTS)
    before = database.points()
    series = either.query("SELECT * FROM cpu; SELECT * FROM mem", output=output)
    assert [name for name, _ in series] == ["cpu", "mem"]
    for measurement in ("cpu", "mem"):
        database.query(f"DROP MEASUREMENT {measurement}")
    assert either.write(series, tag_columns=["host"]) is True
    assert database.points() == before
    lines = to_line_protocol(series, tag_columns=["host"])
    assert sorted(lines.decode().splitlines()) == sorted(POINTS)
    batches = line_batches(series, tag_columns=["host"], batch_lines=1)
    assert b"".join(batches) == lines


@pytest.mark.parametrize("output", ["arrow", "pyarrow", "polars", "pandas"])
def test_a_measurement_of_the_call_takes_precedence_over_names(
    either: Any, database: Database, output: str
) -> None:
    either.write(POINTS)
    series = either.query("SELECT load FROM cpu GROUP BY host", output=output)
    either.write(series, "copy", tag_columns=["host"])
    (one, two) = (point for point in database.points() if point["measurement"] == "copy")
    assert (one["tags"], two["tags"]) == ({"host": "a"}, {"host": "b"})


def test_one_table_of_an_answer_carries_its_name(either: Any) -> None:
    either.write(POINTS)
    one = either.query("SELECT free FROM mem", output="arrow")
    assert to_line_protocol(one) == b"mem free=3i 3\n"
    assert to_line_protocol(one, "copy") == b"copy free=3i 3\n"


def test_the_dict_of_frames_of_0_9_is_written_with_its_names(database: Database) -> None:
    server = database.server
    client = InfluxDBClient(server.host, server.port, mode="blocking", db=database.name)
    client.write(POINTS)
    before = database.points()
    frames = client.query("SELECT load, n FROM cpu GROUP BY host", output="dataframe")
    assert list(frames) == ["cpu,host=a", "cpu,host=b"]
    both = client.query("SELECT * FROM cpu; SELECT * FROM mem", output="dataframe")
    lines = to_line_protocol(both, tag_columns=["host"])
    assert sorted(lines.decode().splitlines()) == sorted(POINTS)
    database.query("DROP MEASUREMENT cpu")
    client.write(frames, tag_columns=["host"])
    assert database.points() == before


def pairs() -> Iterator[tuple[str, Any]]:
    yield "x", frame(1, 2)
    yield "y", table(3)


@pytest.mark.parametrize(
    "data",
    [
        lambda: [("x", frame(1, 2)), ("y", frame(3))],
        lambda: [("x", table(1, 2)), ("y", pa.table(table(3)))],
        lambda: (("x", table(1)), ("x", table(2)), ("y", table(3))),
        lambda: pairs(),
        lambda: {"x": frame(1, 2), "y": table(3)},
        lambda: {"x": frame(1, 2), "y": table(3)}.items(),
        lambda: [{"x": frame(1, 2)}, ("y", table(3))],
        lambda: [("x", frame(1)), "x f=2i 2", ("y", frame(3))],
        lambda: [(np.str_("x"), frame(1, 2)), ("y", frame(3))],
    ],
    ids=["frames", "tables", "tuple", "generator", "dict", "items", "nested", "lines", "numpy"],
)
def test_tables_with_names_are_written(sends: Wire, data: Any) -> None:
    assert to_line_protocol(data()) == LINES
    assert b"".join(line_batches(data(), batch_lines=1)) == LINES
    assert sends(data()) == LINES.decode().splitlines()


def test_a_pair_alone_is_a_table_with_a_name() -> None:
    assert to_line_protocol(("x", frame(1))) == b"x f=1i 1\n"
    assert to_line_protocol((None, frame(1)), "x") == b"x f=1i 1\n"
    assert to_line_protocol((float("nan"), frame(1)), "x") == b"x f=1i 1\n"
    with pytest.raises(ValueError, match="Missing 'measurement'"):
        to_line_protocol((None, frame(1)))


def test_a_name_stands_where_the_measurement_column_is_null() -> None:
    named = frame(1, 2).assign(name=["z", None])
    lines = to_line_protocol([("x", named)], measurement_column="name")
    assert lines == b"z f=1i 1\nx f=2i 2\n"


def test_a_key_is_the_measurement_even_of_a_frame_from_another() -> None:
    one = frame(1)
    one.attrs = {"measurement": "cpu", "tags": {"host": "a"}}
    assert to_line_protocol({"cpu_mean": one}) == b"cpu_mean f=1i 1\n"
    assert to_line_protocol({"cpu,host=a": one}) == b"cpu f=1i 1\n"


@pytest.mark.parametrize("kind", [list, tuple, iter, set])
def test_lines_stay_lines(kind: Any) -> None:
    lines = to_line_protocol(kind(["m f=1 1", "m f=2 2"])).splitlines()
    assert sorted(lines) == [b"m f=1 1", b"m f=2 2"]


def test_nested_data_stays_data() -> None:
    point = {"measurement": "m", "fields": {"f": 1}, "time": 1}
    assert to_line_protocol((point, frame(2)), "m") == b"m f=1i 1\nm f=2i 2\n"
    assert to_line_protocol((frame(1), frame(2)), "m") == b"m f=1i 1\nm f=2i 2\n"
    assert to_line_protocol((["m f=1i 1"], frame(2)), "m") == b"m f=1i 1\nm f=2i 2\n"
    assert to_line_protocol(("m f=1i 1", point)) == b"m f=1i 1\nm f=1i 1\n"


GROUPED = pd.DataFrame({"f": [1, 2], "host": ["a", "b"], "n": [1, 2]}, index=pd.to_datetime([1, 2]))
LAZY = table(1, 2).lazy()
DATASET = pa.dataset.dataset(pa.table(table(1, 2)))

REFUSED: dict[str, tuple[Any, str]] = {
    "groupby": (lambda: GROUPED.groupby("host"), "tag_columns="),
    "groupby list": (lambda: GROUPED.groupby(["host"]), "tag_columns="),
    "series groupby": (lambda: GROUPED.groupby("host")["f"], "tag_columns="),
    "resample": (lambda: GROUPED.resample("1s"), "tag_columns="),
    "rolling": (lambda: GROUPED.rolling(2), "tag_columns="),
    "polars groupby": (lambda: table(1, 2).group_by("f"), "tag_columns="),
    "series": (lambda: GROUPED["f"], "to_frame"),
    "polars series": (lambda: table(1, 2)["f"], "to_frame"),
    "index": (lambda: GROUPED.index, "to_frame"),
    "array": (lambda: pa.array([1.5]), "to_frame"),
    "chunks": (lambda: pa.chunked_array([[1.5]]), "to_frame"),
    "lazy": (lambda: LAZY, r"`\.collect\(\)`"),
    "dataset": (lambda: DATASET, r"`\.scanner\(\)\.to_reader\(\)`"),
    "scanner": (lambda: DATASET.scanner(), r"`\.to_reader\(\)`"),
    "number groups": (lambda: iter(GROUPED.groupby("n")), "tag_columns="),
    "tuple groups": (lambda: list(GROUPED.groupby(["host"])), "tag_columns="),
    "partitions": (lambda: table(1, 2).partition_by("f", as_dict=True), "tag_columns="),
    "groups of a series": (lambda: iter(GROUPED.groupby("host")["f"]), "to_frame"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_nearly_data_is_refused_with_what_to_pass_instead(sends: Wire, kind: str) -> None:
    make, hint = REFUSED[kind]
    with pytest.raises(TypeError, match=rf"point 0: .*hint: .*{hint}"):
        to_line_protocol(make(), "m")
    with pytest.raises(TypeError, match=rf"point 1: .*hint: .*{hint}"):
        list(line_batches(["m f=1 1", make()], "m", batch_lines=10))
    with pytest.raises(TypeError, match=hint):
        sends(make(), "m")


def test_what_the_hints_say_is_written() -> None:
    assert to_line_protocol(GROUPED["f"].to_frame("f"), "m") == b"m f=1i 1\nm f=2i 2\n"
    assert to_line_protocol(LAZY.collect(), "m") == b"m f=1i 1\nm f=2i 2\n"
    assert to_line_protocol(DATASET.scanner().to_reader(), "m") == b"m f=1i 1\nm f=2i 2\n"
    assert to_line_protocol(GROUPED, "m", ["host"]).count(b",host=") == 2


@pytest.mark.parametrize("output", ["rows", "dicts", "dict"])
@pytest.mark.parametrize("statement", ["SELECT * FROM cpu", "SELECT * FROM cpu; SELECT * FROM mem"])
def test_cells_of_an_answer_are_refused_with_the_outputs_that_are_tables(
    either: Any, output: str, statement: str
) -> None:
    either.write(POINTS)
    answer = either.query(statement, output=output)
    with pytest.raises((TypeError, ValueError), match=r'point 0: .*hint: .*"arrow"'):
        either.write(answer, "copy")
    with pytest.raises((TypeError, ValueError), match=r'point 0: .*hint: .*"arrow"'):
        to_line_protocol(answer)


@pytest.mark.parametrize("data", [np.array(5), np.array({"a": 1}, dtype=object), pa.scalar([1, 2])])
def test_arrays_without_a_dimension_and_scalars_are_no_data(data: object) -> None:
    with pytest.raises(ValueError, match="Invalid input at point 0: expected"):
        to_line_protocol(data, "m")


class PointSeries:
    """A user's iterable that must not be asked twice for its first item."""

    def __init__(self) -> None:
        self.lines = iter(["m f=1 1", "m f=2 2"])

    def __iter__(self) -> Iterator[str]:
        return self.lines


def test_every_item_of_the_users_own_iterables_is_written() -> None:
    assert to_line_protocol(PointSeries()) == b"m f=1 1\nm f=2 2\n"


@pytest.mark.parametrize("of", [frame, table])
def test_a_name_in_front_of_a_table_is_no_line(of: Any) -> None:
    for data in (["a", of(1)], [["a", of(1)]], ("a", [of(1)]), [("a", [of(1), of(2)])]):
        with pytest.raises(TypeError, match=r"point 0: expected a line, got 'a'; hint: .*a tuple"):
            to_line_protocol(data, "m")
    lines = to_line_protocol(["x f=1i 1", of(2)], "x")
    assert lines == b"x f=1i 1\nx f=2i 2\n"
    assert to_line_protocol([[("a", of(1)), ("b", of(2))]]) == b"a f=1i 1\nb f=2i 2\n"
