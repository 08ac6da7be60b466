"""`reconcile`: what a provider has kept and the relay has not."""

from datetime import datetime, timedelta

import click

from relay.cli import choosing
from relay.cli.command import OnRuntime
from relay.cli.show import emit, facts, json_option
from relay.runtime import current
from relay.services import finding
from relay.services.comparisons import told
from relay.services.reconciling import NotReady
from relay.services.reconciling import reconcile as compare


@click.command(cls=OnRuntime)
@click.argument("source")
@choosing.project_option
@choosing.since_option
@json_option
def reconcile(
    source: str, project: str | None, since: datetime | timedelta | None, *, machine: bool
) -> None:
    """Compare SOURCE with its provider's list, and bring in what is missing.

    Without --since it goes on where the last comparison ended. Exits with 1 when the list could not
    be had to its end.
    """
    rt = current()
    row = finding.find_source(rt, source, choosing.project_id(rt, project))
    try:
        done = compare(rt, row.id, choosing.moment(rt, since), "command line")
    except NotReady as error:
        raise click.ClickException(f"Source {row.name}: {error}.") from error
    if done is None:
        raise click.ClickException(f"Source {row.name} is being compared by another process.")
    found = dict(done._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row's columns
    if machine:
        emit({name: found[name] for name in found if not name.startswith("lease")})
    else:
        facts({"source": row.name, "from": found["since"], "to": found["until"]})
        click.echo(f"{told(found)}.")
    if found["state"] != "finished":
        raise click.exceptions.Exit(1)
