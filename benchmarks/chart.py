"""Draws a bar chart of ratios as SVG, using only the standard library.

This module can draw any ratios, including those of the benchmarks. The axis of the chart is
logarithmic and begins at 1, which means equal speed. The chart has its own background in both
colour schemes, so that its text stays readable if the page around it uses the other scheme.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, MARGIN = 720, 20
# The length of the longest bar, which leaves room for the text at its end.
SPAN = 460
TOP, BAR, GAP = 76, 16, 14
LABEL = 22
TICKS = (1, 2, 5, 10, 20, 50, 100, 200)

STYLE = """\
text { font: 14px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
/* The outline hides the grid behind a text. */
text { stroke: #ffffff; stroke-width: 4px; paint-order: stroke; }
.back { fill: #ffffff; } .text { fill: #1f2328; } .faint { fill: #59636e; font-size: 13px; }
.title { font-weight: 600; } .grid { stroke: #d1d9e0; }
.client { fill: #3b5bdb; } .library { fill: #c2571a; }
@media (prefers-color-scheme: dark) {
  text { stroke: #0d1117; }
  .back { fill: #0d1117; } .text { fill: #f0f6fc; } .faint { fill: #9198a1; }
  .grid { stroke: #3d444d; } .client { fill: #7a9bff; } .library { fill: #f0883e; }
}"""


@dataclass(frozen=True)
class Bar:
    """One bar of the chart: its ratio, and the text at its end. The attribute `kind` is a class in
    the style sheet `STYLE`."""

    kind: str
    ratio: float
    text: str


@dataclass(frozen=True)
class Group:
    """A group of bars, with one line of text above them."""

    text: str
    bars: tuple[Bar, ...]

    @property
    def height(self) -> int:
        return LABEL + BAR * len(self.bars) + GAP


def svg(title: str, legend: dict[str, str], groups: list[Group]) -> str:
    """Returns the chart as SVG; the dict `legend` maps each kind of bar to its text in the
    legend."""
    largest = max((bar.ratio for group in groups for bar in group.bars), default=1.0)
    last = next((tick for tick in TICKS if tick >= largest), TICKS[-1])
    scale = SPAN / math.log(last)
    bottom = TOP + sum(group.height for group in groups)
    height = bottom + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{STYLE}\n</style>",
        f'<rect class="back" width="{WIDTH}" height="{height}" rx="8"/>',
        text(MARGIN, 30, "text title", title),
        *key(legend),
        *axis([tick for tick in TICKS if tick <= last], scale, bottom),
    ]
    y = TOP
    for group in groups:
        parts += drawn(group, y, scale)
        y += group.height
    return "\n".join([*parts, "</svg>"]) + "\n"


def text(x: float, y: float, kind: str, words: str, more: str = "") -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}"{more}>{escape(words)}</text>'


def rectangle(kind: str, x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:.1f}" height="{height:g}" rx="2"/>'
    )


def key(legend: dict[str, str]) -> Iterator[str]:
    """Yields the SVG elements of the legend, which says what each kind of bar stands for."""
    for n, (kind, words) in enumerate(legend.items()):
        x = MARGIN + n * 250
        yield rectangle(kind, x, 43, 12, 12)
        yield text(x + 20, 54, "text", words)


def axis(ticks: list[int], scale: float, bottom: float) -> Iterator[str]:
    for tick in ticks:
        x = MARGIN + math.log(tick) * scale
        yield f'<path class="grid" d="M{x:.1f} {TOP - 8}V{bottom}"/>'
        yield text(round(x, 1), bottom + 18, "faint", f"{tick}x", ' text-anchor="middle"')


def drawn(group: Group, y: float, scale: float) -> Iterator[str]:
    yield text(MARGIN, y + 14, "text", group.text)
    for n, bar in enumerate(group.bars):
        top = y + LABEL + n * BAR
        # A ratio below 1 has no bar, so only its text shows the ratio.
        width = max(0.0, math.log(bar.ratio)) * scale
        yield rectangle(bar.kind, MARGIN, top, width, BAR - 3)
        yield text(MARGIN + round(width, 1) + 8, top + 11, "faint", bar.text)
