"""A person is given what is kept of them, whole, sealed until then, and nobody else's."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest

from relay.services import person_requests
from relay.services.person_zip import zipped
from relay.store import tables
from tests.factories import Bell, Incoming, catalog
from tests.services.persons import ADA, look, request, standing, work


@pytest.fixture
def acme(make_runtime: Any) -> Incoming:
    made = Incoming(make_runtime(queue=Bell(), catalog=catalog()))
    source = made.source(options={"region": "DE"})
    made.route(source, made.target())
    made.say(source, lead="a", email=ADA, name="Ada Lovelace")
    made.store()
    made.say(source, lead="a", company="Engines")
    made.say(source, email="bob@example.com", message=f"ask {ADA}")
    made.post(source, [{"says": {"email": ADA, "n": 2}}, {"says": {"email": "eve@example.com"}}])
    made.say(source, email=ADA, hold="honeypot")
    made.store()
    first = made.deliveries()[0]
    made.settle(first.id, "delivered")
    said = {"request": {"body": "what went out"}, "response": {"body": "what the vendor said"}}
    made.set(tables.attempts, tables.attempts.c.delivery_id == first.id, exchanges=[said])
    return made


def _file(acme: Incoming) -> tuple[dict[str, Any], dict[str, bytes]]:
    row = look(acme)
    person_requests.ask_file(acme.rt, row, "ada")
    row = work(acme, row["id"])
    assert row["file_at"] is not None
    whole = b"".join(zipped(acme.rt, row, "ada"))
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.testzip() is None
        return row, {name: archive.read(name) for name in archive.namelist()}


def test_the_file_holds_everything_of_the_person(acme: Incoming) -> None:
    _, papers = _file(acme)
    names = sorted(papers)
    assert names[0] == "README.txt"
    assert [name for name in names if name.startswith("leads/")] == [
        "leads/lead-1.json",
        "leads/lead-1.txt",
        "leads/lead-3.json",
        "leads/lead-3.txt",
    ]
    assert len([name for name in names if name.endswith(".raw")]) == 3
    assert len([name for name in names if name.startswith("submissions/")]) == 7
    lead = json.loads(papers["leads/lead-1.json"])
    assert [one["version"] for one in lead["versions"]] == [1, 2]
    assert lead["came_by"] == {"source": "form", "kind": "letter"}
    (attempt,) = lead["sent"][0]["attempts"]
    assert attempt["requests"] == [{"body": "what went out"}]
    text = papers["leads/lead-1.txt"].decode()
    for words in ("Ada Lovelace", ADA, "Engines", "crm (box), created: delivered, tried on"):
        assert words in text
    readme = papers["README.txt"].decode()
    assert ADA in readme
    assert "not in here" in readme


def test_the_file_holds_nothing_of_others(acme: Incoming) -> None:
    _, papers = _file(acme)
    whole = b"\n".join(papers.values())
    for words in (b"bob@example.com", b"eve@example.com", b"what the vendor said"):
        assert words not in whole


def test_the_file_is_sealed_and_goes_after_some_days(acme: Incoming) -> None:
    row, _ = _file(acme)
    assert len(acme.rows(tables.person_files)) > 5
    in_files = [where for where in standing(acme, ADA, "Lovelace") if where.startswith("person_")]
    assert in_files == []
    acme.clock.advance(timedelta(days=6).total_seconds())
    person_requests.end_old(acme.rt)
    assert acme.rows(tables.person_files)
    acme.clock.advance(timedelta(days=2).total_seconds())
    person_requests.end_old(acme.rt)
    assert acme.rows(tables.person_files) == []
    assert request(acme, row["id"])["file_at"] is None


def test_having_it_is_audited_without_the_person(acme: Incoming) -> None:
    row, _ = _file(acme)
    told = [line.action for line in acme.rows(tables.audit)]
    assert told == ["look", "export person", "download person"]
    assert {line.subject for line in acme.rows(tables.audit)} == {f"person request {row['id']}"}


def test_erasing_takes_the_file_away_at_once(acme: Incoming) -> None:
    row, _ = _file(acme)
    person_requests.confirm(acme.rt, row, "ada")
    assert acme.rows(tables.person_files) == []
