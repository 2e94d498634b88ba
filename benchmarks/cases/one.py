"""Defines the targets for `to_line_protocol`, which returns all lines as one `bytes` object."""

from __future__ import annotations

from ..case import NEAR, Demand, Results

ONE = "aioinflux, one `bytes`"
# The maximum memory that `to_line_protocol` may use in addition to its input, relative to the size
# of the result.
MEMORY = 1.15


def share(results: Results, peer: str) -> float:
    return results[peer].seconds / results[ONE].seconds


def as_fast(peer: str, least: float) -> Demand:
    """Returns the target for our speed relative to a peer that reuses the memory of its lines."""

    def judge(results: Results) -> tuple[str, bool]:
        return f"{share(results, peer):.1f}x", share(results, peer) >= least

    return Demand(
        f"one `bytes` >= {least:g}x {peer}",
        judge,
        subjects=(ONE, peer),
        near=lambda results: abs(share(results, peer) / least - 1) <= NEAR,
    )


def added(results: Results) -> tuple[str, bool]:
    of_result = results[ONE].added_mb / results[ONE].result_mb
    return f"{of_result:.2f}x", of_result <= MEMORY


MEMORY_OF_ONE = Demand(f"memory of one `bytes` <= {MEMORY:g}x of it", added)
