"""The delivery log by its filters, chips and columns, all of them in the address."""

import json
import re
from datetime import timedelta
from urllib.parse import quote

import pytest

from relay.services import lanes
from relay.store.tables import deliveries, leads, targets
from tests.peer import Answer
from tests.web.console.house import House, Visitor
from tests.web.console.pages import Page

LOG = "/console/p/acme/deliveries/"


def rows(page: Page) -> list[str]:
    """The first names in the list, from top to bottom."""
    of_rows = re.compile(r"[?&]delivery=[0-9a-f-]{36}")
    return [words.split()[0] for address, words in page.links if of_rows.search(address)]


def chips(page: Page) -> dict[str, str]:
    """What restricts the list, with the address of the list without it."""
    return {
        words.removesuffix(" × , remove"): address
        for address, words in page.links
        if words.endswith("remove")
    }


@pytest.fixture
def busy(house: House) -> House:
    """Delivered, rejected, failing and waiting, an hour apart."""
    house.peer.script(Answer(201, b"{}"), Answer(422, b"no"), Answer(503, b"later"))
    for name in ("Ada", "Berta", "Carla"):
        house.lead(name=f"{name} Example", email=f"{name.lower()}@example.com", town=f"{name}town")
        house.rt.clock.advance(3600)
    lanes.pause_target(house.rt, house.row(targets, name="Sales CRM").id, "on holiday", "test")
    house.lead(name="Dora Example", email="dora@example.com")
    house.rt.clock.advance(10)
    return house


@pytest.mark.parametrize(
    ("asked", "found", "said"),
    [
        ("outcome=rejected", ["Berta"], ["Last attempt: rejected"]),
        (
            "outcome=rejected&outcome=retry",
            ["Carla", "Berta"],
            ["Last attempt: rejected", "Last attempt: to be retried"],
        ),
        ("ever=retry", ["Carla"], ["Any attempt: to be retried"]),
        ("status=2xx", ["Ada"], ["Answered 2xx"]),
        ("status=4xx&status=5xx", ["Carla", "Berta"], ["Answered 4xx", "Answered 5xx"]),
        ("status=none", [], ["No answer came"]),
        ("attempts_min=1", ["Carla", "Berta", "Ada"], ["At least 1 attempts"]),
        ("attempts_max=0", ["Dora"], ["At most 0 attempts"]),
        ("event=updated", [], ["Update"]),
        ("event=created&state=failed", ["Berta"], ["Failed", "New lead"]),
        ("lead=2", ["Berta"], ["Lead 2"]),
        ("lead=%234", ["Dora"], ["Lead #4"]),
        ("lead=99999999999999999999", [], ["Lead 99999999999999999999"]),
        ("slower=1000000", [], ["Took 1e+06 s or longer"]),
        ("slower=0&state=failed", ["Berta"], ["Failed", "Took 0 s or longer"]),
        (
            "q=berta&status=4xx&span=24h",
            ["Berta"],
            ["About “berta”", "Answered 4xx", "Last 24 hours"],
        ),
        ("attempts_min=many&status=9xx&outcome=x", ["Dora", "Carla", "Berta", "Ada"], []),
    ],
)
def test_filters_compose_and_are_told_as_chips(
    busy: House, asked: str, found: list[str], said: list[str]
) -> None:
    page = busy.visitor().get(f"{LOG}?{asked}")
    assert rows(page) == found
    assert sorted(chips(page)) == sorted(said)


def test_a_chip_takes_its_own_part_away_and_leaves_the_others(busy: House) -> None:
    visitor = busy.visitor()
    page = visitor.get(f"{LOG}?status=4xx&status=5xx&columns=state,status&after=")
    page = visitor.get(chips(page)["Answered 5xx"])
    assert rows(page) == ["Berta"]
    assert list(chips(page)) == ["Answered 4xx"]
    assert "Last answer" in page.text
    assert '"col">From' not in page.html
    page = visitor.get(page.link("Clear all"))
    assert rows(page) == ["Dora", "Carla", "Berta", "Ada"]
    assert '"col">From' not in page.html


def test_the_form_holds_what_the_address_asks(busy: House) -> None:
    asked = (
        "state=failed&state=delivered&status=4xx&attempts_min=1&lead=2&json=%7B%7D&json_in=sent"
        "&columns=state"
    )
    visitor = busy.visitor()
    page = visitor.get(f"{LOG}?{asked}")
    form = next(form for form in page.forms if form.method == "get" and "q" in dict(form.values))
    given = [(name, value) for name, value in form.values if value]
    assert sorted(given) == sorted(
        [
            ("state", "failed"),
            ("state", "delivered"),
            ("status", "4xx"),
            ("attempts_min", "1"),
            ("lead", "2"),
            ("json", "{}"),
            ("json_in", "sent"),
            ("columns", "state"),
        ]
    )


