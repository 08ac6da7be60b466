"""Configuring: sources, targets, routes, API keys and the project itself, as their documents."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from relay.core.contract import Json
from relay.core.fixtures import EXAMPLE, fixtures_of
from relay.services import configure, inventory, lanes, samples
from relay.services.configured import source as configured_source
from relay.services.configured import target as configured_target
from relay.services.elements import config_schema
from relay.services.testing import try_target
from relay.web.apis.calls import Refusal
from relay.web.apis.own.answers import missing, mistakes, told
from relay.web.apis.own.operations import Asked, Operation

SAVERS: dict[str, Callable[..., UUID]] = {
    "source": configure.save_source,
    "target": configure.save_target,
    "route": configure.save_route,
}
LISTS = {
    "source": inventory.sources_of,
    "target": inventory.targets_of,
    "route": inventory.routes_of,
}
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


def document_schema(what: str) -> Json:
    """The JSON Schema of one sort of element, with what it refers to."""
    schema = config_schema()
    return {"$ref": f"#/$defs/{what}", "$defs": schema["$defs"]}


def _list(what: str, asked: Asked) -> Json:
    return {"data": told(LISTS[what](asked.rt, asked.project.id))}


def _own(what: str, asked: Asked) -> UUID:
    """The id of an element of this project. Raises Refusal 404."""
    if asked.id() not in {row["id"] for row in LISTS[what](asked.rt, asked.project.id)}:
        raise missing(what)
    return asked.id()


def _get(what: str, asked: Asked) -> Json:
    """The document without its secrets, whose places are named."""
    found = configure.editable(asked.rt, _own(what, asked))
    if found is None:
        raise missing(what)
    document, secrets = found
    return {"id": str(asked.id()), "document": document, "secrets": secrets, **_where(what, asked)}


def _where(what: str, asked: Asked) -> dict[str, Json]:
    """The address of a source: a secret, so only for keys that may change it."""
    if what != "source" or "manage" not in asked.key.scopes:
        return {}
    one = configured_source(asked.rt, asked.id())
    return {} if one is None else {"address": f"{asked.rt.config.public_url}/in/{one.key}"}


def _add(what: str, asked: Asked) -> Json:
    made = _saved(what, asked, None)
    return {"id": str(made)}


def _change(what: str, asked: Asked) -> Json:
    _saved(what, asked, _own(what, asked))
    return {"id": str(asked.id())}


def _saved(what: str, asked: Asked, stored: UUID | None) -> UUID:
    try:
        return SAVERS[what](asked.rt, asked.project.id, asked.body, asked.actor, stored)
    except configure.Mistakes as error:
        raise mistakes(error.problems) from error


def _remove(what: str, asked: Asked) -> Json:
    configure.archive(asked.rt, _own(what, asked), asked.actor)
    return None


def _pause(what: str, asked: Asked) -> Json:
    element = _own(what, asked)
    if what == "source":
        changed = lanes.pause_source(asked.rt, element, asked.actor)
    else:
        reason = asked.body.get("reason") or f"paused by {asked.actor}"
        changed = lanes.pause_target(asked.rt, element, reason, asked.actor)
    return {"changed": changed}


def _resume(what: str, asked: Asked) -> Json:
    element = _own(what, asked)
    if what == "source":
        return {"released": lanes.resume_source(asked.rt, element, asked.actor)}
    return {"changed": lanes.resume_target(asked.rt, element, asked.actor)}


def _test(asked: Asked) -> Json:
    target = configured_target(asked.rt, _own("target", asked))
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
    source = configured_source(asked.rt, _own("source", asked))
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


def _operations(what: str, plural: str) -> tuple[Operation, ...]:
    tag, one = plural.capitalize(), what.capitalize()
    read = partial(Operation, scope="read", tag=tag)
    manage = partial(Operation, scope="manage", tag=tag)
    body = document_schema(what)
    return (
        read(
            method="GET",
            path=f"/{plural}",
            name=f"list{tag}",
            summary=f"The project's {plural}",
            act=partial(_list, what),
        ),
        manage(
            method="POST",
            path=f"/{plural}",
            name=f"add{one}",
            summary=f"Add a {what}, or bring back the archived one of its name",
            act=partial(_add, what),
            body=body,
            status=201,
        ),
        read(
            method="GET",
            path=f"/{plural}/{{id}}",
            name=f"get{one}",
            summary=f"One {what}'s document without its secrets",
            act=partial(_get, what),
        ),
        manage(
            method="PUT",
            path=f"/{plural}/{{id}}",
            name=f"change{one}",
            summary=f"Change a {what}; secrets that are left out stay",
            act=partial(_change, what),
            body=body,
        ),
        manage(
            method="DELETE",
            path=f"/{plural}/{{id}}",
            name=f"remove{one}",
            summary=f"Put a {what} out of use",
            act=partial(_remove, what),
            status=204,
        ),
    )


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
    *_operations("source", "sources"),
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
    *_operations("target", "targets"),
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
    *_operations("route", "routes"),
)
