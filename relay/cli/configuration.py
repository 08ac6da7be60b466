"""`apply` and `export`: the configuration as one document."""

import json
from typing import TextIO

import click

from relay.cli import choosing
from relay.cli.command import Mistake, OnRuntime
from relay.cli.show import Whole, clean, emit, json_option, table
from relay.config import variables
from relay.core.contract import Json
from relay.core.documents import Malformed, read_document, write_document
from relay.runtime import current
from relay.services import configure
from relay.services.changes import Change, Detail
from relay.services.export import export as exported
from relay.services.wanted import Mistakes

SIGNS = {"add": "+", "change": "~", "restore": "*", "archive": "-"}
"""What stands before each element of the difference."""


@click.command(cls=OnRuntime)
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--dry-run", is_flag=True, help="Print the difference and change nothing.")
@click.option("--prune", is_flag=True, help="Archive what FILE does not name.")
@json_option
def apply(file: TextIO, *, dry_run: bool, prune: bool, machine: bool) -> None:
    """Bring the configuration to what FILE says: YAML or JSON; - is standard input.

    All or nothing: one mistake changes nothing, and every mistake is named by its place. What FILE
    does not name stays, unless --prune archives it. ${NAME} stands for a variable of the
    environment.
    """
    document = _read(file)
    try:
        changes = configure.apply(
            current(), document, dry_run=dry_run, prune=prune, environment=variables()
        )
    except Mistakes as error:
        lines = "\n".join(f"  {problem}" for problem in error.problems)
        raise Mistake(clean(f"{file.name} changes nothing:\n{lines}")) from error
    if machine:
        emit({"applied": not dry_run, "changes": [_told(one, dry_run=dry_run) for one in changes]})
    else:
        _print_changes(changes, dry_run=dry_run)


@click.command(cls=OnRuntime)
@click.option("--project", metavar="ID", help="Only the project with this public id.")
@json_option
def export(project: str | None, *, machine: bool) -> None:
    """Print the configuration as the document that `apply` reads.

    Every secret is written as ${NAME}; applied where these are not set, the stored ones stay.
    """
    document = exported(current(), project)
    if project is not None and not document["projects"]:
        raise click.ClickException(f"There is no project {project}.")
    if machine:
        emit(document)
    else:
        click.echo(write_document(document), nl=False)


@click.command(cls=OnRuntime)
@choosing.project_option
@json_option
def addresses(project: str | None, *, machine: bool) -> None:
    """Print where each source is posted to. Whoever knows an address can post to it."""
    rt = current()
    found = configure.addresses(rt, choosing.project_id(rt, project))
    if machine:
        emit(
            [
                {
                    "project": one.project,
                    "source": one.name,
                    "kind": one.document["kind"],
                    "url": url,
                }
                for one, url in found
            ]
        )
        return
    table(
        ("project", "source", "kind", "address"),
        [(one.project, one.name, one.document["kind"], Whole(url)) for one, url in found],
    )


def _read(file: TextIO) -> Json:
    try:
        return read_document(file.read())
    except (Malformed, UnicodeDecodeError) as error:
        raise Mistake(f"{file.name} is neither YAML nor JSON: {error}") from error


def _told(change: Change, *, dry_run: bool) -> Json:
    """The change for machines, with the API key that was made for it, this once."""
    made = None if dry_run else change.element.made
    return change.to_json() | ({} if made is None else {"key": made})


def _print_changes(changes: list[Change], *, dry_run: bool) -> None:
    for change in changes:
        click.echo(clean(f"{SIGNS[change.action]} {change.element.project}: {change.subject}"))
        for detail in change.details:
            click.echo(clean(f"    {_in_words(change, detail)}"))
        if change.element.made and not dry_run:
            click.echo(f"    made, and shown this once: {change.element.made}")
    if not changes:
        click.echo("Nothing to change.")
    elif dry_run:
        click.echo(f"{_counted(changes)} to make; nothing was changed.")
    else:
        click.echo(f"{_counted(changes)} made.")


def _in_words(change: Change, detail: Detail) -> str:
    after = json.dumps(detail.after, ensure_ascii=False)
    if change.action == "add":
        return f"{detail.place}: {after}"
    before = json.dumps(detail.before, ensure_ascii=False)
    return f"{detail.place}: {before} -> {after}"


def _counted(changes: list[Change]) -> str:
    return "1 change" if len(changes) == 1 else f"{len(changes)} changes"
