"""Instapage: a page's form as JSON or form-encoded, its answers keyed by their labels."""

from integrations.instapage.listing import LISTING
from integrations.instapage.listing import SETTINGS as LISTING_SETTINGS
from relay.core.contract import (
    Inbound,
    Json,
    Parsed,
    Settings,
    Source,
    Unreadable,
    read_body,
    read_files,
)

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {**LISTING_SETTINGS},
}

REPEAT_WINDOW = 600
"""Seconds. Instapage sends no id, so only equal content soon after tells a repeat."""

PAGE_BUILDER = "page builder"

NOISE = dict.fromkeys(
    (
        "download_file",
        "hubspot-integration",
        "lpsSubmissionConfig",
        "redirect",
        "salesforce-integration",
        "thank-you-message",
        "thank-you-message-timeout",
        "zapier2-integration",
    ),
    PAGE_BUILDER,
)
"""Hidden inputs of a published page, which come along where a page posts by itself."""


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one submission, as it stands; uploads are noted beside the fields."""
    fields = read_body(inbound)
    if isinstance(fields, dict) and isinstance(fields.get("listed"), dict) and len(fields) == 1:
        return [_listed(fields["listed"])]
    if fields in ({}, [], None):
        raise Unreadable("the body holds no fields")
    document: dict[str, Json] = {"fields": fields}
    if files := read_files(inbound):
        document["files"] = [{"label": file.pop("field"), **file} for file in files]
    return [Parsed(document=document)]


def _listed(row: dict[str, Json]) -> Parsed:
    """A submission of Instapage's own list, in the words of its webhook."""
    fields = row.get("fields")
    if not isinstance(fields, dict) or not fields:
        raise Unreadable("the body holds no fields")
    variant = row.get("variationCustomName") or row.get("variationName")
    about = {"page_id": row.get("pageId"), "variant": variant, "timestamp": row.get("createdAt")}
    said = {**{name: value for name, value in about.items() if value is not None}, **fields}
    named = row.get("id")
    event_id = f"listed {named}" if isinstance(named, str | int) and named != "" else None
    return Parsed(document={"fields": said}, event_id=event_id)


SOURCE = Source(
    label="Instapage",
    summary="Takes the submissions of Instapage forms by the webhook of a page or workspace.",
    settings=SETTINGS,
    parse=parse,
    repeat_window=REPEAT_WINDOW,
    noise=NOISE,
    listing=LISTING,
    unverified="Made without a live account, after programs that receive these webhooks.",
)
