"""TrackDrive: leads by query, form or JSON, each of one schedule or offer, known by its number."""

import re
from collections.abc import Mapping

from integrations.trackdrive.parameters import (
    ATTRIBUTION,
    CREDENTIALS,
    NOT_IN_DATA,
    RESERVED,
    Wrong,
    as_text,
    read_directives,
    read_texts,
    written,
)
from relay.core.contract import (
    COUNTRIES,
    END,
    Inbound,
    Json,
    Parsed,
    Settings,
    Source,
    Unreadable,
    read_files,
    read_json,
    read_parameters,
    to_e164,
)

OWNER = "schedule"
COUNTRY = "US"

COLUMNS = {
    "/contact/phone": "caller_id",
    "/contact/email": "email",
    "/attribution/traffic_source_id": "traffic_source_id",
    "/attribution/sub_id": "sub_id",
}
"""Parameters that have a place of their own."""

POWERS = (
    "update_all_matching_leads",
    "expire_existing",
    "delete_existing",
    "blocked",
    "unblock_contact",
)
"""What changes other leads than the one that is sent."""

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "owner": {
            "title": "What it stands for",
            "description": "Whether lead_token, schedule_lead_token or offer_lead_token finds it.",
            "enum": ["schedule", "offer"],
            "default": OWNER,
        },
        "token": {
            "title": "Lead token",
            "description": "By which calls of /api/v1/leads name it; known to every visitor of a"
            " page that calls from the browser.",
            "type": "string",
            "minLength": 4,
            "maxLength": 200,
            "pattern": f"^\\S+{END}",
            "secret": True,
        },
        "offer": {
            "title": "Offer",
            "description": "A name that several schedules and their offer share:"
            " update_all_matching_leads reaches all of them.",
            "type": "string",
            "minLength": 1,
            "maxLength": 200,
        },
        "country": {
            "title": "Country",
            "description": "Where numbers without a country code are from.",
            "enum": list(COUNTRIES),
            "default": COUNTRY,
        },
        "reject_duplicates": {
            "title": "Refuse a number that is there already",
            "type": "boolean",
            "default": False,
        },
        "answer": {
            "title": "What its answers tell",
            "description": "The whole lead, as the hosted service does, or only what the call sent:"
            " whoever has the token and a number can read the whole lead.",
            "enum": ["whole", "sent"],
            "default": "whole",
        },
        "may": {
            "title": "What its calls may do to other leads",
            "description": "The token is public where pages use it. What is not named here is"
            " kept with the lead, but changes no other one.",
            "type": "array",
            "items": {"enum": list(POWERS)},
            "uniqueItems": True,
            "default": [],
        },
    },
}

MOST_PARAMETERS = 20_000
"""Names of one call: more would keep everybody else waiting for seconds."""

Fields = dict[str, Json]


def parse(inbound: Inbound, settings: Settings) -> list[Parsed]:
    """The one lead that the address and the body tell of.

    Raises Unreadable with errors by parameter where one of them cannot be what it says.
    """
    given = read_parameters(inbound)
    errors: dict[str, list[str]] = {}
    data = _data(given.merged, errors)
    if len(given.merged) + len(data) > MOST_PARAMETERS:
        errors["base"] = [f"has more than {MOST_PARAMETERS} parameters"]
    texts = read_texts(_with_attribution(given.merged, data), errors)
    phone = _phone(given.merged.get("caller_id"), settings, errors)
    directives = read_directives(given.merged, errors)
    if errors:
        told = "; ".join(f"{name} {reasons[0]}" for name, reasons in errors.items())
        raise Unreadable(told, errors)
    tokens = _tokens(given.merged, data, nested=not directives.get("auto_format_nested_fields"))
    document: Fields = {
        "caller_id": phone,
        **texts,
        "directives": directives,
        "tokens": tokens,
        "known": {name: value for name, value in tokens.items() if value not in ("", [], {})},
        "files": [{"label": file.pop("field"), **file} for file in read_files(inbound)],
    }
    document = {name: value for name, value in document.items() if value not in ({}, [])}
    copies = {"params_query": given.query, "params_body": given.body, "merged": given.merged}
    document["verbatim"] = _masked(copies)
    secrets = _secrets(given.query, given.body, data)
    return [Parsed(document=document, lead_id=phone["e164"], secrets=secrets)]


def tokens(settings: Settings) -> list[str]:
    """The one name by which calls find the source; none where it has no token."""
    token = settings.get("token")
    return [f"{settings.get('owner', OWNER)}:{token}"] if token else []


