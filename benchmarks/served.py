"""Serves one answer to any request on the loopback interface, for the benchmark of streams.

The command `python -m benchmarks.served FILE` prints its port, and serves the content of the file
until its standard input ends. The answer has the form in which a 2.x server sends it: chunks of
about 4 KiB.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CHUNK = 4096


def chunked(body: bytes) -> bytes:
    """Returns the body in the chunked transfer coding (RFC 9112, 7.1)."""
    pieces = (body[start : start + CHUNK] for start in range(0, len(body), CHUNK))
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def handler(answer: bytes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "text/csv; charset=utf-8")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Requests are not logged."""

    return Handler


@contextmanager
def serving(path: Path) -> Iterator[str]:
    """Serves the file from another process. Yields the URL of the server."""
    command = [sys.executable, "-m", "benchmarks.served", str(path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"


def main() -> None:
    answer = chunked(Path(sys.argv[1]).read_bytes())
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(answer)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_port, flush=True)
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    main()
