"""A target's mapping as rows, with the payload of a real lead beside it."""

import html
import json
from typing import Any

import pytest

from relay.core.payload_members import members
from relay.services import configure
from relay.store.tables import targets
from relay.web.console.origins import Origins
from relay.web.console.outgoing_rows import mapping_of, rows_of
from tests.web.console.house import House, Visitor
from tests.web.console.pages import Form, Page

ACME = "/console/p/acme"
BREVO = {"api_key": "xkeysib-" + "0" * 40}


@pytest.fixture
def address(house: House) -> str:
    """The mapping page of a Brevo target."""
    project = house.row(targets, name="Sales CRM").project_id
    document = {"name": "Brevo", "kind": "brevo", "settings": BREVO}
    made = configure.save_target(house.rt, project, document, "test")
    return f"{ACME}/targets/{made}/mapping"


def mapping_form(page: Page) -> Form:
    return next(form for form in page.forms if form.action == "" and form.method == "post")


def rows_given(page: Page) -> dict[str, tuple[str, str, str]]:
    """How, field and text of each member that the page shows."""
    values = mapping_form(page).values
    parts = [[v for k, v in values if k == name] for name in ("member", "how", "field", "text")]
    return {member: (how, field, text) for member, how, field, text in zip(*parts, strict=True)}


def filled(page: Page, *, new: str = "", **changed: tuple[str, str, str]) -> dict[str, Any]:
    """The form with other rows; `new` is the member of the spare one, the last."""
    rows = rows_given(page) | {name.replace("__", "/"): row for name, row in changed.items()}
    if new:
        rows[new] = rows.pop("/new")
        del rows[""]
    hows, fields, texts = zip(*rows.values(), strict=True)
    return {"member": list(rows), "how": list(hows), "field": list(fields), "text": list(texts)}


def mapping(house: House) -> Any:
    return house.row(targets, name="Brevo").mapping


def payload(page: Page) -> Any:
    """What the page says would be sent."""
    text = page.html.partition('id="outcome"')[2].partition("<pre")[2]
    return json.loads(html.unescape(text.partition(">")[2].partition("</pre>")[0]))


def test_each_member_says_where_its_value_comes_from(house: House, address: str) -> None:
    house.lead(name="Ada Example", email="ada@example.com", company="Engines")
    page = house.visitor().get(address)
    assert "It needs an e-mail or a phone number." in page.text
    assert rows_given(page)["/email"] == ("usual", "", "")
    assert "Contact · E-mail" in page.text
    assert "Form · Form name given by hand or else Form · Form name" in page.text
    assert payload(page)["email"] == "ada@example.com"
    assert payload(page)["attributes"]["COMPANY"] == "Engines"
    assert "$lead" not in payload(page)
    assert "It is what Brevo takes." in page.text


def test_rows_are_saved_as_the_same_document_and_come_back(house: House, address: str) -> None:
    house.lead(name="Ada Example", email="ada@example.com", **{"Monthly budget": "900"})
    visitor = house.visitor()
    page = visitor.get(address)
    given = filled(
        page,
        new="BUDGET",
        __new=("field", "Form field: Monthly budget", ""),
        __ext_id=("field", "Identifiers given by the relay · Public id", ""),
        __attributes__COMPANY=("fixed", "", "Website"),
        __attributes__JOB_TITLE=("template", "", "[job_title]{unknown} of [company]{no company}"),
        __attributes__CITY=("nothing", "", ""),
        __attributes__REGION=("json", "", '["/contact/address/region", "/tokens/state"]'),
    )
    page = visitor.send(mapping_form(page), address, **given)
    assert "Saved." in page.text
    assert mapping(house) == {
        "/BUDGET": "/form/fields/Monthly budget",
        "/ext_id": "/ids/public_id",
        "/attributes/COMPANY": {"value": "Website"},
        "/attributes/JOB_TITLE": {"template": "[job_title]{unknown} of [company]{no company}"},
        "/attributes/CITY": None,
        "/attributes/REGION": ["/contact/address/region", "/tokens/state"],
    }
    rows = rows_given(page)
    assert rows["/BUDGET"] == ("field", "Form field: Monthly budget", "")
    assert rows["/attributes/COMPANY"] == ("fixed", "", "Website")
    assert rows["/attributes/CITY"] == ("nothing", "", "")
    assert rows["/attributes/REGION"][0] == "json"
    shown = payload(page)
    assert shown["BUDGET"] == "900"
    assert shown["attributes"]["JOB_TITLE"] == "unknown of no company"
    before = mapping(house)
    visitor.send(mapping_form(page), address)
    assert mapping(house) == before


def test_a_preview_shows_the_payload_and_saves_nothing(house: House, address: str) -> None:
    house.lead(name="Ada Example", email="ada@example.com")
    house.lead(name="Bob Example", email="bob@example.com")
    visitor = house.visitor()
    page = visitor.get(address)
    given = filled(page, __ext_id=("template", "", "lead of [first_name]"))
    page = visitor.send(mapping_form(page), address, button="preview", **given)
    assert payload(page)["ext_id"] == "lead of Bob"
    ada = next(value for value, words in options(page, "lead") if words.startswith("Ada Example"))
    page = visitor.send(mapping_form(page), address, button="preview", lead=ada)
    assert payload(page)["ext_id"] == "lead of Ada"
    page = visitor.send(mapping_form(page), address, button="preview", lead="sample")
    assert payload(page)["email"] == "test.lead@example.com"
    assert mapping(house) == {}


