"""Makes `RESULTS.md`, the table of all benchmark results, and reads it.

The module `benchmarks.readme` makes the shorter table of the README from `RESULTS.md`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .case import OURS, Case, Result, Results
from .reasons import reason
from .words import FAMILIES

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
HOLDS, SHORT = "holds", "**falls short**"
HEAD = ("case", "who", "time", "CPU", "ratio", "target", "verdict", "peak", "added", "notes")


@dataclass(frozen=True)
class Row:
    """One row of the results table; all cells are strings."""

    case: str
    who: str
    time: str = ""
    cpu: str = ""
    ratio: str = ""
    target: str = ""
    verdict: str = ""
    peak: str = ""
    added: str = ""
    note: str = ""

    def cells(self) -> tuple[str, ...]:
        return (
            self.case, self.who, self.time, self.cpu, self.ratio, self.target, self.verdict,
            self.peak, self.added, self.note,
        )  # fmt: skip


def seconds(value: float) -> str:
    """Formats a time with three digits and a unit that suits its size."""
    if not value or math.isnan(value):
        return ""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)):
        if value >= size or unit == "ns":
            shown = value / size
            return f"{shown:.{max(0, 2 - int(math.log10(max(shown, 1))))}f} {unit}"
    return ""


def times(value: float) -> str:
    return f"{value:.0f}x" if value >= 100 else f"{value:.2g}x" if value < 1 else f"{value:.1f}x"


def megabytes(value: float) -> str:
    return f"{value:.0f} MB" if value else ""


def rows(case: Case, results: Results) -> Iterable[Row]:
    """Yields the rows of one case: the row of our subject, the rows of all other subjects, and the
    rows of additional targets."""
    ours = results.get(OURS)
    for who, result in results.items():
        yield row(case, who, result, ours)
    for demand in case.demands:
        if ours and not any(result.error for result in results.values()):
            value, holds = demand.judge(results)
            yield Row(case.name, "", value, target=demand.text, verdict=HOLDS if holds else SHORT)


def row(case: Case, who: str, result: Result, ours: Result | None) -> Row:
    if result.error:
        return Row(
            case.name, who, target=target(case, who), verdict="**not run**", note=result.error
        )
    ratio = verdict = ""
    if ours and not ours.error and who != OURS:
        factor = result.seconds / ours.seconds
        ratio = times(factor)
        if who in case.at_least:
            verdict = HOLDS if factor >= case.at_least[who] else SHORT
        if who in case.at_most:
            verdict = HOLDS if 1 / factor <= case.at_most[who] else SHORT
            ratio = f"{ratio} (ours {times(1 / factor)} of it)"
    return Row(
        case.name,
        who,
        seconds(result.seconds),
        seconds(result.cpu),
        ratio,
        target(case, who),
        verdict,
        megabytes(result.peak_mb),
        megabytes(result.added_mb),
        note(case, result, ours),
    )


def target(case: Case, who: str) -> str:
    if who in case.at_least:
        return f">= {case.at_least[who]:g}x"
    return f"ours <= {case.at_most[who]:g}x of it" if who in case.at_most else ""


def note(case: Case, result: Result, ours: Result | None) -> str:
    parts = [result.note]
    if result.rows < case.rows:
        parts.append(f"{result.rows:,} rows, scaled")
    if case.compare and ours and result is not ours:
        parts.append(case.compare(ours.finding, result.finding))
    return "; ".join(filter(None, parts)).replace("|", "\\|")


def table(head: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    """Returns the rows as a Markdown table."""
    text = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*text, *(f"| {' | '.join(line)} |" for line in lines)]) + "\n"


def whole(found: list[Row], about: str) -> str:
    """Returns the complete text of `RESULTS.md`."""
    judged = [r for r in found if r.verdict]
    short = [r for r in judged if r.verdict != HOLDS]
    text = f"# Results of `make bench`\n\n{about}\n{codes(found)}\n"
    text += f"{len(judged) - len(short)} of {len(judged)} targets hold"
    text += ". What falls short:\n\n" if short else ".\n"
    for r in short:
        measured = r.ratio if r.who else r.time
        why = reason(r.case, r.who, r.verdict)
        text += f"* {r.case}, {r.who or 'itself'}: {measured or r.note}, target {r.target}"
        text += f": {why}\n" if why else "\n"
    return text + "\n" + table(HEAD, (r.cells() for r in found))


def codes(found: list[Row]) -> str:
    """Returns a Markdown list that explains the first word of each case, which is its family. The
    list has the families with results."""
    measured = {r.case.split()[0] for r in found}
    families = ((code, words) for code, words in FAMILIES.items() if code in measured)
    lines = "".join(f"* `{code}`: {words}.\n" for code, words in families)
    return f"The first word of a case is its family:\n\n{lines}"


def read(text: str) -> list[Row]:
    """Returns the rows of the results table in the text of `RESULTS.md`."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]
    return [Row(*(cell.strip("| ") for cell in line)) for line in cells if len(line) == len(HEAD)]
