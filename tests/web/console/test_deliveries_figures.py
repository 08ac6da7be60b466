"""The figures of the delivery log, their lists, the chart, and the live tail."""

import re
from datetime import timedelta

import pytest

from relay.services import lanes
from relay.store.tables import deliveries, submissions, targets
from relay.web.console.charts import Series, Slot, draw, nice_top
from tests.peer import Answer
from tests.web.console.house import House, Visitor, submission_links
from tests.web.console.pages import Page

LOG = "/console/p/acme/deliveries/"


@pytest.fixture
def busy(house: House) -> House:
    """Two delivered, one failed, one waiting and one quarantined, an hour between them."""
    house.peer.script(Answer(200, b"{}"), Answer(422, b"no"), Answer(200, b"{}"))
    for name in ("Ada", "Berta", "Carla"):
        house.lead(name=f"{name} Example", email=f"{name.lower()}@example.com")
        house.rt.clock.advance(3600)
    lanes.pause_target(house.rt, house.row(targets, name="Sales CRM").id, "on holiday", "test")
    house.lead(name="Dora Example", email="dora@example.com")
    house.submit(body="{")
    house.work()
    house.rt.clock.advance(600)
    return house


def tiles(page: Page) -> dict[str, tuple[str, str]]:
    """Label, value and address of each tile."""
    found = re.findall(
        r'<a class="tile [^"]*" href="([^"]*)"><span>(.*?)</span><b>(.*?)</b>', page.html
    )
    return {
        re.sub("<.*", "", label).strip(): (value, address.replace("&amp;", "&"))
        for address, label, value in found
    }


def rows(page: Page) -> int:
    return page.html.count('<td class="when">')


def test_each_tile_leads_to_the_list_of_what_it_counts(busy: House) -> None:
    visitor = busy.visitor()
    found = tiles(visitor.get(f"{LOG}figures"))
    values = {label: value for label, (value, _) in found.items()}
    assert values == {
        "Received": "5",
        "Delivered": "2",
        "Failed": "1",
        "95 % delivered within": values["95 % delivered within"],
        "Waiting": "1",
        "Oldest waiting": "10 min",
        "Quarantined": "1",
    }
    for label in ("Received", "Delivered", "Failed", "Waiting"):
        value, address = found[label]
        assert rows(visitor.get(address)) == int(value), label
    assert len(submission_links(visitor.get(found["Quarantined"][1]))) == 1
    waiting = busy.row(deliveries, state="waiting").id
    assert f"delivery={waiting}" in found["Oldest waiting"][1]


def test_figures_obey_the_span_the_source_and_the_target(busy: House) -> None:
    visitor = busy.visitor()
    counted = lambda asked: {  # noqa: E731 - said once, asked thrice
        label: value for label, (value, _) in tiles(visitor.get(f"{LOG}figures?{asked}")).items()
    }
    assert counted("span=1h")["Delivered"] == "0"
    assert counted("span=1h")["Received"] == "2"
    partner = busy.row(targets, name="Partner").id
    assert counted(f"target={partner}")["Delivered"] == "0"
    assert counted(f"target={partner}")["Waiting"] == "0"
    noon = busy.rt.clock.now() - timedelta(hours=3, minutes=10)
    span = f"from={noon:%Y-%m-%dT%H:%M}&until={noon + timedelta(hours=2):%Y-%m-%dT%H:%M}"
    assert (counted(span)["Delivered"], counted(span)["Failed"]) == ("1", "1")


def test_the_chart_s_figures_are_a_table_whose_times_lead_to_their_deliveries(busy: House) -> None:
    visitor = busy.visitor()
    page = visitor.get(f"{LOG}figures")
    assert "All 5 2 1" in page.text
    hour = next(link for link, words in page.links if "12:00:00 UTC" in words)
    assert rows(visitor.get(hour)) == 1
    days = visitor.get(f"{LOG}figures?span=7d")
    assert "Day (UTC)" in days.text
    assert "2 Mar 5 2 1" in days.text
    weeks = visitor.get(f"{LOG}figures?from=2023-01-01T00:00")
    assert "All 5 2 1" in weeks.text


def test_the_figures_are_there_without_scripts_too(busy: House) -> None:
    visitor = busy.visitor()
    page = visitor.get(f"{LOG}?state=failed")
    assert tiles(page) == {}
    page = visitor.get(page.link("Show the figures"))
    assert tiles(page)["Delivered"][0] == "2"
    assert rows(page) == 1


def test_a_span_without_anything_is_drawn_too(visitor: Visitor) -> None:
    found = tiles(visitor.get(f"{LOG}figures"))
    assert found["Delivered"][0] == "0"
    assert found["95 % delivered within"][0] == "–"
    assert found["Oldest waiting"][0] == "–"


def test_the_log_tells_what_is_newer_and_only_that(busy: House) -> None:
    visitor = busy.visitor()
    page = visitor.get(f"{LOG}?state=waiting")
    asked = re.search(r'hx-get="([^"]*/newer[^"]*)"', page.html)
    assert asked
    address = asked[1].replace("&amp;", "&")
    assert visitor.client.get(address).status_code == 204
    busy.lead(name="Emil Example", email="emil@example.com")
    news = visitor.get(address)
    assert news.text == "1 new · show"
    again = re.search(r'hx-get="([^"]*/newer[^"]*)"', news.html)
    assert again
    assert visitor.client.get(again[1].replace("&amp;", "&")).status_code == 204
    shown = visitor.get(news.link("1 new"))
    assert rows(shown) == 2
    other = address.replace("state=waiting", "state=failed")
    assert visitor.client.get(other).status_code == 204


def test_an_empty_list_has_a_tail_and_an_older_page_has_none(house: House) -> None:
    visitor = house.visitor()
    page = visitor.get(LOG)
    assert "/newer?newer_than=" in page.html
    for name in ("Ada", "Berta"):
        house.lead(name=f"{name} Example")
    newest = house.ids(deliveries)[-1]
    assert "/newer?" not in visitor.get(f"{LOG}?after={newest}").html
    assert visitor.client.get(f"{LOG}newer?newer_than=nonsense").status_code == 204


def test_news_are_counted_up_to_an_end(house: House) -> None:
    house.lead(name="Ada Example")
    first = house.ids(deliveries)[-1]
    for number in range(101):
        house.submit(name=f"N{number}")
    house.work()
    assert len(house.ids(submissions)) == 102
    page = house.visitor().get(f"{LOG}newer?newer_than={first}")
    assert page.text == "99+ new · show"


def test_bars_stand_beside_and_on_each_other() -> None:
    series = (Series("In", "quiet"), Series("Good", "good"), Series("Bad", "bad"))
    slots = [Slot((10, 6, 2), label="a"), Slot((0, 0, 0), label="b")]
    drawn = draw(series, slots, ((0,), (1, 2)))
    first, second = drawn.places
    assert (first.x, first.width, second.x) == (0, 500, 500)
    assert second.bars == []
    alone, below, above = first.bars
    assert (alone.y, alone.height) == (0, 100)
    assert (below.y, below.height) == (40, 60)
    assert (above.y, above.height) == (20, 20)
    assert alone.x + alone.width <= below.x == above.x
    assert drawn.sums == [10, 6, 2]


@pytest.mark.parametrize(
    ("most", "top"), [(0, 1), (1, 1), (3, 4), (5, 5), (6, 10), (11, 20), (41, 50), (999, 1000)]
)
def test_the_axis_ends_at_a_round_number(most: int, top: int) -> None:
    assert nice_top(most) == top
