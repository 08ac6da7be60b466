"""LeadTrackr's calls: the same requests, answers, statuses and quirks."""

from flask import Flask

from relay.core.contract import Json
from relay.runtime import Runtime
from relay.web.apis.calls import Calls, Dialect, Refusal
from relay.web.apis.leadtrackr.creating import Creating
from relay.web.apis.leadtrackr.reading import Reading
from relay.web.apis.leadtrackr.status import Rating
from relay.web.limits import door_limits

ALLOWED_HEADERS = (
    "Content-Type, X-API-Key, X-Event-Id, Authorization, Idempotency-Key, X-Requested-With"
)
"""What a page's script may send along."""


def register(app: Flask, runtime: Runtime) -> None:
    """Put the calls into the application."""
    dialect = Dialect(name="leadtrackr", refusal=_refusal, allowed_headers=ALLOWED_HEADERS)
    calls = Calls(app, runtime, dialect)
    limits = door_limits(app, runtime)
    creating, reading, rating = Creating(limits), Reading(limits), Rating(limits)
    for name, method, view in (
        ("createLead", "POST", creating.from_page),
        ("createServerSideLead", "POST", creating.from_server),
        ("getLeads", "GET", reading.find),
        ("getLead", "GET", reading.one),
        ("updateLeadStatus", "POST", rating.update),
    ):
        calls.own(f"/api/leads/{name}")
        calls.add(f"/api/leads/{name}", name, {method: view})
    calls.own("/api/integrations/custom")
    calls.add("/api/integrations/custom/<connection>", "custom", {"POST": creating.from_connection})


def _refusal(refusal: Refusal) -> Json:
    return {"message": refusal.message}
