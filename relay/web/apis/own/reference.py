"""The OpenAPI 3.1 description of our own API, made from the operations themselves."""

from collections.abc import Sequence

from relay.core.contract import Json
from relay.web.apis.own.operations import PREFIX, PROJECT, TITLES, Operation, Parameter

PROBLEM: Json = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}
"""An error as RFC 9457 writes it."""

SECURITY: Json = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bearer": {"type": "http", "scheme": "bearer"},
}


def paths(operations: Sequence[Operation]) -> dict[str, dict[str, Json]]:
    """The `paths` of the description."""
    found: dict[str, dict[str, Json]] = {}
    for operation in operations:
        found.setdefault(PREFIX + operation.path, {})[operation.method.lower()] = _told(operation)
    return found


def _told(operation: Operation) -> Json:
    errors = ["400", "401", "403", "404", "429", "503"]
    errors += ["409"] if operation.method in ("POST", "PATCH") else []
    errors += ["413", "422"] if operation.body is not None or operation.largest else []
    told: dict[str, Json] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": f"Needs the scope {operation.scope}.",
        "security": [{"key": []}, {"bearer": []}],
        "parameters": [*_in_path(operation), *map(_in_query, (PROJECT, *operation.query))],
        "responses": {
            str(operation.status): _success(operation),
            **{status: _failure(status) for status in sorted(errors)},
        },
    }
    if operation.body is not None:
        content = {"application/json": {"schema": _inline(operation.body)}}
        told["requestBody"] = {"required": True, "content": content}
    if operation.largest:
        told["requestBody"] = {"required": True, "content": {"application/octet-stream": {}}}
    return told


def _inline(schema: Json) -> Json:
    """The schema with its own definitions as components, which references of OpenAPI can reach."""
    if "$defs" not in schema:
        return schema
    return _moved({name: part for name, part in schema.items() if name != "$defs"})


def components(schema: Json) -> dict[str, Json]:
    """Definitions of the configuration's schema as components."""
    return {name: _moved(part) for name, part in schema["$defs"].items()}


def _moved(schema: Json) -> Json:
    if isinstance(schema, dict):
        return {
            name: part.replace("#/$defs/", "#/components/schemas/")
            if name == "$ref" and isinstance(part, str)
            else _moved(part)
            for name, part in schema.items()
        }
    return [_moved(part) for part in schema] if isinstance(schema, list) else schema


def _in_path(operation: Operation) -> list[Json]:
    if "{id}" not in operation.path:
        return []
    schema = {"type": "string", "format": "uuid"}
    return [{"name": "id", "in": "path", "required": True, "schema": schema}]


def _in_query(parameter: Parameter) -> Json:
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.about,
        "schema": parameter.schema,
    }


def _success(operation: Operation) -> Json:
    if operation.status == 204:
        return {"description": "Done"}
    return {
        "description": "Done",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }


def _failure(status: str) -> Json:
    schema = {"$ref": "#/components/schemas/Problem"}
    content = {"application/problem+json": {"schema": schema}}
    return {"description": TITLES[int(status)], "content": content}
