"""Whatever page is added: what changes things asks for the form's token, and for a role."""

from uuid import uuid4

import pytest

from tests.web.console.house import House

FREE_TO_ALL = {
    "console.session.sign_in",
    "console.session.second_step",
    "console.links.set_up_first_user",
    "console.links.take",
    "console.links.use",
}
OF_EVERY_USER = {
    "console.session.sign_out",
    "console.nowhere",
    "console.account.change_password",
    "console.account.begin",
    "console.account.confirm",
    "console.account.turn_off",
    "console.account.renew_codes",
}


def changing(house: House) -> list[tuple[str, str]]:
    """Endpoint and address of everything in the console that takes a POST."""
    given = {"project": "acme", "token": "made-up", "kind": "webhook", "anything": "x"}
    ids = {name: uuid4() for rule in house.app.url_map.iter_rules() for name in rule.arguments}
    addresses = house.app.url_map.bind("localhost")
    return [
        (rule.endpoint, addresses.build(rule.endpoint, {**ids, **given}, method="POST"))
        for rule in house.app.url_map.iter_rules()
        if rule.methods and "POST" in rule.methods and rule.rule.startswith("/console")
    ]


def test_nothing_is_changed_without_the_forms_token(house: House) -> None:
    client = house.visitor().client
    found = changing(house)
    assert len(found) > 15
    answers = {endpoint: client.post(address).status_code for endpoint, address in found}
    assert answers == dict.fromkeys(answers, 400)


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_nothing_is_changed_by_who_may_only_look(house: House, role: str) -> None:
    visitor = house.visitor(f"{role}@example.com", role)
    token = dict(visitor.get("/console/p/acme/").form("sign-out").values)
    inside = [one for one in changing(house) if one[0] not in FREE_TO_ALL | OF_EVERY_USER]
    answers = {
        endpoint: visitor.client.post(address, data=token).status_code
        for endpoint, address in inside
    }
    allowed = {endpoint for endpoint, status in answers.items() if status != 403}
    operating = (
        "pause",
        "hold",
        "resume",
        "test",
        "acts.retry",
        "acts.force",
        "acts.replay_to",
        "acts.cancel",
        "bulk.ask",
        "bulk.bring",
        "bulk.stop",
        "release",
        "set_status",
        "mute",
        "resolve",
        "views.save",
        "views.change",
        "views.remove",
    )
    may = {name for name in answers if name.endswith(operating)} if role == "operator" else set()
    assert allowed == may
