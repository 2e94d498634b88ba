"""Defines the parts of a benchmark: the cases, the subjects of each case, and the targets for the
ratios between their results.

This module uses only the standard library, because it is imported in the environment of every
subject, even in that of aioinflux 0.9.0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

OURS = "aioinflux"
# If the ratio between two times differs from its target by at most this fraction of the target,
# noise may decide the verdict.
NEAR = 0.1


@dataclass(frozen=True)
class Work:
    """One prepared measurement: a function whose run time is measured, and a function that checks
    its result.

    The function `run` is timed; its result is freed after the clock has stopped. The function
    `check` returns a finding that is compared between the subjects of a case: the lines as text, or
    a digest of a table.
    """

    run: Callable[[], object]
    check: Callable[[], Any] | None = None


@dataclass(frozen=True)
class Subject:
    """One of the implementations that a case compares with each other.

    Args:
        make: Function that prepares the work for a given number of rows.
        rows: Number of rows for this subject, if it is smaller than the number of rows of the case;
            the measured time is then scaled.
        both_gc: Whether the subject is measured both with and without the garbage collector; the
            better time is used.
        old: Whether the subject runs in the environment of aioinflux 0.9.0.
        note: A remark on the times of this subject.
    """

    make: Callable[[int], Work]
    rows: int | None = None
    both_gc: bool = False
    old: bool = False
    note: str = ""


@dataclass(frozen=True)
class Result:
    """The measurements of one subject of a case. The times are in seconds, for all rows of the
    case.

    The attribute `result_mb` is the size of the subject's result, if the result is of the type
    `bytes`.
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
    """An additional target of a case: a description, and a function that returns the figure and the
    verdict.

    The function `near` returns whether noise may decide the verdict; if so, `subjects` are measured
    again.
    """

    text: str
    judge: Callable[[Results], tuple[str, bool]]
    subjects: tuple[str, ...] = ()
    near: Callable[[Results], bool] | None = None


@dataclass(frozen=True)
class Case:
    """A task that several subjects perform.

    Args:
        name: A short, unique name of the case, for example `W2 categorical`.
        rows: Number of points or rows in the task.
        subjects: The subjects by name; all of them are compared with the subject named `OURS`.
        at_least: The minimum ratio of our speed to the speed of a subject.
        at_most: The maximum ratio of our time to the time of a subject that does only minimal work
            (an "anchor").
        demands: Additional targets of the case.
        compare: Function that takes our finding and the finding of another subject, and returns
            remarks on the differences. If there are no differences, the function returns an empty
            string.
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
