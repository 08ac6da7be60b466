"""Wix: a form's submission, as the signed token of an app or as the JSON of an automation.

Facts: dev.wix.com, webhook structure and submission created.
"""

from relay.core.contract import (
    Inbound,
    Json,
    Parsed,
    Settings,
    Source,
    Unreadable,
    read_body,
    read_claims,
    read_json,
    read_signed,
)

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "public_key": {
            "type": "string",
            "title": "Public key",
            "description": "The app's public key, from Webhooks > Get Public Key, with its lines"
            " BEGIN and END. Where it is set, only tokens that the app has signed are taken.",
            "pattern": "-----BEGIN [A-Z ]*PUBLIC KEY-----",
            "maxLength": 5000,
        }
    },
}

REPEAT_WINDOW = 600
"""Seconds. An automation may send no id; then only equal content tells a repeat."""


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one submission; whether it is genuine was judged before."""
    token = _token(inbound)
    sent = _opened(token) if token else read_body(inbound)
    if not isinstance(sent, dict):
        raise Unreadable("the body holds no submission")
    data = sent.get("data", sent)  # an automation wraps what it sends
    data = data if isinstance(data, dict) else sent
    entity = _entity(data)
    answers = entity.get("submissions") or data.get("submissions")
    if not isinstance(answers, dict | list):
        answers = {name: value for name, value in data.items() if name not in ENVELOPE}
    number = (
        entity.get("id") or entity.get("_id") or data.get("submissionId") or data.get("entityId")
    )
    document: dict[str, Json] = {
        "answers": _listed(answers),
        "form": {
            "id": entity.get("formId") or data.get("formId"),
            "name": data.get("formName"),
            "submission": number,
            "at": entity.get("createdDate") or data.get("submissionTime") or data.get("eventTime"),
        },
    }
    if not token:
        document |= _beside(data, answers)
    event = data.get("id") if token else number
    return [
        Parsed(
            document=document,
            event_id=str(event) if event else None,
            lead_id=str(number) if number else None,
        )
    ]


def _beside(data: dict[str, Json], answers: Json) -> dict[str, Json]:
    """What an automation sends beside the answers: what its user has added, what Wix knows of the
    person, and the names of the rest.
    """
    listed = answers if isinstance(answers, list) else []
    told = [one.get("value") for one in listed if isinstance(one, dict)]
    apart = {*ENVELOPE, "submissions", *(answers if isinstance(answers, dict) else ())}
    own = {
        name: value
        for name, value in data.items()
        if name not in apart and not (name.startswith("field:") and value in told)
    }
    rest = [name for name in ("contactId", "submissionsLink") if name in data]
    found = {"others": own, "contact": data.get("contact"), "rest": rest}
    return {name: value for name, value in found.items() if value}


ENVELOPE = frozenset(
    [
        "entityFqdn",
        "entityId",
        "eventTime",
        "eventType",
        "formId",
        "formName",
        "id",
        "instanceId",
        "slug",
        "submissionId",
        "submissionTime",
        "contactId",
        "contact",
        "submissionsLink",
    ]
)


def _token(inbound: Inbound) -> str | None:
    """The body where it is a token: three parts with dots, nothing else."""
    text = inbound.body.decode("ascii", "replace").strip().strip('"')
    return text if text.count(".") == 2 and text.startswith("eyJ") else None


def _opened(token: str) -> Json:
    """What is within a token: JSON in a text in JSON in a text."""
    claims = read_claims(token)
    if not isinstance(claims, dict):
        raise Unreadable(claims)
    outer = _json(claims.get("data"))
    inner = _json(outer.get("data")) if isinstance(outer, dict) else None
    if not isinstance(inner, dict):
        raise Unreadable("the token holds no event")
    return inner


def _json(value: Json) -> Json:
    return read_json(value) if isinstance(value, str) else value


def _entity(data: dict[str, Json]) -> dict[str, Json]:
    """The submission within an event, whichever way it is wrapped."""
    for wrap in ("createdEvent", "updatedEvent"):
        event = data.get(wrap)
        if isinstance(event, dict):
            found = event.get("entity") or _json(event.get("entityAsJson"))
            return found if isinstance(found, dict) else {}
    found = data.get("entity") or data.get("submission")
    return found if isinstance(found, dict) else {}


def _listed(answers: Json) -> Json:
    """Answers as an object by name, or a list of {label, value} as automations send it."""
    if isinstance(answers, dict):
        return answers
    return [
        {"label": one.get("label") or one.get("key"), "value": one.get("value")}
        for one in answers
        if isinstance(one, dict)
    ]


def verify(inbound: Inbound, settings: Settings) -> str | None:
    """The token's own signature (RS256), by the app's public key."""
    key = settings.get("public_key")
    if not key:
        return None
    token = _token(inbound)
    if token is None:
        return "the body is no signed token"
    found = read_signed(token, key, ("RS256",), inbound.received_at)
    return found if isinstance(found, str) else None


SOURCE = Source(
    label="Wix",
    summary="Takes the submissions of Wix forms, signed by an app or sent by an automation.",
    settings=SETTINGS,
    parse=parse,
    verify=verify,
    retries=True,
    repeat_window=REPEAT_WINDOW,
    unverified="Made without a live site, after the vendor's pages.",
)
