"""`replay --to` and `--force`: another target, or past what holds the first one back."""

from dataclasses import replace
from uuid import UUID

import click

from relay.cli.asking import ask, counted, tell
from relay.cli.lanes import ACTOR
from relay.cli.show import progress
from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services import acting, browse, bulk, bulk_counts, configured, finding
from relay.services.bulk import Wish
from relay.services.bulk_job import work_through
from relay.services.configured import ConfiguredTarget
from relay.services.filtering import Filter


def one(rt: Runtime, delivery_id: UUID, to: str | None, *, machine: bool) -> None:
    """Send one delivery to another target, or by force. Never to a contact that is blocked."""
    row = browse.delivery(rt, delivery_id)
    try:
        if to is None or row is None:
            acted = acting.force(rt, delivery_id, ACTOR)
        else:
            target = _target(rt, to, row["project_id"])
            acted = acting.elsewhere(rt, delivery_id, target, ACTOR)
    except acting.Refused as refused:
        raise click.ClickException(f"{delivery_id} is not sent: {refused}.") from refused
    waits = f" It waits: {acted.waits_for}." if acted.waits_for else ""
    tell("delivery", acted.delivery_id, f"{acted.delivery_id} goes.{waits}", machine=machine)


def _target(rt: Runtime, name: str, project: UUID) -> ConfiguredTarget:
    found = configured.target(rt, finding.find_target(rt, name, project).id)
    if found is None:
        raise acting.Refused(acting.GONE)
    return found


def many(rt: Runtime, to: str, wanted: Filter, *, yes: bool, machine: bool) -> None:
    """Send all that the filter names to another target, and wait until that is done."""
    newest = new_id()
    target = finding.find_target(rt, to, wanted.project)
    wanted = replace(wanted, project=target.project_id)
    found = bulk_counts.count(rt, wanted)
    at_least = "" if found.whole else "at least "
    said = counted(found.total, "delivery", "deliveries")
    ask(f"{at_least}{said}, to {target.name}.", "Send", found.total, yes=yes)
    wish = Wish(
        project=target.project_id,
        action="replay_to",
        filter=wanted,
        newest=newest,
        counted=found.total if found.whole else None,
        target=target.id,
    )
    run_id = bulk.ask(rt, wish, ACTOR, at_once=True)
    with progress("Sending", found.total) as done:
        row = work_through(rt, target.project_id, run_id, done)
    if not machine:
        for reason, count in row["reasons"].items():
            click.echo(f"{count} left out: {reason}", err=True)
    tell("replayed", row["done"], f"{row['done']} go.", machine=machine)
