"""Derives the schema of typed points from the annotations of a class.

This module handles annotations, and errors in a schema. The values of attributes are not handled
here, because they are encoded in Rust.
"""

from __future__ import annotations

import dataclasses
import enum
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final, NamedTuple, Union, get_args, get_origin

from ._markers import KINDS
from ._marks import Field, Measurement, Tag, Time

__all__ = ["Attribute", "SchemaError", "attributes", "pydantic_fields"]

_TIMES = ("timeint", "timestr", "timedt", "time")
_TAGS = ("tag", "tagenum")
_MARKS = (Measurement, Time, Tag, Field)
# The order of the types in this table matters: a `bool` is also an `int`, and enum members can also
# be numbers or strings.
_FIELDS = ((enum.Enum, "enum"), (bool, "bool"), (int, "int"), (float, "float"), (str, "str"))
_PLACEHOLDER = "_"


class SchemaError(TypeError):
    """Raised if `lineprotocol` cannot use the schema of a class. The error message names the class
    and the attribute."""


class Attribute(NamedTuple):
    """An attribute of a class, and the role of the attribute in a point."""

    name: str
    key: str
    kind: str
    optional: bool
    # The enum class of the attribute, or `None` if the attribute is no enum or its class is not
    # known.
    members: type[enum.Enum] | None
    # Whether the value of the attribute belongs to the class rather than to each object.
    constant: bool


class _Annotation:
    """The type and the markers that an annotation contains."""

    def __init__(self, hint: Any) -> None:
        self.base: Any = hint
        self.optional = False
        self.constant = False
        self.marks: list[Any] = []
        self._take_apart(hint)

    def _take_apart(self, hint: Any) -> None:
        self.base = hint
        origin = get_origin(hint)
        if hint is ClassVar or origin is ClassVar:
            self.constant = True
            self.base = Any
            self._inner(get_args(hint))
        elif origin is Final:
            self._inner(get_args(hint))
        elif origin is Annotated:
            inner, *marks = get_args(hint)
            self.marks += [mark for mark in marks if _is_mark(mark)]
            self._take_apart(inner)
        elif origin in (Union, types.UnionType):
            self._union(get_args(hint))
        elif _is_mark(hint):
            self.marks.append(hint)
        elif hasattr(hint, "__supertype__"):
            self._take_apart(hint.__supertype__)
        elif type(hint).__name__ == "TypeAliasType":
            self._take_apart(hint.__value__)

    def _inner(self, arguments: tuple[Any, ...]) -> None:
        if arguments:
            self._take_apart(arguments[0])

    def _union(self, parts: tuple[Any, ...]) -> None:
        self.optional |= type(None) in parts
        others = [part for part in parts if part is not type(None)]
        for part in others:
            self._take_apart(part)
        if len(others) > 1:
            self.base = Any


def _is_mark(hint: Any) -> bool:
    if isinstance(hint, _MARKS) or hint in _MARKS:
        return True
    return isinstance(hint, typing.TypeVar) and hint in KINDS


def pydantic_fields(cls: Any) -> Mapping[str, Any] | None:
    """Returns the fields of a pydantic model; pydantic itself resolves their annotations."""
    if not hasattr(cls, "__pydantic_core_schema__"):
        return None
    fields: Mapping[str, Any] | None = getattr(cls, "__pydantic_fields__", None)
    return getattr(cls, "model_fields", None) if fields is None else fields


def _hints(cls: type, schema: Mapping[str, Any] | None) -> Iterator[tuple[str, Any]]:
    """Yields the annotations of a class, beginning with those of its base classes."""
    if schema is not None and not isinstance(schema, Mapping):
        raise SchemaError(
            f"class `{cls.__name__}`: `schema`: expected a mapping of attributes to their types,"
            f" got `{type(schema).__name__}`"
        )
    if schema:
        yield from schema.items()
        return
    fields = pydantic_fields(cls)
    if fields is not None:
        for name, field in fields.items():
            hint = field.annotation
            for mark in field.metadata:
                hint = Annotated[hint, mark]
            yield name, hint
        return
    try:
        hints = typing.get_type_hints(cls, include_extras=True)
    except (NameError, TypeError) as error:
        # The module `typing` itself can raise a `TypeError`: for example in Python 3.10, for a
        # `ClassVar` annotation that is a string and has no type.
        raise SchemaError(
            f"class `{cls.__name__}`: an annotation cannot be resolved: {error}"
        ) from None
    for name, hint in hints.items():
        if hint is not dataclasses.KW_ONLY and not isinstance(hint, dataclasses.InitVar):
            yield name, hint


