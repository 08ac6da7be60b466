"""What tests stand on: real databases, a real Redis, a settable clock, a peer that listens."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from flask import Flask
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from tests.emptied import TEMPLATE, Lender
from tests.peer import Peer
from tests.remembered import RememberedRule, Templates
from tests.servers import Absent, Postgres, RedisServer

# the same examples in every run; HYPOTHESIS_PROFILE=search looks for others
hypothesis.settings.register_profile("steady", derandomize=True)
hypothesis.settings.register_profile("search", derandomize=False)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

END_OF_A_ROOT = "-----END CERTIFICATE-----\n"

SECRET = "a secret key for tests, long enough to be taken"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Side by side, what belongs together stays with one worker."""
    from tests.sharing import Sharing

    return Sharing(config, log)


class SettableClock:
    """Tells the time that it was told."""

    def __init__(self, at: datetime = NOON) -> None:
        self._at = at

    def now(self) -> datetime:
        """The time it was last set to."""
        return self._at

    def set(self, at: datetime) -> None:
        """Be at this time."""
        self._at = at

    def advance(self, seconds: float) -> None:
        """Move on."""
        self._at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> SettableClock:
    """A clock that stands at noon of 2 March 2026 until it is told otherwise."""
    return SettableClock()


@pytest.fixture(scope="session", autouse=True)
def one_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One public root is trusted: to read the hundreds takes each client 50 ms, and no test
    reaches the internet."""
    roots = Path(DEFAULT_CA_BUNDLE_PATH).read_text()
    few = tmp_path_factory.mktemp("roots") / "one.pem"
    few.write_text(roots[: roots.index(END_OF_A_ROOT) + len(END_OF_A_ROOT)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("relay.net.pinned.DEFAULT_CA_BUNDLE_PATH", str(few))
        patch.setenv("SSL_CERT_FILE", str(few))
        yield


@pytest.fixture(scope="session", autouse=True)
def remembered() -> Iterator[None]:
    """Applications of one worker share what is the same in all of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": Templates()})
        patch.setattr(Flask, "url_rule_class", RememberedRule)
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A PostgreSQL of the session's own, with a migrated template."""
    server = _or_skip(Postgres)
    try:
        _statement(server, f"CREATE DATABASE {TEMPLATE}")
        _migrate(server.url(TEMPLATE))
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def lender(postgres_server: Postgres) -> Lender:
    """Lends databases of `postgres_server`."""
    return Lender(postgres_server)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Redis of the session's own."""
    server = _or_skip(RedisServer)
    yield server
    server.close()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The address of a Redis that holds nothing yet."""
    redis_server.flush()
    return redis_server.url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty migrated database, on both kinds; `indirect=True` chooses one."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        path = shutil.copy(template, tmp_path / "relay.db")
        yield f"sqlite:///{path}"
        return
    with request.getfixturevalue("lender").lent() as url:
        yield url


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment of the relay under test; a test may add to it before it makes a runtime."""
    return {
        "RELAY_MODE": "local",
        "RELAY_DATA_DIR": str(tmp_path),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": SECRET,
        "RELAY_PUBLIC_URL": "http://relay.test",
        "RELAY_TARGET_ALLOW": "127.0.0.0/8",
    }


@pytest.fixture
def make_runtime(settings: dict[str, str], clock: SettableClock) -> Iterator[Callable[..., Any]]:
    """Makes runtimes on the test's database: `make_runtime({"RELAY_SENDERS": "2"}, clock=...)`."""
    from relay import runtime as process
    from relay.app import build_runtime
    from relay.config import load_config

    made: list[Any] = []

    def make(more: dict[str, str] | None = None, **overrides: Any) -> Any:
        config = load_config(settings | (more or {}))
        runtime = build_runtime(config, **({"clock": clock} | overrides))
        made.append(runtime)
        return runtime

    yield make
    process.install(None)
    for runtime in made:
        runtime.close()


@pytest.fixture
def runtime(make_runtime: Callable[..., Any]) -> Any:
    """A relay.runtime.Runtime on an empty database, installed as the process's own."""
    from relay import runtime as process

    made = make_runtime()
    process.install(made)
    return made


@pytest.fixture
def client(runtime: Any) -> Any:
    """Flask's test client of the web application on `runtime`."""
    from relay.app import create_app

    return create_app(runtime).test_client()


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A real HTTP server on 127.0.0.1 that notes arrivals and answers as scripted."""
    server = Peer()
    yield server
    server.close()


def _or_skip(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except Absent as absent:
        pytest.skip(str(absent))


def _migrate(url: str) -> None:
    from relay.migrations import upgrade

    upgrade(url)


def _statement(server: Postgres, statement: str) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(statement.encode())
