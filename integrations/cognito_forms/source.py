"""Cognito Forms: an entry as JSON, its fields by their names (cognitoforms.com/support/66)."""

from collections.abc import Iterator

from relay.core.contract import Inbound, Json, Parsed, Settings, Source, Unreadable, read_body

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {},
}

PARTS = {
    "First": "first name",
    "Last": "last name",
    "FirstAndLast": "full name",
    "Middle": "middle name",
    "Prefix": "salutation",
    "Suffix": "suffix",
    "MiddleInitial": "",
    "Line1": "street",
    "Line2": "address line 2",
    "Line3": "address line 3",
    "City": "city",
    "State": "state",
    "PostalCode": "postal code",
    "Country": "country",
    "CountryCode": "",
    "FullAddress": "",
    "FullInternationalAddress": "",
    "CityStatePostalCode": "",
    "StreetAddress": "",
    "Type": "",
    "Latitude": "",
    "Longitude": "",
}
"""What the parts of a name or an address are called in a lead; what another part says is ""."""

REPEAT_WINDOW = 600
"""Seconds. Without an entry number only equal content soon after tells a repeat."""

TELLING = ({"First", "Last"}, {"Line1", "City"})


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one entry; names, addresses and files taken apart."""
    sent = read_body(inbound)
    if not isinstance(sent, dict) or not sent:
        raise Unreadable("the body holds no fields")
    form, entry = _object(sent.get("Form")), _object(sent.get("Entry"))
    answers = {name: value for name, value in sent.items() if name not in ("Form", "Entry")}
    files = {name: list(_files(value)) for name, value in answers.items()}
    document: dict[str, Json] = {
        "Form": form,
        "Entry": {name: value for name, value in entry.items() if name not in ADDRESSES},
        "fields": {name: _parts(value) for name, value in answers.items() if not files[name]},
    }
    if noted := [{"label": name, **file} for name, found in files.items() for file in found]:
        document["files"] = noted
    number, name = entry.get("Number"), form.get("Id") or form.get("InternalName")
    return [
        Parsed(
            document=document,
            event_id=None if number is None else _event(name, number, entry),
            lead_id=None if number is None else f"{name or ''} {number}".strip(),
        )
    ]


ADDRESSES = ("AdminLink", "EditLink", "ViewLink", "LastPageViewed")
"""Addresses of the entry; those to edit and view let anybody do so who has them."""


def _event(form: Json, number: Json, entry: dict[str, Json]) -> str:
    """An entry that was changed is an event of its own, told by its version or time."""
    version = entry.get("Version") or entry.get("DateUpdated") or entry.get("DateSubmitted") or ""
    return f"{form or ''} {number} {version}".strip()


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


FILE = {"url": "File", "name": "Name", "type": "ContentType", "size": "Size"}


def _files(value: Json) -> Iterator[dict[str, Json]]:
    """The uploads of a field: of all that it holds, or of nothing."""
    held = value if isinstance(value, list) else []
    if all(isinstance(one, dict) and isinstance(one.get("File"), str) for one in held):
        for one in held:
            noted = {name: one.get(key) for name, key in FILE.items()}
            yield {name: said for name, said in noted.items() if said is not None}


def _parts(value: Json) -> Json:
    if isinstance(value, list):
        return [_row(one) if isinstance(one, dict) else one for one in value]
    if not isinstance(value, dict) or not any(telling <= value.keys() for telling in TELLING):
        return value
    named = {PARTS.get(name, name): part for name, part in value.items()}
    return {name: part for name, part in named.items() if name and part is not None}


def _row(row: dict[str, Json]) -> str:
    """A row of a table in words: the people in it are not the one who has filled in the form."""
    said = {name: _said(value) for name, value in row.items() if name != "Id"}
    return ", ".join(f"{name}: {text}" for name, text in said.items() if text)


def _said(value: Json) -> str:
    if isinstance(value, dict):
        whole = value.get("FirstAndLast") or value.get("FullAddress")
        return str(whole or ", ".join(str(part) for part in value.values() if part))
    return "" if value is None else str(value)


SOURCE = Source(
    label="Cognito Forms",
    summary="Takes the entries of Cognito Forms by their JSON webhook.",
    settings=SETTINGS,
    parse=parse,
    repeat_window=REPEAT_WINDOW,
    unverified="Made without a live account, after the vendor's pages.",
)
