"""Elementor Pro: a form as labels with values, or with all that the plug-in knows of each field.

Both are PHP arrays that WordPress posts form-encoded (`modules/forms/actions/webhook.php`).
"""

from collections.abc import Iterator

from relay.core.contract import (
    Inbound,
    Json,
    Parsed,
    Settings,
    Source,
    read_fields,
)

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {},
}

REPEAT_WINDOW = 600
"""Seconds. Elementor sends no id, so only equal content soon after tells a repeat."""

NO_LABEL = "No Label "
"""How the name of a field begins that has no label; its id follows."""

SECRET_TYPE = "password"  # noqa: S105 - a type of fields

MACHINERY = frozenset({"step", "html", "recaptcha", "recaptcha_v3", "honeypot", SECRET_TYPE})
"""Types of fields that hold no answer, or one that nobody else should have."""

NOISE = {"Powered by": "plug-in"}


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one submission, as Advanced Data or as labels with values."""
    body = read_fields(inbound)
    if not {"form", "fields"} <= body.keys():
        return [Parsed(document={"fields": dict(_labelled(body))})]
    fields = list(_fields(body["fields"]))
    left_out = [field for field in fields if str(field.get("type")) in MACHINERY]
    document = {
        **body,
        "fields": [_answer(field) for field in fields if str(field.get("type")) not in MACHINERY],
        "meta": _meta(body.get("meta")),
    }
    if left_out:
        document["left_out"] = [field.get("id") for field in left_out]
    if passwords := [one.get("value") for one in left_out if one.get("type") == SECRET_TYPE]:
        document["passwords"] = passwords
    return [Parsed(document=document)]


def _labelled(body: dict[str, Json]) -> Iterator[tuple[str, Json]]:
    for label, value in body.items():
        own = label.removeprefix(NO_LABEL)
        yield (own if own and own not in body else label), value


def _fields(fields: Json) -> Iterator[dict[str, Json]]:
    """The fields {id, type, title, value, raw_value, required}; anything else as a value alone."""
    if not isinstance(fields, dict):
        fields = dict(enumerate(fields if isinstance(fields, list) else [fields]))
    for key, field in fields.items():
        if isinstance(field, dict):
            yield {"id": str(key), **field}
        else:
            yield {"id": str(key), "value": field}


def _answer(field: dict[str, Json]) -> Json:
    """What was answered: several choices as the list that they are, a box as ticked or not."""
    type_, value, raw = field.get("type"), field.get("value"), field.get("raw_value")
    if type_ == "upload":
        type_ = "file_url"
        value = [one.strip() for one in str(value or "").split(",") if one.strip()]
    elif type_ == "acceptance":
        value = value not in ("", None)
    elif isinstance(raw, list):
        value = raw
    about = {"id": field["id"], "label": field.get("title"), "type": type_}
    return {key: said for key, said in about.items() if said} | {"value": value}


def _meta(meta: Json) -> Json:
    """What the plug-in adds of the visit, by its key."""
    if not isinstance(meta, dict):
        return meta
    return {
        key: one["value"] if isinstance(one, dict) and "value" in one else one
        for key, one in meta.items()
    }


SOURCE = Source(
    label="Elementor",
    summary="Takes the forms of Elementor Pro on WordPress by their action Webhook.",
    settings=SETTINGS,
    parse=parse,
    repeat_window=REPEAT_WINDOW,
    noise=NOISE,
    unverified="Made without a live site, after the source code of the plug-in's action.",
)
