"""What tests of services stand on."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.factories import Bell, Incoming, catalog
from tests.services.outgoing import Outgoing


@pytest.fixture
def out(runtime: Any) -> Iterator[Outgoing]:
    """A project with a source, on `runtime`, from which deliveries go out."""
    made = Outgoing(runtime)
    yield made
    made.close()


@pytest.fixture
def acme(make_runtime: Callable[..., Any]) -> Incoming:
    """A project to which letters come; what would be rung for is noted."""
    from relay import runtime as process

    made = make_runtime(queue=Bell(), catalog=catalog())
    process.install(made)
    return Incoming(made)
