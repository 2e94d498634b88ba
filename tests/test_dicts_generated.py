"""Tests that points of every kind produce the same lines, errors and warnings with and without the
fast path.

The fast path is never used for a point with an unknown key (which is ignored), or for the first
points of a shape. If a test fails, it reports the seed that reproduces the failure.
"""

from __future__ import annotations

import datetime as dt
import enum
import random
import warnings
from collections import OrderedDict
from collections.abc import Callable
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from aioinflux import line_batches, parse_line_protocol, to_line_protocol

Point = dict[Any, Any]


class Text(str):
    """A string that has its own `__str__`, which must not be called."""

    def __str__(self) -> str:
        return "other"


class Number(int):
    def __str__(self) -> str:
        return "other"


class Real(float):
    def __float__(self) -> float:
        return 7.0


class Moment(dt.datetime):
    """A time whose type is defined by the user."""


class Own(dict[Any, Any]):
    """A dict whose methods return something other than the content of the dict."""

    def items(self) -> Any:
        return [("a", 2)]


class Level(enum.IntEnum):
    HIGH = 3


class Shape(enum.Enum):
    ROUND = 1


class Colour(str, enum.Enum):
    RED = "red"


PARIS = dt.timezone(dt.timedelta(hours=2, microseconds=5))
TEXTS = [
    "a", "host", "", "a b", "a,b", "a=b", 'a"b', "back\\", "a\\b", "\\ ", "tab\t", "\r", "\x00",
    "\x7f", "#x", "!~#", "é", "中🚀", "new\nline", "\n", "lone \udc80", "time", "x" * 31, "y" * 33,
    "z" * 300, "_field", "long é" * 40, Text("sub"), Text("é"), Colour.RED,
]  # fmt: skip
ODD: list[Any] = [
    None, float("nan"), pd.NA, pd.NaT, b"x", [1], {}, object, Decimal("1.5"), Decimal("NaN"),
    np.str_("n p"), np.datetime64("NaT"), Shape.ROUND, 1j,
]  # fmt: skip
NUMBERS: list[Any] = [
    0, -1, 2**63 - 1, -(2**63), 2**63, -(2**63) - 1, 10**30, 7, True, False, 0.5, -0.0, 1e300,
    5e-324, 0.1, 1e16, 123456.789, float("inf"), float("-inf"), Number(5), Number(2**64),
    Real(0.25), Real("nan"), Level.HIGH, np.float64(0.1), np.float64("nan"), np.float32(0.1),
    np.int64(-5), np.uint64(2**63), np.bool_(True), np.int8(3),
]  # fmt: skip
TIMES: list[Any] = [
    0, 1_500_000_000_000_000_001, -5, 2**63 - 1, -(2**63), 2**63, True, None, 1.0, 1.5, Number(9),
    dt.datetime(2020, 1, 2, 3, 4, 5, 678901), dt.datetime(1969, 12, 31, 23, 59, 59, 1),
    dt.datetime(2020, 1, 2, tzinfo=dt.timezone.utc), dt.datetime(2020, 1, 2, tzinfo=PARIS),
    dt.datetime(1, 1, 1), dt.datetime(2262, 4, 11, 23, 47, 16, 854775), dt.datetime.max,
    Moment(2020, 1, 2, 3), dt.date(2020, 2, 29), np.datetime64(5, "ns"), np.int64(5),
    pd.Timestamp(12345, tz="Europe/Paris"), pd.NaT, "2020-01-02T03:04:05.000000001Z", "no time",
]  # fmt: skip


def fresh(text: Any) -> Any:
    """Sometimes returns a separate object with the same text, as a parser would."""
    return "".join(list(text)) if type(text) is str and random.random() < 0.3 else text


def usual(rng: random.Random, texts: list[Any]) -> Any:
    return fresh(rng.choice(texts[:3] if rng.random() < 0.8 else texts))


def tags(rng: random.Random, keys: list[Any]) -> dict[Any, Any]:
    odd = rng.random() < 0.1
    return {fresh(k): rng.choice(ODD + NUMBERS) if odd else usual(rng, TEXTS) for k in keys}


def value(rng: random.Random) -> Any:
    kind = rng.random()
    if kind < 0.4:
        return rng.random() * 10.0 ** rng.randrange(-5, 20)
    if kind < 0.7:
        return rng.randrange(-(10**12), 10**12)
    if kind < 0.8:
        return usual(rng, TEXTS)
    return rng.choice(NUMBERS if rng.random() < 0.9 else ODD) if kind < 0.95 else rng.random() < 0.5


