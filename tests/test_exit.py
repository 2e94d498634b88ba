"""A program ends in order while daemon threads of it use a client."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from exits import PROGRAMS, run, serve

RUNS = 2


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_ends_while_its_daemon_threads_are_in_our_code(name: str) -> None:
    with serve() as server, ThreadPoolExecutor(RUNS) as pool:
        ended = list(pool.map(lambda _: run(name, sys.executable, server), range(RUNS)))
    assert ended == [("in order", "")] * RUNS
