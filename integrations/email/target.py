"""E-mail: a letter about each lead, handed to a mail server of the user's own (SMTP, RFC 5321).

What codes and words of servers mean: RFC 4954 (logging in), RFC 5321 and RFC 3463; that a sender
who may not send and a used-up quota are also told by words is what large providers do.
"""

import re
from collections.abc import Mapping

from integrations.email.letter import message_id, write_letter, write_notice
from relay.core.contract import (
    END,
    Conversation,
    Duty,
    Json,
    Kind,
    Letter,
    Note,
    Notice,
    Outcome,
    Reply,
    Settings,
    Target,
    mail_address,
    said_object,
)

_ADDRESS = f"^[!#$%&'*+/=?^_`{{|}}~0-9A-Za-z.-]+@[^\\s@<>()\\[\\],;:\\\\\"]+{END}"
_LINE = f"^[^\\r\\n\\u0000]*{END}"

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["host", "from", "to"],
    "additionalProperties": False,
    "properties": {
        "host": {
            "type": "string",
            "title": "Mail server",
            "description": "The server for outgoing mail (SMTP), such as smtp.example.com.",
            "pattern": f"^[^\\s/@?#:]+{END}",
            "examples": ["smtp.example.com"],
        },
        "port": {
            "type": "integer",
            "title": "Port",
            "description": "587 for STARTTLS, 465 for TLS from the start.",
            "minimum": 1,
            "maximum": 65535,
            "default": 587,
        },
        "security": {
            "type": "string",
            "title": "Security",
            "description": "starttls: TLS is begun after the greeting, and required. tls: from the"
            " start. none: in clear, for a server in your own network.",
            "enum": ["starttls", "tls", "none"],
            "default": "starttls",
        },
        "username": {"type": "string", "title": "User name", "minLength": 1, "pattern": _LINE},
        "password": {
            "type": "string",
            "title": "Password",
            "description": "Many providers want one made for this program (an app password).",
            "secret": True,
        },
        "from": {
            "type": "string",
            "title": "From",
            "description": "An address of yours that this server may send for.",
            "pattern": _ADDRESS,
            "examples": ["leads@example.com"],
        },
        "from_name": {
            "type": "string",
            "title": "Sender's name",
            "pattern": _LINE,
            "maxLength": 80,
            "default": "Leads",
        },
        "to": {
            "type": "array",
            "title": "To",
            "description": "Who gets a letter about each lead.",
            "items": {"type": "string", "pattern": _ADDRESS},
            "minItems": 1,
            "maxItems": 20,
            "uniqueItems": True,
            "examples": ["sales@example.com"],
        },
        "subject": {
            "type": "string",
            "title": "Subject",
            "description": "With tokens of the lead, such as: New lead: [name]{somebody}",
            "maxLength": 300,
        },
        "details": {
            "type": "boolean",
            "title": "With identifiers and device data",
            "description": "In small print below everything else.",
            "default": True,
        },
    },
    "dependentRequired": {"username": ["password"], "password": ["username"]},
}

SCHEDULE = (300.0, 1800.0, 7200.0, *(21600.0,) * 15)
"""RFC 5321, 4.5.4.1: tries at least half an hour apart, but for the first, for four days."""

TIMEOUT = 60.0
"""Seconds for a whole session: servers may look long at a message before they take it."""

NO_LOGIN = frozenset({530, 534, 535, 538})
"""RFC 4954: logging in is required, too weak, refused, or needs TLS."""

BUSY = frozenset({421, 450, 451, 452, 454})

_USED_UP = re.compile(
    r"throttl|too many|\brate\b|quota|limit exceeded|exceeded\b.*\blimit|\b5\.4\.5\b", re.IGNORECASE
)
_MAILBOX = re.compile(r"mailbox|\b[45]\.2\.\d", re.IGNORECASE)
_NOT_THIS_SENDER = re.compile(
    r"not verified|send as|sendasdenied|not owned|\b5\.7\.60\b", re.IGNORECASE
)


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Hand a letter in; who could not have it yet gets it at a later try, the others do not."""
    return (yield from _hand_in(write_letter(payload, settings, duty), settings, duty))


def tell(notice: Notice, settings: Settings, duty: Duty) -> Conversation:
    """The same with a letter of the relay's own."""
    return (yield from _hand_in(write_notice(notice, settings, duty), settings, duty))


