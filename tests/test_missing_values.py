"""Tests that missing values are treated like `None` everywhere, whichever library they come
from."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from aioinflux import line_batches, lineprotocol, to_line_protocol
from aioinflux.serialization.usertype import FLOAT, INT, MEASUREMENT, STR, TAG, TAGENUM, TIMEINT
from support import Database

MISSING: dict[str, object] = {
    "None": None,
    "NaN": float("nan"),
    "float64": np.float64("nan"),
    "float32": np.float32("nan"),
    "float16": np.float16("nan"),
    "longdouble": np.longdouble("nan"),
    "NA": pd.NA,
    "NaT": pd.NaT,
    "datetime64": np.datetime64("NaT"),
    "timedelta64": np.timedelta64("NaT"),
    "masked": np.ma.masked,
    "Decimal": Decimal("NaN"),
    "signaling": Decimal("sNaN"),
    "arrow": pa.scalar(None),
    "arrow float": pa.scalar(None, pa.float32()),
    "arrow text": pa.scalar(None, pa.string()),
    "arrow time": pa.scalar(None, pa.timestamp("ns", "Nowhere/X")),
    "arrow list": pa.scalar(None, pa.list_(pa.int64())),
    "arrow struct": pa.scalar(None, pa.struct([("a", pa.int64())])),
    "arrow NaN": pa.scalar(float("nan")),
    "arrow value": pa.DictionaryArray.from_arrays([0], pa.array([None], pa.string()))[0],
    "polars": pl.Series([None], dtype=pl.Float64)[0],
}
# The names of the missing values that are not hashable, and therefore cannot be keys of a dict.
UNHASHABLE = {"masked", "signaling"}
KEYS = [name for name in MISSING if name not in UNHASHABLE]

missing = pytest.mark.parametrize("value", MISSING.values(), ids=MISSING)
missing_key = pytest.mark.parametrize("value", [MISSING[name] for name in KEYS], ids=KEYS)


def point(**parts: Any) -> dict[str, Any]:
    return {"measurement": "m", "fields": {"f": 1}, "time": 1, **parts}


@lineprotocol
class Typed:
    """A typed point in which each part can be missing."""

    name: MEASUREMENT
    tag: TAG
    member: TAGENUM
    text: STR
    number: FLOAT
    f: INT
    time: TIMEINT

    def __init__(self, value: Any) -> None:
        self.name = self.tag = self.member = self.text = self.number = value
        self.f = self.time = 1


def cells(value: object) -> Any:
    array = np.empty(1, dtype=object)
    array[0] = value
    return array


@missing
def test_a_missing_value_is_left_out_of_a_point(value: object) -> None:
    data = point(tags={"tag": value}, fields={"f": 1, "g": value})
    assert to_line_protocol(data) == b"m f=1i 1\n"
    assert to_line_protocol(point(tags=value)) == b"m f=1i 1\n"


@pytest.mark.parametrize("value", [complex("nan"), np.complex64("nan"), np.clongdouble("nan")])
def test_a_complex_nan_is_no_tag_and_no_measurement_and_is_refused_as_a_field(
    value: object,
) -> None:
    assert to_line_protocol(point(tags={"tag": value}), tag2=value) == b"m f=1i 1\n"
    assert to_line_protocol(point(measurement=value), "other") == b"other f=1i 1\n"
    with pytest.raises(TypeError, match="point 0: field `g`"):
        to_line_protocol(point(fields={"g": value}))


@missing
def test_a_missing_extra_tag_or_default_tag_is_left_out(value: object, database: Database) -> None:
    from aioinflux import InfluxDBClient

    assert to_line_protocol(point(), tag=value) == b"m f=1i 1\n"
    assert b"".join(line_batches(point(), tags={"tag": value})) == b"m f=1i 1\n"
    with InfluxDBClient(
        database.server.host, database.server.port, mode="blocking", db=database.name,
        tags={"tag": value},
    ) as client:  # fmt: skip
        client.write(point())
    assert [one["tags"] for one in database.points()] == [{}]


@missing
def test_a_missing_measurement_is_that_of_the_call(value: object) -> None:
    assert to_line_protocol(point(measurement=value), "other") == b"other f=1i 1\n"
    with pytest.raises(ValueError, match="key `measurement` is missing"):
        to_line_protocol(point(measurement=value))
    data = point()
    del data["measurement"]
    with pytest.raises(ValueError, match="key `measurement` is missing"):
        to_line_protocol(data, value)  # type: ignore[arg-type]


@missing
def test_a_missing_cell_of_a_frame_is_left_out(value: object) -> None:
    frame = pd.DataFrame(
        {"tag": cells(value), "name": cells(value), "g": cells(value), "f": [1]},
        index=pd.to_datetime([1]),
    )
    lines = to_line_protocol(frame, "m", ["tag"], measurement_column="name")
    assert lines == b"m f=1i 1\n"
    kinds = [("time", "i8"), ("tag", "O"), ("name", "O"), ("g", "O"), ("f", "i8")]
    array = np.ones(1, dtype=kinds)
    for name in ("tag", "name", "g"):
        array[name] = cells(value)
    assert to_line_protocol(array, "m", ["tag"], measurement_column="name") == lines


@missing
def test_a_missing_attribute_of_a_typed_point_is_left_out(value: object) -> None:
    assert to_line_protocol(Typed(value)) == b"Typed f=1i 1\n"


@missing_key
@pytest.mark.parametrize("part", ["tags", "fields"])
def test_a_missing_key_is_refused(value: Any, part: str) -> None:
    with pytest.raises(TypeError, match=f"point 0: {part[:-1]}: expected a key of type str"):
        to_line_protocol(point(**{part: {value: 1}}))


@missing_key
def test_a_missing_name_of_an_extra_tag_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="argument `tags`: expected str"):
        to_line_protocol(point(), tags={value: "x"})


@missing
def test_a_missing_label_of_a_column_is_refused(value: object) -> None:
    labels = pd.Index(cells(value), dtype=object)
    frame = pd.DataFrame([[1]], columns=labels, index=pd.to_datetime([1]))
    with pytest.raises(TypeError, match="column: expected str"):
        to_line_protocol(frame, "m")


@missing
def test_none_is_the_servers_time_and_every_other_missing_time_is_refused(value: object) -> None:
    if value is None:
        assert to_line_protocol(point(time=value)) == b"m f=1i\n"
        return
    with pytest.raises(ValueError, match="point 0: key `time`: "):
        to_line_protocol(point(time=value))


@missing
def test_a_missing_value_is_no_data(value: object) -> None:
    with pytest.raises(ValueError, match=r"Invalid input at point 0|`measurement` is missing"):
        to_line_protocol(value)


MASKED: dict[str, Callable[[], Any]] = {
    "records": lambda: np.ma.array(
        [(1, 0.5, True, "a", "x"), (2, 0.25, False, "b", "y")],
        dtype=[("time", "i8"), ("g", "f4"), ("on", "?"), ("tag", "U1"), ("o", "O")],
        mask=[(0, 1, 0, 1, 0), (0, 0, 1, 0, 1)],
    ),
    "strided": lambda: np.ma.array(
        [(1, 0.5, True, "a", "x"), (9, 9, False, "-", "-"), (2, 0.25, False, "b", "y")],
        dtype=[("time", "i8"), ("g", ">f4"), ("on", "?"), ("tag", "U1"), ("o", "O")],
        mask=[(0, 1, 0, 1, 0), (0, 0, 0, 0, 0), (0, 0, 1, 0, 1)],
    )[::2],
}


@pytest.mark.parametrize("kind", MASKED)
def test_a_masked_cell_of_a_structured_array_is_left_out(kind: str) -> None:
    lines = b'm on=true,o="x" 1\nm,tag=b g=0.25 2\n'
    assert to_line_protocol(MASKED[kind](), "m", ["tag"]) == lines


def test_a_masked_number_is_no_tag_and_a_masked_time_is_refused() -> None:
    kinds = [("time", "i8"), ("tag", "f4"), ("f", "i8")]
    array = np.ma.array([(1, 0.1, 1), (2, 0.1, 1)], dtype=kinds, mask=[(0, 1, 0), (0, 0, 0)])
    with pytest.warns(UserWarning, match=r"tag `tag` \(1 in all\)"):
        lines = to_line_protocol(array, "m", ["tag"])
    assert lines == b"m f=1i 1\nm,tag=0.1 f=1i 2\n"
    array["time"][1] = np.ma.masked
    with pytest.raises(ValueError, match="point 1: time `time`: expected a time"):
        to_line_protocol(array[["time", "f"]], "m")
