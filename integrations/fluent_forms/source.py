"""Fluent Forms Pro: all fields of a form with the submission's own data, or fields of one's choice.

What is sent is told by the plug-in's code (`src/Integrations/WebHook/NotifyTrait.php`).
"""

from collections.abc import Iterator, Mapping

from relay.core.contract import (
    HEADER_SETTINGS,
    HeaderProof,
    Inbound,
    Json,
    Parsed,
    Settings,
    Source,
    are_links,
    entry_on_site,
    header_credentials,
    read_fields,
)

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
    body = read_fields(inbound)
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
    numbers = (about.get("form_id"), about.get("id", about.get("submission_id")))
    return [
        Parsed(
            document=document,
            event_id=entry_on_site(inbound, about.get("source_url"), *numbers),
            test=FORM_PREVIEW in str(about.get("source_url")),
        )
    ]


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
    settings=HEADER_SETTINGS,
    parse=parse,
    verify=HeaderProof(),
    credentials=header_credentials,
    repeat_window=REPEAT_WINDOW,
    noise=NOISE,
    unverified="Made without a live site, after the source code of the plug-in.",
)
