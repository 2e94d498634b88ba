"""Tests writing over UDP: the content of the datagrams, and the points that a live server stores
from them."""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest

from aioinflux import UDPClient, to_line_protocol
from aioinflux.exceptions import InfluxDBConnectionError
from influxd import Influxd
from support import Calls, Database

LISTENER = """
[[udp]]
  enabled = true
  bind-address = "127.0.0.1:0"
  database = "udp"
  batch-size = 1
  read-buffer = 1048576
"""
WAIT_S = 30

Sent = Callable[..., list[bytes]]


@pytest.fixture(scope="module")
def listening() -> Iterator[Influxd]:
    """A live server that has a UDP listener."""
    with Influxd(sections=LISTENER) as server:
        yield server


@pytest.fixture
def stored(listening: Influxd) -> Callable[[int], list[dict[str, Any]]]:
    """Returns a function that waits until the server has written a given number of points. After
    waiting, the function returns the content of the database."""
    listening.execute("DROP DATABASE udp; CREATE DATABASE udp")
    database = Database(listening, "udp")
    before = _written(database)

    def points(count: int) -> list[dict[str, Any]]:
        # The points are counted with the server's statistics, because a query can find only some
        # fields of a point that is being written.
        until = time.monotonic() + WAIT_S
        while _written(database) < before + count and time.monotonic() < until:
            pass
        return database.points()

    return points


def _written(database: Database) -> int:
    """Returns the number of points that the UDP listener has written since the server started; the
    server counts whole batches."""
    (listener,) = database.series("SHOW STATS FOR 'udp'")
    written: int = listener["values"][0][listener["columns"].index("pointsTx")]
    return written


@pytest.fixture
def udp(listening: Influxd, mode: str) -> Calls:
    """A client for the database of the live server."""
    return Calls(UDPClient(listening.host, listening.udp_port, mode=mode))


