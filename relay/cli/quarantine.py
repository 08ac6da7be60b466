"""`quarantine`: what could not become a lead, why, and letting it go on after a fix."""

from uuid import UUID

import click

from relay.cli import choosing
from relay.cli.command import OnRuntime
from relay.cli.lanes import ACTOR
from relay.cli.show import clean, emit, facts, json_option, progress, table
from relay.runtime import current
from relay.services import browse, finding
from relay.services import quarantine as service
from relay.services.browse import Row
from relay.services.trace import submission as read_submission

BATCH = 100
"""Submissions that are released between two steps of the progress bar."""

shelf_option = click.option(
    "--state",
    type=click.Choice(browse.SHELVES),
    default="quarantined",
    show_default=True,
    help="Which shelf: unmappable, held for a person or a condition, or refused by a rule.",
)


@click.group()
def quarantine() -> None:
    """See and release what could not become a lead, is held, or was refused."""


quarantine.command_class = OnRuntime


@quarantine.command(name="list")
@shelf_option
@choosing.source_option
@choosing.project_option
@choosing.limit_option
@json_option
def list_shelf(
    state: str, source: str | None, project: str | None, limit: int, *, machine: bool
) -> None:
    """List submissions with their reasons, newest first."""
    rt = current()
    owner = choosing.project_id(rt, project)
    source_id = finding.find_source(rt, source, owner).id if source else None
    rows = browse.shelved(rt, owner, state, source=source_id, limit=limit).rows
    if machine:
        emit(rows)
        return
    table(
        ("received", "source", "kind", "reason", "id"),
        [
            (row["received_at"], row["source"], row["kind"], "; ".join(_reasons(row)), row["id"])
            for row in rows
        ],
    )


@quarantine.command()
@click.argument("submission")
@json_option
def show(submission: str, *, machine: bool) -> None:
    """Show one SUBMISSION (the beginning of its id) with every reason and its raw body."""
    rt = current()
    row = read_submission(rt, finding.find_id(rt, "submission", submission))
    if row is None:
        raise finding.NotFound(f"There is no submission {submission}.")
    body = row["raw"].decode("utf-8", "replace")
    if machine:
        emit({**row, "raw": body})
        return
    facts(
        {
            "submission": row["id"],
            "state": row["state"],
            "received": row["received_at"],
            "source": f"{row['source']} ({row['kind']})",
            "from": row["raw_address"],
            "type": row["raw_headers"].get("content-type"),
            "size": row["raw_size"],
        }
    )
    for reason in _reasons(row):
        click.echo(clean(f"  - {reason}"))
    removed = "(removed by retention)" if row["raw_blanked_at"] else body
    click.echo(clean(f"\n{removed}"))


@quarantine.command()
@click.argument("submissions", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that the options name.")
@shelf_option
@choosing.source_option
@choosing.project_option
@json_option
def release(
    submissions: tuple[str, ...],
    state: str,
    source: str | None,
    project: str | None,
    *,
    everything: bool,
    machine: bool,
) -> None:
    """Map SUBMISSIONS again by the present mapping; what can become a lead goes on.

    What is held or was refused goes on as it is; what was both unmappable and suspicious is held
    first, and goes on with another release. Exits with 1 when something stays.
    """
    rt = current()
    if bool(submissions) == everything:
        raise click.UsageError("Name submissions, or say --all.")
    owner = choosing.project_id(rt, project)
    source_id = finding.find_source(rt, source, owner).id if source else None
    if everything:
        ids = browse.shelf(rt, owner, state, source=source_id)
    else:
        ids = [finding.find_id(rt, "submission", text) for text in submissions]
    released = 0
    stay: dict[str, dict[UUID, list[str]]] = {"still": {}, "held": {}}
    with progress("Releasing", len(ids)) as done:
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            found = service.release(rt, batch, ACTOR)
            released += len(found.released)
            stay["still"] |= found.still
            stay["held"] |= found.held
            done(len(batch))
    _report(released, stay, len(ids), machine=machine)


def _report(
    released: int, stay: dict[str, dict[UUID, list[str]]], asked: int, *, machine: bool
) -> None:
    if machine:
        named = {how: {str(one): why for one, why in some.items()} for how, some in stay.items()}
        emit({"released": released, **named})
    else:
        for how, some in stay.items():
            for submission_id, reasons in some.items():
                held = "now held: " if how == "held" else ""
                click.echo(clean(f"{submission_id}: {held}{'; '.join(reasons)}"))
        click.echo(f"{released} released, {asked - released} stay.")
    if released < asked:
        raise click.exceptions.Exit(1)


def _reasons(row: Row) -> list[str]:
    return [
        f"{reason['place']}: {reason['message']}" if reason["place"] else reason["message"]
        for reason in row["reasons"]
    ]
