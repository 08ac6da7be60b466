"""Webhook: posts each lead to an address of the user's own, signed by Standard Webhooks."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlencode

from relay.core.contract import (
    Conversation,
    Duty,
    Json,
    Kind,
    Outcome,
    Reply,
    Request,
    Settings,
    Target,
    retry_after,
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

LONGEST_PATIENCE = 3600.0
"""Seconds that an endpoint may ask for: it must not be able to park its leads for ever."""

PERMANENT = frozenset({400, 405, 406, 411, 413, 414, 415, 422, 431, 501})
"""Statuses that mean this request will never be taken; others may pass."""

_TOKEN = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"
_HEADERS = {
    "type": "object",
    "propertyNames": {
        "minLength": 1,
        "pattern": _TOKEN,
        "not": {"pattern": f"^(?i:{'|'.join(sorted(REFUSED_HEADERS))})$"},
    },
    "additionalProperties": {"type": "string", "not": {"pattern": "[\\r\\n\\u0000]"}},
}
_SECRET = {
    "type": "string",
    "pattern": "^whsec_[A-Za-z0-9+/]{32,88}={0,2}$",
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
            "pattern": "^https?://[^\\s/@]+(/\\S*)?([?#]\\S*)?$",
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
        "secret": {**_SECRET, "title": "Signing secret", "secret": True},
        "secrets": {
            "type": "array",
            "title": "Signing secrets",
            "description": "Several sign at once, so that a secret can be changed without a gap.",
            "items": _SECRET,
            "maxItems": 5,
            "secret": True,
        },
        "headers": {**_HEADERS, "title": "Headers", "description": "Sent with every request."},
        "secret_headers": {
            **_HEADERS,
            "title": "Secret headers",
            "description": "Headers whose values are secrets, such as X-Api-Key.",
            "secret": True,
        },
        "username": {"type": "string", "title": "User name", "pattern": "^[^:\\r\\n]*$"},
        "password": {"type": "string", "title": "Password", "secret": True},
        "token": {
            "type": "string",
            "title": "Bearer token",
            "pattern": "^[!-~]+$",
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
    reply = yield _request(_content(payload, duty), settings, duty.id, duty.now)
    return _judge(reply, duty.now)


def check(settings: Settings) -> Conversation:
    """Send a signed event of the type `test`, which receivers answer like any other."""
    event = {"type": "test", "timestamp": None, "data": {}}
    reply = yield _request(event, settings, "test", None)
    return _judge(reply, 0.0)


def signatures(secrets: Sequence[str], id_: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header: one `v1` signature for each secret, newest first."""
    signed = b"%s.%d.%s" % (id_.encode(), timestamp, body)
    return " ".join("v1," + _hmac(_key(secret), signed) for secret in secrets)


def _content(payload: Json, duty: Duty) -> Json:
    """The members that a mapping has added, or, without any, the event in its envelope."""
    own = {name: value for name, value in payload.items() if name != EVENT}
    if own:
        return own
    return {**payload[EVENT], "type": f"lead.{duty.event}"}