@pytest.fixture
def sent(mode: str) -> Iterator[Sent]:
    """Returns a function that takes the arguments of `write`, and returns the datagrams that
    `write` sends. The first argument of the function holds the options of the client."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.setblocking(False)

        def send(options: dict[str, Any], *args: Any, **kwargs: Any) -> list[bytes]:
            client = Calls(UDPClient("127.0.0.1", receiver.getsockname()[1], mode=mode, **options))
            try:
                assert client.write(*args, **kwargs) is True
            finally:
                # If both programs are on the same machine, a datagram arrives as soon as it is
                # sent.
                found.extend(_received(receiver))
            return found

        found: list[bytes] = []
        send.found = found  # type: ignore[attr-defined]
        yield send


def _received(receiver: socket.socket) -> Iterator[bytes]:
    while True:
        try:
            yield receiver.recv(65_536)
        except BlockingIOError:
            return


POINT = {
    "measurement": "m, m",
    "tags": {"host": "a=b", "rack": "1"},
    "fields": {"i": 2**53 + 1, "f": 0.5, "s": 'two\n"lines"', "b": True},
    "time": 1_257_894_000_123_456_789,
}


def test_point_arrives_as_it_is(udp: Calls, stored: Callable[[int], list[dict[str, Any]]]) -> None:
    assert udp.write(POINT) is True
    assert stored(1) == [POINT]


def test_frame_arrives_in_many_datagrams(
    udp: Calls, stored: Callable[[int], list[dict[str, Any]]]
) -> None:
    times = pd.to_datetime(range(500), unit="ns", utc=True)
    frame = pd.DataFrame({"host": ["a", "b"] * 250, "value": range(500)}, index=times)
    assert udp.write(frame, "m", tag_columns=["host"]) is True
    found = stored(500)
    assert sorted(one["fields"]["value"] for one in found) == list(range(500))
    assert {(one["tags"]["host"], one["time"] % 2) for one in found} == {("a", 0), ("b", 1)}


def test_datagrams_hold_whole_lines_up_to_their_size(sent: Sent) -> None:
    points = [{"measurement": "m", "fields": {"s": "x" * n}, "time": n} for n in range(90)]
    datagrams = sent({"datagram_bytes": 200}, points)
    assert max(map(len, datagrams)) <= 200
    # No datagram has enough room left for the first line of the datagram that follows it.
    for one, following in itertools.pairwise(datagrams):
        assert len(one) + len(b"\n") + len(following.split(b"\n")[0]) > 200
    assert b"\n".join(datagrams) + b"\n" == to_line_protocol(points)


def test_default_size_passes_common_networks(sent: Sent) -> None:
    points = [{"measurement": "m", "fields": {"n": n}, "time": n} for n in range(1000)]
    datagrams = sent({}, points)
    assert 1300 < max(map(len, datagrams)) <= 1400


@pytest.mark.filterwarnings("ignore:.* points without a time")
def test_line_larger_than_a_datagram_is_named_and_nothing_sent(sent: Sent) -> None:
    points = [{"measurement": "m", "fields": {"s": "x" * n}} for n in (1, 50, 1)]
    with pytest.raises(
        ValueError, match=r"point 1: .* 56 bytes, more than the 55 .*`m s="
    ) as caught:
        sent({"datagram_bytes": 55}, points)
    assert "datagram_bytes" in str(caught.value)
    assert sent.found == []  # type: ignore[attr-defined]


def test_line_as_large_as_a_datagram_is_sent(sent: Sent) -> None:
    point = {"measurement": "m", "fields": {"s": "x" * 50}}
    assert sent({"datagram_bytes": 56}, point) == [b'm s="' + b"x" * 50 + b'"']


def test_point_that_a_server_would_corrupt_is_refused(sent: Sent) -> None:
    with pytest.raises(ValueError, match="point 1"):
        sent({}, ["m f=1", {"measurement": "m", "tags": {"a": "b\\"}, "fields": {"f": 1}}])
    assert sent.found == []  # type: ignore[attr-defined]


def test_tags_of_the_client_and_of_the_call(sent: Sent) -> None:
    tags = {"a": "client", "b": "client", "c": "client"}
    point = {"measurement": "m", "tags": {"b": "point", "c": "point"}, "fields": {"f": 1}}
    datagrams = sent({"tags": tags}, point, c="call", tags={"db": "call"})
    assert datagrams == [b"m,a=client,b=point,c=call,db=call f=1i"]


def test_points_without_fields_send_nothing(sent: Sent) -> None:
    assert sent({}, {"measurement": "m", "fields": {"f": None}}) == []
    assert sent({}, []) == []


def test_progress_is_told(sent: Sent) -> None:
    seen: list[tuple[Any, ...]] = []
    lines = "".join(f"m f=1 {n}\n" for n in range(5))
    sent({}, lines, batch_lines=2, progress=lambda *args: seen.append(args))
    assert [points for points, _, _ in seen] == [2, 4, 5]


@pytest.mark.parametrize("name", ["db", "database", "rp", "precision", "consistency", "on_reject"])
def test_setting_of_the_listener_is_no_tag(sent: Sent, name: str) -> None:
    with pytest.raises(TypeError, match=name):
        sent({}, "m f=1", **{name: "x"})


def test_nobody_listens(mode: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        port = gone.getsockname()[1]
    client = Calls(UDPClient("127.0.0.1", port, mode=mode))
    # Sending the first datagram raises no error. If nobody receives a datagram on the same machine,
    # the system reports this, and the second write raises an error.
    assert client.write("m f=1") is True
    with pytest.raises(InfluxDBConnectionError, match=str(port)):
        client.write("m f=1")
    with pytest.raises(InfluxDBConnectionError, match="0 to 1 may have been written") as caught:
        client.write("m f=1\n" * 3, batch_lines=1)
    # Nothing confirms that a datagram has arrived.
    assert caught.value.written == []


def test_host_without_an_address_is_named() -> None:
    with pytest.raises(InfluxDBConnectionError, match=r"no-such-host\.invalid"):
        UDPClient("no-such-host.invalid")


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"host": 5}, "host"),
        ({"port": 0}, "port"),
        ({"port": 65_536}, "port"),
        ({"port": "8089"}, "port"),
        ({"datagram_bytes": 0}, "datagram_bytes"),
        ({"datagram_bytes": 65_508}, "datagram_bytes"),
        ({"datagram_bytes": 1.5}, "datagram_bytes"),
        ({"tags": ["a"]}, "tags"),
        ({"mode": "dataframe"}, "mode"),
    ],
)
def test_argument_that_is_wrong_is_named(options: dict[str, Any], name: str) -> None:
    with pytest.raises((TypeError, ValueError), match=name):
        UDPClient(**options)


def test_client_shows_where_it_sends_to() -> None:
    client = UDPClient("localhost", 8089, mode="blocking")
    assert repr(client) == "UDPClient(host='localhost', port=8089, mode='blocking')"
    client.mode = "async"
    assert (client.host, client.port, client.mode) == ("localhost", 8089, "async")


def test_client_is_a_context_manager() -> None:
    with UDPClient() as client:
        assert isinstance(client, UDPClient)
