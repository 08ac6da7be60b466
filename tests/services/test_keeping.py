"""Each project keeps what it has as long as it says itself, else as long as the relay says."""

from typing import Any

import pytest
import sqlalchemy as sa

from relay.services import keeping, retention
from relay.services.ingest import turn_away
from relay.services.keeping import Kept
from relay.services.retention import retain
from relay.services.wanted import Mistakes
from relay.store import tables
from tests.conftest import SettableClock
from tests.factories import Bell, Incoming, catalog

DAY = 86400


@pytest.fixture
def projects(make_runtime: Any) -> tuple[Incoming, Incoming, Incoming]:
    """Three projects on a relay that keeps raw submissions 30 days and leads for ever."""
    more = {"RELAY_KEEP_BODIES_DAYS": "30", "RELAY_KEEP_ATTEMPTS_DAYS": "30"}
    rt = make_runtime(more, queue=Bell(), catalog=catalog())
    return Incoming(rt, "as-it-is"), Incoming(rt, "short"), Incoming(rt, "for-ever")


def _delivered(acme: Incoming) -> None:
    source = acme.source()
    acme.route(source, acme.target())
    acme.say(source, name="Ada")
    acme.store()
    mine = tables.deliveries.c.project_id == acme.project
    for row in acme.rows(tables.deliveries, mine):
        acme.settle(row.id, "delivered")
        said = tables.attempts.c.delivery_id == row.id
        acme.set(tables.attempts, said, exchanges=[{"request": {}}])
    from relay.core.contract import Inbound

    turn_away(acme.rt, source, Inbound(body=b"x"), 401, "bad signature")


def _left(acme: Incoming) -> tuple[int, int, int, int]:
    """Raw submissions, conversations, requests that were turned away, and leads."""
    of_project = sa.select(tables.deliveries.c.id).where(
        tables.deliveries.c.project_id == acme.project
    )
    own = sa.select(tables.sources.c.id).where(tables.sources.c.project_id == acme.project)
    bodies = acme.rows(tables.bodies, tables.bodies.c.project_id == acme.project)
    tried = acme.rows(tables.attempts, tables.attempts.c.delivery_id.in_(of_project))
    away = acme.rows(tables.turned_away, tables.turned_away.c.source_id.in_(own))
    leads = acme.rows(tables.leads, tables.leads.c.project_id == acme.project)
    bodies = [row for row in bodies if row.body]
    return len(bodies), len([row for row in tried if row.exchanges]), len(away), len(leads)


def test_each_project_by_its_own_settings(
    projects: tuple[Incoming, Incoming, Incoming], clock: SettableClock
) -> None:
    plain, short, ever = projects
    keeping.save(plain.rt, short.project, {"bodies": 5, "attempts": 2, "leads": 20}, "ada")
    keeping.save(plain.rt, ever.project, {"bodies": 0, "attempts": 0}, "ada")
    for one in projects:
        _delivered(one)
    for days, expected in (
        (3, ((1, 1, 1, 1), (1, 0, 1, 1), (1, 1, 1, 1))),
        (6, ((1, 1, 1, 1), (0, 0, 0, 1), (1, 1, 1, 1))),
        (21, ((1, 1, 1, 1), (0, 0, 0, 0), (1, 1, 1, 1))),
        (31, ((0, 0, 0, 1), (0, 0, 0, 0), (1, 1, 1, 1))),
        (5000, ((0, 0, 0, 1), (0, 0, 0, 0), (1, 1, 1, 1))),
    ):
        passed = (clock.now() - plain.rows(tables.projects)[0].created_at).total_seconds()
        clock.advance(DAY * days + 1 - passed)
        retain(plain.rt)
        assert tuple(_left(one) for one in projects) == expected, days
    assert plain.balanced()


def test_what_is_kept_longer_is_passed_over_once(
    projects: tuple[Incoming, Incoming, Incoming],
    clock: SettableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    plain, _short, ever = projects
    keeping.save(plain.rt, ever.project, {"bodies": 0}, "ada")
    for number in range(5):
        for one in (ever, plain):
            one.say(one.source(f"s{number}"), name=f"Ada {number}")
            clock.advance(1)
    clock.advance(DAY * 31)
    assert retain(plain.rt).bodies == 5
    assert _left(plain)[0] == 0
    assert _left(ever)[0] == 5
    assert retain(plain.rt).bodies == 0


def test_what_holds(projects: tuple[Incoming, Incoming, Incoming]) -> None:
    plain, short, _ever = projects
    rt = plain.rt
    keeping.save(rt, short.project, {"bodies": 5}, "ada")
    assert keeping.of_project(rt, plain.project) == (Kept(30, 30, 0), {})
    assert keeping.of_project(rt, short.project) == (Kept(5, 30, 0), {"bodies": 5})
    keeping.save(rt, short.project, {}, "ada")
    assert keeping.of_project(rt, short.project) == (Kept(30, 30, 0), {})
    for wrong in ({"bodies": -1}, {"bodies": 40000}, {"else": 1}):
        with pytest.raises(Mistakes):
            keeping.save(rt, short.project, wrong, "ada")
    told = [(row.action, row.subject) for row in plain.rows(tables.audit)]
    assert told[0][0] == "change"
