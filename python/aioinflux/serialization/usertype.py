"""Supports typed points, which are objects of the user's own classes.

`lineprotocol` reads the annotations of a class once and attaches a compiled schema to the class.
The engine uses the compiled schema to encode objects of the class, in `to_lineprotocol` and in all
functions that accept points. `reader` creates objects of a class with a schema from the rows of an
answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Generic, NamedTuple, Optional, TypeVar, get_args, overload

from .. import _core
from .._markers import (
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
    TIMESTR,
)
from .._schema import Attribute, SchemaError, attributes, pydantic_fields
from .common import escape as escape
from .common import key_escape as key_escape
from .common import measurement_escape as measurement_escape
from .common import str_escape as str_escape
from .common import tag_escape as tag_escape

__all__ = [
    "BOOL",
    "DECIMAL",
    "ENUM",
    "FLOAT",
    "INT",
    "MEASUREMENT",
    "STR",
    "TAG",
    "TAGENUM",
    "TIMEDT",
    "TIMEINT",
    "TIMESTR",
    "SchemaError",
    "lineprotocol",
]

time_types: list[Any] = [TIMEINT, TIMEDT, TIMESTR]
tag_types: list[Any] = [TAG, TAGENUM]
field_types: list[Any] = [BOOL, INT, DECIMAL, FLOAT, STR, ENUM]
optional_field_types: list[Any] = [Optional[field] for field in field_types]  # noqa: UP045

_T = TypeVar("_T")
_Class = TypeVar("_Class", bound=type)


@overload
def lineprotocol(
    cls: _Class,
    *,
    schema: Mapping[str, Any] | None = None,
    rm_none: bool = False,
    extra_tags: Mapping[str, object] | None = None,
    placeholder: bool = False,
) -> _Class: ...
@overload
def lineprotocol(
    cls: None = None,
    *,
    schema: Mapping[str, Any] | None = None,
    rm_none: bool = False,
    extra_tags: Mapping[str, object] | None = None,
    placeholder: bool = False,
) -> Callable[[_Class], _Class]: ...
def lineprotocol(
    cls: Any = None,
    *,
    schema: Mapping[str, Any] | None = None,
    rm_none: bool = False,
    extra_tags: Mapping[str, object] | None = None,
    placeholder: bool = False,
) -> Any:
    """Class decorator that allows objects of the class to be written as points.

    The decorator works with `NamedTuple`, dataclasses, attrs classes, pydantic models and all other
    classes.

    The decorator adds a method `to_lineprotocol()` to the class, which returns the line of an
    object as `bytes`. `write`, `to_line_protocol` and `line_batches` accept objects of a decorated
    class. Attributes whose value is `None`, NaN, `NA` or `NaT` are left out of the point.
    `to_lineprotocol.opts` is a `dict` with the arguments of `lineprotocol`.

    Args:
        cls: The class to decorate. If the argument `cls` is not passed, a decorator is returned.
        schema: Names and types of the attributes, for a class without annotations.
        rm_none: Whether to also leave out empty strings, and to let the server set a missing time.
        extra_tags: Tags of all objects of the class. Tags in `extra_tags` take precedence over
            attributes of the same name. Extra tags that are passed to `write` take precedence over
            tags in `extra_tags`.
        placeholder: Whether to add to each point a field `_` that is always true, so that points
            without other fields can be written.
    Returns:
        The class itself.
    Raises:
        SchemaError: the annotations do not describe a point; the error names the class and the
            attribute.
    Source: InfluxDB 1.8 documentation, line protocol reference.
    """
    opts = {
        "schema": schema,
        "rm_none": rm_none,
        "extra_tags": extra_tags or {},
        "placeholder": placeholder,
    }

    def decorate(cls: Any) -> Any:
        is_class: bool = isinstance(cls, type)
        if not is_class:
            raise SchemaError(f"lineprotocol: expected a class, got `{cls!r}`")
        cls.to_lineprotocol = _method(cls, opts)
        return cls

    return decorate if cls is None else decorate(cls)


def _method(cls: type, opts: Mapping[str, Any]) -> Any:
    found = attributes(cls, opts["schema"], opts["placeholder"])
    places = {name: at for at, name in enumerate(getattr(cls, "_fields", ()))}
    try:
        compiled = _core.Schema(
            cls,
            [(one.name, one.key, one.kind, one.optional, places.get(one.name)) for one in found],
            dict(opts["extra_tags"]),
            placeholder=bool(opts["placeholder"]),
            rm_none=bool(opts["rm_none"]),
        )
    except (TypeError, ValueError) as error:
        raise SchemaError(f"class `{cls.__name__}`: {error}") from None

    def to_lineprotocol(self: object) -> bytes:
        """Returns the object as one line of line protocol, without a line feed.

        Raises:
            ValueError, TypeError: the value of an attribute cannot be written.
            SchemaError: none of the fields has a value.
        """
        return compiled.line(self)

    method: Any = to_lineprotocol
    method.opts = opts
    # The engine and the function `reader` recognize a decorated class by the attributes
    # `__lineprotocol__` and `__attributes__` of its method. If a subclass overrides the method, the
    # overriding method has neither attribute.
    method.__lineprotocol__ = compiled
    method.__attributes__ = found
    return method


class Reader(Generic[_T]):
    """Creates objects of a class from decoded answers. The function `reader` returns a `Reader`."""

    def __init__(self, cls: type[_T]) -> None:
        found: tuple[Attribute, ...] | None
        found = getattr(getattr(cls, "to_lineprotocol", None), "__attributes__", None)
        if found is None:
            shown = getattr(cls, "__name__", repr(cls))
            raise TypeError(f"argument `into`: expected a class with @lineprotocol, got `{shown}`")
        self.cls = cls
        self._reader = _core.Reader(cls, *_described(cls, found))

    def __call__(self, answer: _core.Answer) -> list[_T]:
        """Returns the objects for all rows of an answer, or of one batch of an answer. The function
        removes the rows from the answer."""
        objects: list[_T] = self._reader.objects(answer)
        return objects


def reader(cls: type[_T]) -> Reader[_T]:
    """Returns a function that turns decoded answers into objects, for `query(..., into=cls)`.

    Each column of the answer, and each tag of GROUP BY, is assigned to the attribute with the same
    name. If a value is null, an Optional attribute gets `None`, and any other attribute gets its
    default. If a column is missing, the attribute gets its default, or `None` if it is Optional and
    has no default.

    Args:
        cls: A class with `@lineprotocol`.
    Raises:
        TypeError: the class has no schema.
    """
    return Reader(cls)


class _Parameter(NamedTuple):
    """An argument of a class's constructor: the name of the argument, and whether it is
    required."""

    name: str
    required: bool


def _described(cls: Any, found: tuple[Attribute, ...]) -> tuple[list[Any], bool, bool]:
    """Returns the arguments that `_core.Reader` takes after the class."""
    read = {one.name: one for one in found if not one.constant}
    if cls.__init__ is object.__init__ and cls.__new__ is object.__new__:
        parameters = {name: _Parameter(name, True) for name in read}
        sets, positional = True, False
    else:
        parameters, positional = _parameters(cls)
        sets = False
        # Values are passed to the constructor by position, in the order of its parameters, only if
        # every parameter gets a value. A parameter that gets no value must have a default,
        # otherwise the class raises an error.
        positional = positional and [*parameters] == [name for name in parameters if name in read]
    described = [
        (to.name, one.name, one.key, one.kind, one.optional, to.required, one.members)
        for one, to in ((read[name], to) for name, to in parameters.items() if name in read)
    ]
    return described, sets, positional


def _parameters(cls: Any) -> tuple[dict[str, _Parameter], bool]:
    """Returns the arguments of a class's constructor, keyed by attribute, and whether all of them
    can be passed by position."""
    fields = pydantic_fields(cls)
    if fields is not None:
        return {
            name: _Parameter(_alias(one) or name, one.is_required()) for name, one in fields.items()
        }, False
    import inspect

    aliases = {one.alias: one.name for one in getattr(cls, "__attrs_attrs__", ())}
    named = [
        one
        for one in inspect.signature(cls).parameters.values()
        if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
    ]
    return {
        aliases.get(one.name, one.name): _Parameter(one.name, one.default is one.empty)
        for one in named
    }, all(one.kind is one.POSITIONAL_OR_KEYWORD for one in named)


def _alias(field: Any) -> str | None:
    alias = field.validation_alias or field.alias
    return alias if isinstance(alias, str) else None


def str_to_dt(s: str) -> datetime:
    """Converts ISO 8601 text to a datetime in UTC. Digits of the seconds beyond microseconds are
    cut off."""
    since = timedelta(microseconds=_core.nanoseconds(s) // 1000)
    return datetime(1970, 1, 1, tzinfo=timezone.utc) + since


def dt_to_int(dt: datetime) -> int:
    """Converts a datetime to nanoseconds since 1970. A naive datetime means UTC."""
    return _core.nanoseconds(dt)


def is_optional(t: Any, base_type: Any) -> bool:
    """Returns whether a type is `Optional[base_type]`."""
    return set(get_args(t)) == {type(None), base_type}


def _validate_schema(schema: Mapping[str, Any], placeholder: bool) -> None:
    attributes(type("schema", (), {}), schema or {}, placeholder)


def _make_serializer(
    meas: str, schema: Mapping[str, Any], extra_tags: Mapping[str, object] | None, placeholder: bool
) -> Callable[[Any], bytes]:
    """The factory of encoders from aioinflux 0.9: an encoder is a function that converts an object
    to its line."""
    opts = {
        "schema": schema,
        "rm_none": False,
        "extra_tags": extra_tags or {},
        "placeholder": placeholder,
    }
    function: Callable[[Any], bytes] = _method(type(meas, (), {}), opts)
    return function
