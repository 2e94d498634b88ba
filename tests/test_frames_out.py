"""Tests answers as DataFrames: index, columns, dtypes, names, and the answers that stay a dict."""

from __future__ import annotations

import pandas as pd
import pytest

from aioinflux import AsyncInfluxDBClient, InfluxDBError
from scripted import Scripted, results
from support import Database

EXACT = 9007199254740993


def test_one_series_is_a_frame(frames: AsyncInfluxDBClient) -> None:
    times = [1491963424224703000, 1491963424375146000]
    frames.write([f'm f=1.0,i=1i,s="x",b=true {times[0]}', f"m f=2.5,i=2i {times[1]}"])
    df = frames.query("SELECT f, i, s, b FROM m")
    assert isinstance(df, pd.DataFrame)
    assert list(df.columns) == ["f", "i", "s", "b"]
    assert str(df.index.dtype) == "datetime64[ns, UTC]"
    assert df.index.name is None
    assert list(df.index.asi8) == times
    assert df.shape == (2, 4)


def test_name_and_attributes_tell_the_series(frames: AsyncInfluxDBClient) -> None:
    frames.write("m,t=a f=1 1")
    df = frames.query("SELECT f FROM m GROUP BY t")
    assert df.name == "m"
    assert df.attrs == {"measurement": "m", "tags": {"t": "a"}}
    assert df.copy().attrs == df.attrs


def test_column_called_name_is_not_overwritten(frames: AsyncInfluxDBClient) -> None:
    frames.write('m name="kept" 1')
    df = frames.query("SELECT * FROM m")
    assert list(df["name"]) == ["kept"]
    assert df.attrs["measurement"] == "m"


def test_dtypes_follow_the_servers_types(frames: AsyncInfluxDBClient) -> None:
    frames.write([f'm f={n}.0,i={EXACT + n}i,s="{n}",b=true {n}' for n in range(3)])
    df = frames.query("SELECT f, i, s, b FROM m")
    assert str(df["f"].dtype) == "float64"
    assert str(df["i"].dtype) == "int64"
    assert str(df["b"].dtype) == "bool"
    assert list(df["i"]) == [EXACT, EXACT + 1, EXACT + 2]
    assert list(df["s"]) == ["0", "1", "2"]


def test_nulls_lose_nothing(frames: AsyncInfluxDBClient) -> None:
    frames.write([f'm f=1.0,i={EXACT}i,s="x",b=false 1', "m other=1 2"])
    df = frames.query("SELECT * FROM m")
    assert str(df["i"].dtype) == "Int64"
    assert str(df["b"].dtype) == "boolean"
    assert str(df["f"].dtype) == "float64"
    assert (df["i"].iloc[0], df["b"].iloc[0], df["s"].iloc[0]) == (EXACT, False, "x")
    assert df[["f", "i", "s", "b"]].iloc[1].isna().all()


def test_whole_floats_can_be_written_back(frames: AsyncInfluxDBClient, database: Database) -> None:
    frames.write(["m f=1.0,i=1i 1", "m f=2.0,i=2i 2"])
    df = frames.query("SELECT f, i FROM m")
    assert frames.write(df, "m") is True
    assert frames.write(df, "copy") is True
    assert database.types() == {"f": "float", "i": "integer"}
    pd.testing.assert_frame_equal(frames.query("SELECT f, i FROM copy"), df)


def test_several_series_are_a_list_of_pairs(frames: AsyncInfluxDBClient) -> None:
    frames.write(["a f=1 1", "b f=2 2"])
    found = frames.query("SELECT f FROM a, b")
    assert isinstance(found, list)
    assert [(name, list(df["f"])) for name, df in found] == [("a", [1.0]), ("b", [2.0])]


def test_several_statements_are_a_list_of_pairs(frames: AsyncInfluxDBClient) -> None:
    frames.write(["a f=1 1", "b f=2 2"])
    found = frames.query("SELECT f FROM a; SELECT f FROM b")
    assert [(name, list(df["f"])) for name, df in found] == [("a", [1.0]), ("b", [2.0])]


def test_group_tags_become_columns(frames: AsyncInfluxDBClient) -> None:
    frames.write(["m,host=a,region=x f=1 1", "m,host=b f=2 2"])
    found = frames.query("SELECT f FROM m GROUP BY host, region")
    assert {name for name, _ in found} == {"m"}
    (first, second) = (df for _, df in found)
    assert list(first.columns) == ["f", "host", "region"]
    assert (list(first["host"]), list(first["region"])) == (["a"], ["x"])
    assert list(second["host"]) == ["b"]
    whole = pd.concat([first, second])
    assert list(whole["host"]) == ["a", "b"]


