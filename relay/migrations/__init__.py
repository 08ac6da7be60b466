"""Bringing a database to the newest tables: Alembic set up in code, forward only."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from relay.store.database import Database

LOCK = 0x1EAD
"""The advisory lock that lets one `release` work at a time on PostgreSQL."""


def upgrade(url: str) -> None:
    """Bring the database to the newest revision in one transaction; safe to run side by side."""
    database = Database(url, pool_size=1)
    if database.is_sqlite:
        # batch mode drops and renames tables that others refer to
        sa.event.listen(database.engine, "connect", _without_foreign_keys)
    try:
        with database.write() as connection:
            _take_turns(connection)
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        database.close()


def pending(database: Database) -> bool:
    """Whether the database lacks the newest revision."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    with database.read() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return True
        held = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return bool(held != head)


def _config() -> Config:
    config = Config()
    here = str(Path(__file__).parent)
    config.set_main_option("script_location", here.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _take_turns(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":  # on SQLite, BEGIN IMMEDIATE has done it
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def _without_foreign_keys(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA foreign_keys=OFF")
