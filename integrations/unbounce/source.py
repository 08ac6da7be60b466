"""Unbounce: a page's form as JSON within a form, as JSON, or as XML; every value is a list."""

from collections.abc import Mapping
from datetime import UTC, datetime

from relay.core.contract import (
    HEADER_SETTINGS,
    HeaderProof,
    Inbound,
    Json,
    Parsed,
    Settings,
    Source,
    Unreadable,
    header_credentials,
    instant,
    read_body,
    read_fields,
    read_json,
)

REPEAT_WINDOW = 600
"""Seconds. Unbounce sends no id, so only equal content soon after tells a repeat."""

JSON_PARTS = ("data.json", "data_json")
XML_PARTS = ("data.xml", "data_xml")
"""The parameters that hold the form; PHP on the way writes their dots as lines."""


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one submission: the form's fields, and what the page says of itself beside them."""
    body = read_fields(inbound)
    page = {key: body[key] for key in body if key not in (*JSON_PARTS, *XML_PARTS)}
    inner = _inner(body)
    fields = {key: _single(value) for key, value in (page if inner is None else inner).items()}
    document: dict[str, Json] = {"fields": fields}
    if inner is not None:
        document["page"] = {key: _single(value) for key, value in page.items()}
    if at := _submitted(fields):
        document["submitted"] = at
        for key in ("date_submitted", "time_submitted"):
            del fields[key]
    if inner is not None and any(part in body for part in XML_PARTS) and _has(body, JSON_PARTS):
        document["copy"] = True
    return [Parsed(document=document)]


def _inner(body: Mapping[str, Json]) -> dict[str, Json] | None:
    """The form's fields out of the parameter that holds them; None where there is none."""
    for part in JSON_PARTS:
        if part in body:
            said = body[part]
            found = read_json(said) if isinstance(said, str) else said
            if not isinstance(found, dict):
                raise Unreadable(f"the parameter {part} holds no fields")
            return found
    for part in XML_PARTS:
        if isinstance(said := body.get(part), str):
            typed = {"content-type": "application/xml; charset=utf-8"}
            found = read_body(Inbound(body=said.encode("utf-8", "replace"), headers=typed))
            return found if isinstance(found, dict) else {}
    return None


def _has(body: Mapping[str, Json], parts: tuple[str, ...]) -> bool:
    return any(part in body for part in parts)


def _single(value: Json) -> Json:
    """The one of a list of one, as Unbounce writes every value."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _submitted(fields: Mapping[str, Json]) -> str | None:
    """The time out of "2023-06-06" and "10:57 PM UTC"; UTC is the only zone that is sent."""
    day, clock = fields.get("date_submitted"), fields.get("time_submitted")
    if not isinstance(day, str) or not isinstance(clock, str):
        return None
    try:
        found = datetime.strptime(f"{day} {clock}", "%Y-%m-%d %I:%M %p UTC").replace(tzinfo=UTC)
    except ValueError:
        return None
    return instant(found)


SOURCE = Source(
    label="Unbounce",
    summary="Takes the forms of Unbounce pages, popups and sticky bars by their webhook.",
    settings=HEADER_SETTINGS,
    parse=parse,
    verify=HeaderProof(),
    credentials=header_credentials,
    repeat_window=REPEAT_WINDOW,
    unverified="Made without a live account, after the vendor's documentation and its example.",
)
