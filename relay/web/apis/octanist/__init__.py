"""Octanist's calls: the same requests, answers, statuses and quirks."""

from dataclasses import replace

from flask import Flask

from relay.runtime import Runtime
from relay.web.apis.calls import Calls, Dialect
from relay.web.apis.octanist.creating import Creating
from relay.web.apis.octanist.envelope import Envelope
from relay.web.apis.octanist.reading import Reading
from relay.web.apis.octanist.updating import Updating
from relay.web.limits import door_limits

ALLOWED_HEADERS = "Content-Type, X-API-Key, Idempotency-Key"
"""What a page's script may send along."""

PLUGIN = "/api/integrations/incoming/wp"


def register(app: Flask, runtime: Runtime) -> None:
    """Put the calls into the application."""
    envelope, limits = Envelope(runtime.clock), door_limits(app, runtime)
    dialect = Dialect(name="octanist", refusal=envelope.refusal, allowed_headers=ALLOWED_HEADERS)
    creating, reading = Creating(envelope, limits), Reading(envelope, limits)
    updating = Updating(envelope, limits)
    calls = Calls(app, runtime, dialect)
    calls.own("/api/leads")
    calls.own("/api/check")
    views = {"POST": creating.create, "GET": reading.several, "PATCH": updating.change}
    calls.add("/api/leads", "leads", views)
    calls.add("/api/leads/<id>", "lead", {"GET": reading.one})
    calls.add("/api/check", "check", {"POST": reading.check})
    # the plugin's browsers send cookies along, which they do only where they are welcome
    plugin = Calls(app, runtime, replace(dialect, credentials=True))
    plugin.own(PLUGIN)
    plugin.add(f"{PLUGIN}/<site>", "wordpress", {"POST": creating.from_wordpress})
