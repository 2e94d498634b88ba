"""Tests the display of results: `repr` and HTML of tables, rows, and lists of series."""

from __future__ import annotations

import html.parser
import json
import pickle
import tracemalloc
from typing import Any

import pytest

from aioinflux import AsyncInfluxDBClient, SeriesList, parse_response
from aioinflux._show import View, as_html, as_text
from support import Calls

OWN = ["arrow", "rows", "dicts"]
HOSTILE = "<script>alert('&\"')</script>\n\x1b[31m\u202e"
TIME = 1_491_963_424_224_703_001


def body(*series: dict[str, Any]) -> bytes:
    return json.dumps({"results": [{"statement_id": 0, "series": list(series)}]}).encode()


def made(rows: int, output: Any = "arrow", **more: Any) -> Any:
    values = [[TIME + n * 1_000_000_000, n / 2, n, "x"] for n in range(rows)]
    one = {"name": "cpu", **more, "columns": ["time", "f", "i", "s"], "values": values}
    return parse_response(body(one), output=output)


def view(**more: Any) -> View:
    plain = View("Table", "m", {}, ["time", "f"], ["time", "float"], 1, [(5, 1.5)], [], 1)
    return plain._replace(**more)


class Tags(html.parser.HTMLParser):
    """Collects the names of HTML elements, and the strings between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, _: list[Any]) -> None:
        self.names.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_repr_of_a_table() -> None:
    table = made(2, tags={"host": "a"})
    assert repr(table).splitlines() == [
        "<Table 'cpu': 2 rows, 5 columns>",
        "tags: host=a",
        "time                                f        i  s       host",
        "time                            float  integer  string  tag",
        "2017-04-12T02:17:04.224703001Z    0.0        0  x       a",
        "2017-04-12T02:17:05.224703001Z    0.5        1  x       a",
    ]


@pytest.mark.parametrize("output", ["rows", "dicts"])
def test_repr_of_rows(output: str) -> None:
    assert repr(made(1, output)).splitlines() == [
        "<Rows 'cpu': 1 row, 4 columns>",
        "time                                f        i  s",
        "time                            float  integer  string",
        "2017-04-12T02:17:04.224703001Z    0.0        0  x",
    ]


@pytest.mark.parametrize("output", OWN)
def test_the_first_and_last_rows_are_shown(output: str) -> None:
    lines = repr(made(1000, output)).splitlines()
    assert lines[0].endswith("'cpu': 1,000 rows, 4 columns>")
    assert [line.split()[-2] for line in lines[3:]] == [
        "0", "1", "2", "3", "4", "…", "995", "996", "997", "998", "999",
    ]  # fmt: skip


@pytest.mark.parametrize("rows", [10, 11])
def test_rows_are_left_out_only_where_that_saves_lines(rows: int) -> None:
    assert ("…" in repr(made(rows))) is (rows > 10)


@pytest.mark.parametrize("output", OWN)
def test_a_long_series_costs_no_more_than_a_short_one(output: str) -> None:
    rows = made(200_000, output)
    tracemalloc.start()
    try:
        assert repr(rows)
        assert rows._repr_html_()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # If all rows were Python objects, they would take more than a hundred bytes each.
    assert peak < 500_000


def changing(first: object, last: object) -> Any:
    """Returns rows of several batches; the type of the values changes at the end."""
    values = [[n, first] for n in range(300_000)] + [[300_000, last]]
    one = {"name": "m", "columns": ["time", "v"], "values": values}
    return parse_response(body(one), output="rows")


@pytest.mark.parametrize(
    ("first", "last", "kind"),
    [("x", 4, "mixed"), (2**53 + 1, 0.5, "number"), (None, 0.5, "float"), (4, 0.5, "float")],
)
def test_rows_and_kinds_are_found_over_all_batches(first: Any, last: Any, kind: str) -> None:
    lines = repr(changing(first, last)).splitlines()
    assert lines[2].split() == ["time", kind]
    assert lines[-1].split() == ["1970-01-01T00:00:00.0003Z", str(last)]
    assert lines[-2].split()[0] == "1970-01-01T00:00:00.000299999Z"


def test_every_kind_of_column_is_named() -> None:
    columns = ["time", "f", "i", "u", "b", "s", "n"]
    row = [5, 0.5, -1, 2**63, True, "x", None]
    table = parse_response(body({"name": "m", "columns": columns, "values": [row]}), output="arrow")
    assert repr(table).splitlines()[2].split() == [
        "time", "float", "integer", "unsigned", "boolean", "string", "null",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("count", "unit", "expected"),
    [
        (0, 1, "1970-01-01T00:00:00Z"),
        (1, 1, "1970-01-01T00:00:00.000000001Z"),
        (-1, 1, "1969-12-31T23:59:59.999999999Z"),
        (1_500_000_000, 1, "1970-01-01T00:00:01.5Z"),
        (2**63 - 1, 1, "2262-04-11T23:47:16.854775807Z"),
        (-(2**63), 1, "1677-09-21T00:12:43.145224192Z"),
        (5, 3_600_000_000_000, "1970-01-01T05:00:00Z"),
        (2**62, 3_600_000_000_000, str(2**62 * 3_600_000_000_000)),
        (None, 1, "null"),
    ],
)
def test_times_are_iso_8601_in_utc(count: Any, unit: int, expected: str) -> None:
    line = as_text(view(first=[(count, 1.5)], unit=unit)).splitlines()[-1]
    assert line.split() == [clip(expected), "1.5"]


def clip(text: str) -> str:
    return text if len(text) <= 32 else f"{text[:31]}…"


@pytest.mark.parametrize("epoch", ["ns", "ms", "h"])
def test_times_of_rows_are_shown_in_their_unit(epoch: str) -> None:
    raw = body({"name": "m", "columns": ["time", "f"], "values": [[7_200, 1.5]]})
    shown = repr(parse_response(raw, output="rows", epoch=epoch)).splitlines()[-1].split()[0]
    expected = {"ns": "1970-01-01T00:00:00.0000072Z", "ms": "1970-01-01T00:00:07.2Z"}
    assert shown == expected.get(epoch, "1970-10-28T00:00:00Z")


def test_nulls_are_shown() -> None:
    assert as_text(view(first=[(5, None)])).splitlines()[-1].split()[-1] == "null"


def test_a_series_without_a_name_or_rows_is_shown() -> None:
    shown = as_text(view(name=None, first=[], length=0))
    assert shown.splitlines() == ["<Table: 0 rows, 2 columns>", "time      f", "time  float"]


def test_a_series_without_columns_is_shown() -> None:
    assert (
        as_text(view(columns=[], kinds=[], first=[], length=0)) == "<Table 'm': 0 rows, 0 columns>"
    )


def test_columns_that_do_not_fit_are_named_below() -> None:
    columns = [f"column {n}" for n in range(40)]
    shown = view(columns=columns, kinds=["float"] * 40, first=[[0.5] * 40])
    lines = as_text(shown).splitlines()
    assert max(map(len, lines)) <= 100
    count = len(lines[1].split("  "))
    assert lines[-1].startswith(f"and {40 - count} columns more: column {count}, column")
    assert lines[-1].endswith("…")


def test_long_texts_are_cut() -> None:
    long = "x" * 100_000
    shown = view(name=long, tags={long: long}, columns=[long, long], first=[(5, long)])
    assert max(map(len, as_text(shown).splitlines())) < 130
    assert len(as_html(shown)) < 5_000


def test_control_characters_are_escaped_in_texts() -> None:
    shown = view(
        name=HOSTILE, tags={HOSTILE: HOSTILE}, columns=[HOSTILE, "f"], first=[(5, HOSTILE)]
    )
    for line in as_text(shown).splitlines():
        assert line.isprintable()
    assert len(as_text(shown).splitlines()) == 5
    assert "\\n\\x1b[31m\\u202e" in as_text(shown)


def test_wide_characters_keep_columns_aligned() -> None:
    shown = view(
        columns=["名前", "f"], kinds=["string", "float"], first=[("日本", 1.5), ("ab", 2.5)]
    )
    lines = as_text(shown).splitlines()
    assert lines[-2:] == ["日本      1.5", "ab        2.5"]


def test_html_is_a_table() -> None:
    page = Tags(made(1000, tags={"host": "a"})._repr_html_())
    assert page.open == []
    assert {"table", "thead", "tbody", "tr", "th", "td"} <= page.names
    assert page.texts[:4] == ["Table ", "cpu", ": 1,000 rows, 5 columns", "tags: host=a"]
    assert "… 990 rows more" in page.texts
    assert page.texts[-4:] == ["499.5", "999", "x", "a"]


@pytest.mark.parametrize("output", OWN)
def test_html_of_hostile_names_and_values_is_escaped(output: str) -> None:
    one = {
        "name": HOSTILE,
        "tags": {HOSTILE: HOSTILE},
        "columns": ["time", HOSTILE],
        "values": [[5, HOSTILE]],
    }
    plain = Tags(made(1, output, tags={"host": "a"})._repr_html_())
    page = Tags(parse_response(body(one), output=output)._repr_html_())
    assert page.names == plain.names
    assert "".join(page.texts).count("<script>alert('&\"')</script>\\n\\x1b[31m\\u202e") == 7
    many = Tags(parse_response(body(one, {**one, "name": "m"}), output=output)._repr_html_())
    assert many.names == {*plain.names, "details", "summary"}


def test_html_of_many_columns_is_cut() -> None:
    columns = [f"c{n}" for n in range(1000)]
    page = Tags(as_html(view(columns=columns, kinds=["float"] * 1000, first=[[0.5] * 1000])))
    assert "c29" in page.texts
    assert "c30" not in page.texts
    assert page.texts.count("…") == 2


def series(count: int, output: Any = "arrow", rows: int = 1) -> Any:
    values = [[TIME, n / 2] for n in range(rows)]
    return parse_response(
        body(
            *(
                {"name": "cpu", "tags": {"h": str(n)}, "columns": ["time", "f"], "values": values}
                for n in range(count)
            )
        ),
        output=output,
    )


@pytest.mark.parametrize("output", [*OWN, "pandas", "polars", "pyarrow"])
def test_several_series_are_a_list_of_names_and_series(output: str) -> None:
    many = series(3, output)
    assert isinstance(many, SeriesList)
    assert isinstance(many, list)
    assert [name for name, _ in many] == ["cpu"] * 3


def test_repr_of_a_list_shows_its_ends() -> None:
    lines = repr(series(7, rows=100)).splitlines()
    assert lines[0] == "<7 series, 700 rows>"
    assert [line[:3] for line in lines if line[0] == "["] == ["[0]", "[1]", "[5]", "[6]"]
    assert "… 3 more series: 'cpu' h=2; 'cpu' h=3; 'cpu' h=4" in lines
    assert lines[1:3] == ["[0] <Table 'cpu': 100 rows, 3 columns>", "    tags: h=0"]
    assert lines[5:10] == [
        "    2017-04-12T02:17:04.224703001Z    0.0  0",
        "    2017-04-12T02:17:04.224703001Z    0.5  0",
        "    …                                   …  …",
        "    2017-04-12T02:17:04.224703001Z   49.0  0",
        "    2017-04-12T02:17:04.224703001Z   49.5  0",
    ]


@pytest.mark.parametrize("output", ["pandas", "polars", "pyarrow"])
def test_frames_of_others_show_themselves_in_a_list(output: str) -> None:
    many = series(2, output)
    lines = repr(many).splitlines()
    assert lines[0] == "<2 series, 2 rows>"
    assert lines[1] == f"[0] 'cpu'{' h=0' if output == 'pandas' else ''}"
    first = repr(many[0][1]).splitlines()[:6]
    assert [line[4:] for line in lines[2 : 2 + len(first)]] == first
    assert len(lines) < 32
    assert Tags(many._repr_html_()).open == []


def test_html_of_a_list_has_a_part_for_each_series_at_its_ends() -> None:
    page = Tags(series(20)._repr_html_())
    assert page.open == []
    heads = [text for text in page.texts if text.startswith("[")]
    assert [head.split("]")[0] for head in heads] == [f"[{n}" for n in (*range(5), *range(15, 20))]
    assert heads[0] == "[0] 'cpu' h=0: 1 rows"
    assert "… 10 more series" in page.texts


def test_a_list_of_series_equals_and_pickles_like_a_list() -> None:
    many = series(2, "polars")
    copy = pickle.loads(pickle.dumps(many))
    assert type(copy) is SeriesList
    assert [(name, one.to_dict(as_series=False)) for name, one in copy] == [
        (name, one.to_dict(as_series=False)) for name, one in many
    ]
    assert SeriesList([("a", (1,))]) == [("a", (1,))]
    assert SeriesList() == []
    assert repr(SeriesList()) == "<0 series, 0 rows>"


@pytest.mark.parametrize("item", [5, (1, 2), ("a", 5), ("a", [], 1)])
def test_a_list_of_anything_else_looks_like_a_list(item: Any) -> None:
    many = SeriesList()
    many.append(item)
    assert repr(many) == repr([item])
    assert Tags(many._repr_html_()).texts == [repr([item])]


def test_answers_of_a_server_are_shown(client: Calls) -> None:
    client.write(["m,host=a f=1.5,i=2i 0", "m,host=b f=2.5 1000000000"])
    text = "SELECT f, i FROM m GROUP BY host"
    assert repr(client.query(text, output="rows")).splitlines() == [
        "<2 series, 2 rows>",
        "[0] <Rows 'm': 1 row, 4 columns>",
        "    tags: host=a",
        "    time                      f        i  host",
        "    time                  float  integer  tag",
        "    1970-01-01T00:00:00Z    1.5        2  a",
        "[1] <Rows 'm': 1 row, 4 columns>",
        "    tags: host=b",
        "    time                      f  i     host",
        "    time                  float  null  tag",
        "    1970-01-01T00:00:01Z    2.5  null  b",
    ]


def test_times_are_shown_alike_whatever_the_unit_of_rows(blocking: AsyncInfluxDBClient) -> None:
    blocking.write("m f=1.5 3600000000000")
    rows = [blocking.query("SELECT f FROM m", output="rows", epoch=unit) for unit in ("ns", "h")]
    assert [row[0] for one in rows for row in one] == [3_600_000_000_000, 1]
    assert repr(rows[0]) == repr(rows[1])
