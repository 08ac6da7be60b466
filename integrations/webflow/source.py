"""Webflow: a form submission as its API sends it, version 2 in an envelope, version 1 flat."""

from collections.abc import Iterator

from relay.core.contract import (
    Inbound,
    Json,
    Parsed,
    Settings,
    Signature,
    Source,
    objects_of,
    read_body,
    secret_list,
)

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "secrets": {
            **secret_list("Webhook secrets"),
            "description": "The secret key of the webhook, or the client secret of the app that"
            " made it. Several count at once. Webhooks made in the dashboard are not signed: leave"
            " this empty for them.",
        }
    },
}

FILE = "FormFileUploadWrapper"
"""The type of fields that hold the address of an upload."""

Field = dict[str, Json]


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one submission, its answers joined with the fields that the form has."""
    body = read_body(inbound)
    if not isinstance(body, dict):
        return [Parsed(document=body)]
    payload = body.get("payload")
    if isinstance(payload, dict):
        found = payload.get("id")
        document = {**body, "payload": _joined(payload)}
    else:
        found = body.get("_id")
        document = _joined(body)
    return [Parsed(document=document, event_id=found if isinstance(found, str) else None)]


def _joined(submission: dict[str, Json]) -> dict[str, Json]:
    """The submission with answers of {id, label, type?, value}, its schema used up by that."""
    data, schema = submission.get("data"), submission.get("schema")
    if not isinstance(data, dict):
        return submission
    rest = {key: value for key, value in submission.items() if key != "schema"}
    return {**rest, "data": list(_answers(data, _fields(schema)))}


def _answers(data: dict[str, Json], fields: dict[str, Field]) -> Iterator[Json]:
    for key, value in data.items():
        field = fields.get(key, {})
        answer: dict[str, Json] = {"label": field.get("fieldName") or key, "value": value}
        if element := field.get("fieldElementId"):
            answer["id"] = element
        if field.get("fieldType") == FILE:
            answer["type"] = "file_url"
        yield answer


def _fields(schema: Json) -> dict[str, Field]:
    """The form's fields by their names, and by the ids of their elements, which data may have."""
    fields = objects_of(schema)
    return {
        one[key]: one
        for key in ("fieldElementId", "fieldName")
        for one in fields
        if isinstance(one.get(key), str)
    }


SOURCE = Source(
    label="Webflow",
    summary="Takes the forms of a Webflow site by its webhook, signed where an app made it.",
    settings=SETTINGS,
    parse=parse,
    verify=[
        Signature(
            header="x-webflow-signature",
            signed="{timestamp}:{raw}",
            timestamp_header="x-webflow-timestamp",
            timestamp_unit="ms",
            tolerance=300,
        )
    ],
    retries=True,
    unverified="Made without a live site, after the vendor's documentation and its examples.",
)
