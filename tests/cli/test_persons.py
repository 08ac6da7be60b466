"""`export-person` and `erase-person`."""

import json
import stat
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from relay.core.contract import Inbound
from relay.services import configured, person_requests
from relay.services.configure import apply
from relay.services.ingest import take
from relay.services.leads import store_batch
from relay.store import tables
from tests.cli.conftest import Relay
from tests.conftest import SECRET

pytestmark = pytest.mark.redis

ADA = "ada@example.com"
KEY = "a-key-of-a-source"


@pytest.fixture
def leads(runtime: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A relay with a lead of Ada's and one of Bob's in one of two projects."""
    monkeypatch.setattr(person_requests, "SETTLES", timedelta(0))
    source = {"name": "form", "kind": "generic", "key": KEY}
    projects = [{"id": "acme", "name": "Acme", "sources": [source]}, {"id": "beta"}]
    apply(runtime, {"projects": projects})
    for name in ("ada", "bob"):
        _submit(runtime, name)
    return runtime


def _submit(rt: Any, name: str) -> None:
    source = configured.source_by_key(rt, KEY)
    assert source is not None
    body = json.dumps({"email": f"{name}@example.com", "name": name}).encode()
    take(rt, source, Inbound(headers={"content-type": "application/json"}, body=body))
    store_batch(rt)


def _emails(rt: Any) -> list[str]:
    with rt.database.read() as connection:
        return list(connection.execute(sa.select(tables.leads.c.email)).scalars())


def test_a_person_is_written_into_a_file(leads: Any, relay: Relay, tmp_path: Path) -> None:
    output = tmp_path / "person.zip"
    wanted = ("export-person", ADA, "--project", "acme", "--output", str(output))
    assert relay(*wanted).exit_code == 0
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    with zipfile.ZipFile(output) as archive:
        assert "leads/lead-1.txt" in archive.namelist()
        assert "leads/lead-2.txt" not in archive.namelist()
    again = relay(*wanted)
    assert again.exit_code == 2
    assert "is there already" in again.output
    with leads.database.read() as connection:
        assert connection.execute(sa.select(tables.person_files)).all() == []
    several = relay("export-person", ADA, "--output", str(tmp_path / "x.zip"))
    assert "Name one project" in several.output


def test_a_person_is_erased_after_being_named_again(leads: Any, relay: Relay) -> None:
    wanted = ("erase-person", ADA, "--project", "acme", "--label", "Case 3")
    result = relay(*wanted, input="bob@example.com\n")
    assert result.exit_code == 2
    assert "Nothing was erased." in result.output
    assert _emails(leads) == [ADA, "bob@example.com"]
    result = relay(*wanted, input=f"{ADA.upper()}\n")
    assert result.exit_code == 0, result.output
    for words in ("1  leads of this person", "Receipt of erasing", "Case 3", "- none"):
        assert words in result.output
    assert _emails(leads) == ["bob@example.com"]
    _submit(leads, "ada")
    assert _emails(leads) == ["bob@example.com"]
    assert relay("ledger").exit_code == 0


def test_a_person_is_erased_in_all_projects_for_machines(leads: Any, relay: Relay) -> None:
    result = relay("erase-person", ADA, "--project", "acme", "--yes", "--json")
    told = json.loads(result.stdout)
    assert told["counts"]["leads"] == 1
    assert len(told["hashes"]) == 1
    assert relay("erase-person", ADA, "--yes").output.count("Receipt of erasing") == 2
    wrong = relay("erase-person", "ada", "--yes")
    assert wrong.exit_code == 2
    assert "is no phone number" in wrong.output


def test_changed_keys_leave_a_word_about_the_erased(
    leads: Any, relay: Relay, make_runtime: Any
) -> None:
    relay("erase-person", ADA, "--project", "acme", "--yes")
    assert "erased contacts" not in relay("rotate-keys").output
    from relay import runtime as process

    newer = {"SECRET_KEY": "a newer key that is long enough to be one", "SECRET_KEYS_OLD": SECRET}
    from relay.services import returning

    rt = make_runtime(newer)
    process.install(rt)
    assert returning.by_former_keys(rt) == 1
