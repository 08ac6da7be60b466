"""What an integration may say, and what it is told: the one module that plug-ins import.

A source is a declaration and a pure `parse`. A target is a declaration and a generator: it yields a
`Request`, receives a `Reply` and returns an `Outcome`. Neither does any I/O, so guard, timeout,
limits, redaction and the attempt log come without asking and cannot be bypassed.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from relay.core.bodies import read_body, read_files, read_json
from relay.core.cards import Card, Line, card_of, name_parts, text_card
from relay.core.conversations import (
    LARGEST_REPLY,
    Access,
    Conversation,
    Duty,
    Granting,
    Json,
    Kind,
    Letter,
    Note,
    Outcome,
    Reply,
    Request,
    Settings,
)
from relay.core.conversions import (
    bare_url,
    came_at,
    event_for,
    event_id,
    happened_at,
    not_told,
    too_old,
    unix_time,
    value_of,
)
from relay.core.cutting import cut_note, shorten
from relay.core.e164 import COUNTRIES, to_e164
from relay.core.emails import mail_address
from relay.core.fitting import Fitted, fit_card, message_card, shorten_utf16, utf16_length
from relay.core.google import (
    SERVICE_ACCOUNT,
    account_of,
    ask_as_account,
    judge_google,
    project_of,
    refusal_of,
)
from relay.core.hashing import (
    google_email,
    letters_only,
    phone_digits,
    plain_email,
    sha256_hex,
)
from relay.core.hosted_accounts import Account, HostedLead, HostedPage
from relay.core.inbound import Inbound, Unreadable
from relay.core.jws import read_claims, read_signed, write_signed
from relay.core.links import are_links, host_of
from relay.core.money import to_major
from relay.core.parameters import Parameters, read_parameters
from relay.core.proofs import (
    END,
    HEADER_NAME,
    SECRET_HEADER,
    header_credentials,
    is_one_of,
    judge_header,
    secret_list,
)
from relay.core.readings import boolean, instant, moment, whole
from relay.core.remainders import Remainder, remainder_of
from relay.core.replies import (
    basic_authorization,
    form_request,
    json_request,
    judge_reply,
    judge_status,
    judged,
    said_json,
    said_object,
)
from relay.core.retry import parse_retry_after
from relay.core.templates import fill_template

__all__ = [
    "COUNTRIES",
    "END",
    "HEADER_NAME",
    "LARGEST_REPLY",
    "SECRET_HEADER",
    "SERVICE_ACCOUNT",
    "Access",
    "Account",
    "Card",
    "Challenge",
    "Conversation",
    "Duty",
    "Fetching",
    "Fitted",
    "Grant",
    "Granting",
    "HeaderProof",
    "HostedLead",
    "HostedPage",
    "Inbound",
    "Json",
    "Kind",
    "Letter",
    "Line",
    "Listed",
    "ListedPage",
    "Listing",
    "Note",
    "Outcome",
    "Paging",
    "Parameters",
    "Parsed",
    "Remainder",
    "Reply",
    "Request",
    "Settings",
    "Signature",
    "Source",
    "Target",
    "Unreadable",
    "Verifier",
    "account_of",
    "are_links",
    "ask_as_account",
    "bare_url",
    "basic_authorization",
    "boolean",
    "came_at",
    "card_of",
    "cut_note",
    "event_for",
    "event_id",
    "fill_template",
    "fit_card",
    "form_request",
    "google_email",
    "happened_at",
    "header_credentials",
    "host_of",
    "instant",
    "is_one_of",
    "json_request",
    "judge_google",
    "judge_header",
    "judge_reply",
    "judge_status",
    "judged",
    "letters_only",
    "mail_address",
    "message_card",
    "moment",
    "name_parts",
    "no_rate_key",
    "not_told",
    "parse_retry_after",
    "phone_digits",
    "plain_email",
    "project_of",
    "read_body",
    "read_claims",
    "read_files",
    "read_json",
    "read_parameters",
    "read_signed",
    "refusal_of",
    "remainder_of",
    "said_json",
    "said_object",
    "secret_list",
    "sha256_hex",
    "shorten",
    "shorten_utf16",
    "text_card",
    "to_e164",
    "to_major",
    "too_old",
    "unix_time",
    "utf16_length",
    "value_of",
    "whole",
    "write_signed",
]

Evidence = Literal["official schema", "derived schema", "captured payload", "documentation"]
"""What an integration was made from, the strongest of it."""


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


@dataclass(frozen=True, slots=True)
class HeaderProof:
    """A verifier of the setting `header` and, where there is a recipe, of its signature as well.

    A source with it has `SECRET_HEADER` among its settings, and `header_credentials`.
    """

    recipe: Signature | None = None

    def __call__(self, inbound: Inbound, settings: Settings) -> str | Signature | None:
        """As every verifier."""
        return judge_header(inbound, settings) or self.recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """One submission out of a body: the document that the adapter maps, and what identifies it.

    `event_id` names the provider's event (a repeat has the same). `lead_id` says which submissions
    are one lead; None makes every submission its own lead. It counts within its source, or, where
    `lead_scope` is "kind", for all the project's sources of that kind (it then names the form too).
    `secrets` are credentials that the request itself carries: they are masked in all that is kept.
    `erases` says that the provider wants the person behind `lead_id` forgotten.
    """

    document: Json
    event_id: str | None = None
    lead_id: str | None = None
    lead_scope: Literal["source", "kind"] = "source"
    test: bool = False
    partial: bool = False
    secrets: tuple[str, ...] = ()
    erases: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """The answer to a provider's GET check."""

    body: str
    content_type: str = "text/plain"
    status: int = 200


