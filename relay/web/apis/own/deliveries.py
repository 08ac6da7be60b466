"""Deliveries: looked at, sent again, called off, and brought where they never went."""

from typing import Any
from uuid import UUID

from relay.core.contract import Json
from relay.services import browse, missing, replay, trace
from relay.services.filtering import Filter
from relay.services.inventory import targets_of
from relay.store.tables import DELIVERY_STATES
from relay.web.apis.calls import Refusal
from relay.web.apis.own.answers import listed, told
from relay.web.apis.own.answers import missing as not_there
from relay.web.apis.own.bodies import IDENTIFIER, MOMENT, typed
from relay.web.apis.own.operations import (
    PAGING,
    SINCE,
    SOURCE,
    TEXT,
    UNTIL,
    UUID_TEXT,
    Asked,
    Operation,
    Parameter,
)

QUERY = (
    Parameter(name="state", about="In this state.", schema={"enum": list(DELIVERY_STATES)}),
    SOURCE,
    Parameter(name="target", about="To this target.", schema=UUID_TEXT),
    Parameter(name="lead", about="Of this lead.", schema=UUID_TEXT),
    SINCE,
    UNTIL,
    TEXT,
)
"""Which deliveries; what is left out does not restrict."""

FILTER: Json = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": False,
    "properties": {
        "state": {"enum": list(DELIVERY_STATES)},
        "source": IDENTIFIER,
        "target": IDENTIFIER,
        "lead": IDENTIFIER,
        "since": MOMENT,
        "until": MOMENT,
        "text": {"type": "string", "minLength": 1, "maxLength": 200},
    },
}
"""Which deliveries; at least one member, so that nobody means all by mistake."""

MISSING: Json = {
    "type": "object",
    "required": ["target"],
    "additionalProperties": False,
    "properties": {"target": IDENTIFIER, "source": IDENTIFIER, "since": MOMENT},
}


def _deliveries(asked: Asked) -> Json:
    return listed(
        browse.deliveries(asked.rt, wanted(asked, asked.query), asked.cursor, asked.limit)
    )


def _delivery(asked: Asked) -> Json:
    return told(browse.delivery(asked.rt, own_delivery(asked)))


def _attempts(asked: Asked) -> Json:
    """The newest attempts of one delivery, oldest first."""
    return {"data": told(trace.attempts_of(asked.rt, own_delivery(asked)))}


def _replay_one(asked: Asked) -> Json:
    going = replay.replay_one(asked.rt, own_delivery(asked), asked.actor)
    return {"id": None if going is None else str(going)}


def _cancel_one(asked: Asked) -> Json:
    reason = f"called off by {asked.actor}"
    if not replay.cancel_one(asked.rt, own_delivery(asked), asked.actor, reason):
        raise Refusal(409, "The delivery does not wait any more")
    return {"cancelled": 1}


def _replay_all(asked: Asked) -> Json:
    named = wanted(asked, typed(asked.body))
    return {"replayed": replay.replay_all(asked.rt, named, asked.actor)}


def _cancel_all(asked: Asked) -> Json:
    reason = f"called off by {asked.actor}"
    named = wanted(asked, typed(asked.body))
    called_off = replay.cancel(asked.rt, named, asked.actor, reason)
    return {"cancelled": called_off.ended, "sending": called_off.sending}


def _bring_missing(asked: Asked) -> Json:
    given = typed(asked.body)
    target = _own_target(asked, given["target"])
    going = missing.bring(asked.rt, target, asked.actor, given.get("since"), given.get("source"))
    return {"brought": going}


def _own_target(asked: Asked, target_id: UUID) -> UUID:
    if target_id not in {row["id"] for row in targets_of(asked.rt, asked.project.id)}:
        raise not_there("target")
    return target_id


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
        raise not_there("delivery")
    return asked.id()


OPERATIONS = (
    Operation(
        method="GET",
        path="/deliveries",
        name="listDeliveries",
        summary="Deliveries, newest first",
        scope="read",
        act=_deliveries,
        query=(*PAGING, *QUERY),
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
        method="POST",
        path="/deliveries/{id}/replay",
        name="replayDelivery",
        summary="Send one delivery again: at once if it waits, else as a new one",
        scope="manage",
        act=_replay_one,
        tag="Deliveries",
    ),
    Operation(
        method="POST",
        path="/deliveries/{id}/cancel",
        name="cancelDelivery",
        summary="Call off one delivery that waits",
        scope="manage",
        act=_cancel_one,
        tag="Deliveries",
    ),
    Operation(
        method="POST",
        path="/replay",
        name="replay",
        summary="Send again what a filter names",
        scope="manage",
        act=_replay_all,
        body=FILTER,
        tag="Deliveries",
    ),
    Operation(
        method="POST",
        path="/replay/missing",
        name="bringMissing",
        summary="Bring a target the leads that it never got",
        scope="manage",
        act=_bring_missing,
        body=MISSING,
        tag="Deliveries",
    ),
    Operation(
        method="POST",
        path="/cancel",
        name="cancel",
        summary="Call off what a filter names and still waits",
        scope="manage",
        act=_cancel_all,
        body=FILTER,
        tag="Deliveries",
    ),
)
