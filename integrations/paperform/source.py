"""Paperform: the answers of a submission, complete or partial, with what is known of the device."""

import hashlib
import json
from collections.abc import Iterator

from relay.core.contract import Inbound, Json, Parsed, Settings, Source, read_body

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {},
}

REPEAT_WINDOW = 600
"""Seconds. A partial submission has no id, so only equal content soon after tells a repeat."""

CALCULATED = "calculations"
HIDDEN = "hidden"
MEANT = {"address": "address", "email": "email", "phone": "phone"}
"""What a question is of which only the type tells."""


KEPT = {
    "charge": ("total", "summary"),
    "device": (
        "url",
        "user_agent",
        "type",
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "utm_term",
        "utm_content",
    ),
}
"""What tells of the lead, among much that tells of the account and the form."""


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one submission; anything else is handed on for the adapter to say what it lacks."""
    body = read_body(inbound)
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, list):
        return [Parsed(document=body)]
    questions = [one for one in data if isinstance(one, dict)]
    document = {**_without_rest(body), "data": list(_answers(questions))}
    if calculated := [one for one in questions if one.get("type") == CALCULATED]:
        document["calculated"] = {
            str(one.get("title") or one.get("key")): one.get("value") for one in calculated
        }
    if odd := [one for one in data if not isinstance(one, dict)]:
        document["odd"] = odd
    partial = "partial" in str(body.get("trigger")) or not body.get("submission_id")
    name = _name(body)
    return [
        Parsed(
            document=document,
            event_id=f"{name} partial {_digest(data)}" if name and partial else name,
            lead_id=name,
            lead_scope="kind",
            partial=partial,
        )
    ]


def _without_rest(body: dict[str, Json]) -> dict[str, Json]:
    """The submission without the parts that nobody asks for, which are named beside it."""
    document, rest = dict(body), []
    for name, kept in KEPT.items():
        part = body.get(name)
        if isinstance(part, dict):
            document[name] = {key: part[key] for key in kept if part.get(key) is not None}
            rest += [f"{name}.{key}" for key in part if key not in document[name]]
    return {**document, "rest": rest} if rest else document


def _answers(questions: list[dict[str, Json]]) -> Iterator[Json]:
    """The answers {id, ref?, label, type, value}; hidden fields last, for they may be guesses."""
    asked = [one for one in questions if one.get("type") != CALCULATED]
    for one in sorted(asked, key=lambda one: one.get("type") == HIDDEN):
        type_ = one.get("type")
        known = MEANT.get(type_) if isinstance(type_, str) else None
        yield {
            "id": one.get("key"),
            "ref": one.get("custom_key") or known,
            "label": one.get("title"),
            "type": "file_url" if type_ in ("image", "signature") else type_,
            "value": one.get("value"),
        }


def _digest(answers: list[Json]) -> str:
    """What tells one partial submission from the next one, which knows more."""
    said = json.dumps(answers, sort_keys=True, default=str)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _name(body: dict[str, Json]) -> str | None:
    """Form and submission; older webhooks say nothing of the form."""
    form, submission = body.get("form_id"), body.get("submission_id")
    if not isinstance(submission, str) or not submission:
        return None
    return f"{form if isinstance(form, str) else ''} {submission}"


SOURCE = Source(
    label="Paperform",
    summary="Takes the submissions of a Paperform by its webhook, complete and partial ones.",
    settings=SETTINGS,
    parse=parse,
    repeat_window=REPEAT_WINDOW,
    unverified="Made without a live account, after the vendor's documentation and a public sample.",
)
