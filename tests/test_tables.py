"""Tests that a table of any kind produces the same lines as its rows when they are written as
mappings."""

from __future__ import annotations

import random
import warnings
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from aioinflux import line_batches, to_line_protocol

HOSTILE = [
    "a",
    "",
    "é🚀",
    "a b",
    "x,y",
    "k=v",
    'q"\\x',
    "b\\ c",
    "#",
    "l\nf",
    "t\tb",
    "0",
    "nan",
    "é" * 40,
]
"""Texts that need escapes, lose newlines, or go by the plain encoder."""
ROWS = 300


def chosen(seed: int, kind: str) -> Any:
    """Returns a column of the given kind, in the form that numpy or pandas uses for it."""
    numbers = random.Random(seed)
    floats = np.array(
        [numbers.choice([numbers.random(), 1e300, -0.0, 5.0, 1e-7]) for _ in range(ROWS)]
    )
    ints = np.array([numbers.randrange(-(2**62), 2**62) for _ in range(ROWS)])
    texts = [numbers.choice([*HOSTILE, None]) for _ in range(ROWS)]
    nulls = np.array([numbers.random() < 0.2 for _ in range(ROWS)])
    if kind in ("float64", "float32", "float16", ">f8"):
        with np.errstate(over="ignore"):
            values = np.where(np.abs(floats) > 1e4, 1.5, floats).astype(kind)
        values[nulls] = np.nan
        return values
    if kind in ("int64", "int32", "int8", "uint8", "uint16", ">i4"):
        return (ints % 100).astype(kind)
    if kind == "bool":
        return ints % 2 == 0
    if kind in ("Int64", "Int8", "UInt32", "Float64", "boolean"):
        column = pd.array(list(ints % 2), kind)
        column[nulls] = pd.NA
        return column
    if kind in ("str", "string", "string[python]"):
        return pd.Series(texts, dtype=kind).array
    if kind == "category":
        return pd.Categorical(texts)
    if kind == "category int":
        return pd.Categorical(list(ints % 3))
    if kind == "object":
        return np.array(texts, dtype=object)
    if kind == "objects":
        pool = [*HOSTILE, None, 1, 2.5, True, Decimal("1.5"), float("nan"), pd.NA]
        return np.array([numbers.choice(pool) for _ in range(ROWS)], dtype=object)
    arrow = {
        "arrow int": pa.array(np.ma.masked_array(ints, nulls).tolist(), pa.int64()),
        "arrow float": pa.array(np.ma.masked_array(floats, nulls).tolist(), pa.float64()),
        "arrow bool": pa.array(
            [None if n else bool(i % 2) for n, i in zip(nulls, ints, strict=True)]
        ),
        "arrow text": pa.array(texts, pa.string()),
        "arrow large": pa.array(texts, pa.large_string()),
        "arrow codes": pa.array(texts, pa.dictionary(pa.int16(), pa.string())),
        "arrow decimal": pa.array(
            [None if n else Decimal(int(i)) / 4 for n, i in zip(nulls, ints % 999, strict=True)]
        ),
    }[kind]
    cut = numbers.randrange(1, ROWS)
    return pd.arrays.ArrowExtensionArray(pa.chunked_array([arrow[:cut], arrow[cut:]]))


NUMBERS = [
    "float64",
    "float32",
    "float16",
    ">f8",
    "int64",
    "int32",
    "int8",
    "uint8",
    "uint16",
    ">i4",
    "bool",
]
NULLABLE = [
    "Int64",
    "Int8",
    "UInt32",
    "Float64",
    "boolean",
    "arrow int",
    "arrow float",
    "arrow bool",
]
TEXTS = [
    "str",
    "string",
    "string[python]",
    "category",
    "object",
    "arrow text",
    "arrow large",
    "arrow codes",
]
OTHERS = ["category int", "objects", "arrow decimal"]
KINDS = [*NUMBERS, *NULLABLE, *TEXTS, *OTHERS]


def random_frame(seed: int) -> tuple[pd.DataFrame, list[str]]:
    numbers = random.Random(seed)
    tags = {
        f"t{n} é": chosen(seed + n, numbers.choice([*TEXTS, "int64", "objects"])) for n in range(3)
    }
    fields = {f"f {n}": chosen(seed - n, numbers.choice(KINDS)) for n in range(5)}
    names = [*tags, *fields]
    numbers.shuffle(names)
    unit = numbers.choice(["s", "ms", "us", "ns"])
    zone = numbers.choice([None, "UTC", "America/New_York"])
    times = pd.DatetimeIndex(pd.to_datetime(range(ROWS), unit="h", utc=True)).as_unit(unit)
    columns = {name: {**tags, **fields}[name] for name in names}
    df = pd.DataFrame(columns, index=times.tz_convert(zone) if zone else times.tz_localize(None))
    match numbers.randrange(4):
        case 0:
            df = df.iloc[::-2]
        case 1:
            df = df.iloc[17:260]
        case 2:
            df = pd.concat([df.iloc[:100], df.iloc[100:]])
    return df, list(tags)


