"""The parts of a benchmark: a case, its subjects, and the targets between them.

Imported in the environment of every subject, including that of aioinflux 0.9.0: only the standard
library.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

OURS = "aioinflux"
# If a ratio is this close to its target, on either side, noise may decide it.
NEAR = 0.1


@dataclass(frozen=True)
class Work:
    """One prepared measurement: what is timed, and what shows that its result is right.

    `run` is timed; its result is dropped after the clock has stopped. `check` returns a finding by
    which the subjects of a case are compared: the text of lines, or a digest of a table.
    """

    run: Callable[[], object]
    check: Callable[[], Any] | None = None


@dataclass(frozen=True)
class Subject:
    """A participant of a case.

    Args:
        make: Prepares the work for a number of rows.
        rows: Its number of rows, if that is fewer than the case has; its time is scaled.
        both_gc: Whether it is also measured without the garbage collector; the better figure
            counts.
        old: Whether it runs in the environment of aioinflux 0.9.0.
        note: A remark for its figure.
    """

    make: Callable[[int], Work]
    rows: int | None = None
    both_gc: bool = False
    old: bool = False
    note: str = ""


@dataclass(frozen=True)
class Result:
    """The measurements of one subject. Times are for all rows of the case, in seconds.

    `result_mb` is the size of the result, if that is `bytes`.
    """

    seconds: float
    median: float
    repetitions: int
    rows: int
    peak_mb: float
    added_mb: float
    cpu: float
    result_mb: float = 0
    finding: Any = None
    note: str = ""
    error: str = ""


Results = Mapping[str, Result]


@dataclass(frozen=True)
class Demand:
    """An additional target: a text, and a function that returns the figure with its verdict.

    If noise may decide the verdict, `near` says so, and `subjects` are measured again.
    """

    text: str
    judge: Callable[[Results], tuple[str, bool]]
    subjects: tuple[str, ...] = ()
    near: Callable[[Results], bool] | None = None


@dataclass(frozen=True)
class Case:
    """One task that all its subjects do.

    Args:
        name: Short and unique, for example `W2 categorical`.
        rows: Points or rows of the task.
        subjects: By name; `OURS` is the one with which the others are compared.
        at_least: The minimum speed relative to a subject.
        at_most: The maximum time relative to a subject (an anchor: minimal work).
        demands: Additional targets.
        compare: Returns the remarks on a subject's finding, from it and ours. Empty when all is
        right.
    """

    name: str
    rows: int
    subjects: Mapping[str, Subject]
    at_least: Mapping[str, float] = field(default_factory=dict)
    at_most: Mapping[str, float] = field(default_factory=dict)
    demands: tuple[Demand, ...] = ()
    compare: Callable[[Any, Any], str] | None = None

    @property
    def family(self) -> str:
        return self.name.split()[0]
