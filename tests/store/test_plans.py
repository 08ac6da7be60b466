"""The statements of the hot paths stay cheap however many rows there are: PostgreSQL says how.

Every statement that the services really run is explained as it runs, first with its values and,
after some times, as PostgreSQL then plans it for all values.
"""

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from relay.core.contract import Kind, Outcome
from relay.core.verdict import Verdict
from relay.net.client import Attempted
from relay.services import blocked, browse, configured, ledger, listing, missing, traffic
from relay.services.browse import Cursor
from relay.services.claim import claim
from relay.services.filtering import Filter
from relay.services.leases import Leases
from relay.services.readiness import readiness
from relay.services.selecting import FLAGS, Query
from relay.services.settle import settle
from relay.services.settlement import Settlement
from relay.services.sweep import sweep
from relay.store import tables
from tests.conftest import NOON
from tests.store.grown import ROWS, TIMES, Plans, must_be_cheap

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(900)]

SORTED = ("created_at", "first_name", "last_name", "email", "value_minor", "status")
"""What lists of leads can be sorted by in every API."""


def test_there_is_enough_to_tell(plans: Plans) -> None:
    """The net would catch something: an unindexed question is answered by a sequential scan."""
    statement = sa.select(tables.leads.c.id).where(tables.leads.c.company == "nobody")

    def ask(_number: int) -> None:
        with plans.acme.rt.database.read() as connection:
            connection.execute(statement).all()

    with pytest.raises(AssertionError, match="Seq Scan"):
        must_be_cheap(plans.of(ask))


def test_taking_in(plans: Plans) -> None:
    key = plans.source.key

    def take(number: int) -> None:
        configured.forget(plans.acme.rt)
        source = configured.source_by_key(plans.acme.rt, key)
        assert source is not None
        for event in (f"new {number}", "the same"):
            plans.acme.say(source, event=event, lead=event, name="Ada")
        plans.acme.say(source, name="without an event")

    must_be_cheap(plans.of(take))


def test_storing(plans: Plans) -> None:
    def store(number: int) -> None:
        plans.acme.say(plans.source, lead=f"known {number % 2}", **{f"answer {number}": "yes"})
        plans.acme.say(plans.source, email=f"lead{number}@example.com", n=number)
        plans.acme.say(plans.source, phone="+49 30 1234567", n=number)
        plans.acme.say(plans.source, name="the same again")
        assert plans.acme.store() >= 4

    must_be_cheap(plans.of(store))


def test_sending(plans: Plans) -> None:
    """Claiming, renewing and settling."""
    acme = plans.acme
    target = configured.target(acme.rt, plans.target)
    assert target is not None
    for number in range(TIMES * 3):
        acme.say(plans.source, name=f"to be sent {number}", n=number)
    acme.store()

    def send(_number: int) -> None:
        jobs = claim(acme.rt, target, 2).jobs
        assert len(jobs) == 2
        leases = Leases(acme.rt)
        leases.keep([job.id for job in jobs], jobs[0].token, leases.end_from_now())
        assert leases.renew() == 2
        now = acme.clock.now()
        outcome = Outcome(kind=Kind.DELIVERED)
        done = Attempted(outcome=outcome, exchanges=[], milliseconds=1, status=200, error=None)
        fail = Verdict(state="failed", reason="no", reached=False)
        verdicts = (Verdict(state="delivered"), fail)
        batch = [
            Settlement(job=job, attempted=done, verdict=verdict, started_at=now, ended_at=now)
            for job, verdict in zip(jobs, verdicts, strict=True)
        ]
        with acme.rt.database.write() as connection:
            settle(connection, batch)

    must_be_cheap(plans.of(send))


def test_sweeping(plans: Plans) -> None:
    acme = plans.acme
    for number in range(5):
        acme.say(plans.source, name=f"held {number}", hold="rate", n=f"held {number}")

    def tick(_number: int) -> None:
        acme.clock.advance(1)
        sweep(acme.rt)

    must_be_cheap(plans.of(tick))


def test_taking_back_and_expiring(plans: Plans) -> None:
    acme = plans.acme
    target = configured.target(acme.rt, plans.target)
    assert target is not None
    soon = acme.clock.now() + timedelta(seconds=40)

    def lose(number: int) -> None:
        acme.say(plans.source, name=f"to be lost {number}", n=number)
        acme.store()
        claim(acme.rt, target, 1)
        with acme.rt.database.write() as connection:
            connection.exec_driver_sql(
                f"UPDATE deliveries SET expires_at = '{soon.isoformat()}' WHERE id IN (SELECT id "
                "FROM deliveries WHERE state = 'waiting' ORDER BY due_at DESC LIMIT 1)"
            )
        acme.clock.advance(50)
        found = sweep(acme.rt)
        assert found.leases
        assert found.expired

    must_be_cheap([plan for plan in plans.of(lose) if "ORDER BY due_at DESC" not in plan])


