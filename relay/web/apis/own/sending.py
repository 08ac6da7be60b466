"""Sending: again, not at all, what never went, and what was held back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from relay.core.contract import Json
from relay.services import browse, missing, replay, trace
from relay.services.browse import SHELVES
from relay.services.inventory import targets_of
from relay.services.quarantine import release
from relay.store.tables import DELIVERY_STATES
from relay.web.apis.calls import Refusal
from relay.web.apis.own.answers import missing as not_there
from relay.web.apis.own.answers import mistakes
from relay.web.apis.own.looking import own_delivery, wanted
from relay.web.apis.own.operations import Asked, Operation

_UUID: Json = {"type": "string", "format": "uuid", "minLength": 32}
_TIME: Json = {"type": "string", "format": "date-time", "minLength": 10}

FILTER: Json = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": False,
    "properties": {
        "state": {"enum": list(DELIVERY_STATES)},
        "source": _UUID,
        "target": _UUID,
        "lead": _UUID,
        "since": _TIME,
        "until": _TIME,
        "text": {"type": "string", "minLength": 1, "maxLength": 200},
    },
}
"""Which deliveries; at least one member, so that nobody means all by mistake."""

MISSING: Json = {
    "type": "object",
    "required": ["target"],
    "additionalProperties": False,
    "properties": {"target": _UUID, "source": _UUID, "since": _TIME},
}
RELEASE: Json = {
    "type": "object",
    "oneOf": [{"required": ["ids"]}, {"required": ["state"]}],
    "additionalProperties": False,
    "properties": {
        "ids": {"type": "array", "items": _UUID, "minItems": 1, "maxItems": 1000},
        "state": {"enum": list(SHELVES)},
        "source": _UUID,
    },
}


def _replay_one(asked: Asked) -> Json:
    going = replay.replay_one(asked.rt, own_delivery(asked))
    return {"id": None if going is None else str(going)}


def _cancel_one(asked: Asked) -> Json:
    one = browse.Filter(project=asked.project.id, delivery=own_delivery(asked))
    called_off = replay.cancel(asked.rt, one, f"called off by {asked.actor}")
    if not called_off.ended:
        raise Refusal(409, "The delivery does not wait any more")
    return {"cancelled": called_off.ended}


def _replay_all(asked: Asked) -> Json:
    return {"replayed": replay.replay_all(asked.rt, wanted(asked, _typed(asked.body)))}


def _cancel_all(asked: Asked) -> Json:
    reason = f"called off by {asked.actor}"
    called_off = replay.cancel(asked.rt, wanted(asked, _typed(asked.body)), reason)
    return {"cancelled": called_off.ended, "sending": called_off.sending}


def _bring_missing(asked: Asked) -> Json:
    given = _typed(asked.body)
    target = _own_target(asked, given["target"])
    going = missing.bring(asked.rt, target, given.get("since"), given.get("source"))
    return {"brought": going}


def _release(asked: Asked) -> Json:
    given = _typed(asked.body)
    ids = given.get("ids") or browse.shelf(
        asked.rt, asked.project.id, given["state"], source=given.get("source")
    )
    own = trace.submissions_in(asked.rt, asked.project.id, ids)
    if given.get("ids") and len(own) != len(set(ids)):
        raise not_there("submission")
    done = release(asked.rt, own)
    return {
        "released": [str(one) for one in done.released],
        "still": {str(one): reasons for one, reasons in done.still.items()},
        "held": {str(one): reasons for one, reasons in done.held.items()},
    }


def _own_target(asked: Asked, target_id: UUID) -> UUID:
    if target_id not in {row["id"] for row in targets_of(asked.rt, asked.project.id)}:
        raise not_there("target")
    return target_id


def _typed(body: Any) -> dict[str, Any]:
    """Ids and times of a body as what they are. Raises Refusal 422."""
    made: dict[str, Any] = dict(body)
    for name, value in body.items():
        try:
            if name in {"source", "target", "lead"}:
                made[name] = UUID(value)
            elif name == "ids":
                made[name] = [UUID(one) for one in value]
            elif name in {"since", "until"}:
                made[name] = _moment(value)
        except ValueError as error:
            raise mistakes([f"{name}: {error}"]) from error
    return made


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("must be a time with its zone")
    return moment


OPERATIONS = (
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
    Operation(
        method="POST",
        path="/submissions/release",
        name="release",
        summary="Map again what was quarantined, held or refused, and let it go on",
        scope="manage",
        act=_release,
        body=RELEASE,
        tag="Submissions",
    ),
)
