"""Messages in Slack: within its sizes, and text alone."""

import json
from typing import Any

import pytest

from integrations.slack.target import TARGET
from relay.core.checks import problems
from relay.core.contract import Duty, Json, Kind, Reply, Request, utf16_length
from tests.integrations.conversing import told

URL = "https://hooks.slack.com/services/T0/B0/x0"
DUTY = Duty(id="d", event="created", lead_id="l", version=1, occurred_at=0, now=0)


def posted(lead: Json, said: bytes = b"ok", status: int = 200) -> tuple[Any, Any]:
    """The message about a lead, and the outcome."""
    conversation = TARGET.deliver({"$lead": lead}, {"url": URL}, DUTY)
    (request,), _, outcome = told(conversation, [Reply(status=status, body=said)])
    assert isinstance(request, Request)
    return json.loads(request.body), outcome


@pytest.mark.parametrize("sign", ["x", "&", "😀", "<"])
def test_a_huge_lead_stays_within_the_sizes(sign: str) -> None:
    fields = {f"Question {at}": sign * 1500 for at in range(60)}
    message, outcome = posted(
        {"contact": {"full_name": sign * 400}, "form": {"message": sign * 9000, "fields": fields}}
    )
    assert len(message["blocks"]) <= 50
    header, *sections, context = message["blocks"]
    assert utf16_length(header["text"]["text"]) <= 150
    assert all(0 < utf16_length(one["text"]["text"]) <= 3000 for one in sections)
    assert utf16_length(message["text"]) <= 2000
    assert "did not fit whole" in context["elements"][0]["text"]
    assert "did not fit whole" in outcome.message


def test_no_lead_calls_anybody() -> None:
    evil = (
        "<!channel> <!here|x> <@U1> <#C1> <https://evil.test|click> <mailto:a@b.c|x> &lt;!all&gt;"
    )
    message, _ = posted(
        {"contact": {"full_name": evil, "email": evil}, "form": {"fields": {evil: evil}}}
    )
    texts = [message["text"], *(one["text"]["text"] for one in message["blocks"][1:])]
    assert not [text for text in texts if "<" in text or ">" in text]
    assert "&amp;lt;!all&amp;gt;" in texts[0]
    assert all(one["text"]["verbatim"] for one in message["blocks"][1:])


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (400, "invalid_blocks", Kind.REJECTED),
        (400, "no_text", Kind.REJECTED),
        (400, "channel_not_found", Kind.GONE),
        (404, "no_team", Kind.GONE),
        (403, "posting_to_general_channel_denied", Kind.UNAUTHORIZED),
        (200, "", Kind.RETRY),
        (200, "invalid_payload", Kind.RETRY),
        (503, "", Kind.RETRY),
    ],
)
def test_what_slack_says_is_judged(status: int, said: str, kind: Kind) -> None:
    _, outcome = posted({"contact": {}}, said.encode(), status)
    assert outcome.kind is kind
    assert str(status) in outcome.message


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/services/T0/B0/x0",
        "https://hooks.slack.com.evil.test/services/T0/B0/x0",
        "https://evil.test/hooks.slack.com/services/T0/B0/x0",
        "https://u@hooks.slack.com/services/T0/B0/x0",
        "https://hooks.slack.com/services/T0/B0/x0\n",
        "https://hooks.slack.com/workflows/T0/B0/x0",
    ],
)
def test_only_slacks_own_webhooks_are_taken(url: str) -> None:
    assert problems(TARGET.settings, {"url": URL}) == []
    assert problems(TARGET.settings, {"url": url})
