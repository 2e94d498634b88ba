"""Tests connections to a live server over a Unix socket and over TLS."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from aioinflux import AsyncInfluxDBClient, InfluxDBClient
from aioinflux.exceptions import InfluxDBConnectionError, InfluxDBResponseError
from influxd import Influxd
from support import Calls

FACES = [AsyncInfluxDBClient, InfluxDBClient]


@pytest.fixture(scope="module")
def socketed() -> Iterator[Influxd]:
    """A live server that listens on a Unix socket."""
    text = 'unix-socket-enabled = true\nbind-socket = "{dir}/socket"'
    with Influxd(text) as server:
        yield server


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def files(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with three certificates: one of the authority, one of another authority, and one
    of the server."""
    found = tmp_path_factory.mktemp("tls")
    authority.cert_pem.write_to_path(found / "ca.pem")
    trustme.CA().cert_pem.write_to_path(found / "other.pem")
    server = authority.issue_cert("localhost")
    server.private_key_and_cert_chain_pem.write_to_path(found / "server.pem")
    # InfluxDB 1.13 does not start if other users can read its key.
    (found / "server.pem").chmod(0o600)
    return found


@pytest.fixture(scope="module")
def encrypted(files: Path) -> Iterator[Influxd]:
    """A server that accepts only TLS; its certificate is for `localhost` and comes from our own
    authority."""
    pem = files / "server.pem"
    text = f'https-enabled = true\nhttps-certificate = "{pem}"\nhttps-private-key = "{pem}"'
    with Influxd(text) as server:
        yield server


def round_trip(client: Calls) -> None:
    client.create_database(db="reach")
    client.write("m f=1 1")
    answer = client.query("SELECT f FROM m")
    assert answer["results"][0]["series"][0]["values"] == [[1, 1]]


@pytest.mark.parametrize("face", FACES)
def test_unix_socket(socketed: Influxd, mode: str, face: Any) -> None:
    path = str(socketed.dir / "socket")
    round_trip(Calls(face("nowhere.invalid", db="reach", mode=mode, unix_socket=path)))


def test_unix_socket_that_is_not_there(socketed: Influxd, mode: str) -> None:
    path = str(socketed.dir / "none")
    client = Calls(InfluxDBClient(db="reach", mode=mode, unix_socket=path))
    with pytest.raises(InfluxDBConnectionError, match="No such file"):
        client.ping()


@pytest.mark.parametrize("face", FACES)
def test_tls_with_an_own_authority(encrypted: Influxd, files: Path, mode: str, face: Any) -> None:
    ca_file = str(files / "ca.pem")
    client = face("localhost", encrypted.port, db="reach", mode=mode, ssl=True, ca_file=ca_file)
    round_trip(Calls(client))


def refused(server: Influxd, mode: str, host: str = "localhost", **options: Any) -> str:
    """Returns the message of the error that a `ping` raises."""
    client = Calls(InfluxDBClient(host, server.port, db="reach", mode=mode, ssl=True, **options))
    with pytest.raises(InfluxDBConnectionError) as caught:
        client.ping()
    return str(caught.value)


def test_unknown_authority_is_refused(encrypted: Influxd, files: Path, mode: str) -> None:
    assert "certificate" in refused(encrypted, mode)
    assert "certificate" in refused(encrypted, mode, ca_file=str(files / "other.pem"))


def test_certificate_of_another_name_is_refused(encrypted: Influxd, files: Path, mode: str) -> None:
    text = refused(encrypted, mode, host="127.0.0.1", ca_file=str(files / "ca.pem"))
    assert "certificate" in text


def test_plain_connection_to_a_server_of_tls_is_refused(encrypted: Influxd, mode: str) -> None:
    client = Calls(InfluxDBClient("localhost", encrypted.port, db="reach", mode=mode))
    with pytest.raises(InfluxDBResponseError, match="HTTPS") as caught:
        client.ping()
    assert caught.value.status == 400


def test_tls_to_a_plain_server_is_refused(influxd: Influxd, mode: str) -> None:
    assert "tls" in refused(influxd, mode, host=influxd.host)


@pytest.mark.parametrize("name", ["ca_file", "cert_file", "key_file"])
def test_file_that_is_not_there_is_named(files: Path, name: str) -> None:
    options = {"cert_file": str(files / "server.pem"), "key_file": str(files / "server.pem")}
    if name == "ca_file":
        options = {}
    options[name] = str(files / "none.pem")
    with pytest.raises(ValueError, match=r"none\.pem"):
        InfluxDBClient(db="reach", ssl=True, **options)  # type: ignore[arg-type]


class Where:
    """A path class that a user has written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __fspath__(self) -> str:
        return str(self.path)


@pytest.mark.parametrize("kind", [Path, Where])
@pytest.mark.parametrize("face", FACES)
def test_paths_of_files_are_objects_as_well(
    encrypted: Influxd, socketed: Influxd, files: Path, face: Any, kind: Any
) -> None:
    round_trip(
        Calls(
            face(
                "localhost",
                encrypted.port,
                db="reach",
                mode="blocking",
                ssl=True,
                ca_file=kind(files / "ca.pem"),
                cert_file=kind(files / "server.pem"),
                key_file=kind(files / "server.pem"),
            )
        )
    )
    client = face(db="reach", mode="blocking", unix_socket=kind(socketed.dir / "socket"))
    round_trip(Calls(client))
    assert pickle.loads(pickle.dumps(client)).ping()


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("name", ["ca_file", "cert_file", "key_file", "unix_socket"])
def test_path_that_is_no_text_is_refused(face: Any, name: str) -> None:
    class Bytes:
        def __fspath__(self) -> bytes:
            return b"ca.pem"

    for path in (b"ca.pem", 5, Bytes()):
        with pytest.raises(TypeError, match=f"argument `{name}`: expected str"):
            face(db="reach", **{name: path})


@pytest.mark.parametrize("face", FACES)
def test_path_of_the_server_is_no_path_of_a_file(face: Any) -> None:
    with pytest.raises(TypeError, match="argument `path`: expected str or None, got `PosixPath`"):
        face(db="reach", path=Path("/behind"))
