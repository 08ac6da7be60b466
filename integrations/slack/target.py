"""Slack: a message about each lead, posted by an incoming webhook.

Answers: api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks. Sizes:
docs.slack.dev/reference/block-kit/blocks. One message a second and channel:
docs.slack.dev/apis/web-api/rate-limits.
"""

from collections.abc import Iterator

from relay.core.contract import (
    END,
    WITH_DETAILS,
    Conversation,
    Duty,
    Json,
    Kind,
    Line,
    Notice,
    NoticeItem,
    Outcome,
    Reply,
    Settings,
    Target,
    fit_card,
    json_request,
    judge_status,
    judged,
    keyed_by,
    mail_address,
    message_card,
    shorten_utf16,
    utf16_length,
)

LONGEST_HEADER = 150
LONGEST_SECTION = 3000
LONGEST_TEXT = 300
MOST_ITEMS = 20
ROOM = 30_000
"""Characters: of the header, of a section, of the line in a notification, of a message; problems
that one message tells of. Sections
are at least half full, so that there are never more than the 50 blocks that Slack takes."""

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["url"],
    "additionalProperties": False,
    "properties": {
        "url": {
            "type": "string",
            "title": "Webhook URL",
            "description": "Of an incoming webhook; it decides the channel.",
            "pattern": "^https://hooks\\.slack(-gov)?\\.com/services/"
            f"[A-Za-z0-9]+/[A-Za-z0-9]+/[A-Za-z0-9]+{END}",
            "secret": True,
            "examples": ["https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXX"],
        },
        "details": WITH_DETAILS,
    },
}

MEANINGS = {403: Kind.UNAUTHORIZED, 404: Kind.GONE, 410: Kind.GONE}
"""The administrator forbids it, or the webhook, its channel or its workspace is no more."""

NOBODY = frozenset(
    {"user_not_found", "channel_not_found", "no_service", "no_team", "team_disabled"}
)
"""Words that mean the same with whatever status."""


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Post the message once; Slack tells no repeats and gives no id."""
    message, cut = _message(payload.get("$lead", {}), whole=settings.get("details", False))
    reply = yield json_request("POST", settings["url"], message)
    return _judge(reply, duty) or Outcome(kind=Kind.DELIVERED, message=cut)


def check(settings: Settings, duty: Duty) -> Conversation:
    """Post a line that says that it is a test: nothing less shows that the channel takes it."""
    text = "Test of the connection: messages about new leads will come here."
    reply = yield json_request("POST", settings["url"], {"text": text})
    return _judge(reply, duty) or Outcome(kind=Kind.DELIVERED)


def tell(notice: Notice, settings: Settings, duty: Duty) -> Conversation:
    """Post a message about problems, a section for each."""
    title = shorten_utf16(notice.title, LONGEST_HEADER)
    blocks: list[Json] = [{"type": "header", "text": {"type": "plain_text", "text": title}}]
    blocks += [_section(_told(one)) for one in notice.items[:MOST_ITEMS]]
    if left := notice.more + len(notice.items[MOST_ITEMS:]):
        blocks.append(_section(f"<{notice.url}|And {left} more>"))
    text = _escaped(shorten_utf16(notice.title, LONGEST_TEXT))
    reply = yield json_request("POST", settings["url"], {"text": text, "blocks": blocks})
    return _judge(reply, duty) or Outcome(kind=Kind.DELIVERED)


def _told(one: NoticeItem) -> str:
    text = f"*<{one.url}|{_escaped(one.title)}>*\n{_escaped(one.text)}"
    return shorten_utf16(text, LONGEST_SECTION)


def _message(lead: Json, *, whole: bool) -> tuple[Json, str]:
    """The body of the request, and what was cut."""
    card = message_card(lead, whole=whole)
    fitted = fit_card(card, room=ROOM, longest=LONGEST_SECTION - 100, size=_size)
    header = {"type": "plain_text", "text": shorten_utf16(card.title, LONGEST_HEADER)}
    blocks: list[Json] = [{"type": "header", "text": header}]
    blocks += [_section(text) for text in _sections(fitted.lines)]
    if fitted.cut:
        said = {"type": "plain_text", "text": f"{fitted.cut}."}
        blocks.append({"type": "context", "elements": [said]})
    text = _escaped(shorten_utf16(f"New lead: {card.title}", LONGEST_TEXT))
    return {
        "text": text,
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
    }, fitted.cut


def _sections(lines: tuple[Line, ...]) -> Iterator[str]:
    """The lines in as few texts as can be, each part of the lead under its name."""
    written = named = ""
    for line in lines:
        gap = "\n" if written else ""
        head = "" if line.section == named else f"{gap}*{line.section}*\n"
        text = _written(line) + "\n"
        if written and utf16_length(written + head + text) > LONGEST_SECTION:
            yield written
            written, head = "", f"*{line.section}*\n"
        written += head + text
        named = line.section
    if written:
        yield written


def _section(text: str) -> Json:
    """`verbatim` keeps Slack from looking for names of channels and people in it."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text.strip(), "verbatim": True}}


def _written(line: Line) -> str:
    text = _escaped(line.text)
    if line.pointer == "/contact/email" and (address := mail_address(line.text)):
        text = f"<mailto:{_escaped(address)}|{text}>" if "|" not in address else text
    return f"{_escaped(line.label)}: {text}"


def _escaped(text: str) -> str:
    """What Slack would read as a link, a mention or a command to everybody is text then."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _size(line: Line) -> int:
    return utf16_length(_written(line)) + len(line.section) + 5


def _judge(reply: Reply, duty: Duty) -> Outcome | None:
    """What went wrong, in Slack's one word; None where it said ok."""
    said = " ".join(reply.body.decode("utf-8", "replace").split())[:200]
    if said in NOBODY:
        return judged(Kind.GONE, reply, duty, said)
    if refused := judge_status(reply, duty, MEANINGS, said):
        return refused
    return None if said == "ok" else judged(Kind.RETRY, reply, duty, said or "without ok")


TARGET = Target(
    label="Slack",
    summary="Posts a message about each lead to a channel in Slack.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    tell=tell,
    repeat="may double",
    limits=("1/second",),
    rate_key=keyed_by("url"),
    fallback_wait=30.0,
    in_flight=1,
    schedule=(10.0, 60.0, 600.0, 3600.0),
    evidence="derived schema",
    unverified="No workspace was at hand: made from the vendor's pages.",
)
