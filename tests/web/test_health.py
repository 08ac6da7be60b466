"""Probes: what machines ask of the web process."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from relay.app import create_app
from relay.store.tables import submissions
from tests.servers import RedisServer
from tests.web.doors import KEY, add_source


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A Redis that a test may kill."""
    server = RedisServer()
    yield server
    server.close()


def test_alive_asks_nobody(client: Any) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"ok": True})


def test_ready_says_what_answers_and_how_old_the_oldest_work_is(
    runtime: Any, client: Any, clock: Any
) -> None:
    assert client.get("/readyz").json == {
        "ok": True,
        "database": "ok",
        "redis": "ok",
        "oldest_seconds": None,
        "overdue": False,
    }
    add_source(runtime)
    client.post(f"/in/{KEY}", json={"email": "ada@example.com"})
    clock.advance(301)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json["oldest_seconds"] == 301.0
    assert answer.json["overdue"] is True


def test_work_that_is_done_or_shelved_is_not_overdue(runtime: Any, client: Any, clock: Any) -> None:
    add_source(runtime)
    client.post(f"/in/{KEY}", json={"email": "ada@example.com"})
    with runtime.database.write() as connection:
        connection.execute(sa.update(submissions).values(state="held"))
    clock.advance(timedelta(days=1).total_seconds())
    assert client.get("/readyz").json["overdue"] is False


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_redis_the_door_is_ready_all_the_same(
    make_runtime: Any, own_redis: RedisServer
) -> None:
    client = create_app(make_runtime({"REDIS_URL": own_redis.url})).test_client()
    own_redis.hang()
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json["redis"] == "away"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_the_database_it_is_not(make_runtime: Any) -> None:
    gone = {"DATABASE_URL": "postgresql://relay@127.0.0.1:1/nothing"}
    client = create_app(make_runtime(gone)).test_client()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["database"] == "away"


def test_metrics_count_what_came_and_what_was_refused(runtime: Any, client: Any) -> None:
    add_source(runtime)
    client.post(f"/in/{KEY}", json={"email": "ada@example.com"})
    client.post("/in/unknown", json={})
    client.post(f"/in/{KEY}", data=b"x", content_type="image/png")
    answer = client.get("/metrics")
    assert answer.status_code == 200
    for line in (
        'relay_submissions_total{state="received"} 1.0',
        'relay_turned_away_total{reason="unknown_key"} 1.0',
        'relay_turned_away_total{reason="media_type"} 1.0',
        'relay_request_seconds_count{status="200"} 1.0',
        'relay_up{part="database"} 1.0',
        'relay_up{part="redis"} 1.0',
        'relay_open{what="submissions"} 1.0',
    ):
        assert line in answer.text, line


def test_metrics_without_a_token_are_for_this_machine_alone(client: Any) -> None:
    assert client.get("/metrics").status_code == 200
    for extra in (
        {"environ_overrides": {"REMOTE_ADDR": "192.0.2.1"}},
        {"headers": {"X-Forwarded-For": "192.0.2.1"}},
        {"headers": {"Forwarded": "for=192.0.2.1"}},
    ):
        assert client.get("/metrics", **extra).status_code == 403, extra


def test_metrics_with_a_token_ask_everybody_for_it(make_runtime: Any) -> None:
    client = create_app(make_runtime({"RELAY_METRICS_TOKEN": "sesame"})).test_client()
    right = {"Authorization": "Bearer sesame"}
    far = {"REMOTE_ADDR": "192.0.2.1"}
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer x"}).status_code == 403
    assert client.get("/metrics", headers=right, environ_overrides=far).status_code == 200
