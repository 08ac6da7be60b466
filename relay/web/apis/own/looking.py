"""Looking: leads, submissions, deliveries, attempts, what was turned away, the ledger."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from relay.core.contract import Json
from relay.core.stages import StatusChange
from relay.services import browse, trace
from relay.services.browse import SHELVES, Filter
from relay.services.ledger import Span, ledger
from relay.services.status import NoLead, change_status
from relay.store.tables import DELIVERY_STATES
from relay.web.apis.own.answers import listed, missing, told
from relay.web.apis.own.operations import PAGING, Asked, Operation, Parameter

_UUID: Json = {"type": "string", "format": "uuid"}
_TIME: Json = {"type": "string", "format": "date-time"}

SOURCE = Parameter(name="source", about="Of this source.", schema=_UUID)
SINCE = Parameter(name="since", about="From this time on.", schema=_TIME)
UNTIL = Parameter(name="until", about="Before this time.", schema=_TIME)
TEXT = Parameter(
    name="text",
    about="A name, e-mail, phone number in any spelling, company or id.",
    schema={"type": "string"},
)
FILTER = (
    Parameter(name="state", about="In this state.", schema={"enum": list(DELIVERY_STATES)}),
    SOURCE,
    Parameter(name="target", about="To this target.", schema=_UUID),
    Parameter(name="lead", about="Of this lead.", schema=_UUID),
    SINCE,
    UNTIL,
    TEXT,
)
"""Which deliveries; what is left out does not restrict."""


def wanted(asked: Asked, given: Any) -> Filter:
    """The deliveries that parameters, or the members of a body, name."""
    state = given.get("state")
    return Filter(
        project=asked.project.id,
        states=() if state is None else (state,),
        source=given.get("source"),
        target=given.get("target"),
        lead=given.get("lead"),
        since=given.get("since"),
        until=given.get("until"),
        text=given.get("text", "")[:200],
    )


def own_delivery(asked: Asked) -> UUID:
    """The id of a delivery of this project. Raises Refusal 404."""
    found = browse.delivery(asked.rt, asked.id())
    if found is None or found["project_id"] != asked.project.id:
        raise missing("delivery")
    return asked.id()


def _leads(asked: Asked) -> Json:
    return listed(
        browse.leads(
            asked.rt,
            asked.project.id,
            text=asked.query.get("text", "")[:200],
            source=asked.query.get("source"),
            cursor=asked.cursor,
            limit=asked.limit,
        )
    )


def _chain(asked: Asked) -> trace.Chain:
    chain = trace.lead_chain(asked.rt, asked.id())
    if chain is None or chain.lead["project_id"] != asked.project.id:
        raise missing("lead")
    return chain


def _lead(asked: Asked) -> Json:
    """The lead, its newest document, and everything that happened to it."""
    chain = _chain(asked)
    newest = chain.versions[-1]["document"] if chain.versions else None
    parts = {"submissions": chain.submissions, "versions": chain.versions}
    return told({**chain.lead, "document": newest, **parts, "deliveries": chain.deliveries})


STATUS: Json = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": False,
    "properties": {
        "stage": {"type": "string", "minLength": 1, "maxLength": 100, "not": {"const": "pending"}},
        "value_minor": {"type": "integer", "minimum": 0, "maximum": 2**53 - 1},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}(?![\\s\\S])"},
        "note": {"type": "string", "maxLength": 10_000},
        "loss_reason": {"type": "string", "maxLength": 1000},
    },
}


def _set_status(asked: Asked) -> Json:
    """Targets that want to know are told, each of them once of a stage."""
    lead = _chain(asked).lead
    try:
        changed = change_status(asked.rt, lead["id"], StatusChange(**asked.body), actor=asked.actor)
    except NoLead:
        raise missing("lead") from None
    return {"id": str(lead["id"]), "status": changed.status, "version": changed.version}


def _deliveries(asked: Asked) -> Json:
    return listed(
        browse.deliveries(asked.rt, wanted(asked, asked.query), asked.cursor, asked.limit)
    )


def _delivery(asked: Asked) -> Json:
    return told(browse.delivery(asked.rt, own_delivery(asked)))


def _attempts(asked: Asked) -> Json:
    """The newest attempts of one delivery, oldest first."""
    return {"data": told(trace.attempts_of(asked.rt, own_delivery(asked)))}


def _submissions(asked: Asked) -> Json:
    return listed(
        browse.shelved(
            asked.rt,
            asked.project.id,
            asked.query.get("state", "quarantined"),
            source=asked.query.get("source"),
            cursor=asked.cursor,
            limit=asked.limit,
        )
    )


def _submission(asked: Asked) -> Json:
    found = trace.submission(asked.rt, asked.id())
    if found is None or found["project_id"] != asked.project.id:
        raise missing("submission")
    return told(found)


def _turned_away(asked: Asked) -> Json:
    return listed(
        browse.turned_away(
            asked.rt,
            asked.project.id,
            source=asked.query.get("source"),
            cursor=asked.cursor,
            limit=asked.limit,
        )
    )


def _ledger(asked: Asked) -> Json:
    span = Span(asked.query.get("since"), asked.query.get("until"), asked.project.id)
    return asdict(ledger(asked.rt, span))


OPERATIONS = (
    Operation(
        method="GET",
        path="/leads",
        name="listLeads",
        summary="Leads, newest first",
        scope="read",
        act=_leads,
        query=(*PAGING, TEXT, SOURCE),
        tag="Leads",
    ),
    Operation(
        method="GET",
        path="/leads/{id}",
        name="getLead",
        summary="One lead with its submissions, versions, deliveries and attempts",
        scope="read",
        act=_lead,
        tag="Leads",
    ),
    Operation(
        method="PATCH",
        path="/leads/{id}",
        name="changeStatus",
        summary="Say what became of a lead; targets that want to know are told",
        scope="write",
        act=_set_status,
        body=STATUS,
        tag="Leads",
    ),
    Operation(
        method="GET",
        path="/deliveries",
        name="listDeliveries",
        summary="Deliveries, newest first",
        scope="read",
        act=_deliveries,
        query=(*PAGING, *FILTER),
        tag="Deliveries",
    ),
    Operation(
        method="GET",
        path="/deliveries/{id}",
        name="getDelivery",
        summary="One delivery",
        scope="read",
        act=_delivery,
        tag="Deliveries",
    ),
    Operation(
        method="GET",
        path="/deliveries/{id}/attempts",
        name="listAttempts",
        summary="The tries of one delivery with requests and replies",
        scope="read",
        act=_attempts,
        tag="Deliveries",
    ),
    Operation(
        method="GET",
        path="/submissions",
        name="listSubmissions",
        summary="What became no lead: quarantined, held or refused",
        scope="read",
        act=_submissions,
        query=(
            *PAGING,
            Parameter(name="state", about="Which; quarantined.", schema={"enum": list(SHELVES)}),
            SOURCE,
        ),
        tag="Submissions",
    ),
    Operation(
        method="GET",
        path="/submissions/{id}",
        name="getSubmission",
        summary="One submission as it came and as it was understood",
        scope="read",
        act=_submission,
        tag="Submissions",
    ),
    Operation(
        method="GET",
        path="/turned-away",
        name="listTurnedAway",
        summary="Requests refused at the door",
        scope="read",
        act=_turned_away,
        query=(*PAGING, SOURCE),
        tag="Submissions",
    ),
    Operation(
        method="GET",
        path="/ledger",
        name="getLedger",
        summary="What was received and what is owed against what became of it",
        scope="read",
        act=_ledger,
        query=(SINCE, UNTIL),
        tag="Ledger",
    ),
)
