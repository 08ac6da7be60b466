"""Routes: their condition as rows, what it would let through, and the form around it."""

from typing import Any

import pytest

from relay.core.condition_rows import ConditionRow, ConditionRows, schema_of
from relay.services import configure
from relay.store.tables import audit, routes, sources, targets
from tests.web.console.house import House, Visitor
from tests.web.console.pages import Form, Page

ACME = "/console/p/acme"
NEW = f"{ACME}/routes/new"


def route_form(page: Page) -> Form:
    """The form that is saved."""
    return next(form for form in page.forms if form.action == "" and form.method == "post")


def rows_given(page: Page, name: str = "when") -> list[tuple[str, str, str, str]]:
    """Field, name beside it, operator and value of each row that the page shows."""
    values = route_form(page).values
    parts = [
        [value for key, value in values if key == f"{name}.{part}"]
        for part in ("field", "named", "operator", "value")
    ]
    return list(zip(*parts, strict=True))


def filled(*rows: tuple[str, str, str, str], **more: Any) -> dict[str, Any]:
    """What a person fills in: rows as (field, name, operator, value)."""
    fields, names, operators, values = zip(*rows, strict=True)
    return {
        "when.field": list(fields),
        "when.named": list(names),
        "when.operator": list(operators),
        "when.value": list(values),
        **more,
    }


def add_route(visitor: Visitor, source: str = "Quote form", **given: Any) -> Page:
    form = route_form(visitor.get(NEW))
    return visitor.send(form, NEW, **{"from": source, "to": "Partner", **given})


def test_a_route_is_added_changed_and_removed(house: House) -> None:
    visitor = house.visitor()
    page = visitor.get(f"{NEW}?from=Quote+form&to=Partner")
    ends = {"from": "Quote form", "to": "Partner", "settle": "2.5"}
    page = visitor.send(
        route_form(page), NEW, **filled(("/contact/company", "", "is", "Acme"), **ends)
    )
    assert "Quote form → Partner Company is Acme" in page.text
    made = house.row(routes, source_id=house.row(sources, name="Quote form").id)
    lead = house.rt.catalog.lead
    wanted = ConditionRows((ConditionRow("/contact/company", "is", "Acme"),))
    assert made.condition == schema_of(wanted, lead)
    assert made.options == {"settle": 2.5, "directives": "carry"}
    address = f"{ACME}/routes/{made.id}"
    page = visitor.get(address)
    assert rows_given(page) == [("/contact/company", "", "is", "Acme")]
    events = ["created", "updated"]
    empty = filled(("", "", "is", ""), settle="", on=events, directives="obey")
    visitor.send(route_form(page), address, **empty)
    made = house.row(routes, id=made.id)
    assert (made.condition, made.events) == ({}, events)
    assert made.options["directives"] == "obey"
    assert "obeys directives" in visitor.get(f"{ACME}/routes/").text
    visitor.send(route_form(visitor.get(address)), address, directives=None)
    assert house.row(routes, id=made.id).options["directives"] == "carry"
    page = visitor.send(visitor.get(address).form("/remove"))
    assert "The route is gone." in page.text
    visitor.get(address, 404)


def test_rows_are_added_and_removed_without_scripts_and_nothing_is_saved(house: House) -> None:
    visitor = house.visitor()
    page = visitor.get(NEW)
    assert rows_given(page) == [("", "", "is", "")]
    first = filled(("/contact/company", "", "is", "Acme"))
    page = visitor.send(route_form(page), NEW, button="add", **first)
    assert rows_given(page) == [("/contact/company", "", "is", "Acme"), ("", "", "is", "")]
    assert "all of these" in page.text
    two = filled(("/contact/company", "", "is", "Acme"), ("/form/fields/", "Rooms", "above", "3"))
    page = visitor.send(route_form(page), NEW, button="add", **two, **{"when.join": "any"})
    assert len(rows_given(page)) == 3
    assert dict(route_form(page).values)["when.join"] == "any"
    page = visitor.send(route_form(page), NEW, button="remove 0")
    assert rows_given(page) == [("/form/fields/", "Rooms", "above", "3"), ("", "", "is", "")]
    assert len(house.ids(routes)) == 2


def test_the_operators_are_those_of_the_chosen_field(house: House) -> None:
    visitor = house.visitor()
    page = visitor.get(NEW)
    row = filled(("/consent/marketing", "", "is", ""))
    data = [*route_form(page).values, ("when.act", "draw")]
    body: dict[str, Any] = dict(data) | row
    page = Page(visitor.client.post(NEW, data=body).text)
    operators = page.html.partition('name="when.operator"')[2].partition("</select>")[0]
    assert [one for one in ("granted", "denied", "contains") if one in operators] == [
        "granted",
        "denied",
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("/form/fields/", "", "is", "x"), "Choose a field of the lead."),
        (("", "", "is", "x"), "Choose a field of the lead."),
        (("/contact/email", "", "above", "3"), "This field cannot be asked that."),
        (("/form/fields/", "Rooms", "above", "many"), "Write a number"),
        (("/times/submitted", "", "after", "tomorrow"), "Write a day as 2026-03-31."),
    ],
)
def test_a_row_that_means_nothing_is_named_at_the_row(
    house: House, row: tuple[str, str, str, str], said: str
) -> None:
    visitor = house.visitor()
    given = filled(("/contact/email", "", "filled", ""), row, to="Partner")
    page = visitor.send(route_form(visitor.get(NEW)), NEW, 422, **given)
    assert f"Row 2: {said}" in page.text
    assert page.link("Which leads") == "#f-when"
    assert "f-when" in page.ids
    assert [one["name"] for one in page.fields if one.get("aria-invalid")] == [
        "when.field",
        "when.value",
    ]
    again = rows_given(page)[1]
    assert (again[0], again[1], again[3]) == (row[0], row[1], row[3])
    assert len(house.ids(routes)) == 2


