"""Tests the schemas that `@lineprotocol` derives from annotations, and the schemas that it
refuses."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import gc
import inspect
import re
import subprocess
import sys
import weakref
from collections import namedtuple
from pathlib import Path
from typing import Annotated, Any, ClassVar, Generic, NewType, Optional, TypeVar

import pytest

import aioinflux
from aioinflux import (
    FLOAT,
    INT,
    MEASUREMENT,
    STR,
    TAG,
    TIMEDT,
    TIMEINT,
    SchemaError,
    lineprotocol,
    to_line_protocol,
)
from aioinflux.serialization import usertype
from aioinflux.typed import Field, Measurement, Tag, Time
from pages import of_page
from support import Wire

MARKERS = [name for name in usertype.__all__ if name.isupper()]


class Level(enum.Enum):
    LOW = 0


def refused(schema: dict[str, Any], **options: Any) -> str:
    """Returns the error message for a schema that `lineprotocol` refuses."""
    with pytest.raises(SchemaError) as caught:
        lineprotocol(namedtuple("Point", schema), schema=schema, **options)
    return str(caught.value)


def test_a_schema_error_is_a_type_error() -> None:
    assert issubclass(SchemaError, TypeError)


@pytest.mark.parametrize("name", MARKERS)
def test_a_marker_is_a_type_variable_as_it_was(name: str) -> None:
    marker = getattr(aioinflux, name)
    assert isinstance(marker, TypeVar)
    assert getattr(usertype, name) is marker
    assert marker.__name__ == name


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (
            {"a": MEASUREMENT, "b": MEASUREMENT, "v": INT},
            "class `Point`: it can't have more than one MEASUREMENT attribute, got `a`, `b`",
        ),
        (
            {"a": TIMEINT, "b": Annotated[int, Time], "v": INT},
            "class `Point`: it can't have more than one time attribute, got `a`, `b`",
        ),
        ({"a": TAG, "t": TIMEDT}, "class `Point`: it must have one or more field attributes"),
        ({"v": INT, "a": int}, "class `Point`, attribute `a`: Invalid attribute type `int`"),
        ({"v": INT, "a": str | None}, "attribute `a`: Invalid attribute type"),
        ({"v": INT, "a": "INT"}, "attribute `a`: Invalid attribute type 'INT'"),
        ({"v": INT, "a": MEASUREMENT | None}, "attribute `a`: the measurement cannot be"),
        ({"a": Annotated[TAG, Tag], "v": INT}, "attribute `a`: several markers"),
        ({"a": TAG | INT, "v": INT}, "attribute `a`: several markers"),
        ({"a": Annotated[str, Tag], "v": list[int]}, "attribute `v`: Invalid attribute type"),
        ({"a": Annotated[str, Tag], "v": dt.datetime}, "attribute `v`: Invalid attribute type"),
        ({"a": Annotated[float, Time], "v": INT}, "`a`: `float` cannot be combined with `Time`"),
        ({"a": Annotated[int, Measurement], "v": INT}, "cannot be combined with `Measurement`"),
        (
            {"a": Annotated[str, Tag("v")], "v": INT},
            "attribute `v`: key `v` is used by `a`",
        ),
        ({"time": FLOAT}, "class `Point`: attribute `time`: field key `time` is reserved for"),
        ({"a": Annotated[str, Tag("a\0")], "v": INT}, "class `Point`: attribute `a`: tag key"),
        ({"a": Annotated[str, Tag("")], "v": INT}, "attribute `a`: tag key `` is empty"),
        ({"a": Annotated[float, Field("b\\")]}, "class `Point`: attribute `a`: field key"),
    ],
)
def test_a_wrong_schema_names_class_and_attribute(schema: dict[str, Any], words: str) -> None:
    assert words in refused(schema)


def test_a_class_without_annotations_is_refused() -> None:
    class Bare:
        pass

    with pytest.raises(SchemaError, match="class `Bare`: no annotations"):
        lineprotocol(Bare)


@pytest.mark.parametrize("what", [5, lambda: None], ids=["number", "function"])
def test_what_is_no_class_is_refused(what: Any) -> None:
    with pytest.raises(SchemaError, match="expected a class"):
        lineprotocol(what)


def test_a_schema_that_is_no_mapping_is_refused() -> None:
    schema: Any = ["v"]
    with pytest.raises(SchemaError, match=r"`Point`: `schema`: expected a mapping.*`list`"):
        lineprotocol(type("Point", (), {}), schema=schema)


def test_a_wrong_extra_tag_is_refused_at_the_declaration() -> None:
    assert "extra tag `a`" in refused({"v": INT}, extra_tags={"a": [1]})


def test_a_placeholder_needs_no_field_and_takes_its_name() -> None:
    schema = {"a": TAG}
    made = lineprotocol(namedtuple("P", schema), schema=schema, placeholder=True)
    assert made("x").to_lineprotocol() == b"P,a=x _=true"
    only = lineprotocol(type("Q", (), {"__annotations__": {"m": MEASUREMENT}}), placeholder=True)
    point: Any = only()
    point.m = "m"
    assert point.to_lineprotocol() == b"m _=true"
    schema = {"_": TAG, "b": INT}
    with pytest.raises(SchemaError, match="attribute `_`: key `_` is used by the placeholder"):
        lineprotocol(type("R", (), {}), schema=schema, placeholder=True)


def test_a_name_that_is_not_known_is_a_schema_error() -> None:
    made = type("P", (), {"__annotations__": {"a": "Unknown"}, "__module__": __name__})
    with pytest.raises(SchemaError, match=r"class `P`: an annotation cannot be resolved.*Unknown"):
        lineprotocol(made)


class Base:
    host: TAG
    load: FLOAT


def test_annotations_are_inherited() -> None:
    @lineprotocol
    @dataclasses.dataclass
    class Point(Base):
        host: TAG
        load: FLOAT
        n: INT

    assert to_line_protocol(Point("a", 1.0, 2)) == b"Point,host=a load=1.0,n=2i\n"


def test_a_class_variable_is_no_part_of_the_point() -> None:
    @lineprotocol
    @dataclasses.dataclass
    class Point:
        known: ClassVar[dict[str, int]]
        load: FLOAT

    assert to_line_protocol(Point(1.0)) == b"Point load=1.0\n"


@pytest.mark.filterwarnings("ignore:.* points without a time")
def test_a_class_variable_with_a_marker_is_the_same_in_all_points() -> None:
    @lineprotocol
    @dataclasses.dataclass
    class Point:
        name: ClassVar[Annotated[str, Measurement]] = "cpu"
        load: FLOAT

    assert to_line_protocol([Point(1.0), Point(2.0)]) == b"cpu load=1.0\ncpu load=2.0\n"


def test_marks_of_a_dataclass_that_are_no_attributes_are_passed_over() -> None:
    parts: list[Any] = [("host", TAG), ("_", dataclasses.KW_ONLY), ("load", FLOAT)]
    parts.append(("start", dataclasses.InitVar[int], 5))
    made: Any = lineprotocol(dataclasses.make_dataclass("Point", parts))
    assert to_line_protocol(made("a", load=1.0)) == b"Point,host=a load=1.0\n"


Host = NewType("Host", str)
Value = TypeVar("Value")


@dataclasses.dataclass
class Wrapped(Generic[Value]):
    host: Annotated[Host, Tag]
    state: Annotated[Level | None, Field]
    number: Annotated[float | int, Field]
    other: Annotated[Any, Field("any")] = None


def test_types_inside_other_types_are_found() -> None:
    lineprotocol(Wrapped)
    points: list[Any] = [Wrapped(Host("a"), Level.LOW, 1), Wrapped(Host("b"), None, 1.5, "x")]
    assert to_line_protocol(points) == (
        b'Wrapped,host=a state="LOW",number=1i\nWrapped,host=b number=1.5,any="x"\n'
    )


@pytest.mark.parametrize("optional", [Optional[FLOAT], FLOAT | None])  # noqa: UP045
def test_both_spellings_of_optional_are_read(optional: Any) -> None:
    made = lineprotocol(namedtuple("P", ["a", "b"]), schema={"a": optional, "b": STR | None})
    assert made(1.0, None).to_lineprotocol() == b"P a=1.0"


def test_a_schema_is_not_changed_by_what_happens_to_its_mapping(wire: Wire) -> None:
    schema = {"v": INT}
    extra = {"a": "x"}
    made = lineprotocol(namedtuple("P", schema), schema=schema, extra_tags=extra)
    schema["v"] = STR
    extra["a"] = "y"
    assert wire(made(1)) == ["P,a=x v=1i"]


@pytest.mark.filterwarnings("ignore:.* points without a time")
def test_a_class_that_is_not_needed_any_more_is_freed() -> None:
    made: Any = lineprotocol(type("P", (), {"__annotations__": {"v": FLOAT}}))
    point = made()
    point.v = 1.0
    assert to_line_protocol([point] * 3) == b"P v=1.0\n" * 3
    gone = weakref.ref(made)
    del made, point
    gc.collect()
    assert gone() is None


def test_the_decorator_has_the_arguments_of_0_9() -> None:
    parameters = inspect.signature(lineprotocol).parameters
    assert [(one.name, one.default, one.kind.name) for one in parameters.values()] == [
        ("cls", None, "POSITIONAL_OR_KEYWORD"),
        ("schema", None, "KEYWORD_ONLY"),
        ("rm_none", False, "KEYWORD_ONLY"),
        ("extra_tags", None, "KEYWORD_ONLY"),
        ("placeholder", False, "KEYWORD_ONLY"),
    ]


def test_no_text_of_the_user_is_evaluated() -> None:
    package = Path(aioinflux.__file__).parent
    for path in package.rglob("*.py"):
        text = path.read_text()
        assert not re.search(r"\b(eval|exec)\(", text), path


def test_a_key_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="argument `key`: expected str or None, got `int`"):
        Tag(5)  # type: ignore[arg-type]


EXAMPLE = """
from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, NamedTuple, Optional

