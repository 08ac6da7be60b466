"""Who was erased does not come back by a retry, a list or a release; who comes again is a lead."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from relay.core.contacts import Contact
from relay.services import configured, intake, returning
from relay.services.arrival import read
from relay.services.quarantine import release
from relay.services.returning import REASON, comes_back
from relay.store import tables
from tests.conftest import NOON, SECRET
from tests.factories import Bell, Incoming, catalog
from tests.services.persons import ADA, BOTH, erase, standing

HOUR = 3600


@pytest.fixture
def acme(make_runtime: Any) -> Incoming:
    """Ada was erased here five seconds ago."""
    made = Incoming(make_runtime(queue=Bell(), catalog=catalog()))
    source = made.source(options={"region": "DE"})
    made.route(source, made.target())
    made.say(source, email=ADA, phone="030 1234567", name="Ada Lovelace", event="first")
    made.store()
    erase(made)
    assert made.leads() == []
    return made


def _source(acme: Incoming, **columns: Any) -> Any:
    row = acme.rows(tables.sources)[0]
    return acme.change(row.id, **columns) if columns else acme.reread(row.id)


def _newest(acme: Incoming) -> Any:
    acme.store()
    return acme.rows(tables.submissions)[-1]


def _is_gone(acme: Incoming, row: Any, state: str = "refused") -> None:
    """The submission was not taken in, and says nothing."""
    assert (row.state, row.document, row.lead_id) == (state, None, None)
    assert row.erased_at is not None
    (body,) = acme.rows(tables.bodies, tables.bodies.c.id == row.body_id)
    assert (body.body, body.headers, body.address, body.sha256) == (b"", {}, "", "")
    assert standing(acme, ADA, "1234567", "lovelace") == []
    assert acme.leads() == []
    assert acme.balanced()


@pytest.mark.parametrize(
    "letter",
    [
        {"email": "ADA@Example.com"},
        {"phone": "+49 (0)30 123 45 67"},
        {"email": "other@example.com", "phone": "0301234567"},
        {"Your mail": ADA},
    ],
    ids=str,
)
def test_a_retry_is_refused_and_says_nothing(acme: Incoming, letter: dict[str, str]) -> None:
    acme.say(_source(acme), name="Ada Lovelace", **letter)
    row = _newest(acme)
    _is_gone(acme, row)
    assert row.reasons == [{"place": "", "message": REASON}]


def test_a_retry_of_the_same_event_is_a_repeat_without_words(acme: Incoming) -> None:
    acme.clock.advance(HOUR * 24 * 30)
    acme.say(_source(acme), email=ADA, name="Ada Lovelace", event="first")
    row = _newest(acme)
    _is_gone(acme, row, "duplicate")
    assert row.duplicate_of == acme.rows(tables.submissions)[0].id


def test_who_comes_again_on_their_own_is_a_lead(acme: Incoming) -> None:
    acme.clock.advance(returning.REPEATS.total_seconds() + 1)
    acme.say(_source(acme), email=ADA, name="Ada")
    assert _newest(acme).state == "stored"
    assert [lead.email for lead in acme.leads()] == [ADA]
    assert len([row for row in acme.deliveries() if row.state == "waiting"]) == 1
    assert acme.balanced()


def test_who_says_that_it_was_submitted_since_is_a_lead_at_once(acme: Incoming) -> None:
    now = acme.clock.now()
    late = {"submitted": (now - timedelta(minutes=5)).isoformat()}
    acme.say(_source(acme), email=ADA, about=late)
    assert _newest(acme).state == "refused"
    acme.clock.advance(HOUR * 24 * 365)
    acme.say(_source(acme), email=ADA, about=late)
    assert _newest(acme).state == "refused", "however late a retry is"
    acme.say(_source(acme), email=ADA, about={"submitted": now.isoformat()})
    assert _newest(acme).state == "stored"


def test_others_come_in(acme: Incoming) -> None:
    acme.say(_source(acme), email="bob@example.com", message=f"{ADA} told me")
    assert _newest(acme).state == "stored"


def test_of_a_body_with_several_only_the_persons_part_goes(acme: Incoming) -> None:
    letters = [
        {"says": {"email": ADA, "name": "Ada Lovelace", "Q": "her answer"}},
        {"says": {"email": "bob@example.com", "name": "Bob"}},
    ]
    acme.post(_source(acme), letters)
    acme.store()
    first, second = acme.rows(tables.submissions)[-2:]
    assert (first.state, second.state) == ("refused", "stored")
    (body,) = acme.rows(tables.bodies, tables.bodies.c.id == first.body_id)
    assert json.loads(body.body)[1]["says"]["name"] == "Bob"
    assert standing(acme, ADA, "lovelace", "her answer") == []
    assert acme.balanced()


def test_held_ones_are_refused_at_the_door_too(acme: Incoming) -> None:
    acme.say(_source(acme), email=ADA, hold="rate")
    _is_gone(acme, _newest(acme))


def test_what_can_be_mapped_only_later_is_refused_then(acme: Incoming) -> None:
    made = acme.post(_source(acme), {"letter": {"email": ADA}}).ids[0]
    assert acme.submission(made).state == "quarantined"
    (body,) = acme.rows(tables.bodies, tables.bodies.c.id == acme.submission(made).body_id)
    said = json.dumps({"says": {"email": ADA}}).encode()
    acme.set(tables.bodies, tables.bodies.c.id == body.id, body=said)
    assert release(acme.rt, [made], "ada").released == (made,)
    acme.store()
    _is_gone(acme, acme.submission(made))


@pytest.mark.parametrize(
    ("door", "method"), [("import", "POST"), ("file 0123", "POST"), ("", "LIST")]
)
def test_a_list_brings_nobody_back_however_late(acme: Incoming, door: str, method: str) -> None:
    from relay.core.contract import Inbound

    acme.clock.advance(HOUR * 24 * 365)

    def bring(**about: str) -> Any:
        said = json.dumps({"says": {"email": ADA, "n": len(about)}, "about": about}).encode()
        headers = {"content-type": "application/json"}
        came = Inbound(method=method, headers=headers, body=said)
        arrival = read(acme.rt, _source(acme), came, None, door)
        arrival.at_once = True
        return intake.put(acme.rt, arrival).rows[0]

    assert bring()["state"] == "refused"
    _is_gone(acme, acme.rows(tables.submissions)[-1])
    assert bring(submitted=acme.clock.now().isoformat())["state"] == "stored"


def test_an_owner_can_let_somebody_in_again(acme: Incoming) -> None:
    with acme.rt.database.write() as connection:
        assert returning.lift(acme.rt, connection, acme.project, [BOTH[0]]) == 1
        assert returning.lift(acme.rt, connection, acme.project, [BOTH[0]]) == 0
    configured.forget(acme.rt)
    acme.say(_source(acme), email=ADA)
    assert _newest(acme).state == "stored"
    acme.say(_source(acme), phone="030 1234567")
    assert _newest(acme).state == "refused", "the number was not let in"


def test_another_project_knows_nothing_of_it(acme: Incoming) -> None:
    other = Incoming(acme.rt, "other")
    other.say(other.source(), email=ADA)
    other.store()
    assert [lead.project_id for lead in other.leads()] == [other.project]
    hashes = {
        project: returning.hashes(acme.rt, project, BOTH)
        for project in (acme.project, other.project)
    }
    assert not set(hashes[acme.project]) & set(hashes[other.project])


def test_a_former_key_still_tells_who_was_erased(acme: Incoming, make_runtime: Any) -> None:
    newer = {"SECRET_KEY": "another key that is long enough for this", "SECRET_KEYS_OLD": SECRET}
    rt = make_runtime(newer, queue=Bell(), catalog=catalog())
    assert returning.by_former_keys(acme.rt) == 0
    assert returning.by_former_keys(rt) == 2
    later = Incoming.__new__(Incoming)
    later.__dict__ |= acme.__dict__ | {"rt": rt}
    later.say(_source(later), email=ADA)
    assert _newest(later).state == "refused"
    with rt.database.write() as connection:
        assert returning.lift(rt, connection, acme.project, BOTH) == 2


def test_who_slips_in_while_others_still_know_nothing_is_found(acme: Incoming) -> None:
    """A process whose memory is a second old lets a retry in; looking again finds it."""
    source = _source(acme)
    assert not returning.has_erased(acme.rt, source.id)
    contacts = [Contact("email", "eve@example.com")]
    acme.say(source, email="eve@example.com", name="Eve before")
    acme.store()
    from relay.services import person_requests
    from tests.services.persons import look, work

    row = look(acme, *contacts)
    person_requests.confirm(acme.rt, row, "ada")
    with acme.rt.database.write() as connection:  # as if this process had not heard of it
        known = connection.execute(sa.select(tables.erased_contacts)).mappings().all()
        connection.execute(sa.delete(tables.erased_contacts))
    configured.forget(acme.rt)
    acme.clock.advance(1)
    acme.say(source, email="eve@example.com", name="Eve retried")
    now = acme.clock.now().isoformat()
    acme.say(source, email="eve@example.com", name="Eve again", about={"submitted": now})
    acme.store()
    with acme.rt.database.write() as connection:
        connection.execute(sa.insert(tables.erased_contacts), [dict(one) for one in known])
    acme.clock.advance(5)
    assert work(acme, row["id"])["erased_at"] is not None
    assert [lead.name for lead in acme.leads()] == ["Eve again"]
    assert acme.balanced()


@pytest.mark.parametrize(
    ("document", "hours", "listed", "back"),
    [
        ({}, 0.1, False, True),
        ({}, 71.9, False, True),
        ({}, 72.1, False, False),
        ({}, 9999, True, True),
        ({"times": {"submitted": "2026-03-02T11:59:59Z"}}, 9999, False, True),
        ({"times": {"submitted": "2026-03-02T12:00:01Z"}}, 0.1, False, False),
        ({"times": {"submitted": "2026-03-02T12:00:01Z"}}, 0.1, True, False),
        ({"times": {"submitted": "2026-03-02T11:59:59Z"}}, 0.1, True, True),
        ({"times": {"submitted": "some day"}}, 1, False, True),
    ],
    ids=str,
)
def test_what_counts_as_coming_back(document: Any, hours: float, listed: bool, back: bool) -> None:
    at: datetime = NOON + timedelta(hours=hours)
    assert comes_back(document, at, NOON, listed=listed) is back


def test_a_project_without_erased_persons_asks_nothing(make_runtime: Any) -> None:
    """Only once a second whether there are any; with them one look-up for a batch."""
    acme = Incoming(make_runtime(queue=Bell(), catalog=catalog()))
    source = acme.source()
    said: list[str] = []
    returning.has_erased(acme.rt, acme.project)
    engine = acme.rt.database.engine

    def hear(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "erased_contacts" in statement:
            said.append(statement)

    sa.event.listen(engine, "before_cursor_execute", hear)
    acme.post(source, [{"says": {"email": f"p{number}@example.com"}} for number in range(20)])
    assert said == []
    with acme.rt.database.write() as connection:
        returning.remember_erased(acme.rt, connection, acme.project, BOTH, source.id)
    configured.forget(acme.rt)
    returning.has_erased(acme.rt, acme.project)
    said.clear()
    acme.post(source, [{"says": {"email": f"q{number}@example.com"}} for number in range(20)])
    assert len(said) == 1
