"""Tally: one JSON event for each response, signed with the webhook's secret where it has one."""

from integrations.tally.answers import copies, read_answers, read_calculated
from integrations.tally.listing import LISTING
from integrations.tally.listing import SETTINGS as LISTING_SETTINGS
from relay.core.contract import (
    SECRET_HEADER,
    HeaderProof,
    Inbound,
    Json,
    Parsed,
    Settings,
    Signature,
    Source,
    header_credentials,
    read_body,
    secret_list,
)

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "secrets": {
            **secret_list("Signing secrets"),
            "description": "The webhook's signing secret. Several count at once, so that it can be"
            " changed without a gap. Without one, the address alone is the proof.",
        },
        "header": SECRET_HEADER,
        **LISTING_SETTINGS,
    },
}


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one response of the event; anything else is handed on for the adapter to say why not."""
    event = read_body(inbound)
    data = event.get("data") if isinstance(event, dict) else None
    if not isinstance(data, dict):
        return [Parsed(document=event)]
    document = {**event, "data": _read(data)}
    form, submission = data.get("formId"), data.get("submissionId") or data.get("responseId")
    if not isinstance(form, str) or not isinstance(submission, str):
        return [Parsed(document=document)]
    name = f"{form} {submission}"
    return [Parsed(document=document, event_id=name, lead_id=name, lead_scope="kind")]


def _read(data: dict[str, Json]) -> dict[str, Json]:
    """The response with its fields as answers, what was calculated beside them."""
    listed = data.get("fields")
    if not isinstance(listed, list):
        return data
    fields = [one for one in listed if isinstance(one, dict)]
    found = {
        "calculated": read_calculated(fields),
        "copies": copies(fields),
        "odd": [one for one in listed if not isinstance(one, dict)],
    }
    rest = {key: value for key, value in found.items() if value}
    return {**data, "fields": list(read_answers(fields)), **rest}


SOURCE = Source(
    label="Tally",
    summary="Takes the responses of a Tally form by its signed webhook.",
    settings=SETTINGS,
    parse=parse,
    verify=HeaderProof(Signature(header="Tally-Signature", encoding="base64")),
    credentials=header_credentials,
    retries=True,
    listing=LISTING,
    unverified="Made without a live account, after the vendor's documentation and its example.",
)
