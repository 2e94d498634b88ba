"""What a benchmark is made of: a case, its subjects, and what must hold between them.

Imported in the environment of every subject, also in that of aioinflux 0.9.0: the standard library
only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

OURS = "aioinflux"
# A ratio that is so near its target, on either side, may be decided by noise.
NEAR = 0.1


@dataclass(frozen=True)
class Work:
    """One measurement, prepared: what is timed, and what shows that it is right.

    `run` is timed; what it gives is dropped after the clock has stopped. `check` gives a finding
    that the subjects of a case are compared by: the text of lines, or a digest of a table.
    """

    run: Callable[[], object]
    check: Callable[[], Any] | None = None


@dataclass(frozen=True)
class Subject:
    """One who takes part in a case.

    Args:
        make: Prepares the work for a number of rows.
        rows: How many rows it gets, where that is fewer than the case has; its time is scaled.
        both_gc: Whether it is measured without the garbage collector as well; the better figure
            is its own.
        old: Whether it runs in the environment of aioinflux 0.9.0.
        note: What has to be said beside its figure.
    """

    make: Callable[[int], Work]
    rows: int | None = None
    both_gc: bool = False
    old: bool = False
    note: str = ""


@dataclass(frozen=True)
class Result:
    """What one subject has shown; times are for all rows of the case, in seconds.

    `result_mb` is the size of what the work gives, if that is `bytes`.
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
    """Something else that must hold: a text, and what gives the figure with its verdict.

    If noise may decide the verdict, `near` says so, and `subjects` are measured again.
    """

    text: str
    judge: Callable[[Results], tuple[str, bool]]
    subjects: tuple[str, ...] = ()
    near: Callable[[Results], bool] | None = None


@dataclass(frozen=True)
class Case:
    """One line of work that all its subjects do.

    Args:
        name: Short and unique, for instance `W2 categorical`.
        rows: Points or rows of the work.
        subjects: By name; `OURS` is the one that the others are compared with.
        at_least: How many times as fast as a subject we must be.
        at_most: How many times the time of a subject (an anchor: bare work) we may need.
        demands: What else must hold.
        compare: Gives the words on a subject's finding, from it and ours; empty when all is right.
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
