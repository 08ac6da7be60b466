"""Who calls Octanist's API: the key decides the project, as it does the organisation there."""

from relay.core.clean import clean_text
from relay.services import configured
from relay.services.configured import ConfiguredKey, ConfiguredProject, ConfiguredSource
from relay.web.apis.calls import Call, Refusal
from relay.web.apis.keys import be_allowed, count_call, known_key
from relay.web.limits import DoorLimits

KIND = "octanist"

CLOSED = "The project takes no leads now"


def admit(call: Call, scope: str = "") -> ConfiguredProject:
    """The project of the call's key, which must have the scope. Raises Refusal 400, 401 or 403.

    A key for all projects needs to be told one, by the parameter projectId.
    """
    key = known_key(call)
    if key is None:
        raise Refusal(401, "Invalid or missing API key")
    if scope:
        be_allowed(key, scope)
    project = _project(call, key)
    if project is None or project.archived:
        raise Refusal(401, "Invalid or missing API key")
    if not project.active:
        raise Refusal(403, CLOSED)
    return project


def admit_within(limits: DoorLimits, call: Call, scope: str = "") -> ConfiguredProject:
    """The same, where it is counted how often the key is used. Raises Refusal 429 as well."""
    count_call(limits, call, known_key(call))
    return admit(call, scope)


def source_of(call: Call, project: ConfiguredProject) -> ConfiguredSource:
    """Where the project's leads of this API come in. Raises Refusal 403 where that is closed."""
    source = configured.source_of_kind(call.rt, project.id, KIND)
    if source is None:
        raise Refusal(403, CLOSED)
    return source


def _project(call: Call, key: ConfiguredKey) -> ConfiguredProject | None:
    if key.project_id is not None:
        return configured.project(call.rt, key.project_id)
    named = clean_text(call.query.get("projectId", ""))
    if not named:
        raise Refusal(400, "This API key opens every project: the parameter projectId names one")
    return configured.project_by_public_id(call.rt, named)
