"""Contact Form 7, by the plug-in "CF7 to Webhook": the form's tags as JSON, or a body of one's own.

What is sent is told by the plug-in's code (`modules/cf7` and `modules/zapier`).
"""

from collections.abc import Iterator

from relay.core.contract import (
    HEADER_SETTINGS,
    HeaderProof,
    Inbound,
    Json,
    Parsed,
    Settings,
    Source,
    are_links,
    header_credentials,
    read_fields,
    read_files,
)

REPEAT_WINDOW = 600
"""Seconds. The plug-in sends no id, so only equal content soon after tells a repeat."""

NOISE = {"honeypot-*": "honeypot", "quiz-*": "captcha", "_wpnonce*": "forgery token"}

UPLOADS = "/wp-content/uploads/"
"""The folder that WordPress keeps uploads in."""


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one submission; uploads are noted beside its fields, without their content."""
    body = read_fields(inbound)
    fields: dict[str, Json] = {}
    files = [{"label": file.pop("field"), **file} for file in read_files(inbound)]
    for key, value in body.items():
        if found := list(_uploads(value)):
            files += [{"label": key, **file} for file in found]
        else:
            fields[key] = value
    document: dict[str, Json] = {"fields": fields}
    if files:
        document["files"] = files
    return [Parsed(document=document)]


def _uploads(value: Json) -> Iterator[dict[str, Json]]:
    """What is noted of the uploads in a value: of all that it holds, or of nothing."""
    found = [_upload(one) for one in (value if isinstance(value, list) else [value])]
    if all(found):
        yield from (one for one in found if one)


def _upload(value: Json) -> dict[str, Json] | None:
    """An upload, by its address or with its content: {filename, content in base64}."""
    if isinstance(value, str):
        return {"url": value} if are_links(value, UPLOADS) else None
    if not isinstance(value, dict) or value.keys() != {"filename", "content"}:
        return None
    name, content = value["filename"], value["content"]
    if not isinstance(name, str) or not isinstance(content, str):
        return None
    return {"name": name, "size": len(content.rstrip("=")) * 3 // 4}


SOURCE = Source(
    label="Contact Form 7",
    summary="Takes the forms of Contact Form 7 on WordPress by the plug-in CF7 to Webhook.",
    settings=HEADER_SETTINGS,
    parse=parse,
    verify=HeaderProof(),
    credentials=header_credentials,
    repeat_window=REPEAT_WINDOW,
    noise=NOISE,
    unverified="Made without a live site, after the source code of the plug-in.",
)
