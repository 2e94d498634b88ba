"""Runs the Python tests with every CPython on this machine from 3.10 to 3.14, with pandas 2 and 3.

There is one wheel for each Python, and one virtual environment under `.venvs/` for each combination
of Python and pandas. The arguments of the command select some of the Python versions, such as `3.12
3.13`. If pip cannot install the requirements of an environment, the environment is reported as a
failure rather than skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENVS = ROOT / ".venvs"
VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
# pandas 3 needs Python 3.11 or newer.
PANDAS_2_ONLY = ("3.10",)
ASK = """
import platform, sys
print(*sys.version_info[:2], sep=".")
print(platform.python_implementation())
"""


def interpreters() -> dict[str, str]:
    """Returns the first working Python interpreter of each version, which comes from pyenv or, if
    pyenv has none, from the PATH."""
    candidates = [str(path) for path in Path.home().glob(".pyenv/versions/*/bin/python")]
    candidates += [path for v in VERSIONS if (path := shutil.which(f"python{v}"))]
    candidates += [path for name in ("python3", "/usr/bin/python3") if (path := shutil.which(name))]
    found: dict[str, str] = {}
    for path in candidates:
        answer = subprocess.run([path, "-c", ASK], capture_output=True, text=True, check=False)
        version, _, kind = answer.stdout.strip().partition("\n")
        if version in VERSIONS and kind == "CPython":
            found.setdefault(version, path)
    return dict(sorted(found.items(), key=lambda item: VERSIONS.index(item[0])))


def build(version: str, python: str, profile: str = "dev") -> Path:
    """Builds the wheel of the package for one Python."""
    out = VENVS / f"wheel-{version}-{profile}"
    shutil.rmtree(out, ignore_errors=True)
    environment = {key: value for key, value in os.environ.items() if key != "PYO3_PYTHON"}
    maturin = str(Path(sys.executable).parent / "maturin")
    command = [maturin, "build", "--quiet", "--profile", profile, "-i", python, "--out", str(out)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return next(out.glob("*.whl"))


def run(version: str, python: str, wheel: Path, pandas: str) -> str:
    """Runs the tests in one virtual environment. Returns the verdict on a test run in one or two
    words."""
    venv = VENVS / f"{version}-pandas{pandas}"
    files = [f"tools/requirements-{name}.txt" for name in ("test", f"pandas{pandas}")]
    if subprocess.run(
        [ROOT / "tools/venv", venv, python, *files], cwd=ROOT, check=False
    ).returncode:
        shutil.rmtree(venv, ignore_errors=True)
        return "FAILED: the requirements cannot be installed"
    inside = str(venv / "bin" / "python")
    install = [inside, "-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps"]
    subprocess.run([*install, str(wheel)], check=True)
    # The tests run with the script of pytest, because `python -m pytest` would put the root of the
    # tree on the import path.
    tests = subprocess.run([venv / "bin" / "pytest", "-q"], cwd=ROOT, check=False)
    return "ok" if tests.returncode == 0 else "FAILED"


def main() -> int:
    verdicts = {}
    wanted = sys.argv[1:] or VERSIONS
    for version, python in interpreters().items():
        if version not in wanted:
            continue
        wheel = build(version, python)
        for pandas in ("2",) if version in PANDAS_2_ONLY else ("2", "3"):
            print(f"== CPython {version}, pandas {pandas}", flush=True)
            verdicts[version, pandas] = run(version, python, wheel, pandas)
    print()
    for (version, pandas), verdict in verdicts.items():
        print(f"CPython {version}, pandas {pandas}: {verdict}")
    return int(any(verdict != "ok" for verdict in verdicts.values()) or not verdicts)


if __name__ == "__main__":
    sys.exit(main())