def mapping(rng: random.Random, data: dict[Any, Any]) -> Any:
    kinds: list[Callable[[dict[Any, Any]], Any]] = [OrderedDict, MappingProxyType, Own, list]
    return rng.choice(kinds)(data) if rng.random() < 0.02 else data


def shape(rng: random.Random) -> tuple[Any, list[Any], list[Any]]:
    """Returns a measurement, tag keys and field keys, most of which contain no special
    characters."""
    keys: list[Any] = [f"k{n}" for n in range(12)]
    if rng.random() < 0.3:
        keys += TEXTS
    if rng.random() < 0.05:
        keys += [5, 0.5, None, b"x"]
    chosen = rng.sample(keys, rng.randrange(min(len(keys), 14)))
    cut = rng.randrange(len(chosen) + 1)
    return rng.choice(["m", "cpu load", *TEXTS]), chosen[:cut], chosen[cut:]


def point(rng: random.Random, shapes: list[tuple[Any, list[Any], list[Any]]]) -> Point:
    name, tag_keys, field_keys = rng.choice(shapes)
    if rng.random() < 0.2:
        tag_keys = rng.sample(tag_keys, len(tag_keys))
        field_keys = rng.sample(field_keys, rng.randrange(len(field_keys) + 1))
    made: Point = {
        "measurement": fresh(name),
        "tags": mapping(rng, tags(rng, tag_keys)),
        "fields": mapping(rng, {fresh(k): value(rng) for k in field_keys}),
        "time": rng.choice(TIMES) if rng.random() < 0.3 else rng.randrange(2**60),
    }
    for key, chance in (("measurement", 0.05), ("tags", 0.1), ("fields", 0.01), ("time", 0.1)):
        if rng.random() < chance:
            del made[key]
    if rng.random() < 0.02:
        made["tags"] = None
    if rng.random() < 0.2:
        made = {fresh(k): made[k] for k in rng.sample(list(made), len(made))}
    return made


Told = tuple[Any, list[str]]


