"""The database goes away under the door: a short absence costs a wait, a long one a 503."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from relay import runtime as process
from relay.app import create_app
from relay.migrations import upgrade
from tests.servers import Absent, Postgres
from tests.web.doors import KEY, add_source, kept

DOOR = f"/in/{KEY}"
LEAD = {"email": "ada@example.com"}
pytestmark = [pytest.mark.postgres, pytest.mark.redis]


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A PostgreSQL that the test may stop."""
    try:
        postgres = Postgres()
    except Absent as absent:
        pytest.skip(str(absent))
    upgrade(postgres.url())
    yield postgres
    postgres.close()


@pytest.fixture
def database_url(server: Postgres) -> str:
    """In place of the shared server's."""
    return server.url()


def test_who_knocks_during_a_restart_waits(server: Postgres, make_runtime: Any) -> None:
    runtime = make_runtime({"RELAY_COMMIT_WAIT_SECONDS": "20"})
    app = open_doors(runtime)
    server.stop()
    with ThreadPoolExecutor(2) as threads:
        paths = (DOOR, "/in/not-used-before")
        posts = [threads.submit(app.test_client().post, path, json=LEAD) for path in paths]
        time.sleep(0.5)
        server.start()  # here: what a thread starts ends with the thread
        answers = [post.result() for post in posts]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(kept(runtime)) == 3


def test_who_knocks_during_an_outage_is_asked_to_come_again(
    server: Postgres, make_runtime: Any
) -> None:
    runtime = make_runtime({"RELAY_COMMIT_WAIT_SECONDS": "1"})
    app = open_doors(runtime)
    server.stop()
    for path in (DOOR, "/in/not-used-before"):
        started = time.monotonic()
        answer = app.test_client().post(path, json=LEAD)
        seconds = time.monotonic() - started
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert 0.9 <= seconds < 5
    server.start()
    assert len(kept(runtime)) == 1, "what never began is not kept"
    assert app.test_client().post(DOOR, json=LEAD).status_code == 200


def open_doors(runtime: Any) -> Flask:
    """A door that has been used, and one that has not."""
    process.install(runtime)
    add_source(runtime)
    add_source(runtime, key="not-used-before")
    app = create_app(runtime)
    assert app.test_client().post(DOOR, json=LEAD).status_code == 200
    return app
