"""Jotform: one multipart post for each submission, its answers as JSON in the part `rawRequest`."""

import hashlib
import json
from collections.abc import Mapping

from integrations.jotform.answers import is_empty, is_question, read_answers, read_uploads
from integrations.jotform.listing import LISTING
from integrations.jotform.listing import SETTINGS as LISTING_SETTINGS
from relay.core.contract import (
    Inbound,
    Json,
    Parsed,
    Settings,
    Source,
    Unreadable,
    read_body,
    read_json,
)

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {**LISTING_SETTINGS},
}

MACHINERY = frozenset(
    """
    slug jsExecutionTracker submitSource submitDate buildDate uploadServerUrl eventObserver
    timeToSubmit validatedNewRequiredFieldIDs path preview file_server temp_upload noRedirect
    event_id JotFormPopulatedFields submissionEdited payment_total_checksum website simple_spc
    """.split()  # noqa: SIM905 - words read best as words
)
"""What the form's page sends beside the answers, in `rawRequest`; `website` is its honeypot."""

ABOUT = frozenset({"formID", "submissionID", "formTitle", "ip"})
"""Parts of the post that tell of the form and the visitor; the others are the account's matters."""


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one submission. The post repeats its own address, which is a secret: it is left out."""
    body = read_body(inbound, last_wins=True)
    if not isinstance(body, dict):
        raise Unreadable("the body is no form with parts")
    raw = body.get("rawRequest")
    if isinstance(raw, str):
        raw = read_json(raw)
    if not isinstance(raw, dict) or not raw:
        raise Unreadable("the part rawRequest holds no answers")
    document = {key: body[key] for key in body if key in ABOUT} | _document(raw, body)
    form, submission = body.get("formID"), body.get("submissionID")
    if not isinstance(form, str) or not isinstance(submission, str):
        return [Parsed(document=document)]
    lead_id = f"{form} {submission}"
    return [
        Parsed(
            document=document,
            event_id=lead_id + _edit(raw, body),
            lead_id=lead_id,
            lead_scope="kind",
        )
    ]


def _document(raw: Mapping[str, Json], body: Mapping[str, Json]) -> dict[str, Json]:
    pretty = body.get("pretty")
    pretty = pretty if isinstance(pretty, str) else ""
    others = {key: raw[key] for key in raw if key not in MACHINERY and not is_question(key)}
    uploads = list(read_uploads(others, pretty))
    taken = {one["id"] for one in uploads}
    found: dict[str, Json] = {
        "answers": [*read_answers(raw, pretty), *uploads],
        "others": {key: others[key] for key in others if key not in taken},
        "machinery": [key for key in raw if key in MACHINERY],
        "empty": [key for key in raw if is_question(key) and is_empty(raw[key])],
        "envelope": [key for key in body if key not in ABOUT and not is_empty(body[key])],
    }
    return {key: value for key, value in found.items() if value}


def _edit(raw: Mapping[str, Json], body: Mapping[str, Json]) -> str:
    """What tells one edit of a submission from another; nothing where it was not edited."""
    if not raw.get("submissionEdited") and not body.get("action"):
        return ""
    said = json.dumps(raw, sort_keys=True, default=str)
    return " " + hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


SOURCE = Source(
    label="Jotform",
    summary="Takes the submissions of a Jotform by its webhook.",
    settings=SETTINGS,
    parse=parse,
    listing=LISTING,
    evidence="captured payload",
    unverified="Made without a live account, after posts that others have caught.",
)
