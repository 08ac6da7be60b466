"""Fix and release: a submission that could not be read, its mapping, and all with its reason."""

import json
from typing import Any
from uuid import UUID

import pytest

from relay.services import releasing, same_reason
from relay.store.tables import bodies, leads, sources, submissions
from tests.web.console.house import House, Visitor
from tests.web.console.pages import Page

SHELVES = "/console/p/acme/quarantine/"
REASON = '"form_response" is a required property'


def strange(house: House, many: int = 1, **more: Any) -> list[UUID]:
    """What the Typeform source was sent by something else; its signature counted as good."""
    for number in range(many):
        person = {"mail": f"ada{number}@example.com", "who": f"Ada {number}", **more}
        house.submit(body=json.dumps({"person": person}))
    found = house.ids(submissions)[-many:]
    quote = house.row(sources, name="Quote form").id
    reasons = [{"place": "", "message": REASON}]
    values = {"source_id": quote, "state": "quarantined", "document": None, "reasons": reasons}
    with house.rt.database.write() as connection:
        rows = submissions.update().where(submissions.c.id.in_(found))
        connection.execute(rows.values(**values, lead_key=None))
        connection.execute(bodies.update().values(source_id=quote))
    return found


def fixed(visitor: Visitor, page: Page, do: str, status: int = 200, **given: str) -> Page:
    form = page.form("/fix/")
    names = [value for name, value in form.values if name == "answer"]
    places = [given.get(name.rpartition("/")[2], "") for name in names]
    return visitor.send(form, status=status, button=do, answer=names, place=places)


def states(house: House) -> list[str]:
    return [house.row(submissions, id=one).state for one in house.ids(submissions)]


def test_it_is_fixed_beside_its_payload_and_released(house: House) -> None:
    (submission,) = strange(house)
    visitor = house.visitor()
    page = visitor.get(f"{SHELVES}{submission}")
    assert "say on it where its values go" in page.text
    page = visitor.get(page.link("Fix the mapping on it"))
    for words in (REASON, '"mail": "ada0@example.com"', "It cannot be read as a lead.", "Nowhere"):
        assert words in page.text, words
    page = fixed(visitor, page, "preview", mail="E-mail")
    assert "E-mail ada0@example.com" in page.text
    assert "Contact · E-mail · your mapping" in page.text
    assert house.row(sources, name="Quote form").mapping == {}
    page = fixed(visitor, page, "one", mail="E-mail", who="Full name")
    assert "The mapping is saved." in page.text
    assert "1 released: it goes on as a lead." in page.text
    house.work()
    assert house.row(leads).email == "ada0@example.com"
    assert house.row(sources, name="Quote form").mapping == {
        "/person/mail": "/contact/email",
        "/person/who": "/contact/full_name",
    }


def test_a_script_gets_the_lead_alone(house: House) -> None:
    (submission,) = strange(house)
    visitor = house.visitor()
    form = visitor.get(f"{SHELVES}{submission}/fix/").form("/fix/")
    data = dict(form.values) | {"answer": "/person/mail", "place": "E-mail", "do": "preview"}
    answer = visitor.client.post(form.action, data=data, headers={"HX-Request": "true"})
    assert "ada0@example.com" in answer.text
    assert "<form" not in answer.text


def test_all_with_the_same_reason_go_with_it(house: House) -> None:
    strange(house, 3)
    house.submit(body="{")  # for another reason
    visitor = house.visitor()
    page = visitor.get(SHELVES)
    assert "3 “form_response” is missing Quote form" in page.text
    page = visitor.get(f"{SHELVES}{house.ids(submissions)[0]}/fix/")
    page = fixed(visitor, page, "all", mail="E-mail")
    assert "3 released: they go on as leads." in page.text
    assert states(house) == ["received"] * 3 + ["quarantined"]


def test_a_group_says_how_many_can_be_read_before_it_is_released(house: House) -> None:
    strange(house, 3)
    visitor = house.visitor()
    page = visitor.get(visitor.get(SHELVES).link("Release all 3 …"))
    assert "None of the newest 3 can be read" in page.text
    page = visitor.send(page.form("/alike/"))
    assert "0 released" in page.text
    assert "3 still cannot be read as a lead" in page.text
    page = visitor.get(visitor.get(SHELVES).link("Release all 3 …"))
    page = visitor.get(page.link("Fix the mapping"))
    fixed(visitor, page, "one", mail="E-mail")
    page = visitor.get(visitor.get(SHELVES).link("Release all 2 …"))
    assert "The newest 2 can all be read by the mapping that the source has now." in page.text


