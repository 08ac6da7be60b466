"""The first page of a project: what is set up, what needs somebody, what happened last."""

from flask import Blueprint, g, render_template

from relay.runtime import current
from relay.services import browse, inventory
from relay.services.filtering import Filter

pages = Blueprint("overview", __name__)


@pages.get("/")
def index() -> str:
    """The project at a glance, with the steps that are still to do."""
    rt = current()
    project = g.project["id"]
    return render_template(
        "console/overview/index.html",
        sources=inventory.sources_of(rt, project),
        targets=inventory.targets_of(rt, project),
        routes=inventory.routes_of(rt, project),
        counts=inventory.delivery_counts(rt, project),
        newest=browse.deliveries(rt, Filter(project=project), limit=6),
        limit=inventory.COUNTED,
    )