def as_points(df: pd.DataFrame, tags: list[str]) -> list[dict[str, Any]]:
    """Returns the rows of a table as mappings; each cell is converted separately, which is slow but
    simple."""
    columns = {name: df[name].astype(object).tolist() for name in df.columns}
    return [
        {
            "measurement": "m m",
            "tags": {name: columns[name][row] for name in tags},
            "fields": {name: columns[name][row] for name in df.columns if name not in tags},
            "time": time,
        }
        for row, time in enumerate(df.index)
    ]


@pytest.mark.parametrize("seed", range(60))
def test_frame_is_the_lines_of_its_rows(seed: int) -> None:
    df, tags = random_frame(seed)
    with warnings.catch_warnings(record=True) as of_points:
        warnings.simplefilter("always")
        lines = to_line_protocol(as_points(df, tags), host="h 1")
    with warnings.catch_warnings(record=True) as of_frame:
        warnings.simplefilter("always")
        assert to_line_protocol(df, "m m", tags, host="h 1") == lines
    assert sorted(str(w.message).split(":")[0] for w in of_frame) == sorted(
        str(w.message).split(":")[0] for w in of_points
    )
    for threads in (1, 2, 3):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            batches = list(
                line_batches(df, "m m", tags, batch_lines=64, threads=threads, host="h 1")
            )
        assert b"".join(batches) == lines
        assert all(batch.points + batch.skipped <= 64 for batch in batches)


@pytest.mark.parametrize("values", [np.zeros((4, 3)), np.asfortranarray(np.ones((4, 3)))])
def test_columns_of_a_block_are_read_with_their_stride(values: Any) -> None:
    values[:] = np.arange(12).reshape(4, 3) / 2
    df = pd.DataFrame(values, columns=["a", "b", "c"], index=pd.to_datetime(range(4)))
    for part in (df, df.iloc[::2], df.iloc[::-1]):
        assert to_line_protocol(part, "m") == to_line_protocol(as_points(part, [])).replace(
            b"m\\ m", b"m"
        )


# Other tables


COLUMNS: dict[str, list[Any]] = {
    "host": ["a b", None, "c", "a b"],
    "load": [0.5, float("nan"), None, 1e22],
    "count": [1, None, -3, 4],
    "up": [True, None, False, True],
    "text": ['q"', None, "", "l\nf"],
}
LINES = (
    b'm,host=a\\ b load=0.5,count=1i,up=true,text="q\\"" 1000\n'
    b'm,host=c count=-3i,up=false,text="" 3000\n'
    b'm,host=a\\ b load=1e22,count=4i,up=true,text="l\nf" 4000\n'
)
"""The second row has a tag at most, and no field."""


TABLES = [
    "pyarrow", "chunks", "batch", "reader", "slice", "dictionary", "polars", "polars categories",
    "polars enum", "polars chunks", "duckdb", "pandas",
]  # fmt: skip


def arrow_table() -> pa.Table:
    times = pa.array([1, 2, 3, 4], pa.timestamp("us", "Europe/Berlin"))
    return pa.table({"time": times, **{name: pa.array(v) for name, v in COLUMNS.items()}})


def tables() -> dict[str, Any]:
    table = arrow_table()
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return {
        "pyarrow": table,
        "chunks": pa.concat_tables([table.slice(0, 1), table.slice(1, 0), table.slice(1)]),
        "batch": table.to_batches()[0],
        "reader": table.to_reader(),
        "slice": pa.concat_tables([table, table]).slice(4),
        "dictionary": table.set_column(1, "host", table["host"].dictionary_encode()),
        "polars": frame,
        "polars categories": frame.with_columns(pl.col("host").cast(pl.Categorical)),
        "polars enum": frame.with_columns(pl.col("host").cast(pl.Enum(["c", "a b", "never"]))),
        "polars chunks": pl.concat([frame[:2], frame[2:]], rechunk=False),
        "duckdb": duckdb.from_arrow(table),
        "pandas": table.to_pandas(types_mapper=pd.ArrowDtype),
    }


@pytest.mark.parametrize("kind", TABLES)
def test_every_kind_of_table(kind: str) -> None:
    time_column = "time" if kind == "pandas" else None
    lines = to_line_protocol(tables()[kind], "m", ["host"], time_column=time_column)
    assert lines.replace(b"e+22", b"e22") == LINES
    batches = line_batches(
        tables()[kind], "m", ["host"], time_column=time_column, batch_lines=3, threads=2
    )
    assert [batch.points for batch in batches] == [2, 1]


