"""Rate limits that all workers share."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.config import load_config
from relay.net.limits import REST, RateLimits


def limits_on(redis_url: str, tmp_path: Path) -> RateLimits:
    """As one worker has them."""
    return RateLimits(
        load_config(
            {"RELAY_MODE": "local", "RELAY_DATA_DIR": str(tmp_path), "REDIS_URL": redis_url}
        )
    )


@pytest.fixture
def limits(redis_url: str, tmp_path: Path) -> Iterator[RateLimits]:
    made = limits_on(redis_url, tmp_path)
    yield made
    made.close()


def test_permits_are_given_until_there_are_none(limits: RateLimits) -> None:
    assert [limits.take("crm", ["3/minute"]) for _ in range(3)] == [None] * 3
    wait = limits.take("crm", ["3/minute"])
    assert wait is not None
    assert 0 < wait <= 60


def test_each_key_is_counted_for_itself(limits: RateLimits) -> None:
    assert limits.take("crm", ["1/minute"]) is None
    assert limits.take("other", ["1/minute"]) is None
    assert limits.take("crm", ["1/minute"]) is not None


def test_workers_share_the_count(limits: RateLimits, redis_url: str, tmp_path: Path) -> None:
    other = limits_on(redis_url, tmp_path)
    given = [worker.take("crm", ["3/hour"]) for worker in (limits, other, limits, other)]
    other.close()
    assert given[:3] == [None] * 3
    assert given[3] is not None


def test_several_limits_hold_at_once(limits: RateLimits) -> None:
    both = ["100/minute", "2/hour"]
    assert [limits.take("crm", both) for _ in range(2)] == [None, None]
    assert limits.take("crm", both) is not None
    assert limits.take("crm", ["100/minute"]) is None  # that one was not closed


def test_a_closed_limit_uses_up_no_permit_of_the_open_one(limits: RateLimits) -> None:
    for _ in range(5):
        limits.take("crm", ["3/hour", "1/day"])
    given = [limits.take("crm", ["3/hour"]) for _ in range(3)]
    assert given[:2] == [None, None]
    assert given[2] is not None


def test_after_the_wait_there_is_a_permit(limits: RateLimits) -> None:
    for _ in range(10):
        limits.take("crm", ["10/second"])
    wait = limits.take("crm", ["10/second"])
    assert wait is not None
    assert wait <= 1
    time.sleep(wait)
    for _ in range(20):  # windows slide by the clock of Redis and of this machine
        if (more := limits.take("crm", ["10/second"])) is None:
            return
        time.sleep(more)
    pytest.fail("no permit came back")


def test_without_limits_nothing_is_asked(tmp_path: Path) -> None:
    nowhere = limits_on("redis://127.0.0.1:1/0", tmp_path)
    assert nowhere.take("crm", []) is None
    nowhere.close()


def test_a_limit_that_cannot_be_read_is_a_mistake(limits: RateLimits) -> None:
    with pytest.raises(ValueError, match="parse"):
        limits.take("crm", ["lots"])


@pytest.mark.parametrize("listens", [True, False], ids=["hangs", "is away"])
def test_without_redis_nothing_goes_and_nobody_waits_long(tmp_path: Path, *, listens: bool) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if listens:
            silent.listen()
        limits = limits_on(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", tmp_path)
        began = time.monotonic()
        waits = [limits.take("crm", ["1/second"]) for _ in range(50)]
        assert waits == [REST] * 50
        assert time.monotonic() - began < 2
        limits.close()
