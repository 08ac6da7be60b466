"""Limits at the door: whom they count, what they cost when Redis is away, and that nobody loses."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from relay import runtime as process
from relay.app import create_app
from relay.services.configured import source_by_key
from relay.web.limits import door_limits
from tests.servers import RedisServer
from tests.web.doors import KEY, add_source, kept, refused

DOOR = f"/in/{KEY}"
LEAD = {"email": "ada@example.com"}
pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


def test_over_the_limit_a_sender_that_returns_is_429_with_retry_after(
    runtime: Any, client: Any
) -> None:
    add_source(runtime, "typeform", limits={"source": "2/minute"})
    statuses = [client.post(DOOR, data=b"{}").status_code for _ in range(2)]
    answer = client.post(DOOR, data=b"{}")
    assert [*statuses, answer.status_code] == [200, 200, 429]
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert [row.status for row in refused(runtime)] == [429]
    assert len(kept(runtime)) == 2


def test_over_the_limit_a_sender_that_does_not_return_is_stored_and_held(
    runtime: Any, client: Any
) -> None:
    add_source(runtime, "instapage", limits={"source": "2/minute"})
    answers = [client.post(DOOR, json={"Email": f"a{n}@example.com"}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert all("id" in answer.json for answer in answers)
    assert [(row.state, row.hold) for row in kept(runtime)] == [
        ("received", None),
        ("received", None),
        ("held", "rate"),
    ]


def test_each_source_counts_for_itself(runtime: Any, client: Any) -> None:
    add_source(runtime, limits={"source": "1/minute"})
    add_source(runtime, key="other", limits={"source": "1/minute"})
    for path in (DOOR, "/in/other"):
        client.post(path, json=LEAD)
    assert [row.state for row in kept(runtime)] == ["received", "received"]


def test_calls_of_a_source_may_be_counted_apart(runtime: Any, client: Any) -> None:
    add_source(runtime, limits={"source": "1/minute", "address": "1/minute"})
    source = source_by_key(runtime, KEY)
    assert source is not None
    limits = door_limits(client.application, runtime)
    with client.application.test_request_context():
        assert limits.over(source, None) is None
        assert limits.over(source, "192.0.2.1", "createLead") is None
        assert limits.over(source, "192.0.2.1", "createLead") is not None
        assert limits.over(source, None) is not None


def test_servers_that_share_an_address_are_not_counted_by_it(runtime: Any, client: Any) -> None:
    add_source(runtime, limits={"address": "1/minute"})
    for _ in range(3):
        client.post(DOOR, json=LEAD)
    assert {row.hold for row in kept(runtime)} == {None}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://www.example.com"},
        {"Sec-Fetch-Mode": "cors"},
        {"Accept": "text/html"},
    ],
)
def test_browsers_are_counted_by_their_address(
    runtime: Any, client: Any, headers: dict[str, str]
) -> None:
    add_source(runtime, limits={"address": "1/minute"})
    form = {"data": LEAD, "headers": headers}
    client.post(DOOR, **form)
    client.post(DOOR, **form)
    client.post(DOOR, **form, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert [row.hold for row in kept(runtime)] == [None, "address", None]


def test_the_relays_own_limits_count_where_the_source_names_none(make_runtime: Any) -> None:
    runtime = make_runtime({"RELAY_SOURCE_RATE": "1/minute"})
    client = create_app(runtime).test_client()
    add_source(runtime)
    client.post(DOOR, json=LEAD)
    client.post(DOOR, json=LEAD)
    assert [row.hold for row in kept(runtime)] == [None, "rate"]


def test_two_web_processes_count_together(make_runtime: Any) -> None:
    first, second = make_runtime(), make_runtime()
    add_source(first, limits={"source": "1/minute"})
    create_app(first).test_client().post(DOOR, json=LEAD)
    create_app(second).test_client().post(DOOR, json=LEAD)
    assert [row.hold for row in kept(first)] == [None, "rate"]


def test_a_get_asks_redis_nothing_and_one_check_is_one_round_trip(
    runtime: Any, client: Any
) -> None:
    add_source(runtime)
    client.post(DOOR, json=LEAD)
    runtime.queue.connection.config_resetstat()
    for _ in range(10):
        client.get(DOOR)
    assert "cmdstat_evalsha" not in _commands(runtime)
    for _ in range(10):
        client.post(DOOR, json=LEAD)
    assert _commands(runtime)["cmdstat_evalsha"]["calls"] == 10


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A Redis that a test may kill."""
    server = RedisServer()
    yield server
    server.close()


@pytest.fixture
def door(settings: dict[str, str], own_redis: RedisServer, make_runtime: Any) -> Callable[[], Any]:
    """Posts at a door whose Redis the test owns; returns status and seconds."""
    runtime = make_runtime({"REDIS_URL": own_redis.url})
    process.install(runtime)
    add_source(runtime, limits={"source": "1000/minute"})
    app = create_app(runtime)
    app.test_client().post(DOOR, json=LEAD)

    def post() -> tuple[int, float]:
        started = time.monotonic()
        status = app.test_client().post(DOOR, json=LEAD).status_code
        return status, time.monotonic() - started

    return post


@pytest.mark.parametrize("trouble", ["stop", "hang"])
def test_without_redis_answers_stay_quick_and_a_hung_one_is_left_alone_for_a_second(
    own_redis: RedisServer, door: Callable[[], Any], trouble: str
) -> None:
    getattr(own_redis, trouble)()
    answers = [door() for _ in range(12)]
    assert {status for status, _ in answers} == {200}
    slow = [seconds for _, seconds in answers if seconds > 0.2]
    rounds = 1 + int(sum(seconds for _, seconds in answers))
    assert len(slow) <= rounds, "one waited, and after a second the next; the others did not ask"


def test_threads_that_meet_a_dying_redis_together_all_get_200(
    own_redis: RedisServer, door: Callable[[], Any]
) -> None:
    answers: list[tuple[int, float]] = []
    own_redis.hang()
    threads = [threading.Thread(target=lambda: answers.append(door())) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [status for status, _ in answers] == [200] * 16
    assert max(seconds for _, seconds in answers) < 1.5


def test_in_memory_the_limit_still_holds(
    own_redis: RedisServer, settings: dict[str, str], make_runtime: Any
) -> None:
    runtime = make_runtime({"REDIS_URL": own_redis.url})
    add_source(runtime, limits={"source": "2/minute"})
    client = create_app(runtime).test_client()
    own_redis.stop()
    for _ in range(4):
        client.post(DOOR, json=LEAD)
    assert [row.hold for row in kept(runtime)] == [None, None, "rate", "rate"]


def test_a_redis_that_comes_back_counts_again(
    own_redis: RedisServer, settings: dict[str, str], make_runtime: Any
) -> None:
    runtime = make_runtime({"REDIS_URL": own_redis.url})
    source = add_source(runtime)
    client = create_app(runtime).test_client()
    own_redis.stop()
    client.post(DOOR, json=LEAD)
    own_redis.start()
    deadline = time.monotonic() + 10
    while not list(runtime.queue.connection.scan_iter(f"*{source}*")):
        assert time.monotonic() < deadline, "Redis was forgotten"
        time.sleep(0.2)
        client.post(DOOR, json=LEAD)


def _commands(runtime: Any) -> Any:
    """How often each command was given, Redis' own words."""
    return runtime.queue.connection.info("commandstats")
