"""`status`: what became of a lead, said from the command line."""

from typing import Any

import click

from relay.cli.command import OnRuntime
from relay.cli.lanes import ACTOR
from relay.cli.show import emit, json_option
from relay.core.contract import to_major
from relay.core.money import to_minor
from relay.core.stages import StatusChange, at_stage
from relay.runtime import current
from relay.services import configured, finding, trace
from relay.services.status import NoLead, change_status


@click.command(cls=OnRuntime)
@click.argument("lead")
@click.argument("stage", required=False)
@click.option("--value", help="What it is worth: 1250 or 99.50. An empty text takes it away.")
@click.option("--currency", help="Of the value, such as EUR. Left out, the lead's or project's.")
@click.option("--note", help="An empty text takes it away.")
@json_option
def status(
    lead: str,
    stage: str | None,
    *,
    value: str | None,
    currency: str | None,
    note: str | None,
    machine: bool,
) -> None:
    """Say what became of a LEAD: its STAGE (qualified, won, lost, or a label), its value.

    Targets whose routes send `status` are told, each of them once of a stage.
    """
    rt = current()
    lead_id = finding.find_id(rt, "lead", lead)
    chain = trace.lead_chain(rt, lead_id)
    project = configured.project(rt, chain.lead["project_id"]) if chain else None
    if chain is None or project is None:
        raise click.ClickException(f"There is no lead {lead}.")
    worth = _worth(value, currency or chain.lead["currency"] or project.currency)
    members = at_stage(stage or "", project.conversion_labels.values())
    change = StatusChange(note=note, **worth, **members)
    try:
        changed = change_status(rt, lead_id, change, actor=ACTOR, audited=True)
    except NoLead:
        raise click.ClickException(f"Lead {lead} is archived.") from None
    if machine:
        emit({"lead": lead_id, "status": changed.status, "version": changed.version})
        return
    minor = change.value_minor
    amount = "" if minor is None else f", worth {to_major(minor, change.currency)} "
    click.echo(f"The lead is {changed.status}{amount}{change.currency or ''}.")


def _worth(value: str | None, currency: str | None) -> dict[str, Any]:
    """The value as a change says it: an empty text takes it away, None leaves it."""
    if not value:
        return {"cleared": ("value_minor",) if value == "" else ()}
    if currency is None:
        raise click.UsageError("--currency is needed: neither lead nor project has one.")
    minor = to_minor(value, currency.upper())
    if minor is None or minor < 0:
        raise click.UsageError("--value must be an amount, such as 1250 or 99.50.")
    return {"value_minor": minor, "currency": currency.upper()}
