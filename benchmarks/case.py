"""The parts of a benchmark: a case, its subjects, and the targets between them.

This module uses only the standard library, because it is imported in the environment of every
subject, including that of aioinflux 0.9.0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

OURS = "aioinflux"
# If a ratio is this close to its target, above or below, noise may decide the verdict.
NEAR = 0.1


@dataclass(frozen=True)
class Work:
    """One prepared measurement: the function that is timed, and the function that checks its
    result.

    `run` is timed; its result is dropped after the clock has stopped. `check` returns a finding
    that is compared between the subjects of a case: the text of lines, or a digest of a table.
    """

    run: Callable[[], object]
    check: Callable[[], Any] | None = None


@dataclass(frozen=True)
class Subject:
    """One of the implementations that a case compares.

    Args:
        make: Function that prepares the work for a number of rows.
        rows: Number of rows for this subject, if the subject gets fewer rows than the case has; the
            measured time is scaled.
        both_gc: Whether the subject is also measured without the garbage collector; the better
            figure is used.
        old: Whether the subject runs in the environment of aioinflux 0.9.0.
        note: A remark on the figure of this subject.
    """

    make: Callable[[int], Work]
    rows: int | None = None
    both_gc: bool = False
    old: bool = False
    note: str = ""


@dataclass(frozen=True)
class Result:
    """The measurements of one subject. Times are in seconds, for all rows of the case.

    `result_mb` is the size of the result, if the result is `bytes`.
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
    """An additional target: a text, and a function that returns the figure and the verdict.

    `near` returns whether noise may decide the verdict; `subjects` are then measured again.
    """

    text: str
    judge: Callable[[Results], tuple[str, bool]]
    subjects: tuple[str, ...] = ()
    near: Callable[[Results], bool] | None = None


@dataclass(frozen=True)
class Case:
    """One task that all of its subjects do.

    Args:
        name: A short, unique name, for example `W2 categorical`.
        rows: Number of points or rows in the task.
        subjects: The subjects by name; the others are compared with `OURS`.
        at_least: Our minimum speed relative to a subject.
        at_most: Our maximum time relative to a subject that does only minimal work (an "anchor").
        demands: Additional targets of the case.
        compare: Function that takes our finding and a subject's finding, and returns remarks on the
            differences. The remarks are empty if there are no differences.
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
