"""The statements of the console's pages stay cheap however many rows there are."""

from datetime import timedelta
from typing import Any

import pytest

from relay.core.contract import Kind, Outcome
from relay.core.ids import new_id
from relay.core.verdict import Verdict
from relay.net.client import Attempted
from relay.services import (
    audit_log,
    configured,
    dry_run,
    flow,
    looking,
    matching,
    past,
    problems,
    rates,
    releasing,
    reports,
    same_reason,
    signing_in,
    watch,
    would_refuse,
)
from relay.services.browse import Cursor
from relay.services.claim import claim
from relay.services.configured import ConfiguredRoute
from relay.services.funnel import funnel
from relay.services.lane_facts import lane_facts
from relay.services.settle import settle
from relay.services.settlement import Settlement
from tests.conftest import NOON
from tests.store.grown import Plans, must_be_cheap

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(900)]


def test_the_map(plans: Plans, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "LATELY", timedelta(days=150))

    def look(_number: int) -> None:
        found = flow.flow(plans.acme.rt, plans.acme.project)
        assert found.cut
        assert sum(found.received.values()) == flow.COUNTED

    must_be_cheap(plans.of(look))


def test_holding_leads_against_a_route(plans: Plans) -> None:
    rt = plans.acme.rt
    route = ConfiguredRoute(new_id(), plans.source.id, plans.target, {}, ("created",), {})

    def look(_number: int) -> None:
        matches = matching.hold_against(rt, route)
        assert matches is not None
        assert len(matches) == matching.HELD_AGAINST
        matching.names_seen(rt, plans.acme.project)

    must_be_cheap(plans.of(look))


def test_reports_read_their_days_alone(plans: Plans) -> None:
    rt, begin = plans.acme.rt, NOON + timedelta(days=50)
    until = begin + timedelta(hours=6)
    span = reports.Span(project=plans.acme.project, since=begin, until=until)

    def look(_number: int) -> None:
        for by in reports.DIMENSIONS:
            assert reports.report(rt, span, by).lines
        assert funnel(rt, span).delivered > 1000

    must_be_cheap(plans.of(look))


@pytest.mark.parametrize("project", [True, False])
def test_the_audit_log(plans: Plans, project: bool) -> None:
    rt = plans.acme.rt
    where = {"project": plans.acme.project} if project else {}
    some: list[dict[str, Any]] = [
        {},
        {"actor": "user7@example.com"},
        {"action": "pause"},
        {"subject": "thing 77"},
        {"actor": "nobody"},
        {"action": "pause", "actor": "user1@example.com"},
        {"since": NOON + timedelta(days=40), "until": NOON + timedelta(days=41)},
    ]

    def look(number: int) -> None:
        for wanted in some:
            asked = audit_log.Wanted(**where, **wanted)
            first = audit_log.page(rt, asked, Cursor())
            if first.older is not None:
                second = audit_log.page(rt, asked, Cursor(after=first.older))
                audit_log.page(rt, asked, Cursor(before=second.newer))

    must_be_cheap(plans.of(look))


def test_a_refused_sign_in(plans: Plans) -> None:
    def refuse(_number: int) -> None:
        signing_in.refused(plans.acme.rt, "ada@example.com", "password", "192.0.2.1")

    must_be_cheap(plans.of(refuse))


def test_a_targets_page(plans: Plans) -> None:
    target = configured.target(plans.acme.rt, plans.target)
    assert target is not None
    must_be_cheap(plans.of(lambda _number: lane_facts(plans.acme.rt, target)))


def test_looking_for_problems(plans: Plans) -> None:
    """Whatever is looked at, and learned, is found by an index: also with failures of today."""
    acme = plans.acme
    target = configured.target(acme.rt, plans.target)
    assert target is not None
    acme.say(plans.source, name="to fail", n="problem")
    acme.store()
    jobs = claim(acme.rt, target, 1).jobs
    now = acme.clock.now()
    refused = Attempted(
        outcome=Outcome(kind=Kind.REJECTED), exchanges=[], milliseconds=1, status=422, error=None
    )
    verdict = Verdict(state="failed", reason="no")
    failed = Settlement(
        job=jobs[0], attempted=refused, verdict=verdict, started_at=now, ended_at=now
    )
    with acme.rt.database.write() as connection:
        settle(connection, [failed])

    def search(_number: int) -> None:
        acme.clock.advance(700)
        looking.look(acme.rt)
        problems.listed(acme.rt, problems.Scope(project=acme.project))
        problems.counts(acme.rt, problems.Scope(project=acme.project))

    must_be_cheap(plans.of(search))
    [row] = problems.listed(acme.rt, problems.Scope(project=acme.project), sort="delivery").rows
    assert problems.one(acme.rt, problems.Scope(project=acme.project), row["id"]) is not None


def test_the_shelves_by_reason(plans: Plans) -> None:
    rt, project, source = plans.acme.rt, plans.acme.project, plans.source.id

    def look(_number: int) -> None:
        for wanted in (None, source):
            found = same_reason.groups(rt, project, "quarantined", wanted)
            assert not found.whole
            for state in ("held", "refused"):
                same_reason.groups(rt, project, state, wanted)
        (largest, *_) = found.groups
        page = same_reason.page(rt, project, "quarantined", largest, Cursor())
        assert len(page.rows) == same_reason.SHOWN
        same_reason.page(rt, project, "quarantined", largest, Cursor(after=page.older))
        assert same_reason.count(rt, project, source) == same_reason.LOOKED_AT
        same_reason.newer(rt, project, "quarantined", source, page.rows[-1]["id"])
        nobody = new_id()
        assert same_reason.count(rt, project, nobody) == 0
        assert same_reason.groups(rt, project, "quarantined", nobody).groups == []
        ids = [row["id"] for row in page.rows[: releasing.TRIED]]
        releasing.left(rt, project, "quarantined", source, largest.key, ids[-1])

    must_be_cheap(plans.of(look))


def test_a_source_and_its_mapping(plans: Plans) -> None:
    rt, source = plans.acme.rt, plans.source
    found = configured.source(rt, source.id)
    assert found is not None

    def look(number: int) -> None:
        ids = [row["id"] for row in past.newest(rt, source.id)]
        past.whole(rt, source.id, ids)
        rates.rates(rt, source.id)
        watch.newest_arrival(rt, source.id)
        would_refuse.would_refuse(rt, source.id, [])
        days = None if number % 2 else 150
        assert dry_run.dry_run(rt, found, {"name": "/contact/company"}, days).looked

    must_be_cheap(plans.of(look))
