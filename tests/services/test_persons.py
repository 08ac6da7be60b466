"""A person is found wherever they stand, and erased there; the ledger stays even."""

import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from relay.core.contacts import Contact
from relay.core.contract import Inbound
from relay.core.ids import new_id
from relay.services import blocked, person_places, person_requests
from relay.services.ingest import turn_away
from relay.services.ledger import ledger
from relay.services.quarantine import release
from relay.store import tables
from tests.factories import Bell, Incoming, catalog
from tests.services.persons import (
    ADA,
    BOTH,
    NUMBER,
    count,
    erase,
    finds,
    look,
    request,
    standing,
    work,
)


@pytest.fixture
def acme(make_runtime: Any) -> Incoming:
    return Incoming(make_runtime(queue=Bell(), catalog=catalog()))


def _delivered(acme: Incoming, source: Any, **letter: Any) -> None:
    """A lead that went out, with what was sent and answered."""
    acme.say(source, **letter)
    acme.store()
    row = acme.deliveries()[-1]
    acme.settle(row.id, "delivered")
    said = [{"request": {"url": "https://crm.example/x", "body": json.dumps(letter)}}]
    own = tables.attempts.c.delivery_id == row.id
    acme.set(tables.attempts, own, exchanges=said, status=200)
    mine = tables.deliveries.c.id == row.id
    acme.set(tables.deliveries, mine, remote_id="crm-7", remote_url="https://crm.example/7")


@pytest.fixture
def everywhere(acme: Incoming) -> Incoming:
    """Ada in every place that there is, beside Bob, who stays."""
    source = acme.source(options={"region": "DE"})
    acme.route(source, acme.target())
    _delivered(acme, source, email="Ada@Example.com", name="Ada Lovelace", Q="secret answer")
    _delivered(acme, source, email="bob@example.com", name="Bob")
    acme.say(source, phone="030 / 123 45 67", name="Ada by phone", event="e1")
    acme.say(source, phone="030 / 123 45 67", name="Ada by phone", event="e1")
    acme.store()
    acme.say(source, email=ADA, name="Held", hold="honeypot")
    acme.post(source, b'{"no": "letter", "about": "Ada@example.com"}')
    acme.post(
        source,
        [{"says": {"email": ADA, "name": "Ada Two"}}, {"says": {"email": "eve@example.com"}}],
    )
    acme.store()
    _delivered(acme, source, email="carl@example.com", message=f"greet {ADA} from me")
    turn_away(acme.rt, source, Inbound(body=b"email=ADA%40example.com"), 401, "bad signature")
    turn_away(acme.rt, source, Inbound(body=b"email=bob%40example.com"), 401, "bad signature")
    with acme.rt.database.write() as connection:
        blocked.block(connection, (acme.project, NUMBER), source.id, acme.clock.now())
    _import(acme)
    return acme


def _import(acme: Incoming) -> None:
    raw = f"Name,Mail\nBob,bob@example.com\nAda,{ADA}\nCarl,carl@example.com\n".encode()
    row = {
        "id": new_id(),
        "project_id": acme.project,
        "source_id": acme.rows(tables.sources)[0].id,
        "name": "people.csv",
        "format": "csv",
        "size": len(raw),
        "file": raw,
        "sheet": "",
        "encoding": "utf-8",
        "delimiter": ",",
        "headed": True,
        "header": ["Name", "Mail"],
        "mapping": {},
        "state": "new",
        "created_at": acme.clock.now(),
        "created_by": "x",
    }
    refusals = [
        {"import_id": row["id"], "row": 2, "cells": ["Ada", ADA], "reasons": []},
        {"import_id": row["id"], "row": 3, "cells": ["Bob", "bob@example.com"], "reasons": []},
    ]
    with acme.rt.database.write() as connection:
        connection.execute(sa.insert(tables.imports).values(row))
        connection.execute(sa.insert(tables.import_refusals), refusals)


def test_a_person_is_found_in_every_place(everywhere: Incoming) -> None:
    row = look(everywhere)
    assert finds(row) == {
        "own lead": 3,
        "own submission": 6,
        "mention lead": 1,
        "mention submission": 2,
        "own turned away": 1,
        "own file": 1,
        "own refused row": 1,
        "own blocked": 1,
    }
    (target,) = row["counts"]["targets"]
    assert (target["target"], target["kind"], target["deliveries"]) == ("crm", "box", 1)
    assert row["place"]["share"] == 1.0
    assert count(everywhere, tables.leads) == 6, "looking changes nothing"


