"""What adapters and mappings may say of where values go and come from; mistakes by their place."""

from relay.core.checks import branches, problems
from relay.core.contract import Json
from relay.core.lead import LeadSchema
from relay.core.outbound import origins

_NAME: Json = {"type": "string", "minLength": 1}


def _or_one_of(types: list[str], **members: Json) -> Json:
    """A value of these types; an object has exactly one of the members."""
    return {
        "type": [*types, "object"],
        "properties": members,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


_FIELD: Json = {"type": ["string", "boolean"], "minLength": 1, "not": {"const": False}}
"""A form field's label, or true for the name that the value has in the document."""

_INBOUND = _or_one_of(["string"], answers={"enum": [True, "known"]}, field=_FIELD, drop=_NAME)
_GOAL = _or_one_of(["string"], field=_NAME)
_OUTBOUND: Json = {"type": ["string", "array"], "items": {"type": "string"}, "minItems": 1}
_ORIGIN = _or_one_of(["string", "array", "null"], template={"type": "string"}, value={})


def annotation_problems(schema: Json, lead: LeadSchema) -> list[str]:
    """What is wrong with the `lead` annotations of an inbound adapter."""
    return [
        problem
        for place, branch in branches(schema)
        if "lead" in branch
        for problem in _goal_problems(branch["lead"], _INBOUND, lead, f"{place}/lead")
    ]


def goal_problems(goal: Json, lead: LeadSchema, where: str = "") -> list[str]:
    """What is wrong with what a source's mapping says of one answer."""
    return [] if goal == "drop" else _goal_problems(goal, _GOAL, lead, where)


def origin_annotation_problems(schema: Json, lead: LeadSchema) -> list[str]:
    """What is wrong with the `lead` annotations of an outbound adapter."""
    used = {origin.place for origin in origins(schema)}
    found = []
    for place, branch in branches(schema):
        if "lead" not in branch:
            continue
        where = f"{place}/lead"
        found += _origin_problems(branch["lead"], _OUTBOUND, lead, where)
        if place not in used:
            found.append(f"{where}: is never read: only properties and prefixItems make values")
    return found


def origin_problems(origin: Json, lead: LeadSchema, where: str = "") -> list[str]:
    """What is wrong with what a target's mapping says of one value of the payload."""
    return _origin_problems(origin, _ORIGIN, lead, where)


def _goal_problems(goal: Json, shape: Json, lead: LeadSchema, where: str) -> list[str]:
    if found := problems(shape, goal, where):
        return found
    if isinstance(goal, str) and lead.place(goal) is None:
        return [_said(where, f"a lead has no place {goal!r} for a value")]
    return []


def _origin_problems(origin: Json, shape: Json, lead: LeadSchema, where: str) -> list[str]:
    if found := problems(shape, origin, where):
        return found
    sources = [origin] if isinstance(origin, str) else origin
    if not isinstance(sources, list):
        return []
    return [
        _said(where, f"a lead never has anything at {source!r}")
        for source in sources
        if not _is_pointer(source) or not lead.knows(source)
    ]


def _is_pointer(text: str) -> bool:
    return text == "" or text.startswith("/")


def _said(where: str, message: str) -> str:
    return f"{where}: {message}" if where else message
