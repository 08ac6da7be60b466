"""Limits and retries as rows: what they come to, and what is saved of them."""

from typing import Any

import pytest

from relay.services import configure, configured
from relay.store.tables import targets
from tests.web.console.house import House, Visitor
from tests.web.console.pages import Form, Page

ACME = "/console/p/acme"


def address(house: House, name: str = "Partner") -> str:
    return f"{ACME}/targets/{house.row(targets, name=name).id}/pace"


def pace_form(page: Page) -> Form:
    return next(form for form in page.forms if form.action == "" and form.method == "post")


def given(page: Page, *names: str) -> list[list[str]]:
    values = pace_form(page).values
    return [[value for key, value in values if key == name] for name in names]


def send(visitor: Visitor, at: str, status: int = 200, button: str = "", **values: Any) -> Page:
    return visitor.send(pace_form(visitor.get(at)), at, status, button, **values)


def test_what_is_usual_is_shown_and_saved_as_nothing(house: House) -> None:
    visitor = house.visitor()
    at = address(house)
    page = visitor.get(at)
    assert "Without one, those of Webhook: no limit of its own" in page.text
    assert "Try 9 10 h later 1 d 3 h in all" in page.text
    assert "9 tries within 1 d 3 h" in page.text
    send(visitor, at)
    row = house.row(targets, name="Partner")
    assert (row.limits, row.retry) == ([], {})


def test_limits_and_a_schedule_are_made_of_rows(house: House) -> None:
    visitor = house.visitor()
    at = address(house)
    page = send(visitor, at, button="add-limit", mode="own")
    assert given(page, "amount", "every", "unit") == [[""], ["1"], ["minute"]]
    page = visitor.send(pace_form(page), at, button="add-limit", amount=["10"])
    assert given(page, "amount") == [["10", ""]]
    page = visitor.send(pace_form(page), at, button="remove-wait 7")
    assert len(given(page, "wait")[0]) == 7
    assert house.row(targets, name="Partner").limits == []
    page = visitor.send(
        pace_form(page),
        at,
        amount=["10", "1200", ""],
        every=["1", "1", ""],
        unit=["second", "day", "hour"],
        mode="own",
        wait=["5", "1.5", ""],
        wait_unit=["second", "minute", "hour"],
        in_flight="4",
        max_age="2",
        max_age_unit="day",
    )
    assert "10 per second and 1,200 per day: about 50 an hour" in page.text
    target = configured.target(house.rt, house.row(targets, name="Partner").id)
    assert target is not None
    assert target.limits == ("10/second", "1200/day")
    assert target.retry == {"schedule": [5, 90], "in_flight": 4, "max_age": 172800}
    page = visitor.get(at)
    assert given(page, "wait", "wait_unit") == [["5", "90"], ["second", "second"]]
    assert given(page, "max_age", "max_age_unit") == [["2"], ["day"]]
    assert "Try 3 1 min 30 s later 1 min 35 s in all" in page.text
    send(visitor, at, mode="usual", amount=["", ""], in_flight="", max_age="")
    row = house.row(targets, name="Partner")
    assert (row.limits, row.retry) == ([], {})


def test_no_further_try_is_a_schedule_too(house: House) -> None:
    visitor = house.visitor()
    at = address(house, "Sales CRM")
    page = visitor.get(at)
    assert "No further try: what fails once has failed." in page.text
    send(visitor, at, in_flight="3")
    assert house.row(targets, name="Sales CRM").retry == {"schedule": [], "in_flight": 3}


def test_secrets_and_settings_stay_when_the_pace_changes(house: House) -> None:
    visitor = house.visitor()
    before = configured.target(house.rt, house.row(targets, name="Partner").id)
    send(visitor, address(house), in_flight="2")
    after = configured.target(house.rt, house.row(targets, name="Partner").id)
    assert before is not None
    assert after is not None
    assert (after.settings, after.in_flight) == (before.settings, 2)


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("amount", {"amount": "ten"}, "This must be a number."),
        ("amount", {"amount": "0"}, "at least 1"),
        ("amount", {"amount": "1.5"}, "a whole number"),
        ("amount", {"amount": "1", "unit": "fortnight"}, "Choose one of the units"),
        ("wait", {"mode": "own", "wait": ["later"] * 8}, "This must be a number."),
        ("wait", {"mode": "own", "wait": ["-1"] * 8}, "between nothing and a year"),
        ("in_flight", {"in_flight": "1.5"}, "a whole number"),
        ("in_flight", {"in_flight": "5000"}, "must be at most 1000"),
        ("max_age", {"max_age": "0"}, "must be at least 1"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field(
    house: House, name: str, values: dict[str, Any], said: str
) -> None:
    visitor = house.visitor()
    at = address(house)
    page = send(visitor, at, button="add-limit")
    page = visitor.send(pace_form(page), at, 422, **values)
    assert said in page.text
    assert {one["name"] for one in page.fields if one.get("aria-invalid")} == {name}
    assert house.row(targets, name="Partner").retry == {}


def test_a_limit_in_a_configuration_file_is_read_as_rows(house: House) -> None:
    target = house.row(targets, name="Partner")
    document = {"name": "Partner", "kind": "webhook", "limits": ["90 per 10 seconds"]}
    settings = {"url": "https://p.example/"}
    configure.save_target(
        house.rt, target.project_id, {**document, "settings": settings}, "test", target.id
    )
    page = house.visitor().get(address(house))
    assert given(page, "amount", "every", "unit") == [["90"], ["10"], ["second"]]
