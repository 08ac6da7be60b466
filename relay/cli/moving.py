"""`import`: takes over the leads of a hosted account."""

import sys
from dataclasses import asdict
from urllib.parse import urlsplit

import click

from relay.cli.command import Away, Mistake, OnRuntime
from relay.cli.show import clean, emit, json_option
from relay.config import variables
from relay.core.contract import Account
from relay.runtime import Runtime, current
from relay.services import configured, finding, imported
from relay.services.configured import ConfiguredProject, ConfiguredSource
from relay.services.hosted import Hosted, Unavailable
from relay.services.imported import Taken
from relay.store.writer import Busy


@click.command(name="import", cls=OnRuntime)
@click.argument("vendor")
@click.option("--project", metavar="ID", required=True, help="Whose the leads become (public id).")
@click.option("--url", help="The account's address, where it is not the vendor's usual one.")
@click.option(
    "--key-env",
    metavar="NAME",
    help="The variable of the environment that holds the account's key.",
)
@json_option
def import_(
    vendor: str, project: str, url: str | None, key_env: str | None, *, machine: bool
) -> None:
    """Take over the leads of a hosted account of VENDOR: leadtrackr or octanist.

    Asks for the account's API key, or reads it from standard input. Leads keep their ids where
    nobody has them yet, their dates, status, value and note; nothing is sent on. May be broken off
    and run again: what is here already stays as it is. Exits with 1 when leads could not be read.
    """
    rt = current()
    account = _account(rt, vendor)
    owner, source = _place(rt, project, vendor)
    hosted = Hosted(rt, account, _address(url or account.url), _key(key_env), say=_say)
    try:
        with _Progress() as progress:
            taken = imported.take_over(rt, owner, source, hosted, progress)
    except Unavailable as error:
        raise click.ClickException(f"{error}. What was taken over stays; run it again.") from error
    except Busy as error:
        raise Away(f"{error}. What was taken over stays; run it again.") from error
    finally:
        hosted.close()
    _report(taken, machine=machine)


def _account(rt: Runtime, vendor: str) -> Account:
    kind = rt.catalog.sources.get(vendor)
    if kind is None or kind.source.account is None:
        known = [name for name, one in rt.catalog.sources.items() if one.source.account]
        raise click.UsageError(f"Accounts of {vendor} cannot be taken over; of {_all(known)} can.")
    return kind.source.account


def _all(names: list[str]) -> str:
    return " and ".join(sorted(names))


def _place(rt: Runtime, name: str, kind: str) -> tuple[ConfiguredProject, ConfiguredSource]:
    project = configured.project(rt, finding.find_project(rt, name))
    if project is None or project.archived:
        raise finding.NotFound(f"There is no project {name}.")
    source = configured.source_of_kind(rt, project.id, kind)
    if source is None:
        raise Mistake(f"All sources of the kind {kind} are archived in {name}; bring one back.")
    return project, source


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        raise Mistake(f"{url} is no address; write it as https://app.example.com")
    return url.rstrip("/")


def _key(variable: str | None) -> str:
    """The account's key; never an argument, which other users of the machine could read."""
    if variable:
        key = variables().get(variable, "")
    elif sys.stdin.isatty():
        key = click.prompt("API key of the account", hide_input=True, err=True)
    else:
        key = sys.stdin.readline()
    if not (key := key.strip()):
        where = f"The variable {variable}" if variable else "What was given"
        raise Mistake(f"{where} holds no API key.")
    return key


def _say(text: str) -> None:
    click.echo(clean(text), err=True)


class _Progress:
    """Says on a terminal how far it is."""

    def __init__(self) -> None:
        self._done = 0
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> "_Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown and self._done:
            click.echo(err=True)

    def __call__(self, more: int, total: int | None) -> None:
        self._done += more
        if self._shown:
            of_all = f" of {total}" if total is not None else ""
            click.echo(f"\r{self._done}{of_all} leads", nl=False, err=True)


def _report(taken: Taken, *, machine: bool) -> None:
    if machine:
        emit(asdict(taken))
    else:
        click.echo(f"{taken.new} taken over, {taken.known} were here already.")
        if taken.erased:
            click.echo(f"{taken.erased} were refused: their persons were erased here.")
        if taken.renamed:
            click.echo(f"{len(taken.renamed)} have another id here, since theirs was taken.")
        for lead_id in taken.quarantined:
            click.echo(clean(f"{lead_id}: could not be read; it is in the quarantine."), err=True)
    if taken.quarantined:
        raise click.exceptions.Exit(1)
