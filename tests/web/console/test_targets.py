"""One target: its lane in words, holding and letting go, its secrets, its settings."""

import json
from datetime import timedelta

import pytest

from relay.core.rates import span
from relay.services import configure, lanes
from relay.store.tables import audit, deliveries, targets
from relay.store.tables import lanes as lane_rows
from tests.peer import Answer
from tests.web.console.house import SECRETS, House

ACME = "/console/p/acme"


def crm(house: House) -> str:
    return f"{ACME}/targets/{house.row(targets, name='Sales CRM').id}"


def newest_audit(house: House) -> tuple[str, str, object]:
    with house.rt.database.read() as connection:
        row = connection.execute(audit.select().order_by(audit.c.id.desc()).limit(1)).one()
    return row.action, row.subject, row.after


def test_a_hold_keeps_deliveries_until_its_time_and_is_noted(house: House) -> None:
    visitor = house.visitor()
    until = house.rt.clock.now().replace(second=0, microsecond=0) + timedelta(hours=2)
    page = visitor.get(crm(house))
    typed = f"{until:%Y-%m-%dT%H:%M}"
    page = visitor.send(page.form("/hold"), reason="maintenance", until=typed)
    lane = house.row(lane_rows, target_id=house.row(targets, name="Sales CRM").id)
    assert (lane.hold_reason, lane.hold_until) == ("maintenance", until)
    assert "Holding back until" in page.text
    assert "maintenance. It goes on by itself at that time." in page.text
    action, subject, after = newest_audit(house)
    assert (action, subject) == ("hold", "target Sales CRM")
    assert after == {"until": until.isoformat(), "reason": "maintenance"}
    house.lead(name="Ada Example")
    assert house.row(deliveries).state == "waiting"
    house.rt.clock.advance((lane.hold_until - house.rt.clock.now()).total_seconds() + 1)
    house.work()
    assert house.row(deliveries).state == "delivered"


def test_a_held_target_is_let_go_and_what_is_held_longer_stays(house: House) -> None:
    visitor = house.visitor()
    page = visitor.send(visitor.get(crm(house)).form("/hold"), button="4 h")
    assert "It goes on by itself" in page.text
    page = visitor.send(page.form("/hold"), button="1 h")
    assert "It is held longer already." in page.text
    page = visitor.send(page.form("/resume"))
    assert "Deliveries go out again." in page.text
    assert (
        house.row(lane_rows, target_id=house.row(targets, name="Sales CRM").id).hold_until is None
    )
    assert newest_audit(house)[0] == "resume"


@pytest.mark.parametrize("until", ["", "soon", "2020-01-01T00:00", "2999-01-01T00:00"])
def test_a_hold_needs_a_time_that_is_to_come(house: House, until: str) -> None:
    visitor = house.visitor()
    page = visitor.send(visitor.get(crm(house)).form("/hold"), until=until)
    assert "Choose a time that is to come" in page.text
    lane = house.row(lane_rows, target_id=house.row(targets, name="Sales CRM").id)
    assert lane.hold_until is None


def test_the_lane_says_what_is_wrong_and_what_to_do(house: House) -> None:
    target = house.row(targets, name="Sales CRM").id
    visitor = house.visitor()
    assert "Open" in visitor.get(crm(house)).text
    house.peer.script(Answer(401, b"who are you?"))
    house.lead(name="Ada Example")
    page = visitor.get(crm(house))
    assert "its credentials are not accepted" in page.text
    assert "Put the credentials right in the settings" in page.text
    assert "1 waiting, the first was due" in page.text
    lanes.resume_target(house.rt, target, "test")
    with house.rt.database.write() as connection:
        soon = house.rt.clock.now() + timedelta(seconds=30)
        connection.execute(lane_rows.update().values(breaker="open", failures=10, open_until=soon))
    page = visitor.get(crm(house))
    assert "It does not answer . One is tried" in page.text.replace("answer.", "answer .")
    assert "Try now" in page.html


