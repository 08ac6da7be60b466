"""Acts on one delivery beside sending it again, and bulk runs over all that a filter names."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from relay.core.contract import Json
from relay.core.ids import new_id
from relay.services import acting, bulk, bulk_counts, configured
from relay.services.acting import Acted
from relay.services.bulk import Wish
from relay.services.configured import ConfiguredTarget
from relay.store.tables import BULK_ACTIONS
from relay.web.apis.calls import Refusal
from relay.web.apis.own.answers import listed, missing, told
from relay.web.apis.own.bodies import IDENTIFIER, typed
from relay.web.apis.own.deliveries import FILTER, own_delivery, wanted
from relay.web.apis.own.operations import PAGING, Asked, Operation

BLOCKED: Json = {"type": "boolean", "description": "Also to a contact that is blocked."}

FORCE: Json = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"blocked": BLOCKED},
}
ELSEWHERE: Json = {
    "type": "object",
    "required": ["target"],
    "additionalProperties": False,
    "properties": {"target": IDENTIFIER, "blocked": BLOCKED},
}
RUN: Json = {
    "type": "object",
    "required": ["action", "filter"],
    "additionalProperties": False,
    "properties": {
        "action": {"enum": [one for one in BULK_ACTIONS if one != "catch_up"]},
        "filter": FILTER,
        "target": IDENTIFIER,
    },
}
"""A bulk run; `target` goes with the action replay_to alone. What a target never got is brought by
`bringMissing`."""


def _force(asked: Asked) -> Json:
    return _acted(asked, acting.force)


def _elsewhere(asked: Asked) -> Json:
    target = _target(asked, typed(asked.body)["target"])

    def send(rt: Any, delivery_id: UUID, actor: str, *, despite_block: bool) -> Acted:
        return acting.elsewhere(rt, delivery_id, target, actor, despite_block=despite_block)

    return _acted(asked, send)


def _acted(asked: Asked, act: Callable[..., Acted]) -> Json:
    despite = bool(asked.body.get("blocked"))
    try:
        acted = act(asked.rt, own_delivery(asked), asked.actor, despite_block=despite)
    except acting.Refused as error:
        raise Refusal(409, f"It is not sent: {error}") from error
    return {"id": str(acted.delivery_id), "waits_for": acted.waits_for}


def _target(asked: Asked, target_id: UUID) -> ConfiguredTarget:
    found = configured.target(asked.rt, target_id)
    if found is None or found.project_id != asked.project.id:
        raise missing("target")
    return found


def _ask(asked: Asked) -> Json:
    given = typed(asked.body)
    filter_ = wanted(asked, typed(given["filter"]))
    target = _target(asked, given["target"]).id if "target" in given else None
    newest, counted = new_id(), bulk_counts.count(asked.rt, filter_)
    wish = Wish(
        project=asked.project.id,
        action=given["action"],
        filter=filter_,
        newest=newest,
        counted=counted.total if counted.whole else None,
        target=target,
    )
    try:
        run_id = bulk.ask(asked.rt, wish, asked.actor)
    except ValueError as error:
        raise Refusal(422, "A target goes with the action replay_to, and with it alone") from error
    return told(bulk.one(asked.rt, asked.project.id, run_id))


def _runs(asked: Asked) -> Json:
    page = bulk.newest(asked.rt, asked.project.id, asked.cursor, asked.limit)
    return listed(page)


def _run(asked: Asked) -> Json:
    found = bulk.one(asked.rt, asked.project.id, asked.id())
    if found is None:
        raise missing("bulk run")
    return told(found)


def _stop(asked: Asked) -> Json:
    _run(asked)
    if not bulk.stop(asked.rt, asked.project.id, asked.id(), asked.actor):
        raise Refusal(409, "The run had ended already")
    return _run(asked)


OPERATIONS = (
    Operation(
        method="POST",
        path="/deliveries/{id}/force",
        name="forceDelivery",
        summary="Send one delivery now though its target is paused by a person or held back",
        scope="manage",
        act=_force,
        body=FORCE,
        tag="Deliveries",
    ),
    Operation(
        method="POST",
        path="/deliveries/{id}/replay-to",
        name="replayTo",
        summary="Send another target what one delivery was to bring",
        scope="manage",
        act=_elsewhere,
        body=ELSEWHERE,
        tag="Deliveries",
    ),
    Operation(
        method="GET",
        path="/bulk-runs",
        name="listBulkRuns",
        summary="Bulk runs, newest first",
        scope="read",
        act=_runs,
        query=PAGING,
        tag="Bulk runs",
    ),
    Operation(
        method="POST",
        path="/bulk-runs",
        name="beginBulkRun",
        summary="Act on all that a filter names, by workers, after a time to call it off",
        scope="manage",
        act=_ask,
        body=RUN,
        tag="Bulk runs",
    ),
    Operation(
        method="GET",
        path="/bulk-runs/{id}",
        name="getBulkRun",
        summary="One bulk run: how far it is, and why some were left out",
        scope="read",
        act=_run,
        tag="Bulk runs",
    ),
    Operation(
        method="POST",
        path="/bulk-runs/{id}/stop",
        name="stopBulkRun",
        summary="Call a bulk run off, or stop it",
        scope="manage",
        act=_stop,
        tag="Bulk runs",
    ),
)
