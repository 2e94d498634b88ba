"""Tests which certificates a client trusts with TLS, its warnings, and the messages of TLS
errors."""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import pickle
import re
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from aioinflux import AsyncInfluxDBClient, InfluxDBClient
from aioinflux.exceptions import InfluxDBConnectionError, InfluxDBResponseError
from influxd import Influxd
from support import FACES, Calls

UNVERIFIED = "`verify_ssl=False`: the certificate of the server is not verified"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def own(folder: Path) -> str:
    """A certificate and its key, like those that `openssl req -x509 -addext subjectAltName=...`
    creates."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.timezone.utc)
    digest = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(digest, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    )
    made = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    path = folder / "own.pem"
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    path.write_bytes(made + key.private_bytes(serialization.Encoding.PEM, form, plain))
    return str(path)


@pytest.fixture(scope="module")
def encrypted(own: str) -> Iterator[Influxd]:
    """A server that accepts only TLS and uses the self-signed certificate."""
    text = f'https-enabled = true\nhttps-certificate = "{own}"\nhttps-private-key = "{own}"'
    with Influxd(text) as server:
        yield server


@contextlib.contextmanager
def listening(context: ssl.SSLContext | None, answer: bytes = b"") -> Iterator[int]:
    """Yields the port of a server that gives every client the same answer. The server uses TLS with
    Python's `ssl` module, or no TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection = listener.accept()[0]
                except OSError:
                    return
                with connection, contextlib.suppress(OSError):
                    stream = context.wrap_socket(connection, server_side=True) if context else None
                    with stream or connection as one:
                        one.recv(4096)
                        one.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        # If the listening socket were only closed, the thread would stay in `accept`.
        listener.shutdown(socket.SHUT_RDWR)


