"""The application with TrackDrive's API, on SQLite."""

from pathlib import Path
from typing import Any

import pytest

from tests.web.apis.trackdrive.schedules import Calls, configure


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """SQLite alone: what differs between databases is tested with the services."""
    path = tmp_path / "relay.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def calls(runtime: Any, client: Any) -> Calls:
    """Calls of TrackDrive's API, on two schedules and an offer."""
    configure(runtime)
    return Calls(runtime, client)