# --- what the parameters say -----------------------------------------------------------------


def _phone(value: Json, settings: Settings, errors: dict[str, list[str]]) -> Fields:
    try:
        raw = "" if value is None else as_text(value)
    except Wrong as wrong:
        errors["caller_id"] = [str(wrong)]
        return {}
    e164 = to_e164(raw, settings.get("country", COUNTRY))
    if e164 is None:
        reason = "is not a phone number" if raw.strip() else "is required"
        errors["caller_id"] = [reason]
    return {"raw": _as_written(raw), "e164": e164}


def _as_written(raw: str) -> str:
    """The number with the plus that a form encoding made a blank of."""
    text = raw.strip()
    return f"+{text}" if raw[:1] == " " and text[:1].isdigit() else text


def _data(merged: Mapping[str, Json], errors: dict[str, list[str]]) -> Fields:
    """`data` and, where it lacks a name, `data_json`; either may be an object or its JSON text."""
    found: Fields = {}
    for name in ("data_json", "data"):
        try:
            found.update(_object(merged.get(name)))
        except Wrong as wrong:
            errors[name] = [str(wrong)]
    return found


def _object(value: Json) -> Fields:
    """The members of an object, of its JSON text, or of a list by their positions."""
    if isinstance(value, str):
        try:
            value = read_json(value) if value.strip() else None
        except Unreadable as error:
            raise Wrong(f"is {error}") from error
    if isinstance(value, list):
        return {str(at): member for at, member in enumerate(value)}
    if value is not None and not isinstance(value, dict):
        raise Wrong("must be an object")
    return value or {}


def _with_attribution(merged: Mapping[str, Json], data: Fields) -> Fields:
    """The parameters, with traffic source and sub id from `data` where they stand there alone."""
    found = dict(merged)
    for name in ATTRIBUTION:
        if found.get(name) in (None, ""):
            found[name] = data.get(name)
    return found


def _tokens(merged: Mapping[str, Json], data: Fields, *, nested: bool) -> Fields:
    """Every name that is not the relay's own; what `data` says of one wins. Null says nothing."""
    top = {name: value for name, value in merged.items() if name not in RESERVED}
    told = {**top, **{name: value for name, value in data.items() if name not in NOT_IN_DATA}}
    tokens = {
        name: value
        for name, value in told.items()
        if name and value is not None and name.lower() not in CREDENTIALS
    }
    return tokens if nested else _flat(tokens)


LONGEST_NAME = 200
"""Characters of a name that is joined with those within it: a few long ones would fill memory."""


def _flat(tokens: Fields) -> Fields:
    """What is nested by names joined with `_`, positions counted from 0; plain lists as a text."""
    flat: Fields = {}
    for name, value in tokens.items():
        if isinstance(value, list) and not any(isinstance(one, dict | list) for one in value):
            flat[name] = ", ".join(written(one) for one in value if one is not None)
        elif isinstance(value, dict | list) and len(name) <= LONGEST_NAME:
            members = value.items() if isinstance(value, dict) else enumerate(value)
            within = {f"{name}_{key}": inner for key, inner in members if inner is not None}
            flat.update(_flat(within))
        else:
            flat[name] = value
    return flat


# --- what must not be kept -------------------------------------------------------------------

_MASKED = "***"
_TELLING = re.compile(r"(?=.*[0-9])(?=.*[A-DF-Za-df-z])[\w.~+/=-]{8,200}", re.ASCII)
"""What looks like a credential: masking a word or a number would eat what else was said."""


def _secrets(*parts: Mapping[str, Json]) -> tuple[str, ...]:
    given = (value for part in parts for name, value in part.items() if _is_credential(name))
    texts = {value for value in given if isinstance(value, str)}
    return tuple(sorted(text for text in texts if _TELLING.fullmatch(text)))


def _is_credential(name: str) -> bool:
    return name.lower() in CREDENTIALS


def _masked(value: Json) -> Json:
    """A copy in which credentials are no longer there to be read."""
    if isinstance(value, list):
        return [_masked(member) for member in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _MASKED if _is_credential(name) else _masked(member) for name, member in value.items()
    }


SOURCE = Source(
    label="TrackDrive",
    summary="Takes leads by TrackDrive's API, for a schedule or an offer.",
    settings=SETTINGS,
    parse=parse,
    columns=COLUMNS,
    tokens=tokens,
    unverified="Made without a live account, after TrackDrive's own pages.",
)