def test_nobody_else_is_found(everywhere: Incoming) -> None:
    row = look(everywhere, Contact("email", "da@example.com"), Contact("phone", "+4930123456"))
    assert row["counts"] == {"versions": 0, "deliveries": 0, "their submissions": 0, "targets": []}


def test_who_is_erased_stands_nowhere_any_more(everywhere: Incoming) -> None:
    acme = everywhere
    before = ledger(acme.rt)
    assert "bodies.body" in standing(acme, ADA)
    row = erase(acme)
    assert row["work"] is None
    assert row["erased_at"] == acme.clock.now()
    assert row["contacts"] is None
    assert standing(acme, ADA, "ada%40example.com", "1234567", "123 45 67") == []
    assert standing(acme, "lovelace", "secret answer", "Ada Two", "by phone") == []
    after = ledger(acme.rt)
    assert after.gaps == []
    assert (after.received, after.owed) == (before.received, before.owed)
    assert sum(after.deliveries.values()) == sum(before.deliveries.values())


def test_others_stay_whole(everywhere: Incoming) -> None:
    acme = everywhere
    erase(acme)
    assert [lead.email for lead in acme.leads()] == [
        "bob@example.com",
        "eve@example.com",
        "carl@example.com",
    ]
    carl = acme.rows(tables.lead_versions)[-1].document
    assert carl["form"]["message"] == "greet *** from me"
    bodies = [row.body for row in acme.rows(tables.bodies) if row.body]
    assert [b"bob" in body or b"eve" in body or b"carl" in body for body in bodies] == [True] * 3
    (shared,) = [body for body in bodies if b"eve" in body]
    assert json.loads(shared)[1] == {"says": {"email": "eve@example.com"}}
    (file,) = acme.rows(tables.imports)
    lines = file.file.decode().split("\n")
    assert lines[:2] == ["Name,Mail", "Bob,bob@example.com"]
    assert lines[2].strip() == ""
    assert lines[3] == "Carl,carl@example.com"
    assert [row.cells[0] for row in acme.rows(tables.import_refusals)] == ["Bob"]
    assert count(acme, tables.turned_away) == 1


def test_the_receipt_names_who_got_the_data(everywhere: Incoming) -> None:
    row = erase(everywhere)
    got = person_requests.lines(everywhere.rt, row)
    told = [(line["target"], line["lead"], line["remote_id"], line["state"]) for line in got]
    assert sorted(told) == [("crm", 1, "crm-7", "delivered"), ("crm", 6, "crm-7", "delivered")]
    assert all(line["first_at"] and line["remote_url"] for line in got)
    assert len(row["hashes"]) == 2
    assert row["counts"]["leads"] == 3
    assert row["counts"]["masked leads"] == 1


def test_what_waits_is_called_off_and_what_is_being_sent_is_waited_for(acme: Incoming) -> None:
    source = acme.source()
    acme.route(source, acme.target())
    acme.say(source, email=ADA)
    acme.store()
    (delivery,) = acme.deliveries()
    mine = tables.deliveries.c.id == delivery.id
    acme.set(tables.deliveries, mine, state="sending", lease_token=new_id())
    row = erase(acme)
    assert row["work"] == "erase"
    assert "being sent" in row["reason"]
    assert count(acme, tables.leads) == 1
    acme.settle(delivery.id, "delivered")
    acme.clock.advance(5)
    row = work(acme, row["id"])
    assert row["erased_at"] is not None
    assert acme.leads() == acme.deliveries() == []
    assert [line["target"] for line in person_requests.lines(acme.rt, row)] == ["crm"]
    acme.say(source, email="bob@example.com")
    acme.store()
    assert acme.balanced()


def test_an_old_version_tells_whose_lead_it_is(acme: Incoming) -> None:
    source = acme.source()
    acme.say(source, lead="t", email=ADA, name="Ada")
    acme.store()
    acme.say(source, lead="t", email="new@example.com")
    acme.store()
    assert acme.leads()[0].email == "new@example.com"
    row = look(acme)
    assert finds(row) == {"own lead": 1, "own submission": 1}
    others = person_requests.opened(acme.rt, row["others"])
    assert others == [], "the newer address is another's until somebody says otherwise"
    erase(acme)
    assert acme.leads() == []
    assert standing(acme, ADA) == []


