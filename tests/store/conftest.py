"""What tests of the database share: one relay with a long past, made once."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.servers import Postgres, RedisServer
from tests.store.grown import Plans, grown


@pytest.fixture(scope="session")
def plans(
    postgres_server: Postgres, redis_server: RedisServer, tmp_path_factory: Any
) -> Iterator[Plans]:
    """A million rows of each large table; they take a minute to make."""
    with grown(postgres_server, redis_server, tmp_path_factory.mktemp("plans")) as found:
        yield found
