"""What the hot paths remember of the configuration, and for how long."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from relay.services import configured, memory
from relay.services.configured import source_by_key
from relay.store import tables
from tests.factories import Incoming

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets seconds pass for what is remembered."""
    passed = [0.0]
    monkeypatch.setattr("relay.services.memory.time.monotonic", lambda: passed[0])
    return lambda more: passed.__setitem__(0, passed[0] + more)


@contextmanager
def _hung(monkeypatch: pytest.MonkeyPatch, what: str) -> Iterator[threading.Event]:
    """The reading of `what` hangs until the end; the event says that it has begun."""
    begun, end = threading.Event(), threading.Event()
    real = getattr(configured, what)

    def hang(*arguments: Any) -> Any:
        begun.set()
        assert end.wait(10)
        return real(*arguments)

    monkeypatch.setattr(configured, what, hang)
    try:
        yield begun
    finally:
        end.set()


def test_a_change_by_another_process_shows_after_a_second(acme: Incoming, seconds: Any) -> None:
    source = acme.source()
    assert source_by_key(acme.rt, source.key) is not None
    _pause(acme)
    found = source_by_key(acme.rt, source.key)
    assert found is not None
    assert not found.paused
    seconds(memory.FRESH_SECONDS)
    found = source_by_key(acme.rt, source.key)
    assert found is not None
    assert found.paused


def test_what_lay_unused_is_read_anew_even_while_something_else_is_being_read(
    acme: Incoming, seconds: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a secret that was changed an hour ago would still count, and the new one not yet."""
    source, target = acme.source(), acme.target()
    source_by_key(acme.rt, source.key)
    configured.target(acme.rt, target)
    _pause(acme)
    seconds(3600)
    with ThreadPoolExecutor(1) as pool, _hung(monkeypatch, "_load_target") as begun:
        pool.submit(configured.target, acme.rt, target)
        assert begun.wait(10)
        found = source_by_key(acme.rt, source.key)
    assert found is not None
    assert found.paused


def test_where_reading_hangs_the_others_go_on_with_what_is_known(
    acme: Incoming, seconds: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = acme.target()
    configured.target(acme.rt, target)
    seconds(3600)
    monkeypatch.setattr(memory, "PATIENCE", 0.01)
    with ThreadPoolExecutor(1) as pool, _hung(monkeypatch, "_load_target") as begun:
        pool.submit(configured.target, acme.rt, target)
        assert begun.wait(10)
        assert configured.target(acme.rt, target) is not None


def _pause(acme: Incoming) -> None:
    with acme.rt.database.write() as connection:
        connection.execute(sa.update(tables.sources).values(paused_at=acme.clock.now()))


def test_who_tries_out_keys_does_not_cost_the_real_ones_their_place(
    acme: Incoming, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "REMEMBERED", 16)
    source = acme.source()
    assert source_by_key(acme.rt, source.key) is not None
    for number in range(40):
        assert source_by_key(acme.rt, f"invented-key-{number}") is None
    with monkeypatch.context() as away:
        away.setattr(configured, "_load_open_source", _never)
        assert source_by_key(acme.rt, source.key) is not None


def _never(*_arguments: Any) -> Any:
    raise AssertionError("the database was asked")
