"""`export-person` and `erase-person`: what is kept of somebody, given out or erased."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from relay.cli import choosing
from relay.cli.command import Mistake, OnRuntime
from relay.cli.lanes import ACTOR
from relay.cli.show import emit, json_option, table
from relay.core.contacts import Contact, read_contact
from relay.runtime import Runtime, current
from relay.services import inventory, person_requests
from relay.services.person_found import in_words
from relay.services.person_job import work_on
from relay.services.person_receipt import written
from relay.services.person_zip import zipped

PAUSE = 0.2
"""Seconds until it is looked again whether somebody else's slice is done."""

contacts_argument = click.argument("contacts", nargs=-1, required=True, metavar="CONTACT...")


class _Contacts(list[Contact]):
    """What was typed, read. Raises Mistake."""

    def __init__(self, typed: Sequence[str]) -> None:
        try:
            super().__init__(read_contact(one) for one in typed)
        except ValueError as error:
            raise Mistake(str(error)) from error


@click.command(cls=OnRuntime)
@contacts_argument
@choosing.project_option
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The ZIP file to write; it must not be there yet.",
)
def export_person(contacts: tuple[str, ...], project: str | None, output: Path) -> None:
    """Write what is kept of a person, by e-mail or phone, into a ZIP file.

    The file is readable by its owner alone. In several projects it needs --project.
    """
    rt = current()
    wanted = _Contacts(contacts)
    owner = _one_project(rt, project)
    if output.exists():
        raise Mistake(f"{output} is there already")
    row = _look(rt, owner, wanted, "")
    person_requests.ask_file(rt, row, ACTOR)
    row = _finish(rt, owner, row["id"])
    output.touch(mode=0o600, exist_ok=False)
    with output.open("wb") as file:
        file.writelines(zipped(rt, row, ACTOR))
    person_requests.end(rt, row, ACTOR)
    click.echo(f"{output} is written.", err=True)


@click.command(cls=OnRuntime)
@contacts_argument
@choosing.project_option
@click.option("--label", default="", help="For the receipt; name nobody in it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def erase_person(
    contacts: tuple[str, ...], project: str | None, label: str, *, yes: bool, machine: bool
) -> None:
    """Erase a person everywhere, by e-mail or phone, and print the receipt.

    Says first what will go and who had got it. Without --project in every project.
    """
    rt = current()
    wanted = _Contacts(contacts)
    for owner in _projects(rt, project):
        row = _look(rt, owner["id"], wanted, label)
        if not machine:
            _tell(owner, row)
        if not yes:
            _confirm(wanted)
        person_requests.confirm(rt, row, ACTOR)
        row = _finish(rt, owner["id"], row["id"])
        if machine:
            names = ("id", "label", "erasing_at", "erased_at", "hashes", "counts")
            told = {name: row[name] for name in names}
            emit({**told, "targets": [dict(line) for line in person_requests.lines(rt, row)]})
        else:
            click.echo(written(rt, row, owner["name"]))


def _look(rt: Runtime, project: UUID, wanted: Sequence[Contact], label: str) -> Any:
    return _finish(rt, project, person_requests.ask(rt, project, wanted, label, ACTOR))


def _finish(rt: Runtime, project: UUID, request_id: UUID) -> Any:
    """Do the work on a request, beside the workers that may do it too; its row afterwards."""
    while True:
        work_on(rt, request_id)
        row = person_requests.one(rt, project, request_id)
        if row is None or row["work"] is None:
            return row
        if row["due_at"] is not None or row["lease_token"] is not None:
            threading.Event().wait(PAUSE)


def _tell(owner: Any, row: Any) -> None:
    click.echo(f"{owner['name']}:")
    found = in_words(row["counts"])
    table(("count", "found", "erasing it"), found) if found else click.echo("Nothing is kept.")
    got = [one["target"] for one in row["counts"]["targets"]]
    click.echo(f"Had got the data: {', '.join(got) or 'nobody'}.\n")


def _confirm(wanted: Sequence[Contact]) -> None:
    typed = click.prompt("Type the e-mail address or number once more to erase this person")
    try:
        same = read_contact(typed) in wanted
    except ValueError:
        same = False
    if not same:
        raise Mistake("That is not whom you asked for. Nothing was erased.")


def _projects(rt: Runtime, project: str | None) -> Sequence[Any]:
    wanted = choosing.project_id(rt, project)
    return [one for one in inventory.all_projects(rt) if wanted in {None, one["id"]}]


def _one_project(rt: Runtime, project: str | None) -> UUID:
    found = _projects(rt, project)
    if len(found) != 1:
        raise Mistake("Name one project with --project.")
    only: UUID = found[0]["id"]
    return only
