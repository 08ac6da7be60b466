"""Judging a call of our own API: its key, its parameters, its body."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

from flask import Response

from relay.core.checks import problems, text_problems
from relay.core.contract import Json, Unreadable, read_json
from relay.services import configured
from relay.services.configured import ConfiguredKey, ConfiguredProject
from relay.web.apis.calls import Call, Calls, Refusal, View, answer
from relay.web.apis.keys import HEADER, be_allowed, count_call, given_key
from relay.web.apis.own.answers import mistakes
from relay.web.apis.own.bodies import moment
from relay.web.apis.own.operations import PREFIX, PROJECT, Asked, Operation
from relay.web.limits import DoorLimits


def put_into(calls: Calls, operations: Sequence[Operation], limits: DoorLimits) -> None:
    """Add every operation's path with its methods."""
    paths: dict[str, dict[str, View]] = defaultdict(dict)
    for operation in operations:
        paths[operation.path][operation.method] = _view(operation, limits)
    for path, views in paths.items():
        calls.add(PREFIX + re.sub(r"\{(\w+)\}", r"<\1>", path), "relay", views)


def _view(operation: Operation, limits: DoorLimits) -> View:
    def view(call: Call) -> Response:
        key = _key(call, limits)
        be_allowed(key, operation.scope)
        if operation.anywhere and key.project_id is not None:
            raise Refusal(403, "This call needs an API key that is for all projects")
        query = _query(call, operation)
        asked = Asked(call, key, _project(call, key, query), query, _body(call, operation))
        document = operation.act(asked)
        return Response(status=204) if document is None else answer(operation.status, document)

    return view


def _key(call: Call, limits: DoorLimits) -> ConfiguredKey:
    """The call's key. Raises Refusal 401, or 429 where it, or who has none, calls too often."""
    given = given_key(call) or call.header("Authorization").removeprefix("Bearer ")
    key = configured.key(call.rt, given)
    count_call(limits, call, key)
    if not given:
        raise Refusal(401, f"Send an API key: {HEADER} or Authorization: Bearer")
    if key is None:
        raise Refusal(401, "This API key is not known")
    return key


def _project(call: Call, key: ConfiguredKey, query: Mapping[str, Any]) -> ConfiguredProject | None:
    named = query.get("project")
    if key.project_id is None and named is None:
        return None
    found = (
        configured.project(call.rt, key.project_id)
        if key.project_id is not None
        else configured.project_by_public_id(call.rt, str(named))
    )
    if found is None or found.archived or (named is not None and found.public_id != named):
        raise Refusal(404, "There is no such project for this key")
    return found


def _query(call: Call, operation: Operation) -> dict[str, Any]:
    known = {one.name: one for one in (PROJECT, *operation.query)}
    wrong: dict[str, list[str]] = {}
    found: dict[str, Any] = {}
    for name, values in call.query.lists():
        if name not in known:
            wrong[name] = ["is no parameter of this call"]
            continue
        try:
            found[name] = _read(values[-1], known[name].schema)
        except ValueError as error:
            wrong[name] = [str(error)]
    if wrong:
        raise Refusal(400, "The parameters are not valid", errors=wrong)
    return found


def _read(text: str, schema: Json) -> Any:
    """A parameter's value as what it is. Raises ValueError with what it must be."""
    if "\0" in text:
        raise ValueError("must be text without NUL")
    if schema.get("type") == "integer":
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
        if not schema.get("minimum", 0) <= number <= schema.get("maximum", 10**9):
            raise ValueError("must be a whole number" + _range(schema))
        return number
    if schema.get("type") == "boolean":
        if text.lower() not in {"true", "false"}:
            raise ValueError("must be true or false")
        return text.lower() == "true"
    if schema.get("format") == "uuid":
        return UUID(text)
    if schema.get("format") == "date-time":
        return moment(text, UTC)
    if "enum" in schema and text not in schema["enum"]:
        raise ValueError(f"must be one of {', '.join(schema['enum'])}")
    return text


def _range(schema: Json) -> str:
    return f" from {schema['minimum']} to {schema['maximum']}" if "maximum" in schema else ""


def _body(call: Call, operation: Operation) -> Json:
    if operation.largest:
        return call.read(operation.largest)
    if operation.body is None:
        return None
    try:
        document = read_json(call.body.decode("utf-8")) if call.body else {}
    except (Unreadable, UnicodeDecodeError) as error:
        raise Refusal(400, f"The body is not JSON: {error}") from error
    wrong = problems(operation.body, document) or text_problems(document)
    if wrong:
        raise mistakes(wrong)
    return document
