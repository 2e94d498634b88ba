"""Tests that statements about speed agree with the measurements. The tests in this file measure no
times."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_table_and_chart_of_the_readme_are_those_of_the_results() -> None:
    done = python("-m", "benchmarks.readme", "--check")
    assert done.returncode == 0, done.stderr


def test_every_line_of_the_readme_is_a_case_of_the_results_in_words() -> None:
    program = """
from benchmarks.readme import comparisons, measured
from benchmarks.words import CHART, LINES, FAMILIES

names = [line.case for line in LINES]
found = measured()
# A new family has no results until all cases are measured again.
families = {row.case.split()[0] for row in found}
known = [name for name in names if name.split()[0] in families]
assert len(known) > 20 and [c.case for c in comparisons(found)] == known
assert len(set(CHART)) == 10 and set(CHART) <= set(names)
for line in LINES:
    assert not set(line.words.replace(":", "").split()) & set(FAMILIES), line
"""
    done = python("-c", program)
    assert done.returncode == 0, done.stderr


def test_codes_of_cases_are_explained_in_the_results_and_used_in_no_page() -> None:
    results = (ROOT / "benchmarks/RESULTS.md").read_text()
    program = """
from benchmarks.cases import families, live
from benchmarks.readme import measured
from benchmarks.report import codes
from benchmarks.words import FAMILIES

assert set(FAMILIES) == {*families(), *live()}
print(codes(measured()), end="")
"""
    done = python("-c", program)
    assert done.returncode == 0, done.stderr
    assert done.stdout in results
    explained = set(re.findall(r"^\* `(\w+)`: ", done.stdout, re.MULTILINE))
    cases = re.findall(r"^\| (\w+) [^|]*\| aioinflux \|", results, re.MULTILINE)
    assert set(cases) == explained
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        assert not re.search(r"\b[RW][1-4][a-z]?\b", page.read_text()), page


def test_the_chart_has_ten_groups_and_needs_nothing_else() -> None:
    text = (ROOT / "benchmarks/chart.svg").read_text()
    root = ElementTree.fromstring(text)
    kinds = [element.get("class", "") for element in root.iter()]
    # The text elements are the title, two words of the legend, and one line for each group.
    assert kinds.count("text") == 2 + 10
    assert "prefers-color-scheme: dark" in text
    assert re.findall(r"https?://[^\"]*|url\(|href", text) == ["http://www.w3.org/2000/svg"]


def test_a_bar_is_as_long_as_the_logarithm_of_its_ratio() -> None:
    program = """
import re
from benchmarks.chart import SPAN, Bar, Group, svg

bars = tuple(Bar("client", ratio, f"{ratio}x <peer>") for ratio in (100.0, 10.0, 1.0, 0.5))
text = svg("title", {}, [Group("work", bars)])
widths = [float(width) for width in re.findall(r'class="client".* width="([\\d.]+)"', text)]
assert widths == [SPAN, SPAN / 2, 0, 0], widths
assert "0.5x &lt;peer&gt;" in text
"""
    done = python("-c", program)
    assert done.returncode == 0, done.stderr


def test_every_case_has_a_name_of_its_own_and_someone_to_compare_with() -> None:
    program = """
from benchmarks.case import OURS
from benchmarks.cases import families

cases = [case for cases in families().values() for case in cases]
assert len({case.name for case in cases}) == len(cases)
for case in cases:
    compared = {*case.at_least, *case.at_most}
    assert len(case.subjects) > 1 and OURS not in compared, case.name
    assert {OURS, *compared} <= set(case.subjects), case.name
"""
    done = python("-c", program)
    assert done.returncode == 0, done.stderr


def test_the_first_words_of_a_name_select_cases() -> None:
    program = """
from benchmarks.run import chosen

name = "W2 categorical, 1 thread"
for wanted in ([], ["W2"], ["W2 categorical"], ["W3", name]):
    assert chosen(name, wanted), wanted
for wanted in (["W"], ["W3"], ["W2 cat"], ["W2 categorical, 2 threads"]):
    assert not chosen(name, wanted), wanted
"""
    done = python("-c", program)
    assert done.returncode == 0, done.stderr


def test_noise_decides_nothing_where_a_ratio_is_near_its_target() -> None:
    program = """
from benchmarks import run
from benchmarks.case import OURS, Case, Demand, Result, Subject

def result(seconds, error=""):
    return Result(seconds, seconds, 1, 1, 0, 0, 0, error=error)

