"""Who calls Octanist's API: the key decides the project, as it does the organisation there."""

from relay.services import configured
from relay.services.configured import ConfiguredKey, ConfiguredProject, ConfiguredSource
from relay.web.apis.calls import Call, Refusal
from relay.web.apis.keys import be_allowed, count_call, known_key, opened_project
from relay.web.limits import DoorLimits

KIND = "octanist"

CLOSED = "The project takes no leads now"


def admit(
    call: Call, scope: str = "", limits: DoorLimits | None = None
) -> tuple[ConfiguredKey, ConfiguredProject]:
    """The call's key, which must have the scope, and its project. Raises Refusal 400, 401 or 403.

    With `limits` it is counted how often the key is used: Refusal 429.
    """
    key = known_key(call)
    if limits is not None:
        count_call(limits, call, key)
    if key is None:
        raise Refusal(401, "Invalid or missing API key")
    if scope:
        be_allowed(key, scope)
    project = opened_project(call, key)
    if project is None:
        raise Refusal(401, "Invalid or missing API key")
    if not project.active:
        raise Refusal(403, CLOSED)
    return key, project


def source_of(call: Call, project: ConfiguredProject) -> ConfiguredSource:
    """Where the project's leads of this API come in. Raises Refusal 403 where that is closed."""
    source = configured.source_of_kind(call.rt, project.id, KIND)
    if source is None:
        raise Refusal(403, CLOSED)
    return source
