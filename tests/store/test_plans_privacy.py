"""Looking for a person, batch by batch, stays cheap however many rows there are."""

from typing import Any
from uuid import UUID

import pytest

from relay.core.contacts import Contact
from relay.core.spotting import Spotter
from relay.services import configured, data_map, letting_go, retention, returning
from relay.services.keeping import Kept
from relay.services.person_look import Look
from relay.services.person_places import STAGES
from tests.store.grown import ROWS, Plans, must_be_cheap

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(900)]

SOMEBODY = (Contact("email", "nobody@example.com"), Contact("phone", "+49301112223"))


@pytest.mark.parametrize("stage", STAGES)
def test_looking_for_a_person(plans: Plans, stage: str) -> None:
    """Each look reads its own rows: in the middle as at the beginning."""
    rt, project = plans.acme.rt, plans.acme.project
    look = Look(project, Spotter(SOMEBODY), {plans.source.id: None})
    after: Any = ROWS // 2 if stage == "leads" else None

    def see(_number: int) -> None:
        nonlocal after
        with rt.database.read() as connection:
            seen = STAGES[stage][0](rt, connection, look, after)
        assert seen.finds == []
        after = seen.after if seen.after is not None else after

    must_be_cheap(plans.of(see))


def test_taking_in_where_somebody_was_erased(plans: Plans) -> None:
    acme = plans.acme
    with acme.rt.database.write() as connection:
        request: UUID = plans.source.id
        returning.remember_erased(acme.rt, connection, acme.project, SOMEBODY, request)
    configured.forget(acme.rt)

    def take(number: int) -> None:
        acme.say(plans.source, email=SOMEBODY[0].value, n=number)
        acme.say(plans.source, email=f"other{number}@example.com", event=f"other {number}")
        acme.store()

    must_be_cheap(plans.of(take))


def test_letting_go_of_what_is_old(plans: Plans, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch of each walk, when one project keeps everything longer than another."""
    rt, project = plans.acme.rt, plans.acme.project
    keeping = {project: Kept(bodies=100, attempts=100, leads=0)}
    monkeypatch.setattr(retention.keeping, "of_all", lambda _rt: keeping)
    batches = iter(range(10_000))

    class _Enough(Exception):  # noqa: N818 - ends the walk after some batches
        pass

    def told(_done: int) -> None:
        if next(batches) % 3 == 2:
            raise _Enough

    def retain(_number: int) -> None:
        with pytest.raises(_Enough):
            retention.retain(rt, told)

    assert letting_go.blank_bodies
    must_be_cheap(plans.of(retain))


def test_the_data_map(plans: Plans) -> None:
    must_be_cheap(plans.of(lambda _n: data_map.draw(plans.acme.rt, plans.acme.project)))
