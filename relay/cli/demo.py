"""`demo`: a project to look around in."""

import click

from relay.cli.command import OnRuntime
from relay.cli.show import emit, json_option
from relay.runtime import current
from relay.services import demo as service


@click.command(cls=OnRuntime)
@json_option
def demo(*, machine: bool) -> None:
    """Make a project `demo` with leads in many states, out of the integrations' samples.

    Nothing is sent anywhere: its targets' addresses do not exist, and their answers are recorded
    ones. Exits with 1 when there is such a project already.
    """
    rt = current()
    try:
        sent = service.make_demo(rt)
    except service.Demo as error:
        raise click.ClickException(str(error)) from error
    if machine:
        emit({"project": service.PROJECT, "submissions": sent})
    else:
        click.echo(f"The project demo has {sent} submissions: {rt.config.public_url}/console")
