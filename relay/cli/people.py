"""`create-user`: somebody who may sign in to the console."""

import sys

import click

from relay.cli.command import Mistake, OnRuntime
from relay.cli.show import emit, json_option
from relay.runtime import current
from relay.services import users
from relay.store.tables import ROLES


@click.command(cls=OnRuntime)
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), default="owner", show_default=True)
@json_option
def create_user(email: str, role: str, *, machine: bool) -> None:
    """Let EMAIL sign in to the console. Asks for the password, or reads it from standard input."""
    try:
        user = users.create_user(current(), email, _password(), role)
    except users.UserError as error:
        raise Mistake(str(error)) from error
    if machine:
        emit({"id": user.id, "email": user.email, "role": user.role})
    else:
        click.echo(f"{user.email} may sign in as {user.role}.")


def _password() -> str:
    """The password; never an argument, which other users of the machine could read."""
    if sys.stdin.isatty():
        given: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return given
    return sys.stdin.readline().rstrip("\r\n")
