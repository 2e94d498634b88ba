"""Runs many programs that end while their daemon threads use a client, and counts in which ways the
programs ended.

The programs are defined in `tests/exits.py`. Without arguments, the programs are run by the current
Python with its installed package:

    .venv/bin/python tools/exit_runs.py
    .venv/bin/python tools/exit_runs.py --runs 130 --programs loops streams
    .venv/bin/python tools/exit_runs.py --pythons 3.10 3.12 --profiles dev release

With the options `--pythons` and `--profiles`, a wheel is built for each Python and profile, and the
wheels are tested one after the other. The option `--runs` is the total number of runs. The option
`--at-once` is the number of programs that run at the same time, to keep the processors busy. The
table has a line for each program. The line has the number of runs in each category: normal end,
abort (SIGABRT), crash with another signal, no end within 50 seconds, and another code or text on
standard error. The exit code of the command is 0 if all runs ended normally.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import itertools
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests")]

from exits import ENDINGS, PROGRAMS, run, serve  # noqa: E402
from test_pythons import VENVS, VERSIONS, build, interpreters  # noqa: E402

SHOWN = 3
# The number of program runs between two progress messages.
REPORTED = 100


def run_all(title: str, python: str, names: list[str], runs: int, at_once: int) -> bool:
    """Runs the programs in turn, prints the results table, and returns whether all runs ended
    normally."""
    started = time.monotonic()
    found: dict[str, Counter[str]] = {name: Counter() for name in names}
    wrote: Counter[str] = Counter()
    with serve() as server, concurrent.futures.ThreadPoolExecutor(at_once) as pool:

        def one(name: str) -> tuple[str, str, str]:
            return (name, *run(name, python, server))

        ended = pool.map(one, itertools.islice(itertools.cycle(names), runs))
        for number, (name, ending, text) in enumerate(ended, start=1):
            found[name][ending] += 1
            if number % REPORTED == 0:
                in_order = sum(counts["in order"] for counts in found.values())
                print(f"{title}: {in_order} of {number} in order", file=sys.stderr, flush=True)
            if ending != "in order":
                wrote[f"{name}: {text}"] += 1
    print(f"== {title}: {runs} runs, {at_once} at once, {time.monotonic() - started:.0f} s")
    print(f"{'program':32}{'runs':>6}" + "".join(f"{ending:>13}" for ending in ENDINGS))
    total: Counter[str] = sum(found.values(), Counter())
    for name, counts in [*found.items(), ("all", total)]:
        row = "".join(f"{counts[ending]:>13}" for ending in ENDINGS)
        print(f"{name:32}{counts.total():>6}{row}")
    for text, count in wrote.most_common(SHOWN):
        print(f"{count} times {text}")
    sys.stdout.flush()
    return total["in order"] == runs


def installed(version: str, python: str, profile: str) -> str:
    """Returns the path of the Python in an environment that has a fresh wheel and the modules that
    the programs need."""
    wheel = build(version, python, profile)
    venv = VENVS / f"{version}-exit-{profile}"
    command = [str(ROOT / "tools/venv"), str(venv), python, "tools/requirements-pandas2.txt"]
    subprocess.run(command, cwd=ROOT, check=True)
    inside = str(venv / "bin" / "python")
    install = [inside, "-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps"]
    subprocess.run([*install, str(wheel)], check=True)
    return inside


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--at-once", type=int, default=5)
    parser.add_argument("--programs", nargs="+", choices=PROGRAMS, default=list(PROGRAMS))
    parser.add_argument("--pythons", nargs="+", choices=VERSIONS)
    parser.add_argument("--profiles", nargs="+", choices=["dev", "release"], default=["dev"])
    wanted = parser.parse_args()
    given = (wanted.programs, wanted.runs, wanted.at_once)
    if wanted.pythons is None:
        return int(not run_all(f"CPython {sys.version.split()[0]}", sys.executable, *given))
    here = interpreters()
    if missing := [version for version in wanted.pythons if version not in here]:
        sys.exit(f"not on this machine: CPython {', '.join(missing)}")
    good = []
    for version, profile in itertools.product(wanted.pythons, wanted.profiles):
        python = installed(version, here[version], profile)
        good.append(run_all(f"CPython {version}, {profile}", python, *given))
    return int(not all(good))


if __name__ == "__main__":
    sys.exit(main())
