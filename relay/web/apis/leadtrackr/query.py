"""The parameters of LeadTrackr's list of leads (LeadTrackr: Get Leads)."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from werkzeug.datastructures import MultiDict

from relay.core.readings import boolean, moment
from relay.services.selecting import Query
from relay.web.apis.calls import Refusal

SORTED_BY = {
    "createdAt": "created_at",
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "price": "value_minor",
    "status": "status",
}

FLAGS = ("gclid", "cid", "fbp", "fbc")

MOST = 100
USUAL = 50
LAST_PAGE = 10**12
"""Beyond it no number of leads reaches, and every database can still count."""

SHORTEST_SEARCH = 2
LONGEST_SEARCH = 500

_NUMBER = re.compile(r"([+-]?)(\d+)(?:\.\d*)?")


def read_query(project_id: UUID, given: MultiDict[str, str]) -> Query:
    """The page that the parameters ask for. Raises Refusal 400, naming the parameter.

    A parameter without a value restricts nothing, of a repeated one the last counts, and those that
    nobody knows are ignored.
    """
    said = {name: values[-1] for name, values in given.lists() if values[-1].strip()}
    return Query(
        project_id=project_id,
        statuses=[one.strip() for one in said.get("status", "").split(",") if one.strip()],
        form_name=said.get("formName"),
        unique_identifier=said.get("uniqueIdentifier"),
        email=said.get("email"),
        phone=said.get("phone"),
        created_from=_moment(said, "createdAt[gte]"),
        created_to=_end_of_millisecond(_moment(said, "createdAt[lte]")),
        exists={
            name: _flag(said, f"{name}[exists]") for name in FLAGS if f"{name}[exists]" in said
        },
        search=_search(said),
        sort=[_order(said.get("sort", "createdAt:desc"))],
        page=_number(said, "page", 1, LAST_PAGE),
        limit=_number(said, "limit", USUAL, MOST),
    )


def _number(said: Mapping[str, str], name: str, usual: int, most: int) -> int:
    """A whole number from 1 to `most`: one beyond is the nearest, digits behind a point are cut."""
    if name not in said:
        return usual
    found = _NUMBER.fullmatch(said[name].strip())
    if found is None:
        raise Refusal(400, f"{name} must be a number")
    if len(found[2]) > len(str(LAST_PAGE)):
        return 1 if found[1] == "-" else most
    return min(max(int(found[1] + found[2]), 1), most)


def _flag(said: Mapping[str, str], name: str) -> bool:
    try:
        return boolean(said[name])
    except ValueError as error:
        raise Refusal(400, f"{name} {error}") from error


def _search(said: Mapping[str, str]) -> str:
    word = said.get("search", "").strip()
    if word and len(word) < SHORTEST_SEARCH:
        raise Refusal(400, f"search must have at least {SHORTEST_SEARCH} characters")
    if len(word) > LONGEST_SEARCH:
        raise Refusal(400, f"search must not have more than {LONGEST_SEARCH} characters")
    return word


def _order(asked: str) -> tuple[str, str]:
    name, _, direction = (part.strip() for part in asked.partition(":"))
    if name not in SORTED_BY:
        raise Refusal(400, f"sort must name one of {', '.join(SORTED_BY)}")
    direction = direction.lower() or "asc"
    if direction not in ("asc", "desc"):
        raise Refusal(400, "sort must end in :asc or :desc")
    return SORTED_BY[name], direction


def _moment(said: Mapping[str, str], name: str) -> datetime | None:
    """A moment; a date is its midnight, and what has no zone is in UTC."""
    try:
        return moment(said[name]) if name in said else None
    except ValueError as error:
        raise Refusal(400, f"{name} {error}") from error


def _end_of_millisecond(last: datetime | None) -> datetime | None:
    """The last moment that is answered as this millisecond: the end of a span belongs to it."""
    if last is None or last.microsecond % 1000:
        return last
    return last + timedelta(microseconds=999)
