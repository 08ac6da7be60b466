"""The call that says what became of a lead (LeadTrackr: Update Lead Status)."""

from typing import Any

from flask import Response

from relay.core.contract import Json
from relay.core.readings import whole
from relay.core.stages import LARGEST_AMOUNT
from relay.services.configured import ConfiguredProject
from relay.services.lead_rows import PENDING
from relay.services.status import NoLead, Pending, StatusChange, change_status
from relay.web.apis.calls import Call, Refusal, answer
from relay.web.apis.leadtrackr.body import missing
from relay.web.apis.leadtrackr.keys import open_project
from relay.web.apis.leadtrackr.lead import KIND, Row, identifier
from relay.web.apis.leadtrackr.reading import named_lead
from relay.web.apis.objects import Fields, read_object
from relay.web.limits import DoorLimits

OPEN, LOST = "open", "lost"


class Rating:
    """Changes the status of the key's project's leads."""

    def __init__(self, limits: DoorLimits) -> None:
        self._limits = limits

    def update(self, call: Call) -> Response:
        """updateLeadStatus: open at once; a conversion waits its turn, and none beside another."""
        key, project = open_project(call, "write", self._limits)
        fields = read_object(call.inbound)
        change, label = _change(project, fields)
        row = named_lead(call.rt, project, fields)
        queued = bool(label)
        if not queued and _is_pending(row):
            raise _busy()
        actor = f"LeadTrackr API, key {key.name}"
        try:
            change_status(call.rt, row["id"], change, actor=actor, label=label, queued=queued)
        except Pending as pending:
            raise _busy() from pending
        except NoLead as gone:
            raise Refusal(404, "Lead not found") from gone
        named = {"leadId": row["number"], "uniqueIdentifier": identifier(row["document"])}
        if not queued:
            said = {"message": f"Lead status updated to {OPEN}", **named}
            return answer(200, {**said, "status": OPEN, "queued": False})
        said = {"message": "Lead queued for processing", **named}
        return answer(201, {**said, "status": PENDING, "queued": True, "warnings": []})


def _is_pending(row: Row) -> bool:
    """Whether a change waits for its turn; a label may be called so, too."""
    stage = row["document"].get("state", {}).get("stage")
    return bool(row["status"] == PENDING != stage)


def _busy() -> Refusal:
    return Refusal(409, "A status change of this lead is still being processed")


def _change(project: ConfiguredProject, fields: Fields) -> tuple[StatusChange, str]:
    """What is to be changed, and the label of its event. Raises Refusal 400."""
    wanted = fields.get("conversionId")
    if wanted is None or wanted == "":
        raise missing("conversionId")
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        wanted = str(wanted)  # as a label's id may be written in the configuration
    if not isinstance(wanted, str):
        raise Refusal(400, "conversionId must be a string")
    members: dict[str, Any] = {"native": {KIND: wanted}}
    if (price := _price(fields.get("price"))) is not None:
        members |= {"value_minor": price, "currency": project.currency}
    name = project.conversion_labels.get(wanted)
    if name is not None:
        return StatusChange(stage=name, conversion_name=name, **members), name
    if wanted not in (OPEN, LOST):
        raise Refusal(400, "conversionId must be open, lost or one of the project's labels")
    return StatusChange(stage=wanted, **members), "" if wanted == OPEN else wanted


def _price(given: Json) -> int | None:
    """The price in cents. Raises Refusal 400."""
    if given is None or given == "":
        return None
    try:
        price = whole(given)
    except ValueError as error:
        raise Refusal(400, f"price {error} of cents") from error
    if not 0 <= price <= LARGEST_AMOUNT:
        raise Refusal(400, f"price must be from 0 to {LARGEST_AMOUNT} cents")
    return price
