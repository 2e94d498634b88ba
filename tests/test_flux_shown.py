"""Tests plots, named rows and streams of answers to Flux."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from aioinflux import InfluxDBClient, _core, parse_response
from aioinflux._output import NamedRows
from aioinflux._series import SeriesList
from aioinflux.exceptions import InfluxDBQueryError
from flux_reference import CSV, block, captured, csv
from scripted import Scripted, answer
from support import Calls

OUTPUTS = ["arrow", "rows", "dicts", "pandas", "polars", "pyarrow"]


@pytest.fixture(autouse=True)
def figures() -> Iterator[None]:
    """Draws plots in memory, and drops them after each test."""
    mpl.use("Agg")
    yield
    plt.close("all")


def parse(body: bytes, output: str, **options: Any) -> Any:
    return parse_response(body, CSV, output, **options)  # type: ignore[arg-type]


def drawn(made: Any, *args: Any) -> dict[str, list[float]]:
    """Returns the values of each line of a plot, by its label."""
    series = made if isinstance(made, SeriesList) else SeriesList([(None, made)])
    ax = series.plot(*args)
    ax.figure.canvas.draw()
    return {line.get_label(): list(line.get_ydata()) for line in ax.get_lines()}


@pytest.mark.parametrize("output", OUTPUTS)
def test_each_flux_table_is_a_line_over_time(output: str) -> None:
    made = parse(captured("flux windows"), output)
    lines = drawn(made)
    assert list(lines) == [f"cpu value host=h{n}, region=eu" for n in range(3)]
    assert lines["cpu value host=h0, region=eu"][0] == 5.0
    times = plt.gca().get_lines()[0].get_xdata(orig=True).astype("M8[s]").astype(int)
    assert times[0] == 1_700_000_010


@pytest.mark.parametrize("output", OUTPUTS)
def test_tables_of_several_results_are_lines_of_their_own(output: str) -> None:
    results = [block("n", "long", ["0", text], result=text) for text in ("1", "2")]
    made = parse(csv(*results), output)
    ax = SeriesList([(None, made)]).plot()
    assert [list(line.get_ydata()) for line in ax.get_lines()] == [[1.0], [2.0]]


@pytest.mark.parametrize("output", OUTPUTS)
def test_the_number_of_a_table_is_drawn_only_on_request(output: str) -> None:
    made = parse(csv(block("n", "long", ["3", "1"])), output)
    assert drawn(made) == {"n": [1.0]}
    assert drawn(made, ["table"]) == {"table": [3.0]}


@pytest.mark.parametrize("output", ["arrow", "rows"])
def test_tables_without_rows_have_no_line(output: str) -> None:
    assert drawn(parse(captured("flux empty kept"), output)) == {"v": []}


@pytest.mark.parametrize("output", OUTPUTS)
def test_pivots_are_drawn_over_time(output: str) -> None:
    made = parse(captured("flux weird"), output, pivot=True, columns=["_time", "big"])
    assert list(drawn(made).values()) == [[float(2**63 - 1)]]
    times = plt.gca().get_lines()[0].get_xdata(orig=True)
    assert times.dtype.kind == "M"


def named(body: bytes, **options: Any) -> list[Any]:
    maker = NamedRows("ns", True, **options)
    pieces = _core.Pieces(body, CSV, "ns", False)
    return [row for piece in pieces for group in maker.groups(piece) for row in group]


def test_named_rows_have_the_selected_columns() -> None:
    rows = named(captured("flux cpu"), columns=["host", "_time"])
    assert rows[0]._columns == ("host", "_time")
    assert (rows[0].host, rows[0]._time) == ("h0", 1_700_000_101 * 10**9)
    assert len(rows) == 101
    with pytest.raises(ValueError, match="a table has none of the columns"):
        named(captured("flux cpu"), columns=["region"])


def streamed(body: bytes, **options: Any) -> list[Any]:
    with Scripted(answer(200, body, Content_Type=CSV)) as server:
        client = InfluxDBClient(
            server.host, server.port, mode="blocking", token="t", org="o", bucket="b", server="2.x"
        )
        return list(client.stream('from(bucket: "b")', **options))


def test_streams_have_the_rows_of_the_whole_answer() -> None:
    body = captured("flux cpu")
    rows = parse(body, "dict")
    assert [tuple(row) for row in streamed(body)] == [tuple(row.values()) for row in rows]
    assert streamed(body, output="dicts") == rows
    assert streamed(body, columns=["host"]) == [(row["host"],) for row in rows]
    frames = streamed(body, output="polars", tables="each")
    assert [len(frame) for frame in frames] == [
        len(table) for _, table in parse(body, "rows", tables="each")
    ]


def test_an_error_of_the_server_keeps_the_rows_before_it(mode: str) -> None:
    body = captured("flux error after rows of another yield")
    with Scripted(answer(200, body, Content_Type=CSV)) as server:
        client = Calls(
            InfluxDBClient(
                server.host, server.port, mode=mode, token="t", org="o", bucket="b", server="2.x"
            )
        )
        with pytest.raises(InfluxDBQueryError, match="cannot convert string") as info:
            client.query('from(bucket: "b")', output="pandas")
    assert info.value.result["a"].tolist() == [1, 2]
