"""Tests the calls that administer a 2.x server, with the answers that 2.9.1 gave."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
import pickle
import urllib.parse
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import aioinflux
from aioinflux import (
    Authorization,
    Bucket,
    InfluxDBClient,
    InfluxDBResponseError,
    Permission,
)
from scripted import Answer, Request, Scripted, answer
from servers import Place
from support import Calls

CAPTURES = Path(__file__).resolve().parent / "captures/influxdb-2.9-admin.jsonl"
ORG = "7a1c7f0d414aa6c3"
BUCKET = "088a5462f1c00fd5"
TASK = "11b701595858b000"


def _key(method: str, path: str, query: dict[str, str], body: str) -> tuple[Any, ...]:
    return method, path, query, json.loads(body) if body.endswith("}") else None


def _recorded() -> list[tuple[tuple[Any, ...], Answer]]:
    found = []
    for line in CAPTURES.read_text().splitlines():
        one = json.loads(line)
        path, _, query = one["request"]["path"].partition("?")
        pairs = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        key = _key(one["request"]["method"], path, pairs, one["request"]["body"])
        response = one["response"]
        kind = {"Content-Type": response["headers"].get("Content-Type", "")}
        found.append((key, answer(response["status"], "".join(response["chunks"]), **kind)))
    return found


RECORDED = _recorded()


def replay(request: Request) -> Answer:
    """Answers a request as the recorded server answered the same request."""
    key = _key(request.method, request.path, request.query, request.text)
    found = [recorded for asked, recorded in RECORDED if asked == key]
    return found[0] if found else answer(418, f"not recorded: {key}")


class Nouns:
    """The nouns of a client, whose calls return the result itself in both modes."""

    def __init__(
        self, place: Scripted | Place, mode: str, /, path: str = "", **options: Any
    ) -> None:
        if isinstance(place, Scripted):
            given = {"token": "t0ken", "server": "2.x", "org": "org", "db": "more"}
            self.client = InfluxDBClient(place.url + path, mode=mode, **{**given, **options})
        else:
            self.client = place.client(mode, **options)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.client, name)
        return getattr(Calls(self.client), name) if callable(found) else Calls(found)

    def all(self, noun: str, *args: Any, action: str = "list", **kwargs: Any) -> list[Any]:
        """Returns all objects of a list."""
        items = getattr(getattr(self.client, noun), action)(*args, **kwargs)
        return asyncio.run(_collect(items)) if self.client.mode == "async" else list(items)


async def _collect(items: Any) -> list[Any]:
    return [item async for item in items]


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted(replay) as server:
        yield server


def test_a_bucket_is_a_dataclass_that_keeps_unknown_fields(server: Scripted, mode: str) -> None:
    bucket = Nouns(server, mode).buckets.get(BUCKET)
    assert isinstance(bucket, Bucket)
    assert (bucket.name, bucket.description, bucket.org_id) == ("more", "é", ORG)
    assert bucket.retention is None
    assert set(bucket.extra) == {"links", "labels"}
    assert pickle.loads(pickle.dumps(bucket)) == bucket
    with pytest.raises(dataclasses.FrozenInstanceError):
        bucket.name = "other"


def test_an_object_names_itself(server: Scripted, mode: str) -> None:
    nouns = Nouns(server, mode)
    bucket = nouns.buckets.get(BUCKET)
    changed = nouns.buckets.update(bucket, description="d")
    assert changed.description == "d"
    assert nouns.buckets.update(id=BUCKET, description="d") == changed
    assert nouns.buckets.delete(bucket) is None
    assert {request.path for request in server.requests} == {f"/api/v2/buckets/{BUCKET}"}


def test_errors_have_what_the_server_sent(server: Scripted, mode: str) -> None:
    nouns = Nouns(server, mode)
    with pytest.raises(InfluxDBResponseError, match="not unique") as caught:
        nouns.buckets.update(id=BUCKET, new_name="hostile")
    assert (caught.value.status, caught.value.code) == (422, "conflict")
    with pytest.raises(InfluxDBResponseError) as caught:
        nouns.buckets.get("0000000000000001")
    assert (caught.value.status, caught.value.code) == (404, "not found")


def test_the_token_of_an_authorization_is_not_in_its_repr(server: Scripted, mode: str) -> None:
    nouns = Nouns(server, mode)
    permission = Permission("write", "buckets", BUCKET)
    made = nouns.authorizations.create([permission], description="writer", org_id=ORG)
    assert isinstance(made, Authorization)
    token = made.token
    assert isinstance(token, str)
    assert len(token) > 80
    assert token not in repr(made) + str(made)
    shown = made.permissions[0]
    assert (shown.action, shown.type, shown.id, shown.name) == ("write", "buckets", BUCKET, "more")
    changed = nouns.authorizations.update(made, status="inactive")
    assert (changed.token, changed.status) == (None, "inactive")
    assert nouns.authorizations.delete(made.id) is None


def test_the_token_of_a_set_up_is_not_in_its_repr(mode: str) -> None:
    body = {
        "user": {"id": "1", "name": "u"},
        "org": {"id": "2", "name": "o"},
        "bucket": {"id": "3", "name": "b"},
        "auth": {"id": "4", "token": "s3cret", "permissions": []},
        "new": 1,
    }
    with Scripted(answer(201, json.dumps(body))) as server:
        nouns = Nouns(server, mode, token=None)
        made = nouns.setup("u", "password", "o", "b", retention="7d", token="s3cret")
    assert (made.user.name, made.organization.name, made.bucket.name) == ("u", "o", "b")
    assert (made.authorization.token, made.extra) == ("s3cret", {"new": 1})
    assert "s3cret" not in repr(made)
    sent = json.loads(server.requests[0].text)
    assert sent == {
        "username": "u", "password": "password", "org": "o", "bucket": "b", "token": "s3cret",
        "retentionPeriodSeconds": 7 * 24 * 3600,
    }  # fmt: skip
    assert "authorization" not in server.requests[0].headers


def test_tasks_have_runs_and_logs(server: Scripted, mode: str) -> None:
    tasks = Nouns(server, mode).tasks
    flux = (
        'option task = {name: "t2", cron: "0 * * * *"}\nfrom(bucket: "more") |> range(start: -1h)'
    )
    task = tasks.create(flux, org_id=ORG)
    assert (task.id, task.name, task.cron, task.org) == (TASK, "t2", "0 * * * *", "org")
    run = tasks.run(task, scheduled_for="2023-01-01T00:00:00Z")
    assert run.task_id == TASK
    assert tasks.get_run(id=TASK, run=run).scheduled_for == "2023-01-01T00:00:00Z"
    logs = tasks.logs(task, run=run)
    assert logs[0].message.startswith("Started task from script")
    assert logs[0].run_id == run.id
    assert tasks.logs(task) == logs
    assert tasks.update(task, every="2h").every == "2h"
    assert tasks.delete(task) is None


def test_labels_mappings_and_secrets(server: Scripted, mode: str) -> None:
    nouns = Nouns(server, mode)
    label = nouns.labels.create("l2", org_id=ORG)
    assert nouns.labels.update(label, properties={"a": "b"}).properties == {"a": "b"}
    assert nouns.labels.delete(label) is None
    mapping = nouns.dbrps.create(
        bucket_id=BUCKET, database="mapped", retention_policy="rp1", default=True, org_id=ORG
    )
    assert (mapping.default, mapping.virtual, mapping.bucket_id) == (True, False, BUCKET)
    assert nouns.dbrps.update(mapping, default=False).default is False
    assert nouns.dbrps.delete(mapping) is None
    assert nouns.secrets.set({"k": "v"}, org_id=ORG) is None
    assert nouns.secrets.list(org_id=ORG) == []
    assert nouns.secrets.delete("k", org_id=ORG) is None


def pages_of(count: int) -> Callable[[Request], Answer]:
    """Returns a script that lists buckets page by page, after the mark of the request."""

    def turn(request: Request) -> Answer:
        after = int(request.query.get("after", "0"), 16)
        ids = itertools.islice(range(after + 1, count + 1), int(request.query["limit"]))
        items = [{"id": f"{one:016x}", "name": f"b{one}"} for one in ids]
        return answer(200, json.dumps({"buckets": items}))

    return turn


@pytest.mark.parametrize("count", [0, 1, 100, 250])
def test_a_list_has_the_objects_of_all_pages(mode: str, count: int) -> None:
    with Scripted(pages_of(count)) as server:
        found = Nouns(server, mode).all("buckets")
    assert [bucket.name for bucket in found] == [f"b{one + 1}" for one in range(count)]


def test_the_next_page_is_read_before_the_loop_can_delete_the_last_object() -> None:
    with Scripted(pages_of(250)) as server:
        found = Nouns(server, "blocking").client.buckets.list()
        assert server.requests == []
        assert next(found).name == "b1"
        assert len(server.requests) == 2


def test_find_returns_none_and_delete_raises_if_there_is_no_such_object(mode: str) -> None:
    with Scripted(answer(200, '{"buckets": []}')) as server:
        nouns = Nouns(server, mode)
        assert nouns.buckets.find("nope") is None
        with pytest.raises(InfluxDBResponseError, match="there is no bucket `nope`"):
            nouns.buckets.delete("nope")


@pytest.mark.parametrize(
    ("retention", "seconds"),
    [
        (None, 0),
        ("INF", 0),
        (timedelta(days=7), 604800),
        ("1w2d", 777600),
        ("90m", 5400),
    ],
)
def test_the_retention_of_a_bucket(retention: Any, seconds: int) -> None:
    made = {
        "id": BUCKET, "name": "b", "retentionRules": [{"type": "expire", "everySeconds": seconds}],
    }  # fmt: skip
    with Scripted(answer(201, json.dumps(made))) as server:
        buckets = Nouns(server, "blocking").buckets
        found = buckets.create("b", retention=retention, org_id=ORG)
    assert found.retention == (timedelta(seconds=seconds) if seconds else None)
    sent = json.loads(server.requests[0].text)
    assert sent["retentionRules"] == [{"type": "expire", "everySeconds": seconds}]


def test_an_update_of_a_bucket_changes_only_what_is_passed() -> None:
    with Scripted(answer(200, '{"id": "1", "name": "b"}')) as server:
        buckets = Nouns(server, "blocking").buckets
        buckets.update(id=BUCKET, new_name="c")
        buckets.update(id=BUCKET, retention="INF", shard_duration="1h")
    rule = {"type": "expire", "everySeconds": 0, "shardGroupDurationSeconds": 3600}
    bodies = [json.loads(request.text) for request in server.requests]
    assert bodies == [{"name": "c"}, {"retentionRules": [rule]}]


INVALID: list[tuple[Callable[[Any], Any], type[Exception], str]] = [
    (lambda c: c.buckets.create("b", retention="5s"), ValueError, "at least one hour"),
    (lambda c: c.buckets.create("b", retention=5), TypeError, "`retention`"),
    (lambda c: c.buckets.create("b", shard_duration="INF"), ValueError, "`shard_duration`"),
    (lambda c: c.buckets.create(""), ValueError, "must not be empty"),
    (lambda c: c.buckets.create(5), TypeError, "`name`"),
    (lambda c: c.buckets.create("b", organization="o"), TypeError, "`org` or `org_id`"),
    (lambda c: c.buckets.create("b", org="o", org_id=ORG), TypeError, "either `org` or"),
    (lambda c: c.buckets.get("more"), ValueError, "16 hexadecimal digits"),
    (lambda c: c.buckets.delete(), TypeError, "either the name or `id`"),
    (lambda c: c.buckets.delete("b", id=BUCKET), TypeError, "either the name or `id`"),
    (lambda c: c.buckets.delete(id="../../orgs"), ValueError, "16 hexadecimal digits"),
    (lambda c: c.buckets.update("b"), ValueError, "nothing to change"),
    (lambda c: c.users.create("u", status="on"), ValueError, "active or inactive"),
    (lambda c: c.authorizations.create([]), ValueError, "at least one permission"),
    (lambda c: c.authorizations.create(["read"]), TypeError, "Permission"),
    (lambda c: c.authorizations.create([Permission("fly", "tasks")]), ValueError, "`read` or"),
    (lambda c: c.dbrps.create(database="d", retention_policy="r"), TypeError, "`bucket_id`"),
    (lambda c: c.secrets.set({}), ValueError, "at least one secret"),
    (lambda c: c.secrets.set({"k": 5}), TypeError, "values that are str"),
    (lambda c: c.secrets.delete(), ValueError, "at least one key"),
    (lambda c: c.request("TRACE", "/x"), ValueError, "`method`"),
    (lambda c: c.request("GET", "/api/../x"), ValueError, "path `/api/../x`"),
    (lambda c: c.request("GET", "//host/x"), ValueError, "path `//host/x`"),
    (lambda c: c.request("GET", "/x?a=b"), ValueError, "pass `query`"),
    (lambda c: c.request("GET", "/x", json=1), ValueError, "a GET request has no body"),
    (lambda c: c.request("POST", "/x", json={1, 2}), TypeError, "`json`"),
    (lambda c: c.request("POST", "/x", json=float("nan")), ValueError, "`json`"),
    (lambda c: c.request("GET", "/x", query={"a": object()}), TypeError, "`query`"),
]


@pytest.mark.parametrize(("call", "error", "text"), INVALID)
def test_invalid_arguments_are_refused_before_anything_is_sent(
    mode: str, call: Callable[[Any], Any], error: type[Exception], text: str
) -> None:
    with Scripted(answer(500)) as server:
        with pytest.raises(error, match=text.replace("(", r"\(")):
            call(Nouns(server, mode))
        assert server.requests == []


def test_secrets_appear_in_no_error(mode: str) -> None:
    with Scripted(answer(500, '{"code": "internal error", "message": "no"}')) as server:
        nouns = Nouns(server, mode)
        calls: list[Callable[[], Any]] = [
            lambda: nouns.users.set_password(id=BUCKET, password="s3cret\ud800"),
            lambda: nouns.users.set_password(id=BUCKET, password="s3cret-password"),
            lambda: nouns.secrets.set({"k": "s3cret"}, org_id=ORG),
            lambda: nouns.secrets.set({"k": "s3cret\ud800"}, org_id=ORG),
            lambda: nouns.setup("u", "s3cret-password", "o", "b", token="s3cret"),
        ]
        for call in calls:
            with pytest.raises((ValueError, InfluxDBResponseError)) as caught:
                call()
            error: BaseException | None = caught.value
            while error is not None:
                assert "s3cret" not in repr(error)
                error = error.__cause__ or error.__context__


@pytest.mark.parametrize(
    ("noun", "instead"),
    [
        ("buckets", "create_database"),
        ("users", "create_user"),
        ("tasks", "create_continuous_query"),
        ("authorizations", "grant"),
        ("dbrps", "databases"),
        ("organizations", "databases"),
        ("labels", "nothing similar"),
    ],
)
def test_a_1x_server_is_not_asked_and_the_replacement_is_named(
    mode: str, noun: str, instead: str
) -> None:
    with Scripted(answer(500)) as server:
        client = Nouns(server, mode, token=None, server="1.x", org=None)
        with pytest.raises(ValueError, match=f"{noun}: only InfluxDB 2.x has .*{instead}"):
            client.all(noun)
        assert server.requests == []


def test_a_request_to_any_endpoint(mode: str) -> None:
    def script(request: Request) -> Answer:
        if request.path == "/base/a%20b":
            return answer(200, '{"a": [1, 18446744073709551615, null]}')
        if request.path == "/base/empty":
            return answer(204)
        return answer(200, b"\xff", Content_Type="text/csv")

    with Scripted(script) as server:
        client = Nouns(server, mode, "/base")
        query = {"s": "&", "n": 5, "b": True, "l": ["x", "y"], "none": None}
        response = client.request("put", "/a b", query=query, json={"k": ["é"]})
        assert (response.status, response.body) == (200, {"a": [1, 2**64 - 1, None]})
        assert response.headers["Content-Type"] == "application/json"
        assert "18446744073709551615" not in repr(response)
        sent = server.requests[0]
        assert (sent.method, json.loads(sent.text)) == ("PUT", {"k": ["é"]})
        assert sent.query == {"s": "&", "n": "5", "b": "true", "l": "y"}
        assert sent.headers["authorization"] == "Token t0ken"
        assert client.request("DELETE", "empty").body is None
        assert client.request("GET", "csv").body == b"\xff"


def test_a_web_page_is_no_answer_to_a_request(mode: str) -> None:
    page = answer(200, "<html>", Content_Type="text/html")
    with Scripted(page) as server, pytest.raises(InfluxDBResponseError, match="html"):
        Nouns(server, mode).request("GET", "/x")


def test_a_request_to_a_1x_server(mode: str) -> None:
    with Scripted(answer(200, '{"status": "pass"}')) as server:
        client = Nouns(server, mode, token=None, server="1.x", org=None, username="u", password="p")
        assert client.request("GET", "/health").body == {"status": "pass"}
        assert client.health().status == "pass"
    assert {request.headers["authorization"] for request in server.requests} == {"Basic dTpw"}


def test_every_class_of_an_object_is_public_and_documents_its_attributes() -> None:
    for name in aioinflux._administration.v2.objects.__all__:
        kind = getattr(aioinflux, name)
        assert name in aioinflux.__all__
        for field in dataclasses.fields(kind):
            assert f"\n        {field.name}: " in kind.__doc__, f"{name}.{field.name}"
