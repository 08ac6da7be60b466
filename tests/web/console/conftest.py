"""What tests of the web view stand on: SQLite, two projects, cheap passwords."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from tests.peer import Peer
from tests.web.console.house import House, Visitor


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """An empty migrated SQLite file."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'relay.db')}"


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing is slow on purpose, which is tested once, not in every test."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("relay.services.credentials._hasher", cheap)


@pytest.fixture
def house(runtime: Any, peer: Peer) -> House:
    """A relay with two projects."""
    from relay.app import create_app

    return House(runtime, create_app(runtime), peer)


@pytest.fixture
def visitor(house: House) -> Visitor:
    """The owner, signed in."""
    return house.visitor()


@pytest.fixture
def make_app(make_runtime: Callable[..., Any]) -> Callable[..., Any]:
    """Makes applications with more settings: `make_app({"RELAY_PUBLIC_URL": "https://..."})`."""
    from relay.app import create_app

    return lambda more=None, **parts: create_app(make_runtime(more, **parts))
