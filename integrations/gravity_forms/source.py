"""Gravity Forms: whole entries by the numbers of their fields, or the fields that a user chose."""

from collections.abc import Mapping

from integrations.gravity_forms.entries import is_numbered, read_entry
from relay.core.contract import (
    SECRET_HEADER,
    HeaderProof,
    Inbound,
    Json,
    Parsed,
    Settings,
    Source,
    Unreadable,
    header_credentials,
    host_of,
    read_body,
)

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {"header": SECRET_HEADER},
}

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
    body = read_body(inbound)
    if not isinstance(body, dict) or not body:
        raise Unreadable("the body is no object with fields")
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
            event_id=_event_id(said, inbound),
            test=FORM_PREVIEW in str(said.get("source_url")),
        )
    ]


def _event_id(entry: Mapping[str, Json], inbound: Inbound) -> str | None:
    """Site, form and entry: numbers are counted anew on each site, which WordPress names too."""
    ids = [entry["form_id"], entry["id"]]
    if not all(isinstance(one, str | int) and str(one).isdigit() for one in ids):
        return None
    agent = inbound.headers.get("user-agent", "")
    site = host_of(entry.get("source_url")) or host_of(agent.partition("; ")[2])
    return f"{site} {ids[0]} {ids[1]}"


SOURCE = Source(
    label="Gravity Forms",
    summary="Takes the entries of Gravity Forms on WordPress by its Webhooks Add-On.",
    settings=SETTINGS,
    parse=parse,
    verify=HeaderProof(),
    credentials=header_credentials,
    repeat_window=REPEAT_WINDOW,
    noise=NOISE,
    unverified="Made without a live site, after the vendor's documentation of entries and feeds.",
)