def context_of(pem: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def refused(port: int, mode: str, host: str = "localhost", **options: Any) -> str:
    """Returns the message of the error that a `ping` raises."""
    client = Calls(InfluxDBClient(host, port, db="d", mode=mode, timeout=20, **options))
    with pytest.raises(InfluxDBConnectionError) as caught:
        client.ping()
    return str(caught.value)


def round_trip(client: Calls) -> None:
    client.create_database(db="tls")
    client.write("m f=1 1")
    answer = client.query("SELECT f FROM m")
    assert answer["results"][0]["series"][0]["values"] == [[1, 1]]


@pytest.mark.parametrize("face", FACES)
def test_a_self_signed_certificate_is_trusted_as_ca_file(
    encrypted: Influxd, own: str, mode: str, face: Any
) -> None:
    client = face("localhost", encrypted.port, db="tls", mode=mode, ssl=True, ca_file=own)
    round_trip(Calls(client))


def test_a_self_signed_certificate_is_trusted_for_its_names_alone(
    encrypted: Influxd, own: str, mode: str
) -> None:
    text = refused(encrypted.port, mode, "127.0.0.1", ssl=True, ca_file=own)
    assert "is for `localhost`, not for `127.0.0.1`; hint: connect by a name that it has" in text


def test_a_self_signed_certificate_that_is_not_named_is_refused(
    encrypted: Influxd, mode: str
) -> None:
    text = refused(encrypted.port, mode, ssl=True)
    assert text.endswith(
        "tls: the certificate of the server is self-signed, and not trusted; hint: pass that "
        "certificate as `ca_file`"
    )


def test_dates_of_certificates_are_shown(folder: Path, mode: str) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    past = dt.datetime(2001, 2, 3, tzinfo=dt.timezone.utc)
    server = authority.issue_cert("localhost", not_after=past)
    server.private_key_and_cert_chain_pem.write_to_path(folder / "expired.pem")
    with listening(context_of(str(folder / "expired.pem"))) as port:
        text = refused(port, mode, ssl=True, ca_file=str(folder / "ca.pem"))
    assert "expired at 2001-02-03T00:00:00Z; hint: renew it, or check the clock" in text


@pytest.mark.parametrize("face", FACES)
def test_verification_can_be_left_out_with_one_warning(
    encrypted: Influxd, mode: str, face: Any
) -> None:
    with pytest.warns(UserWarning, match=UNVERIFIED) as told:
        client = face("127.0.0.1", encrypted.port, db="tls", mode=mode, ssl=True, verify_ssl=False)
    assert [one.filename for one in told] == [__file__]
    # From here on, the test treats warnings as errors.
    calls = Calls(client)
    round_trip(calls)
    round_trip(Calls(copy.copy(client)))
    round_trip(Calls(copy.deepcopy(client)))
    if face is InfluxDBClient:
        client.host = "localhost"
        round_trip(calls)


def test_a_client_that_was_pickled_warns_once_more(encrypted: Influxd) -> None:
    with pytest.warns(UserWarning, match=UNVERIFIED):
        client = InfluxDBClient(
            "127.0.0.1", encrypted.port, db="tls", mode="blocking", ssl=True, verify_ssl=False
        )
    with pytest.warns(UserWarning, match=UNVERIFIED) as told:
        made = pickle.loads(pickle.dumps(client))
    assert len(told) == 1
    assert made.ping()
    assert copy.copy(made).ping()


def test_urls_and_the_environment_leave_verification_out(
    encrypted: Influxd, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"https://127.0.0.1:{encrypted.port}?db=tls&mode=blocking"
    with pytest.warns(UserWarning, match=UNVERIFIED) as told:
        assert InfluxDBClient.from_url(f"{url}&verify_ssl=false").ping()
    assert [one.filename for one in told] == [__file__]
    monkeypatch.setenv("INFLUXDB_URL", url)
    for word in ("false", "No", "0"):
        monkeypatch.setenv("INFLUXDB_VERIFY_SSL", word)
        with pytest.warns(UserWarning, match=UNVERIFIED) as told:
            assert InfluxDBClient.from_env().ping()
        assert [one.filename for one in told] == [__file__]
    for word in ("True", "yes", "1", ""):
        monkeypatch.setenv("INFLUXDB_VERIFY_SSL", word)
        with pytest.raises(InfluxDBConnectionError, match="self-signed"):
            InfluxDBClient.from_env().ping()
    # A word that means neither true nor false does not turn off the verification.
    monkeypatch.setenv("INFLUXDB_VERIFY_SSL", "ture")
    with pytest.raises(ValueError, match="INFLUXDB_VERIFY_SSL: expected true or false"):
        InfluxDBClient.from_env()


def test_without_tls_there_is_nothing_to_verify() -> None:
    client = InfluxDBClient(db="d", verify_ssl=False)
    AsyncInfluxDBClient(verify_ssl=False)
    with pytest.warns(UserWarning, match=UNVERIFIED) as told:
        client.ssl = True
    assert len(told) == 1
    client.ssl = False
    client.ssl = True
    with pytest.warns(UserWarning, match=UNVERIFIED):
        InfluxDBClient("h", db="d", verify_ssl=False, proxy="https://localhost:1")
    # The client does not read a certificate file that it does not use.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        InfluxDBClient(db="d", ssl=True, verify_ssl=False, ca_file="/nowhere.pem")


@pytest.mark.parametrize("value", ["/etc/ssl/ca.pem", None, 0])
def test_verify_ssl_is_a_bool(value: Any) -> None:
    hint = "; hint: `ca_file` takes" if isinstance(value, str) else ""
    name = type(value).__name__
    text = f"argument `verify_ssl`: expected bool, got `{name}`{hint}"
    with pytest.raises(TypeError, match=re.escape(text)):
        InfluxDBClient(db="d", verify_ssl=value)


def test_plain_http_to_a_server_that_closes_the_connection_says_so(own: str, mode: str) -> None:
    # If a server uses Python's `ssl` module, it sends no answer to data that is not TLS.
    with listening(context_of(own)) as port:
        for host in ("localhost", "127.0.0.1"):
            text = refused(port, mode, host)
            assert text.endswith("tls: the server speaks TLS on this port; hint: use `ssl=True`"), (
                text
            )


def test_plain_http_to_an_influxdb_with_tls_says_so(encrypted: Influxd, mode: str) -> None:
    client = Calls(InfluxDBClient("localhost", encrypted.port, db="d", mode=mode))
    with pytest.raises(InfluxDBResponseError) as caught:
        client.ping()
    hint = "HTTPS server.; hint: the server speaks TLS on this port: use `ssl=True`"
    assert str(caught.value).endswith(hint)


def test_tls_to_a_plain_server_says_so(influxd: Influxd, mode: str) -> None:
    text = refused(influxd.port, mode, influxd.host, ssl=True)
    hint = "tls: the server does not speak TLS on this port; hint: use `ssl=False`, or another port"
    assert text.endswith(hint)


def test_a_client_certificate_that_is_missing_is_asked_for(own: str, mode: str) -> None:
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = context_of(own)
        context.minimum_version = context.maximum_version = version
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(own)
        with listening(context) as port:
            text = refused(port, mode, ssl=True, ca_file=own)
        assert text.endswith(
            "tls: the server requires a client certificate; hint: pass one as `cert_file` and "
            "`key_file`"
        )


def test_a_key_of_another_certificate_is_refused(own: str, folder: Path) -> None:
    other = folder / "other.pem"
    trustme.CA().issue_cert("client").private_key_pem.write_to_path(other)
    text = f"tls: `{other}`: the key does not belong to the certificate in `{own}`"
    with pytest.raises(ValueError, match=re.escape(text)):
        InfluxDBClient(db="d", ssl=True, cert_file=own, key_file=str(other))


def test_files_of_other_kinds_are_told_apart(own: str, folder: Path) -> None:
    certificate = x509.load_pem_x509_certificate(Path(own).read_bytes())
    binary = folder / "own.der"
    binary.write_bytes(certificate.public_bytes(serialization.Encoding.DER))
    text = r"own\.der`: it contains no certificate; hint: it is not PEM"
    with pytest.raises(ValueError, match=text):
        InfluxDBClient(db="d", ssl=True, ca_file=str(binary))
    key = serialization.load_pem_private_key(Path(own).read_bytes(), None)
    secret = serialization.BestAvailableEncryption(b"secret")
    form = serialization.PrivateFormat.PKCS8
    locked = folder / "locked.pem"
    locked.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, secret))
    with pytest.raises(ValueError, match=r"it contains no private key; hint: it is encrypted"):
        InfluxDBClient(db="d", ssl=True, cert_file=own, key_file=str(locked))
