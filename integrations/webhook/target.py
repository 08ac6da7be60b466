"""Webhook: posts each lead to an address of the user's own, signed by Standard Webhooks."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

from relay.core.contract import (
    END,
    Conversation,
    Duty,
    Json,
    Kind,
    Notice,
    Outcome,
    Reply,
    Request,
    Settings,
    Target,
    instant,
    judge_status,
)

EVENT = "$event"
"""The member of the payload that holds the lead in its envelope."""

REFUSED_HEADERS = frozenset(
    {
        "connection",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "webhook-id",
        "webhook-signature",
        "webhook-timestamp",
    }
)
"""Headers that belong to the connection or to the relay."""

MEANINGS = {410: Kind.GONE}
"""What a status means to Standard Webhooks beside HTTP."""

"""The end of a text; "$" would let a line break pass that nobody sees."""

_HEADER_NAME = f"^[!#$%&'*+.^_`|~0-9A-Za-z-]+{END}"
_HEADERS = {
    "type": "object",
    "propertyNames": {
        "minLength": 1,
        "pattern": _HEADER_NAME,
        "not": {"pattern": f"^(?i:{'|'.join(sorted(REFUSED_HEADERS))})$"},
    },
    "additionalProperties": {"type": "string", "not": {"pattern": "[\\r\\n\\u0000]"}},
}
_WHOLE = "authorization|cookie|api-?key"
_LAST = "token|secret|password|key"
_CREDENTIALS = f"(?i:^(?!idempotency-key$)(.*({_WHOLE}).*|(.*[-_])?({_LAST}))$)"
"""Names of headers whose values nobody else is to read: those headers are kept sealed."""

_OPEN_HEADERS = {
    **_HEADERS,
    "propertyNames": {"allOf": [_HEADERS["propertyNames"], {"not": {"pattern": _CREDENTIALS}}]},
}
_BASE64 = "[A-Za-z0-9+/]"
_SECRET = {
    "type": "string",
    "pattern": f"^whsec_({_BASE64}{{4}}){{8,21}}({_BASE64}{{2}}(=?=?|{_BASE64}=?))?{END}",
    "description": "whsec_ and the base64 of 24 to 64 random bytes",
}

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["url"],
    "additionalProperties": False,
    "properties": {
        "url": {
            "type": "string",
            "title": "Address",
            "description": "Where leads are sent to; https, unless it is in your own network.",
            "format": "uri",
            "pattern": f"^https?://[^\\s/@?#]+(/\\S*)?([?#]\\S*)?{END}",
        },
        "method": {
            "type": "string",
            "title": "Method",
            "enum": ["POST", "PUT", "PATCH"],
            "default": "POST",
        },
        "format": {
            "type": "string",
            "title": "Body format",
            "enum": ["json", "form"],
            "default": "json",
        },
        "secret": {
            **_SECRET,
            "title": "Signing secret",
            "description": "By it the receiver knows that a lead comes from here.",
            "secret": True,
            "generate": "whsec_",
        },
        "secrets": {
            "type": "array",
            "title": "Signing secrets",
            "description": "Several sign at once, so that a secret can be changed without a gap.",
            "items": _SECRET,
            "maxItems": 5,
            "secret": True,
        },
        "headers": {
            **_OPEN_HEADERS,
            "title": "Headers",
            "description": "Sent with every request, and shown. A header that is a credential"
            " belongs to the secret ones.",
        },
        "secret_headers": {
            **_HEADERS,
            "title": "Secret headers",
            "description": "Headers whose values are secrets, such as X-Api-Key.",
            "secret": True,
        },
        "username": {"type": "string", "title": "User name", "pattern": f"^[^:\\r\\n]*{END}"},
        "password": {"type": "string", "title": "Password", "secret": True},
        "token": {
            "type": "string",
            "title": "Bearer token",
            "pattern": f"^[!-~]+{END}",
            "secret": True,
        },
        "timeout": {
            "type": "number",
            "title": "Longest wait for an answer, in seconds",
            "minimum": 1,
            "maximum": 120,
        },
    },
    "dependentRequired": {"username": ["password"], "password": ["username"]},
    "dependentSchemas": {"token": {"not": {"required": ["username"]}}},
}


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Send the payload once. `webhook-id` is the delivery's, the same for all its attempts."""
    reply = yield _request(_content(payload, duty), settings, duty)
    return _judge(reply, duty)