def test_many_are_released_in_steps_that_can_be_stopped(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releasing, "AT_ONCE", 2)
    monkeypatch.setattr(releasing, "PATIENCE", -1.0)  # each step ends after its first few
    ids = strange(house, 5)
    visitor = house.visitor()
    page = fixed(visitor, visitor.get(f"{SHELVES}{ids[-1]}/fix/"), "all", mail="E-mail")
    assert "2 released" in page.text
    assert "3 left" in page.text
    assert states(house).count("received") == 2
    page = visitor.send(page.form("/alike/"))
    assert "4 released" in page.text
    assert "1 left" in page.text
    page = visitor.send(page.form("/alike/"))
    assert "Done 5 released: they go on as leads." in page.text
    assert not [form for form in page.forms if form.action.endswith("/alike/")]
    assert states(house) == ["received"] * 5


def test_what_still_cannot_be_read_is_tried_once_and_stays(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releasing, "AT_ONCE", 2)
    strange(house, 3)
    strange(house, 2, mail="")
    visitor = house.visitor()
    page = fixed(
        visitor, visitor.get(f"{SHELVES}{house.ids(submissions)[0]}/fix/"), "all", mail="E-mail"
    )
    assert "3 released" in page.text
    assert "2 still cannot be read as a lead" in page.text
    assert states(house) == ["received"] * 3 + ["quarantined"] * 2


def test_reasons_are_one_but_for_their_numbers(house: House) -> None:
    for number in range(3):
        house.submit(body="[" * (number + 1))
    visitor = house.visitor()
    page = visitor.get(SHELVES)
    assert "Release all 3 …" in page.text
    address = next(one for one, said in page.links if said.startswith("not JSON"))
    page = visitor.get(address)
    assert "Only those with the reason" in page.text
    assert page.text.count("Choose") <= 4
    assert len([one for one in page.fields if one.get("name") == "id"]) == 3


def test_a_body_that_is_none_is_not_for_a_mapping(house: House) -> None:
    submission = house.submit(body="this is { no json")
    page = house.visitor().get(f"{SHELVES}{submission}")
    assert "which no mapping can help" in page.text
    assert "Fix the mapping" not in page.text


def test_a_wrong_word_releases_nothing(house: House) -> None:
    (submission,) = strange(house)
    visitor = house.visitor()
    page = fixed(
        visitor, visitor.get(f"{SHELVES}{submission}/fix/"), "one", status=422, mail="Emial"
    )
    assert "This was not saved." in page.text
    assert "A lead has no field “Emial”" in page.text
    assert states(house) == ["quarantined"]


def test_what_is_not_in_quarantine_any_more_leads_back_to_it(house: House) -> None:
    submission = house.submit(email="ada@example.com")
    page = house.visitor().client.get(f"{SHELVES}{submission}/fix/")
    assert page.headers["Location"] == f"{SHELVES}{submission}"


def test_roles_see_and_do_what_is_theirs(house: House) -> None:
    submission, _ = strange(house, 2)
    operator = house.visitor("operator@example.com", "operator")
    page = operator.get(f"{SHELVES}{submission}")
    assert "Fix the mapping" not in page.text
    assert "ada0@example.com" in page.text
    operator.get(f"{SHELVES}{submission}/fix/", 403)
    operator.get(operator.get(SHELVES).link("Release all 2 …"))
    viewer = house.visitor("viewer@example.com", "viewer")
    page = viewer.get(f"{SHELVES}{submission}")
    assert "ada0@example.com" not in page.html
    assert "What it says is shown to operators" in page.text
    viewer.get(f"{SHELVES}{submission}/raw", 403)
    viewer.get(f"{SHELVES}alike/", 403)
    assert "Release" not in viewer.get(SHELVES).text


def test_a_failing_integration_tells_viewers_no_values(house: House) -> None:
    (submission,) = strange(house)
    said = "the typeform integration failed: ValueError('Ada Lovelace')"
    with house.rt.database.write() as connection:
        connection.execute(submissions.update().values(reasons=[{"place": "", "message": said}]))
    viewer = house.visitor("viewer@example.com", "viewer")
    for address in (SHELVES, f"{SHELVES}{submission}"):
        page = viewer.get(address)
        assert "the typeform integration failed" in page.text
        assert "Lovelace" not in page.html
    page = house.visitor().get(f"{SHELVES}{submission}")
    assert "Lovelace" in page.text
    assert "The mistake is ours" in page.text


def test_newer_ones_announce_themselves(house: House) -> None:
    visitor = house.visitor()
    first = house.submit(body="{")
    house.submit(body="{")
    tail = f"{SHELVES}newer?shelf=quarantined&newer_than={first}"
    assert "1 new · show" in visitor.get(tail).text
    visitor.get(f"{tail}&seen=1", 204)
    house.app.test_client().post("/in/website-key-1", data=b"GIF", content_type="image/gif")
    tail = f"{SHELVES}newer?shelf=turned-away&newer_than={first}"
    assert "1 new · show" in visitor.get(tail).text


@pytest.mark.parametrize("reasons", [[], ["a word"], [{"place": "", "message": "\ud800"}]])
def test_every_reason_has_a_key(reasons: Any) -> None:
    assert len(same_reason.key_of(reasons)) == 16
