"""Tests `aioinflux.test_utils`: its points have the same shape as in the original, and distinct
times."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest

from aioinflux.test_utils import random_dataframe, random_point, random_points
from support import Calls, Database


def test_point_has_the_shape_of_the_original() -> None:
    point = random_point()
    assert point["measurement"] == "test_measurement"
    assert point["tags"] == {"tag key with sp🚀ces": 'tag,value,with"commas"'}
    number = point["fields"].pop("fi\neld_k\\ey")
    assert isinstance(number, int)
    assert 0 <= number <= 200
    assert point["fields"] == {"quote": '"'}


def test_times_grow_strictly_even_across_calls() -> None:
    times = [p["time"] for p in [*random_points(2000), random_point(), *random_points(3)]]
    assert all(a < b for a, b in itertools.pairwise(times))


def test_number_of_points() -> None:
    assert len(random_points()) == 10
    assert len(random_points(3)) == 3


def test_frame_has_the_shape_of_the_original() -> None:
    df = random_dataframe()
    assert df.shape == (50, 6)
    assert df.columns.is_unique
    assert all(len(name) == 3 and name.isupper() for name in df.columns[:5])
    assert df.columns[5] == "tag"
    assert set(df["tag"]) <= set("ABCDE")
    assert isinstance(df.index, pd.DatetimeIndex)
    assert str(df.index.tz) == "UTC"
    assert set(df.index.to_series().diff().dropna()) == {pd.Timedelta(minutes=90)}


def test_points_can_be_written(client: Calls, database: Database) -> None:
    points = random_points(100)
    with pytest.warns(UserWarning, match="newline"):
        assert client.write(points) is True
    stored = database.points()
    assert len(stored) == 100
    assert set(stored[0]["fields"]) == {"field_k\\ey", "quote"}


def test_frame_can_be_written(client: Calls, database: Database) -> None:
    assert client.write(random_dataframe(), "prices", ["tag"], asset_class="equities") is True
    assert len(database.points()) == 50
