"""For keys of all projects: the whole configuration, people, and the house's chores."""

from dataclasses import asdict

from relay.core.contract import Json
from relay.services import configure, inventory, users
from relay.services.export import export
from relay.services.retention import retain
from relay.services.sweep import sweep
from relay.store.tables import ROLES
from relay.web.apis.calls import Refusal
from relay.web.apis.own.answers import mistakes, told
from relay.web.apis.own.operations import Asked, Operation, Parameter

USER: Json = {
    "type": "object",
    "required": ["email", "password"],
    "additionalProperties": False,
    "properties": {
        "email": {"type": "string", "maxLength": 254},
        "password": {"type": "string", "maxLength": 1000},
        "role": {"enum": list(ROLES)},
    },
}
_FLAG: Json = {"type": "boolean"}


def _projects(asked: Asked) -> Json:
    return {"data": told(inventory.all_projects(asked.rt))}


def _export(asked: Asked) -> Json:
    """The document that `apply` reads; every secret as the name of a variable."""
    project = asked.scope_project
    document: Json = export(asked.rt, None if project is None else project.public_id)
    return document


def _apply(asked: Asked) -> Json:
    """All or nothing. Variables are those of the document alone: a caller has no environment."""
    try:
        changes = configure.apply(
            asked.rt,
            asked.body,
            dry_run=asked.query.get("dry_run", False),
            prune=asked.query.get("prune", False),
            actor=asked.actor,
        )
    except configure.Mistakes as error:
        raise mistakes(error.problems) from error
    return {"changes": [change.to_json() for change in changes]}


def _create_user(asked: Asked) -> Json:
    given = asked.body
    try:
        made = users.create_user(
            asked.rt,
            given["email"],
            given["password"],
            given.get("role", "viewer"),
            actor=asked.actor,
        )
    except users.UserError as error:
        raise Refusal(422, str(error)) from error
    return {"id": str(made.id), "email": made.email, "role": made.role}


def _retain(asked: Asked) -> Json:
    return asdict(retain(asked.rt))


def _sweep(asked: Asked) -> Json:
    return asdict(sweep(asked.rt))


OPERATIONS = (
    Operation(
        method="GET",
        path="/projects",
        name="listProjects",
        summary="All projects",
        scope="read",
        act=_projects,
        anywhere=True,
        tag="Document",
    ),
    Operation(
        method="GET",
        path="/configuration",
        name="exportConfiguration",
        summary="The document that configures everything, without its secrets",
        scope="manage",
        act=_export,
        anywhere=True,
        tag="Document",
    ),
    Operation(
        method="POST",
        path="/configuration",
        name="applyConfiguration",
        summary="Bring the configuration to what a document says",
        scope="manage",
        act=_apply,
        query=(
            Parameter(name="dry_run", about="Tell the changes and make none.", schema=_FLAG),
            Parameter(name="prune", about="Archive what is not named.", schema=_FLAG),
        ),
        body={"type": "object"},
        anywhere=True,
        tag="Document",
    ),
    Operation(
        method="POST",
        path="/users",
        name="createUser",
        summary="Let somebody sign in to the console",
        scope="manage",
        act=_create_user,
        body=USER,
        status=201,
        anywhere=True,
        tag="House",
    ),
    Operation(
        method="POST",
        path="/retain",
        name="retain",
        summary="Remove old contents now",
        scope="manage",
        act=_retain,
        anywhere=True,
        tag="House",
    ),
    Operation(
        method="POST",
        path="/sweep",
        name="sweep",
        summary="Look once for work that was left lying",
        scope="manage",
        act=_sweep,
        anywhere=True,
        tag="House",
    ),
)
