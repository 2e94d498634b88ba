"""Family W1t of the benchmarks: the 100,000 points of W1 as objects of typed classes."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

from .. import data, lines, ours, writers
from ..case import OURS, Case, Subject, Work
from ..writers import Writer

ROWS = 100_000
KINDS = ("NamedTuple", "dataclass", "slots class")
# The attribute names for the hard points, whose tag and field keys are not valid attribute names.
HARD = {"host name": "host_name", "key=x": "key_x", "the value": "the_value"}


def schema(point: dict[str, Any]) -> dict[str, Any]:
    """Returns the schema of a point that is given as a dict, with markers that both our package and
    aioinflux 0.9.0 have."""
    import aioinflux as package

    kinds = {float: package.FLOAT, int: package.INT, str: package.STR}
    fields = {key: kinds[type(value)] for key, value in point["fields"].items()}
    tags = dict.fromkeys(point["tags"], package.TAG)
    return {"measurement": package.MEASUREMENT, "time": package.TIMEINT, **tags, **fields}


def bare_class(kind: str, names: list[str]) -> Any:
    """Returns a class with the attributes `names`, created with tools of the standard library."""
    if kind == "NamedTuple":
        return namedtuple("Point", names)
    if kind == "dataclass":
        from dataclasses import make_dataclass

        return make_dataclass("Point", names)
    body = "; ".join(f"self.{name} = {name}" for name in names)
    space: dict[str, Any] = {}
    exec(f"def __init__(self, {', '.join(names)}): {body}", space)
    return type("Point", (), {"__slots__": tuple(names), "__init__": space["__init__"]})


def objects(kind: str, points: list[dict[str, Any]], decorate: Callable[[Any], Any]) -> list[Any]:
    """Returns the points as objects of a single class."""
    names = [HARD.get(key, key) for key in (*points[0]["tags"], *points[0]["fields"])]
    made = decorate(bare_class(kind, ["measurement", "time", *names]))
    return [
        made(p["measurement"], p["time"], *p["tags"].values(), *p["fields"].values())
        for p in points
    ]


def renamed(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    def names(part: dict[str, Any]) -> dict[str, Any]:
        return {HARD.get(key, key): value for key, value in part.items()}

    return [{**p, "tags": names(p["tags"]), "fields": names(p["fields"])} for p in points]


def decorated(points: list[dict[str, Any]]) -> Callable[[Any], Any]:
    from aioinflux import lineprotocol

    return lineprotocol(schema=schema(points[0]))


def ours_of(kind: str, points: list[dict[str, Any]]) -> Writer:
    return ours.batches(objects(kind, points, decorated(points)))


def old_of(kind: str, points: list[dict[str, Any]]) -> Writer:
    """Encodes objects of user classes in the same way as `write` of aioinflux 0.9.0."""
    return writers.aioinflux_old(objects(kind, points, decorated(points)))


def point_of(kind: str, points: list[dict[str, Any]]) -> Writer:
    """Fills the `Point` of the official client from the attributes of the same objects."""
    from influxdb_client import Point, WritePrecision

    tags, fields = list(points[0]["tags"]), list(points[0]["fields"])
    ns = WritePrecision.NS
    data = objects(kind, points, lambda made: made)

    def line(one: Any) -> str:
        point = Point(one.measurement)
        for key in tags:
            point.tag(key, getattr(one, key))
        for key in fields:
            point.field(key, getattr(one, key))
        text: str = point.time(one.time, ns).to_line_protocol()
        return text

    return lambda: writers.joined(map(line, data)), writers.same


def subject(
    writer: Callable[[str, list[dict[str, Any]]], Writer], kind: str, **options: Any
) -> Subject:
    def text(points: list[dict[str, Any]]) -> str:
        run, text_of = writer(kind, points)
        return lines.head(text_of(run()))

    def make(rows: int) -> Work:
        points = data.points(rows)
        run, _ = writer(kind, points)

        def check() -> dict[str, str]:
            hard = lines.hard(lambda: text(renamed(data.hard_points())))
            return {"data": text(points[: lines.KEPT]), "hard": hard}

        return Work(run, check)

    return Subject(make, **options)


CASES = [
    Case(
        name=f"W1t {kind}",
        rows=ROWS,
        subjects={
            OURS: subject(ours_of, kind),
            "aioinflux 0.9.0": subject(old_of, kind, old=True),
            "influxdb-client `Point`": subject(point_of, kind),
        },
        at_least={"aioinflux 0.9.0": 12, "influxdb-client `Point`": 45},
        compare=lines.compare,
    )
    for kind in KINDS
]
