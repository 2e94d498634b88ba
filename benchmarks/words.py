"""Describes the benchmark cases in plain words: the meaning of the family codes, and the lines for
the README.

The README has one line for each item of `LINES`, and the chart in the README shows the ten cases of
`CHART`. The family codes are used only in `benchmarks/`; for readers, `RESULTS.md` begins with the
meanings in `FAMILIES`.
"""

from __future__ import annotations

from dataclasses import dataclass

FAMILIES = {
    "W1": "encode 100,000 points, given as dicts with 10 tags, 5 floats and 5 integers. `int` and "
    "`datetime` are the types of their times",
    "W1s": "encode 20,000 of these points, each by a call of its own",
    "W1t": "encode the points of W1, given as objects of a class with `@lineprotocol`",
    "W2": "encode a table of 1,000,000 rows with 10 tags and 10 floats. The case names the type of "
    "the tags or of the table, and the number of threads. `2 decimals` has floats of two decimals, "
    "`10 % nulls` has nulls in all columns",
    "W2z": "encode the table of W2, and compress the lines with gzip",
    "W3": "encode a DataFrame of 1,000,000 rows with 2 tags, a float, an integer, a boolean, and a "
    "text with quotes and backslashes",
    "W4": "encode the points of W1, the categorical table of W2, and the table of W3 (`mixed`) for "
    "a 2.x server, and for comparison the same for a 1.x server",
    "R1": "decode an answer of 1,000,000 rows with a time, 2 floats, 2 integers and a text into a "
    "table. With `100 series` it becomes 100 tables of 10,000 rows",
    "R2": "decode the rows of R1, in chunks of 10,000 rows of JSON, into tuples or dicts. The rows "
    "are `iterated` over once, or `kept` in a list. `gc` is Python's garbage collector",
    "R3": "decode an answer to Flux, annotated CSV of 1,000,000 rows, into one table. Besides "
    "`result` and `table`, the rows of `wide` have a time, a tag, an integer, a float and a text; "
    "those of `long` have a time, a float, the names of the field and the measurement, and a tag. "
    "The answer contains one table, or `1,000 tables` of 1,000 rows. All subjects use the same "
    "number of processors. `streamed` is an answer that a server in another process sends",
    "Q": "send small queries and writes of one point to a server from asyncio. The time is that of "
    "one request, with so many requests open at a time. `data in memory` means that the server has "
    "no disk to wait for",
    "E": "write the DataFrame of W3 to a server, read it back, and stream it",
    "Rust": "encode and decode in Rust, without Python: the points of W1 and the answers of R1",
}


@dataclass(frozen=True)
class Line:
    """One line of the table in the README: the name of its case, and the case's description in
    plain words."""

    case: str
    words: str


_POINT = "10 tags, 5 floats, 5 integers"
_FRAME = "1M rows, 10 {} tags, 10 floats, {} thread"
_ANSWER = "1M rows, 2 floats, 2 integers, 1 text"
_FLUX = "1M rows, 1 tag, 1 integer, 1 float, 1 text"
_ROWS = f"{_ANSWER}, no garbage collection"

LINES = (
    Line("W1 int", f"Encode 100,000 dicts: {_POINT}"),
    Line("W1s 20,000 calls", f"Encode 20,000 dicts, one per call: {_POINT}"),
    Line("W1t NamedTuple", f"Encode 100,000 named tuples: {_POINT}"),
    Line("W1t dataclass", f"Encode 100,000 dataclass objects: {_POINT}"),
    Line("W1t slots class", f"Encode 100,000 objects of a class with slots: {_POINT}"),
    Line("W2 categorical, 1 thread", f"Encode a DataFrame: {_FRAME.format('categorical', 1)}"),
    Line("W2 categorical, 2 threads", f"Encode a DataFrame: {_FRAME.format('categorical', 2)}s"),
    Line("W2 object, 1 thread", f"Encode a DataFrame: {_FRAME.format('`object`', 1)}"),
    Line("W2 pandas str, 1 thread", f"Encode a DataFrame: {_FRAME.format('`str`', 1)}"),
    Line("W2 polars, 1 thread", f"Encode a polars DataFrame: {_FRAME.format('text', 1)}"),
    Line(
        "W3 object, 1 thread",
        "Encode a DataFrame: 1M rows, 2 `object` tags, 4 fields of all types, 1 thread",
    ),
    Line(
        "W2z categorical as gzip, 1 thread",
        f"Encode and compress a DataFrame: {_FRAME.format('categorical', 1)}",
    ),
    Line("R1 json to pandas", f"Decode JSON into a DataFrame: {_ANSWER}"),
    Line("R1 msgpack to pandas", f"Decode MessagePack into a DataFrame: {_ANSWER}"),
    Line("R1 json to pandas, 100 series", f"Decode JSON into 100 DataFrames: {_ANSWER}"),
    Line("R1 msgpack to pandas, 100 series", f"Decode MessagePack into 100 DataFrames: {_ANSWER}"),
    Line("R3 wide to pandas, 2 threads", f"Decode a Flux answer into a DataFrame: {_FLUX}"),
    Line(
        "R3 wide to pandas, 1,000 tables, 2 threads",
        f"Decode 1,000 Flux tables into a DataFrame: {_FLUX}",
    ),
    Line("R2 tuples iterated, gc off", f"Decode JSON into tuples: {_ROWS}"),
    Line("R2 dicts iterated, gc off", f"Decode JSON into dicts: {_ROWS}"),
    Line("Q query, 1 at a time", "Query one point from a server: 1 request at a time"),
    Line("Q query, 64 at a time", "Query one point from a server: 64 requests at a time"),
    Line("Q write, 64 at a time", "Write one point to a server: 64 requests at a time"),
    Line(
        "Q write, 64 at a time, data in memory",
        "Write one point to a server without a disk: 64 requests at a time",
    ),
    Line("E write", "Write a DataFrame to a server: 1M rows, 2 tags, 4 fields of all types"),
    Line("E read", "Read a DataFrame from a server: 1M rows, 2 tags, 4 fields of all types"),
)

CHART = (
    "W1 int", "W2 object, 1 thread", "W2 polars, 1 thread", "W3 object, 1 thread",
    "R1 json to pandas", "R1 msgpack to pandas", "R2 dicts iterated, gc off",
    "Q query, 64 at a time", "E write", "E read",
)  # fmt: skip

# The peers whose name in the results differs from the name of a library.
PEERS = {
    "questdb row": "questdb, row by row",
    "orjson.dumps": "orjson, writing JSON",
    "orjson": "orjson, reading JSON",
    "orjson + numpy by hand": "orjson and numpy",
}