times = {OURS: 1.0, "near": 2.1, "far": 4.0, "anchor": 0.52, "slow": 20.0, "failed": 0.0}
calls = []
def child(case, who, old):
    calls.append(who)
    return result(times[who] - 0.01 * len(calls) if who == "near" else times[who],
        "no" if who == "failed" else "")

run.child, run.FAST_S = child, 5.0
subjects = {who: Subject(lambda rows: None) for who in times}
least = {"near": 2.0, "far": 2.0, "slow": 20.0, "failed": 2.0}
results = run.measured(Case("c", 1, subjects, least, {"anchor": 2.0}), None)
counts = {who: calls.count(who) for who in times}
# Who is slow is near as well, but does not get more of the time; we do, as often as the others.
assert counts == {OURS: 4, "near": 4, "far": 2, "anchor": 4, "slow": 1, "failed": 1}, counts
assert results["near"].seconds == min(2.1 - 0.01 * (n + 1) for n, who in enumerate(calls)
    if who == "near")

# More rounds of us alone would be unfair.
calls.clear()
subjects = {who: Subject(lambda rows: None) for who in (OURS, "slow")}
run.measured(Case("c", 1, subjects, {"slow": 20.0}), None)
assert sorted(calls) == sorted([OURS, OURS, "slow"]), calls

# A demand that is near its target gets more rounds of its own subjects, if none of them is slow.
subjects = {who: Subject(lambda rows: None) for who in (OURS, "near", "far", "slow")}
for about, near, rounds in [("far", True, 4), ("far", False, 2), ("slow", True, 2)]:
    calls.clear()
    demand = Demand("d", lambda _: ("", True), ("near", about), lambda _, near=near: near)
    run.measured(Case("c", 1, subjects, demands=(demand,)), None)
    assert [calls.count(who) for who in (OURS, "near")] == [2, rounds], calls
"""
    done = python("-c", program)
    assert done.returncode == 0, done.stderr


def test_a_peer_may_have_the_better_figure_of_gc_on_and_off() -> None:
    program = """
import gc
from benchmarks import measure
from benchmarks.case import Case, Subject, Work

times = {}
def repeat(run):
    run()
    return measure.Repeated([times[gc.isenabled()]], 0.5, 3.0)

measure.repeat = repeat
for times, both, expected in [
    ({True: 2.0, False: 1.0}, True, 1.0),
    ({True: 1.0, False: 2.0}, True, 1.0),
    ({True: 2.0, False: 1.0}, False, 2.0),
]:
    subject = Subject(lambda rows: Work(lambda: None), both_gc=both)
    result = measure.measure(Case("c", 1, {}), subject)
    assert result.seconds == expected and gc.isenabled(), result
    assert ("gc on" in result.note) is both, result
"""
    done = python("-c", program)
    assert done.returncode == 0, done.stderr


def test_the_memory_of_one_text_is_compared_with_its_size() -> None:
    program = """
from benchmarks.case import Result
from benchmarks.cases import one
from benchmarks.measure import repeat

assert repeat(lambda: bytes(3 << 20)).result_mb == 3
assert repeat(lambda: None).result_mb == 0

def result(seconds, added):
    return Result(seconds, seconds, 1, 1, 0, added, 0, result_mb=100)

for ours, added, fast, small in [(1.0, 114, True, True), (1.1, 116, False, False)]:
    results = {one.ONE: result(ours, added), "peer": result(2.6, 0)}
    demand = one.as_fast("peer", 2.5)
    assert demand.judge(results)[1] is fast and demand.near(results)
    assert one.MEMORY_OF_ONE.judge(results)[1] is small
"""
    done = python("-c", program)
    assert done.returncode == 0, done.stderr


def test_an_answer_is_the_same_rows_in_chunks_and_in_series() -> None:
    program = """
import json
from benchmarks import answers

def rows(*arguments):
    text = answers.make("json", 10, *arguments).decode()
    documents = [json.loads(line)["results"][0] for line in text.splitlines()]
    series = [one for document in documents for one in document["series"]]
    partial = [[part.get("partial", False) for part in (document, *document["series"])]
        for document in documents]
    tags = [one.get("tags") for one in series]
    return [row for one in series for row in one["values"]], partial, tags

