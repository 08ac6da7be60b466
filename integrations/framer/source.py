"""Framer: a form's inputs by their names as JSON, signed together with the submission's id."""

from relay.core.contract import (
    Inbound,
    Json,
    Parsed,
    Settings,
    Signature,
    Source,
    read_fields,
    secret_list,
)

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "secrets": {
            **secret_list("Webhook secrets"),
            "description": "The secret of the form's webhook. Several count at once, so that it can"
            " be changed without a gap. Without one, the address alone is the proof.",
        }
    },
}

SUBMISSION = "Framer-Webhook-Submission-Id"
"""The header that names the submission; retries have the same."""

REPEAT_WINDOW = 600
"""Seconds. Without that header only equal content soon after tells a repeat."""


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one submission, with the id that stands in its header."""
    body = read_fields(inbound)
    submission = inbound.headers.get(SUBMISSION.lower(), "").strip() or None
    document: dict[str, Json] = {"fields": body}
    if submission:
        document["submission"] = submission
    return [Parsed(document=document, event_id=submission)]


SOURCE = Source(
    label="Framer",
    summary="Takes the forms of a Framer site by their signed webhook.",
    settings=SETTINGS,
    parse=parse,
    verify=[
        Signature(
            header="Framer-Signature",
            prefix="sha256=",
            signed=f"{{raw}}{{header:{SUBMISSION}}}",
        )
    ],
    repeat_window=REPEAT_WINDOW,
    unverified="Made without a live site, after the vendor's documentation.",
)
