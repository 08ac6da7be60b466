"""What an integration may say, and what it is told: the one module that plug-ins import.

A source is a declaration and a pure `parse`. A target is a declaration and a generator: it yields a
`Request`, receives a `Reply` and returns an `Outcome`. Neither does any I/O, so guard, timeout,
limits, redaction and the attempt log come without asking and cannot be bypassed.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from relay.core.bodies import read_body, read_files, read_json
from relay.core.e164 import COUNTRIES, to_e164
from relay.core.inbound import Inbound, Unreadable
from relay.core.money import to_major
from relay.core.parameters import Parameters, read_parameters
from relay.core.readings import boolean, instant, moment, whole
from relay.core.retry import parse_retry_after

__all__ = [
    "COUNTRIES",
    "Account",
    "Challenge",
    "Conversation",
    "Duty",
    "HostedLead",
    "HostedPage",
    "Inbound",
    "Json",
    "Kind",
    "Outcome",
    "Parameters",
    "Parsed",
    "Reply",
    "Request",
    "Settings",
    "Signature",
    "Source",
    "Target",
    "Unreadable",
    "Verifier",
    "boolean",
    "instant",
    "judge_status",
    "moment",
    "no_rate_key",
    "parse_retry_after",
    "read_body",
    "read_files",
    "read_json",
    "read_parameters",
    "said_object",
    "to_e164",
    "to_major",
    "whole",
]

Json = Any
"""A JSON value: None, bool, int, float, str, list or dict with string keys."""

Settings = Mapping[str, Json]
"""The settings of one configured source or target, secrets in clear, valid by the kind's schema."""


# --- sources ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A signature recipe as data; every HMAC scheme of inbound webhooks fits it.

    `signed` is a template over {raw}, {timestamp}, {method}, {url} and {header:NAME}. `tolerance`
    is in seconds and counts only where a timestamp is signed. `pattern`, where given, is a regular
    expression with the groups `signature` and `timestamp`, found together or one after the other,
    for headers that carry both or several signatures; `written` is how such a header is made.
    """

    header: str
    algorithm: Literal["sha256", "sha1", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    signed: str = "{raw}"
    timestamp_header: str | None = None
    timestamp_unit: Literal["s", "ms"] = "s"
    tolerance: int | None = None
    pattern: str | None = None
    written: str = "{signature}"
    secrets: str = "secrets"
    """The setting that holds the current signing secrets (a list, or one string); dots go down."""


Verifier = Callable[[Inbound, Settings], str | Signature | None]
"""Code for an odd scheme: returns None when genuine, the reason in a few words when not, or the
recipe to judge by where the settings hold it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """One submission out of a body: the document that the adapter maps, and what identifies it.

    `event_id` names the provider's event (a repeat has the same). `lead_id` says which submissions
    are one lead; None makes every submission its own lead. It counts within its source, or, where
    `lead_scope` is "kind", for all the project's sources of that kind (it then names the form too).
    `secrets` are credentials that the request itself carries: they are masked in all that is kept.
    """

    document: Json
    event_id: str | None = None
    lead_id: str | None = None
    lead_scope: Literal["source", "kind"] = "source"
    test: bool = False
    partial: bool = False
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """The answer to a provider's GET check."""

    body: str
    content_type: str = "text/plain"
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the relay has to know of one form builder.

    `settings` is a JSON Schema (2020-12) of an object: form, validation, masking and docs follow
    from it; a property with `"secret": true` is stored encrypted. `retries` says whether the sender
    tries again after 429 and 503. `browser` says that visitors' browsers post to it themselves.
    `repeat_window` (seconds) is how long equal content counts as a repeat where the provider sends
    no id. `credentials` makes the headers, beside a signature, by which a sender shows that it is
    genuine. `tokens` are the names by which calls of a lead API find the configured source; no two
    sources of a kind may share one. `account` is how the leads of a hosted account are taken over.
    `unverified` holds the words of a note where no live sender was at hand.
    """

    label: str
    summary: str
    settings: Json
    parse: Callable[[Inbound, Settings], list[Parsed]]
    verify: Sequence[Signature] | Verifier = ()
    credentials: Callable[[Settings], Mapping[str, str]] | None = None
    challenge: Callable[[Inbound, Settings], Challenge | None] | None = None
    retries: bool = False
    browser: bool = False
    repeat_window: int | None = None
    noise: Mapping[str, str] = field(default_factory=dict)
    """Keys to drop by name (normalised, `*` at the end allowed), with the rule's name."""
    tokens: Callable[[Settings], Sequence[str]] | None = None
    account: "Account | None" = None
    columns: Mapping[str, str] | None = None
    """Parameters by the lead's places, where calls are flat: what rows of a file are read as."""
    unverified: str | None = None


