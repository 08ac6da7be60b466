"""A lead as LeadTrackr's calls answer it: what they were sent, else what the lead says."""

from collections.abc import Mapping
from typing import Any

from relay.core.contract import Json
from relay.core.pointers import get
from relay.core.readings import instant

KIND = "leadtrackr"

_USER = {
    "firstName": "/contact/first_name",
    "lastName": "/contact/last_name",
    "email": "/contact/email",
    "phone": "/contact/phone/raw",
    "companyName": "/contact/company",
}

_ATTRIBUTION = {
    "cid": "/attribution/ga/client_id",
    "sid": "/attribution/ga/session_id",
    "conversionPage": "/attribution/conversion_page",
}

_CONSENT = (
    *("ad_storage", "ad_user_data", "ad_personalization", "analytics_storage"),
    *("functionality_storage", "personalization_storage", "security_storage"),
)

_SNAPCHAT = {"sccid": "scclid"}
"""Snapchat's click id is the one that has another name here."""

Row = Mapping[str, Any]
"""A lead's columns with its newest `document` and its `source_kind`."""


def render(row: Row) -> dict[str, Json]:
    """The members of the vendor's lead object, each of them always there (Get Lead)."""
    document = row["document"]
    parts = _parts(document, row["source_kind"])
    user, form = parts["userData"] or {}, parts["formData"] or {}
    contact = {name: user.get(name) for name in _USER}
    contact["companyName"] = contact["companyName"] or user.get("company")
    known = _contact(document)
    told = {name: _text(contact[name]) or known[name] for name in _USER}
    return {
        "id": row["number"],
        "status": row["status"],
        "formName": _text(form.get("formName")) or get(document, "/form/name"),
        "firstName": told["firstName"],
        "lastName": told["lastName"],
        "phone": told["phone"],
        "email": told["email"],
        "companyName": told["companyName"],
        "price": row["value_minor"],
        "note": get(document, "/state/note"),
        "formData": parts["formData"],
        "userData": parts["userData"],
        "attributionData": parts["attributionData"],
        "channelFlow": parts["channelFlow"],
        "uniqueIdentifier": identifier(document),
        "createdAt": instant(row["created_at"], "milliseconds"),
    }


def identifier(document: Json) -> str | None:
    """The uniqueIdentifier, None where there is none."""
    sent = get(document, f"/verbatim/{KIND}/uniqueIdentifier")
    return _text(sent) or get(document, "/keys/unique_identifier")


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


def _parts(document: Json, kind: str) -> dict[str, Json]:
    """What the calls were sent; of a lead that others brought, what they would have been sent."""
    sent = get(document, f"/verbatim/{KIND}") or {}
    names = ("userData", "attributionData", "formData", "channelFlow")
    if kind == KIND:
        return {name: sent.get(name) for name in names}
    return {**_derived(document), **{name: sent[name] for name in names if name in sent}}


def _contact(document: Json) -> dict[str, Json]:
    """Who the lead is; a name of one word, which has no parts, is a first name here."""
    found = {name: get(document, place) for name, place in _USER.items()}
    if found["firstName"] is None and found["lastName"] is None:
        found["firstName"] = get(document, "/contact/full_name")
    return found


def _derived(document: Json) -> dict[str, Json]:
    form = {
        "formName": get(document, "/form/name"),
        "formMessage": get(document, "/form/message"),
        "uniqueEventId": get(document, "/keys/unique_event_id"),
        **(get(document, "/tokens") or {}),
        **(get(document, "/form/fields") or {}),
    }
    return {
        "userData": _there(_contact(document)),
        "attributionData": _there(_attribution(document)),
        "formData": _there(form),
        "channelFlow": get(document, "/attribution/channel_flow"),
    }


def _attribution(document: Json) -> dict[str, Json]:
    """Click and browser ids, campaign and consent under the names of the vendor's tags."""
    clicks = get(document, "/attribution/click_ids") or {}
    campaign = get(document, "/attribution/utm") or {}
    consent = {name: get(document, f"/consent/{name}/state") for name in _CONSENT}
    found = {_SNAPCHAT.get(name, name): value for name, value in clicks.items()}
    found |= get(document, "/attribution/browser_ids") or {}
    found |= {name: get(document, place) for name, place in _ATTRIBUTION.items()}
    found |= {f"utm_{name}": value for name, value in campaign.items()}
    found["cid"] = bare_client_id(found["cid"])
    known = {name: state for name, state in consent.items() if state in ("granted", "denied")}
    return {**found, "consent": known or None}


def bare_client_id(value: Json) -> Json:
    """Google Analytics' client id without what its cookie puts before it (`GA1.1.`)."""
    if not isinstance(value, str) or not value.startswith("GA"):
        return value
    return ".".join(value.split(".")[-2:])


def _there(members: dict[str, Json]) -> dict[str, Json] | None:
    return {name: value for name, value in members.items() if value is not None} or None
