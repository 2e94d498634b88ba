"""Measures one subject of one benchmark case in its own process: time, CPU time and peak memory.

The command `python -m benchmarks.measure CASE SUBJECT` prints one line of JSON as the last line of
its output.
"""

from __future__ import annotations

import gc
import json
import re
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from .case import Case, Result, Subject
from .cases import find

SECONDS = 1.5
LEAST, MOST = 5, 200
# If one repetition takes at least `LONG_S` seconds, three repetitions are enough, and no warm-up is
# needed.
LONG_S = 2.0
LONG_REPETITIONS = 3


def memory_mb(what: str) -> float:
    """Returns the value of `VmRSS` (the memory in use) or of `VmHWM` (its peak since the last call
    of `forget_peak`); Linux only."""
    status = Path("/proc/self/status").read_text()
    found = re.search(rf"{what}:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1024


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


@dataclass(frozen=True)
class Repeated:
    """Holds the times of all repetitions, the CPU time of one repetition, and the size of the
    result."""

    times: list[float]
    cpu: float
    result_mb: float

    def best(self) -> float:
        return min(self.times)


def repeat(run: Callable[[], object]) -> Repeated:
    begin = time.perf_counter()
    result = run()
    warm_up = time.perf_counter() - begin
    long = warm_up > LONG_S
    times = [warm_up] if long else []
    cpu = time.process_time()
    first = len(times)
    while len(times) < (LONG_REPETITIONS if long else LEAST) or (
        sum(times) < SECONDS and len(times) < MOST
    ):
        # The result of a repetition is freed before the next repetition begins, so that its memory
        # can be reused.
        del result
        begin = time.perf_counter()
        result = run()
        times.append(time.perf_counter() - begin)
    each = (time.process_time() - cpu) / max(len(times) - first, 1)
    return Repeated(times, each, len(result) / 2**20 if isinstance(result, bytes) else 0)


def without_gc(run: Callable[[], object]) -> Repeated:
    gc.disable()
    try:
        return repeat(run)
    finally:
        gc.enable()


def measure(case: Case, subject: Subject) -> Result:
    rows = subject.rows or case.rows
    work = subject.make(rows)
    # The input does not belong to the subject, so a garbage collection while the subject runs must
    # not traverse the input.
    gc.collect()
    gc.freeze()
    before = memory_mb("VmRSS")
    forget_peak()
    found, note = repeat(work.run), subject.note
    if subject.both_gc:
        off = without_gc(work.run)
        note = f"gc on {found.best():.2f} s, off {off.best():.2f} s: the better one counts"
        found = min(found, off, key=Repeated.best)
    peak = memory_mb("VmHWM")
    scale = case.rows / rows
    return Result(
        seconds=found.best() * scale,
        median=statistics.median(found.times) * scale,
        repetitions=len(found.times),
        rows=rows,
        peak_mb=peak,
        added_mb=peak - before,
        cpu=found.cpu * scale,
        result_mb=found.result_mb,
        finding=work.check() if work.check else None,
        note=note,
    )


def main() -> None:
    # Warnings are ignored, because peers issue them with newer versions of their dependencies.
    warnings.simplefilter("ignore")
    name, who = sys.argv[1:]
    case = find(name)
    print(json.dumps(asdict(measure(case, case.subjects[who]))))


if __name__ == "__main__":
    main()
