"""Gravity Forms: whole entries by the numbers of their fields, or the fields that a user chose."""

from integrations.gravity_forms.entries import is_numbered, read_entry
from relay.core.contract import (
    HEADER_SETTINGS,
    HeaderProof,
    Inbound,
    Json,
    Parsed,
    Settings,
    Source,
    entry_on_site,
    header_credentials,
    read_fields,
)

REPEAT_WINDOW = 600
"""Seconds. Selected fields hold no id, so only equal content soon after tells a repeat."""

FORM_PREVIEW = "gf_page=preview"
"""Stands in the address of a form that its maker tries out in the editor."""

PLUG_IN = "plug-in"

NOISE = {"submission_speeds": PLUG_IN, "gform_*": PLUG_IN, "is_submit_*": PLUG_IN}

PROPERTIES = frozenset(
    """
    id form_id post_id date_created date_updated is_starred is_read ip source_url source_id
    user_agent currency payment_status payment_date payment_amount payment_method transaction_id
    transaction_type is_fulfilled created_by status
    """.split()  # noqa: SIM905 - words read best as words
)
"""What an entry says of itself (docs.gravityforms.com/entry-object)."""


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one entry, or the one set of selected fields, which has no numbers."""
    body = read_fields(inbound)
    if not {"id", "form_id"} <= body.keys():
        return [Parsed(document={"fields": body})]
    empty = [key for key, value in body.items() if value in ("", None)]
    said = {key: value for key, value in body.items() if key in PROPERTIES}
    numbered = {key: value for key, value in body.items() if is_numbered(key)}
    entry = {key: value for key, value in said.items() if key not in empty}
    document: dict[str, Json] = {"entry": entry, **read_entry(numbered)}
    if others := {key: body[key] for key in body if key not in said and key not in numbered}:
        document["others"] = others
    if empty:
        document["empty"] = empty
    return [
        Parsed(
            document=document,
            event_id=entry_on_site(inbound, said.get("source_url"), said["form_id"], said["id"]),
            test=FORM_PREVIEW in str(said.get("source_url")),
        )
    ]


SOURCE = Source(
    label="Gravity Forms",
    summary="Takes the entries of Gravity Forms on WordPress by its Webhooks Add-On.",
    settings=HEADER_SETTINGS,
    parse=parse,
    verify=HeaderProof(),
    credentials=header_credentials,
    repeat_window=REPEAT_WINDOW,
    noise=NOISE,
    unverified="Made without a live site, after the vendor's documentation of entries and feeds.",
)
