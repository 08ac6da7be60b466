"""Cards in Teams: within the size, and text alone."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.teams.target import STARTED, TARGET
from relay.core.checks import problems
from relay.core.contract import Duty, Json, Kind, Reply, Request
from tests.integrations.conversing import led, told

URL = (
    "https://default01.12.environment.api.powerplatform.com:443/powerautomate/automations/direct"
    "/workflows/0a/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers&sv=1.0&sig=a-_b"
)
DUTY = Duty(id="d", event="created", lead_id="l", version=1, occurred_at=0, now=0)


def posted(lead: Json, **reply: Any) -> tuple[Request, Any]:
    """The request about a lead, and the outcome."""
    conversation = TARGET.deliver({"$lead": lead}, {"url": URL}, DUTY)
    (request,), _, outcome = told(conversation, [Reply(**{"status": 202} | reply)])
    assert isinstance(request, Request)
    return request, outcome


def runs(request: Request) -> Iterator[str]:
    """The texts of a card that Markdown is not read in."""
    for block in json.loads(request.body)["attachments"][0]["content"]["body"]:
        yield from (run["text"] for run in block.get("inlines", ()))


@pytest.mark.parametrize("sign", ["x", '"', "😀", "漢", "\n"])
def test_a_huge_lead_stays_within_the_size(sign: str) -> None:
    fields = {f"{sign * 100} {at}": sign * 1500 + "." for at in range(60)}
    fields |= {f"Short {at}": "x" for at in range(200)}
    request, outcome = posted(
        {"contact": {"full_name": sign * 400}, "form": {"message": sign * 9000, "fields": fields}}
    )
    assert len(request.body) <= 28_000
    assert all(runs(request))
    assert list(runs(request))[-1].endswith("did not fit whole.")
    assert outcome.message.startswith(f"{STARTED}; ")


def test_markdown_is_text() -> None:
    evil = "**b** [x](https://evil.test) <at>all</at>"
    request, _ = posted(
        {"contact": {"full_name": evil}, "form": {"fields": {evil: f"a\n\n{evil}"}}}
    )
    said = list(runs(request))
    assert said == [f"New lead: {evil}", "Full name: ", evil, f"{evil}: ", "a", " ", evil]
    body = json.loads(request.body)["attachments"][0]["content"]["body"]
    headings = [block["text"] for block in body if block["type"] == "TextBlock"]
    assert headings == ["Contact", "Form"]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "TriggerInputSchemaMismatch", Kind.REJECTED),
        (400, "WorkflowTriggerIsNotEnabled", Kind.GONE),
        (403, "FlowSuspended", Kind.GONE),
        (403, "Forbidden", Kind.UNAUTHORIZED),
        (404, "", Kind.GONE),
        (413, "", Kind.REJECTED),
        (429, "", Kind.THROTTLED),
        (504, "GatewayTimeout", Kind.RETRY),
    ],
)
def test_what_the_platform_says_is_judged(status: int, code: str, kind: Kind) -> None:
    body = json.dumps({"error": {"code": code, "message": ""}}).encode()
    _, outcome = posted({"contact": {}}, status=status, body=body)
    assert outcome.kind is kind
    assert code in outcome.message
    assert led(TARGET.check({"url": URL}, DUTY), Reply(status=status, body=body)).kind is kind


@pytest.mark.parametrize(
    "url",
    [
        URL.replace("https", "http"),
        URL.replace(":443", ":8443"),
        URL.replace("sig=", "signed="),
        URL.replace("default01", "user:password@default01"),
        URL + " x",
        URL + "\n",
    ],
)
def test_an_address_that_cannot_work_is_refused(url: str) -> None:
    assert problems(TARGET.settings, {"url": URL}) == []
    assert problems(TARGET.settings, {"url": URL.replace(":443", "")}) == []
    assert problems(TARGET.settings, {"url": url})
