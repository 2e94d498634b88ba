"""Writes over UDP to a 1.x server that has a section `[[udp]]` in its configuration.

A UDP server sends no replies. No error is raised if data is dropped by the network, overflows the
server's buffer, or cannot be parsed or stored by the server. If all data must arrive, write it over
HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from . import _arguments, _core, _write

if TYPE_CHECKING:
    from typing_extensions import Self

    from . import _progress

__all__ = ["DATAGRAM_BYTES", "UDPClient"]

Mode = Literal["async", "blocking"]

# A datagram of 1400 bytes fits in one network packet of the usual size (1500 bytes), even inside a
# tunnel.
DATAGRAM_BYTES = 1400
# The names of settings that belong to the server's UDP listener. If the name of such a setting is
# passed to `write` as a keyword argument, it is refused, because it would become a tag, and nobody
# would notice the mistake.
_SETTINGS = ("db", "database", "bucket", "rp", "precision", "consistency", "on_reject")


class UDPClient:
    """Sends points in datagrams. The server does not reply to datagrams, so lost points are not
    noticed.

    The database, the retention policy and the unit of times are settings of the server's listener.
    Times are sent in nanoseconds, so the listener's `precision` must be `ns` or empty, which is the
    default.

    Each datagram holds as many whole lines as fit into it. If a server cannot read one of the lines
    of a datagram, the server drops the whole datagram. The client checks points before it sends
    them, in the same way as for HTTP. Points that only the server can refuse, such as points with a
    conflicting field type, are lost silently. The server drops data that arrives faster than the
    server can read it. The server's setting `read-buffer`, and the operating system's limit for
    this buffer, determine how much data can wait to be read.

    Args:
        host: Name or address of the server. The client looks up the name of the server only once,
            when the client is created. IPv4 addresses are preferred.
        port: UDP port of the server's listener.
        mode: `async`, in which calls are awaited, or `blocking`, in which calls return the result
            itself.
        datagram_bytes: Maximum number of bytes of lines in a datagram, from 1 to 65,507. With the
            default `datagram_bytes`, datagrams are not fragmented in common networks. With a larger
            maximum, fewer datagrams are sent, but large datagrams are lost more easily. Large
            datagrams between processes on the same machine do no harm.
        tags: Default tags, which are added to all points that have no tag of the same name.
    Raises:
        ValueError: an argument is out of range; the error names the argument.
        TypeError: an argument is of the wrong type.
        InfluxDBConnectionError: the host has no address.
    """

    def __init__(
        self,
        host: str = "localhost",
        port: int = 8089,
        *,
        mode: Mode = "async",
        datagram_bytes: int = DATAGRAM_BYTES,
        tags: Mapping[str, object] | None = None,
    ) -> None:
        _arguments.expect("host", host, str)
        _arguments.positive("port", port)
        _arguments.positive("datagram_bytes", datagram_bytes)
        _arguments.expect("tags", tags, Mapping, optional=True)
        if port > 65_535:
            raise ValueError(f"argument `port`: expected a number from 1 to 65535, got {port}")
        self._address = host, port
        # The tags are copied, so that later changes by the caller have no effect on the client.
        self._tags = dict(tags) if tags else None
        self.mode = mode
        self._sender = _core.UdpSender(host, port, datagram_bytes)

    @property
    def host(self) -> str:
        """Name or address of the server."""
        return self._address[0]

    @property
    def port(self) -> int:
        """UDP port of the server."""
        return self._address[1]

    @property
    def mode(self) -> Mode:
        """The mode of the client, `async` or `blocking`; assign to `mode` to change it."""
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        if mode not in ("async", "blocking"):
            raise ValueError(f"Invalid mode: expected async or blocking, got {mode!r}")
        self._mode: Mode = mode

    def __repr__(self) -> str:
        return f"UDPClient(host={self.host!r}, port={self.port}, mode={self.mode!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Does nothing, because every datagram has already been sent."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Does nothing, because every datagram has already been sent."""

    def write(
        self,
        data: object,
        measurement: str | None = None,
        tag_columns: Iterable[object] | None = None,
        *,
        time_column: object = None,
        measurement_column: object = None,
        time_unit: str | None = None,
        tags: Mapping[str, object] | None = None,
        stamp: bool = False,
        batch_lines: int = 10_000,
        batch_bytes: int = 4 * 1024 * 1024,
        progress: _progress.Progress = None,
        **extra_tags: object,
    ) -> Any:
        """Sends points. When the call ends, all points have been sent, but may not have arrived.

        The other arguments are those of `InfluxDBClient.write`.

        Args:
            data: All data that `InfluxDBClient.write` accepts. Encoded lines are sent unchanged, so
                their times must be in the unit of the server's listener.
            stamp: Whether each point without a time gets a unique time, as for
                `InfluxDBClient.write`. If `stamp` is true, the time unit of the listener must be
                `ns`.
            batch_lines: Maximum number of points that are encoded before they are sent.
            batch_bytes: Maximum number of bytes that are encoded before they are sent.
            progress: Function that is called after each batch, with the same arguments as for
                `InfluxDBClient.write`.
        Returns:
            `True`.
        Raises:
            ValueError, TypeError: a point cannot be written, or its line is larger than a datagram;
                the error names the point. The batch that contains the invalid point was not sent.
            InfluxDBConnectionError: the system refused to send, or reported that an earlier
                datagram was rejected. On some networks, a datagram is reported as rejected if no
                program listens on the port, but usually there is no report.
        Source: InfluxDB 1.8 manual, UDP service.
        """
        for name in _SETTINGS:
            if name in extra_tags:
                raise TypeError(
                    f"argument `{name}`: it is a setting of the server's listener; a tag of this"
                    " name goes into `tags`"
                )
        job = _write.Job(
            data,
            _core.Arguments.of(
                measurement=measurement,
                tag_columns=tag_columns,
                time_column=time_column,
                measurement_column=measurement_column,
                time_unit=time_unit,
                tags=tags,
                extra_tags=extra_tags,
                default_tags=self._tags,
                stamp=stamp,
                batch_lines=batch_lines,
                batch_bytes=batch_bytes,
            ),
            progress=progress,
        )
        if self.mode == "async":
            return _write.awaited(job, self._sender, tuple, "1.x")
        return _write.waited(job, self._sender, tuple, "1.x")
