"""Running: pausing and resuming, trying a target, sending a sample, the kinds there are."""

from functools import partial
from typing import Any

from relay.core.contract import Json
from relay.core.fixtures import EXAMPLE, fixtures_of
from relay.services import configured, lanes, samples
from relay.services.testing import try_target
from relay.web.apis.calls import Refusal
from relay.web.apis.own.answers import missing
from relay.web.apis.own.configuration import own_element
from relay.web.apis.own.operations import Asked, Operation

REASON: Json = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"reason": {"type": "string", "minLength": 1, "maxLength": 200}},
}
HOW: Json = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"how": {"enum": ["check", "send"], "default": "check"}},
}


def _pause(what: str, asked: Asked) -> Json:
    element = own_element(what, asked)
    if what == "source":
        changed = lanes.pause_source(asked.rt, element, asked.actor)
    else:
        reason = asked.body.get("reason") or f"paused by {asked.actor}"
        changed = lanes.pause_target(asked.rt, element, reason, asked.actor)
    return {"changed": changed}


def _resume(what: str, asked: Asked) -> Json:
    element = own_element(what, asked)
    if what == "source":
        return {"released": lanes.resume_source(asked.rt, element, asked.actor)}
    return {"changed": lanes.resume_target(asked.rt, element, asked.actor)}


def _test(asked: Asked) -> Json:
    target = configured.target(asked.rt, own_element("target", asked))
    if target is None:
        raise missing("target")
    trial = try_target(asked.rt, target, asked.body.get("how", "check"), asked.actor)
    return {
        "outcome": trial.outcome.value,
        "message": trial.message,
        "exchanges": trial.exchanges,
        "resumed": trial.resumed,
    }


def _sample(asked: Asked) -> Json:
    """Take in a wire capture of the source's kind, signed by its settings."""
    source = configured.source(asked.rt, own_element("source", asked))
    if source is None:
        raise missing("source")
    known = {one.name: one for one in fixtures_of(source.kind)}
    chosen = asked.body.get("name", EXAMPLE)
    if chosen not in known:
        raise Refusal(404, f"The samples of this kind are: {', '.join(known) or 'none'}")
    try:
        receipt = samples.send(asked.rt, source, known[chosen])
    except samples.Refused as error:
        raise Refusal(409, str(error)) from error
    return {"submissions": [str(one) for one in receipt.ids], "states": list(receipt.states)}


def _kinds(asked: Asked) -> Json:
    """What there is to configure, with the JSON Schemas of its settings."""
    catalog = asked.rt.catalog
    return {
        "sources": {k: _kind(one.source) for k, one in catalog.sources.items()},
        "targets": {k: _kind(one.target) for k, one in catalog.targets.items()},
    }


def _kind(declared: Any) -> Json:
    return {
        "label": declared.label,
        "summary": declared.summary,
        "settings": declared.settings,
    }


def _pausing(what: str, plural: str) -> tuple[Operation, ...]:
    tag = plural.capitalize()
    return (
        Operation(
            method="POST",
            path=f"/{plural}/{{id}}/pause",
            name=f"pause{what.capitalize()}",
            summary=f"Hold what goes through this {what}",
            scope="manage",
            act=partial(_pause, what),
            body=REASON,
            tag=tag,
        ),
        Operation(
            method="POST",
            path=f"/{plural}/{{id}}/resume",
            name=f"resume{what.capitalize()}",
            summary="Let go on what was held",
            scope="manage",
            act=partial(_resume, what),
            tag=tag,
        ),
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/kinds",
        name="listKinds",
        summary="The kinds of sources and targets with the schemas of their settings",
        scope="read",
        act=_kinds,
        tag="Sources",
    ),
    *_pausing("source", "sources"),
    Operation(
        method="POST",
        path="/sources/{id}/sample",
        name="sendSample",
        summary="Take in a sample of the source's kind",
        scope="manage",
        act=_sample,
        body={
            "type": "object",
            "additionalProperties": False,
            "properties": {"name": {"type": "string"}},
        },
        tag="Sources",
    ),
    *_pausing("target", "targets"),
    Operation(
        method="POST",
        path="/targets/{id}/test",
        name="testTarget",
        summary="Check the connection, or send a test lead",
        scope="manage",
        act=_test,
        body=HOW,
        tag="Targets",
    ),
)