def test_why_a_delivery_is_due_later_is_said(house: House) -> None:
    kind = house.rt.catalog.targets["google_data_manager"]
    assert kind.target.min_age == 6 * 3600
    project = house.row(targets, name="Sales CRM").project_id
    capture = json.loads((kind.folder / "fixtures" / "action_unknown.json").read_text())
    document = {"name": "Ads", "kind": kind.name, "settings": capture["settings"]}
    configure.save_target(house.rt, project, document, "test")
    page = house.visitor().get(f"{ACME}/targets/{house.row(targets, name='Ads').id}")
    assert f"A lead is sent {span(6 * 3600)} after it came at the earliest" in page.text


def test_secrets_are_named_with_their_time_and_never_shown(house: House) -> None:
    visitor = house.visitor()
    target = house.row(targets, name="Partner")
    address = f"{ACME}/targets/{target.id}"
    text = visitor.get(address).text
    assert "changed just now" in text
    assert "They are never shown." in text
    house.rt.clock.advance(3 * 86400)
    form = next(form for form in visitor.get(f"{address}/edit").forms if form.action == "")
    visitor.send(form, f"{address}/edit", name="Partner two")
    assert "changed 3 d ago" in visitor.get(address).text
    page = visitor.get(f"{address}/edit")
    form = next(form for form in page.forms if form.action == "")
    assert "changed 3 d ago" in page.text
    page = visitor.send(form, f"{address}/edit", settings__token="another-token-of-theirs")
    assert "changed just now" in page.text
    assert "another-token-of-theirs" not in page.html
    assert not [secret for secret in SECRETS if secret in page.html]


def test_secrets_from_before_times_were_kept_say_only_that_they_are_set(house: House) -> None:
    target = house.row(targets, name="Partner")
    sealed = house.rt.box.open(target.secrets)
    del sealed["changed"]
    with house.rt.database.write() as connection:
        connection.execute(targets.update().values(secrets=house.rt.box.seal(sealed)))
    text = house.visitor().get(f"{ACME}/targets/{target.id}").text
    assert "set. They are never shown." in text
    assert "changed" not in text.partition("They are never shown")[0].rpartition("Secrets")[2]


def test_settings_leave_mapping_limits_and_retries_as_they_are(house: House) -> None:
    target = house.row(targets, name="Partner")
    document = {
        "name": "Partner",
        "kind": "webhook",
        "settings": {"url": "https://p.example/"},
        "mapping": {"/Email": "/contact/email"},
        "limits": ["5/minute"],
        "retry": {"in_flight": 2},
    }
    configure.save_target(house.rt, target.project_id, document, "test", target.id)
    visitor = house.visitor()
    address = f"{ACME}/targets/{target.id}/edit"
    form = next(form for form in visitor.get(address).forms if form.action == "")
    visitor.send(form, address, name="Partner two", credentials_end="2027-01-31")
    row = house.row(targets, id=target.id)
    assert (row.name, row.mapping) == ("Partner two", {"/Email": "/contact/email"})
    assert (row.limits, row.retry) == (["5/minute"], {"in_flight": 2})
    assert row.credentials_end == "2027-01-31"
    form = next(form for form in visitor.get(address).forms if form.action == "")
    visitor.send(form, address, credentials_end="")
    assert house.row(targets, id=target.id).credentials_end is None


def test_a_viewer_sees_the_lane_and_may_do_nothing(house: House) -> None:
    house.peer.script(Answer(401, b"ada@example.com is unknown here"))
    house.lead(name="Ada Example")
    viewer = house.visitor("vera@example.com", "viewer")
    page = viewer.get(crm(house))
    assert "its credentials are not accepted" in page.text
    assert "unknown here" not in page.text
    assert [form.action for form in page.forms if "/targets/" in form.action] == []
    for part in ("pace", "mapping", "edit"):
        viewer.get(f"{crm(house)}/{part}", 403)
