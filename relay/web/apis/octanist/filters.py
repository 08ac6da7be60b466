"""Which leads a list call asks for: `field=value` and `field[operator]=value` in its query."""

import re
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from werkzeug.datastructures import MultiDict

from relay.core.money import to_minor
from relay.core.readings import boolean, moment, whole
from relay.services.selecting import Condition, Query
from relay.web.apis.calls import Refusal
from relay.web.apis.octanist.bodies import STATUSES
from relay.web.apis.octanist.leads import FIELDS

LIMIT, LARGEST_LIMIT = 50, 100

OPERATORS = ("eq", "exists", "gt", "gte", "lt", "lte")

COLUMNS = {
    "id": "public_id",
    "name": "name",
    "email": "email",
    "phone": "phone",
    "status": "status",
    "value": "value_minor",
    "currency": "currency",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
}
"""The fields that leads are chosen and sorted by."""

FLAGS = {"gclid": "gclid", "ga4cid": "cid", "fbp": "fbp", "fbc": "fbc"}
"""The fields of which only `exists` can be asked."""

TIMES = ("createdAt", "updatedAt")

OLDER = {
    "created_at": "createdAt",
    "updated_at": "updatedAt",
    "created_after": "createdAt[gt]",
    "created_before": "createdAt[lt]",
    "updated_after": "updatedAt[gt]",
    "updated_before": "updatedAt[lt]",
}
"""Names of the older API."""

_FILTER = re.compile(r"(\w+)(?:\[(\w*)\])?")


def read_query(given: MultiDict[str, str], project_id: UUID, currency: str | None) -> Query:
    """The list that is asked for; of a parameter that is given twice, the last counts.

    Raises Refusal 400.
    """
    asked = {OLDER.get(name, name): values[-1] for name, values in given.lists() if values}
    return Query(
        project_id=project_id,
        search=asked.get("search", ""),
        conditions=[one for name in asked for one in _conditions(name, asked[name], currency)],
        phone=_phone(asked),
        sort=list(_sort(asked.get("sort", ""))) or (("created_at", "desc"),),
        page=max(_number(asked, "page", 1), 1),
        limit=min(max(_number(asked, "limit", LIMIT), 1), LARGEST_LIMIT),
    )


def read_fields(given: MultiDict[str, str]) -> tuple[str, ...]:
    """The fields to show, in their usual order; names that a lead does not have are passed over."""
    names = {name.strip() for value in given.getlist("fields") for name in value.split(",")}
    chosen = tuple(name for name in FIELDS if name in names)
    return chosen or FIELDS


def _conditions(name: str, value: str, currency: str | None) -> Iterator[Condition]:
    """What one parameter asks for; a bare name that no lead has asks for nothing."""
    found = _FILTER.fullmatch(name)
    field, operator = (found[1], found[2]) if found else (name, None)
    field = OLDER.get(field, field)
    known = field in COLUMNS or (field in FLAGS and operator == "exists")
    if operator is None and field not in FIELDS:
        return
    operator = "eq" if operator is None else operator
    if not known or operator not in OPERATORS:
        raise _unusable(name)
    if field == "phone" and operator == "eq":
        return  # a number is written in several ways: see _phone
    meant = _flag(name, value) if operator == "exists" else _value(name, field, value, currency)
    yield Condition(COLUMNS.get(field) or FLAGS[field], operator, meant)


def _value(name: str, field: str, value: str, currency: str | None) -> object:
    if field in TIMES:
        return _time(name, value)
    if field == "value":
        minor = to_minor(value, currency)
        if minor is None:
            raise _unusable(name, "must be a number")
        return minor
    if field == "status":
        return STATUSES.get(value.strip().lower(), value.strip())
    return value


def _phone(asked: dict[str, str]) -> str | None:
    return asked.get("phone", asked.get("phone[eq]")) or None


def _flag(name: str, value: str) -> bool:
    try:
        return boolean(value)
    except ValueError as error:
        raise _unusable(name, str(error)) from error


def _time(name: str, value: str) -> datetime:
    try:
        return moment(value)
    except ValueError as error:
        raise Refusal(400, f"Invalid date: {name} {error}", code="INVALID_DATE") from error


def _sort(text: str) -> Iterator[tuple[str, str]]:
    for part in filter(None, (one.strip() for one in text.split(","))):
        field, _, direction = part.partition(":")
        field, direction = OLDER.get(field, field), direction.lower() or "asc"
        if field not in COLUMNS or direction not in {"asc", "desc"}:
            raise _unusable("sort", f"cannot be by {part!r}")
        yield COLUMNS[field], direction


def _number(asked: dict[str, str], name: str, default: int) -> int:
    text = asked.get(name, "").strip()
    try:
        return whole(text) if text else default
    except ValueError as error:
        said = {name: [str(error)]}
        raise Refusal(400, f"Invalid field values: {name} {error}", errors=said) from error


def _unusable(name: str, said: str = "is no filter for leads") -> Refusal:
    message, errors = f"Invalid filter: {name} {said}", {name: [said]}
    return Refusal(400, message, code="INVALID_FILTER", errors=errors)
