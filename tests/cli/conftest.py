"""The command line run within the test's process, on the test's runtime."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner, Result

from relay import runtime as process
from relay.cli import program

Relay = Callable[..., Result]
"""`relay("apply", "-", input=...)`: exit code, output and errors of one command."""


@pytest.fixture
def relay(runtime: Any) -> Relay:
    """Runs `python -m relay ...` on `runtime`."""

    @contextmanager
    def assembled() -> Iterator[None]:
        process.install(runtime)
        yield

    def run(*arguments: str, **options: Any) -> Result:
        return CliRunner().invoke(
            program, list(arguments), obj=assembled, catch_exceptions=False, **options
        )

    return run
