"""Configuring: sources, targets and routes, as their documents."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from relay.core.contract import Json
from relay.services import configure, inventory, recipients
from relay.services.configured import source as configured_source
from relay.services.elements import config_schema
from relay.web.apis.own.answers import missing, mistakes, told
from relay.web.apis.own.operations import Asked, Operation

SAVERS: dict[str, Callable[..., UUID]] = {
    "source": configure.save_source,
    "target": configure.save_target,
    "route": configure.save_route,
    "recipient": configure.save_recipient,
}
LISTS = {
    "source": inventory.sources_of,
    "target": inventory.targets_of,
    "route": inventory.routes_of,
    "recipient": recipients.recipients_of,
}


def document_schema(what: str) -> Json:
    """The JSON Schema of one sort of element, with what it refers to."""
    schema = config_schema()
    return {"$ref": f"#/$defs/{what}", "$defs": schema["$defs"]}


def _list(what: str, asked: Asked) -> Json:
    return {"data": told(LISTS[what](asked.rt, asked.project.id))}


def own_element(what: str, asked: Asked) -> UUID:
    """The id of an element of this project. Raises Refusal 404."""
    if asked.id() not in {row["id"] for row in LISTS[what](asked.rt, asked.project.id)}:
        raise missing(what)
    return asked.id()


def _get(what: str, asked: Asked) -> Json:
    """The document without its secrets, whose places are named."""
    found = configure.editable(asked.rt, own_element(what, asked))
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
    _saved(what, asked, own_element(what, asked))
    return {"id": str(asked.id())}


def _saved(what: str, asked: Asked, stored: UUID | None) -> UUID:
    try:
        if what == "recipient" and asked.key.project_id is not None:
            recipients.keep_to_project(asked.body)
        return SAVERS[what](asked.rt, asked.project.id, asked.body, asked.actor, stored)
    except configure.Mistakes as error:
        raise mistakes(error.problems) from error


def _remove(what: str, asked: Asked) -> Json:
    configure.archive(asked.rt, own_element(what, asked), asked.actor)
    return None


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


OPERATIONS = (
    *_operations("source", "sources"),
    *_operations("target", "targets"),
    *_operations("route", "routes"),
    *_operations("recipient", "notices"),
)
