"""One lead: what happened to it, what it says, what became of it, and who else it may be."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.core.contract import Json
from relay.core.money import to_major, to_minor
from relay.core.stages import StatusChange, at_stage
from relay.runtime import current
from relay.services import configured, inventory, lead_search, same_person, trace
from relay.services.configured import ConfiguredProject
from relay.services.status import NoLead, change_status
from relay.services.trace import Chain
from relay.web.console.facts import Group, facts
from relay.web.console.lead_lists import kept, wanted_of
from relay.web.console.leads import pages
from relay.web.console.project import actor, needs
from relay.web.console.timeline import moments
from relay.web.console.veil import veiled

LONGEST_STAGE = 100
LONGEST_NOTE = 10_000

STAGES = ("open", "qualified", "won", "lost")
"""Stages that every lead can come to; the labels of its project are others."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a lead stands in the list that one came from: its filters, and its neighbours."""

    kept: dict[str, Any]
    newer: UUID | None
    older: UUID | None


@pages.get("/<uuid:lead_id>")
def show(lead_id: UUID) -> str:
    """One lead from its arrival to every attempt."""
    return _page(chain_of(lead_id))


@pages.post("/<uuid:lead_id>/status")
@needs("operator")
def set_status(lead_id: UUID) -> ResponseReturnValue:
    """Say what became of a lead; the targets that want to know are told."""
    chain = chain_of(lead_id)
    given = request.form
    value, currency = given.get("value", "").strip(), _currency(chain)
    minor = to_minor(value, currency) if value else None
    if value and (minor is None or minor < 0):
        return _page(chain, "The value must be an amount, such as 1250 or 99.50."), 422
    change = StatusChange(
        value_minor=minor,
        currency=currency if value else None,
        note=given.get("note", "").strip()[:LONGEST_NOTE],
        cleared=() if value else ("value_minor",),
        **at_stage(
            given.get("stage", "").strip()[:LONGEST_STAGE], _project().conversion_labels.values()
        ),
    )
    try:
        change_status(current(), lead_id, change, actor=actor(), audited=True)
    except NoLead:
        abort(404)
    flash("Saved.", "good")
    return redirect(url_for(".show", lead_id=lead_id, **kept(request.args)))


def chain_of(lead_id: UUID) -> Chain:
    """The chain of a lead of the page's project; 404 for any other."""
    chain = trace.lead_chain(current(), lead_id)
    if chain is None or chain.lead["project_id"] != g.project["id"]:
        abort(404)
    return chain


def place_in_list(chain: Chain) -> Place:
    """The neighbours of a lead in the list that its address names."""
    wanted = wanted_of(request.args, g.project["id"])
    newer, older = lead_search.neighbours(current(), wanted, chain.lead["id"])
    return Place(kept(request.args), newer, older)


def title_of(chain: Chain) -> str:
    """What a lead is called on its pages."""
    lead = chain.lead
    named = None if veiled() else lead["name"] or lead["email"] or lead["phone"]
    return named or f"Lead {lead['number']}"


def _page(chain: Chain, wrong: str = "") -> str:
    arrived = [row["id"] for row in chain.submissions]
    repeats = same_person.repeats(current(), arrived)
    return render_template(
        "console/leads/show.html",
        chain=chain,
        lead=chain.lead,
        title=title_of(chain),
        place=place_in_list(chain),
        moments=moments(chain, repeats),
        others=same_person.other_leads(current(), chain.lead),
        cut=trace.BODY_AT_MOST,
        groups=_groups(chain),
        stages=dict.fromkeys((*STAGES, *_project().conversion_labels.values())),
        form=request.form if wrong else _state(chain),
        price=price_of(chain),
        currency=_currency(chain),
        wrong=wrong,
        targets=inventory.targets_of(current(), g.project["id"]),
    )


def _groups(chain: Chain) -> list[Group]:
    """What the newest version says, to those who may know it."""
    if veiled() or not chain.versions:
        return []
    return facts(chain.versions[-1]["document"], current().catalog.lead_schema)


def _project() -> ConfiguredProject:
    return configured.project(current(), g.project["id"]) or abort(404)


def _currency(chain: Chain) -> str | None:
    currency: str | None = chain.lead["currency"] or _project().currency
    return currency


def price_of(chain: Chain) -> str:
    """What a lead is worth, as people write it."""
    minor = chain.lead["value_minor"]
    if minor is None:
        return ""
    return f"{to_major(minor, _currency(chain))} {_currency(chain) or ''}".strip()


def _state(chain: Chain) -> dict[str, Json]:
    """What stands in the form at first: the lead's state without what is queued."""
    state = chain.versions[-1]["document"].get("state", {}) if chain.versions else {}
    minor = state.get("value_minor")
    return {
        "stage": state.get("stage") or "open",
        "value": "" if minor is None else to_major(minor, _currency(chain)),
        "note": state.get("note", ""),
    }
