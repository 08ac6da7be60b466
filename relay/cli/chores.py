"""`ledger`, `sweep` and `retain`: what the clock does by itself, and whether the books are even."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import click

from relay.cli import choosing
from relay.cli.command import OnRuntime
from relay.cli.show import emit, json_option, progress, table
from relay.runtime import current
from relay.services.browse import Row
from relay.services.comparisons import newest
from relay.services.ledger import Span
from relay.services.ledger import ledger as count
from relay.services.retention import retain as apply_retention
from relay.services.sweep import sweep as sweep_once


@click.command(cls=OnRuntime)
@choosing.since_option
@choosing.until_option
@choosing.project_option
@json_option
def ledger(
    since: datetime | timedelta | None,
    until: datetime | timedelta | None,
    project: str | None,
    *,
    machine: bool,
) -> None:
    """Count what was received and what is owed against what became of it.

    Exits with 1 when anything is unaccounted for.
    """
    rt = current()
    span = Span(
        choosing.moment(rt, since), choosing.moment(rt, until), choosing.project_id(rt, project)
    )
    found = count(rt, span)
    compared = newest(rt, span)
    if machine:
        emit({**asdict(found), "compared": [_compared(row) for row in compared]})
    else:
        states = {**found.submissions}
        in_flight = states.pop("received")  # the state of what nobody has stored yet
        rows = [("received", found.received), *states.items(), ("in flight", in_flight)]
        table(("submissions", "count"), rows)
        click.echo()
        table(("deliveries", "count"), [("owed", found.owed), *found.deliveries.items()])
        if compared:
            click.echo()
            shown = [_compared(row) for row in compared]
            table(tuple(shown[0]), [tuple(row.values()) for row in shown])
        click.echo("\nNothing is missing." if not found.gap else "")
    for gap in found.gaps:
        click.echo(f"Gap: {gap}", err=True)
    if found.gap:
        raise click.exceptions.Exit(1)


def _compared(row: Row) -> dict[str, Any]:
    """A comparison with a provider's list: its count beside ours."""
    names = ("source", "since", "until", "listed", "known", "taken", "state", "reason")
    titles = {"listed": "provider has", "known": "here", "taken": "came in"}
    return {titles.get(name, name): row[name] for name in names}


@click.command(cls=OnRuntime)
@json_option
def sweep(*, machine: bool) -> None:
    """Look once for work that was left lying, as the clock does every second."""
    swept = sweep_once(current())
    if machine:
        emit(asdict(swept))
        return
    click.echo(
        f"{len(swept.lanes)} targets have something due, {swept.leases} leases were taken back, "
        f"{swept.expired} deliveries expired, {swept.released} held submissions go on; "
        f"submissions lying: {'yes' if swept.submissions else 'no'}."
    )


@click.command(cls=OnRuntime)
@json_option
def retain(*, machine: bool) -> None:
    """Remove old contents now, as RELAY_KEEP_..._DAYS say; the ledger keeps their counts."""
    with progress("Removing", 0) as done:
        retained = apply_retention(current(), done)
    if machine:
        emit(asdict(retained))
        return
    click.echo(
        f"{retained.bodies} bodies and {retained.attempts} attempts were blanked, "
        f"{retained.leads} leads, {retained.submissions} other submissions and "
        f"{retained.turned_away} refused requests removed."
    )
