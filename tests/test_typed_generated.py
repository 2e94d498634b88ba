"""Tests that objects of classes with `@lineprotocol` produce the same lines as the equivalent
dicts.

If a test fails, it reports the seed that reproduces the failure.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import random
from collections import namedtuple
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

import attrs
import numpy as np
import pandas as pd
import pytest

from aioinflux import (
    BOOL,
    DECIMAL,
    ENUM,
    FLOAT,
    INT,
    MEASUREMENT,
    STR,
    TAG,
    TAGENUM,
    TIMEDT,
    TIMEINT,
    lineprotocol,
    parse_line_protocol,
    to_line_protocol,
)
from aioinflux.typed import Field, Tag


class Level(enum.Enum):
    LOW = 0
    HIGH = 1


TEXTS = [
    "a", "host", "", "a b", "a,b", "a=b", 'a"b', "a\\b", "tab\t", "é", "中🚀", "x" * 40, "z" * 300,
]  # fmt: skip
TIMES: list[Any] = [
    dt.datetime(2020, 1, 2, 3, 4, 5, 678901), dt.datetime(1960, 1, 1, tzinfo=dt.timezone.utc),
    pd.Timestamp(12345, tz="Europe/Paris"), np.datetime64(5, "ns"),
]  # fmt: skip
# The functions that make random values: each returns a value of one kind, and the equivalent value
# for a dict.
KINDS: dict[Any, Callable[[random.Random], tuple[Any, Any]]] = {}


def kind(*markers: Any) -> Callable[[Any], Any]:
    def add(make: Callable[[random.Random], tuple[Any, Any]]) -> Any:
        KINDS.update(dict.fromkeys(markers, make))
        return make

    return add


def same(value: Any) -> tuple[Any, Any]:
    return value, value


@kind(FLOAT, Annotated[float, Field])
def a_float(rng: random.Random) -> tuple[Any, Any]:
    if rng.random() < 0.1:
        number = rng.choice([1, -3, np.int64(7), 2**60, Decimal("1.5")])
        return number, float(number)
    return same(rng.choice([rng.random() * 10 ** rng.randrange(-9, 20), np.float32(0.1), -0.0]))


@kind(INT)
def an_int(rng: random.Random) -> tuple[Any, Any]:
    return same(rng.choice([rng.randrange(-(10**12), 10**12), 2**63 - 1, np.int16(5), -(2**63)]))


@kind(BOOL)
def a_bool(rng: random.Random) -> tuple[Any, Any]:
    return same(rng.choice([True, False, np.bool_(True)]))


@kind(DECIMAL)
def a_decimal(rng: random.Random) -> tuple[Any, Any]:
    return same(Decimal(rng.randrange(10**6)) / 1000)


@kind(STR, TAG, Annotated[str, Tag])
def a_text(rng: random.Random) -> tuple[Any, Any]:
    return same(rng.choice(TEXTS[:3] if rng.random() < 0.5 else TEXTS))


@kind(ENUM, TAGENUM, Annotated[Level, Tag])
def a_member(rng: random.Random) -> tuple[Any, Any]:
    member = rng.choice(list(Level))
    return member, member.name


@kind(Annotated[Any, Field])
def anything(rng: random.Random) -> tuple[Any, Any]:
    value, plain = rng.choice([an_int, a_bool, a_decimal, a_text, a_member])(rng)
    return value, plain


TAG_KINDS = [TAG, TAGENUM, Annotated[str, Tag], Annotated[Level, Tag]]
FIELD_KINDS = [one for one in KINDS if one not in TAG_KINDS]


def tuple_class(schema: dict[str, Any]) -> Any:
    return namedtuple("Point", schema)


def plain_dataclass(schema: dict[str, Any]) -> Any:
    return dataclasses.make_dataclass("Point", schema)


def slotted(schema: dict[str, Any]) -> Any:
    return dataclasses.make_dataclass("Point", schema, slots=True, frozen=True)


def attrs_class(schema: dict[str, Any]) -> Any:
    return attrs.make_class("Point", list(schema))


CLASSES = [tuple_class, plain_dataclass, slotted, attrs_class]


@pytest.mark.parametrize("seed", range(80))
@pytest.mark.filterwarnings("ignore:.* points without a time")
def test_objects_give_the_lines_of_the_same_dicts(seed: int) -> None:
    rng = random.Random(seed)
    names = rng.sample([f"k{n}" for n in range(30)], rng.randrange(2, 25))
    cut = rng.randrange(len(names))
    schema = {name: rng.choice(TAG_KINDS) for name in names[:cut]}
    schema |= {name: rng.choice(FIELD_KINDS) for name in names[cut:]}
    schema = {name: rng.choice([one, one | None]) for name, one in schema.items()}
    makers = {name: KINDS[one if one in KINDS else one.__args__[0]] for name, one in schema.items()}
    fixed = rng.random() < 0.5
    if not fixed:
        schema["name"] = MEASUREMENT
    timed = rng.choice([None, TIMEINT, TIMEDT])
    if timed is not None:
        schema["when"] = timed | None
    schema = {name: schema[name] for name in rng.sample(list(schema), len(schema))}
    extra = dict.fromkeys(rng.sample(["k1", "k2", "dc"], rng.randrange(3)), "x y")
    made = lineprotocol(rng.choice(CLASSES)(schema), schema=schema, extra_tags=extra)
    call = dict.fromkeys(rng.sample(["k1", "k3", "dc"], rng.randrange(3)), "é=")

    objects, dicts = [], []
    for _ in range(rng.choice([1, 5, 200])):
        values, plain = {}, {}
        for name, make in makers.items():
            none = rng.random() < 0.1
            values[name], plain[name] = (None, None) if none else make(rng)
        point = {
            "measurement": "Point",
            "tags": {**{name: plain[name] for name in names[:cut]}, **extra},
            "fields": {name: plain[name] for name in schema if name in names[cut:]},
        }
        if not fixed:
            values["name"] = point["measurement"] = rng.choice(["m", "a b", "c,d", "é"])
        if timed is not None:
            times = [rng.randrange(2**60)] if timed is TIMEINT else TIMES
            values["when"] = rng.choice([None, *times])
            if values["when"] is not None:
                point["time"] = values["when"]
        objects.append(made(**values))
        dicts.append(point)
    lines = to_line_protocol(objects, tags=call)
    assert lines == to_line_protocol(dicts, tags=call), seed
    for one in objects[:20]:
        alone = to_line_protocol(one)
        assert not alone or one.to_lineprotocol() == alone.removesuffix(b"\n"), seed
    parse_line_protocol(lines)
