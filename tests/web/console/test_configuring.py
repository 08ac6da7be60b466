"""Adding and changing sources, targets and routes in forms drawn from their schemas."""

import pytest

from relay.services import configure, configured
from relay.store.tables import audit, reconciliations, sources, targets
from tests.web.console.house import SECRETS, SIGNING, TOKEN, WEBHOOK_SECRET, House, Visitor
from tests.web.console.pages import Form, Page

ACME = "/console/p/acme"


def settings_form(page: Page) -> Form:
    """The form that is saved, among those of the page."""
    return next(form for form in page.forms if form.action == "")


def stored(form: Form, name: str) -> str:
    """What stands in a field."""
    return dict(form.values).get(name, "absent")


def test_a_typeform_source_is_added_and_shows_its_address(house: House) -> None:
    visitor = house.visitor()
    page = visitor.get(visitor.get(f"{ACME}/sources/new").link("Typeform"))
    address = f"{ACME}/sources/new/typeform"
    form = settings_form(page)
    assert stored(form, "name") == "Typeform"
    page = visitor.send(form, address, name="Spring form", settings__secrets="one\ntwo\n")
    made = house.row(sources, name="Spring form")
    source = configured.source(house.rt, made.id)
    assert source is not None
    assert source.settings["secrets"] == ["one", "two"]
    shown = next(one for one in page.fields if one.get("id") == "address")
    assert shown["value"] == f"http://relay.test/in/{source.key}"
    assert "No route yet" in page.text
    assert "Waiting for the first submission" in page.text


def test_a_name_to_begin_with_is_one_that_is_free(house: House) -> None:
    visitor = house.visitor()
    visitor.send(
        settings_form(visitor.get(f"{ACME}/sources/new/generic")), f"{ACME}/sources/new/generic"
    )
    again = settings_form(visitor.get(f"{ACME}/sources/new/generic"))
    assert stored(again, "name") == "Any form 2"


def test_a_target_is_added(house: House) -> None:
    visitor = house.visitor()
    address = f"{ACME}/targets/new/webhook"
    page = visitor.send(
        settings_form(visitor.get(address)),
        address,
        name="Warehouse",
        settings__url="https://warehouse.example/in",
        settings__headers="X-Team: sales\nX-Kind: lead",
        settings__secret_headers="X-Api-Key: s3cret",
        settings__timeout="7.5",
    )
    assert page.headings[0] == (1, "Warehouse")
    target = configured.target(house.rt, house.row(targets, name="Warehouse").id)
    assert target is not None
    assert target.settings["headers"] == {"X-Team": "sales", "X-Kind": "lead"}
    assert target.settings["secret_headers"] == {"X-Api-Key": "s3cret"}
    assert target.settings["timeout"] == 7.5
    assert "X-Api-Key" not in house.row(targets, name="Warehouse").settings


def test_secrets_stay_as_they_are_when_left_empty_and_go_when_told(house: House) -> None:
    visitor = house.visitor()
    target = house.row(targets, name="Sales CRM").id
    address = f"{ACME}/targets/{target}/edit"
    page = visitor.get(address)
    assert "Stored. Leave empty to keep it." in page.html
    visitor.send(settings_form(page), address, name="CRM")
    kept = configured.target(house.rt, target)
    assert kept is not None
    assert (kept.name, kept.settings["secret"]) == ("CRM", SIGNING)
    visitor.send(settings_form(visitor.get(address)), address, forget="settings.secret")
    kept = configured.target(house.rt, target)
    assert kept is not None
    assert "secret" not in kept.settings


def test_no_page_ever_holds_a_secret(house: House) -> None:
    visitor = house.visitor()
    for table, plural in ((sources, "sources"), (targets, "targets")):
        for one in house.ids(table):
            project = "acme" if house.row(table, id=one).name[:4] != "Beta" else "beta"
            for page in ("", "/edit"):
                html = visitor.get(f"/console/p/{project}/{plural}/{one}{page}").html
                assert not [secret for secret in SECRETS if secret in html]
    target = house.row(targets, name="Partner").id
    address = f"{ACME}/targets/{target}/edit"
    page = visitor.send(
        settings_form(visitor.get(address)),
        address,
        422,
        settings__url="nowhere",
        settings__password="typed just now",
        settings__secret_headers="without-a-colon",
    )
    assert TOKEN not in page.html
    assert "typed just now" not in page.html
    assert "without-a-colon" not in page.html


