"""The mapping editor: what was sent, where it goes and why, what another mapping makes of it."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from werkzeug.datastructures import MultiDict

from relay.services import configure
from relay.store.tables import audit, bodies, leads, sources, submissions
from tests.web.console.house import House, Visitor
from tests.web.console.pages import Form, Page

ACME = "/console/p/acme"

ANSWERS = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "Who pays you?": "Engines Ltd",
    "Favourite engine": "analytical",
    "csrfmiddlewaretoken": "abc",
}


def source_id(house: House, name: str = "Website") -> UUID:
    found: UUID = house.row(sources, name=name).id
    return found


def editor(house: House, visitor: Visitor, name: str = "Website", **query: Any) -> Page:
    asked = "&".join(f"{key}={value}" for key, value in query.items())
    return visitor.get(f"{ACME}/sources/{source_id(house, name)}/mapping/?{asked}")


def entries(form: Form) -> dict[str, str]:
    """What stands beside each answer."""
    names = [value for name, value in form.values if name == "answer"]
    texts = [value for name, value in form.values if name == "place"]
    return dict(zip(names, texts, strict=True))


def sent(visitor: Visitor, page: Page, do: str, status: int = 200, **changed: str) -> Page:
    """The form is sent with other words beside some answers."""
    form = page.form("/mapping/")
    given = entries(form) | {name.replace("__", " "): text for name, text in changed.items()}
    return visitor.send(
        form, status=status, button=do, answer=list(given), place=list(given.values())
    )


def saved(visitor: Visitor, page: Page, **changed: str) -> Page:
    """Saved, also where that first shows what would be different."""
    page = sent(visitor, page, "save", **changed)
    assert "Nothing is saved yet." in page.text
    return sent(visitor, page, "save")


def test_every_answer_shows_its_value_where_it_goes_and_why(house: House) -> None:
    house.submit(**ANSWERS)
    page = editor(house, house.visitor())
    for words in (
        "name Ada Lovelace",
        "Contact · Full name · its name",
        "email ada@example.com",
        "Contact · E-mail · its name",
        "Form field: Favourite engine · nothing else knows it",
        "Left out · no answer: forgery token",
        "Full name Ada Lovelace",  # the lead beside it
    ):
        assert words in page.text, words
    assert entries(page.form("/mapping/"))["Who pays you?"] == ""


def test_a_draft_shows_the_lead_that_results_and_changes_nothing(house: House) -> None:
    house.submit(**ANSWERS)
    visitor = house.visitor()
    given = {"Who pays you?": "contact · company", "Favourite engine": "Custom tokens: engine"}
    page = sent(visitor, editor(house, visitor), "preview", **given)
    assert "Contact · Company · your mapping" in page.text
    assert "Company Engines Ltd" in page.text
    assert "Custom tokens: engine · your mapping" in page.text
    assert house.row(sources, name="Website").mapping == {}


def test_what_is_asked_by_a_script_is_the_part_alone(house: House) -> None:
    house.submit(**ANSWERS)
    visitor = house.visitor()
    form = editor(house, visitor).form("/mapping/")
    for do, has, lacks in (
        ("preview", 'id="why-0"', "<form"),
        ("compare", "Nothing would be different", "<form"),
        ("sample", 'id="editor"', "<html"),
    ):
        answer = visitor.client.post(
            form.action,
            data=MultiDict([*form.values, ("do", do)]),
            headers={"HX-Request": "true"},
        )
        assert answer.status_code == 200
        assert has in answer.text, do
        assert lacks not in answer.text, do


def test_a_mapping_is_saved_in_words_and_used(house: House) -> None:
    house.submit(**ANSWERS)
    visitor = house.visitor()
    given = {
        "Who pays you?": "Company",
        "Favourite engine": "Leave it out",
        "name": "Form field",
        "email": "Form field: Mail of work",
    }
    draft = sent(visitor, editor(house, visitor), "preview", **given)
    assert "Left out · your mapping; it is masked in what is kept" in draft.text
    page = saved(visitor, editor(house, visitor), **given)
    assert "Saved. It counts for what arrives from now on." in page.text
    assert house.row(sources, name="Website").mapping == {
        "Who pays you?": "/contact/company",
        "Favourite engine": "drop",
        "name": {"field": "name"},
        "email": {"field": "Mail of work"},
    }
    shown = entries(page.form("/mapping/"))
    assert shown["Who pays you?"] == "Contact · Company"
    assert shown["email"] == "Form field: Mail of work"
    house.work()
    house.lead(**{"Who pays you?": "Analytical Ltd"})
    assert [house.row(leads, id=one).company for one in house.ids(leads)] == [
        None,
        "Analytical Ltd",
    ]
    with house.rt.database.read() as connection:
        noted = connection.execute(audit.select().order_by(audit.c.id)).all()[-1]
    assert noted.subject == "source Website"
    assert "mapping" not in noted.before
    assert noted.after["mapping"]["Favourite engine"] == "drop"


def test_an_entry_is_taken_away_and_another_added(house: House) -> None:
    _map(house, {"Gone?": "/contact/company", "email": "/contact/email"})
    house.submit(**ANSWERS)
    visitor = house.visitor()
    page = editor(house, visitor)
    assert entries(page.form("/mapping/"))["Gone?"] == "Contact · Company"
    page = sent(visitor, page, "save", **{"Gone?": "", "New one": "/tokens/new"})
    assert "Saved." in page.text  # at once, for it changes nothing in what came before
    assert house.row(sources, name="Website").mapping == {
        "email": "/contact/email",
        "New one": "/tokens/new",
    }


def test_what_is_not_shown_keeps_its_place(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relay.web.console.mapping_form.MOST_ROWS", 1)
    _map(house, {"email": "/contact/email"})
    house.submit(**ANSWERS)
    visitor = house.visitor()
    page = editor(house, visitor)
    assert "4 more answers are not shown" in page.text
    saved(visitor, page, name="Company")
    assert house.row(sources, name="Website").mapping == {
        "name": "/contact/company",
        "email": "/contact/email",
    }


def test_words_that_name_no_place_are_said_where_they_stand(house: House) -> None:
    house.submit(**ANSWERS)
    visitor = house.visitor()
    page = sent(visitor, editor(house, visitor), "save", 422, name="Contact · Emial")
    assert "A lead has no field “Contact · Emial”" in page.text
    assert entries(page.form("/mapping/"))["name"] == "Contact · Emial"
    assert house.row(sources, name="Website").mapping == {}


def test_what_somebody_else_has_saved_meanwhile_is_not_undone(house: House) -> None:
    house.submit(**ANSWERS)
    visitor = house.visitor()
    page = editor(house, visitor)
    _map(house, {"name": "/contact/company"})
    page = sent(visitor, page, "compare", email="Company")
    page = sent(visitor, page, "save", 422)
    assert "Somebody has changed it since you opened it." in page.text
    assert house.row(sources, name="Website").mapping == {"name": "/contact/company"}


def test_a_kind_without_submissions_shows_its_own_example(house: House) -> None:
    visitor = house.visitor()
    page = editor(house, visitor, "Quote form")
    assert "Nothing has arrived here yet: this is an example of what Typeform sends." in page.text
    assert "its type, email" in page.text
    refs = [name for name in entries(page.form("/mapping/")) if name]
    given = {refs[0]: "Custom tokens: first"}
    page = sent(visitor, page, "preview", **given)
    assert "Custom tokens: first · your mapping" in page.text


def test_references_name_answers_where_there_are_any(house: House) -> None:
    form = [
        {"id": "a1", "ref": "who-pays", "label": "Who pays you?", "value": "Engines Ltd"},
        {"id": "b2", "label": "Why?", "value": "because"},
        {"id": "c3", "label": "Twice", "value": "1"},
        {"id": "d4", "label": "Twice", "value": "2"},
    ]
    house.submit(body=json.dumps({"answers": form}))
    page = editor(house, house.visitor())
    assert [name for name in entries(page.form("/mapping/")) if name] == [
        "who-pays",
        "Why?",
        "c3",
        "d4",
    ]


def test_another_submission_can_be_chosen_and_keeps_the_draft(house: House) -> None:
    first = house.submit(name="Ada Lovelace", Colour="red")
    house.submit(name="Berta Benz")
    visitor = house.visitor()
    page = editor(house, visitor)
    assert "Berta Benz" in page.text
    assert "Colour" not in entries(page.form("/mapping/"))
    form = page.form("/mapping/")
    page = visitor.send(
        form, button="preview", sample=first, answer=["name"], place=["Contact · Company"]
    )
    assert "Colour red" in page.text
    assert "Company Ada Lovelace" in page.text
    assert "Colour red" in editor(house, visitor, sample=first).text


def test_a_dry_run_shows_the_differences_in_what_came_before(house: House) -> None:
    for number in range(3):
        house.lead(name=f"N{number} Example", Team=f"Team {number}")
    house.submit(name="No team")
    visitor = house.visitor()
    given = {"Team": "Contact · Company", "No such answer": "/contact/phone"}
    page = sent(visitor, editor(house, visitor), "compare", **given)
    assert "3 of 4 submissions would make another lead." in page.text
    assert "Contact · Company 3" in page.text
    assert "nothing → Team 2" in page.text
    assert "Form field: Team 3" in page.text
    assert "N0 Example · 2 differences" in page.text
    assert visitor.get(page.link("its lead"))
    assert house.row(sources, name="Website").mapping == {}
    page = sent(visitor, page, "save")
    assert "Saved." in page.text


def test_a_dry_run_counts_what_becomes_readable(house: House) -> None:
    house.submit(body=json.dumps({"person": {"mail": "ada@example.com"}}), key="website-key-1")
    quote = house.row(sources, name="Quote form")
    submission = house.ids(submissions)[0]
    _as_if_sent_to(house, submission, quote.id)
    visitor = house.visitor()
    page = editor(house, visitor, "Quote form")
    assert "It cannot be read as a lead." in page.text
    assert [name for name in entries(page.form("/mapping/")) if name] == ["/person/mail"]
    page = sent(visitor, page, "compare", **{"/person/mail": "E-mail"})
    assert "1 could be read that cannot be now." in page.text
    assert "E-mail ada@example.com" in page.text
    page = sent(visitor, page, "save")
    assert "1 of this source are in quarantine" in page.text


@pytest.mark.parametrize(("days", "looked"), [("", 4), ("7", 3), ("1", 2)])
def test_a_dry_run_looks_at_the_span_that_is_chosen(house: House, days: str, looked: int) -> None:
    visitor = house.visitor()
    for ago in (20, 3, 0, 0):
        house.submit(name="Ada Example", Team="A", n=str(ago))
        newest = house.ids(submissions)[-1]
        at = house.rt.clock.now() - timedelta(days=ago, hours=1)
        with house.rt.database.write() as connection:
            rows = submissions.update().where(submissions.c.id == newest)
            connection.execute(rows.values(received_at=at))
    form = editor(house, visitor).form("/mapping/")
    page = visitor.send(form, button="compare", answer=["Team"], place=["Company"], days=days)
    assert f"{looked} of {looked} submissions would make another lead." in page.text


def test_bodies_that_are_gone_are_not_tried(house: House) -> None:
    house.submit(**ANSWERS)
    with house.rt.database.write() as connection:
        connection.execute(bodies.update().values(body=b"", blanked_at=house.rt.clock.now()))
    visitor = house.visitor()
    page = sent(visitor, editor(house, visitor), "compare", name="Company")
    assert "There is nothing to try it on" in page.text


@pytest.mark.parametrize("role", ["operator", "viewer"])
def test_only_editors_see_it(house: House, role: str) -> None:
    house.submit(**ANSWERS)
    visitor = house.visitor(f"{role}@example.com", role)
    visitor.get(f"{ACME}/sources/{source_id(house)}/mapping/", 403)
    assert "Mapping" not in visitor.get(f"{ACME}/sources/{source_id(house)}").text


def test_another_projects_source_and_submission_are_not_shown(house: House) -> None:
    submission = house.submit("beta-form-key", name="Berta of Beta")
    visitor = house.visitor()
    visitor.get(f"{ACME}/sources/{source_id(house, 'Beta form')}/mapping/", 404)
    page = editor(house, visitor, sample=submission)
    assert "Berta of Beta" not in page.text


def _map(house: House, mapping: dict[str, Any]) -> None:
    source = house.row(sources, name="Website")
    document = {"name": "Website", "kind": "generic", "mapping": mapping}
    configure.save_source(house.rt, source.project_id, document, "test", source.id)


def _as_if_sent_to(house: House, submission: UUID, source: UUID) -> None:
    """What a source of another kind was sent: its own kind cannot read it."""
    reasons = [{"place": "", "message": '"form_response" is a required property'}]
    values = {"source_id": source, "state": "quarantined", "document": None, "reasons": reasons}
    with house.rt.database.write() as connection:
        row = submissions.update().where(submissions.c.id == submission)
        connection.execute(row.values(**values, lead_key=None))
        connection.execute(bodies.update().values(source_id=source))
