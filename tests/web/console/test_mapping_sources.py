"""A source's page: what to paste where, what arrives, a new address, secrets without a gap."""

from datetime import timedelta

import pytest

from relay.services import configured, rates, watch
from relay.store.tables import audit, sources, submissions
from tests.web.console.house import WEBHOOK_SECRET, House

ACME = "/console/p/acme"


def address(house: House, name: str = "Website", more: str = "") -> str:
    return f"{ACME}/sources/{house.row(sources, name=name).id}{more}"


def secrets_of(house: House) -> list[str]:
    source = configured.source(house.rt, house.row(sources, name="Quote form").id)
    assert source is not None
    found: list[str] = source.settings["secrets"]
    return found


def test_the_guide_has_this_deployments_values(house: House) -> None:
    visitor = house.visitor()
    page = visitor.get(address(house, "Quote form"))
    assert "http://relay.test/in/quote-form-key" in page.text
    assert "SOURCE-KEY" not in page.html
    assert "relay.example.com" not in page.html
    assert "- name: Quote form" in page.text
    assert 'relay reconcile "Quote form"' in page.text
    viewer = house.visitor("viewer@example.com", "viewer")
    page = viewer.get(address(house, "Quote form"))
    assert "quote-form-key" not in page.html
    assert "SOURCE-KEY" in page.html


def test_the_guide_names_the_header_that_is_set(house: House) -> None:
    visitor = house.visitor()
    page = visitor.get(f"{ACME}/sources/new/fillout")
    assert "X-Api-Key" in page.text
    form = next(form for form in page.forms if form.action == "")
    page = visitor.send(
        form,
        f"{ACME}/sources/new/fillout",
        settings__header__name="X-Our-Own",
        settings__header__values="a-secret-value",
    )
    assert "header: {name: X-Our-Own" in page.text


def test_what_arrived_lately_is_listed_and_counted(house: House) -> None:
    house.lead(name="Zelda Unlikely", email="zelda@example.com")
    house.submit(body="{")
    old = house.submit(name="Old One")
    at = house.rt.clock.now() - timedelta(days=3)
    with house.rt.database.write() as connection:
        row = submissions.update().where(submissions.c.id == house.ids(submissions)[-1])
        connection.execute(row.values(received_at=at))
    page = house.visitor().get(address(house))
    assert "in the last hour 2 in the last day 2 in the last 7 days 3" in page.text
    assert "Became a lead Zelda Unlikely" in page.text
    assert f"/quarantine/{old}" in page.html
    page = house.visitor("viewer@example.com", "viewer").get(address(house))
    assert "Lead 1" in page.text
    assert "zelda" not in page.html.lower()


def test_counts_that_are_too_large_stop(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "COUNTED", 2)
    for number in range(3):
        house.submit(name=f"N{number}")
    assert "in the last hour 2+" in house.visitor().get(address(house)).text


def test_the_live_check_says_that_there_are_more_deliveries(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "SHOWN", 1)
    source, project = house.row(sources, name="Website"), "acme"
    visitor = house.visitor()
    page = visitor.get(f"/console/p/{project}/routes/new?from=Website&to=Partner")
    visitor.send(next(form for form in page.forms if form.action == ""), f"{ACME}/routes/new")
    house.lead(name="Ada Example")
    page = visitor.get(f"{ACME}/sources/{source.id}/live")
    assert "The first 1 of its deliveries are shown; all of them" in page.text


def test_kinds_have_tiles_and_are_searched_while_one_types(house: House) -> None:
    visitor = house.visitor()
    page = visitor.get(f"{ACME}/sources/new?q=typef")
    assert "Ty Typeform" in page.text
    assert "Jotform" not in page.text
    assert 'hx-target="#kinds"' in page.html
    assert "Nothing of this name" in visitor.get(f"{ACME}/sources/new?q=nonsense").text
    assert "AF Website" in visitor.get(f"{ACME}/sources/").text


def test_a_secret_is_changed_without_a_gap(house: House) -> None:
    visitor = house.visitor()
    page = visitor.get(visitor.get(address(house, "Quote form")).link("Change the address or"))
    assert "1 in use" in page.text
    assert WEBHOOK_SECRET not in page.html
    form = page.form("/add")
    made = dict(form.values)["secret"]
    assert made.startswith("whsec_")
    page = visitor.send(form)
    assert secrets_of(house) == [made, WEBHOOK_SECRET]
    assert made not in page.html
    assert "2 in use" in page.text
    page = visitor.send(page.form("/newest"))
    assert secrets_of(house) == [made]
    with house.rt.database.read() as connection:
        noted = connection.execute(audit.select().order_by(audit.c.id)).all()
    assert [row.subject for row in noted[-2:]] == ["source Quote form"] * 2
    assert made not in str(noted)


def test_a_secret_of_the_senders_own_is_pasted_and_counts_once(house: House) -> None:
    visitor = house.visitor()
    page = visitor.get(address(house, "Quote form", "/keys/"))
    page = visitor.send(page.form("/add"), secret="theirs")
    assert secrets_of(house) == ["theirs", WEBHOOK_SECRET]
    page = visitor.send(page.form("/add"), secret="theirs")
    assert "one of those that count already" in page.text
    for number in range(3):
        page = visitor.send(page.form("/add"), secret=f"another-{number}")
    assert len(secrets_of(house)) == 5
    assert "as many as it can have" in page.text


def test_a_new_address_shuts_the_old_one(house: House) -> None:
    visitor = house.visitor()
    page = visitor.get(address(house, more="/keys/"))
    assert "The old address stops at once." in page.text
    page = visitor.send(page.form("/address"))
    assert "Tick the box first" in page.text
    house.submit(name="Ada")
    page = visitor.send(page.form("/address"), sure="yes")
    assert "The source has a new address." in page.text
    assert "website-key-1" not in page.html
    client = house.app.test_client()
    assert client.post("/in/website-key-1", json={"name": "Ada"}).status_code == 403
    shown = next(one["value"] for one in page.fields if one.get("id") == "address")
    assert (
        client.post(shown.removeprefix("http://relay.test"), json={"name": "A"}).status_code == 200
    )
    assert house.row(sources, name="Website").mapping == {}


@pytest.mark.parametrize("role", ["operator", "viewer"])
def test_only_editors_change_keys(house: House, role: str) -> None:
    visitor = house.visitor(f"{role}@example.com", role)
    visitor.get(address(house, more="/keys/"), 403)
    assert "Change the address" not in visitor.get(address(house)).text
