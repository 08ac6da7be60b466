"""One target of the page's project, as those of its pages need it that change a part of it."""

from typing import Any
from uuid import UUID

from flask import abort, g

from relay.runtime import current
from relay.services import configure, configured
from relay.services.configured import ConfiguredTarget


def of_project(target_id: UUID) -> ConfiguredTarget:
    """The target, if it is one of this project; else there is no such page."""
    found = configured.target(current(), target_id)
    if found is None or found.project_id != g.project["id"]:
        abort(404)
    return found


def document(target_id: UUID) -> dict[str, Any]:
    """The target's document without its secrets, which stay as they are when it is saved."""
    found = configure.editable(current(), target_id)
    return dict(found[0]) if found else abort(404)
