"""Tests plots of results: the lines that are drawn, their data, and their labels."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from aioinflux import parse_response
from support import Calls, run_python, without

OUTPUTS = ["arrow", "rows", "dicts", "pandas", "polars", "pyarrow"]
OWN = ["arrow", "rows", "dicts"]
COLUMNS = ["time", "f", "i", "b", "s"]
VALUES = [[10**18, 0.5, 1, True, "x"], [10**18 + 10**9, 1.5, None, False, "y"]]
BIG = 2**63


@pytest.fixture(autouse=True)
def figures() -> Iterator[None]:
    """Draws plots in memory, and drops them after each test."""
    mpl.use("Agg")
    yield
    plt.close("all")


def body(*series: dict[str, Any]) -> bytes:
    return json.dumps({"results": [{"statement_id": 0, "series": list(series)}]}).encode()


def one(**more: Any) -> dict[str, Any]:
    plain = {"name": "m", "tags": {}, "columns": COLUMNS, "values": VALUES}
    return {**plain, **more}


def hosts(output: Any, **more: Any) -> Any:
    return parse_response(body(*(one(tags={"host": h}, **more) for h in "ab")), output=output)


def drawn(ax: Any) -> dict[str, list[float]]:
    """Returns a dict that maps the label of each line in a plot to the values of the line. Drawing
    the canvas raises an exception if a line cannot be drawn."""
    ax.figure.canvas.draw()
    return {line.get_label(): list(line.get_ydata()) for line in ax.get_lines()}


@pytest.mark.parametrize("output", OWN)
def test_columns_of_numbers_are_drawn(output: str) -> None:
    series = parse_response(body(one(tags={"host": "a", "dc": "x"})), output=output)
    ax = series.plot()
    assert drawn(ax) == {"f dc=x, host=a": [0.5, 1.5], "i dc=x, host=a": [1.0]}
    assert (ax.get_title(), ax.get_xlabel()) == ("m", "time (UTC)")


@pytest.mark.parametrize("output", OUTPUTS)
def test_several_series_share_the_axes(output: str) -> None:
    ax = hosts(output).plot()
    # Tables of polars and pyarrow do not record which columns are tags.
    tags = ("", "") if output in ("polars", "pyarrow") else (" host=a", " host=b")
    labels = [line.get_label() for line in ax.get_lines()]
    assert labels == [f"{column}{tag}" for tag in tags for column in ("f", "i")]
    assert [list(line.get_ydata()) for line in ax.get_lines()] == [[0.5, 1.5], [1.0]] * 2


@pytest.mark.parametrize("output", OUTPUTS)
def test_lines_are_drawn_over_time(output: str) -> None:
    line = hosts(output).plot(["f"]).get_lines()[0]
    times = line.get_xdata(orig=True)
    assert times.dtype.kind == "M"
    assert list(times.astype("M8[ns]").astype(int)) == [10**18, 10**18 + 10**9]


@pytest.mark.parametrize(("epoch", "factor"), [("u", 10**3), ("s", 10**9), ("h", 3600 * 10**9)])
def test_times_of_rows_have_their_unit(epoch: str, factor: int) -> None:
    raw = body(one(columns=["time", "f"], values=[[5, 1.5]]))
    ax = parse_response(raw, output="rows", epoch=epoch).plot()
    times = ax.get_lines()[0].get_xdata(orig=True)
    assert list(times.astype("M8[ns]").astype(int)) == [5 * factor]


def test_series_without_times_are_drawn_by_row() -> None:
    ax = parse_response(body(one(columns=["f"], values=[[1], [5], [3]])), output="rows").plot()
    assert list(ax.get_lines()[0].get_xdata()) == [0, 1, 2]
    assert ax.get_xlabel() == "row"


@pytest.mark.parametrize("output", OUTPUTS)
def test_nulls_are_left_out(output: str) -> None:
    values = [[n, None if n % 2 else n, None] for n in range(6)]
    ax = hosts(output, columns=["time", "f", "n"], values=values).plot(["f", "n"])
    first, second = ax.get_lines()[:2]
    assert list(first.get_ydata()) == [0, 2, 4]
    assert list(second.get_ydata()) == []


@pytest.mark.parametrize("output", OUTPUTS)
def test_booleans_are_drawn_where_they_are_named(output: str) -> None:
    ax = hosts(output).plot(["b"])
    assert [list(line.get_ydata()) for line in ax.get_lines()] == [[1.0, 0.0]] * 2


def test_large_integers_and_mixed_numbers_are_drawn() -> None:
    values = [[n, BIG, 2**53 + 1] for n in range(300_000)] + [[300_000, BIG, 0.5]]
    raw = body(one(columns=["time", "u", "v"], values=values))
    lines = drawn(parse_response(raw, output="rows").plot())
    assert set(lines["u"]) == {float(BIG)}
    assert (lines["v"][0], lines["v"][-1]) == (2.0**53, 0.5)


def test_columns_are_looked_for_in_every_series() -> None:
    other = one(name="n", columns=["time", "g"], values=[[5, 7.5]])
    many = parse_response(body(one(), other), output="rows")
    assert drawn(many.plot(["f", "g"])) == {"m f": [0.5, 1.5], "n g": [7.5]}
    assert many.plot(["g"]).get_title() == "m, n"


def test_own_axes_and_arguments_are_used() -> None:
    _, ax = plt.subplots()
    ax.set_title("mine")
    ax.plot([0], [0], label="before")
    rows = parse_response(body(one(columns=["f"], values=[[1], [5]])), output="rows")
    assert rows.plot(ax=ax, color="red", label="given") is ax
    assert ax.get_title() == "mine"
    assert ax.get_lines()[-1].get_color() == "red"
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts == ["before", "given"]


def test_each_series_without_axes_has_a_figure_of_its_own() -> None:
    series = parse_response(body(one()), output="arrow")
    assert series.plot() is not series.plot()


@pytest.mark.parametrize("count", [20, 21])
def test_a_legend_is_drawn_while_it_helps(count: int) -> None:
    raw = body(*(one(tags={"h": str(n)}) for n in range(count)))
    legend = parse_response(raw, output="rows").plot(["f"]).get_legend()
    assert (legend is not None) is (count <= 20)


@pytest.mark.parametrize("text", ["$", "$a$", "$\\bad{$", "_hidden", "a\nb\x1b", "ü", "x" * 999])
def test_hostile_names_are_drawn_as_they_are(text: str) -> None:
    raw = body(one(name=text, tags={text: text}, columns=["time", text], values=[[5, 0.5]]))
    ax = parse_response(raw, output="rows").plot()
    shown = text[:79] + "…" if len(text) > 80 else text
    shown = shown.replace("\n", "\\n").replace("\x1b", "\\x1b").replace("$", r"\$")
    assert ax.get_title() == shown
    (label,) = drawn(ax)
    assert label.startswith(shown)
    assert [one.get_text() for one in ax.get_legend().get_texts()] == [label]


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_column_that_is_not_there_is_refused(output: str) -> None:
    with pytest.raises(ValueError, match=r"`columns`: no column 'nothing'; columns: .*f, i"):
        hosts(output).plot(["f", "nothing"])


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("column", ["s", "host"])
def test_a_column_of_texts_is_refused(output: str, column: str) -> None:
    with pytest.raises(TypeError, match=f"column `{column}`: expected numbers, got"):
        hosts(output).plot([column])


@pytest.mark.parametrize("output", OWN)
def test_a_series_without_numbers_is_refused(output: str) -> None:
    series = parse_response(body(one(columns=["time", "s"], values=[[5, "x"]])), output=output)
    with pytest.raises(ValueError, match="no column holds numbers"):
        series.plot()


def test_a_lone_text_is_no_list_of_columns() -> None:
    with pytest.raises(TypeError, match="`columns`: expected an iterable of names"):
        parse_response(body(one()), output="arrow").plot("f")


def test_refusals_leave_no_figure_behind() -> None:
    with pytest.raises(ValueError, match="no column 'x'"):
        parse_response(body(one()), output="arrow").plot(["x"])
    assert plt.get_fignums() == []


def test_answers_of_a_server_are_drawn(client: Calls) -> None:
    client.write([f"m,host=a f={math.sin(n / 10)},n={n}i {n}" for n in range(100)])
    ax = client.query("SELECT f, n FROM m GROUP BY host", output="rows").plot()
    lines = drawn(ax)
    assert lines["n host=a"] == list(range(100))
    assert lines["f host=a"][10] == pytest.approx(math.sin(1))


@pytest.mark.parametrize("output", OWN)
def test_without_matplotlib_an_error_says_what_to_install(output: str) -> None:
    program = without("matplotlib") + (
        "from aioinflux import parse_response\n"
        f"series = parse_response({body(one())!r}, output={output!r})\n"
        "try:\n    series.plot()\nexcept ImportError as error:\n    print(error.name, error)\n"
    )
    out, err = run_python(program).communicate(timeout=50)
    assert (out, err) == (
        "matplotlib plot: matplotlib is not installed; hint: pip install matplotlib\n",
        "",
    )
