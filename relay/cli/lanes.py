"""`pause` and `resume`: sources that accept and hold, targets whose deliveries wait."""

from typing import Any

import click

from relay.cli import choosing
from relay.cli.command import OnRuntime
from relay.cli.show import emit, json_option
from relay.runtime import current
from relay.services import finding, lanes

ACTOR = "command line"


@click.group()
def pause() -> None:
    """Hold what arrives at a source, or what is owed to a target."""


@click.group()
def resume() -> None:
    """Let go on what was paused or held."""


pause.command_class = resume.command_class = OnRuntime


@pause.command(name="source")
@click.argument("name")
@choosing.project_option
@json_option
def pause_source(name: str, project: str | None, *, machine: bool) -> None:
    """Accept and hold what arrives at the source NAME (or PROJECT/NAME)."""
    rt = current()
    row = finding.find_source(rt, name, choosing.project_id(rt, project))
    changed = lanes.pause_source(rt, row.id, ACTOR)
    _tell("paused", changed, row.name, "accepts and holds", "was paused already", machine=machine)


@pause.command(name="target")
@click.argument("name")
@click.option("--reason", default="paused by hand", show_default=True)
@choosing.project_option
@json_option
def pause_target(name: str, reason: str, project: str | None, *, machine: bool) -> None:
    """Let what is owed to the target NAME (or PROJECT/NAME) wait."""
    rt = current()
    row = finding.find_target(rt, name, choosing.project_id(rt, project))
    changed = lanes.pause_target(rt, row.id, reason, ACTOR)
    _tell("paused", changed, row.name, "is paused", "was paused already", machine=machine)


@resume.command(name="source")
@click.argument("name")
@choosing.project_option
@json_option
def resume_source(name: str, project: str | None, *, machine: bool) -> None:
    """Take in again what arrives at the source NAME, and what was held for its pause."""
    rt = current()
    row = finding.find_source(rt, name, choosing.project_id(rt, project))
    released = lanes.resume_source(rt, row.id, ACTOR)
    said = f"goes on with {released} that were held"
    _tell("released", released, row.name, said, machine=machine)


@resume.command(name="target")
@click.argument("name")
@choosing.project_option
@json_option
def resume_target(name: str, project: str | None, *, machine: bool) -> None:
    """Bring the target NAME what waits for it, whatever held it."""
    rt = current()
    row = finding.find_target(rt, name, choosing.project_id(rt, project))
    changed = lanes.resume_target(rt, row.id, ACTOR)
    _tell("resumed", changed, row.name, "goes on", "was not held", machine=machine)


def _tell(
    name: str, value: Any, subject: str, yes: str, no: str | None = None, *, machine: bool
) -> None:
    if machine:
        emit({"name": subject, name: value})
    else:
        click.echo(f"{subject} {yes if value or no is None else no}.")
