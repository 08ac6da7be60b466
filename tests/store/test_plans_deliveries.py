"""The delivery log stays cheap however many rows there are, whatever is asked of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from relay.services import browse, figures
from relay.services.browse import Cursor
from relay.services.filtering import Filter
from relay.services.one_delivery import one_delivery
from relay.services.received import Arrived, received
from relay.services.stretch import SEARCHED
from tests.conftest import NOON
from tests.store.grown import Plans, must_be_cheap

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(900)]

FILTERS: list[dict[str, Any]] = [
    {"outcomes": ["rejected"]},
    {"outcomes": ["gone"]},
    {"outcomes": ["delivered"]},
    {"outcomes": ["throttled"], "states": ["waiting"]},
    {"classes": ["4xx"]},
    {"classes": ["5xx"]},
    {"classes": ["none"], "since": NOON + timedelta(days=20)},
    {"ever": ["throttled"]},
    {"events": ["updated"]},
    {"least": 2},
    {"slower": 3600.0, "states": ["delivered"]},
    {"number": 500_000},
    {"text": "Lead 123456"},
    {"text": "no such company"},
    {"holding": {"contact": {"email": "ada@example.com"}}},
    {"holding": {"a": 1}, "as_sent": True, "since": NOON + timedelta(days=90)},
    {"source": True},
    {"source": True, "states": ["cancelled"]},
    {"source": True, "target": True, "outcomes": ["gone"]},
    {"target": True, "classes": ["5xx"]},
]


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
def test_finding_deliveries(plans: Plans, wanted: dict[str, Any]) -> None:
    known = {"source": plans.source.id, "target": plans.target}
    given = {
        name: known.get(name, value) if value is True else value for name, value in wanted.items()
    }
    filter_ = Filter(project=plans.acme.project, **given)
    rt = plans.acme.rt

    def look(_number: int) -> None:
        first = browse.deliveries(rt, filter_)
        if first.older is not None:
            second = browse.deliveries(rt, filter_, Cursor(after=first.older))
            browse.deliveries(rt, filter_, Cursor(before=second.older or first.older))

    must_be_cheap(plans.of(look), SEARCHED * 6 // 5)  # some between them are of no interest


def test_the_tail_of_the_delivery_log(plans: Plans) -> None:
    rt, project = plans.acme.rt, plans.acme.project
    page = browse.deliveries(rt, Filter(project=project), limit=200)
    than = page.rows[-1]["id"]
    asked = [{}, {"states": ["failed"]}, {"classes": ["4xx"]}, {"text": "no such company"}]

    def look(_number: int) -> None:
        for given in asked:
            browse.newer_deliveries(rt, Filter(project=project, **given), than)
        assert browse.newer_deliveries(rt, Filter(project=project), than) == browse.NEWS + 1

    must_be_cheap(plans.of(look))


def test_the_figures_of_a_day(plans: Plans) -> None:
    rt, since = plans.acme.rt, NOON + timedelta(days=50)
    day = figures.Span(project=plans.acme.project, since=since, until=since + timedelta(days=1))
    spans = (day, replace(day, source=plans.source.id), replace(day, target=plans.target))

    def look(_number: int) -> None:
        for span in spans:
            found = figures.figures(rt, span)
            assert found.delivered > 1000
            assert found.oldest is not None

    must_be_cheap(plans.of(look), most=10_100)  # all that a day has


def test_one_delivery_and_what_was_received(plans: Plans) -> None:
    rt, project = plans.acme.rt, plans.acme.project
    ids = [row["id"] for row in browse.deliveries(rt, Filter(project=project)).rows]
    since = NOON + timedelta(days=50)
    wanted = Arrived(project=project, since=since, until=since + timedelta(days=1))

    def look(number: int) -> None:
        assert one_delivery(rt, project, ids[number]) is not None
        first = received(rt, wanted)
        second = received(rt, wanted, Cursor(after=first.older))
        received(rt, wanted, Cursor(before=second.newer))

    must_be_cheap(plans.of(look))
