"""Single sign-on with a real provider: who is let in, and everything that proves nobody."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey

from relay.config import ConfigError, load_config
from relay.services import people, users
from relay.store import tables
from tests.identity_provider import CLIENT, SECRET, IdentityProvider
from tests.web.console.house import PASSWORD, House, Visitor

START, BACK = "/console/oidc/start", "/console/oidc/callback"
VERA = "vera@corp.example"


@pytest.fixture
def provider(clock: Any) -> Iterator[IdentityProvider]:
    made = IdentityProvider(clock.now)
    yield made
    made.close()


@pytest.fixture
def settings(settings: dict[str, str], provider: IdentityProvider) -> dict[str, str]:
    return settings | {
        "RELAY_OIDC_ISSUER": provider.url,
        "RELAY_OIDC_CLIENT_ID": CLIENT,
        "RELAY_OIDC_CLIENT_SECRET": SECRET,
        "RELAY_OIDC_NAME": "Corp",
    }


def come(house: House, provider: IdentityProvider, **change: str) -> tuple[Visitor, Any]:
    """Somebody goes to the provider and comes back."""
    visitor = Visitor(house.app)
    away = visitor.client.get(START)
    assert away.status_code == 302, away.text
    brought = provider.come_back(away.location) | change
    return visitor, visitor.client.get(BACK, query_string=brought)


def test_somebody_who_is_known_comes_in_and_is_known_by_more_than_the_address(
    house: House, provider: IdentityProvider
) -> None:
    made = house.person(VERA, "viewer", "beta")
    visitor = Visitor(house.app)
    page = visitor.get("/console/sign-in?next=/console/p/beta/leads/")
    away = visitor.client.get(page.link("Sign in with Corp"))
    asked = parse_qs(urlsplit(away.location).query)
    assert away.location.startswith(f"{provider.url}/authorize?")
    assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
    assert asked["redirect_uri"] == ["http://relay.test/console/oidc/callback"]
    answer = visitor.client.get(BACK, query_string=provider.come_back(away.location))
    assert answer.location == "/console/p/beta/leads/"
    visitor.get("/console/p/beta/leads/")
    sent, _given = provider.asked[0]
    assert sent.startswith("Basic ")
    provider.claims = {"email": "married@corp.example"}
    assert come(house, provider)[1].status_code == 302, "the provider's own name for her counts"
    provider.claims = {"sub": "sub-2"}
    _, answer = come(house, provider)
    assert answer.status_code == 403
    assert "belongs to somebody else" in answer.text
    assert house.row(tables.users, id=made.id).subject == "sub-1"


def test_the_first_time_ends_what_others_may_have_chosen(
    house: House, provider: IdentityProvider, visitor: Visitor
) -> None:
    """Whoever was handed an invitation may have opened it for themselves."""
    house.person(VERA, "editor")
    thief = Visitor(house.app)
    thief.sign_in(VERA)
    link = people.new_link(house.rt, users.by_email(house.rt, VERA).id, "test")
    come(house, provider)
    assert thief.client.get("/console/p/acme/").status_code == 302
    assert users.check_password(house.rt, VERA, PASSWORD) is None
    thief.client.get(urlsplit(link).path)
    thief.get("/console/link", 410)


def test_strangers_stay_outside(house: House, provider: IdentityProvider) -> None:
    visitor, answer = come(house, provider)
    assert answer.status_code == 403
    assert "has no account here" in answer.text
    assert visitor.client.get("/console/p/acme/").status_code == 302
    house.person(VERA, "viewer")
    for claims in ({"email_verified": False}, {"email_verified": None}, {"email": None},
                   {"email_verified": "false"}):  # fmt: skip
        provider.claims = claims
        _, answer = come(house, provider)
        assert answer.status_code == 403, claims
        assert "has not verified" in answer.text
    provider.claims = {}
    people.disable(house.rt, users.by_email(house.rt, VERA).id, "test")
    assert come(house, provider)[1].status_code == 403


def test_a_domain_lets_in_with_the_role_it_is_given(
    house: House, provider: IdentityProvider, make_app: Callable[..., Any]
) -> None:
    house.app = make_app({"RELAY_OIDC_DOMAINS": "corp.example", "RELAY_OIDC_ROLE": "operator"})
    _, answer = come(house, provider)
    assert answer.status_code == 302
    found = users.by_email(house.rt, VERA)
    assert (found.role, found.has_password) == ("operator", False)
    provider.claims = {"email": "eve@evilcorp.example", "sub": "s-3"}
    assert come(house, provider)[1].status_code == 403
    provider.claims = {"email": "eve@sub.corp.example", "sub": "s-4"}
    assert come(house, provider)[1].status_code == 403


BAD: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("another nonce", {"nonce": "other"}, {}),
    ("no nonce", {"nonce": None}, {}),
    ("another audience", {"aud": "somebody-else"}, {}),
    ("two audiences and another party", {"aud": [CLIENT, "other"], "azp": "other"}, {}),
    ("another issuer", {"iss": "https://evil.example"}, {}),
    ("expired", {"exp": 1_000_000_000}, {}),
    ("no end", {"exp": None}, {}),
    ("from the future", {"iat": 4_000_000_000}, {}),
    ("nobody", {"sub": ""}, {}),
    ("no signature", {}, {"algorithm": "none"}),
    ("signed by the public key", {}, {"algorithm": "HS256"}),
    ("signed by a stranger", {}, {"sign_with": RSAKey.generate_key(2048, {"kid": "one"})}),
]


@pytest.mark.parametrize(("claims", "changed"), [one[1:] for one in BAD], ids=[b[0] for b in BAD])
def test_a_token_that_proves_nothing_lets_nobody_in(
    house: House, provider: IdentityProvider, claims: dict[str, Any], changed: dict[str, Any]
) -> None:
    house.person(VERA, "owner")
    provider.claims = claims
    for name, value in changed.items():
        setattr(provider, name, value)
    visitor, answer = come(house, provider)
    assert answer.status_code == 502
    assert "did not confirm who you are" in answer.text
    assert visitor.client.get("/console/p/acme/").status_code == 302


def test_an_answer_is_for_the_browser_that_asked_and_counts_once(
    house: House, provider: IdentityProvider
) -> None:
    """An attacker's own answer, put under somebody else's click, signs nobody in as them."""
    house.person(VERA, "viewer")
    attacker = Visitor(house.app)
    brought = provider.come_back(attacker.client.get(START).location)
    victim = Visitor(house.app)
    assert victim.client.get(BACK, query_string=brought).status_code == 502
    victim.client.get(START)
    assert victim.client.get(BACK, query_string=brought).status_code == 502
    assert attacker.client.get(BACK, query_string=brought).status_code == 302
    assert attacker.client.get(BACK, query_string=brought).status_code == 502
    for change in ({"state": ""}, {"state": "x"}, {"code": "made-up"}, {"iss": "https://evil.x"}):
        assert come(house, provider, **change)[1].status_code == 502, change


def test_an_answer_comes_within_ten_minutes(house: House, provider: IdentityProvider) -> None:
    house.person(VERA, "viewer")
    visitor = Visitor(house.app)
    brought = provider.come_back(visitor.client.get(START).location)
    house.rt.clock.advance(601)
    assert visitor.client.get(BACK, query_string=brought).status_code == 502


def test_what_is_remembered_is_readable_by_nobody(house: House, provider: IdentityProvider) -> None:
    visitor = Visitor(house.app)
    away = visitor.client.get(START)
    nonce = parse_qs(urlsplit(away.location).query)["nonce"][0]
    with visitor.client.session_transaction() as kept:
        assert nonce not in str(dict(kept))


def test_the_second_step_is_asked_all_the_same(house: House, provider: IdentityProvider) -> None:
    person = house.person(VERA, "viewer")
    with house.rt.database.write() as connection:
        own = tables.users.update().where(tables.users.c.id == person.id)
        sealed = house.rt.box.seal({"user": str(person.id), "key": "JBSWY3DPEHPK3PXP"})
        connection.execute(own.values(totp_secret=sealed, totp_since=house.rt.clock.now()))
    visitor, answer = come(house, provider)
    assert answer.location == "/console/sign-in/code"
    assert visitor.client.get("/console/p/acme/").status_code == 302


@pytest.mark.parametrize(
    "next_", ["//evil.example/console/", "https://evil.example/", "/console/\\evil.example"]
)
def test_coming_in_leads_to_no_other_site(
    house: House, provider: IdentityProvider, next_: str
) -> None:
    house.person(VERA, "viewer")
    visitor = Visitor(house.app)
    away = visitor.client.get(START, query_string={"next": next_})
    answer = visitor.client.get(BACK, query_string=provider.come_back(away.location))
    assert answer.location == "/console/"


@pytest.mark.parametrize(
    ("metadata", "answer"),
    [
        ({"issuer": "https://evil.example"}, None),
        ({"authorization_endpoint": "javascript:alert(1)"}, None),
        ({}, (500, b"{}")),
        ({}, (200, b"no json")),
        ({}, (200, b"[]")),
        ({}, (302, b"http://127.0.0.1:1/x")),
        ({}, (200, b'{"a": "' + b"x" * 300_000 + b'"}')),
    ],
)
def test_a_provider_that_is_not_itself_is_said(
    house: House, provider: IdentityProvider, metadata: dict[str, str], answer: Any
) -> None:
    provider.metadata, provider.answer = metadata, answer
    found = house.app.test_client().get(START)
    assert found.status_code == 502
    assert "did not confirm who you are" in found.text


def test_private_networks_are_asked_only_where_that_is_allowed(
    house: House, make_app: Callable[..., Any]
) -> None:
    app = make_app({"RELAY_TARGET_ALLOW": "10.9.9.9/32"})
    assert app.test_client().get(START).status_code == 502


def test_without_passwords_the_provider_is_the_only_door(
    house: House, provider: IdentityProvider, make_app: Callable[..., Any]
) -> None:
    person = house.person(VERA, "viewer")
    house.app = make_app({"RELAY_PASSWORD_SIGN_IN": "off"})
    visitor = Visitor(house.app)
    page = visitor.get("/console/sign-in")
    assert page.forms == []
    link = urlsplit(people.new_link(house.rt, person.id, "test")).path
    visitor.client.get(link)
    assert f"You are expected as {VERA}" in visitor.get("/console/link").text
    assert come(house, provider)[1].status_code == 302
    with pytest.raises(ConfigError, match="nobody could sign in"):
        load_config({"RELAY_MODE": "local", "RELAY_PASSWORD_SIGN_IN": "off"})
    with pytest.raises(ConfigError, match="https"):
        load_config({"RELAY_MODE": "local", "RELAY_OIDC_ISSUER": "http://corp.example",
                     "RELAY_OIDC_CLIENT_ID": "x"})  # fmt: skip