def test_being_ready(plans: Plans) -> None:
    rt = plans.acme.rt
    rt.queue.answers = lambda: True
    must_be_cheap(plans.of(lambda _number: readiness(rt)))


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"project": True},
        *({"project": True, "states": (state,)} for state in tables.DELIVERY_STATES),
        {"project": True, "states": ("failed", "expired")},
        {"project": True, "target": True},
        {"project": True, "lead": True},
        {"project": True, "since": 20, "until": 21},
        {"project": True, "since": 190},
        {"project": True, "states": ("failed",), "since": 20, "until": 60},
        {"project": True, "target": True, "states": ("failed",)},
    ],
    ids=json.dumps,
)
def test_the_delivery_log(plans: Plans, wanted: dict[str, Any]) -> None:
    with plans.acme.rt.database.read() as connection:
        middle = connection.execute(
            sa.select(tables.deliveries).order_by(tables.deliveries.c.id).offset(ROWS // 2).limit(1)
        ).one()
    known = SimpleNamespace(project=plans.acme.project, target=plans.target, lead=middle.lead_id)
    given = {
        name: getattr(known, name) if value is True else value for name, value in wanted.items()
    }
    for name in given.keys() & {"since", "until"}:
        given[name] = NOON + timedelta(days=given[name])
    cursors = (Cursor(), Cursor(after=middle.id), Cursor(before=middle.id))
    filter_ = Filter(**given)

    def look(number: int) -> None:
        browse.deliveries(plans.acme.rt, filter_, cursors[number % 3])

    must_be_cheap(plans.of(look))


def test_lists_of_leads_and_shelves(plans: Plans) -> None:
    rt, project = plans.acme.rt, plans.acme.project

    def look(_number: int) -> None:
        browse.leads(rt, project)
        for state in browse.SHELVES:
            browse.shelved(rt, project, state)
        browse.turned_away(rt, project)

    must_be_cheap(plans.of(look))


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"statuses": ["open"]},
        {"statuses": ["won", "lost"]},
        *({"exists": {name: there}} for name in FLAGS for there in (True, False)),
        {"exists": {"gclid": True, "fbc": True}, "statuses": ["open"]},
        {"search": "lead 1234"},
        {"search": "works 77"},
        {"search": "99999@example"},
        {"email": "lead500000@example.com"},
        {"phone": "030 500000"},
        {"unique_identifier": "crm-300000"},
        {"form_name": "Form 7"},
        {"created_from": NOON + timedelta(days=50), "created_to": NOON + timedelta(days=51)},
        *({"sort": [(name, way)]} for name in SORTED for way in ("asc", "desc")),
        {"page": ROWS // 50},
        {"page": ROWS // 100},
    ],
    ids=str,
)
def test_lists_of_the_apis(plans: Plans, wanted: dict[str, Any]) -> None:
    query = Query(project_id=plans.acme.project, **wanted)

    def look(_number: int) -> None:
        found = listing.find(plans.acme.rt, query)
        assert len(found.rows) == min(found.total, query.limit) > 0

    must_be_cheap(plans.of(look))


@pytest.mark.parametrize("text", ["Lead 1234", "works 77", "030 12345", "lead_4321", "#54321"])
def test_searching_in_the_console(plans: Plans, text: str) -> None:
    rt, project = plans.acme.rt, plans.acme.project
    must_be_cheap(plans.of(lambda _number: browse.leads(rt, project, text=text)))


def test_one_lead_of_the_apis(plans: Plans) -> None:
    rt, project = plans.acme.rt, plans.acme.project

    def look(number: int) -> None:
        wanted = 500_000 + 3 * number
        for named in (
            {"number": wanted},
            {"public_id": f"lead_{wanted}"},
            {"email": f"lead{wanted}@example.com"},
            {"phone": f"030 {wanted}"},
            {"phone": f"+4930{wanted}"},
            {"unique_identifier": f"crm-{wanted // 3 * 3}"},
        ):
            assert listing.one(rt, project, **named), named

    must_be_cheap(plans.of(look))


def test_the_ledger_of_an_hour(plans: Plans) -> None:
    span = ledger.Span(since=NOON + timedelta(days=50), until=NOON + timedelta(days=50, hours=1))
    one = ledger.Span(since=span.since, until=span.until, project=plans.acme.project)

    def count(number: int) -> None:
        ledger.ledger(plans.acme.rt, (span, one)[number % 2])

    must_be_cheap(plans.of(count))


def test_the_traffic_of_two_hours(plans: Plans) -> None:
    since = NOON + timedelta(days=50)
    until = since + timedelta(hours=2)

    def count(_number: int) -> None:
        traffic.traffic(plans.acme.rt, plans.acme.project, since, until)

    must_be_cheap(plans.of(count))


def test_blocking_a_contact(plans: Plans) -> None:
    acme = plans.acme

    def block(number: int) -> None:
        contact = (acme.project, f"+4930{number + 1}")
        with acme.rt.database.write() as connection:
            blocked.block(connection, contact, plans.source.id, acme.clock.now())
            assert blocked.among(connection, [contact]) == {contact}
            blocked.unblock(connection, [contact])

    must_be_cheap(plans.of(block))


def test_bringing_what_is_missing(plans: Plans) -> None:
    since = plans.acme.clock.now() - timedelta(hours=1)
    found = plans.of(lambda _number: missing.count(plans.acme.rt, plans.target, since))
    assert not [plan for plan in found if "Seq Scan on deliveries" in plan]
