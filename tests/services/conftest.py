"""What tests of services stand on."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.services.outgoing import Outgoing


@pytest.fixture
def out(runtime: Any) -> Iterator[Outgoing]:
    """A project with a source, on `runtime`, from which deliveries go out."""
    made = Outgoing(runtime)
    yield made
    made.close()
