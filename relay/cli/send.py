"""`send`: an integration's own sample, taken in as if it had come to the door."""

from uuid import UUID

import click

from relay.cli import choosing
from relay.cli.command import Away, OnRuntime
from relay.cli.show import emit, json_option, table
from relay.core.fixtures import EXAMPLE, Fixture, fixtures_of
from relay.core.kinds import SourceKind
from relay.runtime import Runtime, current
from relay.services import configured, finding, samples
from relay.services.configured import ConfiguredSource
from relay.store.writer import Busy


@click.command(cls=OnRuntime)
@click.argument("integration")
@click.argument("fixture", required=False)
@click.option("--to", metavar="SOURCE", help="The source; needed where there are several.")
@click.option("--list", "listing", is_flag=True, help="Show the samples and send nothing.")
@choosing.project_option
@json_option
def send(
    integration: str,
    fixture: str | None,
    to: str | None,
    project: str | None,
    *,
    listing: bool,
    machine: bool,
) -> None:
    """Send a sample of INTEGRATION to a source of that kind, signed as its sender signs.

    FIXTURE names one of its samples, `example` where it is left out. The lead goes on to the
    source's targets like any other; the same sample sent again is a repeat.
    """
    rt = current()
    known = fixtures_of(_kind(rt, integration))
    if listing:
        _list(known, machine=machine)
        return
    sample = _sample(known, integration, fixture or EXAMPLE)
    source = _source(rt, integration, to, project)
    try:
        receipt = samples.send(rt, source, sample)
    except samples.Refused as error:
        raise click.ClickException(f"{source.name} turns it away: {error}") from error
    except Busy as error:
        raise Away(str(error)) from error
    if machine:
        sent = zip(receipt.ids, receipt.states, strict=True)
        emit({"submissions": [{"id": one, "state": state} for one, state in sent]})
        return
    for submission_id, state in zip(receipt.ids, receipt.states, strict=True):
        click.echo(f"{source.name} took it in: submission {submission_id}, {state}.")


def _kind(rt: Runtime, name: str) -> SourceKind:
    if name in rt.catalog.sources:
        return rt.catalog.sources[name]
    listed = ", ".join(sorted(rt.catalog.sources))
    raise click.UsageError(f"{name} is no source integration; there are: {listed}.")


def _list(known: list[Fixture], *, machine: bool) -> None:
    if machine:
        emit([{"name": one.name, "title": one.title} for one in known])
    else:
        table(("fixture", "title"), [(one.name, one.title) for one in known])


def _sample(known: list[Fixture], integration: str, name: str) -> Fixture:
    for one in known:
        if one.name == name:
            return one
    listed = ", ".join(one.name for one in known) or "none"
    raise click.UsageError(f"{integration} has no fixture {name}; there are: {listed}.")


def _source(rt: Runtime, kind: str, name: str | None, project: str | None) -> ConfiguredSource:
    owner = choosing.project_id(rt, project)
    if name is not None:
        return _named(rt, kind, name, owner)
    found = samples.sources_of_kind(rt, kind, owner)
    if not found:
        raise click.ClickException(f"There is no {kind} source; add one with `apply`.")
    if len(found) > 1:
        listed = ", ".join(f"{public_id}/{source.name}" for public_id, source in found)
        raise click.UsageError(f"There are several {kind} sources, say which by --to: {listed}.")
    return found[0][1]


def _named(rt: Runtime, kind: str, name: str, owner: UUID | None) -> ConfiguredSource:
    source = configured.source(rt, finding.find_source(rt, name, owner).id)
    if source is None:
        raise finding.NotFound(f"There is no source {name}.")
    if source.kind.name != kind:
        raise click.UsageError(f"{name} is a {source.kind.name} source, not a {kind} one.")
    return source
