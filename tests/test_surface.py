"""Tests the public names, their docstrings, their types, and the stubs of the native module."""

from __future__ import annotations

import importlib.metadata
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import aioinflux
from aioinflux import AsyncInfluxDBClient, InfluxDBClient, exceptions
from aioinflux._administration.v2 import objects
from aioinflux.serialization import usertype
from support import run_python

FACES = (AsyncInfluxDBClient, InfluxDBClient)


def public(face: type) -> list[str]:
    return [name for name in dir(face) if not name.startswith("_")]


METHODS = [(face, name) for face in FACES for name in public(face)]
ROOT = Path(__file__).resolve().parent.parent


def test_top_level_exports() -> None:
    functions = {"line_batches", "parse_line_protocol", "parse_response", "to_line_protocol"}
    classes = {"AsyncInfluxDBClient", "InfluxDBClient", "Rows", "SeriesList", "Stream", "Table"}
    classes |= {"UDPClient", *exceptions.__all__}
    classes |= {*objects.__all__}
    typed = {*usertype.__all__, "iterpoints"}
    assert set(aioinflux.__all__) == {*classes, *functions, *typed, "__version__"}
    assert all(hasattr(aioinflux, name) for name in aioinflux.__all__)
    names = {name for name in vars(aioinflux) if not name.startswith("_")}
    modules = {name for name in names if inspect.ismodule(getattr(aioinflux, name))}
    assert names - modules == set(aioinflux.__all__) - {"__version__"}


def test_names_of_the_seed_are_where_they_were() -> None:
    from aioinflux.client import AsyncInfluxDBClient as Client
    from aioinflux.client import InfluxDBError as Error

    assert Client is aioinflux.AsyncInfluxDBClient
    assert Error is aioinflux.InfluxDBError


def test_version_is_the_installed_one() -> None:
    assert aioinflux.__version__ == importlib.metadata.version("aioinflux")


HEAVY = [
    "importlib.metadata", "email", "zipfile", "tempfile", "shutil", "json", "html", "urllib.parse",
    "unicodedata", "ssl", "socket", "subprocess", "pandas", "numpy", "polars", "pyarrow",
    "matplotlib", "tqdm", "typing_extensions", "configparser", "tomllib",
    # Before Python 3.11, the base class of one of our exceptions is defined in asyncio.
    *(["asyncio"] if sys.version_info >= (3, 11) else []),
]  # fmt: skip


def test_an_import_brings_no_module_that_it_does_not_need() -> None:
    program = f"""
        import sys
        # What the environment itself imports at the start does not count.
        before = set(sys.modules)
        import aioinflux
        aioinflux.InfluxDBClient(db="d", mode="blocking")
        print(*(set({HEAVY!r}) & (set(sys.modules) - before)))
    """
    process = run_python(program)
    out, err = process.communicate(timeout=60)
    assert (out.split(), err) == ([], "")


def test_nothing_else_is_installed_with_it() -> None:
    requires = importlib.metadata.requires("aioinflux") or []
    assert all("extra ==" in requirement for requirement in requires)


def test_methods_of_the_seed_are_all_there() -> None:
    assert {
        "ping",
        "write",
        "query",
        "close",
        "create_database",
        "drop_database",
        "drop_measurement",
        "show_databases",
        "show_measurements",
        "show_retention_policies",
        "show_users",
        "select_all",
    } <= set(public(AsyncInfluxDBClient))


def test_package_is_typed() -> None:
    assert (Path(aioinflux.__file__).parent / "py.typed").exists()


def test_stubs_agree_with_the_native_module(tmp_path: Path) -> None:
    # Before Python 3.12, a bytes-like object that is written in C has no method `__buffer__`.
    allowed = tmp_path / "allowed"
    allowed.write_text("aioinflux._core.Batch.__buffer__\n")
    command = ["mypy.stubtest", "--allowlist", str(allowed), "--ignore-unused-allowlist"]
    done = subprocess.run(
        [sys.executable, "-m", *command, "aioinflux._core"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "MYPY_CACHE_DIR": str(tmp_path)},
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_user_program_is_checked_with_our_types(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "from aioinflux import AsyncInfluxDBClient, InfluxDBClient, line_batches\n"
        "client = AsyncInfluxDBClient(db='testdb', mode='blocking')\n"
        "client.write({'measurement': 'm', 'fields': {'f': 1}}, host='a')\n"
        "AsyncInfluxDBClient(port='x')\n"
        "modern = InfluxDBClient(db='testdb', mode='blocking', output='json')\n"
        "modern.query('SHOW DATABASES', output='dataframe')\n"
        "modern.query('SHOW DATABASES', output='frame')\n"
        "lines: list[bytes] = [bytes(batch) for batch in line_batches('m f=1')]\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(program)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert re.findall(r"program\.py:(\d+): error", done.stdout) == ["4", "7"], done.stdout
