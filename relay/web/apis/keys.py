"""Whose call it is: the API key that it has, counted and judged in one way for all dialects."""

from relay.core.clean import clean_text
from relay.runtime import Runtime
from relay.services import configured
from relay.services.configured import ConfiguredKey, ConfiguredProject
from relay.web.apis.calls import Call, Refusal
from relay.web.limits import DoorLimits

HEADER = "X-API-Key"

LONGEST_PROJECT_ID = 200
"""Characters; nothing longer is looked for."""


def given_key(call: Call) -> str:
    """What the call has for a key, "" where it has none."""
    return call.header(HEADER).strip()


def known_key(call: Call) -> ConfiguredKey | None:
    """The call's key where it is one."""
    given = given_key(call)
    return configured.key(call.rt, given) if given else None


def count_call(limits: DoorLimits, call: Call, key: ConfiguredKey | None) -> None:
    """Raises Refusal 429 where the key, or the address of who has none, calls too often."""
    caller = str(key.id) if key else str(call.environ.get("REMOTE_ADDR", ""))
    if over := limits.over_key(caller):
        raise Refusal(429, "Too many requests", headers={"Retry-After": str(over.seconds)})


def be_allowed(key: ConfiguredKey, scope: str) -> None:
    """Raises Refusal 403 where the key is not for this."""
    if scope not in key.scopes:
        raise Refusal(403, f"This API key has no scope {scope!r}")


def opened_project(call: Call, key: ConfiguredKey) -> ConfiguredProject | None:
    """The project that the key opens here, None where there is none such.

    A key for all projects needs to be told one, by the parameter projectId: Refusal 400.
    """
    if key.project_id is not None:
        return _in_use(configured.project(call.rt, key.project_id))
    named = call.query.get("projectId", "")
    if not named:
        raise Refusal(400, "This API key opens every project: the parameter projectId names one")
    return find_project(call.rt, named)


def find_project(rt: Runtime, public_id: str) -> ConfiguredProject | None:
    """The project of this public id. Raises Busy while the database is away."""
    if len(public_id) > LONGEST_PROJECT_ID or clean_text(public_id) != public_id:
        return None
    return _in_use(configured.project_by_public_id(rt, public_id))


def _in_use(project: ConfiguredProject | None) -> ConfiguredProject | None:
    return None if project is None or project.archived else project
