"""Tests memory blocks of 4 MiB and more, which our own allocator maps: they grow, shrink and are
freed."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from aioinflux import parse_line_protocol, parse_response, to_line_protocol

MIB = 1 << 20


def answer(columns: list[str], rows: list[list[Any]]) -> bytes:
    series = {"name": "m", "columns": columns, "values": rows}
    return json.dumps({"results": [{"statement_id": 0, "series": [series]}]}).encode()


def text(size: int, seed: int) -> str:
    """Returns a string without a repeating pattern, because a pattern could hide a copy to the
    wrong address."""
    letters = np.random.default_rng(seed).integers(97, 123, size, dtype=np.uint8)
    return letters.tobytes().decode()


@pytest.mark.parametrize("output", ["pandas", "pyarrow", "dicts"])
def test_a_column_of_texts_grows_beyond_a_large_page_again_and_again(output: Any) -> None:
    sizes = [10, 3 * MIB, 100, 3 * MIB, 5 * MIB, 1, 9 * MIB + 3]
    texts = [text(size, seed) for seed, size in enumerate(sizes)]
    rows = [[n, one] for n, one in enumerate(texts)]
    got: Any = parse_response(answer(["time", "t"], rows), output=output)
    found = [row["t"] for row in got] if output == "dicts" else list(got["t"])
    assert [str(one) for one in found] == texts


def test_columns_of_numbers_are_the_same_beyond_a_large_page() -> None:
    count = 4 * MIB // 8 + 1000
    rows = [[n, n * 3, n / 2 + 0.25] for n in range(count)]
    frame = parse_response(answer(["time", "i", "f"], rows), output="pandas")
    wanted = np.arange(count)
    assert (frame.index.asi8 == wanted).all()
    assert (frame["i"].to_numpy() == wanted * 3).all()
    assert (frame["f"].to_numpy() == wanted / 2 + 0.25).all()
    # The memory belongs to the values, so it stays valid after the DataFrame has been freed.
    values = frame["i"].to_numpy()
    del frame
    assert (values == wanted * 3).all()


def test_lines_grow_beyond_a_large_page() -> None:
    texts = [text(size, seed) for seed, size in enumerate([5, 1 << 16, 60_000, 1])] * 40
    frame = pd.DataFrame({"t": texts}, index=pd.to_datetime(np.arange(len(texts))))
    lines = to_line_protocol(frame, "m")
    assert len(lines) > 4 * MIB
    assert [point["fields"]["t"] for point in parse_line_protocol(lines)] == texts
