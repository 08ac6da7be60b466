"""What a target says and hears: requests, replies, and the verdict that an attempt ends with."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

Json = Any
"""A JSON value: None, bool, int, float, str, list or dict with string keys."""

LARGEST_REPLY = 16 * 1024 * 1024
"""Bytes of one reply that anybody may want."""

Settings = Mapping[str, Json]
"""The settings of one configured source or target, secrets in clear, valid by the kind's schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request to make; `timeout` is the total in seconds, None the relay's default.

    `largest` is how many bytes of the reply are wanted, up to LARGEST_REPLY; None is the default.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    timeout: float | None = None
    largest: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One e-mail to hand to a mail server; `message` is the whole of it (RFC 5322).

    It is answered by a Reply: its status is the server's code (RFC 5321), 250 where at least one
    recipient was taken, its body the JSON object {"said", "at", "refused": {recipient: [code,
    text]}}. `at` is how far it came: greeting, starttls, auth, sender, recipients, data, message.
    Without a message the server is only asked whether it would take one, and nothing is sent.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    recipients: tuple[str, ...]
    message: bytes
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """What the next attempt of this delivery is to know, such as a record that was made first.

    Yielding one makes no request and its reply says nothing; the latest is kept with the delivery.
    """

    value: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back; header names lower-case, `cut` where the body passed the relay's limit."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: bool = False


class Kind(StrEnum):
    """How an attempt ended."""

    DELIVERED = "delivered"
    IGNORED = "ignored"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    RETRY = "retry"
    THROTTLED = "throttled"
    UNAUTHORIZED = "unauthorized"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The verdict on one attempt, in words for people.

    `retry_after` is in seconds from now: for a failed attempt the wait that was asked for, for one
    that was accepted when to ask what became of it (the conversation then goes on from its Note,
    and no try is used up). `hold` is for how many seconds nothing more may be sent to the account,
    where a reply says that its limit is used up.
    """

    kind: Kind
    message: str = ""
    retry_after: float | None = None
    hold: float | None = None
    remote_id: str | None = None
    remote_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a vendor grants: a `token`, for so many seconds (None: until it is refused).

    `details` are what else belongs to it, such as the address of the API. `refresh_token` is the
    newest one, where the vendor changes it.
    """

    token: str = field(repr=False)
    expires_in: float | None = None
    details: Mapping[str, Json] = field(default_factory=dict)
    refresh_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """The delivery that a conversation is for. `id` stays the same over all its attempts."""

    id: str
    event: str
    lead_id: str
    version: int
    occurred_at: float
    """Unix seconds of the lead's own event, not of this attempt."""
    now: float
    """Unix seconds of this attempt."""
    attempt: int = 1
    again: bool = False
    """Whether an earlier try of this delivery, or the delivery that it replays, may have reached
    the target: what tells no repeats is then looked up first."""
    replay: bool = False
    label: str = ""
    """Which status, for that event."""
    lead_at: float | None = None
    """Unix seconds of the lead's first arrival; a status that changed later has its own time."""
    trial: bool = False
    """Whether this is a test: somebody trying the target out, or a test submission that its source
    forwards. No platform may count it."""
    remote_id: str | None = None
    """The remote record that an earlier delivery of this lead made, if one did."""
    noted: Json = None
    """The value of the last Note of an earlier attempt of this delivery."""
    access: Access | None = None
    """What the target's grant gave, where it has one."""


Conversation = Generator[Request | Letter | Note, Reply, Outcome]

Granting = Generator[Request, Reply, Access | Outcome]
