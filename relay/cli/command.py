"""What the commands share: the runtime around them, and failures as messages with exit codes."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
import sqlalchemy as sa

from relay.config import ConfigError
from relay.core.secrets import Sealed
from relay.services.finding import NotFound
from relay.store.writer import is_away

UNMIGRATED = {"42P01", "42703"}
"""PostgreSQL's codes for a table or column that is not there."""


class Mistake(click.ClickException):
    """Whoever gave the command, the settings or the document has to change something."""

    exit_code = 2


class Away(click.ClickException):
    """The database cannot be used now; the same command may work later."""

    exit_code = 3


class OnRuntime(click.Command):
    """A command that works on the process's runtime, assembled just before it begins."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command with `relay.runtime.current()` at hand."""
        _show_errors_alone()
        with in_words(), ctx.find_root().obj():
            return super().invoke(ctx)


def _show_errors_alone() -> None:
    """Leave out warnings, such as that nobody can be rung; `logs.set_up` shows them again."""
    root = logging.getLogger()
    if not root.handlers:
        handler = logging.StreamHandler()
        handler.setLevel(logging.ERROR)
        root.addHandler(handler)


@contextmanager
def in_words() -> Iterator[None]:
    """Turn the failures that a person can do something about into messages without traceback."""
    try:
        yield
    except (ConfigError, Sealed) as error:
        raise Mistake(str(error)) from error
    except NotFound as error:
        raise click.ClickException(str(error)) from error
    except sa.exc.DBAPIError as error:
        raise _database_failure(error) from error


def _database_failure(error: sa.exc.DBAPIError) -> Exception:
    """What to say of it; what it quotes of the statement stays out, since that may hold secrets."""
    said = str(error.orig).strip().split("\n", 1)[0]
    if getattr(error.orig, "sqlstate", None) in UNMIGRATED or said.startswith("no such "):
        return Away(f"The database is not migrated ({said}). Run: python -m relay migrate")
    if is_away(error):
        return Away(f"The database does not answer: {said}")
    return error