Fetching = Generator[Request, Reply, Json | Outcome]
"""Asks the provider for a submission's data: returns what `parse` reads, as the body of a request,
as that one submission; or an Outcome that says why there is none yet (retry, throttled,
unauthorized) or ever (rejected, gone)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One submission as its provider lists it: a body that the source's `parse` reads.

    `at` is when it was made, in Unix seconds.
    """

    body: bytes
    at: float | None = None
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPage:
    """One page of a provider's list; `cursor` leads to the next one, None where it is the last."""

    submissions: Sequence[Listed]
    cursor: str | None = None


Paging = Generator[Request, Reply, ListedPage | Outcome]
"""Asks the provider for one page of its list; an Outcome says why there is none now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How the submissions are had that a provider has kept, so that none is missing here.

    `ready` says whether the settings hold what it needs. `page` asks for the page at a cursor
    (None: the first) of what was made since then; both times, the second being now, are in Unix
    seconds. `by_content` is for providers whose webhook names no id: what is listed then counts as
    known where a submission of that time said all of it.
    """

    ready: Callable[[Settings], bool]
    page: Callable[[Settings, float, str | None, float], Paging]
    by_content: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the relay has to know of one form builder.

    `settings` is a JSON Schema (2020-12) of an object: form, validation, masking and docs follow
    from it; a property with `"secret": true` is stored encrypted. `retries` says whether the sender
    tries again after 429 and 503. `browser` says that visitors' browsers post to it themselves.
    `repeat_window` (seconds) is how long equal content counts as a repeat where the provider sends
    no id. `credentials` makes the headers, beside a signature, by which a sender shows that it is
    genuine; `imprint` puts a proof that stands in the body there. `tokens` are the names by which
    calls of a lead API find the configured source; no two sources of a kind may share one.
    `account` is how the leads of a hosted account are taken over.
    `fetch` is for providers who send an id alone: told a submission, the settings and the time
    (Unix seconds), it asks for the data outside the request, or is None where nothing is to be
    asked. `limits` are how often the provider may be asked for each source (`"10/second"`).
    `listing` is how missing submissions are found. `evidence` is what it was made from;
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
    imprint: Callable[[Inbound, Settings], Inbound] | None = None
    fetch: Callable[[Parsed, Settings, float], Fetching | None] | None = None
    limits: tuple[str, ...] = ()
    listing: Listing | None = None
    evidence: Evidence = "documentation"
    unverified: str | None = None


# --- targets ---------------------------------------------------------------------------------


def no_rate_key(_settings: Settings) -> str | None:
    """The default: each configured target is counted for itself."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """How the access that a target needs is had (OAuth): once for all workers, kept encrypted.

    `account` names what one token is good for, out of the settings; None where these settings need
    no grant. `ask` is a conversation that returns an Access, or the Outcome of being refused; it is
    told the settings, the Access that is to be renewed, if there is one, and the time in Unix
    seconds. A conversation that ends unauthorized is held once more from its start, with a new
    token, before the target is paused.
    """

    account: Callable[[Settings], str | None]
    ask: Callable[[Settings, Access | None, float], Granting]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the relay has to know of one product that takes leads.

    A setting with `"generate": "whsec_"` is a secret that both sides share: the form for a new
    target comes with one made by chance, behind this prefix. `limits` are the vendor's
    (`"10/second"`), counted per `rate_key(settings)`; `fallback_wait` is the wait in seconds where
    a throttling vendor sends no `Retry-After`. `schedule` is the waits in seconds between tries;
    None means the relay's default. `max_age` and `min_age` are seconds between the lead's own time
    and the delivery. `repeat` says why a second try does no harm: the vendor takes a key, it is
    looked up first, it is an upsert; or that it may double.

    `consent` are the members of /consent that the data needs, for platforms of advertisement: one
    that was denied skips the lead, one that was granted sends it, and where nothing was said the
    source's `consent_default` with its legal basis decides. `api_version` is the vendor's, which
    ends on the day `api_version_ends` (ISO 8601). `evidence` is what it was made from; `unverified`
    holds the words of a note where no live account was at hand.
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
    grant: Grant | None = None
    consent: tuple[str, ...] = ()
    evidence: Evidence = "documentation"
    unverified: str | None = None