def test_what_else_a_person_is_known_by_can_be_looked_for_too(acme: Incoming) -> None:
    source = acme.source(options={"region": "DE"})
    acme.say(source, email=ADA, phone="030 1234567")
    acme.say(source, phone="+49 30 1234567", name="by phone alone")
    acme.store()
    row = look(acme, BOTH[0])
    assert finds(row) == {"own lead": 1, "own submission": 1}
    others = person_requests.opened(acme.rt, row["others"])
    assert others == [BOTH[1]]
    person_requests.widen(acme.rt, row, others, "ada")
    row = work(acme, row["id"])
    assert finds(row) == {"own lead": 2, "own submission": 2}


def test_status_notes_are_looked_through(acme: Incoming) -> None:
    source = acme.source()
    acme.say(source, email="bob@example.com")
    acme.store()
    (lead,) = acme.leads()
    change = {
        "id": new_id(),
        "project_id": acme.project,
        "lead_id": lead.id,
        "at": acme.clock.now(),
        "actor": "x",
        "change": {"note": f"see {ADA}"},
        "state": "done",
        "done_at": acme.clock.now(),
    }
    with acme.rt.database.write() as connection:
        connection.execute(sa.insert(tables.status_changes).values(change))
    assert finds(look(acme)) == {"mention lead": 1}
    erase(acme)
    assert acme.rows(tables.status_changes)[0].change == {"note": "see ***"}
    assert standing(acme, ADA) == []


def test_the_audit_is_looked_through(acme: Incoming) -> None:
    row = {"id": new_id(), "project_id": acme.project, "at": acme.clock.now(), "actor": "x"}
    told = {"action": "change", "subject": f"lead of {ADA}", "before": {"a": ADA}, "after": None}
    with acme.rt.database.write() as connection:
        connection.execute(sa.insert(tables.audit).values(row | told))
    assert finds(look(acme)) == {"mention audit": 1}
    erase(acme)
    assert standing(acme, ADA) == []


def test_saved_searches_for_a_person_go(acme: Incoming) -> None:
    of = {"project_id": acme.project, "page": "leads", "created_at": acme.clock.now()}
    rows = [
        {"id": new_id(), "user_id": new_id(), "name": name, "query": query, **of}
        for name, query in (("her", "q=ada%40example.com"), ("failed", "state=failed"))
    ]
    with acme.rt.database.write() as connection:
        connection.execute(sa.insert(tables.views), rows)
    assert finds(look(acme)) == {"mention view": 1}
    erase(acme)
    assert [row.name for row in acme.rows(tables.views)] == ["failed"]


def test_another_project_is_left_alone(acme: Incoming) -> None:
    other = Incoming(acme.rt, "other")
    for one in (acme, other):
        one.say(one.source(), email=ADA)
        one.store()
    assert count(acme, tables.leads) == 2
    erase(acme)
    assert [lead.project_id for lead in acme.leads()] == [other.project]


def test_an_erased_submission_cannot_be_released(acme: Incoming) -> None:
    source = acme.source()
    held = acme.say(source, email=ADA, hold="honeypot")
    erase(acme)
    row = acme.submission(held)
    assert (row.state, row.document, row.reasons[0]["message"]) == (
        "refused",
        None,
        "this person's data was erased",
    )
    assert release(acme.rt, [held], "ada").released == ()
    assert acme.submission(held) == row


def test_a_request_that_erases_nobody_goes_after_a_while(acme: Incoming) -> None:
    row = look(acme)
    acme.clock.advance(timedelta(days=13).total_seconds())
    assert person_requests.end_old(acme.rt) == 0
    acme.clock.advance(timedelta(days=2).total_seconds())
    assert person_requests.end_old(acme.rt) == 1
    row = request(acme, row["id"])
    assert (row["contacts"], row["others"]) == (None, None)
    assert acme.rows(tables.person_finds) == []
    person_requests.confirm(acme.rt, row, "ada")
    assert request(acme, row["id"])["work"] is None, "it is too late"


def test_every_table_is_looked_through_or_has_a_reason_why_not() -> None:
    known = person_places.LOOKED_THROUGH | person_places.NOT_LOOKED_THROUGH.keys()
    assert known == tables.metadata.tables.keys()