def test_labels_are_those_that_pandas_makes_and_each_frame_has_its_own(
    frames: AsyncInfluxDBClient,
) -> None:
    frames.write(['m,host=a f=1,s="x" 1', 'm,host=b f=2,s="y" 2'])
    (first, second) = (df for _, df in frames.query("SELECT f, s FROM m GROUP BY host"))
    pd.testing.assert_index_equal(
        first.columns, pd.DataFrame({"f": [], "s": [], "host": []}).columns
    )
    first.columns.name = "of the first"
    assert second.columns.name is None
    assert frames.query("SELECT f, s FROM m GROUP BY host")[0][1].columns.name is None
    # Tags have the same dtype as columns of text.
    assert first["host"].dtype == first["s"].dtype == pd.Series(["x"]).dtype


def test_group_tag_named_like_a_field_overwrites_nothing(frames: AsyncInfluxDBClient) -> None:
    frames.write("m,x=tag x=5i 1")
    df = frames.query("SELECT x::field AS x FROM m GROUP BY x")
    assert list(df["x"]) == [5]
    assert list(df["x_1"]) == ["tag"]


def test_columns_of_the_same_name_both_stay(frames: AsyncInfluxDBClient) -> None:
    frames.write("m f=1,g=2 1")
    df = frames.query("SELECT f, f, g FROM m")
    assert df.shape == (1, 3)
    assert len(set(df.columns)) == 3


def test_time_zero_and_times_before_it_are_times(frames: AsyncInfluxDBClient) -> None:
    frames.write(["m f=1 0", "m f=2 -1"])
    df = frames.query("SELECT f FROM m")
    assert list(df.index.asi8) == [-1, 0]


@pytest.mark.parametrize("epoch", ["s", "ms", "h", "ns"])
def test_epoch_does_not_change_the_index(frames: AsyncInfluxDBClient, epoch: str) -> None:
    frames.write("m f=1 1491963424224703001")
    df = frames.query("SELECT f FROM m", epoch=epoch)
    assert list(df.index.asi8) == [1491963424224703001]


@pytest.mark.parametrize(
    "text",
    ["SHOW DATABASES", "SHOW MEASUREMENTS", "SHOW USERS", "SELECT * FROM nothing", "SHOW TAG KEYS"],
)
def test_answers_without_times_are_the_raw_dict(
    frames: AsyncInfluxDBClient, database: Database, text: str
) -> None:
    frames.write("m,t=a f=1 1")
    assert frames.query(text) == database.query(text)


def test_one_statement_without_series_gives_the_raw_dict(
    frames: AsyncInfluxDBClient, database: Database
) -> None:
    frames.write("m f=1 1")
    text = "SELECT f FROM m; SELECT f FROM nothing"
    assert frames.query(text) == database.query(text)


def test_statement_error_is_an_error(frames: AsyncInfluxDBClient) -> None:
    with pytest.raises(InfluxDBError, match="nowhere"):
        frames.query("SELECT f FROM nowhere..m")


def test_json_is_read_where_the_server_has_no_msgpack() -> None:
    series = {"name": "m", "columns": ["time", "f", "i"], "values": [[1, 1.5, EXACT], [2, None, 2]]}
    with Scripted(results({"series": [series]})) as server:
        client = AsyncInfluxDBClient(server.host, server.port, mode="dataframe")
        df = client.query("SELECT * FROM m")
    assert list(df.index.asi8) == [1, 2]
    assert str(df["f"].dtype) == "float64"
    assert list(df["i"]) == [EXACT, 2]


def test_write_and_ping_work_in_dataframe_mode(frames: AsyncInfluxDBClient) -> None:
    assert frames.write("m f=1 1") is True
    assert isinstance(frames.ping(), dict)


def test_aggregates_with_groups_of_time(frames: AsyncInfluxDBClient) -> None:
    frames.write([f"m f={n} {n * 60_000_000_000}" for n in range(4)])
    df = frames.query("SELECT mean(f), count(f) FROM m WHERE time < 4m GROUP BY time(2m)")
    assert list(df["mean"])[:2] == [0.5, 2.5]
    assert list(df["count"])[:2] == [2, 2]
