"""Microsoft Teams: a card about each lead, posted by a workflow.

The workflow begins with "When a Teams webhook request is received":
learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook.
The card is an Adaptive Card 1.5 (microsoft/AdaptiveCards, schemas/1.5.0).
"""

import json
import re
from collections.abc import Iterator

from relay.core.contract import (
    END,
    WITH_DETAILS,
    Conversation,
    Duty,
    Json,
    Kind,
    Line,
    Outcome,
    Reply,
    Settings,
    Target,
    fit_card,
    json_request,
    judge_status,
    judged,
    keyed_by,
    message_card,
    said_object,
    shorten,
)

LONGEST_TITLE = 200
LONGEST = 6000
ROOM = 22_000
"""Characters of the title; bytes of one value and of all, as they are written. With the names of
parts and the envelope this is below the 28 kB that Teams takes."""

STARTED = "the flow was started; Teams does not say whether the post appeared"

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["url"],
    "additionalProperties": False,
    "properties": {
        "url": {
            "type": "string",
            "title": "Workflow URL",
            "description": "Of the workflow's trigger, whole, with its signature (sig=).",
            # Microsoft has changed these hosts before, and clouds of states have others
            "pattern": "^https://[^\\s/@?#:]+(:443)?/[^\\s?#]*\\?([^\\s#]*&)?sig=[^\\s#&]+"
            f"(&[^\\s#]*)?{END}",
            "secret": True,
        },
        "details": WITH_DETAILS,
    },
}

MEANINGS = {403: Kind.UNAUTHORIZED, 404: Kind.GONE, 410: Kind.GONE}

_SWITCHED_OFF = re.compile(r"notenabled|not enabled|disabled|suspended", re.IGNORECASE)


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Start the workflow once; what it does is not told, and neither are repeats."""
    card, cut = _card(payload.get("$lead", {}), whole=settings.get("details", False))
    reply = yield json_request("POST", settings["url"], _message(card))
    said = "; ".join(filter(None, (STARTED, cut)))
    return _judge(reply, duty) or Outcome(kind=Kind.DELIVERED, message=said)


def check(settings: Settings, duty: Duty) -> Conversation:
    """Post a card that says that it is a test: nothing less starts the workflow."""
    card = [_plain("Test of the connection: cards about new leads will come here.")]
    reply = yield json_request("POST", settings["url"], _message(card))
    return _judge(reply, duty) or Outcome(kind=Kind.DELIVERED, message=STARTED)


def _message(body: list[Json]) -> Json:
    """The body of the request, as the trigger wants it."""
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.5",
        "fallbackText": "New lead",
        "body": body,
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {
        "type": "message",
        "attachments": [{"contentType": kind, "contentUrl": None, "content": card}],
    }


def _card(lead: Json, *, whole: bool) -> tuple[list[Json], str]:
    """The card's blocks, and what was cut."""
    card = message_card(lead, whole=whole)
    fitted = fit_card(card, room=ROOM, longest=LONGEST, size=_size)
    title = shorten(f"New lead: {card.title}", LONGEST_TITLE)
    blocks = [_plain(title, size="Large", weight="Bolder"), *_blocks(fitted.lines)]
    if fitted.cut:
        blocks.append(_plain(f"{fitted.cut}.", isSubtle=True))
    return blocks, fitted.cut


def _blocks(lines: tuple[Line, ...]) -> Iterator[Json]:
    section = ""
    for line in lines:
        if line.section != section:
            heading = {"type": "TextBlock", "text": line.section, "weight": "Bolder"}
            yield {**heading, "spacing": "Medium", "separator": True}
        yield from _written(line)
        section = line.section


def _written(line: Line) -> Iterator[Json]:
    """A line of the lead, in a block for each of its own lines; a run of text knows no Markdown."""
    label = {"type": "TextRun", "text": f"{line.label}: ", "isSubtle": True}
    first, *more = line.text.splitlines() or [""]
    yield {
        "type": "RichTextBlock",
        "spacing": "Small",
        "inlines": [label, {"type": "TextRun", "text": first}],
    }
    for text in more:
        yield {**_plain(text or " "), "spacing": "None"}


def _plain(text: str, **looks: Json) -> Json:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **looks}]}


def _size(line: Line) -> int:
    """Bytes of the line's blocks in the request."""
    written = json.dumps(list(_written(line)), ensure_ascii=False, separators=(",", ":"))
    return len(written.encode("utf-8", "replace"))


def _judge(reply: Reply, duty: Duty) -> Outcome | None:
    """What went wrong, None where the workflow was started."""
    error = said_object(reply).get("error")
    fault = error if isinstance(error, dict) else {}
    words = " ".join(str(fault[name]) for name in ("code", "message") if fault.get(name))
    if 400 <= reply.status < 500 and _SWITCHED_OFF.search(words):
        return judged(Kind.GONE, reply, duty, words)
    return judge_status(reply, duty, MEANINGS, words)


TARGET = Target(
    label="Microsoft Teams",
    summary="Posts a card about each lead to a channel or chat in Microsoft Teams.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="may double",
    limits=("4/second",),
    rate_key=keyed_by("url"),
    fallback_wait=30.0,
    in_flight=2,
    schedule=(10.0, 60.0, 600.0, 3600.0),
    evidence="official schema",
    unverified="No tenant was at hand: made from the vendor's card schema and pages.",
)
