"""Secrets do not get into what is logged, however they travel."""

import base64
import html
import json
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest

from relay.config import load_config
from relay.core.contract import Conversation, Duty, Kind, Note, Outcome, Reply, Request, judged
from relay.core.replies import LONGEST_SAID
from relay.net.client import Client
from relay.net.redact import Redactor, credentials, signed_tokens
from tests.peer import Answer, Peer

SECRET = 'p@ss/w"ö rd+1'

HIDDEN = "[secret]"
DUTY = Duty(id="", event="created", lead_id="", version=1, occurred_at=0, now=0)


def spellings() -> dict[str, str]:
    """The ways in which a secret travels."""
    return {
        "as it is": SECRET,
        "in JSON": json.dumps(SECRET)[1:-1],
        "in JSON with letters": json.dumps(SECRET, ensure_ascii=False)[1:-1],
        "in JSON of PHP": json.dumps(SECRET)[1:-1].replace("/", "\\/"),
        "percent-encoded": quote(SECRET, safe=""),
        "percent-encoded in lower case": quote(SECRET, safe="").lower().replace("ö", "ö"),
        "in a path": quote(SECRET),
        "in a form": quote_plus(SECRET),
        "in JSON within JSON": json.dumps(json.dumps(SECRET)[1:-1])[1:-1],
        "in HTML": html.escape(SECRET),
        "in HTML of PHP": html.escape(SECRET).replace("&#x27;", "&#039;"),
    }


@pytest.mark.parametrize("spelling", spellings())
def test_every_spelling_of_a_secret_is_taken_out(spelling: str) -> None:
    text = f"before {spellings()[spelling]} after"
    assert Redactor([SECRET]).text(text) == f"before {HIDDEN} after"


@pytest.mark.parametrize("user", ["", "u", "us", "user", "someone@example.com"])
def test_a_secret_within_basic_credentials_is_taken_out(user: str) -> None:
    coded = base64.b64encode(f"{user}:{SECRET}".encode()).decode()
    redacted = Redactor([SECRET]).text(f"Authorization: Basic {coded}; more")
    assert HIDDEN in redacted
    assert redacted.endswith("; more")
    left = redacted.removeprefix("Authorization: Basic ").partition(HIDDEN)[0]
    said = base64.b64decode(left + "=" * (-len(left) % 4) if len(left) % 4 != 1 else left[:-1])
    assert SECRET[:2].encode() not in said


