"""What a source refuses, as rows, held against what came lately before it is saved."""

from typing import Any
from uuid import UUID

import pytest

from relay.services import configure
from relay.store.tables import leads, sources, submissions
from tests.web.console.house import House, Visitor
from tests.web.console.pages import Form, Page

ACME = "/console/p/acme"


def address(house: House) -> str:
    return f"{ACME}/sources/{house.row(sources, name='Website').id}/rules/"


def rules_of(house: House) -> Any:
    return house.row(sources, name="Website").refuse


def form_of(page: Page) -> Form:
    return page.form("/rules/")


def with_rule(house: House, visitor: Visitor) -> Page:
    """The page with one empty rule on it."""
    return visitor.send(form_of(visitor.get(address(house))), button="add")


FILLED = {
    "refuse__0__when__field": "/contact/company",
    "refuse__0__when__operator": "is",
    "refuse__0__when__value": "Rival Ltd",
    "refuse__0__reason": "a rival",
}


def test_a_rule_is_added_tried_and_saved(house: House) -> None:
    house.submit(name="Ada Example", company="Engines Ltd")
    house.submit(name="Bob Rival", company="Rival Ltd")
    house.work()
    visitor = house.visitor()
    page = visitor.get(address(house))
    assert "Nothing is refused" in page.text
    page = visitor.send(form_of(with_rule(house, visitor)), button="preview", **FILLED)
    assert "1 of the last 2 would be refused" in page.text
    assert "Bob Rival" in page.text
    assert "Refused : a rival" in page.text
    assert rules_of(house) == []
    visitor.send(form_of(page))
    assert [rule["reason"] for rule in rules_of(house)] == ["a rival"]
    house.submit(name="Bert Rival", company="rival ltd")
    house.work()
    refused = house.row(submissions, state="refused")
    assert refused.reasons[0]["message"] == "a rival"
    page = visitor.get(f"{ACME}/quarantine/{refused.id}")
    assert "Releasing it lets it past the rule." in page.text
    page = visitor.get(page.link("Change the source's rules"))
    assert dict(form_of(page).values)["refuse.0.when.value"] == "Rival Ltd"


def test_rules_are_taken_away_and_keep_their_order(house: House) -> None:
    source = house.row(sources, name="Website")
    named = [{"reason": f"R{number}", "when": {"required": [f"k{number}"]}} for number in range(3)]
    _configure(house, source.id, refuse=named, mapping={"a": "drop"})
    visitor = house.visitor()
    page = visitor.send(form_of(visitor.get(address(house))), button="remove refuse.1")
    assert len(rules_of(house)) == 3
    visitor.send(form_of(page))
    assert [rule["reason"] for rule in rules_of(house)] == ["R0", "R2"]
    assert rules_of(house)[1]["when"] == {"required": ["k2"]}  # no rows say this: kept as it is
    assert house.row(sources, id=source.id).mapping == {"a": "drop"}


def test_row_buttons_change_the_rows_and_save_nothing(house: House) -> None:
    visitor = house.visitor()
    page = with_rule(house, visitor)
    answer = visitor.client.post(
        address(house),
        data=dict(form_of(page).values) | {"refuse.0.when.act": "add", "refuse.0.reason": "kept"},
    )
    assert answer.text.count('name="refuse.0.when.field"') == 2
    assert 'value="kept"' in answer.text
    assert rules_of(house) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"refuse__0__reason": ""}, "Say the reason in a few words"),
        ({"refuse__0__when__field": "", "refuse__0__when__value": ""}, "refuse every lead"),
    ],
)
def test_a_rule_that_says_too_little_is_not_saved(
    house: House, changed: dict[str, str], said: str
) -> None:
    visitor = house.visitor()
    form = form_of(with_rule(house, visitor))
    page = visitor.send(form, status=422, **(FILLED | changed))
    assert said in page.text
    assert rules_of(house) == []


def test_what_somebody_else_has_saved_is_not_undone(house: House) -> None:
    visitor = house.visitor()
    form = form_of(with_rule(house, visitor))
    other = [{"reason": "theirs", "when": {"required": ["x"]}}]
    _configure(house, house.row(sources, name="Website").id, refuse=other)
    page = visitor.send(form, status=422, **FILLED)
    assert "Somebody has changed it since you opened it." in page.text
    assert rules_of(house) == other


def test_settings_leave_the_rules_alone(house: House) -> None:
    source = house.row(sources, name="Website")
    rule = [{"reason": "no", "when": {"required": ["x"]}}]
    _configure(house, source.id, refuse=rule)
    visitor = house.visitor()
    edit = f"{ACME}/sources/{source.id}/edit"
    form = next(form for form in visitor.get(edit).forms if form.action == "")
    visitor.send(form, edit, region="DE")
    assert rules_of(house) == rule
    assert house.ids(leads) == []


@pytest.mark.parametrize("role", ["operator", "viewer"])
def test_only_editors_see_it(house: House, role: str) -> None:
    visitor = house.visitor(f"{role}@example.com", role)
    visitor.get(address(house), 403)


def _configure(house: House, source: UUID, **parts: Any) -> None:
    project = house.row(sources, id=source).project_id
    document = {"name": "Website", "kind": "generic", **parts}
    configure.save_source(house.rt, project, document, "test", source)
