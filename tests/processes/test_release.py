"""`release`, and what every process refuses to start with."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from relay.migrations import pending
from relay.store.database import Database
from tests.processes.conftest import Run
from tests.servers import Postgres

SECRET = "a secret key for tests, long enough to be taken"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that holds nothing."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new.db"
    server: Postgres = request.getfixturevalue("postgres_server")
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE released")
    return server.url("released")


def test_two_releases_at_once_both_succeed(run: Run, empty_database: str, tmp_path: Path) -> None:
    settings = {
        "RELAY_MODE": "local",
        "RELAY_DATA_DIR": str(tmp_path),
        "DATABASE_URL": empty_database,
    }
    releases = [run("release", settings) for _ in range(2)]
    assert [release.wait() for release in releases] == [0, 0], [one.output for one in releases]
    database = Database(empty_database)
    assert not pending(database)
    database.close()


PRODUCTION = {
    "SECRET_KEY": SECRET,
    "RELAY_PUBLIC_URL": "https://leads.example.com",
    "DATABASE_URL": "postgresql://relay@127.0.0.1:9/nobody",
}


@pytest.mark.parametrize(
    ("name", "change", "code", "said"),
    [
        ("web", {"SECRET_KEY": ""}, 2, "SECRET_KEY is missing"),
        ("worker", {"RELAY_PUBLIC_URL": ""}, 2, "RELAY_PUBLIC_URL is missing"),
        ("clock", {"DATABASE_URL": ""}, 2, "DATABASE_URL is missing"),
        ("release", {"SECRET_KEY": "short"}, 2, "SECRET_KEY has 5 characters"),
        ("release", {}, 3, "The database does not answer"),
    ],
)
def test_what_is_missing_ends_the_process_with_a_sentence(
    run: Run, name: str, change: dict[str, Any], code: int, said: str
) -> None:
    refused = run(name, PRODUCTION | change)
    assert refused.wait() == code
    assert said in refused.output
    assert "Traceback" not in refused.output
