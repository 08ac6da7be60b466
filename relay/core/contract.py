"""What an integration may say, and what it is told: the one module that plug-ins import.

A source is a declaration and a pure `parse`. A target is a declaration and a generator: it yields a
`Request`, receives a `Reply` and returns an `Outcome`. Neither does any I/O, so guard, timeout,
limits, redaction and the attempt log come without asking and cannot be bypassed.
"""

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
    google_email_hash,
    google_phone_hash,
    is_hashed,
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
from relay.core.permission import has_agreed
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
from relay.core.source import (
    Challenge,
    Fetching,
    HeaderProof,
    Listed,
    ListedPage,
    Listing,
    Paging,
    Parsed,
    Signature,
    Source,
    Verifier,
)
from relay.core.target import Grant, Target, no_rate_key
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
    "google_email_hash",
    "google_phone_hash",
    "happened_at",
    "has_agreed",
    "header_credentials",
    "host_of",
    "instant",
    "is_hashed",
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
