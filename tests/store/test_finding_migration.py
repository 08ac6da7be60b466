"""Leads that are there before lists could be searched are found after the migration."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from relay import migrations
from relay.migrations import upgrade
from relay.store.database import Database
from relay.store.tables import lead_texts
from tests.conftest import NOON, _statement
from tests.servers import Postgres

ADA, GONE, NOBODY = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def old_database(request: pytest.FixtureRequest, tmp_path: pytest.TempPathFactory) -> Iterator[str]:
    """A database as it was before, with three leads, of which one is archived and one is empty."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/old.db"
        _fill_up_to_0004(url)
        yield url
        return
    server = request.getfixturevalue("postgres_server")
    name = f"old_{uuid4().hex}"
    _statement(server, f"CREATE DATABASE {name}")
    _fill_up_to_0004(server.url(name))
    yield server.url(name)
    _statement(server, f"DROP DATABASE {name} WITH (FORCE)")


def test_leads_that_are_there_can_be_searched(old_database: str) -> None:
    upgrade(old_database)
    database = Database(old_database)
    with database.read() as connection:
        rows = connection.execute(sa.select(lead_texts).order_by(lead_texts.c.lead_id)).all()
        status = connection.scalar(sa.text("SELECT max(length(status)) FROM leads"))
    database.close()
    assert [(row.lead_id, row.archived, row.text) for row in rows] == [
        (ADA, False, "ada öztürk\nada@example.com\n+49301\n030 1"),
        (GONE, True, "bob"),
        (NOBODY, False, ""),
    ]
    assert status == 500


def test_sqlite_finds_them_by_their_trigrams(tmp_path: pytest.TempPathFactory) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    _fill_up_to_0004(url)
    upgrade(url)
    database = Database(url)
    with database.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT count(*) FROM lead_trigrams WHERE lead_trigrams MATCH '\"özt\"'"
        )
        assert found.scalar_one() == 1
    database.close()


@pytest.mark.postgres
def test_who_may_make_no_extension_has_the_tables_all_the_same(postgres_server: Postgres) -> None:
    name = f"plain_{uuid4().hex}"
    _statement(postgres_server, f"CREATE ROLE {name} LOGIN")
    _statement(postgres_server, f"CREATE DATABASE {name}")
    with psycopg.connect(postgres_server.url(name), autocommit=True) as connection:
        connection.execute(f"GRANT ALL ON SCHEMA public TO {name}".encode())
    url = postgres_server.url(name).replace("relay@", f"{name}@")
    upgrade(url)
    database = Database(url)
    indexes = {index["name"] for index in sa.inspect(database.engine).get_indexes("lead_texts")}
    database.close()
    assert "ix_lead_texts_text" not in indexes
    _statement(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")
    _statement(postgres_server, f"DROP ROLE {name}")


def _fill_up_to_0004(url: str) -> None:
    database = Database(url)
    config = Config()
    config.set_main_option("script_location", str(migrations.__path__[0]))
    config.set_main_option("path_separator", "os")
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        leads = sa.Table("leads", sa.MetaData(), autoload_with=connection)
        for column in ("id", "project_id", "source_id"):
            leads.c[column].type = sa.Uuid()
        for column in ("created_at", "updated_at", "archived_at"):
            leads.c[column].type = sa.DateTime(timezone=True)
        connection.execute(sa.insert(leads), _LEADS)
    database.close()


_LEAD = {
    **dict.fromkeys(("name", "email", "phone", "phone_raw", "first_name", "last_name")),
    "project_id": UUID(int=9),
    "source_id": UUID(int=8),
    "version": 1,
    "test": False,
    "partial": False,
    "status": "open",
    "created_at": NOON,
    "updated_at": NOON,
    "archived_at": None,
}


def _lead(id_: UUID, **columns: object) -> dict[str, object]:
    name = str(id_.int)
    return {**_LEAD, "id": id_, "number": id_.int, "public_id": name, "lead_key": name, **columns}


_LEADS = [
    _lead(
        ADA,
        first_name="Ada",
        last_name="ÖZTÜRK",
        email="ada@example.com",
        phone="+49301",
        phone_raw="030  1",
        status="s" * 600,
    ),
    _lead(GONE, name="Bob", archived_at=NOON),
    _lead(NOBODY),
]
