"""Our own API: all that the console and the command line do, as JSON under /api/relay/v1."""

from flask import Flask

from relay.runtime import Runtime
from relay.web.apis.calls import Calls
from relay.web.apis.own import (
    acts,
    books,
    configuration,
    deliveries,
    document,
    leads,
    problems,
    project,
    running,
    submissions,
    uploads,
)
from relay.web.apis.own.judging import put_into
from relay.web.apis.own.operations import DIALECT, PREFIX, Operation
from relay.web.limits import door_limits

OPERATIONS: tuple[Operation, ...] = (
    *leads.OPERATIONS,
    *deliveries.OPERATIONS,
    *acts.OPERATIONS,
    *submissions.OPERATIONS,
    *uploads.OPERATIONS,
    *problems.OPERATIONS,
    *books.OPERATIONS,
    *configuration.OPERATIONS,
    *running.OPERATIONS,
    *project.OPERATIONS,
    *document.OPERATIONS,
)
"""Every call, in the order of the reference."""


def register(app: Flask, runtime: Runtime) -> None:
    """Put the API into the application."""
    calls = Calls(app, runtime, DIALECT)
    calls.own(PREFIX)
    put_into(calls, OPERATIONS, door_limits(app, runtime))
