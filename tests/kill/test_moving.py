"""An import that is killed in the middle is taken up by running it again, and doubles nothing."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from relay.services.configure import apply
from relay.services.ledger import ledger
from relay.store.tables import bodies, leads, submissions
from tests.peer import hangs
from tests.processes.running import Running
from tests.vendors import KEY, LeadTrackr, leadtrackr_lead

pytestmark = pytest.mark.kill

PAGE = {"sort": "createdAt:asc", "page": "1", "limit": "100"}


@pytest.fixture
def vendor() -> Iterator[LeadTrackr]:
    """An account with two and a half pages of leads."""
    account = LeadTrackr([leadtrackr_lead(number) for number in range(1, 251)])
    yield account
    account.close()


def count(runtime: Any, table: sa.Table) -> int:
    with runtime.database.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_an_import_that_is_killed_goes_on_where_it_was(
    runtime: Any, settings: dict[str, str], vendor: LeadTrackr, tmp_path: Path
) -> None:
    apply(runtime, {"projects": [{"id": "acme"}]})
    command = "python -m relay import leadtrackr --project acme --key-env ACCOUNT_KEY --url "
    given = settings | {"ACCOUNT_KEY": KEY}
    vendor.script(vendor.answer("/api/leads/getLeads", PAGE), hangs)
    broken = Running(command + vendor.url, given, tmp_path / "killed.log")
    vendor.wait_for(2, seconds=60)
    assert broken.end(signal.SIGKILL) == -signal.SIGKILL
    assert count(runtime, leads) == 100
    again = Running(command + vendor.url, given, tmp_path / "again.log")
    assert again.wait() == 0, again.output
    assert "150 taken over, 100 were here already." in again.output
    assert {count(runtime, table) for table in (leads, submissions, bodies)} == {250}
    assert ledger(runtime).gaps == []
