"""Fluent Forms Pro: all fields of a form with the submission's own data, or fields of one's choice.

What is sent is told by the plug-in's code (`src/Integrations/WebHook/NotifyTrait.php`).
"""

from collections.abc import Iterator, Mapping

from relay.core.contract import (
    SECRET_HEADER,
    HeaderProof,
    Inbound,
    Json,
    Parsed,
    Settings,
    Source,
    Unreadable,
    are_links,
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

FORM_PREVIEW = "fluent_forms_pages=1"
"""Stands in the address of a form that its maker tries out."""

UPLOADS = ("/uploads/fluentform/", "/fluentform/ff-")
"""The folder that the plug-in keeps uploads in, and how it names them."""

PLUG_IN = "plug-in"

NOISE = {
    "__fluent_form_*": PLUG_IN,
    "_fluentform_*": "forgery token",
    "__entry_*": PLUG_IN,
    "__ff_*": PLUG_IN,
    "item__*": "honeypot",
}

APART = {
    "__submission": "submission",
    "__order_items": "order_items",
    "__transactions": "transactions",
}
"""What the plug-in adds to all fields, and what it is called here."""


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one submission; uploads and what was left empty stand beside its answers."""
    body = read_body(inbound)
    if not isinstance(body, dict) or not body:
        raise Unreadable("the body is no object with fields")
    answers = {key: value for key, value in body.items() if key not in APART}
    files = {key: value for key, value in answers.items() if are_links(value, *UPLOADS)}
    fields = {key: value for key, value in answers.items() if key not in files}
    document: dict[str, Json] = {"fields": dict(_filled(fields))}
    document |= {name: _said(body[key]) for key, name in APART.items() if key in body}
    if files:
        document["files"] = [{"label": k, "type": "file_url", "value": v} for k, v in files.items()]
    if empty := list(_empty(fields, ())):
        document["empty"] = empty
    submission = document.get("submission")
    about = submission if isinstance(submission, dict) else body
    return [
        Parsed(
            document=document,
            event_id=_event_id(about, inbound),
            test=FORM_PREVIEW in str(about.get("source_url")),
        )
    ]


def _event_id(about: Mapping[str, Json], inbound: Inbound) -> str | None:
    """Site, form and submission: numbers are counted anew on each site, which WordPress names."""
    ids = [about.get("form_id"), about.get("id", about.get("submission_id"))]
    if not all(isinstance(one, str | int) and str(one).isdigit() for one in ids):
        return None
    agent = inbound.headers.get("user-agent", "")
    site = host_of(about.get("source_url")) or host_of(agent.partition("; ")[2])
    return f"{site} {ids[0]} {ids[1]}"


def _said(value: Json) -> Json:
    """What is said of a submission, without what is null."""
    if not isinstance(value, dict):
        return value
    return {key: one for key, one in value.items() if one not in (None, "")}


def _filled(fields: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """The fields without those, and without those parts, that were left empty."""
    for key, value in fields.items():
        if isinstance(value, dict):
            if inner := dict(_filled(value)):
                yield key, inner
        elif value not in (None, "", []):
            yield key, value


def _empty(fields: Mapping[str, Json], within: tuple[str, ...]) -> Iterator[str]:
    for key, value in fields.items():
        if isinstance(value, dict) and value:
            yield from _empty(value, (*within, key))
        elif value in (None, "", [], {}):
            yield ".".join((*within, key))


SOURCE = Source(
    label="Fluent Forms",
    summary="Takes the forms of Fluent Forms Pro on WordPress by its integration WebHook.",
    settings=SETTINGS,
    parse=parse,
    verify=HeaderProof(),
    credentials=header_credentials,
    repeat_window=REPEAT_WINDOW,
    noise=NOISE,
    unverified="Made without a live site, after the source code of the plug-in.",
)
