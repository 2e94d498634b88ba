"""Runs a private `influxd` 1.x: finds or installs the program, and starts it as a child process on
a free port.

The command `python3 tools/influxd.py` ensures that `influxd` is installed. The tests, the demo and
the benchmarks import the class `Influxd`. This module uses only the standard library, because it
runs before anything is installed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import urllib.request
from pathlib import Path
from types import TracebackType

# The environment variable that names the `influxd` for tests; this program replaces the one on the
# PATH.
VARIABLE = "AIOINFLUX_INFLUXD"
INSTALL = "install InfluxDB 1.x, for instance with `apt-get install influxdb` as root"
LISTENING = re.compile(r'msg="Listening on HTTP".* addr=\S*:(\d+)')
LISTENING_UDP = re.compile(r'msg="Started listening on UDP"')
START_S = 60
MEMORY, MEMORY_BYTES = "/dev/shm", 4 << 30

CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = "{dir}/meta"
[data]
  dir = "{dir}/data"
  wal-dir = "{dir}/wal"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:0"
  log-enabled = false
{http}
{sections}
"""


class InfluxdError(Exception):
    """Raised if the server `influxd` is not available. The error message says in one line what the
    user can do."""


def find() -> str | None:
    """Returns the path of an `influxd` 1.x that is on the PATH, or `None`."""
    path = shutil.which("influxd")
    if path is None:
        return None
    answer = subprocess.run([path, "version"], capture_output=True, text=True, check=False)
    return path if re.match(r"InfluxDB v?1\.", answer.stdout) else None


def ensure() -> str:
    """Returns the path of an `influxd` 1.x; if the program is missing, installs Debian's package.

    If the variable `AIOINFLUX_INFLUXD` names a program, this program takes precedence over all
    others. The version of the named program is not checked, because a program that is built from
    source reports the version `unknown`.
    """
    named = os.environ.get(VARIABLE)
    if named:
        path = shutil.which(named)
        if path is None:
            raise InfluxdError(f"{VARIABLE}: `{named}` is no program that can be run")
        return path
    path = find()
    if path is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print("installing influxdb with apt-get", file=sys.stderr)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update"],
            ["apt-get", "install", "-y", "--no-install-recommends", "influxdb"],
        ):
            subprocess.run(command, check=False, env=environment, **quiet)  # type: ignore[call-overload]
        path = find()
    if path is None:
        raise InfluxdError(f"no influxd 1.x on the PATH: {INSTALL}")
    return path


def in_memory() -> str | None:
    """Returns a directory in memory (Linux only), if there is enough free memory: some
    gigabytes."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES:
        return MEMORY
    return None


class Influxd:
    """A server process that has its own directory; a context manager that starts and ends the
    process.

    The argument `http` is text for the `[http]` section of the configuration, and `sections`
    contains further sections. In both arguments, `{dir}` is replaced by the directory. The
    directory is in memory if there is enough free memory and `on_disk` is false. Tests create
    hundreds of databases, and on disk their files would slow the tests down.
    """

    def __init__(self, http: str = "", sections: str = "", *, on_disk: bool = False) -> None:
        self._parent = None if on_disk else in_memory()
        self._http = http
        self._sections = sections
        self._process: subprocess.Popen[str] | None = None
        self._lines: list[str] = []
        self.dir = Path()
        self.host = "127.0.0.1"
        self.port = 0

    def __enter__(self) -> Influxd:
        # The path of the directory is short, because the name of a Unix socket has at most 107
        # bytes.
        self.dir = Path(tempfile.mkdtemp(prefix="influxd-", dir=self._parent))
        http = self._http.replace("{dir}", str(self.dir))
        config = self.dir / "influxd.conf"
        sections = self._sections.replace("{dir}", str(self.dir))
        config.write_text(CONFIG.format(dir=self.dir, http=http, sections=sections))
        try:
            self._start([ensure(), "run", "-config", str(config)])
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        ended = self._process.poll() if self._process else None
        self.stop()
        if ended is not None:
            tail = "".join(self._lines[-20:])
            raise InfluxdError(f"influxd ended by itself, with code {ended}:\n{tail}")

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def udp_port(self) -> int:
        """Returns the port of the server's only UDP listener. The server's log shows the configured
        port, which is 0, instead of the port that is used."""
        held = sockets_of(self.pid)
        for row in Path("/proc/net/udp").read_text().splitlines()[1:]:
            columns = row.split()
            if f"socket:[{columns[9]}]" in held:
                return int(columns[1].rsplit(":", 1)[1], 16)
        raise InfluxdError("the influxd that was started has no UDP socket")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _start(self, command: list[str]) -> None:
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        listening = threading.Event()
        # The thread reads the server's output to the end, because a full pipe would stop the
        # server.
        threading.Thread(target=self._read, args=(listening,), daemon=True).start()
        if not listening.wait(START_S) or not self.port:
            raise InfluxdError("influxd did not start:\n" + "".join(self._lines[-20:]))
        if not owns_port(self._process.pid, self.port):
            raise InfluxdError(f"port {self.port} does not belong to the influxd that was started")

    def _read(self, listening: threading.Event) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        services = {LISTENING, *([LISTENING_UDP] if "[[udp]]" in self._sections else [])}
        with self._process.stderr as lines:
            for line in lines:
                self._lines = [*self._lines[-200:], line]
                started = {one for one in services if one.search(line)}
                if LISTENING in started and (found := LISTENING.search(line)):
                    self.port = int(found[1])
                services -= started
                if not services:
                    listening.set()
        listening.set()

    def stop(self) -> None:
        """Ends the server process, and removes its directory."""
        if self._process is not None:
            # The process is killed, because a normal end can take ten seconds, and no data has to
            # be kept.
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def execute(self, text: str, **parameters: str) -> bytes:
        """Sends a query to the server without any of our clients, for tests to prepare and inspect
        data."""
        form = urllib.parse.urlencode({"q": text, "epoch": "ns", **parameters}).encode()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.url}/query", form, timeout=30) as answer:
            body: bytes = answer.read()
        return body


def owns_port(pid: int, port: int) -> bool:
    """Returns whether the process has a socket that listens on the port (Linux only)."""
    listening = "0A"
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not os.path.exists(table):
            continue
        for row in Path(table).read_text().splitlines()[1:]:
            columns = row.split()
            if columns[3] == listening and int(columns[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(f"socket:[{columns[9]}]")
    return bool(inodes & sockets_of(pid))


def sockets_of(pid: int) -> set[str]:
    """Returns the targets of the links to a process's open files; for a socket, the target is
    `socket:[number]` (Linux only)."""
    files = Path(f"/proc/{pid}/fd").iterdir()
    return {os.readlink(entry) for entry in files if entry.is_symlink()}


if __name__ == "__main__":
    try:
        ensure()
    except InfluxdError as error:
        sys.exit(f"need: {error}")