def told(data: list[Point], **options: Any) -> Told:
    """Returns the encoded lines or the error, and the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result: Any = to_line_protocol(data, **options)
        except (ValueError, TypeError) as error:
            result = type(error), str(error).replace(", `comment`", "")
    return result, [str(warning.message) for warning in caught]


def plainly(data: list[Point], **options: Any) -> Told:
    return told([{**one, "comment": None} for one in data], **options)


@pytest.mark.parametrize("seed", range(60))
def test_both_paths_give_the_same(seed: int) -> None:
    rng = random.Random(seed)
    shapes = [shape(rng) for _ in range(rng.choice([1, 1, 2, 5, 30]))]
    options: dict[str, Any] = {}
    if rng.random() < 0.5:
        options["tags"] = tags(rng, rng.sample([f"k{n}" for n in range(12)], rng.randrange(3)))
    if rng.random() < 0.7:
        options["measurement"] = rng.choice(["other", "o t", 5])
    points = [point(rng, shapes) for _ in range(60)]
    for one in points:
        # The point is encoded three times: when its shape is new, when it was seen once, and when
        # it is known.
        found = [told([one], **options) for _ in range(3)]
        assert found == [plainly([one], **options)] * 3, (seed, one)
    good = [one for one in points if isinstance(told([one], **options)[0], bytes)]
    assert told(good, **options) == plainly(good, **options), seed
    assert told(points, **options) == plainly(points, **options), seed


def test_more_shapes_than_are_kept_are_written_rightly() -> None:
    points = [
        {"measurement": "m", "tags": {f"t{n}": "a"}, "fields": {f"f{n % 700}": n}, "time": n}
        for n in range(1500)
    ]
    for _ in range(3):
        lines = to_line_protocol([one for one in points for _ in range(3)])
        assert lines == b"".join(
            b"m,t%d=a f%d=%di %d\n" % (n, n % 700, n, n) * 3 for n in range(1500)
        )


def test_names_that_calls_share_are_not_mixed_up() -> None:
    data = [{"tags": {"a": "1"}, "fields": {"f": 1.0}, "time": 5}] * 3
    for _ in range(3):
        assert to_line_protocol(data, "m") == b"m,a=1 f=1.0 5\n" * 3
        assert to_line_protocol(data, "n") == b"n,a=1 f=1.0 5\n" * 3
        assert to_line_protocol(data, "m", a="2") == b"m,a=2 f=1.0 5\n" * 3
        assert to_line_protocol(data, "m", a="") == b"m f=1.0 5\n" * 3
        assert to_line_protocol(data, "m", b="2", A="3") == b"m,A=3,a=1,b=2 f=1.0 5\n" * 3


def test_code_of_a_value_may_encode_and_change_points() -> None:
    class Zone(dt.tzinfo):
        def utcoffset(self, when: dt.datetime | None) -> dt.timedelta:
            fields[f"new{len(fields)}"] = 1
            assert when is not None
            assert to_line_protocol([inner] * 3) == b"m,a=1 f=1i 5\n" * 3
            return dt.timedelta(0)

        def dst(self, when: dt.datetime | None) -> None:
            del when

        def tzname(self, when: dt.datetime | None) -> None:
            del when

    inner = {"measurement": "m", "tags": {"a": "1"}, "fields": {"f": 1}, "time": 5}
    fields: dict[str, int] = {}
    time = dt.datetime(1970, 1, 1, tzinfo=Zone())
    outer = {"measurement": "m", "tags": {"a": "1"}, "fields": fields, "time": time}
    lines = parse_line_protocol(to_line_protocol([inner, inner, outer, outer, inner]))
    assert [len(line["fields"]) for line in lines][:2] == [1, 1]
    assert len(lines[3]["fields"]) > len(lines[2]["fields"]) >= 1
    assert lines[4] == inner


def test_strings_of_points_are_not_held() -> None:
    import gc
    import sys

    texts = [f"value {n}" for n in range(5)]
    before = [sys.getrefcount(text) for text in texts]
    for _ in range(3):
        to_line_protocol(
            [{"measurement": "m", "tags": {"t": t}, "fields": {"f": t}} for t in texts]
        )
    gc.collect()
    assert [sys.getrefcount(text) for text in texts] == before


@pytest.mark.parametrize("values", [1, 40, 500, 5_000])
@pytest.mark.parametrize("length", [1, 20, 40, 300])
def test_tag_values_that_come_again_are_written_like_new_ones(values: int, length: int) -> None:
    rng = random.Random(values * length)
    texts = [f"{n} ,é="[: rng.randrange(1, 8)].ljust(length, "x") for n in range(values)]
    points: list[Point] = [
        {
            "measurement": "m",
            "tags": {"a": rng.choice(texts), "b": rng.choice([None, "", *texts]), "c": str(n)},
            "fields": {"f": n},
            "time": n,
        }
        for n in range(3_000)
    ]
    assert told(points) == plainly(points)


def test_points_of_many_long_tags_are_written_like_new_ones() -> None:
    texts = ["x" * 25, "y" * 31, "z" * 26]
    points: list[Point] = [
        {
            "measurement": "m",
            "tags": {f"t{k:03}": texts[(n + k) % 3] for k in range(n % 3 * 300)},
            "fields": {"f": 0.1, "g": n},
            "time": n,
        }
        for n in [0] * 60 + [1] * 60 + [2] * 60 + [1] * 60
    ]
    assert told(points) == plainly(points)


def test_strings_made_anew_at_the_same_addresses_are_not_mixed_up() -> None:
    def made(n: int) -> Point:
        return {"measurement": "m", "tags": {"t": f"v{n % 100}"}, "fields": {"f": n}, "time": n}

    batches = line_batches((made(n) for n in range(5_000)), batch_lines=700)
    wanted = b"".join(b"m,t=v%d f=%di %d\n" % (n % 100, n, n) for n in range(5_000))
    assert b"".join(map(bytes, batches)) == wanted


@pytest.mark.filterwarnings("ignore:.* points without a time")
def test_tag_values_that_came_often_are_let_go_at_the_end() -> None:
    import sys

    texts = [f"value {n}" for n in range(50)]
    points = [{"measurement": "m", "tags": {"t": t}, "fields": {"f": 1}} for t in texts * 20]
    before = [sys.getrefcount(text) for text in texts]
    to_line_protocol(points)
    for _ in line_batches(points, batch_lines=300):
        pass
    assert [sys.getrefcount(text) for text in texts] == before
