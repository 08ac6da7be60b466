"""Conditions: a JSON Schema over the lead, which matches where the lead is valid by it."""

import json
from functools import lru_cache
from typing import NoReturn

import jsonschema_rs

from relay.core.checks import schema_problems, words_for
from relay.core.contract import Json


def matches(condition: Json, document: Json) -> bool:
    """Whether a lead fulfils a condition, as all do {}. Raises ValueError on a bad condition."""
    if condition == {} or condition is True:
        return True
    return _compiled(json.dumps(condition, sort_keys=True)).is_valid(document)


def check_condition(condition: Json) -> list[str]:
    """What keeps this from being a condition, with the place of each; nothing when it is one."""
    if not isinstance(condition, dict | bool):
        return ["must be an object"]
    if found := schema_problems(condition):
        return found
    try:
        _compiled(json.dumps(condition, sort_keys=True))
    except jsonschema_rs.ValidationError as error:
        place = words_for(error.instance_path)
        return [f"{place}: {_worded(error)}" if place else _worded(error)]
    except ValueError as error:
        return [str(error).splitlines()[0]]
    return []


@lru_cache(maxsize=1024)
def _compiled(text: str) -> jsonschema_rs.Validator:
    # the linear engine: a pattern that someone configured must not be able to hang a worker
    return jsonschema_rs.validator_for(
        json.loads(text), retriever=_refuse, pattern_options=jsonschema_rs.RegexOptions()
    )


def _worded(error: jsonschema_rs.ValidationError) -> str:
    if "regex" in error.message:
        return "must be a regular expression without look-around and back-references"
    return error.message


def _refuse(address: str) -> NoReturn:
    raise ValueError(f"a condition cannot refer to another document ({address})")
