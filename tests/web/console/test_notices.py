"""Who is told of problems is configured on the screen, and tried out there."""

import json
from typing import Any

import sqlalchemy as sa

from relay.core.problem_sorts import SORTS
from relay.services import configure
from relay.services.elements import config_schema
from relay.services.export import export
from relay.services.looking import look
from relay.store import tables
from tests.peer import Answer
from tests.services.watched import send
from tests.web.console.house import SIGNING, House, Visitor
from tests.web.console.pages import Page

NOTICES = "/console/p/acme/notices/"


def add(house: House, visitor: Visitor, **values: Any) -> Page:
    """Add a webhook that is told."""
    page = visitor.get(visitor.get(NOTICES).link("Webhook"))
    given = {"name": "On call", "settings__url": f"{house.peer.url}/notices"}
    form = next(form for form in page.forms if "name" in dict(form.values))
    at = f"{NOTICES}new/webhook"
    return visitor.send(form, at=at, **{**given, "settings__secret": SIGNING, **values})


def test_somebody_is_told_by_a_webhook(house: House, visitor: Visitor) -> None:
    assert "Nobody is told yet" in visitor.get(NOTICES).text
    page = add(house, visitor)
    assert "Saved. Send a test notice" in page.text
    assert "None yet." in page.text
    house.peer.script(Answer(422, b"no"), Answer(204))
    house.lead(name="Ada")
    look(house.rt)
    assert "Waiting" in visitor.get(NOTICES).text
    send(house.rt, 5)
    said = house.peer.arrivals[-1].json()
    assert said["data"]["title"] == "Acme Heating: Sales CRM rejects leads (422)"
    page = visitor.get(visitor.get(NOTICES).link("On call"))
    assert "Sent" in page.text
    assert "answered" in page.text.lower()
    assert SIGNING not in page.html


def test_a_test_notice_shows_the_conversation(house: House, visitor: Visitor) -> None:
    page = add(house, visitor)
    house.peer.script(Answer(503, b"we are closed"), Answer(200))
    refused = visitor.send(page.form("/try#try"))
    assert "we are closed" in refused.text
    assert "Does not work now" in refused.text
    taken = visitor.send(page.form("/try#try"))
    assert "The notice was taken." in taken.text
    assert house.peer.arrivals[-1].json()["data"]["title"] == "Acme Heating: test notice"


def test_what_they_want_is_chosen_and_kept(house: House, visitor: Visitor) -> None:
    add(house, visitor, sorts=["paused", "silence"], resolved="on", quiet="300")
    page = visitor.get(NOTICES)
    assert "Paused targets, Sources that have gone silent, also when they are over" in page.text
    [notice] = export(house.rt, "acme")["projects"][0]["notices"]
    assert notice == {
        "name": "On call",
        "kind": "webhook",
        "settings": {
            "url": f"{house.peer.url}/notices",
            "method": "POST",
            "format": "json",
            "secret": "${ACME_RECIPIENT_ON_CALL_SECRET}",
        },
        "sorts": ["paused", "silence"],
        "resolved": True,
        "quiet": 300,
    }
    assert SIGNING not in json.dumps(notice)


def test_the_document_writes_what_it_reads(house: House) -> None:
    """Applied again, nothing changes, and the secret stays though nobody names it."""
    told = {"name": "ops", "kind": "slack", "sorts": ["delivery"], "house": True}
    url = "https://hooks.slack.com/services/T0/B0/XYZ"
    project = {"id": "acme", "name": "Acme Heating"}
    document = {"projects": [{**project, "notices": [{**told, "settings": {"url": url}}]}]}
    [change] = configure.apply(house.rt, document)
    assert (change.action, change.subject) == ("add", "recipient ops")
    assert url not in json.dumps(change.to_json())
    again = export(house.rt)
    assert url not in json.dumps(again)
    assert configure.apply(house.rt, again) == []
    row = house.row(tables.recipients, name="ops")
    assert url not in row.secrets
    assert house.rt.box.open(row.secrets)["settings"] == {"/url": url}


def test_every_sort_can_be_chosen_by_its_name(house: House, visitor: Visitor) -> None:
    page = visitor.get(f"{NOTICES}new/webhook")
    assert config_schema()["$defs"]["recipient"]["properties"]["sorts"]["items"]["enum"] == [*SORTS]
    for sort in SORTS.values():
        assert sort.label in page.text


def test_what_cannot_be_saved_says_why(house: House, visitor: Visitor) -> None:
    page = visitor.get(f"{NOTICES}new/email")
    form = next(form for form in page.forms if "name" in dict(form.values))
    wrong = visitor.send(form, at=f"{NOTICES}new/email", status=422, name="Ops", quiet="5")
    for words in ("Mail server", "Quiet time"):
        assert words in wrong.text
    assert "This cannot be saved yet." in wrong.text
    visitor.get(f"{NOTICES}new/hubspot", status=404)
    with house.rt.database.read() as connection:
        assert connection.execute(sa.select(tables.recipients)).first() is None


def test_a_kind_that_cannot_tell_is_refused(house: House) -> None:
    notice = {"name": "ops", "kind": "hubspot", "settings": {}}
    try:
        configure.apply(house.rt, {"projects": [{"id": "acme", "notices": [notice]}]})
    except configure.Mistakes as mistakes:
        [said] = mistakes.problems
    assert said.startswith(
        "projects[0].notices[0].kind: there is no recipient kind 'hubspot', only:"
    )


def test_it_is_changed_and_removed(house: House, visitor: Visitor) -> None:
    page = add(house, visitor)
    edit = visitor.get(page.link("Change"))
    form = next(form for form in edit.forms if "settings.url" in dict(form.values))
    at = page.link("Change")
    changed = visitor.send(form, at=at, name="Night shift")
    assert "Night shift" in changed.text
    assert house.row(tables.recipients, name="Night shift").archived_at is None
    edit = visitor.get(changed.link("Change"))
    gone = visitor.send(edit.form("/remove"))
    assert "Night shift is told nothing any more." in gone.text
    assert "Nobody is told yet" in gone.text
    house.peer.script(Answer(422))
    house.lead(name="Ada")
    look(house.rt)
    assert house.ids(tables.notices) == []


def test_only_editors_see_who_is_told(house: House, visitor: Visitor) -> None:
    add(house, visitor)
    operator = house.visitor("olaf@example.com", "operator")
    operator.get(NOTICES, status=403)
    assert "Who is told" not in operator.get("/console/p/acme/problems/").text


def test_the_relays_own_problems_are_told_by_who_has_all_projects(house: House) -> None:
    at = f"{NOTICES}new/webhook"
    given = {"name": "Ops", "settings__url": house.peer.url, "settings__secret": SIGNING}
    editor = house.visitor("eddi@example.com", "editor", "acme")
    everywhere = house.visitor("eve@example.com", "editor")
    form, same = (
        next(form for form in one.get(at).forms if "name" in dict(form.values))
        for one in (editor, everywhere)
    )
    refused = editor.send(form, at=at, status=422, **{"house": "on", **given})
    assert "is decided by those who may change all projects" in refused.text
    assert "Saved." in editor.send(form, at=at, **given | {"name": "Mine"}).text
    assert "Saved." in everywhere.send(same, at=at, **{"house": "on", **given}).text
