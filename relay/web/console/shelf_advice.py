"""Why something became no lead, in words that viewers may read too, and what to do about it."""

from collections.abc import Mapping
from typing import Any

from relay.core.contract import Json
from relay.core.reason_rules import rule_of

CODE = "integration failed"
"""Stands in the reason where an integration failed."""

HOLDS = {
    "paused": "It goes on by itself as soon as the source is resumed.",
    "rate": "It goes on by itself, as fast as the source's limit lets it.",
    "address": (
        "One visitor sent more than the source allows. Look whether it is a person, then "
        "release it."
    ),
    "honeypot": (
        "A robot filled in the field that people do not see. Release it only if you know "
        "who sent it."
    ),
    "captcha": "The visitor did not pass the captcha. Release it only if you know who sent it.",
    "fetch": (
        "The provider has told its number alone. It becomes a lead by itself, once the "
        "rest could be had."
    ),
}

REFUSED = (
    "A rule of the source, or of its project, does not want it. Releasing it lets it past the rule."
)

_BODY = (
    "The body itself could not be read, which no mapping can help. Look at what "
    "came, set the sender right, and let it send again."
)
_CODE = (
    "The mistake is ours: the integration could not read this. It stays here, and "
    "can be released after an update of the relay."
)
_WORKER = "Storing it killed a worker three times. Release it to try once more."
_SHAPE = (
    "It is not what this kind of source sends. An editor can say on it where its values go, look "
    "at the lead that results, and release it."
)

_NO_BODY = ("not ", "neither ", "the body is empty", "the multipart", "no boundary", "too much")
"""How the reasons begin that tell of a body that is none."""

DOOR = {
    401: (
        "Its signature or secret is not this source's. Compare what the sender has with "
        "the source's settings."
    ),
    403: (
        "It is not allowed to send here: look at the key in its address and at the "
        "source's settings."
    ),
    404: "There is no such address here.",
    405: "The sender must use POST.",
    410: "The project takes no leads any more.",
    413: "It was larger than a source takes. Let the form send links instead of files.",
    415: (
        "Its type is none that this kind of source sends. Set the sender to JSON or a "
        "form's fields."
    ),
    429: "The sender was asked to come again later, for it was over the source's limit.",
}


def advice(row: Mapping[str, Any]) -> str:
    """What a person can do about a submission on a shelf; empty where there is nothing to do."""
    if row["state"] == "held":
        return HOLDS.get(row["hold"] or "", "Release it to let it go on.")
    if row["state"] == "refused":
        return REFUSED
    return _unread(row["reasons"]) if row["state"] == "quarantined" else ""


def at_the_door(status: int) -> str:
    """What can be done about a request that was answered so."""
    return DOOR.get(status, "")


def told(reasons: list[Json], *, veiled: bool) -> list[Json]:
    """The reasons, as rules that repeat nothing of what was sent where that must not be seen."""
    return [rule_of([one]) if veiled else one for one in reasons]


def may_be_mapped(row: Mapping[str, Any]) -> bool:
    """Whether a mapping may make it readable."""
    return row["state"] == "quarantined" and _unread(row["reasons"]) is _SHAPE


def _unread(reasons: list[Json]) -> str:
    first = reasons[0] if reasons and isinstance(reasons[0], dict) else {}
    message = str(first.get("message", ""))
    if CODE in message:
        return _CODE
    if "its worker died" in message:
        return _WORKER
    return _BODY if message.startswith(_NO_BODY) else _SHAPE
