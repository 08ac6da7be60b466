"""`rotate-keys`: after SECRET_KEY was changed, seals every stored secret with the new one."""

from dataclasses import asdict

import click

from relay.cli.command import OnRuntime
from relay.cli.show import emit, json_option, progress
from relay.runtime import current
from relay.services import keys, returning


@click.command(cls=OnRuntime)
@json_option
def rotate_keys(*, machine: bool) -> None:
    """Seal every stored secret with the present SECRET_KEY.

    Put the former key into SECRET_KEYS_OLD, start everything anew, run this, then take the former
    key away. Exits with 1 when there are secrets that no key opens.
    """
    rt = current()
    with progress("Sealing", keys.count(rt)) as done:
        found = keys.rotate(rt, done)
    if machine:
        emit(asdict(found))
    else:
        click.echo(f"{found.rotated} sealed anew, {found.newest} were so already.")
    if former := returning.by_former_keys(rt):
        click.echo(
            f"{former} erased contacts are known by former keys alone: leave those in "
            "SECRET_KEYS_OLD.",
            err=True,
        )
    for name in found.lost:
        click.echo(f"No key opens the secrets of {name}.", err=True)
    if found.lost:
        raise click.exceptions.Exit(1)