def _hand_in(message: bytes, settings: Settings, duty: Duty) -> Conversation:
    recipients = _open(settings, duty)
    reply = yield _letter(settings, recipients, message)
    later = [one for one, code, _ in _refused(reply) if code < 500]
    if reply.status == 250 and later:
        yield Note({"open": later})
        taken = f"taken for {len(recipients) - len(_refused(reply))} of {len(recipients)}"
        return Outcome(kind=Kind.RETRY, message=f"{taken}; {_refusals(reply)}")
    outcome = _judge(reply, remote_id := message_id(settings, duty))
    if outcome.kind is Kind.GONE and len(recipients) < len(settings["to"]):
        said = f"the others have it; {outcome.message}"
        return Outcome(kind=Kind.DELIVERED, message=said, remote_id=remote_id)
    return outcome


def check(settings: Settings, _duty: Duty) -> Conversation:
    """Log in and ask whether sender and recipients are fine; no letter is sent."""
    reply = yield _letter(settings, _everybody(settings), b"")
    return _judge(reply, None)


def _letter(settings: Settings, recipients: list[str], message: bytes) -> Letter:
    return Letter(
        host=settings["host"],
        port=settings.get("port", 587),
        security=settings.get("security", "starttls"),
        sender=mail_address(settings["from"]) or settings["from"],
        recipients=tuple(recipients),
        message=message,
        username=settings.get("username"),
        password=settings.get("password"),
        timeout=TIMEOUT,
    )


def _everybody(settings: Settings) -> list[str]:
    return [mail_address(one) or one for one in settings["to"]]


def _open(settings: Settings, duty: Duty) -> list[str]:
    """Whom the letter has not reached yet."""
    noted = duty.noted if isinstance(duty.noted, Mapping) else {}
    waiting = noted.get("open", ())
    return [one for one in _everybody(settings) if one in waiting] or _everybody(settings)


def _judge(reply: Reply, remote_id: str | None) -> Outcome:
    """What the server's last code means, by how far the session came."""
    words = str(said_object(reply).get("said") or "")
    if 200 <= reply.status < 300:
        said = "; ".join(filter(None, (words, _refusals(reply))))
        return Outcome(kind=Kind.DELIVERED, message=said, remote_id=remote_id)
    at = str(said_object(reply).get("at") or "greeting")
    message = f"answered {reply.status} to the {at}: {words}".rstrip(": ")
    if at == "recipients":
        message += f" ({_refusals(reply)})" if _refusals(reply) else ""
    return Outcome(kind=_kind(reply.status, at, words), message=message)


def _kind(code: int, at: str, words: str) -> Kind:
    if code in NO_LOGIN or (at == "auth" and (code >= 500 or code == 432)):
        return Kind.UNAUTHORIZED
    if code == 421 or (_USED_UP.search(words) and not _MAILBOX.search(words)):
        return Kind.THROTTLED
    if code < 500:
        early = at in {"greeting", "starttls", "auth", "sender"}
        return Kind.THROTTLED if early and code in BUSY else Kind.RETRY
    if at in {"greeting", "starttls"}:
        return Kind.RETRY  # nothing was said of this letter yet
    if (at == "sender" and code != 552) or _NOT_THIS_SENDER.search(words):
        return Kind.UNAUTHORIZED
    return Kind.GONE if at == "recipients" else Kind.REJECTED


def _refused(reply: Reply) -> list[tuple[str, int, str]]:
    """Who was refused, with the server's code and words."""
    refused = said_object(reply).get("refused")
    return [
        (one, int(said[0]), str(said[1]))
        for one, said in (refused.items() if isinstance(refused, dict) else ())
    ]


def _refusals(reply: Reply) -> str:
    return ", ".join(f"{one} refused with {code}: {said}" for one, code, said in _refused(reply))


def _rate_key(settings: Settings) -> str:
    return f"{settings['host']} {settings.get('username') or settings['from']}"


TARGET = Target(
    label="E-mail",
    summary="Sends a letter about each lead by a mail server of your own.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    tell=tell,
    repeat="may double",
    limits=("30/minute",),
    rate_key=_rate_key,
    fallback_wait=300.0,
    in_flight=2,
    schedule=SCHEDULE,
    unverified="Made from the standards; the words of single providers were not tried.",
)
