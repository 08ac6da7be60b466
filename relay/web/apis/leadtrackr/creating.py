"""The calls that bring leads: from pages, from servers, and custom webhooks."""

import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Response

from relay.services import configured
from relay.services.arrival import Hold
from relay.services.configured import ConfiguredProject, ConfiguredSource
from relay.services.filed import Filed, file
from relay.web.apis.calls import Call, Refusal, answer
from relay.web.apis.keys import HEADER, find_project
from relay.web.apis.leadtrackr.body import check_identifier, check_lead, project_id
from relay.web.apis.leadtrackr.keys import INVALID, authorise, be_active
from relay.web.apis.leadtrackr.lead import KIND, identifier
from relay.web.apis.objects import Fields, read_object
from relay.web.apis.turned_away import turn_away
from relay.web.browser import hold
from relay.web.limits import DoorLimits


class Creating:
    """Takes leads; over a limit they are kept and wait, for no client comes again."""

    def __init__(self, limits: DoorLimits) -> None:
        self._limits = limits

    def from_page(self, call: Call) -> Response:
        """createLead: no key, but a page's origin, the visitor's limit, and what robots fill in."""
        fields = read_object(call.inbound)
        project = _project(call, fields)
        source = _source(call, project)
        with _noted(call, lambda: source):
            _let_read(call, project)
            source = _open(project, source)
            check_lead(fields, needs_user_data=False)
        return self._file(call, source, str(call.environ.get("REMOTE_ADDR", "")))

    def from_server(self, call: Call) -> Response:
        """createServerSideLead: the key is judged before what the body says."""
        fields, wrong = _tried(call)
        named = _named(call, fields)
        with _noted(call, lambda: _source(call, named, make=False) if named else None):
            authorise(call, named)
            if wrong:
                raise wrong
            project = _project(call, fields)
            source = _open(project, _source(call, project))
            check_lead(fields, needs_user_data=True)
        return self._file(call, source, None)

    def from_connection(self, call: Call) -> Response:
        """A custom webhook, with its connection's own token."""
        source = configured.source_by_token(call.rt, KIND, f"custom:{call.args['connection']}")
        if source is None:
            raise Refusal(404, "Connection not found")
        call.body  # noqa: B018 - once it was read, what is wrong with it can be noted
        with _noted(call, lambda: source, call.header(_header(source))):
            _check_token(call, source)
            if not source.project_active:
                raise Refusal(403, "Project subscription is inactive")
            fields = read_object(call.inbound)
            if not fields:
                raise Refusal(400, "The request body says nothing")
            check_identifier(fields)
        return self._file(call, source, None)

    def _file(self, call: Call, source: ConfiguredSource, visitor: str | None) -> Response:
        """File the lead and answer it; `visitor` is the address of a page's visitor."""
        over = self._limits.over(source, visitor, "" if visitor is None else "createLead")
        waits: Hold | None = over.limit if over else None
        if visitor is not None:
            waits = hold(call.rt, source, call.inbound, waits)
        return _filed(file(call.rt, source, call.inbound, door=call.door, hold=waits))


def _filed(filed: Filed) -> Response:
    """The answer: 201 for a new lead, 200 for a known one, 202 for what only waits to be one."""
    if filed.state == "refused":
        raise Refusal(400, f"Lead refused: {filed.why}")
    if filed.lead is None:
        said = "Lead kept, but not created yet" + (f": {filed.why}" if filed.why else "")
        return answer(202, {"message": said, "leadId": None, "uniqueIdentifier": None})
    said = "created" if filed.lead.created else "updated"
    document = {
        "message": f"Lead {said} successfully",
        "leadId": filed.lead.number,
        "uniqueIdentifier": identifier(filed.lead.document),
    }
    return answer(201 if filed.lead.created else 200, document)


def _project(call: Call, fields: Fields) -> ConfiguredProject:
    """The project that is named. Raises Refusal 400, 403 or 404."""
    project = find_project(call.rt, project_id(fields))
    if project is None:
        raise Refusal(404, "Project not found")
    be_active(project)
    return project


def _tried(call: Call) -> tuple[Fields, Refusal | None]:
    """The body's fields, and what is wrong with it."""
    try:
        return read_object(call.inbound), None
    except Refusal as wrong:
        return {}, wrong


def _named(call: Call, fields: Fields) -> ConfiguredProject | None:
    """The project that is named, None where none is."""
    try:
        return find_project(call.rt, project_id(fields))
    except Refusal:
        return None


def _source(
    call: Call, project: ConfiguredProject, *, make: bool = True
) -> ConfiguredSource | None:
    """The project's source for these calls; None where it has none any more, or yet."""
    return configured.source_of_kind(call.rt, project.id, KIND, make=make)


def _open(project: ConfiguredProject, source: ConfiguredSource | None) -> ConfiguredSource:
    if source is None:
        raise Refusal(403, f"Project {project.public_id} takes no leads by these calls any more")
    return source


def _let_read(call: Call, project: ConfiguredProject) -> None:
    """Let the call's page read the answer. Raises Refusal 403 where the page may not call."""
    if not project.origins or "*" in project.origins:
        return
    origin = call.header("Origin")
    listed = any(origin.lower() == one.rstrip("/").lower() for one in project.origins)
    call.readers = origin if listed else ""
    if origin and not listed:
        raise Refusal(403, "This origin may not create leads in the project")


def _check_token(call: Call, source: ConfiguredSource) -> None:
    """Raises Refusal 401 unless the connection's own header has its token."""
    header = _header(source)
    given = call.header(header)
    if not given:
        raise Refusal(401, f"Missing {header} header")
    token = source.settings["connection"]["token"]
    if not hmac.compare_digest(given.encode(), token.encode()):
        raise Refusal(401, INVALID)


def _header(source: ConfiguredSource) -> str:
    return str(source.settings["connection"].get("header", HEADER))


@contextmanager
def _noted(
    call: Call, find: Callable[[], ConfiguredSource | None], secret: str = ""
) -> Iterator[None]:
    """Keep a request that is refused within, where the source is known: support can find it.

    `secret` is what it had for a token: a wrong one is perhaps another's.
    """
    try:
        yield
    except Refusal as refusal:
        if (source := find()) is not None:
            turn_away(call, source, call.inbound, refusal, (secret,))
        raise
