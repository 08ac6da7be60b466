"""Discord: a message about each lead, posted by a webhook.

Call, sizes and errors: discord/discord-api-spec, POST /webhooks/{id}/{token}, and
discord.com/developers/docs/resources/message#embed-object-embed-limits. An address that gets ten
thousand answers 401, 403 or 429 within ten minutes is shut out, so the first one stops the target.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from relay.core.contract import (
    END,
    WITH_DETAILS,
    Card,
    Conversation,
    Duty,
    Fitted,
    Json,
    Kind,
    Line,
    Outcome,
    Reply,
    Request,
    Settings,
    Target,
    fit_card,
    instant,
    json_request,
    judge_status,
    judged,
    message_card,
    said_object,
    shorten_utf16,
    utf16_length,
)

HOST = "https://discord.com/api"
VERSION = "10"

LONGEST_TITLE = 120
LONGEST_DESCRIPTION = 1900
LONGEST_VALUE = 1024
ROOM = 3200
"""Signs, as Discord counts them: of the title (escaping may double it), the description, a field,
and all fields. With names and footer this stays below the 6,000 of a message."""

MESSAGE = "/form/message"
BLUE = 0x1F5FBF

_HOOK = "/webhooks/([0-9]{15,21})/([A-Za-z0-9_-]{20,200})"

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["url"],
    "additionalProperties": False,
    "properties": {
        "url": {
            "type": "string",
            "title": "Webhook URL",
            "description": "Of a webhook of the channel.",
            "pattern": f"^https://((canary|ptb)\\.)?discord(app)?\\.com/api(/v[0-9]+)?{_HOOK}{END}",
            "secret": True,
            "examples": [
                "https://discord.com/api/webhooks/123456789012345678/XXXXXXXXXXXXXXXXXXXX"
            ],
        },
        "thread_id": {
            "type": "string",
            "title": "Thread ID",
            "description": "Where messages are to go into one thread or post of the channel.",
            "pattern": f"^[0-9]{{15,21}}{END}",
        },
        "details": WITH_DETAILS,
        "api_version": {
            "type": "string",
            "title": "API version",
            "pattern": f"^[0-9]{{1,3}}{END}",
            "default": VERSION,
        },
    },
}

MEANINGS = {403: Kind.UNAUTHORIZED, 404: Kind.GONE}

WRONG_PLACE = frozenset({10003, 10015, 50083, 220001, 220002, 220003})
"""Codes for a channel, thread or webhook that is no more, or that wants another thread."""

_MARKS = re.compile(r"([\\*_~`|<>\[\]#]|(?<!\S)[-+](?=\s))")
_ADDRESS = re.compile(r"(https?://[^\s<>\[\]()|`]+)")


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Post the message once, and keep its id; Discord tells no repeats."""
    embed, cut = _embed(payload.get("$lead", {}), duty, whole=settings.get("details", False))
    body = {"embeds": [embed], "allowed_mentions": {"parse": []}}
    reply = yield json_request("POST", _address(settings, wait=True), body)
    if refused := _judge(reply, duty):
        return refused
    made = said_object(reply).get("id")
    return Outcome(
        kind=Kind.DELIVERED,
        message=cut,
        hold=_used_up(reply),
        remote_id=str(made) if made else None,
    )


def check(settings: Settings, duty: Duty) -> Conversation:
    """Ask for the webhook itself; nothing is posted."""
    reply = yield Request(method="GET", url=_address(settings, wait=False))
    return _judge(reply, duty) or Outcome(kind=Kind.DELIVERED)


def _address(settings: Settings, *, wait: bool) -> str:
    """`wait` makes Discord answer with the message, and with what is wrong with it."""
    hook = re.search(_HOOK, settings["url"])
    path = hook[0] if hook else ""
    base = f"{HOST}/v{settings.get('api_version', VERSION)}{path}"
    thread = f"&thread_id={settings['thread_id']}" if "thread_id" in settings else ""
    return f"{base}?wait=true{thread}" if wait else base


