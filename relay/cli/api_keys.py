"""`keys`: the API keys, of projects and of all of them."""

from uuid import UUID

import click

from relay.cli.choosing import project_id, project_option
from relay.cli.command import Mistake, OnRuntime
from relay.cli.show import Whole, emit, json_option, table
from relay.runtime import Runtime, current
from relay.services import configure, inventory
from relay.services.elements import properties
from relay.services.wanted import Mistakes

SCOPES = properties("api key")["scopes"]["items"]["enum"]

ACTOR = "command line"

everywhere_option = click.option("--all-projects", is_flag=True, help="One for all projects.")


@click.group()
def keys() -> None:
    """Make, list and revoke API keys."""


keys.command_class = OnRuntime


@keys.command(name="list")
@project_option
@json_option
def list_keys(project: str | None, *, machine: bool) -> None:
    """List the keys in use. A key itself is known to nobody but who has it."""
    rt = current()
    rows = inventory.keys_of(rt, project_id(rt, project))
    if machine:
        emit(rows)
        return
    table(
        ("project", "name", "ends in", "scopes", "made", "last used"),
        [
            (
                row["project"] or "(all)",
                row["name"],
                row["hint"],
                ", ".join(row["scopes"]),
                row["created_at"],
                row["used_at"],
            )
            for row in rows
        ],
    )


@keys.command(name="create")
@click.argument("name")
@project_option
@everywhere_option
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, help="What it may do.")
@json_option
def create(
    name: str, project: str | None, scopes: tuple[str, ...], *, all_projects: bool, machine: bool
) -> None:
    """Make a key called NAME and print it, this once. Without a scope it may read and write."""
    rt = current()
    owner = _owner(rt, project, all_projects=all_projects)
    document = {"name": name, **({"scopes": list(dict.fromkeys(scopes))} if scopes else {})}
    try:
        made, key = configure.make_key(rt, owner, document, ACTOR)
    except Mistakes as error:
        raise Mistake("\n".join(error.problems)) from error
    if machine:
        emit({"id": made, "name": name, "project": project, "key": key})
    else:
        click.echo("Keep it now; it is not shown again.", err=True)
        click.echo(Whole(key))


@keys.command(name="revoke")
@click.argument("name")
@project_option
@everywhere_option
def revoke(name: str, project: str | None, *, all_projects: bool) -> None:
    """Let the key called NAME open nothing any more."""
    rt = current()
    owner = _owner(rt, project, all_projects=all_projects)
    for row in inventory.keys_of(rt, owner):
        if (row["name"], row["project_id"]) == (name, owner):
            configure.archive(rt, row["id"], ACTOR)
            click.echo(f"{name} opens nothing any more.")
            return
    raise click.ClickException(f"There is no API key {name}.")


def _owner(rt: Runtime, project: str | None, *, all_projects: bool) -> UUID | None:
    if all_projects == (project is not None):
        raise click.UsageError("Say either --project ID or --all-projects.")
    return project_id(rt, project)