def test_a_mistake_is_named_at_its_field_and_costs_nothing_that_was_typed(house: House) -> None:
    visitor = house.visitor()
    address = f"{ACME}/targets/new/webhook"
    page = visitor.send(
        settings_form(visitor.get(address)),
        address,
        422,
        name="New one",
        settings__url="nowhere",
        settings__method="PUT",
        settings__headers="X-Team: sales",
        credentials_end="2027-01-31",
    )
    assert "This cannot be saved yet." in page.text
    wrong = [one["name"] for one in page.fields if one.get("aria-invalid") == "true"]
    assert wrong == ["settings.url"]
    assert page.link("Address") == "#f-settings-url"
    form = settings_form(page)
    assert stored(form, "settings.url") == "nowhere"
    assert stored(form, "settings.method") == "PUT"
    assert stored(form, "settings.headers") == "X-Team: sales"
    assert stored(form, "credentials_end") == "2027-01-31"
    assert not [one for one in house.ids(targets) if house.row(targets, id=one).name == "New one"]


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("settings.timeout", "soon", "This must be a number."),
        ("settings.timeout", "nan", "This must be a number."),
        ("settings.headers", "no colon", "Write each line as"),
        ("settings.method", "DELETE", "Choose one of those that are offered."),
        ("name", "", "must have at least 1"),
    ],
)
def test_what_cannot_be_read_is_said_in_words(
    house: House, field: str, typed: str, said: str
) -> None:
    visitor = house.visitor()
    address = f"{ACME}/targets/new/webhook"
    page = visitor.send(
        settings_form(visitor.get(address)),
        address,
        422,
        **{"settings.url": "https://x.example/", field: typed},
    )
    assert said in page.text
    assert stored(settings_form(page), "settings.url") == "https://x.example/"


def test_settings_are_saved_and_the_mapping_stays(house: House) -> None:
    visitor = house.visitor()
    source = house.row(sources, name="Website")
    mapping = {"Team": "/contact/company"}
    document = {"name": "Website", "kind": "generic", "mapping": mapping}
    configure.save_source(house.rt, source.project_id, document, "test", source.id)
    address = f"{ACME}/sources/{source.id}/edit"
    visitor.send(settings_form(visitor.get(address)), address, region="DE")
    assert house.row(sources, id=source.id).mapping == mapping
    lead = house.lead(name="Ada Example", Team="Example Works", phone="030 901820")
    page = visitor.get(f"{ACME}/leads/{lead}")
    assert "Company Example Works" in page.text
    assert "+4930901820" in page.text


def test_options_in_groups_are_kept_and_left_out_as_wholes(house: House) -> None:
    visitor = house.visitor()
    source = house.row(sources, name="Website").id
    address = f"{ACME}/sources/{source}/edit"
    visitor.send(
        settings_form(visitor.get(address)),
        address,
        captcha__provider="turnstile",
        captcha__secret="of-the-captcha",
        match__by=["email"],
        match__window="86400",
        honeypot="website_url",
        origins="https://www.example.com",
        forward_tests="on",
    )
    found = configured.source(house.rt, source)
    assert found is not None
    assert found.options["captcha"] == {"provider": "turnstile", "secret": "of-the-captcha"}
    assert found.options["match"] == {"by": ["email"], "window": 86400, "then": "update"}
    assert found.options["forward_tests"] is True
    page = visitor.get(address)
    assert "of-the-captcha" not in page.html
    visitor.send(settings_form(page), address, captcha__provider="", forward_tests=None)
    found = configured.source(house.rt, source)
    assert found is not None
    assert "captcha" not in found.options
    assert not found.options["forward_tests"]
    assert found.options["honeypot"] == "website_url"


def test_a_default_consent_is_set_with_its_legal_basis_and_shown_as_such(house: House) -> None:
    visitor = house.visitor()
    address = f"{ACME}/sources/{house.row(sources, name='Website').id}/edit"
    visitor.send(
        settings_form(visitor.get(address)),
        address,
        consent_default="granted",
        legal_basis="legitimate_interests",
    )
    lead = house.lead(name="Ada Example")
    page = visitor.get(f"{ACME}/leads/{lead}")
    assert "granted (never asked; by the source's default, legitimate interests)" in page.text


def test_a_removed_source_closes_and_a_removed_target_gets_nothing(house: House) -> None:
    visitor = house.visitor()
    source = house.row(sources, name="Website").id
    page = visitor.get(f"{ACME}/sources/{source}/edit")
    assert "Website is gone" in visitor.send(page.form("/remove")).text
    assert house.app.test_client().post("/in/website-key-1", json={}).status_code == 403
    visitor.get(f"{ACME}/sources/{source}", 404)
    target = house.row(targets, name="Sales CRM").id
    page = visitor.get(f"{ACME}/targets/{target}/edit")
    assert "Sales CRM is gone" in visitor.send(page.form("/remove")).text
    visitor.get(f"{ACME}/targets/{target}", 404)


