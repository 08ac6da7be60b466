"""Which deliveries a filter names, in both databases, and how far a page looks for them."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from relay.core.containing import contains
from relay.core.ids import new_id
from relay.services import browse, searching
from relay.services.browse import Cursor
from relay.services.filtering import Filter, conditions, resolved
from relay.store import tables
from relay.store.expressions import holds
from tests.services.outgoing import Outgoing

DOCUMENT = {
    "contact": {"email": "berta@example.com"},
    "form": {"fields": [{"id": "a", "value": 7}]},
}


@pytest.fixture
def crm(out: Outgoing) -> UUID:
    return out.target("http://127.0.0.1:9/", name="CRM")


def ids(out: Outgoing, **wanted: Any) -> list[UUID]:
    """What a filter names, oldest first."""
    rows = browse.deliveries(out.rt, Filter(project=out.project, **wanted)).rows
    return [row["id"] for row in reversed(rows)]


def set_of(out: Outgoing, delivery: UUID, **values: Any) -> None:
    with out.rt.database.write() as connection:
        own = sa.update(tables.deliveries).where(tables.deliveries.c.id == delivery)
        connection.execute(own.values(**values))


def test_deliveries_are_found_by_what_their_attempts_said(out: Outgoing, crm: UUID) -> None:
    good, bad, none = (out.owe(crm) for _ in range(3))
    new = out.owe(crm, event="updated")
    set_of(out, good, last_outcome="delivered", last_status=201, attempts=1)
    set_of(out, bad, last_outcome="rejected", last_status=422, attempts=3)
    set_of(out, none, last_outcome="retry", last_status=None, attempts=2)
    assert ids(out, classes=["2xx"]) == ids(out, outcomes=["delivered"]) == [good]
    assert ids(out, classes=["4xx"]) == ids(out, outcomes=["rejected"]) == [bad]
    assert ids(out, classes=["none"]) == [none]
    assert ids(out, classes=["4xx", "none"]) == ids(out, least=2) == [bad, none]
    assert ids(out, most=1) == [good, new]
    assert ids(out, least=2, most=2) == [none]
    assert ids(out, events=["updated"]) == [new]
    assert ids(out, outcomes=["rejected", "delivered"], target=crm) == [good, bad]
    assert ids(out, outcomes=["rejected"], source=out.source, states=["waiting"]) == [bad]


def test_an_earlier_attempt_is_found_by_its_outcome(out: Outgoing, crm: UUID) -> None:
    first, _second = out.owe(crm), out.owe(crm)
    with out.rt.database.write() as connection:
        row = {
            "id": new_id(),
            "delivery_id": first,
            "number": 1,
            "started_at": out.rt.clock.now(),
            "milliseconds": 1,
            "trigger": "scheduled",
            "outcome": "throttled",
            "exchanges": [],
        }
        connection.execute(sa.insert(tables.attempts), row)
    set_of(out, first, last_outcome="delivered")
    assert ids(out, ever=["throttled"]) == [first]
    assert ids(out, ever=["gone"]) == ids(out, outcomes=["throttled"]) == []


def test_deliveries_are_found_by_the_time_they_took(out: Outgoing, crm: UUID) -> None:
    start = out.rt.clock.now()
    quick, slow = out.owe(crm, created_at=start), out.owe(crm, created_at=start)
    set_of(out, quick, state="delivered", settled_at=start + timedelta(seconds=2))
    set_of(out, slow, state="delivered", settled_at=start + timedelta(seconds=90, milliseconds=250))
    assert ids(out, slower=90.25) == [slow]
    assert ids(out, slower=1.0) == [quick, slow]


def test_deliveries_are_found_by_what_their_lead_holds(out: Outgoing, crm: UUID) -> None:
    lead = out.lead(document=DOCUMENT)
    with_it, _other = out.owe(crm, lead=lead), out.owe(crm)
    newer = {**DOCUMENT, "contact": {"email": "new@example.com"}}
    with out.rt.database.write() as connection:
        row = {"lead_id": lead, "version": 2, "document": newer, "warnings": []}
        connection.execute(
            sa.insert(tables.lead_versions), row | {"created_at": out.rt.clock.now()}
        )
        connection.execute(
            sa.update(tables.leads).where(tables.leads.c.id == lead).values(version=2)
        )
    old = {"contact": {"email": "berta@example.com"}}
    assert ids(out, holding=old) == []
    assert ids(out, holding=old, as_sent=True) == [with_it]
    assert ids(out, holding={"form": {"fields": [{"value": 7}]}}) == [with_it]
    assert ids(out, holding={"form": {"fields": [{"value": "7"}]}}) == []


@pytest.mark.parametrize(
    ("whole", "part", "found"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": None}, {"a": None}, True),
        ({}, {"a": None}, False),
        ({"a": {"b": [1, 2, {"c": "x", "d": "y"}]}}, {"a": {"b": [{"c": "x"}, 2]}}, True),
        ({"a": [1]}, {"a": 1}, False),
        ({"a": 1}, {"a": [1]}, False),
        ({"a": [[1, 2], [3]]}, {"a": [[3]]}, True),
        ({"a": []}, {"a": []}, True),
        ({"a": {}}, {"a": []}, False),
        ({"ä": "ß\"'"}, {"ä": "ß\"'"}, True),
    ],
)
def test_both_databases_contain_alike(out: Outgoing, whole: Any, part: Any, found: bool) -> None:
    assert contains(whole, part) is found
    document = sa.literal(json.dumps(whole), sa.Text)
    with out.rt.database.read() as connection:
        assert connection.execute(sa.select(holds(document, part))).scalar() == found


def test_a_page_goes_on_looking_where_it_stopped(
    out: Outgoing, crm: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.services.stretch.SEARCHED", 4)
    made = [out.owe(crm) for _ in range(10)]
    set_of(out, made[0], attempts=5)
    set_of(out, made[7], attempts=5)
    wanted = Filter(project=out.project, least=5)
    seen, cursor, stops = [], browse.START, 0
    while True:
        page = browse.deliveries(out.rt, wanted, cursor)
        seen += [row["id"] for row in page.rows]
        stops += page.stopped is not None
        if page.older is None:
            break
        cursor = Cursor(after=page.older)
    assert seen == [made[7], made[0]]
    assert stops == 2
    back = browse.deliveries(out.rt, wanted, Cursor(before=made[1]))
    assert (back.rows, back.newer, back.stopped is None) == ([], made[5], False)


def test_a_text_never_stands_for_leads_of_another_project(out: Outgoing) -> None:
    ada = out.lead()
    with out.rt.database.write() as connection:
        named = sa.update(tables.leads).where(tables.leads.c.id == ada).values(name="Ada Example")
        row = connection.execute(named.returning(*tables.leads.c)).mappings().one()
        searching.keep(connection, [row])
    found = resolved(out.rt, Filter(project=new_id(), text="ada exa"))
    assert (found.leads, found.said) == ([], "ada exa")


def test_a_text_that_names_few_leads_stands_for_them(out: Outgoing, crm: UUID) -> None:
    ada, berta = out.lead(), out.lead()
    for lead, name in ((ada, "Ada Example"), (berta, "Berta Example")):
        with out.rt.database.write() as connection:
            named = sa.update(tables.leads).where(tables.leads.c.id == lead).values(name=name)
            row = connection.execute(named.returning(*tables.leads.c)).mappings().one()
            searching.keep(connection, [row])
    one, _two = out.owe(crm, lead=ada), out.owe(crm, lead=berta)
    found = resolved(out.rt, Filter(project=out.project, text="ada exa"))
    assert (found.text, list(found.leads)) == ("", [ada])
    with out.rt.database.read() as connection:
        query = sa.select(tables.deliveries.c.id).where(*conditions(found))
        assert list(connection.execute(query).scalars()) == [one]
    set_of(out, one, reason="no such company")
    assert ids(out, text="such company") == [one]
