"""New leads: the keyed call of a server, and what the WordPress plugin posts."""

from collections.abc import Callable

from flask import Response

from relay.core.clean import clean_text
from relay.core.contract import Inbound, Json
from relay.services import configured, filed
from relay.services.configured import ConfiguredSource
from relay.services.filed import Filed
from relay.web import browser
from relay.web.apis.calls import Call, Refusal, answer
from relay.web.apis.objects import read_object
from relay.web.apis.octanist.access import CLOSED, KIND, admit, source_of
from relay.web.apis.octanist.bodies import read_lead
from relay.web.apis.octanist.envelope import Envelope
from relay.web.apis.turned_away import turn_away
from relay.web.limits import DoorLimits


class Creating:
    """Takes leads in; over a limit they are kept and wait, for no client comes again."""

    def __init__(self, envelope: Envelope, limits: DoorLimits) -> None:
        self._envelope = envelope
        self._limits = limits

    def create(self, call: Call) -> Response:
        """`POST /api/leads`."""
        _, project = admit(call, "write")
        source = source_of(call, project)
        came = _checked(call, source, read_lead)
        over = self._limits.over(source, None)
        found = filed.file(call.rt, source, came, door=call.door, hold=over.limit if over else None)
        if found.state == "refused":
            raise Refusal(403, f"Lead rejected by filtering rules: {found.why}")
        return self._answer(found, 202)

    def from_wordpress(self, call: Call) -> Response:
        """`POST /api/integrations/incoming/wp/<site>/`, which a visitor's browser calls.

        Whatever is kept is answered with 200, for the plugin sends again what is not.
        """
        token = f"wp:{clean_text(call.args['site'])}"
        source = configured.source_by_token(call.rt, KIND, token)
        if source is None:
            raise Refusal(404, "There is no WordPress site of this ID")
        if not source.project_active:
            raise Refusal(403, CLOSED)
        came = _checked(call, source, read_object)
        over = self._limits.over(source, browser.visitor(call.environ, source))
        hold = browser.hold(call.rt, source, came, over.limit if over else None)
        return self._answer(filed.file(call.rt, source, came, door=call.door, hold=hold), 200)

    def _answer(self, found: Filed, waiting: int) -> Response:
        """The lead's id; `waiting` is the status where there is none yet."""
        if found.lead is not None:
            data: Json = {"id": found.lead.public_id, "message": "Lead added"}
            return answer(200, self._envelope.success(data))
        became = "not added" if found.state == "refused" else "kept, but not added yet"
        data = {"id": None, "message": f"The lead is {became}: {found.why}"}
        return answer(waiting, self._envelope.success(data))


def _checked(call: Call, source: ConfiguredSource, read: Callable[[Inbound], object]) -> Inbound:
    """The request, its body one that can be read; else it is kept, so that support can find it."""
    came = None
    try:
        came = call.inbound
        read(came)
    except Refusal as refusal:
        turn_away(call, source, came, refusal)
        raise
    return came
