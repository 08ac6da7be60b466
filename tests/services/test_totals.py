"""Totals of leads are exact at every commit, whatever happens to the leads."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from relay.services import totals
from relay.services.retention import retain
from relay.store import tables
from tests.factories import Bell, Incoming, catalog
from tests.services.test_filed import send

STAGES = ("open", "won", "lost", "s" * 600)
IDS = ("gclid", "fbc", "fbp", "cid")
DAY = 86400


def counted(acme: Incoming) -> dict[Any, int]:
    """The totals as the leads themselves give them."""
    rows = acme.rows(tables.leads, tables.leads.c.archived_at.is_(None))
    return Counter(tuple(getattr(row, name) for name in totals.KEY) for row in rows)


def kept(acme: Incoming) -> dict[Any, int]:
    """The totals as they are kept; what came down to nothing is left out."""
    rows = acme.rows(tables.lead_totals)
    assert all(row.count >= 0 for row in rows)
    return {
        tuple(getattr(row, name) for name in totals.KEY): row.count for row in rows if row.count
    }


@pytest.fixture
def brief(make_runtime: Any) -> Incoming:
    """A project of a relay that keeps leads for a day."""
    made = make_runtime({"RELAY_KEEP_LEADS_DAYS": "1"}, queue=Bell(), catalog=catalog())
    return Incoming(made)


@pytest.mark.parametrize("seed", range(3))
def test_totals_are_what_counting_gives(brief: Incoming, seed: int) -> None:
    rng = random.Random(seed)
    plain = brief.source("plain")
    matching = brief.source("matching", options={"match": {"by": ["email"], "then": "update"}})
    for _ in range(60):
        _happen(brief, rng, rng.choice([plain, matching]))
        assert kept(brief) == counted(brief)
    assert counted(brief), "something is left to count"


def _happen(acme: Incoming, rng: random.Random, source: Any) -> None:
    about = {"stage": rng.choice(STAGES), **{name: "x" for name in IDS if rng.random() < 0.4}}
    letter = {"name": "Ada", "email": f"{rng.randrange(4)}@x.example", "about": about}
    if rng.random() < 0.6:
        letter["lead"] = str(rng.randrange(5))
    happening = rng.random()
    if happening < 0.45:
        acme.say(source, **letter)
    elif happening < 0.8:
        send(acme, source, **letter)
    elif happening < 0.95:
        acme.store()
    else:
        acme.store()
        acme.clock.advance(rng.choice([0.4, 1.5]) * DAY)
        retain(acme.rt)
        send(acme, source, **letter)


def test_an_archived_lead_is_not_counted(acme: Incoming) -> None:
    source = acme.source()
    send(acme, source, about={"gclid": "x"}, name="Ada")
    [lead] = acme.leads()
    archived = {**lead._mapping, "archived_at": acme.clock.now()}
    with acme.rt.database.write() as connection:
        where = tables.leads.c.id == lead.id
        connection.execute(
            sa.update(tables.leads).where(where).values(archived_at=acme.clock.now())
        )
        totals.shift(connection, [lead._mapping], [archived])
    assert kept(acme) == counted(acme) == {}


def test_totals_stand_for_projects_by_themselves(acme: Incoming) -> None:
    other = Incoming(acme.rt, "other")
    send(acme, acme.source(), name="Ada")
    send(other, other.source(), name="Ada")
    assert sorted(kept(acme).values()) == [1, 1]
    assert kept(acme) == counted(acme)


def test_totals_are_exact_under_many_writers(acme: Incoming, make_runtime: Any) -> None:
    """Two processes' writers and a worker at the same leads, at the same time."""
    source = acme.source()
    other = Incoming.__new__(Incoming)
    other.__dict__.update(acme.__dict__, rt=make_runtime(queue=Bell(), catalog=catalog()))

    def one(number: int) -> None:
        rng = random.Random(number)
        about = {"stage": rng.choice(STAGES), **{name: "x" for name in IDS if rng.random() < 0.5}}
        here = acme if number % 2 else other
        letter = {"lead": str(number % 7), "about": about, "name": f"Ada {number}"}
        if number % 5:
            send(here, source, **letter)
        else:
            here.say(source, **letter)
            here.store()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(one, range(80)))
    acme.store()
    assert kept(acme) == counted(acme)
    assert len(acme.leads()) == 7
    assert acme.balanced()