def options(page: Page, name: str) -> list[tuple[str, str]]:
    """The choices of a field."""
    part = page.html.partition(f'name="{name}"')[2].partition("</select>")[0]
    return [
        (one.partition('value="')[2].partition('"')[0], one.partition(">")[2].partition("<")[0])
        for one in part.split("<option")[1:]
    ]


def test_live_only_the_outcome_is_sent(house: House, address: str) -> None:
    house.lead(name="Ada Example", email="ada@example.com")
    visitor = house.visitor()
    data: dict[str, Any] = {}
    for name, value in mapping_form(visitor.get(address)).values:
        data.setdefault(name, []).append(value)
    answer = visitor.client.post(
        address, data=data | {"act": "preview"}, headers={"HX-Request": "true"}
    )
    part = Page(answer.text)
    assert "html" not in part.tags
    assert payload(part)["email"] == "ada@example.com"
    assert 'id="now-1" class="now" hx-swap-oob="true"' in answer.text


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("field", "", ""), "Choose a field of the lead."),
        (("field", "Contact · Shoe size", ""), "A lead has no “Contact · Shoe size”."),
        (("field", "/contact/nothing", ""), "A lead has no “/contact/nothing”."),
        (("template", "", " "), "Write the text"),
        (("fixed", "", ""), "Write the value."),
        (("json", "", "{"), "This is not valid JSON"),
        (("json", "", '{"value": 1, "template": "x"}'), "/ext_id"),
    ],
)
def test_a_row_that_says_nothing_is_named_there(
    house: House, address: str, row: tuple[str, str, str], said: str
) -> None:
    visitor = house.visitor()
    page = visitor.get(address)
    page = visitor.send(mapping_form(page), address, 422, **filled(page, __ext_id=row))
    assert said in page.text
    wrong = [one for one in page.fields if one.get("aria-invalid")]
    assert [one["aria-label"] for one in wrong] == ["Where Ext ID comes from"]
    assert rows_given(page)["/ext_id"] == row
    assert mapping(house) == {}


def test_what_the_target_would_refuse_is_said_at_its_member(house: House, address: str) -> None:
    visitor = house.visitor()
    page = visitor.get(address)
    given = filled(page, __email=("nothing", "", ""), __attributes__SMS=("fixed", "", "call me"))
    page = visitor.send(mapping_form(page), address, button="preview", **given)
    assert "Brevo would not be sent this." in page.text
    sms = page.html.partition('value="/attributes/SMS"')[2].partition('class="member"')[0]
    assert 'class="wrong"' in sms
    assert "does not match" in html.unescape(sms)


def test_the_whole_mapping_can_be_written_as_json(house: House, address: str) -> None:
    visitor = house.visitor()
    form = mapping_form(visitor.get(address))
    page = visitor.send(form, address, button="json", json='{"/ext_id": {"value": 7}}')
    assert mapping(house) == {"/ext_id": {"value": 7}}
    assert rows_given(page)["/ext_id"] == ("json", "", '{"value": 7}')
    for typed in ("{", '["a"]', '{"/ext_id": "/contact/nothing"}', '{"ext": null}'):
        page = visitor.send(mapping_form(page), address, 422, button="json", json=typed)
        assert [one["name"] for one in page.fields if one.get("aria-invalid")][-1] == "json"
        assert dict(mapping_form(page).values)["json"] == typed
    assert mapping(house) == {"/ext_id": {"value": 7}}


def test_a_webhook_that_is_mapped_sends_its_members_alone(house: House) -> None:
    house.lead(name="Ada Example", email="ada@example.com")
    visitor = house.visitor()
    address = f"{ACME}/targets/{house.row(targets, name='Partner').id}/mapping"
    page = visitor.get(address)
    assert "The whole lead is sent. It goes in an envelope." in page.text
    given = filled(page, new="Email", __new=("field", "Contact · E-mail", ""))
    page = visitor.send(mapping_form(page), address, **given)
    assert house.row(targets, name="Partner").mapping == {"/Email": "/contact/email"}
    assert payload(page) == {"Email": "ada@example.com"}


def test_every_kinds_rows_say_what_its_fixtures_map(house: House) -> None:
    """Whatever a mapping says, its rows say the same."""
    origins = Origins.of(house.rt.catalog.lead)
    for name, kind in house.rt.catalog.targets.items():
        known = members(kind.adapter.schema)
        asked = {
            **{one.pointer: "/contact/email" for one in known[::4]},
            **{one.pointer: {"value": one.default or "x"} for one in known[1::4]},
            **{one.pointer: {"template": "a [b]{c}"} for one in known[2::4]},
            "/own/0": ["/contact/email", "/tokens/a b"],
            "/other": {"value": {"deep": [1, None]}},
            "/form": "/form/fields/A: b",
            "/flag": "/consent/marketing",
            "/all": "",
            "/blanks": "/form/fields/two  blanks ",
            "/none": None,
            "/odd": {"template": " "},
            "/empty": {"value": ""},
        }
        rows = rows_of(asked, known, origins)
        assert mapping_of(rows, known, origins) == (asked, {}), name


def test_a_visitor_of_another_role_may_not(house: House, address: str) -> None:
    operator: Visitor = house.visitor("otto@example.com", "operator")
    operator.get(address, 403)
