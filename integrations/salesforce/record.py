"""What a lead is as a record of the object Lead."""

import json
from collections.abc import Collection

from relay.core.contract import Duty, Json, Settings, has_agreed, name_parts, remainder_of, shorten

PLACES = {
    "/Salutation": "/contact/salutation",
    "/FirstName": "/contact/first_name",
    "/LastName": "/contact/last_name",
    "/Company": "/contact/company",
    "/Title": "/contact/job_title",
    "/Email": "/contact/email",
    "/Phone": "/contact/phone",
    "/Website": "/contact/website",
    "/Street": "/contact/address/street",
    "/City": "/contact/address/city",
    "/State": "/contact/address/region",
    "/PostalCode": "/contact/address/postal_code",
    "/Country": "/contact/address/country",
    "/Description": "/form/message",
}
"""Which values of a lead have a field; the others go into the description."""

LONGEST = 32_000
"""Characters of the field Description."""

LEAST_ROOM = 8_000
"""Characters of it that are kept for the rest where the message is very long."""


def fields_of(
    payload: Json, settings: Settings, duty: Duty, *, refused: Collection[str] = (), new: bool
) -> dict[str, Json]:
    """The fields of a record, but those that were refused, whose values the description then has.

    For a new one what Salesforce wants is made up where the lead has none; over what somebody wrote
    in an old one it would do harm.
    """
    held = {name: part for name, part in payload.items() if name not in refused}
    fields = {name: _value(part) for name, part in held.items() if not name.startswith("$")}
    fields |= _names(payload, fields, settings, new=new)
    if new and not fields.get("Company"):
        domain = str(fields.get("Email") or "").rpartition("@")[2]
        fields["Company"] = settings.get("company") or domain or "Unknown"
    # a yes lifts no opt-out that stands
    if settings.get("opt_out", True) and has_agreed(payload.get("$marketing")) is False:
        fields.setdefault("HasOptedOutOfEmail", True)
    if payload.get("$lead"):
        said = str(fields.get("Description") or "")
        room = max(LONGEST - len(said) - 2, LEAST_ROOM)
        rest = remainder_of(held, PLACES, duty, room).text
        said = shorten(said, LONGEST - len(rest) - 2)
        fields["Description"] = f"{said}\n\n{rest}".strip()
    if new and (source := settings.get("lead_source", "Web")) and "LeadSource" not in refused:
        fields.setdefault("LeadSource", source)
    return {name: part for name, part in fields.items() if part != ""}


def text_of(value: Json) -> str:
    """A value as text: choices of a list end in semicolons, objects are JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ";".join(text_of(item) for item in value)
    return json.dumps(value, ensure_ascii=False)


def _names(
    payload: Json, fields: dict[str, Json], settings: Settings, *, new: bool
) -> dict[str, Json]:
    """A first and a last name where the record has no last one, which must not be empty."""
    contact = (payload.get("$lead") or {}).get("contact", {})
    named = any(contact.get(name) for name in ("first_name", "last_name", "full_name"))
    if fields.get("LastName") or not (named or new):
        return {}
    first, last = name_parts(contact)
    last = last if named else settings.get("last_name") or last
    return {"FirstName": shorten(first, 40), "LastName": shorten(last, 80)}


def _value(value: Json) -> Json:
    return text_of(value) if isinstance(value, dict | list) else value