def _embed(lead: Json, duty: Duty, *, whole: bool) -> tuple[Json, str]:
    """The one part of the message, and what was cut."""
    card = message_card(lead, whole=whole)
    said = _fitted(card, LONGEST_DESCRIPTION, LONGEST_DESCRIPTION, message=True)
    rest = _fitted(card, ROOM, LONGEST_VALUE, message=False)
    fitted = Fitted(rest.lines, rest.missing + said.missing)
    embed: dict[str, Json] = {
        "title": _escaped(shorten_utf16(card.title, LONGEST_TITLE)),
        "description": "".join(_escaped(line.text) for line in said.lines),
        "color": BLUE,
        "timestamp": instant(datetime.fromtimestamp(duty.occurred_at, UTC)),
        "fields": [{"name": name, "value": value} for name, value in _fields(rest.lines)],
        "footer": {"text": f"{fitted.cut}."},
    }
    if not fitted.cut:
        del embed["footer"]
    return {name: part for name, part in embed.items() if part}, fitted.cut


def _fitted(card: Card, room: int, longest: int, *, message: bool) -> Fitted:
    """As much as there is room for of the lead's own message, or of everything else."""
    lines = tuple(line for line in card.lines if (line.pointer == MESSAGE) is message)
    return fit_card(Card(card.title, lines), room=room, longest=longest, size=_size)


def _fields(lines: tuple[Line, ...]) -> Iterator[tuple[str, str]]:
    """Each part of the lead, in more than one field where one is too small."""
    written = named = ""
    for line in lines:
        text = _written(line)
        full = utf16_length(f"{written}\n{text}") > LONGEST_VALUE
        if written and (full or line.section != named):
            yield named, written
            written = ""
        written = f"{written}\n{text}" if written else text
        named = line.section
    if written:
        yield named, written


def _written(line: Line) -> str:
    return f"{_escaped(line.label)}: {_escaped(line.text)}"


def _escaped(text: str) -> str:
    """Text that formats nothing; whole addresses are left as they are, or they would break."""
    parts = _ADDRESS.split(text)
    return "".join(part if at % 2 else _MARKS.sub(r"\\\1", part) for at, part in enumerate(parts))


def _size(line: Line) -> int:
    return utf16_length(_written(line)) + 1


def _judge(reply: Reply, duty: Duty) -> Outcome | None:
    """What went wrong, None where nothing did."""
    said = said_object(reply)
    words = f"{said.get('message', '')} ({said['code']})" if "code" in said else ""
    words = words or str(said.get("message") or "")
    if reply.status == 429:
        wait = _seconds(said.get("retry_after")) or _seconds(_header(reply, "reset-after"))
        return judged(Kind.THROTTLED, reply, duty, words, wait)
    if reply.status >= 400 and said.get("code") in WRONG_PLACE:
        return judged(Kind.GONE, reply, duty, words)
    return judge_status(reply, duty, MEANINGS, words)


def _used_up(reply: Reply) -> float | None:
    """How long the webhook rests, where this was the last message that it may send for now."""
    if _header(reply, "remaining") != "0":
        return None
    return _seconds(_header(reply, "reset-after"))


def _header(reply: Reply, name: str) -> str | None:
    return reply.headers.get(f"x-ratelimit-{name}")


def _seconds(said: Json) -> float | None:
    try:
        return float(said)
    except (TypeError, ValueError):
        return None


def _rate_key(settings: Settings) -> str:
    return _address(settings, wait=False)


TARGET = Target(
    label="Discord",
    summary="Posts a message about each lead to a channel in Discord.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="may double",
    limits=("30/minute",),
    rate_key=_rate_key,
    fallback_wait=10.0,
    in_flight=1,
    schedule=(10.0, 60.0, 600.0, 3600.0),
    api_version=VERSION,
    evidence="official schema",
    unverified="No server was at hand: made from the vendor's schema and pages.",
)
