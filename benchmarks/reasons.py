"""Explains why some benchmark results miss their targets: some reasons were measured, and others
are only likely.

One reason explains all rows whose case begins with the same words; `RESULTS.md` shows the reason
with each row.
"""

from __future__ import annotations

__all__ = ["reason"]

# The first entry that matches a row is used. Each entry has three items: the beginning of a case's
# name, a part of the name of the other subject, and the reason.
_REASONS = (
    ("W1 ", "", "within the noise of the target; two thirds of the time are the bare walk"),
    ("W1s", "", "the call itself: in bulk a point takes 0.34 µs (W1)"),
    (
        "W1t",
        "",
        "sampled, dataclass: fetching attributes 22 %, integers 18 %, floats 16 %, tags 13 %",
    ),
    (
        "W2z",
        "",
        "sampled: looking for repetitions 26 %, lines 25 %, literals 22 %, "
        "writing repetitions 16 %",
    ),
    (
        "W2",
        "",
        "sampled, pandas str, two threads: floats 44 %, looking at tags 20 %, numbers into rows "
        "13 %, rows 8 %, tags into rows 7 %",
    ),
    (
        "W3",
        "",
        "sampled, pandas str, two threads: quoted texts 26 %, rows 18 %, floats 17 %, looking at "
        "tags 11 %, numbers into rows 6 %, integers 5 %, times 5 %",
    ),
    (
        "R1 json",
        "",
        "sampled, both threads: rows and floats 46 %, digits 28 %, fresh memory 8 %, texts 4 %, "
        "putting the halves together 3 %",
    ),
    ("R1 msgpack", "", "sampled: rows 43 %, fresh memory 20 %, texts and their check 17 %"),
    ("R2 tuples", "", "making objects of Python takes all of it: decoding runs beside it"),
    ("R2", "", "rows that are not kept slow orjson down little: kept ones hold the target"),
    (
        "Q query",
        "",
        "within the noise of the target; the server takes more CPU time than we do (see the notes) "
        "and shares two cores with us",
    ),
    (
        "Q",
        "",
        "the server takes more CPU time than we do (see the notes), shares two cores with us, and "
        "waits for its disk before it answers a write: see the rows with data in memory",
    ),
)


def reason(case: str, who: str, verdict: str) -> str:
    """Returns the reason why a row misses its target, or an empty string if no reason is known."""
    about = f"{case} {who} {verdict}"
    found = (text for begin, part, text in _REASONS if case.startswith(begin) and part in about)
    return next(found, "")
