"""Who may call: the X-API-Key header, and the projects that it opens."""

from relay.services.configured import ConfiguredKey, ConfiguredProject
from relay.web.apis.calls import Call, Refusal
from relay.web.apis.keys import HEADER, be_allowed, count_call, given_key, known_key, opened_project
from relay.web.limits import DoorLimits

INVALID = "Invalid API key"


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
    """The call's key and the project that it opens for this. Raises Refusal 400 to 404, or 429."""
    key = known_key(call)
    count_call(limits, call, key)
    if key is None:
        raise _refusal(call)
    be_allowed(key, scope)
    project = opened_project(call, key)
    if project is None:
        raise Refusal(404, "Project not found") if key.project_id is None else _refusal(call)
    be_active(project)
    return key, project


def _refusal(call: Call) -> Refusal:
    return Refusal(401, INVALID if given_key(call) else f"Missing {HEADER} header")
