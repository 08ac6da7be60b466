"""Messages in Discord: within its sizes, and text alone."""

import json
from typing import Any

import pytest

from integrations.discord.target import TARGET
from relay.core.checks import problems
from relay.core.contract import Duty, Json, Kind, Reply, Request, utf16_length
from tests.integrations.conversing import led, told

URL = "https://discord.com/api/webhooks/1234567890123456789/aBcDeFgHiJkLmNoPqRsTuVwX"
DUTY = Duty(id="d", event="created", lead_id="l", version=1, occurred_at=0, now=0)


def posted(lead: Json, **reply: Any) -> tuple[Json, Any]:
    """The one embed about a lead, and the outcome."""
    conversation = TARGET.deliver({"$lead": lead}, {"url": URL}, DUTY)
    said = Reply(**{"status": 200, "body": b'{"id": "1"}'} | reply)
    (request,), _, outcome = told(conversation, [said])
    assert isinstance(request, Request)
    return json.loads(request.body)["embeds"][0], outcome


@pytest.mark.parametrize("sign", ["x", "*", "😀", "漢"])
def test_a_huge_lead_stays_within_the_sizes(sign: str) -> None:
    fields = {f"{sign * 300} {at}": sign * 1500 for at in range(60)}
    fields |= {f"Short {at}": sign for at in range(200)}
    embed, outcome = posted(
        {"contact": {"full_name": sign * 400}, "form": {"message": sign * 9000, "fields": fields}}
    )
    assert utf16_length(embed["title"]) <= 256
    assert 0 < utf16_length(embed["description"]) <= 4096
    assert len(embed["fields"]) <= 25
    assert all(0 < utf16_length(one["name"]) <= 256 for one in embed["fields"])
    assert all(0 < utf16_length(one["value"]) <= 1024 for one in embed["fields"])
    parts = [embed["title"], embed["description"], embed["footer"]["text"]]
    parts += [text for one in embed["fields"] for text in one.values()]
    assert utf16_length("".join(parts)) <= 6000
    assert "did not fit whole" in embed["footer"]["text"]
    assert embed["footer"]["text"].removesuffix(".") in outcome.message


def test_marks_are_text_and_addresses_stay_whole() -> None:
    message = "**b** __u__ ~~s~~ ||x|| `c` [t](u) <@1>\n# head\n- item\n> quote a-b"
    embed, _ = posted({"contact": {}, "form": {"message": f"{message} https://a.test/x_y_z?q=*1*"}})
    assert embed["description"] == (
        r"\*\*b\*\* \_\_u\_\_ \~\~s\~\~ \|\|x\|\| \`c\` \[t\](u) \<@1\>"
        "\n\\# head\n\\- item\n\\> quote a-b https://a.test/x_y_z?q=*1*"
    )


def test_a_limit_that_is_used_up_lets_the_webhook_rest() -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset-after": "1.25"}
    assert posted({"contact": {}}, headers=headers)[1].hold == 1.25
    assert posted({"contact": {}}, headers=headers | {"x-ratelimit-remaining": "1"})[1].hold is None
    assert posted({"contact": {}}, headers={"x-ratelimit-remaining": "0"})[1].hold is None


@pytest.mark.parametrize(
    ("status", "body", "kind", "wait"),
    [
        (429, {"retry_after": 64.57, "global": True}, Kind.THROTTLED, 64.57),
        (429, {"retry_after": "soon"}, Kind.THROTTLED, None),
        (401, {}, Kind.UNAUTHORIZED, None),
        (403, {"code": 50013, "message": "Missing Permissions"}, Kind.UNAUTHORIZED, None),
        (404, {"code": 10015}, Kind.GONE, None),
        (400, {"code": 10003}, Kind.GONE, None),
        (400, {"code": 50083}, Kind.GONE, None),
        (400, {"code": 50006}, Kind.REJECTED, None),
        (503, {}, Kind.RETRY, None),
    ],
)
def test_what_discord_says_is_judged(status: int, body: Json, kind: Kind, wait: float) -> None:
    _, outcome = posted({"contact": {}}, status=status, body=json.dumps(body).encode())
    assert (outcome.kind, outcome.retry_after) == (kind, wait)


def test_a_check_posts_nothing() -> None:
    conversation = TARGET.check({"url": URL, "thread_id": "1477990000000000009"}, DUTY)
    (request,), _, outcome = told(conversation, [Reply(status=200, body=b"{}")])
    assert isinstance(request, Request)
    assert (request.method, request.url) == ("GET", URL.replace("/api/", "/api/v10/"))
    assert outcome.kind is Kind.DELIVERED
    gone = led(TARGET.check({"url": URL}, DUTY), Reply(status=404))
    assert gone.kind is Kind.GONE


@pytest.mark.parametrize(
    "url",
    [
        URL.replace("https", "http"),
        URL.replace("discord.com", "discord.com.evil.test"),
        URL.replace("discord.com", "evil.test"),
        URL + "?wait=false",
        URL + "/slack",
        URL + "\n",
    ],
)
def test_only_discords_own_webhooks_are_taken(url: str) -> None:
    for fine in (URL, URL.replace("/api/", "/api/v9/"), URL.replace("//", "//ptb.")):
        assert problems(TARGET.settings, {"url": fine}) == []
    assert problems(TARGET.settings, {"url": url})