@pytest.mark.parametrize("code", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_a_secret_within_either_base64_is_taken_out(code: Any, before: str) -> None:
    secret = "k?>~~~?>?secret-of-signs-\u00ff\u00fe"
    coded = code(f"{before}{secret} after".encode()).decode()
    for text in (coded, quote(coded, safe="")):
        redacted = Redactor([secret]).text(f"x {text} y")
        assert HIDDEN in redacted
        assert len(redacted) < 28 + len(before)


ADDRESS = "https://hooks.example.com/services/T0001/aVeryLongPart-OfChance0"
LONG = "sk_live_4f9QzT-8/x+1=" + "".join(f'{number}&"<' for number in range(40))


@pytest.mark.parametrize("secret", [SECRET, LONG, ADDRESS])
@pytest.mark.parametrize("spelling", ["as it is", "in JSON", "percent-encoded", "in lower case"])
def test_the_half_of_a_secret_that_a_cut_left_is_taken_out(secret: str, spelling: str) -> None:
    written = {
        "as it is": secret,
        "in JSON": json.dumps(secret)[1:-1].replace("/", "\\/"),
        "percent-encoded": quote(secret, safe=""),
        "in lower case": re.sub("%..", lambda code: code.group().lower(), quote(secret, safe="")),
    }[spelling]
    reply = Reply(status=400)
    first = len(ADDRESS.partition("services")[0]) + 20 if secret is ADDRESS else 4
    for room in range(first, len(written)):
        said = "x" * (LONGEST_SAID - room - 1) + written
        message = judged(Kind.REJECTED, reply, DUTY, said).message
        for text in (message, message.removesuffix("…"), f"{message}; cut to fit: a"):
            assert written[:first] not in Redactor([secret, "another-one"]).reply(text)


def test_the_host_of_a_secret_address_is_no_secret() -> None:
    text = "no answer from https://hooks.example.com"
    assert Redactor([ADDRESS]).text(text) == text


@pytest.mark.parametrize(
    "said",
    ["eyJ" * 22_000, "eyJ" * 11_000 + ".eyJ" * 8_000, "…" * 65_536, "s" * 65_536, "sss…" * 16_000],
)
def test_hostile_words_are_read_in_time(said: str) -> None:
    redactor = Redactor(["s" * 2000, LONG])
    began = time.process_time()
    redactor.reply(said)
    assert time.process_time() - began < 1


def test_the_longer_of_two_secrets_is_taken_out_whole() -> None:
    assert Redactor(["secret", "secret-and-more"]).text("secret-and-more") == HIDDEN


def test_short_values_are_not_looked_for() -> None:
    assert Redactor(["abc", ""]).text("abc def") == "abc def"


@pytest.mark.parametrize(
    ("url", "redacted"),
    [
        ("https://user:pass@crm.test/x", f"https://{HIDDEN}@crm.test/x"),
        ("https://crm.test/x?api_key=k1&a=1", f"https://crm.test/x?api_key={HIDDEN}&a=1"),
        (
            "https://crm.test/?a=1&access_token=t#f",
            f"https://crm.test/?a=1&access_token={HIDDEN}#f",
        ),
        (f"https://crm.test/hook/{quote(SECRET)}/in", f"https://crm.test/hook/{HIDDEN}/in"),
        ("https://crm.test/?monkey=1&q=token", "https://crm.test/?monkey=1&q=token"),
    ],
)
def test_addresses(url: str, redacted: str) -> None:
    assert Redactor([SECRET]).url(url) == redacted


def test_of_a_secret_address_every_part_that_tells_is_taken_out() -> None:
    hook = (
        "https://hooks.example.com/services/T0001/aVeryLongPart-OfChance0?sig=AnotherLong%2FPart99"
    )
    redactor = Redactor([hook])
    assert redactor.text(f"POST {hook}") == f"POST {HIDDEN}"
    said = "/v10/services/T0001/aVeryLongPart-OfChance0/x AnotherLong%2FPart99 hooks.example.com"
    assert redactor.text(said) == f"/v10/services/T0001/{HIDDEN}/x {HIDDEN} hooks.example.com"


def test_headers_that_carry_credentials_keep_only_their_names() -> None:
    headers = {
        "Authorization": "Bearer x",
        "Cookie": "a=1",
        "Set-Cookie": "a=1",
        "X-Api-Key": "k",
        "api-token": "t",
        "webhook-signature": "v1,abc=",
        "Idempotency-Key": "0195",
        "Location": "https://crm.test/?token=t1",
    }
    assert Redactor([]).headers(headers) == {
        "Authorization": HIDDEN,
        "Cookie": HIDDEN,
        "Set-Cookie": HIDDEN,
        "X-Api-Key": HIDDEN,
        "api-token": HIDDEN,
        "webhook-signature": "v1,abc=",
        "Idempotency-Key": "0195",
        "Location": f"https://crm.test/?token={HIDDEN}",
    }
    assert credentials({"Authorization": "Bearer x1"}) == {"Bearer x1", "x1"}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ('{"access_token": "abc\\"d", "id": 7}', '{"access_token": "[secret]", "id": 7}'),
        ('{"Password":"x","name":"token"}', '{"Password":"[secret]","name":"token"}'),
        ("access_token=abc&scope=a", f"access_token={HIDDEN}&scope=a"),
        ('{"refresh_token":"cut he', '{"refresh_token":"[secret]"'),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_tokens_that_a_target_issues_are_taken_out_of_its_replies(said: str, kept: str) -> None:
    assert Redactor([]).reply(said) == kept


def test_an_attempt_holds_no_secret_even_where_the_peer_echoes_them(
    peer: Peer, tmp_path: Path
) -> None:
    basic = base64.b64encode(f"user:{SECRET}".encode()).decode()
    echo = json.dumps({"you": SECRET, "auth": basic, "q": quote(SECRET, safe="").lower()})
    location = f"{peer.url}/?q={quote_plus(SECRET)}"
    peer.default = Answer(body=echo.encode(), headers={"X-Echo": basic, "Location": location})

    def talk() -> Conversation:
        reply = yield Request(
            method="POST",
            url=f"{peer.url}/{quote(SECRET, safe='')}?{urlencode({'pw': SECRET})}",
            headers={"Authorization": f"Basic {basic}", "X-Other": SECRET.replace("ö", "o")},
            body=json.dumps({"password": SECRET}).encode(),
        )
        yield Note({"said": [reply.body.decode()]})
        return Outcome(
            kind=Kind.RETRY,
            message=reply.body.decode(),
            remote_id=json.loads(reply.body)["you"],
            remote_url=reply.headers["location"],
        )

    client = Client(
        load_config(
            {
                "RELAY_MODE": "local",
                "RELAY_DATA_DIR": str(tmp_path),
                "RELAY_TARGET_ALLOW": "127.0.0.0/8",
            }
        )
    )
    attempted = client.converse(talk(), [SECRET])
    client.close()
    arrived = peer.arrivals[0]
    assert json.loads(arrived.body)["password"] == SECRET
    assert arrived.headers["authorization"] == f"Basic {basic}"
    kept = repr(attempted)
    for spelling in [*spellings().values(), basic, repr(SECRET)[1:-1]]:
        assert spelling not in kept
    assert HIDDEN in attempted.outcome.message
    assert attempted.exchanges[0]["response"]["headers"]["x-echo"] == HIDDEN


SIGNED = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJyZWxheSJ9.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "body",
    [
        "grant_type=x&assertion=abcdef&scope=y",
        "client_id=1&client_secret=abcdef",
        "refresh_token=abcdef",
        '{"client_assertion": "abcdef", "a": 1}',
        '{"access_token":"abcdef"}',
        f"a={SIGNED}".replace("c2lnbmF0dXJl", "abcdef"),
    ],
)
def test_what_grants_are_asked_for_by_is_not_shown(body: str) -> None:
    assert "abcdef" not in Redactor([]).request(body)
    assert HIDDEN in Redactor([]).request(body)


def test_a_leads_own_words_stay_in_a_request() -> None:
    body = '{"token": "of a form", "password": "forgotten?", "signature": "Ada"}'
    assert Redactor([]).request(body) == body


def test_signed_tokens_are_not_shown_in_replies() -> None:
    for before in ("bad assertion ", "assertion%3D", "\\n", "token_"):
        redacted = Redactor([]).reply(f"{before}{SIGNED}, sorry")
        assert SIGNED.rpartition(".")[0] not in redacted
        assert redacted.endswith(f"{HIDDEN}, sorry")
    assert signed_tokens(f"assertion={SIGNED}&a=1") == {SIGNED}


def test_a_tree_is_redacted_to_its_leaves() -> None:
    tree = {"a": ["x-secret-x", {"secret-name": None}], "n": 1}
    assert Redactor(["secret"]).tree(tree) == {
        "a": [f"x-{HIDDEN}-x", {f"{HIDDEN}-name": None}],
        "n": 1,
    }