def test_json_that_a_lead_contains_finds_its_deliveries(busy: House) -> None:
    visitor = busy.visitor()
    wanted = json.dumps({"contact": {"email": "berta@example.com"}})
    page = visitor.get(f"{LOG}?json={quote(wanted)}")
    assert rows(page) == ["Berta"]
    assert f"Contains {wanted}" in chips(page)
    assert rows(visitor.get(f"{LOG}?json={quote(wanted)}&json_in=sent&state=failed")) == ["Berta"]
    other = json.dumps({"contact": {"email": "berta"}})
    assert rows(visitor.get(f"{LOG}?json={quote(other)}")) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{x", "This is no JSON, from line 1, column 2"),
        ('"ada"', "Write an object"),
        ("[" * 1500, "nested too deep"),
        ('{"a": "' + "x" * 2000 + '"}', "too long"),
        ('{"a": NaN}', "no lead can hold"),
        ('{"a": "\\u0000"}', "no lead can hold"),
        ('{"a": 1e999}', "no lead can hold"),
    ],
)
def test_json_that_cannot_be_read_is_explained_and_finds_nothing(
    busy: House, text: str, said: str
) -> None:
    page = busy.visitor().get(f"{LOG}?json={quote(text)}")
    assert said in page.text
    assert rows(page) == []
    assert chips(page) == {}


def test_a_lead_that_is_none_is_explained_and_finds_nothing(busy: House) -> None:
    page = busy.visitor().get(f"{LOG}?lead=ada&from=yesterday")
    assert "Write the lead's number" in page.text
    assert "This is no time" in page.text
    assert rows(page) == []


def test_a_search_that_stopped_says_so_and_goes_on(
    busy: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.services.stretch.SEARCHED", 2)
    visitor = busy.visitor()
    page = visitor.get(f"{LOG}?status=2xx")
    assert rows(page) == []
    assert "Nothing matched among the" in page.text
    page = visitor.get(page.link("Look further"))
    assert rows(page) == ["Ada"]
    assert "matched among the" not in page.text


def test_columns_are_chosen_in_the_address(busy: House) -> None:
    visitor = busy.visitor()
    page = visitor.get(f"{LOG}?columns=state&columns=outcome&columns=number&state=failed")
    assert "State Lead Last outcome Lead no." in page.text
    assert "Failed Berta Example berta@example.com Rejected 2" in page.text
    chooser = next(
        form for form in page.forms if [one for one, _ in form.values].count("columns") == 3
    )
    assert ("state", "failed") in chooser.values
    assert "Tries" in visitor.get(f"{LOG}?columns=nothing").text


def test_a_viewer_finds_by_numbers_and_not_by_words(busy: House) -> None:
    viewer = busy.visitor("viewer@example.com", "viewer")
    wanted = quote(json.dumps({"contact": {"email": "berta@example.com"}}))
    page = viewer.get(f"{LOG}?q=berta&json={wanted}")
    assert rows(page) == ["Lead"] * 4
    assert chips(page) == {}
    assert not {"q", "json"} & {field.get("name") for field in page.fields}
    assert "berta" not in page.text
    page = viewer.get(f"{LOG}?lead=2")
    assert rows(page) == ["Lead"]
    assert "answered 422" not in page.text


def test_the_time_ends_are_kept_to_the_second(busy: House) -> None:
    first = busy.row(deliveries, lead_id=busy.ids(leads)[0]).created_at
    until = f"{first + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S}"
    page = busy.visitor().get(f"{LOG}?until={until}")
    assert rows(page) == ["Ada"]
    assert chips(page).keys() == {f"Until {until} UTC"}


def test_what_is_nothing_in_an_address_harms_nothing(visitor: Visitor) -> None:
    for asked in ("attempts_min=-1", "slower=nan", "slower=-5", "columns=", "view=x", "delivery=x"):
        assert "Nothing" in visitor.get(f"{LOG}?{asked}").text, asked


@pytest.mark.parametrize("time", ["0001-01-01T00:00", "9999-12-31T23:59:59"])
def test_the_ends_of_the_calendar_are_no_times(house: House, time: str) -> None:
    visitor = house.visitor()
    page = visitor.get(f"/console/p/acme/deliveries/?from={time}&until={time}")
    assert "This is no time" in page.text
    visitor.get(f"/console/p/acme/deliveries/figures?until={time}")
    visitor.get(f"/console/p/acme/leads/?around={time}&q=nobody")
