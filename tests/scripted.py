"""Defines a scripted HTTP server that runs in a thread, sends the answers of a test, and records
the requests.

Each request gets the next answer of the script; the last answer is repeated. If the requests have
no fixed order, an answer can be a function that takes the request.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import socket
import threading
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

WAIT_S = 20


@dataclass(frozen=True)
class Answer:
    """Bytes that the server sends; afterwards it keeps the connection open, or closes it."""

    data: bytes
    close: bool = False


@dataclass(frozen=True)
class Hang:
    """Bytes that the server sends, after which it sends nothing until the client disconnects."""

    data: bytes = b""


def answer(
    status: int = 204, body: bytes | str = b"", *, cut: int | None = None, **headers: str
) -> Answer:
    """Returns a complete answer with its length; if `cut` is passed, the server sends only that
    many bytes of the body and closes the connection."""
    body = body.encode() if isinstance(body, str) else body
    names = {"Content-Type": "application/json", "X-Influxdb-Version": "1.6.7"}
    names |= {name.replace("_", "-"): value for name, value in headers.items()}
    if status != 204:
        names["Content-Length"] = str(len(body))
    head = f"HTTP/1.1 {status} Scripted\r\n" + "".join(f"{k}: {v}\r\n" for k, v in names.items())
    data = head.encode() + b"\r\n" + (body if cut is None else body[:cut])
    return Answer(data, close=cut is not None)


def results(*statements: dict[str, Any]) -> Answer:
    """Returns the JSON answer to a query, with status 200."""
    numbered = [{"statement_id": i, **s} for i, s in enumerate(statements)]
    return answer(200, json.dumps({"results": numbered}))


def chunked(*documents: dict[str, Any] | bytes, end: bool = True) -> Answer:
    """Returns a chunked answer with one HTTP chunk for each document; if `end` is false, the
    connection closes before the last chunk."""
    parts = [d if isinstance(d, bytes) else json.dumps(d).encode() + b"\n" for d in documents]
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return Answer(head + body + (b"0\r\n\r\n" if end else b""), close=not end)


@dataclass
class Request:
    """A received request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    form: dict[str, str] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters in the URL and in the form body of the request."""
        return self.query | self.form

    @property
    def text(self) -> str:
        return self.body.decode()


Choice = Callable[[Request], Answer | Hang]


class Scripted:
    """The scripted server; as a context manager, the object starts and stops the server.

    For each request, the function `before` is called in the thread of the connection, before the
    answer is sent.
    """

    def __init__(
        self, *answers: Answer | Hang | Choice, before: Callable[[], object] | None = None
    ) -> None:
        self._before = before
        self._answers = list(answers) or [answer(204)]
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._connections: list[socket.socket] = []
        self.host, self.port = self._listener.getsockname()[:2]
        self.requests: list[Request] = []
        self.arrived = threading.Event()
        self.left = threading.Event()
        self.hangs = threading.Event()
        # The semaphore is released once for each connection that has been closed.
        self.closed = threading.Semaphore(0)

    def __enter__(self) -> Scripted:
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        # If the listening socket were only closed, the thread would stay in `accept`.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        # The server waits until the thread that accepts connections has ended. Otherwise the next
        # server could get the same file descriptor, and the thread could accept its connection.
        self._acceptor.join()
        self._listener.close()
        with self._lock:
            for connection in self._connections:
                # If the connection were only closed, without a shutdown, the server would wait for
                # the thread that reads from it.
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def connections(self) -> int:
        """The number of connections that the server has accepted so far."""
        with self._lock:
            return len(self._connections)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as stream:
                while (request := read_request(stream)) is not None:
                    with self._lock:
                        self.requests.append(request)
                        next_one = self._answers[0]
                        if len(self._answers) > 1:
                            self._answers.pop(0)
                    if self._before is not None:
                        self._before()
                    if not isinstance(next_one, (Answer, Hang)):
                        next_one = next_one(request)
                    connection.sendall(next_one.data)
                    self.arrived.set()
                    if isinstance(next_one, Hang):
                        self.hangs.set()
                        stream.read(1)
                        self.left.set()
                        return
                    if next_one.close:
                        return
        except OSError:
            # The client has closed the connection, or the test has ended.
            self.left.set()
        finally:
            self.closed.release()


def read_request(stream: io.BufferedReader) -> Request | None:
    """Returns the next request on a connection, or `None` if the client has closed the
    connection."""
    first = stream.readline()
    # The first message of a client that uses TLS is not text.
    if not first[:1].isalpha():
        return None
    method, target, _ = first.decode().split(" ")
    headers = {}
    while line := stream.readline().decode().strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = read_body(stream, headers)
    path, _, query = target.partition("?")
    request = Request(method, path, _pairs(query), headers, body)
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        request.form = _pairs(body.decode())
    return request


def read_body(stream: io.BufferedReader, headers: dict[str, str]) -> bytes:
    """Returns the decompressed body of a request, which has a known length or arrives in chunks."""
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(stream.readline(), 16):
            body += stream.read(size)
            stream.readline()
        stream.readline()
    else:
        body = stream.read(int(headers.get("content-length", "0")))
    return gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body


def _pairs(text: str) -> dict[str, str]:
    return dict(urllib.parse.parse_qsl(text, keep_blank_values=True))
