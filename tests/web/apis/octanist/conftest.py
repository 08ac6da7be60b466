"""The application with two projects, on SQLite: how databases differ is tested with services."""

from pathlib import Path
from typing import Any

import pytest

from tests.web.apis.octanist.calls import Call, caller, configure


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """SQLite alone."""
    path = tmp_path / "relay.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def call(runtime: Any, client: Any) -> Call:
    """Calls of a configured project."""
    configure(runtime)
    return caller(client)
