"""Each value of a lead: which answer it came from and why, and where each target has it."""

from uuid import UUID

from flask import render_template

from relay.runtime import current
from relay.services import field_ways
from relay.web.console.goals import Goals
from relay.web.console.lead import chain_of, place_in_list, title_of
from relay.web.console.leads import pages
from relay.web.console.project import needs

CAUSES = {
    "mapping": "by your mapping",
    "adapter": "known of this kind of source",
    "type": "by its type",
    "name": "by its name",
    "looks": "by its value and a word of its name",
    "field": "kept under its label",
    "elsewhere": "kept as a part of the whole",
}
"""Why an answer went where it went, in words."""


@pages.get("/<uuid:lead_id>/fields")
@needs("operator")
def fields(lead_id: UUID) -> str:
    """The newest version, value by value."""
    rt, chain = current(), chain_of(lead_id)
    newest = chain.versions[-1] if chain.versions else None
    targets = list(dict.fromkeys(row["target_id"] for row in chain.deliveries))
    said = newest["document"] if newest else {}
    came = (row["submission_id"] for row in reversed(chain.versions) if row["submission_id"])
    told = field_ways.ways(rt, said, next(came, None), targets)
    return render_template(
        "console/leads/fields.html",
        lead=chain.lead,
        title=title_of(chain),
        place=place_in_list(chain),
        told=told,
        shown=[one for one in told.targets if any(way.goes.get(one) for way in told.ways)],
        version=newest,
        goals=Goals.of(rt.catalog.lead),
        causes=CAUSES,
    )