def test_pausing_keeps_what_comes_and_resuming_lets_it_go(house: House) -> None:
    visitor = house.visitor()
    source = house.row(sources, name="Website").id
    page = visitor.get(f"{ACME}/sources/{source}")
    page = visitor.send(page.form("/pause"))
    assert "Paused" in page.text
    house.submit(name="Ada Example")
    assert "Held" in visitor.get(f"{ACME}/sources/{source}").text
    visitor.send(visitor.get(f"{ACME}/sources/{source}").form("/resume"))
    target = house.row(targets, name="Sales CRM").id
    visitor.send(visitor.get(f"{ACME}/targets/{target}").form("/pause"))
    page = visitor.get(f"{ACME}/targets/{target}")
    assert "Paused by a person since" in page.text
    house.lead(name="Berta Example")
    assert len(house.peer.arrivals) == 0
    visitor.send(page.form("/resume"))
    house.work()
    assert len(house.peer.arrivals) > 0


def test_who_changed_what_is_noted_without_secrets(house: House) -> None:
    visitor = house.visitor()
    target = house.row(targets, name="Sales CRM").id
    address = f"{ACME}/targets/{target}/edit"
    visitor.send(settings_form(visitor.get(address)), address, name="CRM", settings__secret="")
    with house.rt.database.read() as connection:
        own = audit.select().where(audit.c.actor == "ada@example.com", audit.c.action == "change")
        rows = connection.execute(own).all()
    assert len(rows) == 1
    assert SIGNING not in str(rows)
    assert WEBHOOK_SECRET not in str(rows)


@pytest.mark.parametrize(
    ("role", "looks", "operates", "edits"),
    [("viewer", 200, 403, 403), ("operator", 200, 302, 403), ("editor", 200, 302, 302)],
)
def test_each_role_may_do_what_it_may(
    house: House, role: str, looks: int, operates: int, edits: int
) -> None:
    visitor = house.visitor(f"{role}@example.com", role)
    target = house.row(targets, name="Sales CRM").id
    source = house.row(sources, name="Website").id
    page = visitor.get(f"{ACME}/sources/{source}")
    assert ("website-key-1" in page.html) is (role != "viewer")
    token = dict(page.form("sign-out").values)

    def post(address: str) -> int:
        return visitor.client.post(f"{ACME}/{address}", data=token).status_code

    assert visitor.client.get(f"{ACME}/targets/{target}").status_code == looks
    assert post(f"targets/{target}/pause") == operates
    assert post(f"sources/{source}/resume") == operates
    assert post(f"targets/{target}/remove") == edits
    assert visitor.client.get(f"{ACME}/sources/new").status_code == (200 if edits == 302 else 403)


def test_a_form_without_its_token_changes_nothing(visitor: Visitor, house: House) -> None:
    target = house.row(targets, name="Sales CRM").id
    for data in ({}, {"csrf_token": "made up"}):
        answer = visitor.client.post(f"{ACME}/targets/{target}/remove", data=data)
        assert answer.status_code == 400
        assert "That form was too old" in answer.text
    stranger = Visitor(house.app)
    foreign = dict(stranger.get("/console/sign-in").form("sign-in").values)
    answer = visitor.client.post(f"{ACME}/targets/{target}/remove", data=foreign)
    assert answer.status_code == 400
    assert house.row(targets, id=target).archived_at is None


def test_a_new_webhook_comes_with_a_signing_secret_that_is_never_shown_again(house: House) -> None:
    visitor = house.visitor()
    address = f"{ACME}/targets/new/webhook"
    form = settings_form(visitor.get(address))
    made = stored(form, "settings.secret")
    assert made.startswith("whsec_")
    assert made != stored(settings_form(visitor.get(address)), "settings.secret")
    # a mistake elsewhere leaves it as it was: the other side may know it by now
    page = visitor.send(form, address, status=422, name="Signed", settings__url="nowhere")
    refused = settings_form(page)
    assert stored(refused, "settings.secret") == made
    page = visitor.send(refused, address, settings__url="https://signed.example/in")
    assert made not in page.html
    target = configured.target(house.rt, house.row(targets, name="Signed").id)
    assert target is not None
    assert target.settings["secret"] == made


def test_a_source_shows_the_provider_s_count_beside_ours(house: House) -> None:
    source = house.row(sources, name="Website")
    now = house.rt.clock.now()
    run = {"id": source.id, "project_id": source.project_id, "source_id": source.id}
    run |= {"since": now, "until": now, "started_at": now, "finished_at": now, "asked_by": "clock"}
    counts = {"state": "finished", "listed": 9, "known": 7, "taken": 2}
    with house.rt.database.write() as connection:
        connection.execute(reconciliations.insert().values(**run, **counts))
    page = house.visitor().get(f"{ACME}/sources/{source.id}")
    assert "The provider has 9, 7 were here, 2 came in." in page.text