def test_a_condition_that_rows_cannot_say_stays_as_it_is(house: House) -> None:
    visitor = house.visitor()
    route = house.row(routes, source_id=house.row(sources, name="Website").id)
    own = {"properties": {"contact": {"required": ["email"]}}, "required": ["contact"]}
    document = {"from": "Website", "to": "Sales CRM", "when": own}
    configure.save_route(house.rt, route.project_id, document, "test", route.id)
    address = f"{ACME}/routes/{route.id}"
    page = visitor.get(address)
    assert '"required"' in dict(route_form(page).values)["when"]
    visitor.send(route_form(page), address, settle="5")
    assert house.row(routes, id=route.id).condition == own
    assert "by a JSON Schema of its own" in visitor.get(f"{ACME}/routes/").text
    page = visitor.send(route_form(visitor.get(address)), address, button="rows")
    assert "Rows cannot say this" in page.text
    assert '"required"' in dict(route_form(page).values)["when"]


def test_rows_can_be_seen_as_json_and_back(house: House) -> None:
    visitor = house.visitor()
    rows = filled(("/contact/company", "", "one_of", "Acme, Beta"))
    page = visitor.send(route_form(visitor.get(NEW)), NEW, button="json", **rows)
    assert "(?i:Acme|Beta)" in dict(route_form(page).values)["when"]
    page = visitor.send(route_form(page), NEW, button="rows")
    assert rows_given(page) == [("/contact/company", "", "one_of", "Acme, Beta")]


def test_json_that_is_no_condition_is_named_and_kept(house: House) -> None:
    visitor = house.visitor()
    for typed in ("{", '{"type": "nothing"}'):
        given = {"to": "Partner", "when.mode": "json", "when": typed}
        page = visitor.send(route_form(visitor.get(NEW)), NEW, 422, **given)
        assert [one["name"] for one in page.fields if "aria-invalid" in one] == ["when"]
        assert dict(route_form(page).values)["when"] == typed
        given["act"] = "preview"
        visitor.send(route_form(page), NEW, 422, **given)


def leads_of_a_week(house: House) -> None:
    house.lead(name="Ada Example", email="ada@example.com", company="Acme", Rooms="4")
    house.lead(name="Bob Example", email="bob@example.com", company="Acme", Rooms="2")
    house.lead(name="Eve Example", email="eve@example.com")


def test_before_saving_one_sees_which_leads_would_match_and_which_row_failed(house: House) -> None:
    leads_of_a_week(house)
    visitor = house.visitor()
    rows = filled(("/contact/company", "", "is", "acme"), ("/form/fields/Rooms", "", "above", "3"))
    ends = {"from": "Website", "to": "Partner"}
    page = visitor.send(route_form(visitor.get(NEW)), NEW, button="preview", **rows, **ends)
    assert "1 of the last 3 leads would go" in page.text
    assert "Goes" in page.text
    assert "not ““Rooms” is more than 3” (it is 2)" in page.text
    assert "not “Company is acme” (nothing there)" in page.text
    assert rows_given(page)[0] == ("/contact/company", "", "is", "acme")
    assert len(house.ids(routes)) == 2


def test_a_lead_that_matches_and_is_skipped_all_the_same_says_why(house: House) -> None:
    project = house.row(sources, name="Website").project_id
    ads = {"name": "Ads", "kind": "meta_conversions"}
    settings = {"dataset_id": "1234567890", "access_token": "x" * 20}
    configure.save_target(house.rt, project, {**ads, "settings": settings}, "test")
    house.lead(name="Ada Example", email="ada@example.com")
    visitor = house.visitor()
    given = {"from": "Website", "to": "Ads"}
    page = visitor.send(route_form(visitor.get(NEW)), NEW, button="preview", **given)
    assert "0 of the last 1 lead would go" in page.text
    assert "Matches, but is skipped" in page.text
    assert "consent never asked" in page.text


def test_a_viewer_sees_what_a_route_does_and_no_personal_data(house: House) -> None:
    leads_of_a_week(house)
    route = house.row(routes, target_id=house.row(targets, name="Sales CRM").id)
    rows = ConditionRows((ConditionRow("/form/fields/Rooms", "above", "3"),))
    document = {
        "from": "Website",
        "to": "Sales CRM",
        "when": schema_of(rows, house.rt.catalog.lead),
    }
    configure.save_route(house.rt, route.project_id, document, "test", route.id)
    viewer = house.visitor("vera@example.com", "viewer")
    page = viewer.get(f"{ACME}/routes/{route.id}")
    assert "“Rooms” is more than 3" in page.text
    assert "1 of the last 3 leads would go" in page.text
    for personal in ("Ada", "Bob", "example.com", "(it is"):
        assert personal not in page.text.replace("vera@example.com", "")
    assert not [form for form in page.forms if "/routes/" in form.action]
    assert "when.field" not in page.html


def test_a_change_of_a_route_is_in_the_audit_log(house: House) -> None:
    visitor = house.visitor()
    add_route(visitor, **filled(("/contact/company", "", "is", "Acme")))
    with house.rt.database.read() as connection:
        newest = connection.execute(audit.select().order_by(audit.c.id.desc()).limit(1)).one()
    assert (newest.action, newest.subject) == ("add", "route Quote form -> Partner")
    assert "Acme" in str(newest.after["when"])
