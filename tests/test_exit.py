"""A program ends in order while daemon threads of it use a client."""

from __future__ import annotations

import pytest

from exits import END_S, PROGRAMS, serve
from support import run_python


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_ends_while_its_daemon_threads_are_in_our_code(name: str) -> None:
    program = PROGRAMS[name]
    with serve() as server:
        children = [run_python(program, server.host, str(server.port)) for _ in range(2)]
        ended = [(*child.communicate(timeout=END_S), child.returncode) for child in children]
    assert ended == [("", "", 0)] * len(children)
