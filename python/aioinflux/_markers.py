"""Defines the markers of aioinflux 0.9: type variables that can be used in `Optional[...]`.

Type checkers do not accept a type variable as an annotation, so they see the type that each marker
represents instead.
"""

from __future__ import annotations

import enum
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

__all__ = [
    "BOOL",
    "DECIMAL",
    "ENUM",
    "FLOAT",
    "INT",
    "KINDS",
    "MEASUREMENT",
    "STR",
    "TAG",
    "TAGENUM",
    "TIMEDT",
    "TIMEINT",
    "TIMESTR",
]

if TYPE_CHECKING:
    MEASUREMENT: TypeAlias = str
    TIMEINT: TypeAlias = int
    TIMESTR: TypeAlias = str
    TIMEDT: TypeAlias = datetime
    TAG: TypeAlias = str
    TAGENUM: TypeAlias = enum.Enum
    BOOL: TypeAlias = bool
    INT: TypeAlias = int
    DECIMAL: TypeAlias = Decimal
    FLOAT: TypeAlias = float
    STR: TypeAlias = str
    ENUM: TypeAlias = enum.Enum
else:
    MEASUREMENT = TypeVar("MEASUREMENT", bound=str)
    TIMEINT = TypeVar("TIMEINT", bound=int)
    TIMESTR = TypeVar("TIMESTR", bound=str)
    TIMEDT = TypeVar("TIMEDT", bound=datetime)
    TAG = TypeVar("TAG", bound=str)
    TAGENUM = TypeVar("TAGENUM", bound=enum.Enum)
    BOOL = TypeVar("BOOL", bound=bool)
    INT = TypeVar("INT", bound=int)
    DECIMAL = TypeVar("DECIMAL", bound=Decimal)
    FLOAT = TypeVar("FLOAT", bound=float)
    STR = TypeVar("STR", bound=str)
    ENUM = TypeVar("ENUM", bound=enum.Enum)

# The name that the engine uses for each marker. Markers are hashed and compared by identity, so no
# two markers are equal.
KINDS: dict[Any, str] = {
    MEASUREMENT: "measurement",
    TIMEINT: "timeint",
    TIMESTR: "timestr",
    TIMEDT: "timedt",
    TAG: "tag",
    TAGENUM: "tagenum",
    BOOL: "bool",
    INT: "int",
    DECIMAL: "decimal",
    FLOAT: "float",
    STR: "str",
    ENUM: "enum",
}
