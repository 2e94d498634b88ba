"""Tests the client object: constructor, attributes, modes, repr, pickle, context managers, and
logging."""

from __future__ import annotations

import asyncio
import inspect
import logging
import pickle
from collections.abc import Iterator

import pytest

from aioinflux import AsyncInfluxDBClient
from influxd import Influxd
from scripted import Scripted, answer, results
from support import Calls, Database

SECRET = "pass-word-42"


@pytest.fixture(autouse=True)
def _logger() -> Iterator[None]:
    """Restores the logger after a test, because every new client sets the logger's level, as in
    aioinflux 0.1."""
    logger = logging.getLogger("aioinflux")
    level, handlers = logger.level, logger.handlers[:]
    yield
    logger.setLevel(level)
    logger.handlers[:] = handlers


def test_constructor_takes_its_arguments_in_the_order_of_the_original() -> None:
    client = AsyncInfluxDBClient(
        "somewhere", 1234, "user", SECRET, "first", None, None, 40, "blocking"
    )
    assert (client.host, client.port) == ("somewhere", 1234)
    assert (client.db, client.mode) == ("first", "blocking")


def test_constructor_has_the_defaults_of_the_original() -> None:
    client = AsyncInfluxDBClient()
    assert (client.host, client.port) == ("localhost", 8086)
    assert (client.db, client.mode) == ("testdb", "async")


def test_database_wins_over_db() -> None:
    assert AsyncInfluxDBClient(db="one", database="two").db == "two"
    assert AsyncInfluxDBClient(db="one", database="").db == "one"


def test_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="Invalid mode"):
        AsyncInfluxDBClient(mode="sync")


def test_unknown_argument_is_refused() -> None:
    with pytest.raises(TypeError, match="log_lvl"):
        AsyncInfluxDBClient(log_lvl=10)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "arguments",
    [{"host": 5}, {"port": "no port"}, {"port": 70000}, {"db": 5}, {"timeout": "long"}],
)
def test_wrong_argument_is_refused_by_name(arguments: dict[str, object]) -> None:
    (name,) = arguments
    with pytest.raises((TypeError, ValueError), match=name):
        AsyncInfluxDBClient(**arguments)  # type: ignore[arg-type]


def test_loop_is_accepted_and_ignored(database: Database) -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    with pytest.warns(DeprecationWarning, match="loop"):
        client = AsyncInfluxDBClient(
            host=database.server.host, port=database.server.port, loop=loop
        )
    assert "X-Influxdb-Version" in {k.title() for k in Calls(client).ping()}


def test_constructor_needs_no_server_and_no_loop() -> None:
    AsyncInfluxDBClient(host="name.invalid", port=1).close()


def test_ping_gives_the_headers_as_a_dict(client: Calls) -> None:
    headers = client.ping()
    assert type(headers) is dict
    assert {"x-influxdb-version", "x-influxdb-build", "date"} <= {key.lower() for key in headers}
    assert all(isinstance(text, str) for pair in headers.items() for text in pair)


def test_methods_are_coroutines_in_async_mode_only(database: Database) -> None:
    server = database.server
    client = AsyncInfluxDBClient(host=server.host, port=server.port, db=database.name)
    coroutine = client.ping()
    assert inspect.iscoroutine(coroutine)
    asyncio.run(coroutine)
    client.mode = "blocking"
    assert isinstance(client.ping(), dict)


def test_mode_can_be_switched_and_stays_one_of_three(blocking: AsyncInfluxDBClient) -> None:
    blocking.mode = "dataframe"
    assert blocking.mode == "dataframe"
    with pytest.raises(ValueError, match="mode"):
        blocking.mode = "sync"


def test_db_can_be_switched(database: Database, client: Calls) -> None:
    other = database.name + "_other"
    database.query(f'CREATE DATABASE "{other}"')
    client.client.db = other
    assert client.write("m f=1 5") is True
    assert database.points() == []
    assert len(Database(database.server, other).points()) == 1


def test_repr_names_the_attributes_in_order_without_secrets() -> None:
    client = AsyncInfluxDBClient("there", 99, "user", SECRET, "base", mode="blocking")
    text = repr(client)
    assert text.startswith("AsyncInfluxDBClient(")
    for part in ("host=", "there", "port=99", "db=", "base", "mode=", "blocking"):
        assert part in text
    assert SECRET not in text
    assert SECRET not in str(client)
    assert text == repr(AsyncInfluxDBClient("there", 99, "user", SECRET, "base", mode="blocking"))


def test_password_does_not_hang_in_an_attribute_that_vars_shows() -> None:
    client = AsyncInfluxDBClient(username="user", password=SECRET)
    assert SECRET not in repr(getattr(client, "__dict__", {}))


