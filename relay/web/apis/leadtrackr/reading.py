"""The calls that read leads (LeadTrackr: Get Lead, Get Leads)."""

import re
from collections.abc import Mapping
from typing import Any

from flask import Response
from werkzeug.datastructures import MultiDict

from relay.core.contract import Json
from relay.runtime import Runtime
from relay.services import listing
from relay.services.configured import ConfiguredProject
from relay.web.apis.calls import Call, Refusal, answer
from relay.web.apis.leadtrackr.keys import open_project
from relay.web.apis.leadtrackr.lead import Row, render
from relay.web.apis.leadtrackr.query import read_query
from relay.web.limits import DoorLimits

NAMED_BY = {
    "uniqueIdentifier": "unique_identifier",
    "email": "email",
    "phone": "phone",
}
"""What names a lead beside its id, the one that counts first; the others are ignored then."""

_ID = re.compile(r"-?[0-9]{1,30}")


class Reading:
    """Reads the leads of the key's project."""

    def __init__(self, limits: DoorLimits) -> None:
        self._limits = limits

    def find(self, call: Call) -> Response:
        """getLeads: a page of them."""
        _, project = open_project(call, "read", self._limits)
        query = read_query(project.id, call.query)
        found = listing.find(call.rt, query)
        pages = -(-found.total // query.limit)
        document = {
            "message": "Leads retrieved",
            "leads": [render(row) for row in found.rows],
            "total": found.total,
            "page": query.page,
            "limit": query.limit,
            "totalPages": pages,
            "hasMore": query.page < pages,
        }
        return answer(200, document)

    def one(self, call: Call) -> Response:
        """getLead: the newest that is so named."""
        _, project = open_project(call, "read", self._limits)
        row = named_lead(call.rt, project, _last(call.query))
        return answer(200, {"message": "Lead retrieved", "lead": render(row)})


def named_lead(rt: Runtime, project: ConfiguredProject, given: Mapping[str, Json]) -> Row:
    """The newest lead of the project that is named. Raises Refusal 400 or 404."""
    row = listing.one(rt, project.id, **_name(given))
    if row is None:
        raise Refusal(404, "Lead not found")
    return row


def _name(given: Mapping[str, Json]) -> dict[str, Any]:
    lead_id = given.get("leadId")
    if lead_id not in (None, ""):
        if isinstance(lead_id, bool) or not _ID.fullmatch(str(lead_id).strip()):
            raise Refusal(400, "leadId must be a number")
        return {"number": int(lead_id)}
    for name, column in NAMED_BY.items():
        value = given.get(name)
        if value in (None, ""):
            continue
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise Refusal(400, f"{name} must be a string")
        return {column: str(value)}
    names = ", ".join(("leadId", *NAMED_BY))
    raise Refusal(400, f"One of {names} has to be given")


def _last(given: MultiDict[str, str]) -> dict[str, str]:
    """The parameters, of a repeated one the last."""
    return {name: values[-1] for name, values in given.lists()}
