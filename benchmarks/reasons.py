"""Why results fall short, as far as it is known: what was measured, and what is only likely.

One text for all rows whose case begins so; `RESULTS.md` shows it beside the row.
"""

from __future__ import annotations

__all__ = ["reason"]

# The first that fits counts: the beginning of a case, a part of the other's name, the reason.
_REASONS = (
    ("W1 datetime", "", "within the noise of the target; half of the time is the bare walk"),
    ("W1s", "", "the call itself: in bulk a point takes 0.45 µs (W1)"),
    (
        "W1t",
        "",
        "attributes by `getattr`: by position (NamedTuple) the same points take 60 % of it",
    ),
    (
        "W2z",
        "",
        "sampled: repetitions 19 %, literals 16 %, lines 16 %, fresh memory of the results 11 %",
    ),
    (
        "W2",
        "",
        "sampled: floats 43 %; the rest is copies of tags and keys, none of which stands out",
    ),
    ("W3", "", "sampled, of the encoder: numbers 40 %, texts 26 %, the loop over columns 16 %"),
    ("R1 json", "", "sampled: numbers 60 %; fresh memory takes a tenth"),
    (
        "R1 msgpack to polars",
        "",
        "its own views of texts take 4 ms more than offsets; fresh memory 5 ms (sampled)",
    ),
    ("R1 msgpack", "", "sampled: rows 43 %, fresh memory 20 %, texts and their check 17 %"),
    ("R2 tuples", "", "making objects of Python takes all of it: decoding runs beside it"),
    ("R2", "", "rows that are not kept slow orjson down little: kept ones hold the target"),
    (
        "Q",
        "",
        "the server's own CPU time (see the notes) is most of it; of ours, one at a time, 38 % is "
        "the kernel, which wakes threads (sampled)",
    ),
)


def reason(case: str, who: str, verdict: str) -> str:
    """The reason for a row that falls short, or nothing."""
    about = f"{case} {who} {verdict}"
    found = (text for begin, part, text in _REASONS if case.startswith(begin) and part in about)
    return next(found, "")
