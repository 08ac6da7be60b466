"""`python -m relay migrate`: brings the database to the newest tables."""

import click

from relay.cli.command import OnRuntime
from relay.migrations import upgrade
from relay.runtime import current


@click.command(cls=OnRuntime)
def migrate() -> None:
    """Bring the database to the newest tables. Safe to run side by side."""
    upgrade(current().config.database_url)
    click.echo("The database is up to date.")
