"""Searching leads, and the pages about one, stay cheap however many there are."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from relay.services import (
    lead_filters,
    lead_search,
    leadless,
    received_around,
    same_person,
    statuses,
    trace,
    word_lists,
)
from relay.services.browse import Cursor
from relay.services.lead_filters import Wanted
from relay.store import tables
from tests.conftest import NOON
from tests.store.grown import ROWS, Plans, must_be_cheap

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def middle(plans: Plans) -> UUID:
    """A lead in the middle of the list."""
    query = sa.select(tables.leads.c.id).where(tables.leads.c.number == ROWS // 2)
    with plans.acme.rt.database.read() as connection:
        found: UUID = connection.execute(query).scalar_one()
    return found


def _look(plans: Plans, wanted: Wanted, middle: UUID) -> list[str]:
    cursors = (Cursor(), Cursor(after=middle), Cursor(before=middle))
    return plans.of(lambda number: lead_search.find(plans.acme.rt, wanted, cursors[number % 3]))


@pytest.mark.parametrize(
    "text",
    [
        "lead 1234",
        "thatched",
        "works 77 flat",
        "lead500000@example.com",
        "+49 30 500000",
        "0049 (0)30 500000",
        "030 500000",
        "#54321",
        "lead_4321",
        "nobody at all",
        "00000003-0000-7000-8000-000000000002",
    ],
)
def test_searching_for_somebody(plans: Plans, middle: UUID, text: str) -> None:
    must_be_cheap(_look(plans, Wanted(project=plans.acme.project, text=text), middle))


@pytest.mark.parametrize("text", ["lead", "example.com", "flat roof"])
def test_words_that_all_have_are_found_at_once(plans: Plans, text: str) -> None:
    """They are in every text: what is read grows with the page, not with the table."""
    wanted = Wanted(project=plans.acme.project, text=text)

    def look(_number: int) -> None:
        assert len(lead_search.find(plans.acme.rt, wanted).rows) == 50

    assert plans.of(look)


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"source": True},
        {"statuses": ["won"]},
        {"statuses": ["nothing like it"]},
        *({"kind": kind} for kind in lead_filters.KINDS),
        *({"sent": sent} for sent in lead_filters.SENT),
        {"since": 50, "until": 51},
        {"since": 50, "until": 51, "source": True, "sent": "failed"},
        {"text": "thatched", "sent": "failed", "statuses": ["won"]},
    ],
    ids=str,
)
def test_filters_of_leads(plans: Plans, middle: UUID, wanted: dict[str, Any]) -> None:
    given = dict(wanted)
    if "source" in given:
        given["source"] = plans.source.id
    for name in given.keys() & {"since", "until"}:
        given[name] = NOON + timedelta(days=given[name])
    must_be_cheap(_look(plans, Wanted(project=plans.acme.project, **given), middle))


def test_what_became_no_lead(plans: Plans, middle: UUID) -> None:
    rt, project = plans.acme.rt, plans.acme.project
    texts = ("somebodyold", "shelved", "nobody", str(middle), "00000005-0000-7000")

    def look(number: int) -> None:
        leadless.about(rt, project, texts[number % 5], [middle], ids_only=False)

    must_be_cheap(plans.of(look))


def test_what_came_around_a_time(plans: Plans) -> None:
    since = NOON + timedelta(days=50)

    def look(_number: int) -> None:
        until = since + timedelta(days=1)
        found = received_around.around(plans.acme.rt, plans.acme.project, since, until)
        assert found.sources[0].counts["stored"] > 9000
        statuses.statuses_of(plans.acme.rt, plans.acme.project)

    must_be_cheap(plans.of(look))


def test_one_lead_and_who_it_may_be(plans: Plans, middle: UUID) -> None:
    rt = plans.acme.rt
    wanted = Wanted(project=plans.acme.project)

    def look(_number: int) -> None:
        chain = trace.lead_chain(rt, middle)
        assert chain is not None
        same_person.other_leads(rt, chain.lead)
        same_person.repeats(rt, [row["id"] for row in chain.submissions])
        assert all(lead_search.neighbours(rt, wanted, middle))
        lead_search.newer(rt, wanted, chain.lead["id"])

    must_be_cheap(plans.of(look))


def test_telling_words(plans: Plans) -> None:
    acme = plans.acme
    with acme.rt.database.write() as connection:
        connection.execute(sa.insert(tables.walks).values(name=word_lists.WALK))

    def tell(number: int) -> None:
        acme.say(plans.source, name=f"shelved {number}", hold="honeypot", n=f"shelved {number}")
        assert word_lists.catch_up(acme.rt) > word_lists.BATCH

    must_be_cheap(plans.of(tell))
