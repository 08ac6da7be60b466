"""WPForms: the fields that a user chose, under keys of the user's own, signed as Stripe does it.

What is sent is told by the code of the Webhooks Addon (`src/Process.php`).
"""

import re
from collections.abc import Mapping

from relay.core.contract import (
    SECRET_HEADER,
    HeaderProof,
    Inbound,
    Json,
    Parsed,
    Settings,
    Signature,
    Source,
    are_links,
    header_credentials,
    host_of,
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
            "description": "The webhook's Secret. Several count at once, so that one can be changed"
            " without a gap. Only webhooks with the request format JSON can be checked.",
        },
        "header": SECRET_HEADER,
    },
}

REPEAT_WINDOW = 600
"""Seconds. Without an entry's id only equal content soon after tells a repeat."""

WEBHOOK = "x-wpforms-webhook-id"
"""The header that names the webhook among those of its site."""

UPLOADS = "/uploads/wpforms/"
"""The folder that the plug-in keeps uploads in."""

_JOINED = re.compile(r"(?<=\S)\|\|(?=\S)")
"""Between the lines of choices and addresses."""


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one submission, its choices as lists and its times as they were written."""
    body = read_fields(inbound)
    files = {key: value for key, value in body.items() if are_links(value, UPLOADS)}
    fields = {key: _value(value) for key, value in body.items() if key not in files}
    document: dict[str, Json] = {"fields": fields}
    if files:
        document["files"] = [{"label": k, "type": "file_url", "value": v} for k, v in files.items()]
    if seconds := {key: one["unix"] for key, one in body.items() if _is_time(one)}:
        document["seconds"] = seconds
    return [Parsed(document=document, event_id=_event_id(body, inbound))]


def _value(value: Json) -> Json:
    if _is_time(value):
        return value["value"]
    if isinstance(value, str) and _JOINED.search(value):
        return _JOINED.split(value)
    return value


def _is_time(value: Json) -> bool:
    """Whether it is a field of date and time: as it was written, and in seconds."""
    return isinstance(value, dict) and value.keys() == {"value", "unix"}


def _event_id(body: Mapping[str, Json], inbound: Inbound) -> str | None:
    """Site, webhook and entry, where the user sends the entry's id along.

    A form that stores no entries says 0 of each.
    """
    entry = body.get("entry_id")
    if not isinstance(entry, str | int) or not str(entry).strip("0").isdigit():
        return None
    form = body.get("form_id", "")
    site = host_of(body.get("page_url"))
    return f"{site} {inbound.headers.get(WEBHOOK, '')} {form} {entry}"


SOURCE = Source(
    label="WPForms",
    summary="Takes the forms of WPForms on WordPress by its Webhooks Addon, signed.",
    settings=SETTINGS,
    parse=parse,
    verify=HeaderProof(
        Signature(
            header="X-WPForms-Webhook-Signature",
            signed="{timestamp}.{raw}",
            pattern=r"t=(?P<timestamp>\d+)|v=(?P<signature>[0-9a-f]+)",
            written="t={timestamp},v={signature}",
            tolerance=300,
        )
    ),
    credentials=header_credentials,
    repeat_window=REPEAT_WINDOW,
    unverified="Made without a live site, after the source code of the addon.",
)
