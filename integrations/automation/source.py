"""Zapier, Make and n8n: a flat JSON object or form that a workflow's step posts."""

import hashlib
import json

from relay.core.contract import (
    HEADER_SETTINGS,
    Inbound,
    Json,
    Parsed,
    Settings,
    Source,
    Unreadable,
    header_credentials,
    judge_header,
    read_body,
)

REPEAT_WINDOW = 600
"""Seconds. Without an id only equal content soon after tells a repeat."""

LONGEST_BATCH = 1000


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The submission, or those of a list: Zapier can wrap a request in one, and Make collects."""
    found = read_body(inbound)
    each = found if isinstance(found, list) else [found]
    if not each or len(each) > LONGEST_BATCH:
        raise Unreadable(f"a list of {len(each)}; from 1 to {LONGEST_BATCH} are taken at once")
    return [_submission(one) for one in each]


def _submission(fields: Json) -> Parsed:
    if not isinstance(fields, dict) or not fields:
        raise Unreadable("the body holds no fields")
    unwrapped = {name: _single(value) for name, value in fields.items()}
    return Parsed(
        document={"fields": unwrapped},
        event_id=_event_id(unwrapped),
        test=unwrapped.get("test") in (True, "true", "1", 1),
    )


def _event_id(fields: dict[str, Json]) -> str | None:
    """What names the submission: its id, else any other with all that was said.

    The id of a step before may be that of a person or a row, who can send a form again.
    """
    if name := _name(fields.get("submission_id")):
        return name
    name = _name(fields.get("id"))
    if name is None:
        return None
    said = json.dumps(fields, sort_keys=True, default=str)
    return f"{name} {hashlib.sha256(said.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _name(value: Json) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) if str(value).strip("0 ") else None


def _single(value: Json) -> Json:
    """The one item of a list: these services make lists of what they cannot tell."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


SOURCE = Source(
    label="Zapier, Make, n8n",
    summary="Takes the leads that a workflow in Zapier, Make or n8n posts as JSON or as a form.",
    settings=HEADER_SETTINGS,
    parse=parse,
    verify=judge_header,
    credentials=header_credentials,
    retries=True,
    repeat_window=REPEAT_WINDOW,
    unverified="Made without live accounts, after what these services' steps let one send.",
)