def check(settings: Settings, duty: Duty) -> Conversation:
    """Send a signed event of the type `test`, which receivers answer like any other."""
    at = instant(datetime.fromtimestamp(duty.now, UTC))
    reply = yield _request({"type": "test", "timestamp": at, "data": {}}, settings, duty)
    return _judge(reply, duty)


def tell(notice: Notice, settings: Settings, duty: Duty) -> Conversation:
    """Send an event of the type `problems`, signed like every other."""
    at = instant(datetime.fromtimestamp(duty.now, UTC))
    told = [
        {"turn": one.turn, "title": one.title, "url": one.url, **one.data} for one in notice.items
    ]
    data = {"title": notice.title, "url": notice.url, "problems": told, "more": notice.more}
    reply = yield _request({"type": "problems", "timestamp": at, "data": data}, settings, duty)
    return _judge(reply, duty)


def signatures(secrets: Sequence[str], id_: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header: one `v1` signature for each secret, in their order."""
    signed = b"%s.%d.%s" % (id_.encode(), timestamp, body)
    return " ".join("v1," + _hmac(_key(secret), signed) for secret in secrets)


def _key(secret: str) -> bytes:
    text = secret.removeprefix("whsec_").rstrip("=")
    return base64.b64decode(text + "=" * (-len(text) % 4))


def _hmac(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def _content(payload: Json, duty: Duty) -> Json:
    """The members that a mapping has added, or, without any, the event in its envelope."""
    own = {name: value for name, value in payload.items() if name != EVENT}
    if own:
        return own
    return {**payload[EVENT], "type": f"lead.{duty.event}"}


def _request(content: Json, settings: Settings, duty: Duty) -> Request:
    content_type, body = _encoded(content, settings.get("format", "json"))
    return Request(
        method=settings.get("method", "POST"),
        url=settings["url"],
        headers={
            "Idempotency-Key": duty.id,
            **settings.get("headers", {}),
            **settings.get("secret_headers", {}),
            **_authorization(settings),
            "Content-Type": content_type,
            **_signed(settings, duty, body),
        },
        body=body,
        timeout=settings.get("timeout"),
    )


def _encoded(content: Json, form: str) -> tuple[str, bytes]:
    if form == "form":
        return "application/x-www-form-urlencoded", urlencode(list(_fields(content, ""))).encode()
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return "application/json", text.encode()


def _fields(value: Json, name: str) -> Iterator[tuple[str, str]]:
    """A form's fields; what lies deeper is named with brackets: `data[contact][email]`."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _fields(member, f"{name}[{key}]" if name else key)
    elif isinstance(value, list):
        for position, member in enumerate(value):
            yield from _fields(member, f"{name}[{position}]")
    else:
        yield name, _field(value)


def _field(value: Json) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _authorization(settings: Settings) -> dict[str, str]:
    if "token" in settings:
        return {"Authorization": f"Bearer {settings['token']}"}
    if "username" in settings:
        pair = f"{settings['username']}:{settings['password']}".encode()
        return {"Authorization": "Basic " + base64.b64encode(pair).decode()}
    return {}


def _signed(settings: Settings, duty: Duty, body: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks; without a secret there is nothing to sign with."""
    timestamp = int(duty.now)
    named = {"webhook-id": duty.id, "webhook-timestamp": str(timestamp)}
    secrets = [settings["secret"]] if "secret" in settings else []
    secrets += settings.get("secrets", [])
    if not secrets:
        return named
    return {**named, "webhook-signature": signatures(secrets, duty.id, timestamp, body)}


def _judge(reply: Reply, duty: Duty) -> Outcome:
    """Only 2xx says that the event was taken; what the body says is nobody's convention."""
    said = _SAID.get(reply.status, "")
    return judge_status(reply, duty, MEANINGS, said) or Outcome(kind=Kind.DELIVERED)


_SAID = {401: "the credential is not accepted", 410: "it wants no more events"}


TARGET = Target(
    label="Webhook",
    summary="Posts each lead to an address of your own, signed by Standard Webhooks.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    tell=tell,
    repeat="key",
)