def attributes(
    cls: type, schema: Mapping[str, Any] | None, placeholder: bool
) -> tuple[Attribute, ...]:
    """Returns the schema that the annotations of a class or the argument `schema` describe.

    Raises:
        SchemaError: the annotations do not describe a point.
    """
    known = [(name, _Annotation(hint), hint) for name, hint in _hints(cls, schema)]
    if not known:
        raise SchemaError(f"class `{cls.__name__}`: no annotations and no `schema`")
    # If all marked attributes of a class use the markers of 0.9, an attribute without a marker is
    # most likely a mistake.
    plain = any(not isinstance(mark, typing.TypeVar) for _, one, _ in known for mark in one.marks)
    found = [
        _attribute(cls, name, one, hint, plain)
        for name, one, hint in known
        if one.marks or not one.constant
    ]
    _check(cls, found, placeholder)
    return tuple(found)


def _attribute(cls: type, name: str, one: _Annotation, hint: Any, plain: bool) -> Attribute:
    where = f"class `{cls.__name__}`, attribute `{name}`"
    if len(one.marks) > 1:
        raise SchemaError(f"{where}: several markers: {hint!r}")
    mark = one.marks[0] if one.marks else None
    kind = KINDS.get(mark) if isinstance(mark, typing.TypeVar) else _kind(mark, one.base)
    if mark is None and (not plain or kind == "field"):
        expected = "float, int, bool, str, Decimal, an enum or a marker" if plain else "a marker"
        raise SchemaError(f"{where}: Invalid attribute type {_shown(hint)}; expected {expected}")
    if kind is None:
        raise SchemaError(f"{where}: {_shown(one.base)} cannot be combined with {_shown(mark)}")
    if kind == "measurement" and one.optional:
        raise SchemaError(f"{where}: the measurement cannot be Optional")
    members = one.base if isinstance(one.base, type) and issubclass(one.base, enum.Enum) else None
    key = getattr(mark, "key", None)
    key = name if key is None else key
    return Attribute(sys.intern(name), key, kind, one.optional, members, one.constant)


def _kind(mark: Any, base: Any) -> str | None:
    """Returns the engine's name for the combination of a mark and a type, or `None` if the two
    cannot be combined."""
    kind = mark if isinstance(mark, type) else type(mark)
    base = base if isinstance(base, type) else object
    if issubclass(kind, Measurement):
        return "measurement" if issubclass(base, str) or base is object else None
    if issubclass(kind, Time):
        if issubclass(base, (bool, float)):
            return None
        times = ((int, "timeint"), (datetime, "timedt"), (str, "timestr"))
        return next((name for type_, name in times if issubclass(base, type_)), "time")
    if issubclass(kind, Tag):
        return "tagenum" if issubclass(base, enum.Enum) else "tag"
    if issubclass(base, Decimal):
        return "decimal"
    return next((name for type_, name in _FIELDS if issubclass(base, type_)), "field")


def _shown(hint: Any) -> str:
    return f"`{hint.__name__}`" if isinstance(hint, type) else repr(hint)


def _check(cls: type, found: list[Attribute], placeholder: bool) -> None:
    where = f"class `{cls.__name__}`"
    for what, kinds in (("MEASUREMENT", ("measurement",)), ("time", _TIMES)):
        names = [f"`{one.name}`" for one in found if one.kind in kinds]
        if len(names) > 1:
            raise SchemaError(
                f"{where}: it can't have more than one {what} attribute, got {', '.join(names)}"
            )
    keyed = [one for one in found if one.kind != "measurement" and one.kind not in _TIMES]
    taken: dict[str, str] = {_PLACEHOLDER: "the placeholder"} if placeholder else {}
    for one in keyed:
        if one.key in taken:
            raise SchemaError(
                f"{where}, attribute `{one.name}`: key `{one.key}` is used by {taken[one.key]}"
            )
        taken[one.key] = f"`{one.name}`"
    if not placeholder and all(one.kind in _TAGS for one in keyed):
        raise SchemaError(
            f"{where}: it must have one or more field attributes; hint: `placeholder=True`"
        )