def test_pickle_leaves_the_password_out(database: Database) -> None:
    server = database.server
    client = AsyncInfluxDBClient(
        server.host, server.port, "user", SECRET, database.name, mode="blocking"
    )
    data = pickle.dumps(client)
    assert SECRET.encode() not in data
    copy = pickle.loads(data)
    assert (copy.host, copy.port, copy.db) == (server.host, server.port, database.name)
    assert copy.mode == "blocking"
    assert copy.ping()


def test_credentials_go_into_the_basic_header_alone() -> None:
    with Scripted(results({})) as server:
        client = AsyncInfluxDBClient(server.host, server.port, "user", SECRET, mode="blocking")
        client.query("SHOW DATABASES")
    (request,) = server.requests
    assert request.headers["authorization"] == "Basic dXNlcjpwYXNzLXdvcmQtNDI="
    assert SECRET not in str(request.parameters)
    assert not {"u", "p"} & set(request.parameters)


@pytest.mark.parametrize(("user", "password"), [("user", None), (None, SECRET), ("", "")])
def test_credentials_need_both_parts(user: str | None, password: str | None) -> None:
    with Scripted(results({})) as server:
        client = AsyncInfluxDBClient(server.host, server.port, user, password, mode="blocking")
        client.query("SHOW DATABASES")
    assert "authorization" not in server.requests[0].headers


def test_context_manager_closes(database: Database) -> None:
    server = database.server
    with AsyncInfluxDBClient(server.host, server.port, mode="blocking") as client:
        assert client.ping()
    client.close()


def test_async_context_manager_closes(database: Database) -> None:
    async def use() -> None:
        server = database.server
        async with AsyncInfluxDBClient(server.host, server.port) as client:
            assert await client.ping()

    asyncio.run(use())


def test_path_is_put_before_the_endpoints() -> None:
    with Scripted(results({})) as server:
        client = AsyncInfluxDBClient(
            server.host, server.port, mode="blocking", path="/behind/a proxy/"
        )
        client.query("SHOW DATABASES")
    assert server.requests[0].path == "/behind/a%20proxy/query"


def test_unix_socket_is_used() -> None:
    http = 'unix-socket-enabled = true\nbind-socket = "{dir}/http.sock"'
    with Influxd(http) as server:
        path = str(server.dir / "http.sock")
        client = AsyncInfluxDBClient(unix_socket=path, mode="blocking")
        client.create_database(db="testdb")
        assert client.write("m f=1 1") is True
        assert Database(server, "testdb").points()


def test_auth_is_asked_for_and_given() -> None:
    with Influxd("auth-enabled = true") as server:
        server.execute(f"CREATE USER admin WITH PASSWORD '{SECRET}' WITH ALL PRIVILEGES")
        client = AsyncInfluxDBClient(server.host, server.port, "admin", SECRET, mode="blocking")
        client.create_database(db="testdb")
        assert client.write("m f=1 1") is True
        wrong = AsyncInfluxDBClient(server.host, server.port, "admin", "wrong", mode="blocking")
        with pytest.raises(Exception, match="authorization failed") as caught:
            wrong.query("SELECT * FROM m")
        assert caught.value.status == 401  # type: ignore[attr-defined]


def test_log_level_sets_the_logger(caplog: pytest.LogCaptureFixture) -> None:
    with Scripted(answer(204), results({})) as server:
        client = AsyncInfluxDBClient(
            server.host, server.port, "user", SECRET, log_level=logging.DEBUG, mode="blocking"
        )
        assert logging.getLogger("aioinflux").level == logging.DEBUG
        client.write("m f=1")
        client.query("SHOW DATABASES")
    records = [record for record in caplog.records if record.name == "aioinflux"]
    assert any(record.levelno == logging.INFO for record in records)
    assert any("SHOW DATABASES" in record.getMessage() for record in records)
    assert SECRET not in caplog.text
    assert "dXNlcjpwYXNzLXdvcmQtNDI" not in caplog.text


def test_one_handler_is_attached_however_many_clients() -> None:
    logger = logging.getLogger("aioinflux")
    logger.handlers.clear()
    AsyncInfluxDBClient()
    AsyncInfluxDBClient()
    assert len(logger.handlers) == 1


def test_no_handler_is_attached_without_a_level() -> None:
    logger = logging.getLogger("aioinflux")
    logger.handlers.clear()
    AsyncInfluxDBClient(log_level=0)
    assert logger.handlers == []


def test_default_level_is_quiet_about_requests(
    blocking: AsyncInfluxDBClient, caplog: pytest.LogCaptureFixture
) -> None:
    blocking.ping()
    blocking.write("m f=1")
    assert [record for record in caplog.records if record.name == "aioinflux"] == []
