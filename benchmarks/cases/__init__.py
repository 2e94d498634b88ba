"""Collects the cases of all benchmark families."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..case import Case, Results


def families() -> dict[str, list[Case]]:
    """Returns the cases that `benchmarks.measure` can run, in the order of the results table."""
    from . import r1, r2, r3, w1, w1t, w2, w2z, w3, w4

    return {
        "W1": w1.CASES,
        "W1s": w1.SINGLE,
        "W1t": w1t.CASES,
        "W2": w2.CASES,
        "W3": w3.CASES,
        "W2z": w2z.CASES,
        "W4": w4.CASES,
        "R1": r1.CASES,
        "R2": r2.CASES,
        "R3": r3.CASES,
    }


def live() -> dict[str, Callable[[str | None], Iterable[tuple[Case, Results]]]]:
    """Returns the benchmark families that need a server or cargo. The families in this list do
    their own measurements."""
    from . import e, q, rust

    return {"Q": q.run, "E": e.run, "Rust": rust.run}


def find(name: str) -> Case:
    return next(case for cases in families().values() for case in cases if case.name == name)