from aioinflux import (
    BOOL, DECIMAL, ENUM, FLOAT, INT, MEASUREMENT, STR, TAG, TAGENUM, TIMEDT, TIMEINT, TIMESTR,
    lineprotocol, to_line_protocol,
)
from aioinflux.serialization.usertype import reader
from aioinflux.typed import Field, Measurement, Tag, Time


class Level(enum.Enum):
    LOW = 0


@lineprotocol
class Old(NamedTuple):
    measurement: MEASUREMENT
    time: TIMEINT
    host: TAG
    level: TAGENUM
    up: BOOL
    total: INT
    price: DECIMAL
    load: FLOAT
    text: Optional[STR]
    state: ENUM | None = None


@lineprotocol(extra_tags={"dc": "eu"}, rm_none=True)
@dataclass(slots=True)
class New:
    name: Annotated[str, Measurement]
    time: Annotated[datetime, Time]
    host: Annotated[str, Tag("host name")]
    load: Annotated[float, Field]
    free: int
    state: Level | None = None


@lineprotocol
@dataclass(frozen=True)
class Other:
    time: TIMEDT
    load: FLOAT


@lineprotocol(placeholder=True)
class Third(NamedTuple):
    time: TIMESTR
    host: TAG = "a"


old = Old("m", 1, "a", Level.LOW, True, 1, Decimal(1), 0.5, None)
new = New("m", datetime(2020, 1, 1), "a", 1.0, 3, Level.LOW)
print(to_line_protocol([old, new, Other(datetime(2020, 1, 1), 1.0), Third("2020-01-01")]))
host: str = old.host
state: Level | None = new.state
objects: list[Third] = reader(Third)(...)  # type: ignore[arg-type] # pyright: ignore
"""

WRONG = "\nold.unknown\nNew(1)\nlineprotocol(schema=5)\n"


def checked(tmp_path: Path, text: str, *command: str) -> subprocess.CompletedProcess[str]:
    program = tmp_path / "program.py"
    program.write_text(text)
    command = (sys.executable, "-m", *command, str(program))
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)


CHECKERS = {
    "mypy": ("mypy", "--strict", "--cache-dir", "cache"),
    # The tool pyright uses the packages of this Python, rather than those of the first Python on
    # the PATH.
    "pyright": ("pyright", "--pythonpath", sys.executable),
}


@pytest.fixture
def strict(tmp_path: Path) -> Path:
    """A directory in which pyright runs in its strict mode."""
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    return tmp_path


@pytest.mark.timeout(180)
@pytest.mark.parametrize("checker", CHECKERS)
def test_a_type_checker_accepts_the_page_on_classes(strict: Path, checker: str) -> None:
    program = "\n".join(block.code for block in of_page("docs/objects.md") if block.runs)
    done = checked(strict, program, *CHECKERS[checker])
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(180)
@pytest.mark.parametrize("checker", CHECKERS)
def test_a_type_checker_accepts_the_examples_and_sees_mistakes(strict: Path, checker: str) -> None:
    good = checked(strict, EXAMPLE, *CHECKERS[checker])
    assert good.returncode == 0, good.stdout + good.stderr
    bad = checked(strict, EXAMPLE + WRONG, *CHECKERS[checker])
    last = EXAMPLE.count("\n") + 1
    found = {line for line in range(last, last + 5) if f"program.py:{line}:" in bad.stdout}
    assert found == {last + 1, last + 2, last + 3}, bad.stdout
