"""Changes of a lead: its status, value, note, and why it was lost."""

from collections.abc import Mapping
from typing import Any

from flask import Response

from relay.core.money import to_major, to_minor
from relay.core.readings import instant
from relay.runtime import Runtime
from relay.services import listing
from relay.services.configured import ConfiguredProject
from relay.services.selecting import Query
from relay.services.status import NoLead, StatusChange, change_status
from relay.web.apis.calls import Call, Refusal, answer
from relay.web.apis.octanist.access import KIND, admit
from relay.web.apis.octanist.bodies import Wish, read_wish
from relay.web.apis.octanist.envelope import Envelope
from relay.web.apis.octanist.reading import find_lead
from relay.web.limits import DoorLimits

Row = Mapping[str, Any]

NOT_FOUND = "Lead not found"

UPDATED = "Lead updated successfully"


class Updating:
    """Changes leads."""

    def __init__(self, envelope: Envelope, limits: DoorLimits) -> None:
        self._envelope = envelope
        self._limits = limits

    def change(self, call: Call) -> Response:
        """`PATCH /api/leads`."""
        key, project = admit(call, "write", self._limits)
        wish = read_wish(call.inbound)
        row = _find(call.rt, project, wish)
        change = _change(wish, row, project.currency, instant(call.rt.clock.now(), "milliseconds"))
        try:
            actor = f"Octanist API, key {key.name}"
            change_status(call.rt, row["id"], change, actor=actor, label=wish.status or "")
        except NoLead as error:
            raise Refusal(404, NOT_FOUND) from error
        told = {"leadId": row["public_id"], "leadsUpdated": 1, "message": UPDATED}
        return answer(200, self._envelope.success(told))


def _find(rt: Runtime, project: ConfiguredProject, wish: Wish) -> Row:
    """The one lead that is meant. Raises Refusal 404, or 409 where there are several."""
    if wish.way == "id":
        found = find_lead(rt, project, wish.who)
        rows = [] if found is None else [found]
    else:
        by: dict[str, Any] = {wish.way: wish.who}
        rows = listing.find(rt, Query(project_id=project.id, limit=2, **by)).rows
    if not rows:
        raise Refusal(404, NOT_FOUND)
    if len(rows) > 1:
        raise Refusal(409, f"Several leads have this {wish.way}; give the id of one")
    return rows[0]


def _change(wish: Wish, row: Row, of_project: str | None, now: str) -> StatusChange:
    """The change of this lead; a reason is kept only where it is, or becomes, lost."""
    state = row["document"].get("state", {})
    currency = wish.currency or state.get("currency") or of_project
    value = _amount(state) if wish.value is None and wish.currency else wish.value
    minor = None if value is None else to_minor(value, currency)
    if minor is None and value is not None:
        raise Refusal(400, f"Invalid field values: value is too large for {currency}")
    qualified = wish.status == "qualified" or (wish.status == "won" and wish.also_qualified)
    return StatusChange(
        stage=wish.status,
        native={KIND: wish.status} if wish.status else None,
        value_minor=minor,
        currency=wish.currency if minor is None else currency,
        note=wish.note,
        loss_reason=wish.loss_reason if (wish.status or row["status"]) == "lost" else None,
        qualified_at=now if qualified and not state.get("qualified_at") else None,
    )


def _amount(state: Mapping[str, Any]) -> int | float | None:
    """The value as it is written: in another currency it has other minor units."""
    minor = state.get("value_minor")
    return None if minor is None else to_major(minor, state.get("currency"))
