"""The leads of a LeadTrackr project, by its own calls (LeadTrackr: Get Leads, Get Lead)."""

from relay.core.contract import (
    Account,
    HostedLead,
    HostedPage,
    Json,
    Reply,
    Request,
    Unreadable,
    read_json,
)

HOST = "https://app.leadtrackr.io"

PAGE = 100
"""The most that the vendor gives at once."""

PARTS = ("userData", "attributionData", "formData")

PERSON = ("firstName", "lastName", "email", "phone", "companyName")

STAGES = {"pending": "open"}
"""A change that was under way there is none here."""


def ask(url: str, key: str, page: int) -> Request:
    """The request for one page, oldest leads first."""
    return _request(f"{url}/api/leads/getLeads?limit={PAGE}&page={page}&sort=createdAt:asc", key)


def read(reply: Reply) -> HostedPage:
    """The leads of a page."""
    document = _document(reply)
    found = document.get("leads")
    if not isinstance(found, list):
        raise Unreadable("the answer holds no list of leads")
    total = document.get("total")
    return HostedPage(
        leads=[_lead(one) for one in found],
        more=bool(found) and document.get("hasMore") is True,
        total=total if type(total) is int else None,
    )


def ask_whole(url: str, key: str, lead: HostedLead) -> Request | None:
    """The request for a lead of which the list shows none of the parts that it was made of."""
    if any(lead.shown.get(part) is not None for part in PARTS):
        return None
    return _request(f"{url}/api/leads/getLead?leadId={lead.id}", key)


def read_whole(reply: Reply) -> HostedLead:
    """The one lead of the answer."""
    return _lead(_document(reply).get("lead"))


def _request(url: str, key: str) -> Request:
    headers = {"X-API-Key": key, "Accept": "application/json"}
    return Request(method="GET", url=url, headers=headers)


def _document(reply: Reply) -> dict[str, Json]:
    document = read_json(reply.body.decode("utf-8", "replace"))
    if not isinstance(document, dict):
        raise Unreadable("the answer is no JSON object")
    return document


def _lead(shown: Json) -> HostedLead:
    if not isinstance(shown, dict) or type(shown.get("id")) is not int:
        raise Unreadable("a lead has no number as its id")
    created = shown.get("createdAt")
    return HostedLead(
        id=str(shown["id"]),
        fields=_fields(shown),
        shown=shown,
        created_at=created if isinstance(created, str) else None,
        number=shown["id"],
        state=_state(shown),
    )


def _fields(shown: dict[str, Json]) -> dict[str, Json]:
    """The lead as a call would create it; where its parts are not shown, from what is."""
    parts = {name: shown[name] for name in PARTS if isinstance(shown.get(name), dict)}
    person = {name: shown[name] for name in PERSON if shown.get(name) is not None}
    parts["userData"] = {**person, **parts.get("userData", {})}
    if shown.get("formName") is not None:
        parts["formData"] = {"formName": shown["formName"], **parts.get("formData", {})}
    rest = ("channelFlow", "uniqueIdentifier")
    return {**parts, **{name: shown[name] for name in rest if shown.get(name) is not None}}


def _state(shown: dict[str, Json]) -> dict[str, Json]:
    stage = shown.get("status")
    state = {
        "stage": STAGES.get(stage, stage) if isinstance(stage, str) else None,
        "native": {"leadtrackr": stage} if isinstance(stage, str) else None,
        "value_minor": shown["price"] if type(shown.get("price")) is int else None,
        "note": shown.get("note"),
    }
    return {name: value for name, value in state.items() if value is not None}


ACCOUNT = Account(url=HOST, ask=ask, read=read, ask_whole=ask_whole, read_whole=read_whole)
