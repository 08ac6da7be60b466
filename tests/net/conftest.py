"""The client that speaks to peers on 127.0.0.1."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from relay.config import load_config
from relay.net.client import Client

QUICK = {"RELAY_TOTAL_SECONDS": "1", "RELAY_READ_SECONDS": "0.4", "RELAY_CONNECT_SECONDS": "0.4"}


@pytest.fixture
def make_client(tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Makes clients, of settings that are given by name."""
    made: list[Client] = []

    def make(**settings: str) -> Client:
        given = {
            "RELAY_MODE": "local",
            "RELAY_DATA_DIR": str(tmp_path),
            "RELAY_TARGET_ALLOW": "127.0.0.0/8",
        }
        made.append(Client(load_config(given | settings)))
        return made[-1]

    yield make
    for client in made:
        client.close()
