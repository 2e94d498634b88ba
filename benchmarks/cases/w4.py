"""Family W4 of the benchmarks: points and DataFrames of the other families are encoded for a 2.x
server, which must not take longer than for a 1.x server."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from .. import data, lines, ours
from ..case import OURS, Case, Subject
from ..writers import Writer
from . import w1, w2, w3

OF_1X = f"{OURS}, for 1.x"
# The maximum ratio of the time for 2.x to the time for 1.x.
MOST = 1.05


def case(
    name: str,
    rows: int,
    subject: Callable[[Callable[..., Writer]], Subject],
    writer: Callable[..., Writer],
) -> Case:
    return Case(
        name=f"W4 {name}",
        rows=rows,
        subjects={
            OURS: subject(partial(writer, server="2.x")),
            OF_1X: subject(partial(writer, server="1.x")),
        },
        at_most={OF_1X: MOST},
        compare=lines.compare,
    )


points = w1.subject
categorical = partial(w2.subject, frames=w2.categorical)
mixed = partial(w2.subject, frames=partial(data.mixed, tags="object"), hard=w3.hard)
batches = partial(ours.batches, threads=1)

CASES = [
    case("dicts", w1.ROWS, points, ours.batches),
    case("dicts to one text", w1.ROWS, points, ours.one_text),
    case("categorical, 1 thread", w2.ROWS, categorical, batches),
    case("mixed, 1 thread", w2.ROWS, mixed, batches),
]