def test_types_of_arrow() -> None:
    table = pa.table(
        {
            "time": pa.array([date(1970, 1, 2)], pa.date32()),
            "u": pa.array([2**63 - 1], pa.uint64()),
            "i": pa.array([-128], pa.int8()),
            "h": pa.array([np.float16(0.5)], pa.float16()),
            "f": pa.array([0.1], pa.float32()),
            "d": pa.array([Decimal("-12.340")], pa.decimal128(9, 3)),
            "v": pa.array(["é"], pa.string_view()),
            "k": pa.array([7]).dictionary_encode(),
            "n": pa.nulls(1),
        }
    )
    lines = to_line_protocol(table, "m")
    single = float(np.float32(0.1))
    assert (
        lines
        == (
            f'm u=9223372036854775807i,i=-128i,h=0.5,f={single!r},d=-12.34,v="é",k=7i '
            "86400000000000\n"
        ).encode()
    )


@pytest.mark.parametrize("tags", [[], ["n"]], ids=["field", "tag"])
def test_a_polars_column_of_nothing_but_nulls_is_left_out(tags: list[str]) -> None:
    table = pl.DataFrame({"time": [1, 2], "n": [None, None], "f": [1, 2]})
    assert to_line_protocol(table, "m", tags) == b"m f=1i 1\nm f=2i 2\n"


@pytest.mark.parametrize(
    ("values", "texts"),
    [([5, None], ["5"]), ([True, None], ["True"]), ([1e16, 0.5], ["1e+16", "0.5"])],
    ids=["int", "bool", "float"],
)
def test_tags_that_are_no_text_are_python_s(values: list[Any], texts: list[str]) -> None:
    table = pl.DataFrame({"time": [1, 2], "t": values, "f": [1, 1]})
    with pytest.warns(UserWarning, match=rf"tag `t` \({len(texts)} in all\)"):
        lines = to_line_protocol(table, "m", ["t"]).decode().splitlines()
    tags = [f",t={text}" for text in texts] + [""] * (2 - len(texts))
    assert lines == [f"m{tag} f=1i {n}" for n, tag in enumerate(tags, start=1)]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([[1]], pa.list_(pa.int64())),
        pa.array([b"x"]),
        pa.array([datetime(2020, 1, 1, tzinfo=timezone.utc)]),
        pa.array([{"a": 1}]),
        pa.array([5], pa.duration("s")),
    ],
    ids=["list", "bytes", "timestamp", "struct", "duration"],
)
def test_column_that_is_no_field_is_refused_by_its_name(column: Any) -> None:
    with pytest.raises(TypeError, match="column `the column`"):
        to_line_protocol(pa.table({"time": [1], "the column": column}), "m")


@pytest.mark.parametrize("place", ["first", "between", "last"])
def test_a_type_that_arrow_does_not_have_is_refused_by_its_column(place: str) -> None:
    columns = {"time": pl.Series([1]), "first": [1], "between": [2], "last": [3]}
    columns[place] = pl.Series([[1]], dtype=pl.List(pl.Int128))
    with pytest.raises(
        ValueError, match=f"column `{place}`: its type cannot be converted to Arrow: .*128"
    ):
        to_line_protocol(pl.DataFrame(columns), "m")


@pytest.mark.parametrize("kind", [pl.Int128, pl.UInt128])
def test_polars_integers_of_128_bits_are_taken_where_they_fit(kind: Any) -> None:
    table = pl.DataFrame({"time": [1, 2], "f": pl.Series([5, None], dtype=kind), "g": [1, 1]})
    assert to_line_protocol(table, "m") == b"m f=5i,g=1i 1\nm g=1i 2\n"
    table = table.with_columns(f=pl.Series([2**100, None], dtype=kind))
    with pytest.warns(UserWarning, match=r"tag `f` \(1 in all\)"):
        lines = to_line_protocol(table, "m", ["f"])
    assert lines == b"m,f=1267650600228229401496703205376 g=1i 1\nm g=1i 2\n"
    times = pl.DataFrame({"time": pl.Series([7], dtype=kind), "g": [1]})
    assert to_line_protocol(times, "m") == b"m g=1i 7\n"


@pytest.mark.parametrize("kind", [pl.Int128, pl.UInt128])
def test_polars_integers_beyond_64_bits_are_refused_by_point_and_column(kind: Any) -> None:
    column = pl.Series([5, None, 2**63, 2**100], dtype=kind)
    table = pl.DataFrame({"time": range(4), "f": column})
    with pytest.raises(ValueError, match="point 3: field `f`: integer `9223372036854775808` is"):
        to_line_protocol(["m f=1 1", table], "m")


