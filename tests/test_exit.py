"""Tests that programs end normally while their daemon threads use a client."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from exits import END_S, PROGRAMS, run, serve
from support import run_python

RUNS = 2


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_ends_while_its_daemon_threads_are_in_our_code(name: str) -> None:
    with serve() as server, ThreadPoolExecutor(RUNS) as pool:
        ended = list(pool.map(lambda _: run(name, sys.executable, server), range(RUNS)))
    assert ended == [("in order", "")] * RUNS


@pytest.mark.parametrize("mode", ["async", "blocking"])
@pytest.mark.parametrize("use", ["", "use()"])
def test_functions_that_run_at_exit_after_ours_may_use_a_client(mode: str, use: str) -> None:
    # Python calls the exit function that is registered first after all others.
    program = f"""
    import asyncio, atexit, sys

    def use():
        for make in (lambda: client.write("m f=1"), lambda: client.query("q")):
            print(make_and_wait(make))

    def make_and_wait(make):
        async def wait():
            return await make()
        return asyncio.run(wait()) if client.mode == "async" else make()

    atexit.register(use)
    from aioinflux import InfluxDBClient
    client = InfluxDBClient(sys.argv[1], int(sys.argv[2]), db="db", mode="{mode}")
    {use}
    """
    with serve() as server:
        child = run_python(program, server.host, str(server.port))
        ended = child.communicate(timeout=END_S)
    once = "True\n{'results': [{'statement_id': 0}]}\n"
    assert (*ended, child.returncode) == (once * (2 if use else 1), "", 0)
