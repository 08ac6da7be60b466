"""A target gets what it never got, as a bulk run, by the rules of today."""

from datetime import timedelta

import pytest

from relay.services import blocked, catching_up, configured
from relay.services.catching_up import GOT_SINCE, NO_ROUTE, TOO_OLD
from tests.conftest import SettableClock
from tests.factories import Incoming
from tests.services.test_bulk import Yard


@pytest.fixture
def yard(acme: Incoming) -> Yard:
    return Yard(acme)


def test_a_new_target_gets_the_leads_of_a_span_in_their_newest_versions(
    yard: Yard, clock: SettableClock
) -> None:
    yard.owe("delivered")
    clock.advance(3600)
    since = clock.now()
    yard.acme.say(yard.source, lead="t", name="Ada")
    yard.acme.say(yard.source, lead="t", name="Bea")
    yard.acme.store()
    until = clock.now() + timedelta(seconds=1)
    clock.advance(3600)
    yard.owe("delivered")
    late = yard.acme.target("late")
    route = yard.acme.route(yard.source, late)
    run_id = yard.ask("catch_up", late, target=late, since=since, until=until)
    run = yard.work(run_id)
    assert (run.state, run.done, run.skipped) == ("finished", 1, 0)
    [row] = yard.of(run_id)
    assert (row.target_id, row.route_id, row.version, row.event) == (late, route, 2, "created")
    everything = yard.ask("catch_up", late, target=late)
    assert yard.work(everything).done == 2
    assert yard.work(yard.ask("catch_up", late, target=late)).done == 0
    assert yard.acme.balanced()


def test_each_is_judged_as_a_new_lead_would_be(yard: Yard) -> None:
    acme = yard.acme
    late = acme.target("late")
    named = {"properties": {"contact": {"required": ["email"]}}}
    other = acme.source("elsewhere")
    acme.say(yard.source, name="Ada", email="ada@example.com")
    acme.say(yard.source, name="No mail")
    acme.say(yard.source, name="Test", email="t@example.com", test=True)
    acme.say(yard.source, name="Bar", email="bar@example.com", phone="+49 30 1234567")
    acme.say(other, name="Stranger", email="s@example.com")
    acme.store()
    acme.route(yard.source, late, when=named)
    with acme.rt.database.write() as connection:
        contact = (acme.project, "+49301234567")
        blocked.block(connection, contact, yard.source.id, acme.clock.now())
    run = yard.work(yard.ask("catch_up", late, target=late))
    assert (run.done, run.skipped) == (1, 4)
    assert run.reasons == {
        "the route's condition does not match this lead": 1,
        "a test submission; the source does not forward tests": 1,
        blocked.BLOCKED: 1,
        NO_ROUTE: 1,
    }


def test_consent_is_asked_for(yard: Yard) -> None:
    platform = yard.acme.target("ads", kind="platform")
    yard.owe("delivered")
    yard.acme.route(yard.source, platform)
    run = yard.work(yard.ask("catch_up", platform, target=platform))
    assert (run.done, run.reasons) == (0, {"consent never asked: set it at the source": 1})


def test_one_source_alone_and_its_own_routes(yard: Yard) -> None:
    joins = {"match": {"by": ["email"]}}
    second, third = (yard.acme.source(name, options=joins) for name in ("second", "third"))
    late = yard.acme.target("late")
    for source in (second, third):
        yard.acme.say(source, name="Ada", email="ada@example.com")
        yard.acme.store()
    yard.acme.route(third, late)
    by_second = yard.work(yard.ask("catch_up", late, target=late, source=second.id))
    assert (by_second.done, by_second.reasons) == (0, {NO_ROUTE: 1})
    by_third = yard.work(yard.ask("catch_up", late, target=late, source=third.id))
    assert by_third.done == 1, "it was the second that brought it"


def test_what_is_too_old_stays(yard: Yard, clock: SettableClock) -> None:
    yard.owe("delivered")
    clock.advance(3601)
    hasty = yard.acme.target("hasty", kind="hasty")
    yard.acme.route(yard.source, hasty)
    run = yard.work(yard.ask("catch_up", hasty, target=hasty))
    assert (run.done, run.reasons) == (0, {TOO_OLD: 1})


def test_what_came_meanwhile_is_not_brought_twice(yard: Yard) -> None:
    yard.owe("delivered")
    late = yard.acme.target("late")
    yard.acme.route(yard.source, late)
    target = configured.target(yard.rt, late)
    assert target is not None
    [lead] = [row.id for row in yard.acme.leads()]
    run_id = yard.ask("catch_up", late, target=late)
    assert yard.work(run_id).done == 1
    with yard.rt.database.write() as connection:
        owed = catching_up.owe(yard.rt, connection, target, [lead], run_id=run_id)
    assert (owed.done, owed.why_not) == (0, {GOT_SINCE: 1})
    assert len(yard.acme.deliveries(late)) == 1
