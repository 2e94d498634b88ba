"""Tests the bugs of other clients that concern tokens, addresses and 2.x.

The numbers are those of our list of bugs in other clients.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from aioinflux import InfluxDBClient, InfluxDBResponseError, to_line_protocol
from scripted import Scripted, answer


def test_bug_13_an_unsigned_number_beyond_64_signed_bits_is_unsigned() -> None:
    frame = pd.DataFrame({"f": np.array([2**64 - 1], np.uint64)}, index=pd.to_datetime([1]))
    assert to_line_protocol(frame, "m", server="2.x") == b"m f=18446744073709551615u 1\n"
    point = {"measurement": "m", "fields": {"f": 2**70}}
    with pytest.raises(ValueError, match="point 0: field `f`"):
        to_line_protocol(point, server="2.x")


def test_bug_24_and_30_a_token_is_shown_by_no_repr() -> None:
    client = InfluxDBClient("http://h:1", token="SECRET", org="o", bucket="b")
    assert "SECRET" not in repr(client) + repr(vars(client)) + repr(client._core)


def test_bug_25_a_path_prefix_and_a_scheme_are_kept() -> None:
    client = InfluxDBClient("http://h:1/prefix", token="t", bucket="b")
    assert client.url == "http://h:1/prefix/{endpoint}"
    plain = InfluxDBClient("localhost", token="t", bucket="b")
    assert plain.url == "http://localhost:8086/{endpoint}"


def test_bug_28_a_ping_without_a_version_is_no_crash() -> None:
    with Scripted(answer(204, X_Influxdb_Version="")) as server:
        client = InfluxDBClient(server.host, server.port, token="t", bucket="b", mode="blocking")
        assert client.write("m f=1 1") is True
    with pytest.raises(ValueError, match="argument `host`: "):
        InfluxDBClient("http://", token="t", bucket="b")


def test_complaint_9_an_error_of_a_retention_period_is_permanent() -> None:
    text = "failure writing points to database: partial write: points beyond retention policy"
    body = f'{{"code":"unprocessable entity","message":"{text} dropped=1"}}'
    with Scripted(answer(422, body)) as server:
        client = InfluxDBClient(
            server.host, server.port, token="t", bucket="b", server="2.x", mode="blocking"
        )
        with pytest.raises(InfluxDBResponseError) as raised:
            client.write("m f=1 1")
        assert not raised.value.retryable
        assert len(server.requests) == 1


def test_complaint_36_the_part_of_the_configuration_that_is_wrong_is_named() -> None:
    refused = answer(401, '{"code":"unauthorized","message":"unauthorized access"}')
    with Scripted(lambda r: answer(204) if r.path == "/ping" else refused) as server:
        client = InfluxDBClient(
            server.host, server.port, token="t", bucket="b", server="2.x", mode="blocking"
        )
        with pytest.raises(InfluxDBResponseError, match=r"^credentials: "):
            client.check()
