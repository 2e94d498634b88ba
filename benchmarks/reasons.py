"""Why results fall short, as far as it is known: what was measured, and what is only likely.

One text for all rows whose case begins so; `RESULTS.md` shows it beside the row.
"""

from __future__ import annotations

__all__ = ["reason"]

# The first that fits counts: the beginning of a case, a part of the other's name, the reason.
_REASONS = (
    ("R2", "not run", "its environment has no orjson, which made the data; mended since"),
    ("W1 datetime", "", "within the noise of the target (1.47); half of the time is the bare walk"),
    ("W1s", "", "the call itself: in bulk a point takes 0.45 µs (W1)"),
    (
        "W1t",
        "",
        "attributes by `getattr`: by position (NamedTuple) the same points take 60 % of it",
    ),
    ("W2z", "", "not profiled"),
    (
        "W2 10 % nulls",
        "",
        "not profiled; likely, that nulls break the runs in which columns are written",
    ),
    (
        "W2",
        "2 threads",
        "likely, that batches of 4 MiB leave the cache; fresh pages are 5 % (sampled)",
    ),
    ("W2", "", "texts are looked through in every row: 8 ns each more than codes (sampled)"),
    ("W3", "aioinflux", "within the noise of the target; 0.9.0 escapes nothing"),
    ("W3", "", "not profiled; likely, texts with quotes, which go in steps of eight bytes"),
    ("R1 json", "", "the decoder takes 73 ms (Rust); the rest is memory and the frame"),
    ("R1 msgpack", "", "the decoder takes 24 ms (Rust); the rest is fresh memory and the frame"),
    ("R2 tuples", "", "making objects of Python takes most of it, for both; decoding 27 %"),
    ("R2", "", "rows that are not kept slow orjson down little: kept ones hold the target"),
    ("Q", "", "not profiled; likely, the changes of threads that a request needs"),
)


def reason(case: str, who: str, verdict: str) -> str:
    """The reason for a row that falls short, or nothing."""
    about = f"{case} {who} {verdict}"
    found = (text for begin, part, text in _REASONS if case.startswith(begin) and part in about)
    return next(found, "")
