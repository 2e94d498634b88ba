"""Makes the chart and the table for the README in plain words; the only source is `RESULTS.md`.

The command `python -m benchmarks.readme` prints the passage of the README about speed. The option
`--write` writes the passage and the chart; with `--check`, the command fails if the README or the
chart is out of date.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from . import chart
from .case import OURS
from .report import HOLDS, RESULTS, ROOT, Row, read, table
from .words import CHART, LINES, PEERS

README = ROOT / "README.md"
PICTURE = ROOT / "benchmarks" / "chart.svg"
BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
CLIENT, LIBRARY = "fastest other InfluxDB client", "fastest other library"
# How the names of the other InfluxDB clients begin.
CLIENTS = ("aioinflux", "influxdb", "sluicebox")
TITLE = "How many times as fast as others aioinflux is (logarithmic axis)"
ALT = "Chart: the speed of aioinflux relative to other clients and libraries, for ten tasks"


@dataclass(frozen=True)
class Peer:
    """The fastest of several peers: its name, and the ratio of its time to our time."""

    name: str
    ratio: str

    @property
    def times(self) -> float:
        return factor(self.ratio)

    @property
    def text(self) -> str:
        return f"{self.ratio} {self.name}"


@dataclass(frozen=True)
class Compared:
    """One case in the README: its description, our time, and the fastest peers, if there are
    any."""

    case: str
    words: str
    time: str
    client: Peer | None
    library: Peer | None


def factor(ratio: str) -> float:
    return float(ratio.split("x")[0])


def fastest(found: list[Row]) -> Peer | None:
    if not found:
        return None
    best = min(found, key=lambda r: factor(r.ratio))
    return Peer(PEERS.get(best.who, best.who), best.ratio)


def comparisons(found: list[Row]) -> list[Compared]:
    """Returns the cases in the README that were measured."""
    compared = []
    for line in LINES:
        of_case = [r for r in found if r.case == line.case]
        ours = next((r for r in of_case if r.who == OURS), None)
        if not ours:
            continue
        others = [r for r in of_case if r.ratio and "of it" not in r.ratio]
        # Anchors do only minimal work, so the README does not compare them.
        others = [r for r in others if not r.who.startswith((f"{OURS},", "our ", "empty call"))]
        clients = [r for r in others if r.who.startswith(CLIENTS)]
        rest = [r for r in others if r not in clients]
        compared.append(Compared(line.case, line.words, ours.time, fastest(clients), fastest(rest)))
    return compared


def brief(compared: list[Compared]) -> str:
    """Returns the speed table for the README as Markdown."""
    head = ("task", "aioinflux", CLIENT, LIBRARY)
    lines = ((c.words, c.time, text(c.client), text(c.library)) for c in compared)
    return table(head, lines)


def text(peer: Peer | None) -> str:
    return peer.text if peer else ""


def picture(compared: list[Compared]) -> str:
    """Returns the speed chart for the README as SVG, which has one group of bars for each case."""
    by_case = {c.case: c for c in compared}
    groups = []
    for case in CHART:
        if c := by_case.get(case):
            peers = [("client", c.client), ("library", c.library)]
            bars = tuple(chart.Bar(kind, p.times, p.text) for kind, p in peers if p)
            groups.append(chart.Group(c.words.replace("`", ""), bars))
    legend = {"client": CLIENT, "library": LIBRARY}
    return chart.svg(TITLE, legend, groups)


def passage(found: list[Row]) -> str:
    """Returns the passage of the README about speed. The passage contains only figures that were
    measured."""
    if not found:
        return f"{BEGIN}\n{END}\n"
    judged = [r.verdict for r in found if r.verdict]
    held = f"{judged.count(HOLDS)} of the {len(judged)} targets for time and memory are met. "
    held += "The results say which are not, and why.\n"
    image = f"![{ALT}]({PICTURE.relative_to(ROOT)})\n"
    return f"{BEGIN}\n{image}\n{brief(comparisons(found))}\n{held}{END}\n"


def measured() -> list[Row]:
    return read(RESULTS.read_text()) if RESULTS.exists() else []


def write() -> None:
    found = measured()
    before, _, rest = README.read_text().partition(BEGIN)
    README.write_text(before + passage(found) + rest.partition(f"{END}\n")[2])
    PICTURE.write_text(picture(comparisons(found)))


def check() -> bool:
    """Returns whether the README and the chart agree with the results in `RESULTS.md`."""
    found = measured()
    in_readme = passage(found) in README.read_text()
    return in_readme and PICTURE.read_text() == picture(comparisons(found))


def main() -> None:
    if "--check" in sys.argv:
        if not check():
            sys.exit("README.md or chart.svg is stale: run python -m benchmarks.readme --write")
    elif "--write" in sys.argv:
        write()
    else:
        print(passage(measured()), end="")


if __name__ == "__main__":
    main()
