"""Instapage: a page's form as JSON or form-encoded, its answers keyed by their labels."""

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
    "properties": {},
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
    if fields in ({}, [], None):
        raise Unreadable("the body holds no fields")
    document: dict[str, Json] = {"fields": fields}
    if files := read_files(inbound):
        document["files"] = [{"label": file.pop("field"), **file} for file in files]
    return [Parsed(document=document)]


SOURCE = Source(
    label="Instapage",
    summary="Takes the submissions of Instapage forms by the webhook of a page or workspace.",
    settings=SETTINGS,
    parse=parse,
    repeat_window=REPEAT_WINDOW,
    noise=NOISE,
    unverified="Made without a live account, after programs that receive these webhooks.",
)
