"""What a lead is as a record: its fields, and one for the rest."""

import json
from collections.abc import Mapping

from relay.core.contract import Card, Json, card_of, cut_note, text_card

LONGEST = 100_000
"""Characters of a text field (Airtable: field types, long text)."""

OWN = frozenset(
    {
        "/ids/id",
        "/contact/full_name",
        "/contact/email",
        "/contact/phone",
        "/contact/company",
        "/form/message",
        "/form/custom_name",
        "/form/name",
        "/attribution/utm/source",
        "/attribution/page_url",
    }
)
"""Places of the lead that have a field of their own, unless the mapping took it out."""


def fields_of(payload: Json, details: str) -> dict[str, Json]:
    """The record's fields; `details` names the one for all that has none."""
    fields = {name: _value(value) for name, value in payload.get("fields", {}).items()}
    if "$lead" in payload and details not in fields and (text := _rest(payload, fields)):
        fields[details] = text
    return fields


def _rest(payload: Json, fields: Mapping[str, Json]) -> str:
    sent = {value for value in fields.values() if isinstance(value, str)}
    card = card_of(payload.get("$lead", {}), without=["/ids/version"])
    lines = (line for line in card.lines if line.pointer not in OWN or line.text not in sent)
    cut = cut_note(payload)[: LONGEST // 2]
    text = text_card(Card(card.title, tuple(lines)), LONGEST - len(cut) - 2)
    return "\n\n".join(part for part in (text, cut) if part)


def _value(value: Json) -> Json:
    """Texts, numbers, truths and lists of texts are made what the column holds (typecast)."""
    if isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    return json.dumps(value, ensure_ascii=False)[:LONGEST]
