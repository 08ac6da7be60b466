"""The project itself and its API keys."""

from relay.core.contract import Json
from relay.services import configure, inventory
from relay.web.apis.own.answers import missing, mistakes, told
from relay.web.apis.own.configuration import document_schema
from relay.web.apis.own.operations import Asked, Operation

KEY: Json = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 100},
        "scopes": {
            "type": "array",
            "uniqueItems": True,
            "minItems": 1,
            "items": {"enum": ["read", "write", "manage"]},
        },
    },
}


def _get(asked: Asked) -> Json:
    """The project's own settings, without what it holds."""
    found = configure.editable(asked.rt, asked.project.id)
    if found is None:
        raise missing("project")
    return {"document": found[0]}


def _change(asked: Asked) -> Json:
    try:
        configure.save_project(asked.rt, asked.project.id, asked.body, asked.actor)
    except configure.Mistakes as error:
        raise mistakes(error.problems) from error
    return _get(asked)


def _keys(asked: Asked) -> Json:
    return {"data": told(inventory.keys_of(asked.rt, asked.project.id))}


def _make_key(asked: Asked) -> Json:
    """The key itself is in this answer, and never told again."""
    try:
        made, key = configure.make_key(asked.rt, asked.project.id, asked.body, asked.actor)
    except configure.Mistakes as error:
        raise mistakes(error.problems) from error
    return {"id": str(made), "key": key}


def _revoke(asked: Asked) -> Json:
    if asked.id() not in {row["id"] for row in inventory.keys_of(asked.rt, asked.project.id)}:
        raise missing("API key")
    configure.archive(asked.rt, asked.id(), asked.actor)


OPERATIONS = (
    Operation(
        method="GET",
        path="/project",
        name="getProject",
        summary="The project's own settings",
        scope="read",
        act=_get,
        tag="Project",
    ),
    Operation(
        method="PUT",
        path="/project",
        name="changeProject",
        summary="Change the project's own settings",
        scope="manage",
        act=_change,
        body=document_schema("project"),
        tag="Project",
    ),
    Operation(
        method="GET",
        path="/keys",
        name="listKeys",
        summary="The project's API keys, without the keys themselves",
        scope="manage",
        act=_keys,
        tag="Project",
    ),
    Operation(
        method="POST",
        path="/keys",
        name="makeKey",
        summary="Make an API key, which is told once",
        scope="manage",
        act=_make_key,
        body=KEY,
        status=201,
        tag="Project",
    ),
    Operation(
        method="DELETE",
        path="/keys/{id}",
        name="revokeKey",
        summary="Take an API key back",
        scope="manage",
        act=_revoke,
        status=204,
        tag="Project",
    ),
)
