"""The migrations make the tables that the code believes in."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from relay import migrations
from relay.migrations import pending, upgrade
from relay.store.database import Database
from relay.store.tables import metadata
from tests.servers import Postgres


def test_there_is_one_head() -> None:
    script = ScriptDirectory(str(migrations.__path__[0]))
    assert len(script.get_heads()) == 1


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_migrations_make_the_columns_of_the_code(database_url: str) -> None:
    database = Database(database_url)
    options = {"compare_type": True, "compare_server_default": True}
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts=options)
        differences = compare_metadata(context, metadata)
    database.close()
    assert differences == []


def test_checks_and_partial_indexes_are_those_of_the_code(database_url: str) -> None:
    """Alembic compares no CHECKs and no conditions of indexes; the database's own words do."""
    migrated = Database(database_url)
    with migrated.write() as connection:
        found = _described(connection)
        metadata.drop_all(connection)
        metadata.create_all(connection)
        expected = _described(connection)
    migrated.close()
    assert found == expected


def test_a_second_upgrade_changes_nothing(database_url: str) -> None:
    database = Database(database_url)
    upgrade(database_url)
    assert not pending(database)
    database.close()


def test_an_empty_database_is_pending(tmp_path: pytest.TempPathFactory) -> None:
    database = Database(f"sqlite:///{tmp_path}/new.db")
    assert pending(database)
    database.close()


def test_releases_side_by_side_take_turns_on_sqlite(tmp_path: pytest.TempPathFactory) -> None:
    _release_five_times_at_once(f"sqlite:///{tmp_path}/new.db")


@pytest.mark.postgres
def test_releases_side_by_side_take_turns_on_postgres(postgres_server: Postgres) -> None:
    from tests.conftest import _statement

    _statement(postgres_server, "CREATE DATABASE side_by_side")
    _release_five_times_at_once(postgres_server.url("side_by_side"))


def _release_five_times_at_once(url: str) -> None:
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(upgrade, [url] * 5))
    database = Database(url)
    assert not pending(database)
    database.close()


def _described(connection: sa.Connection) -> list[tuple[object, ...]]:
    if connection.dialect.name == "sqlite":
        text = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%'"
        rows = connection.execute(sa.text(text)).all()
        return sorted((kind, name, _sorted_lines(sql)) for kind, name, sql in rows)
    constraints = connection.execute(
        sa.text(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) "
            "FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
        )
    ).all()
    indexes = connection.execute(
        sa.text("SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
    ).all()
    found = [tuple(row) for row in (*constraints, *indexes)]
    return sorted(row for row in found if "alembic" not in str(row))


def _sorted_lines(sql: str | None) -> list[str]:
    """Constraints may stand in another order, added columns in one line, names within quotes."""
    lines = re.split(r"\n|, (?=[a-z_]+ [A-Z])", (sql or "").replace('"', ""))
    return sorted(line.strip().rstrip(",") for line in lines)
