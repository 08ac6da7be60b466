"""Telegram: a message about each lead, sent by a bot.

Calls and errors: core.telegram.org/bots/api; how much a bot may send: core.telegram.org/bots/faq.
"""

from collections.abc import Iterator, Mapping

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
    Request,
    Settings,
    Target,
    fit_card,
    json_request,
    judge_status,
    judged,
    message_card,
    said_object,
    shorten_utf16,
    utf16_length,
)

HOST = "https://api.telegram.org"

LONGEST_TITLE = 100
LONGEST = 1500
ROOM = 3200
"""Signs of the title (escaping may make it five times that), of one value, of all values: with the
names of parts this is below the 4,096 that Telegram takes, even if it counted what is escaped."""

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["token", "chat_id"],
    "additionalProperties": False,
    "properties": {
        "token": {
            "type": "string",
            "title": "Bot token",
            "description": "As BotFather gives it.",
            "pattern": f"^[0-9]{{5,15}}:[A-Za-z0-9_-]{{30,60}}{END}",
            "secret": True,
            "examples": ["123456789:AAXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"],
        },
        "chat_id": {
            "type": "string",
            "title": "Chat ID",
            "description": "A number (of groups it begins with -), or @name of a public channel.",
            "pattern": f"^(-?[0-9]{{1,20}}|@[A-Za-z][A-Za-z0-9_]{{3,}}){END}",
            "examples": ["-1001234567890"],
        },
        "message_thread_id": {
            "type": "integer",
            "title": "Topic",
            "description": "The number of a topic, in a group that has them.",
            "minimum": 1,
        },
        "silent": {
            "type": "boolean",
            "title": "Without a sound",
            "default": False,
        },
        "details": WITH_DETAILS,
    },
}

MEANINGS = {403: Kind.GONE, 404: Kind.UNAUTHORIZED}
"""The bot was blocked or thrown out; a path with a token that is none is not found."""

NO_PLACE = (
    "chat not found",
    "thread not found",
    "topic_closed",
    "topic_deleted",
    "not enough rights",
    "have no rights",
    "need administrator rights",
    "chat_write_forbidden",
    "peer_id_invalid",
    "user not found",
)
"""Words of a 400 that are about the place and not about the message, in small letters."""


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Send the message once; where the group has a new id, send it there."""
    text, cut = _text(payload.get("$lead", {}), whole=settings.get("details", False))
    message = {
        **_place(settings),
        "text": text,
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        "disable_notification": settings.get("silent", False),
    }
    reply = yield _call("sendMessage", settings, message)
    moved = _parameters(reply).get("migrate_to_chat_id")
    if isinstance(moved, int):
        cut = "; ".join(filter(None, (f"the group is now {moved}: set this as chat id", cut)))
        reply = yield _call("sendMessage", settings, {**message, "chat_id": moved})
    return _judge(reply, duty) or Outcome(
        kind=Kind.DELIVERED, message=cut, remote_id=_message_id(reply)
    )


def check(settings: Settings, duty: Duty) -> Conversation:
    """Show that the bot is typing: who may do that may write, and nothing stays."""
    reply = yield _call("sendChatAction", settings, {**_place(settings), "action": "typing"})
    return _judge(reply, duty) or Outcome(kind=Kind.DELIVERED)


def _call(method: str, settings: Settings, body: Json) -> Request:
    return json_request("POST", f"{HOST}/bot{settings['token']}/{method}", body)


def _place(settings: Settings) -> dict[str, Json]:
    chat = settings["chat_id"]
    place: dict[str, Json] = {"chat_id": chat if chat.startswith("@") else int(chat)}
    if "message_thread_id" in settings:
        place["message_thread_id"] = settings["message_thread_id"]
    return place


def _text(lead: Json, *, whole: bool) -> tuple[str, str]:
    """The message in HTML, and what was cut."""
    card = message_card(lead, whole=whole)
    fitted = fit_card(card, room=ROOM, longest=LONGEST, size=_size)
    title = f"<b>{_escaped(shorten_utf16(card.title, LONGEST_TITLE))}</b>"
    end = f"\n\n<i>{fitted.cut}.</i>" if fitted.cut else ""
    return title + "".join(_written(fitted.lines)) + end, fitted.cut


def _written(lines: tuple[Line, ...]) -> Iterator[str]:
    section = ""
    for line in lines:
        if line.section != section:
            yield f"\n\n<b>{_escaped(line.section)}</b>"
        yield f"\n{_escaped(line.label)}: {_escaped(line.text)}"
        section = line.section


def _escaped(text: str) -> str:
    """Text that is no tag and no sign of HTML; Telegram knows these three."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _size(line: Line) -> int:
    return utf16_length(f"\n{_escaped(line.label)}: {_escaped(line.text)}")


def _judge(reply: Reply, duty: Duty) -> Outcome | None:
    """What went wrong, None where Telegram says ok."""
    said = str(said_object(reply).get("description") or "")
    if reply.status == 429:
        wait = _parameters(reply).get("retry_after")
        seconds = float(wait) if isinstance(wait, int | float) else None
        return judged(Kind.THROTTLED, reply, duty, said, seconds)
    if reply.status == 400 and any(words in said.lower() for words in NO_PLACE):
        return judged(Kind.GONE, reply, duty, said)
    if refused := judge_status(reply, duty, MEANINGS, said):
        return refused
    if said_object(reply).get("ok") is not True:
        return judged(Kind.RETRY, reply, duty, said or "without ok")
    return None


def _parameters(reply: Reply) -> Mapping[str, Json]:
    found = said_object(reply).get("parameters")
    return found if isinstance(found, dict) else {}


def _message_id(reply: Reply) -> str | None:
    result = said_object(reply).get("result")
    made = result.get("message_id") if isinstance(result, dict) else None
    return str(made) if made else None


def _rate_key(settings: Settings) -> str:
    return f"{settings['token']} {settings['chat_id']}"


TARGET = Target(
    label="Telegram",
    summary="Sends a message about each lead to a chat, group or channel in Telegram.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="may double",
    limits=("1/second", "20/minute"),
    rate_key=_rate_key,
    fallback_wait=30.0,
    in_flight=1,
    schedule=(10.0, 60.0, 600.0, 3600.0),
    evidence="derived schema",
    unverified="No bot was at hand: made from the vendor's pages.",
)
