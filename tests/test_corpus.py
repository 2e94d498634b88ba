"""Tests `parse_line_protocol` and `to_line_protocol` with the corpus of lines and their meaning.

Each entry of the corpus has a line, and either its point (measurement, tags, fields, time) or the
reason why the line is refused. The key `written` holds the line that encoding the point returns, if
it differs from the line in the entry. The key `server` lists the versions to which the entry
applies, if it does not apply to all of them. The corpus stores floats as strings. The Rust test
`crates/line/tests/corpus.rs` reads the same file.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aioinflux import parse_line_protocol, to_line_protocol

SERVERS = ("1.x", "2.x", "3.x")
CORPUS = json.loads((Path(__file__).parent / "corpus/lines.json").read_text())
ENTRIES = [(entry, server) for entry in CORPUS for server in entry.get("server", SERVERS)]
MEANING = [(entry, server) for entry, server in ENTRIES if "point" in entry]
REFUSED = [(entry, server) for entry, server in ENTRIES if "refused" in entry]


def name(value: Any) -> str:
    return value if isinstance(value, str) else str(value["name"])


def point(entry: dict[str, Any]) -> dict[str, Any]:
    measurement, tags, fields, time = entry["point"]
    make = {"float": float, "unsigned": np.uint64}
    cells = {
        key: make.get(kind, lambda v: v)(v) for key, f in fields.items() for kind, v in f.items()
    }
    made = {"measurement": measurement, "tags": tags, "fields": cells, "time": time}
    return {key: value for key, value in made.items() if value is not None}


def test_every_name_comes_once_for_a_generation() -> None:
    names = [(entry["name"], server) for entry, server in ENTRIES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("entry", "server"), MEANING, ids=name)
def test_a_line_has_its_meaning(entry: dict[str, Any], server: Any) -> None:
    expected = point(entry)
    (found,) = parse_line_protocol(entry["line"], server=server)
    assert found == expected
    for key, value in expected["fields"].items():
        kind = int if isinstance(value, np.uint64) else type(value)
        assert type(found["fields"][key]) is kind
        assert str(found["fields"][key]) == str(value)


@pytest.mark.filterwarnings("ignore:3 points without a time")
@pytest.mark.parametrize(("entry", "server"), MEANING, ids=name)
def test_a_meaning_has_its_line(entry: dict[str, Any], server: Any) -> None:
    written = entry.get("written", entry["line"]) + "\n"
    assert to_line_protocol([point(entry)] * 3, server=server).decode() == written * 3
    if "written" in entry:
        assert parse_line_protocol(written, server=server) == [point(entry)]


@pytest.mark.parametrize(("entry", "server"), REFUSED, ids=name)
def test_a_line_without_a_meaning_is_refused(entry: dict[str, Any], server: Any) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(entry['refused'])}$"):
        parse_line_protocol(entry["line"], server=server)
