"""`create-user` and `users`: the people who may sign in to the console."""

import sys
from typing import Any

import click

from relay.cli.choosing import project_id, project_option
from relay.cli.command import Mistake, OnRuntime
from relay.cli.show import emit, json_option, table
from relay.runtime import current
from relay.services import people, second_step, signing_in
from relay.services.users import User, UserError, by_email
from relay.services.users import create_user as make_user
from relay.store.tables import ROLES

ACTOR = "command line"


@click.command(cls=OnRuntime)
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), default="owner", show_default=True)
@project_option
@json_option
def create_user(email: str, role: str, project: str | None, *, machine: bool) -> None:
    """Let EMAIL sign in to the console, with a role in all projects or in one.

    Asks for the password, or reads it from standard input.
    """
    rt = current()
    where = project_id(rt, project)
    everywhere, own = (role, {}) if where is None else (None, {where: role})
    try:
        user = make_user(rt, email, _password(), everywhere, own)
    except UserError as error:
        raise Mistake(str(error)) from error
    if machine:
        emit({"id": user.id, "email": user.email, "role": role, "project": project})
    else:
        click.echo(f"{user.email} may sign in as {role}{f' of {project}' if project else ''}.")


@click.group()
def users() -> None:
    """List the people of the console, and help those who cannot get in."""


users.command_class = OnRuntime


@users.command(name="list")
@json_option
def list_users(*, machine: bool) -> None:
    """List everybody who may sign in, with their roles."""
    found: list[people.Listed] = []
    while page := people.everybody(current(), found[-1].user.email if found else ""):
        found += page
    rows: list[dict[str, Any]] = [
        {
            "email": one.user.email,
            "state": one.state,
            "role": one.user.role,
            "projects": {name: one.user.roles[own] for own, name in one.projects.items()},
            "second_step": one.user.has_second_step,
            "signed_in_at": one.signed_in_at,
        }
        for one in found
    ]
    if machine:
        emit(rows)
        return
    table(
        ("e-mail", "state", "all projects", "single projects", "second step", "last signed in"),
        [
            (
                row["email"],
                row["state"],
                row["role"],
                ", ".join(f"{name}: {role}" for name, role in row["projects"].items()),
                "on" if row["second_step"] else "off",
                row["signed_in_at"],
            )
            for row in rows
        ],
    )


@users.command(name="reset-password")
@click.argument("email")
def reset_password(email: str) -> None:
    """Give EMAIL another password; their sessions end. Asks for it like create-user."""
    person = _known(email)
    try:
        signing_in.set_password(
            current(), person.id, person.email, _password(), "set password", ACTOR
        )
    except UserError as error:
        raise Mistake(str(error)) from error
    click.echo(f"{person.email} has another password.")


@users.command(name="reset-second-step")
@click.argument("email")
def reset_second_step(email: str) -> None:
    """Ask EMAIL for no code any more, whose app and recovery codes are lost."""
    person = _known(email)
    second_step.turn_off(current(), person, ACTOR)
    click.echo(f"Signing in asks {person.email} for no second step any more.")


def _known(email: str) -> User:
    found = by_email(current(), email)
    if found is None:
        raise click.ClickException(f"There is no user {email}.")
    return found


def _password() -> str:
    """The password; never an argument, which other users of the machine could read."""
    if sys.stdin.isatty():
        given: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return given
    return sys.stdin.readline().rstrip("\r\n")
