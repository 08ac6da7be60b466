"""The relay as real processes that take over soon, on each database."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from relay.core.clock import SystemClock
from tests.stack import Stack

QUICK = {
    "RELAY_LEASE_SECONDS": "3",
    "RELAY_LEASE_RENEW_SECONDS": "1",
    "RELAY_WAKE_SECONDS": "1",
    "RELAY_UNDO_SECONDS": "0.5",
    "RELAY_READ_SECONDS": "1",
    "RELAY_TOTAL_SECONDS": "1.5",
}
"""Shorter leases and waits, so that a test need not wait half a minute for a takeover."""


@pytest.fixture
def quick(settings: dict[str, str]) -> dict[str, str]:
    """The settings of processes that take over soon."""
    settings.update(QUICK)
    return settings


@pytest.fixture
def stack(quick: dict[str, str], tmp_path: Path) -> Iterator[Stack]:
    """Web, a worker and the clock, not started yet."""
    running = Stack(quick, tmp_path)
    yield running
    running.stop()


@pytest.fixture
def runtime(make_runtime: Callable[..., Any]) -> Any:
    """A look at the same database with the real clock."""
    return make_runtime(QUICK, clock=SystemClock())
