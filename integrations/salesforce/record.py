"""What a lead is as a record of the object Lead."""

from collections.abc import Collection

from relay.core.contract import (
    Duty,
    Json,
    Settings,
    has_agreed,
    joined_text,
    name_parts,
    shorten,
    with_remainder,
)

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
        fields["Description"] = with_remainder(said, held, PLACES, duty, LONGEST)
    if new and (source := settings.get("lead_source", "Web")) and "LeadSource" not in refused:
        fields.setdefault("LeadSource", source)
    return {name: part for name, part in fields.items() if part != ""}


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
    return joined_text(value) if isinstance(value, dict | list) else value
