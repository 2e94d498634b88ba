"""Tests classes with many objects, whose attributes are read in ways that are faster than by name.

The expected line comes from encoding each object alone, because the encoder then reads all its
attributes by name.
"""

from __future__ import annotations

import dataclasses
import functools
import gc
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import attrs
import pydantic
import pytest

from aioinflux import FLOAT, INT, MEASUREMENT, STR, TAG, TIMEINT, lineprotocol, to_line_protocol

MANY = 300


class Attributes:
    """The attributes of all classes below; from this class, only the annotations are used."""

    name: MEASUREMENT
    time: TIMEINT
    host: TAG
    load: FLOAT
    cores: INT
    note: STR


ANNOTATIONS = Attributes.__annotations__


def values(at: int) -> dict[str, Any]:
    return {
        "name": f"m{at % 3}",
        "time": at,
        "host": None if at % 7 == 0 else f"h {at % 5}",
        "load": None if at % 11 == 0 else at / 3,
        "cores": at,
        "note": f'text "{at}"',
    }


def made(bases: tuple[type, ...] = (), **members: Any) -> Any:
    """Returns a plain class with these attributes, whose constructor takes them as keyword
    arguments."""

    def init(self: Any, **given: Any) -> None:
        for name, value in given.items():
            setattr(self, name, value)

    body = {"__init__": init, "__annotations__": dict(ANNOTATIONS), **members}
    return lineprotocol(type("Point", bases, body))


def properties(names: tuple[str, ...]) -> dict[str, property]:
    def read(name: str) -> property:
        return property(
            lambda self: self.__dict__[name],
            lambda self, value: self.__dict__.update({name: value}),
        )

    return {name: read(name) for name in names}


def declared() -> type:
    """Returns a class that has only annotations, so that decorators can extend it."""
    return type("Point", (), {"__annotations__": dict(ANNOTATIONS)})


Data = lineprotocol(dataclasses.dataclass(declared()))
Slotted = lineprotocol(dataclasses.dataclass(slots=True, frozen=True)(declared()))
Attrs = lineprotocol(attrs.define(declared()))


@lineprotocol
class Model(pydantic.BaseModel):
    name: MEASUREMENT
    time: TIMEINT
    host: TAG | None
    load: FLOAT | None
    cores: INT
    note: STR


@lineprotocol
class Tuple(NamedTuple):
    name: MEASUREMENT
    time: TIMEINT
    host: TAG
    load: FLOAT
    cores: INT
    note: STR


class Slots:
    __slots__ = ("cores", "host", "load")


NAMES = tuple(ANNOTATIONS)
UPPER = property(lambda self: self.__dict__["host"] and self.__dict__["host"].upper())

CLASSES: dict[str, Callable[..., Any]] = {
    "dataclass": Data,
    "slots": Slotted,
    "attrs": Attrs,
    "pydantic": Model,
    "tuple": Tuple,
    "plain": made(),
    "slots and dict": made((Slots,)),
    "all slots": made(__slots__=NAMES),
    "all properties": made(**properties(NAMES)),
    "one property": made(**properties(("cores",))),
    "lookup of its own": made(
        __getattribute__=lambda self, name: (
            7 if name == "cores" else object.__getattribute__(self, name)
        )
    ),
    "values of the class": made(note="of the class"),
    "cached property": made(extra=functools.cached_property(lambda _self: 1)),
    "dict hidden": made(__dict__=property(lambda _self: values(7))),
    "slots with a dict of its own": made(__slots__=NAMES, __dict__={"host": "wrong"}),
}


def alone(points: list[Any]) -> bytes:
    return b"".join(point.to_lineprotocol() + b"\n" for point in points)


@pytest.mark.parametrize("kind", CLASSES)
def test_many_objects_give_the_lines_of_each_alone(kind: str) -> None:
    points = [CLASSES[kind](**values(at)) for at in range(MANY)]
    assert to_line_protocol(points) == alone(points)
    # At the second call, the encoder already knows the class and the objects.
    assert to_line_protocol(iter(points)) == alone(points)