# --- targets ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request to make; `timeout` is the total in seconds, None the relay's default."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    timeout: float | None = None


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
    REJECTED = "rejected"
    RETRY = "retry"
    THROTTLED = "throttled"
    UNAUTHORIZED = "unauthorized"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The verdict on one attempt, in words for people; `retry_after` is in seconds from now."""

    kind: Kind
    message: str = ""
    retry_after: float | None = None
    remote_id: str | None = None
    remote_url: str | None = None


Conversation = Generator[Request, Reply, Outcome]


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
    replay: bool = False
    remote_id: str | None = None
    """The remote record that an earlier delivery of this lead made, if one did."""


def no_rate_key(_settings: Settings) -> str | None:
    """The default: each configured target is counted for itself."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the relay has to know of one product that takes leads.

    A setting with `"generate": "whsec_"` is a secret that both sides share: the form for a new
    target comes with one made by chance, behind this prefix. `limits` are the vendor's
    (`"10/second"`), counted per `rate_key(settings)`; `fallback_wait` is the wait in seconds where
    a throttling vendor sends no `Retry-After`. `schedule` is the waits in seconds between tries;
    None means the relay's default. `max_age` and `min_age` are seconds between the lead's own time
    and the delivery. `repeat` says why a second try does no harm.
    """

    label: str
    summary: str
    settings: Json
    deliver: Callable[[Json, Settings, Duty], Conversation]
    check: Callable[[Settings, Duty], Conversation]
    repeat: Literal["key", "lookup", "upsert", "may double"]
    events: tuple[str, ...] = ("created",)
    limits: tuple[str, ...] = ()
    rate_key: Callable[[Settings], str | None] = no_rate_key
    fallback_wait: float = 30.0
    in_flight: int = 16
    schedule: tuple[float, ...] | None = None
    max_age: int | None = None
    min_age: int | None = None
    api_version: str | None = None
    api_version_ends: str | None = None
    unverified: str | None = None


# --- hosted accounts -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedLead:
    """One lead of a hosted account: `fields` as a call would create it, `shown` as it is listed.

    `number` or `public_id` is what clients know it by, and stays so where nobody has it yet.
    `created_at` is ISO 8601. `state` holds members of the lead's state; `amount` is its value in
    major units where the vendor counts so.
    """

    id: str
    fields: Json
    shown: Json
    created_at: str | None = None
    number: int | None = None
    public_id: str | None = None
    state: Mapping[str, Json] = field(default_factory=dict)
    amount: int | float | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedPage:
    """One page of an account's leads; `total` is of all pages, where it is said."""

    leads: Sequence[HostedLead]
    more: bool
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How the leads of a hosted account are had, oldest first, to be taken over.

    `ask` makes the request for a page (the first is 1) from the account's address and key; `read`
    raises Unreadable where the reply is no such page. `ask_whole` makes the request for a lead of
    which the list may show only a part, else None, and `read_whole` reads its reply.
    """

    url: str
    ask: Callable[[str, str, int], Request]
    read: Callable[[Reply], HostedPage]
    ask_whole: Callable[[str, str, HostedLead], Request | None] | None = None
    read_whole: Callable[[Reply], HostedLead] | None = None


# --- replies ---------------------------------------------------------------------------------


def said_object(reply: Reply) -> dict[str, Json]:
    """The JSON object that a reply's body is, an empty one where it is something else."""
    try:
        said = read_json(reply.body.decode("utf-8", "replace"))
    except Unreadable:
        return {}
    return said if isinstance(said, dict) else {}


LONGEST_PATIENCE = 3600.0
"""Seconds that a target may ask for: it must not be able to park its leads for ever."""

PERMANENT = frozenset({400, 405, 406, 411, 413, 414, 415, 422, 431, 501})
"""Statuses that mean this request will never be taken; others may pass."""


def judge_status(
    reply: Reply, duty: Duty, kinds: Mapping[int, Kind] | None = None, said: str = ""
) -> Outcome | None:
    """What a reply's status alone says, by the meaning that HTTP gives it; None for 2xx.

    `kinds` are the statuses to which a product gives a meaning of its own, `said` its words.
    """
    if 200 <= reply.status < 300:
        return None
    message = f"answered {reply.status}" + (f": {said}" if said else "")
    if 300 <= reply.status < 400:
        where = reply.headers.get("location", "elsewhere")
        return Outcome(kind=Kind.RETRY, message=f"{message} and points to {where}; not followed")
    kind = (kinds or {}).get(reply.status) or _kind_of(reply.status)
    if kind not in {Kind.RETRY, Kind.THROTTLED}:
        return Outcome(kind=kind, message=message)
    asked = parse_retry_after(reply.headers.get("retry-after"), duty.now)
    wait = None if asked is None else min(asked, LONGEST_PATIENCE)
    return Outcome(kind=kind, message=message, retry_after=wait)


def _kind_of(status: int) -> Kind:
    if status == 401:
        return Kind.UNAUTHORIZED
    if status == 429:
        return Kind.THROTTLED
    return Kind.REJECTED if status in PERMANENT else Kind.RETRY
