"""The statements of bulk runs and of what is forced stay cheap however many rows there are."""

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from relay.core.ids import new_id
from relay.services import bulk, bulk_counts, bulk_lease, catch_up_counts, configured, lanes
from relay.services.browse import Cursor
from relay.services.bulk import Wish
from relay.services.bulk_acts import act
from relay.services.bulk_lease import Run
from relay.services.bulk_walk import WINDOW, next_step
from relay.services.claim import claim
from relay.services.filtering import Filter
from relay.services.replay import replay_one
from relay.services.sweep import sweep
from relay.store import tables
from tests.store.grown import ROWS, Plans, must_be_cheap

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(300)]

FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"states": ("failed",)},
    {"states": ("failed", "expired")},
    {"target": True, "states": ("failed",)},
    {"text": "a text that nobody wrote"},
    {"least": 9},
    {"outcomes": ("gone",)},
    {"classes": ("4xx",)},
)


def _filter(plans: Plans, wanted: dict[str, Any]) -> Filter:
    given = {**wanted, "target": plans.target} if "target" in wanted else wanted
    return Filter(project=plans.acme.project, **given)


def _run(plans: Plans, action: str, wanted: Filter, target: UUID | None = None) -> Run:
    return Run(new_id(), action, target, "test", new_id(), wanted)


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
def test_counting_what_a_filter_names(plans: Plans, wanted: dict[str, Any]) -> None:
    rt, filter_ = plans.acme.rt, _filter(plans, wanted)

    def count(_number: int) -> None:
        found = bulk_counts.count(rt, filter_)
        assert found.total <= bulk_counts.COUNTED + 1

    must_be_cheap(plans.of(count), most=bulk_counts.COUNTED)


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
def test_a_step_of_a_run_reads_a_window(plans: Plans, wanted: dict[str, Any]) -> None:
    rt = plans.acme.rt
    run = _run(plans, "replay", _filter(plans, wanted))
    with rt.database.read() as connection:
        ids = sa.select(tables.deliveries.c.id).order_by(tables.deliveries.c.id)
        middle = connection.execute(ids.offset(ROWS // 2).limit(1)).scalar_one()

    def walk(number: int) -> None:
        with rt.database.read() as connection:
            next_step(connection, run, (None, middle)[number % 2], bulk_lease.BATCH)

    must_be_cheap(plans.of(walk), most=WINDOW)


OF_ITS_OWN = {
    "retry": "failed",
    "replay": "expired",
    "replay_to": "ignored",
    "cancel": "waiting",
}
"""What each action takes up that no other has before."""


@pytest.mark.parametrize("action", OF_ITS_OWN)
def test_a_batch_of_a_run(plans: Plans, action: str) -> None:
    acme = plans.acme
    other = acme.target(f"other for {action}") if action == "replay_to" else None
    run = _run(plans, action, _filter(plans, {"states": (OF_ITS_OWN[action],)}), other)
    seen: list[UUID] = []

    def work(_number: int) -> None:
        with acme.rt.database.write() as connection:
            step = next_step(connection, run, seen[-1] if seen else None, 20)
            did = act(acme.rt, connection, run, step.ids)
        assert did.done > 0
        seen.extend(step.ids)

    must_be_cheap(plans.of(work))


def test_catching_up(plans: Plans) -> None:
    acme = plans.acme
    late = acme.target("late")
    acme.route(plans.source, late)
    target = configured.target(acme.rt, late)
    assert target is not None
    wanted = Filter(project=acme.project, target=late)
    run = _run(plans, "catch_up", wanted, late)
    seen: list[UUID] = []

    def bring(_number: int) -> None:
        found = catch_up_counts.count(acme.rt, target, wanted)
        assert found.total == catch_up_counts.LOOKED_THROUGH + 1
        with acme.rt.database.write() as connection:
            step = next_step(connection, run, seen[-1] if seen else None, 20)
            assert act(acme.rt, connection, run, step.ids).done > 0
        seen.extend(step.ids)

    must_be_cheap(plans.of(bring), most=catch_up_counts.LOOKED_THROUGH)
    of_all = Filter(project=acme.project, target=plans.target, source=plans.source.id)
    nothing = _run(plans, "catch_up", of_all, plans.target)

    def walk(_number: int) -> None:
        with acme.rt.database.read() as connection:
            next_step(connection, nothing, None, bulk_lease.BATCH)

    must_be_cheap(plans.of(walk), most=WINDOW)


def test_runs_and_what_they_made(plans: Plans) -> None:
    rt, project = plans.acme.rt, plans.acme.project
    wish = Wish(
        project=project,
        action="retry",
        filter=Filter(project=project, states=("failed",)),
        newest=new_id(),
        counted=None,
    )

    def look(_number: int) -> None:
        run_id = bulk.ask(rt, wish, "test")
        bulk.newest(rt, project, Cursor())
        assert bulk.one(rt, project, run_id)
        assert bulk.made(rt, run_id) == {}
        assert bulk_lease.lying(rt) == ()
        bulk.stop(rt, project, run_id, "test")

    must_be_cheap(plans.of(look))


def test_what_is_forced(plans: Plans) -> None:
    """In a paused lane behind which many wait."""
    acme = plans.acme
    lanes.pause_target(acme.rt, plans.target, "holiday", "test")
    target = configured.target(acme.rt, plans.target)
    assert target is not None
    with acme.rt.database.read() as connection:
        query = sa.select(tables.deliveries.c.id).where(
            tables.deliveries.c.target_id == plans.target, tables.deliveries.c.state == "delivered"
        )
        there = list(connection.execute(query.limit(8)).scalars())

    def force(number: int) -> None:
        replay_one(acme.rt, there[number], "test", forced=True)
        assert plans.target in sweep(acme.rt).lanes
        assert len(claim(acme.rt, target, 5).jobs) == 1

    try:
        must_be_cheap(plans.of(force))
    finally:
        lanes.resume_target(acme.rt, plans.target, "test")
