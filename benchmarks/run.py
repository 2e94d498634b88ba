"""Runs benchmark cases and prints their results; if all cases were run, also writes the results to
the files.

Run the command `python -m benchmarks.run [--old PYTHON] [CASE...]` in the environment that contains
the peers. The option `--old` names the Python interpreter in the environment of aioinflux 0.9.0.
The argument CASE selects the cases to run: a family (`W2`), or the beginning of a case's name
(`W2 categorical`).
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator

from . import answers, readme, report
from .about import about
from .case import NEAR, OURS, Case, Result, Results
from .cases import families, live
from .report import RESULTS, ROOT, Row

# A subject that takes less than `FAST_S` seconds is measured again after the other subjects of the
# case, because other programs share the machine.
FAST_S = 1.5
# The number of additional rounds for our subject and for any subject whose ratio is close to its
# target.
MORE_ROUNDS = 2
LIMIT_S = 300
FIRST_ERROR = re.compile(r"^\w[\w.]*(Error|Exception)\b.*", re.MULTILINE)


def failed(text: str) -> Result:
    return Result(0, 0, 0, 0, 0, 0, 0, error=text)


def child(case: Case, who: str, old: str | None) -> Result:
    """Measures one subject in a separate process."""
    if case.subjects[who].old and not old:
        return failed("no Python 3.10 or 3.11 for it")
    python = old if case.subjects[who].old else sys.executable
    command = [str(python), "-m", "benchmarks.measure", case.name, who]
    try:
        out = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return failed(f"not done after {LIMIT_S} s")
    if out.returncode:
        errors = FIRST_ERROR.search(out.stderr)
        return failed(errors[0] if errors else f"ended with code {out.returncode}")
    return Result(**json.loads(out.stdout.splitlines()[-1]))


def better(a: Result, b: Result) -> Result:
    return a if b.error or (a.seconds and a.seconds <= b.seconds) else b


def measured(case: Case, old: str | None) -> Results:
    results = {who: child(case, who, old) for who in case.subjects}

    def again(some: Iterable[str]) -> None:
        for who in some:
            results[who] = better(results[who], child(case, who, old))

    fast = [who for who, one in results.items() if not one.error and one.seconds < FAST_S]
    again(fast)
    # Our subject is never measured again without another subject, because more rounds for one side
    # would favour that side.
    near = [who for who in fast if OURS in fast and is_near(case, who, results)]
    wanted = dict.fromkeys([OURS, *near] if near else [])
    for demand in case.demands:
        if demand.near and set(demand.subjects) <= set(fast) and demand.near(results):
            wanted |= dict.fromkeys(demand.subjects)
    for _ in range(MORE_ROUNDS):
        again(wanted)
    return results


def is_near(case: Case, who: str, results: Results) -> bool:
    """Returns whether noise may decide if the subject meets its target."""
    ours, theirs = results[OURS].seconds, results[who].seconds
    if who in case.at_least:
        share = theirs / ours / case.at_least[who]
    elif who in case.at_most:
        share = ours / theirs / case.at_most[who]
    else:
        return False
    return abs(share - 1) <= NEAR


def chosen(name: str, wanted: list[str]) -> bool:
    """Returns whether a case is selected, by its name or by the first words of its name."""
    begins = tuple(word + end for word in wanted for end in (" ", ","))
    return not wanted or name in wanted or name.startswith(begins)


def runs(wanted: list[str], old: str | None) -> Iterator[tuple[Case, Results]]:
    for cases in families().values():
        for case in cases:
            if chosen(case.name, wanted):
                yield case, measured(case, old)
    for family, run in live().items():
        if not wanted or family in wanted:
            try:
                yield from run(old)
            except Exception as error:
                # If one family raises an error, the other families are still measured.
                yield Case(family, 1, {}), {OURS: failed(last_words(error))}


def last_words(error: Exception) -> str:
    """Returns the message of an error as one line. A program that failed has already printed its
    error; the last line of its output is the message."""
    said = str(getattr(error, "stderr", None) or error).strip()
    return said.splitlines()[-1] if said else type(error).__name__


def show(found: list[Row]) -> None:
    """Prints the result rows of one case to the terminal."""
    for r in found:
        cells = (r.time, r.ratio, r.target, r.verdict.strip("*"), r.peak, r.note)
        print(f"{r.case[:34]:34} {r.who[:30]:30} " + "  ".join(filter(None, cells)), flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--old")
    options.add_argument("cases", nargs="*")
    arguments = options.parse_args()
    begin = time.time()
    shutil.rmtree(answers.FILES, ignore_errors=True)
    found: list[Row] = []
    for case, results in runs(arguments.cases, arguments.old):
        lines = list(report.rows(case, results))
        show(lines)
        found += lines
    if arguments.cases:
        return
    RESULTS.write_text(report.whole(found, about(begin)))
    readme.write()
    print(f"\nwritten: {RESULTS.relative_to(ROOT)}, and what the README shows of it")


if __name__ == "__main__":
    main()