whole, partial, tags = rows(10, False)
assert len(whole) == 10 and partial == [[False, False]] and tags == [None]
chunked, partial, tags = rows(4, False)
assert chunked == whole and partial == [[True, True], [True, True], [False, False]]
assert tags == [None, None, None]
grouped, partial, tags = rows(4, True)
assert grouped == whole and partial == [[False, False, False, False]]
assert tags == [{"host": f"host 00{n}"} for n in range(3)]
"""
    done = python("-c", program)
    assert done.returncode == 0, done.stderr


def test_the_plain_reader_of_lines_sees_what_a_peer_writes_wrongly() -> None:
    program = r"""
from benchmarks.lines import compare_text

right = 'a\\ b,k=x\\,y v=1.5,n=3i,t="q\\"\\\\" 7'
assert compare_text(right, right) == ""
assert compare_text(right, 'a\\ b,k=x\\,y n=3i,v=1.50,t="q\\"\\\\" 7\n') == ""
for wrong, words in {
    'a\\ b,k=x v=1.5,n=3i,t="q\\"\\\\" 7': "other tags",
    'a\\ b,k=x\\,y v=1.5,n=3,t="q\\"\\\\" 7': "other types of fields",
    'a\\ b,k=x\\,y v=1.5,n=3i,t="q\\"\\\\" 8': "other times",
    'a\\ b,k=x\\,y v=1.5,n=3i,t="q"\\" 7': "lines that are no line protocol",
}.items():
    assert words in compare_text(right, wrong), wrong
"""
    done = python("-c", program)
    assert done.returncode == 0, done.stderr


def test_a_flux_answer_has_the_bytes_of_a_server() -> None:
    program = r"""
from benchmarks import flux

assert flux.float_text(1e-7) == "0.0000001" and flux.float_text(2e22) == "2" + "0" * 22
assert flux.float_text(3.0) == "3" and flux.float_text(0.1 + 0.2) == "0.30000000000000004"
assert flux.time_text(1_700_000_000_000_000_000) == "2023-11-14T22:13:20Z"
assert flux.time_text(1_700_000_000_000_000_700) == "2023-11-14T22:13:20.0000007Z"

# InfluxDB 2.9.1 sent these bytes for these rows.
assert flux.make("long", 3, 2) == (
    b"#datatype,string,long,dateTime:RFC3339,double,string,string,string\r\n"
    b"#group,false,false,false,false,true,true,true\r\n"
    b"#default,_result,,,,,,\r\n"
    b",result,table,_time,_value,_field,_measurement,host\r\n"
    b",,0,2023-11-14T22:13:20Z,0.8050029237453802,load,cpu,host 000\r\n"
    b",,0,2023-11-14T22:13:21.000000007Z,0.8079407897364937,load,cpu,host 000\r\n"
    b",,1,2023-11-14T22:13:22.000000014Z,0.515325561042142,load,cpu,host 001\r\n"
    b"\r\n"
)
"""
    done = python("-c", program)
    assert done.returncode == 0, done.stderr


def test_a_reader_that_ignores_annotations_is_told_apart() -> None:
    program = r"""
from benchmarks import answers, flux, ours, readers

body = flux.make("wide", 50, 10)
own = flux.digest(ours.table(body, "csv", "pandas")())
assert own["rows"] == 50 and own["`table`"] == 10 * (0 + 1 + 2 + 3 + 4)
for output in ("pyarrow", "polars"):
    assert answers.compare(own, flux.digest(ours.table(body, "csv", output)())) == "", output
theirs = flux.digest(readers.pyarrow_csv(body, "pandas", 1)())
assert answers.compare(own, theirs) == "other `result`"

cut = body.replace(b"2023-11-14T22:13:21.000000007Z", b"2023-11-14T22:13:21.000000Z")
assert answers.compare(own, flux.digest(ours.table(cut, "csv", "pandas")())) == "other `_time`"
"""
    done = python("-c", program)
    assert done.returncode == 0, done.stderr


def test_a_server_of_the_benchmarks_streams_an_answer_and_ends() -> None:
    program = r"""
import socket
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import flux, ours
from benchmarks.served import chunked, serving

assert chunked(b"a" * 4097) == b"1000\r\n" + b"a" * 4096 + b"\r\n1\r\na\r\n0\r\n\r\n"
with tempfile.TemporaryDirectory() as place:
    path = Path(place, "answer.csv")
    path.write_bytes(flux.make("wide", 3000, 1000))
    with serving(path) as url:
        assert ours.stream(url)() == 3000
    address = urlsplit(url)
    with socket.socket() as gone:
        assert gone.connect_ex((address.hostname, address.port)) != 0
"""
    done = python("-c", program)
    assert done.returncode == 0, done.stderr
