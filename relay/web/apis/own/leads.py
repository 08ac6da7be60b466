"""Leads: found, looked at from arrival to each attempt, and what became of them."""

from relay.core.contract import END, Json
from relay.core.stages import StatusChange
from relay.services import browse, trace
from relay.services.status import NoLead, change_status
from relay.web.apis.own.answers import listed, missing, told
from relay.web.apis.own.operations import PAGING, SOURCE, TEXT, Asked, Operation

STATUS: Json = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": False,
    "properties": {
        "stage": {"type": "string", "minLength": 1, "maxLength": 100, "not": {"const": "pending"}},
        "value_minor": {"type": "integer", "minimum": 0, "maximum": 2**53 - 1},
        "currency": {"type": "string", "pattern": f"^[A-Z]{{3}}{END}"},
        "note": {"type": "string", "maxLength": 10_000},
        "loss_reason": {"type": "string", "maxLength": 1000},
    },
}


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
    parts = {
        "submissions": chain.submissions,
        "versions": chain.versions,
        "changes": chain.changes,
        "deliveries": chain.deliveries,
    }
    return told({**chain.lead, "document": newest, **parts})


def _set_status(asked: Asked) -> Json:
    """Targets that want to know are told, each of them once of a stage."""
    lead = _chain(asked).lead
    try:
        changed = change_status(asked.rt, lead["id"], StatusChange(**asked.body), actor=asked.actor)
    except NoLead:
        raise missing("lead") from None
    return {"id": str(lead["id"]), "status": changed.status, "version": changed.version}


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
)