def test_a_property_that_cannot_be_set_comes_before_the_dictionary() -> None:
    def init(self: Any, **given: Any) -> None:
        self.__dict__.update(given)

    cls = made(__init__=init, host=UPPER)
    points = [cls(**values(at)) for at in range(MANY)]
    lines = to_line_protocol(points)
    assert b"host=H\\ 1" in lines
    assert b"host=h" not in lines
    assert lines == alone(points)


def test_a_dictionary_comes_before_a_method_of_the_class() -> None:
    cls = made(note=lambda _self: "a method")
    points = [cls(**values(at)) for at in range(MANY)]
    assert b"method" not in to_line_protocol(points)
    assert to_line_protocol(points) == alone(points)


def orders() -> Iterator[dict[str, Any]]:
    """Yields attributes and their values in varying order; sometimes an attribute is added or
    missing."""
    for at in range(MANY):
        items = list(values(at).items())
        turn = at // 3 % len(items)
        given = dict(items[turn:] + items[:turn])
        if at % 5 == 0:
            given = {"other": at, **given}
        yield given


def test_objects_with_their_attributes_in_other_orders() -> None:
    cls = made()
    points = [cls(**given) for given in orders()]
    assert to_line_protocol(points) == alone(points)


def test_names_that_are_equal_and_not_the_same_object() -> None:
    cls = made()
    points = []
    for at in range(MANY):
        point = cls()
        point.__dict__.update({"".join(list(name)): value for name, value in values(at).items()})
        points.append(point)
    assert to_line_protocol(points) == alone(points)


def test_an_attribute_that_is_in_the_class_for_some_objects_only() -> None:
    cls = made(host="class")
    points = [cls(**values(at)) for at in range(MANY)]
    for point in points[100::2]:
        del point.host
    lines = to_line_protocol(points)
    assert lines.count(b"host=class") == 100
    assert lines == alone(points)


@pytest.mark.parametrize("kind", ["plain", "all slots", "dataclass"])
def test_a_late_object_without_an_attribute_is_named(kind: str) -> None:
    points = [CLASSES[kind](**values(at)) for at in range(MANY)]
    del points[200].cores
    with pytest.raises(ValueError, match=r"point 200: attribute `\w+\.cores`"):
        to_line_protocol(points)


def test_a_missing_attribute_is_asked_of_getattr() -> None:
    for slots in ({}, {"__slots__": NAMES}):
        cls = made(__getattr__=lambda _self, name: f"{name}?", **slots)
        points = [cls(**values(at)) for at in range(MANY)]
        for point in points[80:]:
            del point.note
        lines = to_line_protocol(points)
        assert lines.count(b'note="note?"') == MANY - 80
        assert lines == alone(points)


def test_what_a_property_raises_late_goes_out_as_it_is() -> None:
    def read(self: Any) -> int:
        if self.__dict__["time"] == 200:
            raise KeyboardInterrupt
        return self.__dict__["time"]

    cls = made(**{**properties(NAMES), "cores": property(read, lambda _self, _value: None)})
    with pytest.raises(KeyboardInterrupt):
        to_line_protocol([cls(**values(at)) for at in range(MANY)])


def test_objects_of_several_classes_by_turns() -> None:
    classes = list(CLASSES.values())
    points = [classes[at // 70 % len(classes)](**values(at)) for at in range(70 * len(classes))]
    assert to_line_protocol(points) == alone(points)


def test_an_object_that_changes_its_class_is_read_by_the_new_one() -> None:
    first, second = (
        made(),
        made(host=property(lambda _self: "property", lambda _self, _value: None)),
    )
    points = [first(**values(at)) for at in range(MANY)]
    for point in points[100:]:
        point.__class__ = second
    lines = to_line_protocol(points)
    assert lines.count(b"host=property") == MANY - 100
    assert lines == alone(points)


@pytest.mark.parametrize("kind", CLASSES)
def test_no_reference_is_kept(kind: str) -> None:
    values_ = {**values(1), "note": "a text of its own " * 2}
    points = [CLASSES[kind](**values_) for _ in range(MANY)]
    note = values_["note"]
    for _ in range(2):
        to_line_protocol(points)
    gc.collect()
    before = sys.getrefcount(note)
    for _ in range(10):
        to_line_protocol(points)
    gc.collect()
    assert sys.getrefcount(note) == before
