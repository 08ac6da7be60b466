"""Asking whether what was counted is meant, and telling what came of it."""

import sys
from typing import Any

import click

from relay.cli.show import emit


def ask(said: str, verb: str, total: int, *, yes: bool) -> None:
    """Say what is about to be done, and go on once the user agrees."""
    click.echo(said, err=True)
    if not total or yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("There is nobody to ask; say --yes.")
    click.confirm(f"{verb}?", abort=True, err=True)


def counted(count: int, one: str, many: str | None = None) -> str:
    """A number with its noun."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def tell(name: str, value: Any, words: str, *, machine: bool) -> None:
    """The result, as JSON or in words."""
    if machine:
        emit({name: value})
    else:
        click.echo(words)
