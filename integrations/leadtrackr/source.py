"""LeadTrackr: leads as its calls, tags and plugins send them, and its custom webhooks."""

from collections.abc import Iterable

from integrations.leadtrackr.account import ACCOUNT
from integrations.leadtrackr.channel_flow import read_flow
from integrations.leadtrackr.custom_webhook import FLOW, IDENTIFIER, Fields, as_call
from relay.core.contract import END, Inbound, Json, Parsed, Settings, Source, Unreadable, read_body

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "connection": {
            "type": "object",
            "title": "Custom webhook",
            "description": "A connection through which other systems post leads under an address"
            " of their own, with a token of their own.",
            "required": ["id", "token"],
            "additionalProperties": False,
            "properties": {
                "id": {
                    "type": "string",
                    "title": "Id of the connection",
                    "description": "The last part of its address.",
                    "minLength": 1,
                    "maxLength": 200,
                    "pattern": f"^[^/\\s]+{END}",
                },
                "token": {
                    "type": "string",
                    "title": "Token",
                    "description": "What every request has to carry in the header.",
                    "minLength": 1,
                    "maxLength": 500,
                    "secret": True,
                },
                "header": {
                    "type": "string",
                    "title": "Header of the token",
                    "description": "X-API-Key where nothing else is said.",
                    "pattern": f"^[A-Za-z0-9-]{{1,100}}{END}",
                },
            },
        }
    },
}

PARTS = ("userData", "attributionData", "formData", "deviceData")

NOTHING = (None, "", 0)
"""What says nothing to the vendor's `a || b`; false is 0 here, and an empty list does say it."""

KNOWN = frozenset((*PARTS, *FLOW, *IDENTIFIER, "projectId", "formFields"))


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one lead of the body, in the shape of the calls or of a custom webhook.

    A uniqueEventId names the lead, for all of the project's sources of this kind. A custom
    webhook's event id (its header's, else its body's) names the event, whose repeats change
    nothing.
    """
    fields = read_body(inbound)
    if not isinstance(fields, dict) or not fields:
        raise Unreadable("the body is no JSON object with fields")
    event_id = None
    if not any(part in fields for part in PARTS):
        event_id = inbound.headers.get("x-event-id") or _as_key(fields.get("event_id"))
        fields = as_call(fields)
    verbatim = _verbatim(fields)
    lead_id = _as_key(verbatim.get("formData", {}).get("uniqueEventId"))
    document = _document(fields, verbatim)
    return [Parsed(document=document, event_id=event_id, lead_id=lead_id, lead_scope="kind")]


def tokens(settings: Settings) -> list[str]:
    """The address of the custom webhook, where there is one."""
    connection = settings.get("connection")
    return [f"custom:{connection['id']}"] if connection else []


def _as_key(value: Json) -> str | None:
    """An identifier as text; None for what names nothing: blank, 0, or no text and no number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or not value:
        return None
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def _verbatim(fields: Fields) -> Fields:
    """What the API's own answers are made of, as it was sent.

    PHP writes an empty map as `[]`. Of a flow or an identifier that was sent under both names the
    first counts, unless it says nothing.
    """
    kept = {part: fields[part] or {} for part in PARTS if _is_map(fields.get(part))}
    flows = [name for name in FLOW if fields.get(name) not in NOTHING]
    if flows:
        kept |= {"channelFlow": fields[flows[0]], "channelFlowKey": flows[0]}
    identifiers = (_as_key(fields.get(name)) for name in IDENTIFIER)
    if (identifier := next(filter(None, identifiers), None)) is not None:
        kept["uniqueIdentifier"] = identifier
    return kept


def _is_map(value: Json) -> bool:
    return isinstance(value, dict) or value == []


def _document(fields: Fields, verbatim: Fields) -> Fields:
    """What the adapter maps: the parts without what says nothing, and all else that was sent.

    Tags send an empty text for each id that a visitor does not have.
    """
    attribution = _said(verbatim.get("attributionData", {}))
    if isinstance(attribution.get("consent"), dict):
        attribution["consent"] = _said(attribution["consent"])
    form = _said(verbatim.get("formData", {}))
    answers = _answers(form.pop("formFields", None), fields.get("formFields"))
    rest = {name: value for name, value in fields.items() if name not in KNOWN}
    rest |= {part: fields[part] for part in PARTS if part in fields and part not in verbatim}
    document = {
        "user": _said(verbatim.get("userData", {})),
        "attribution": attribution,
        "form": form,
        "answers": answers,
        "device": _said(verbatim.get("deviceData", {})),
        "flow": read_flow(verbatim.get("channelFlow")),
        "identifier": verbatim.get("uniqueIdentifier"),
        "rest": _said(rest),
    }
    return {**_said(document), "verbatim": verbatim}


def _said(fields: Fields) -> Fields:
    """The members that say something."""
    return {name: value for name, value in fields.items() if not _is_blank(value)}


def _is_blank(value: Json) -> bool:
    return value in (None, [], {}) or (isinstance(value, str) and not value.strip())


def _answers(*given: Json) -> list[Json]:
    """Form fields as answers: an object, a list of objects with one member each, or any list."""
    return [answer for fields in given for answer in _listed(fields)]


def _listed(fields: Json) -> Iterable[Json]:
    if isinstance(fields, dict):
        return [{"label": name, "value": value} for name, value in fields.items()]
    if isinstance(fields, list):
        return [answer for one in fields for answer in _one(one)]
    return [] if _is_blank(fields) else [{"label": "formFields", "value": fields}]


def _one(field: Json) -> Iterable[Json]:
    if isinstance(field, dict) and len(field) == 1:
        return _listed(field)
    return [field if isinstance(field, dict) else {"label": "formFields", "value": field}]


SOURCE = Source(
    label="LeadTrackr",
    summary="Takes leads as LeadTrackr's calls, tags and plugins send them, and custom webhooks.",
    settings=SETTINGS,
    parse=parse,
    tokens=tokens,
    account=ACCOUNT,
    unverified="Made without a live account, after the API's own pages and the published clients.",
)
