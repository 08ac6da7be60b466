"""Leads for those who ask: a page of them, or one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response

from relay.runtime import Runtime
from relay.services import listing
from relay.services.configured import ConfiguredProject
from relay.services.selecting import Unfilterable
from relay.web.apis.calls import Call, Refusal, answer
from relay.web.apis.octanist.access import admit
from relay.web.apis.octanist.envelope import Envelope
from relay.web.apis.octanist.filters import read_fields, read_query
from relay.web.apis.octanist.leads import render
from relay.web.limits import DoorLimits


class Reading:
    """Answers questions for leads."""

    def __init__(self, envelope: Envelope, limits: DoorLimits) -> None:
        self._envelope = envelope
        self._limits = limits

    def several(self, call: Call) -> Response:
        """`GET /api/leads`."""
        _, project = admit(call, "read", self._limits)
        query = read_query(call.query, project.id, project.currency)
        shown = read_fields(call.query)
        try:
            found = listing.find(call.rt, query)
        except Unfilterable as error:
            message = f"Invalid filter: {error.field}"
            raise Refusal(400, message, code="INVALID_FILTER") from error
        leads = [render(row, project.currency) for row in found.rows]
        pages = -(-found.total // query.limit)
        pagination = {
            "limit": query.limit,
            "page": query.page,
            "totalPages": pages,
            "total": found.total,
            "hasMore": query.page < pages,
        }
        data = [{name: lead[name] for name in shown} for lead in leads]
        return answer(200, self._envelope.success(data, pagination=pagination))

    def check(self, call: Call) -> Response:
        """`POST /api/check`: whether the key is one, answered without an envelope."""
        admit(call, limits=self._limits)
        return answer(200, {"success": True})

    def one(self, call: Call) -> Response:
        """`GET /api/leads/<id>`."""
        _, project = admit(call, "read", self._limits)
        row = find_lead(call.rt, project, call.args["id"])
        if row is None:
            raise Refusal(404, "Lead not found")
        return answer(200, self._envelope.success(render(row, project.currency)))


def find_lead(rt: Runtime, project: ConfiguredProject, id_: str) -> Mapping[str, Any] | None:
    """The lead of this public id; its number and its UUID name it as well."""
    if id_.isascii() and id_.isdigit() and len(id_) < 19:
        return listing.one(rt, project.id, number=int(id_))
    try:
        return listing.one(rt, project.id, id=UUID(id_))
    except ValueError:
        return listing.one(rt, project.id, public_id=id_)
