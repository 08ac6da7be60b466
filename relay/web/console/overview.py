"""The first page of a project: what is set up, what needs somebody, what happened last."""

from flask import Blueprint, g, render_template

from relay.runtime import current
from relay.services import browse, flow
from relay.services.filtering import Filter
from relay.web.console import figures, project_map

pages = Blueprint("overview", __name__)


@pages.get("/")
def index() -> str:
    """The project at a glance, with the steps that are still to do."""
    rt = current()
    project = g.project["id"]
    found = flow.flow(rt, project)
    return render_template(
        "console/overview/index.html",
        sources=found.sources,
        targets=found.targets,
        routes=found.routes,
        picture=project_map.draw(found, rt.clock.now()),
        drawn=figures.of_last_day(project),
        newest=browse.deliveries(rt, Filter(project=project), limit=6),
    )