def test_structured_array() -> None:
    kinds = [("time", "M8[s]"), ("t", "U5"), ("f", "f4"), ("n", "i2"), ("o", "O"), ("b", "?")]
    array = np.zeros(6, dtype=kinds)
    array["time"] = np.arange(6)
    array["t"] = ["a b", "", "c", "d", "e", "f"]
    array["f"] = [0.5, np.nan, 2, 3, 4, 5]
    array["o"] = ["x", None, 'q"', 1, 2.5, True]
    lines = to_line_protocol(array[::2], "m", ["t"]).decode().splitlines()
    assert lines == [
        'm,t=a\\ b f=0.5,n=0i,o="x",b=false 0',
        'm,t=c f=2.0,n=0i,o="q\\"",b=false 2000000000',
        "m,t=e f=4.0,n=0i,o=2.5,b=false 4000000000",
    ]
    with pytest.raises(TypeError, match="field `when`"):
        to_line_protocol(array[["time", "n"]].astype([("time", "i8"), ("when", "M8[s]")]), "m")


# Tests the time and the measurement of rows.


def test_time_column() -> None:
    when = pd.to_datetime([1, 2]).tz_localize("UTC")
    texts = ["1970-01-01T00:00:00.000000001Z", "1970-01-01T00:00:00.000000002Z"]
    for values in (when, when.tz_localize(None), [1, 2], texts, pd.array([1, 2], "Int64")):
        df = pd.DataFrame({"when": values, "f": [1, 2]})
        assert to_line_protocol(df, "m", time_column="when") == b"m f=1i 1\nm f=2i 2\n"
    table = pl.DataFrame({"when": [1, 2], "f": [1, 2]})
    assert to_line_protocol(table, "m", time_column="when") == b"m f=1i 1\nm f=2i 2\n"


def test_rows_without_a_time_are_refused() -> None:
    with pytest.raises(ValueError, match="time_column"):
        to_line_protocol(pl.DataFrame({"f": [1, 2]}), "m")
    with pytest.raises(ValueError, match="point 1"):
        to_line_protocol(pl.DataFrame({"time": [1, None], "f": [1, 2]}), "m")
    far = pa.table({"time": pa.array([1, 2**62], pa.timestamp("s")), "f": [1, 2]})
    with pytest.raises(ValueError, match="point 1"):
        to_line_protocol(far, "m")
    df = pd.DataFrame({"when": pd.to_datetime([1, pd.NaT]), "f": [1, 2]})
    with pytest.raises(ValueError, match=r"point 1.*NaT"):
        to_line_protocol(df, "m", time_column="when")


@pytest.mark.parametrize("kind", ["object", "category", "polars"])
def test_measurement_column(kind: str) -> None:
    names = ["a b", "c", None, "a b", ""]
    columns: dict[str, Any] = {"time": range(5), "name": names, "t": list("xyzuv"), "f": range(5)}
    df: Any = pl.DataFrame(columns)
    if kind != "polars":
        df = pd.DataFrame(columns).astype({"name": kind})
    lines = to_line_protocol(
        df, "rest", ["t"], time_column="time", measurement_column="name"
    ).decode()
    assert lines.splitlines() == [
        "a\\ b,t=x f=0i 0",
        "c,t=y f=1i 1",
        "rest,t=z f=2i 2",
        "a\\ b,t=u f=3i 3",
        "rest,t=v f=4i 4",
    ]
    with pytest.raises(ValueError, match="point 2: the point has no measurement"):
        to_line_protocol(df, None, ["t"], time_column="time", measurement_column="name")


@pytest.mark.parametrize("argument", ["time_column", "measurement_column", "tag_columns"])
def test_column_that_is_not_there_is_refused(argument: str) -> None:
    value: Any = ["nope"] if argument == "tag_columns" else "nope"
    with pytest.raises(ValueError, match="`nope`"):
        to_line_protocol(pl.DataFrame({"time": [1], "f": [1]}), "m", **{argument: value})


def test_column_has_one_use() -> None:
    with pytest.raises(ValueError, match="`f` has two roles"):
        to_line_protocol(
            pl.DataFrame({"time": [1], "f": ["1"]}), "m", ["f"], measurement_column="f"
        )


@pytest.mark.parametrize("series", [pd.Series, pl.Series, lambda lines: pd.Index(lines)])
def test_a_column_of_lines_is_no_table(series: Any) -> None:
    assert to_line_protocol(series(["m f=1 1", "m f=2 2"])) == b"m f=1 1\nm f=2 2\n"


@pytest.mark.parametrize("options", [{"tag_columns": ["time"]}, {"measurement_column": "time"}])
def test_the_default_column_of_times_has_no_other_use(options: dict[str, Any]) -> None:
    for table in (
        pl.DataFrame({"time": [1], "f": [1]}),
        np.array([(1, 1)], dtype=[("time", "i8"), ("f", "i8")]),
    ):
        with pytest.raises(ValueError, match="column `time` has two roles"):
            to_line_protocol(table, "m", **options)
