"""All that is on a shelf for the same reason: counted, tried, and released in steps."""

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, abort, g, render_template, request
from flask.typing import ResponseReturnValue

from relay.runtime import current
from relay.services import browse, configured, releasing, same_reason
from relay.services.releasing import Step
from relay.web.console.project import actor, identifier, needs

pages = Blueprint("alike", __name__, url_prefix="/quarantine/alike")


@dataclass(frozen=True, slots=True)
class Progress:
    """What all steps of a release have done so far, and where the next one goes on."""

    released: int = 0
    still: int = 0
    held: int = 0
    after: UUID | None = None

    def __add__(self, step: Step) -> "Progress":
        return Progress(
            self.released + step.released,
            self.still + step.still,
            self.held + step.held,
            step.after,
        )


@pages.get("/")
@needs("operator")
def index() -> str:
    """How many there are, and what would become of them now."""
    shelf, source_id, key = _asked()
    if source_id is None:
        return render_template("console/alike/none.html", shelf=shelf)
    found = same_reason.group(current(), g.project["id"], shelf, source_id, key)
    source = configured.source(current(), source_id)
    if found is None or source is None:
        return render_template("console/alike/none.html", shelf=shelf)
    newest = same_reason.members(current(), g.project["id"], shelf, found)[: releasing.TRIED]
    return render_template(
        "console/alike/index.html",
        shelf=shelf,
        group=found,
        newest=newest,
        readable=releasing.readable(current(), source, newest) if shelf == "quarantined" else 0,
        limit=same_reason.LOOKED_AT,
        reason=key,
    )


@pages.post("/")
@needs("operator")
def release() -> ResponseReturnValue:
    """Release as many as a few seconds allow; the page that answers goes on with the rest."""
    shelf, source_id, key = _asked()
    if source_id is None:
        abort(404)
    given = request.form
    before = Progress(
        given.get("released", 0, type=int),
        given.get("still", 0, type=int),
        given.get("held", 0, type=int),
        identifier(given.get("after")),
    )
    return stepped(shelf, source_id, key, before)


def stepped(shelf: str, source_id: UUID, key: str, before: Progress) -> str:
    """The page that tells how far the release is, one step later."""
    rt, project = current(), g.project["id"]
    step = releasing.release(rt, project, shelf, source_id, key, actor(), after=before.after)
    left = releasing.left(rt, project, shelf, source_id, key, step.after)
    part = "_progress" if "HX-Request" in request.headers else "progress"
    return render_template(
        f"console/alike/{part}.html",
        shelf=shelf,
        source_id=source_id,
        reason=key,
        progress=before + step,
        left=left,
        limit=same_reason.LOOKED_AT,
    )


def _asked() -> tuple[str, UUID | None, str]:
    """Shelf, source and reason; a source of another project has no submissions here."""
    shelf = request.values.get("shelf", "quarantined")
    if shelf not in browse.SHELVES:
        abort(404)
    return shelf, identifier(request.values.get("source")), request.values.get("reason", "")
