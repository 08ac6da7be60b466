"""HubSpot workflow: a contact that the action "Send a webhook" posts, whole or in chosen parts."""

import re
from datetime import UTC, datetime

from relay.core.contract import (
    Inbound,
    Json,
    Parsed,
    Settings,
    Signature,
    Source,
    Unreadable,
    instant,
    read_body,
)

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "secrets": {
            "type": "array",
            "title": "Client secrets",
            "description": "The client secret of the app that signs the webhook (v3). Several count"
            " at once, so that it can be changed without a gap. Without one, the address alone is"
            " the proof.",
            "items": {"type": "string", "minLength": 1},
            "maxItems": 5,
            "secret": True,
        }
    },
}

TOLERANCE = 300
"""Seconds that a signature may be old (HubSpot: Request validation)."""

REPEAT_WINDOW = 600
"""Seconds. Chosen parts may lack the last change; then only equal content tells a repeat."""

IDS = ("objectId", "hs_object_id", "vid", "canonical-vid", "id")
CHANGED = ("lastmodifieddate", "hs_lastmodifieddate")

TIMESTAMP = "X-HubSpot-Request-Timestamp"


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one contact with its newest values; the same contact is the same lead."""
    sent = read_body(inbound)
    if not isinstance(sent, dict) or not sent:
        raise Unreadable("the body holds no contact")
    given = sent.get("properties")
    around = {name: value for name, value in sent.items() if name in ENVELOPE}
    if isinstance(given, dict):
        fields = {name: _newest(name, value) for name, value in given.items()}
    else:
        fields = {name: value for name, value in sent.items() if name not in ENVELOPE}
    number = next((sent[name] for name in IDS if sent.get(name)), fields.get("hs_object_id"))
    answers = {
        name: value
        for name, value in fields.items()
        if value not in (None, "") and not _is_own(name) and name not in (*IDS, FORMS)
    }
    if number and not {"vid", "objectId"} & around.keys():
        around["objectId"] = number
    document: dict[str, Json] = {**around, "fields": answers}
    if form := _form(sent.get(FORMS)):
        document["form"] = form
    if rest := [name for name in (*fields, *sent) if _is_own(name)]:
        document["rest"] = rest
    return [
        Parsed(
            document=document,
            event_id=_event(number, fields) if number else None,
            lead_id=f"{sent.get('portal-id') or sent.get('portalId') or ''} {number}".strip()
            if number
            else None,
        )
    ]


ENVELOPE = ("vid", "canonical-vid", "objectId", "objectTypeId", "portal-id", "portalId")


def _newest(name: str, value: Json) -> Json:
    """The value itself, where it comes with its history; times are in milliseconds there."""
    newest = value["value"] if isinstance(value, dict) and "value" in value else value
    if name == "createdate" and re.fullmatch("[0-9]{1,14}", str(newest)):
        return instant(datetime.fromtimestamp(int(newest) / 1000, UTC))
    return newest


def _is_own(name: str) -> bool:
    """Whether HubSpot keeps it for itself; what was chosen to be sent is no such."""
    if name in OWN:
        return True
    return name.startswith(("hs_", "num_", "recent_", "first_conversion", "hubspot_")) and (
        name not in SAID and name not in IDS
    )


SAID = frozenset(
    """
    hs_lead_status hs_language hs_google_click_id hs_facebook_click_id hs_legal_basis
    hs_analytics_source hs_analytics_source_data_1 hs_analytics_source_data_2
    hs_analytics_first_url hs_analytics_first_referrer
    """.split()  # noqa: SIM905 - words read best as words
)

FORMS = "form-submissions"

OWN = (
    *("identity-profiles", "list-memberships", "merge-audits", "merged-vids", "is-contact"),
    *("profile-token", "profile-url", "associated-company"),
)
"""What HubSpot sends of its own records around the properties."""


def _form(submissions: Json) -> dict[str, Json]:
    """The form that was filled in last, and its page."""
    held = submissions if isinstance(submissions, list) else []
    found = [one for one in held if isinstance(one, dict)]
    last = max(found, key=lambda one: str(one.get("timestamp")), default={})
    return {name: last[name] for name in ("form-id", "title", "page-url") if last.get(name)}


def _event(number: Json, fields: dict[str, Json]) -> str | None:
    """The contact and its last change; without that, each request may say something new."""
    changed = next((fields[name] for name in CHANGED if fields.get(name)), None)
    return f"{number} {changed}" if changed else None


SOURCE = Source(
    label="HubSpot workflow",
    summary="Takes the contacts that a HubSpot workflow sends by its webhook action.",
    settings=SETTINGS,
    parse=parse,
    verify=[
        Signature(
            header="X-HubSpot-Signature-v3",
            encoding="base64",
            signed="{method}{url}{raw}{timestamp}",
            timestamp_header=TIMESTAMP,
            timestamp_unit="ms",
            tolerance=TOLERANCE,
        )
    ],
    retries=True,
    repeat_window=REPEAT_WINDOW,
    unverified="Made without a live account, after the vendor's pages.",
)
