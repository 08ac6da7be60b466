"""Zapier, Make and n8n: a flat JSON object or form that a workflow's step posts."""

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

IDS = ("submission_id", "id")
"""Members that name the submission; the first one there is counts."""

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
    given = (unwrapped.get(name) for name in IDS)
    event = next((str(one) for one in given if isinstance(one, str | int) and one != ""), None)
    return Parsed(
        document={"fields": unwrapped},
        event_id=event,
        test=unwrapped.get("test") in (True, "true", "1", 1),
    )


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
    unverified="Made without live accounts, after what these services' steps let one send.",
)
