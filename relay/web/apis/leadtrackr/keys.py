"""Who may call: the X-API-Key header, and the projects that it opens."""

from relay.core.clean import clean_text
from relay.runtime import Runtime
from relay.services import configured
from relay.services.configured import ConfiguredKey, ConfiguredProject
from relay.web.apis.calls import Call, Refusal
from relay.web.apis.keys import HEADER, be_allowed, count_call, given_key, known_key
from relay.web.limits import DoorLimits

LONGEST_PROJECT_ID = 200
"""Characters; nothing longer is looked for."""

INVALID = "Invalid API key"


def find_project(rt: Runtime, public_id: str) -> ConfiguredProject | None:
    """The project of this public id. Raises Busy while the database is away."""
    if len(public_id) > LONGEST_PROJECT_ID or clean_text(public_id) != public_id:
        return None
    project = configured.project_by_public_id(rt, public_id)
    return None if project is None or project.archived else project


def be_active(project: ConfiguredProject) -> None:
    """Raises Refusal 403 while the project takes no calls."""
    if not project.active:
        raise Refusal(403, "Project subscription is inactive")


def authorise(call: Call, project: ConfiguredProject | None) -> None:
    """Whether the call may create leads in this project. Raises Refusal 401 or 403.

    A project that has no key is open where its setting says so; then a header does not matter.
    """
    key = known_key(call)
    if key is None:
        if project is not None and project.keyless and not project.has_keys:
            return
        raise _refusal(call)
    if project is not None and key.project_id not in (None, project.id):
        raise Refusal(401, INVALID)
    be_allowed(key, "write")


def open_project(
    call: Call, scope: str, limits: DoorLimits
) -> tuple[ConfiguredKey, ConfiguredProject]:
    """The call's key and the project that it opens for this. Raises Refusal 400 to 404, or 429.

    A key for all projects needs to be told one, by the parameter projectId.
    """
    key = known_key(call)
    count_call(limits, call, key)
    if key is None:
        raise _refusal(call)
    be_allowed(key, scope)
    project = _project_of(call, key)
    be_active(project)
    return key, project


def _refusal(call: Call) -> Refusal:
    return Refusal(401, INVALID if given_key(call) else f"Missing {HEADER} header")


def _project_of(call: Call, key: ConfiguredKey) -> ConfiguredProject:
    if key.project_id is not None:
        project = configured.project(call.rt, key.project_id)
        if project is None or project.archived:
            raise Refusal(401, INVALID)
        return project
    named = call.query.get("projectId", "")
    if not named:
        raise Refusal(400, "This API key opens every project: the parameter projectId names one")
    project = find_project(call.rt, named)
    if project is None:
        raise Refusal(404, "Project not found")
    return project
