"""Tests `iterpoints`, which yields the points of a raw answer one by one."""

from __future__ import annotations

import inspect
from collections import namedtuple
from collections.abc import Iterator
from typing import Any

import aioinflux
from aioinflux import iterpoints
from support import Calls

TWO = ["time", "v"]
ANSWER: dict[str, Any] = {
    "results": [
        {
            "statement_id": 0,
            "series": [
                {"name": "a", "tags": {"t": "x"}, "columns": TWO, "values": [[1, 2], [3, 4]]},
                {"name": "a", "tags": {"t": "y"}, "columns": TWO, "values": [[5, 6]]},
            ],
        },
        {"statement_id": 1},
        {
            "statement_id": 2,
            "series": [{"columns": ["name"]}, {"columns": ["n", "v"], "values": [["z", 0]]}],
        },
    ]
}


def test_it_is_where_it_was() -> None:
    from aioinflux.iterutils import iterpoints as there

    assert aioinflux.iterpoints is there
    assert str(inspect.signature(iterpoints)).startswith("(resp")
    assert list(inspect.signature(iterpoints).parameters) == ["resp", "parser"]


def test_all_series_of_all_statements_are_iterated() -> None:
    points = iterpoints(ANSWER)
    assert isinstance(points, Iterator)
    assert list(points) == [[1, 2], [3, 4], [5, 6], ["z", 0]]


def test_a_parser_gets_the_values_as_arguments() -> None:
    row = namedtuple("row", ["a", "b"])
    assert list(iterpoints(ANSWER, row)) == [(1, 2), (3, 4), (5, 6), ("z", 0)]
    assert list(iterpoints(ANSWER, lambda *x: x[-1])) == [2, 4, 6, 0]


def test_a_parser_gets_what_is_known_of_the_series() -> None:
    def parser(*x: Any, meta: dict[str, Any]) -> Any:
        return x, meta

    found = list(iterpoints(ANSWER, parser))
    assert found[0] == (
        (1, 2),
        {"name": "a", "tags": {"t": "x"}, "columns": ["time", "v"], "statement_id": 0},
    )
    assert found[2][1]["tags"] == {"t": "y"}
    assert found[3] == (("z", 0), {"columns": ["n", "v"], "statement_id": 2})


def test_a_parser_without_a_signature_is_called() -> None:
    # The function `max` has no signature in any version of Python.
    assert list(iterpoints({"results": ANSWER["results"][:1]}, max)) == [2, 4, 6]


def test_an_answer_without_points_gives_none() -> None:
    assert list(iterpoints({"results": []})) == []
    assert list(iterpoints({"results": [{"statement_id": 0}]})) == []


def test_points_are_made_while_they_are_asked_for() -> None:
    made: list[Any] = []
    points = iterpoints(ANSWER, lambda *x: made.append(x))
    assert made == []
    next(points)
    assert made == [(1, 2)]


def test_answers_of_the_server_are_iterated(client: Calls) -> None:
    client.write([f"a,t={t} v={n} {n}" for n in range(3) for t in "xy"])
    answer = client.query("SELECT v FROM a GROUP BY t; SHOW MEASUREMENTS")
    assert list(iterpoints(answer)) == [[0, 0], [1, 1], [2, 2]] * 2 + [["a"]]


def test_rows_of_flux_are_points() -> None:
    rows = [{"result": "_result", "table": 0, "_value": 1.5}, {"result": "_result", "table": 1}]
    assert list(iterpoints(rows)) == [["_result", 0, 1.5], ["_result", 1]]

    def parser(*values: object, meta: dict[str, object]) -> object:
        return dict(zip(meta["columns"], values, strict=True))  # type: ignore[call-overload]

    assert list(iterpoints(rows, parser)) == rows
    assert list(iterpoints(iter(rows), lambda *values: len(values))) == [3, 2]
