"""Databases that one test after the other is lent: emptying one is faster than copying one."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg

from tests.servers import Postgres

TEMPLATE = "template_relay"

_SESSIONS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

_EMPTY = """
DO $$
DECLARE name text; found bool;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR name IN SELECT oid::regclass FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
  LOOP
    EXECUTE 'SELECT EXISTS (SELECT FROM ' || name || ')' INTO found;
    IF found THEN EXECUTE 'DELETE FROM ' || name; END IF;
  END LOOP;
END $$
"""

_SHAPE = """
SELECT
  (SELECT array_agg(oid ORDER BY oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
  (SELECT array_agg(version_num) FROM alembic_version)
"""


LENDINGS = 100
"""What was removed slows a database down until it is swept; it goes before that."""


class Lender:
    """Lends copies of the migrated template; a copy whose tables are no longer its own goes."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._spare: list[tuple[str, object, int]] = []

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The address of a database that nobody else has, with empty tables."""
        name, shape, left = self._spare.pop() if self._spare else self._copied()
        yield self._server.url(name)
        if left and self._emptied(name, shape):
            self._spare.append((name, shape, left - 1))
        else:
            self._do(f"DROP DATABASE {name} WITH (FORCE)")

    def _copied(self) -> tuple[str, object, int]:
        name = f"test_{uuid4().hex}"
        self._do(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        with self._connected(name) as connection:
            return name, connection.execute(_SHAPE).fetchone(), LENDINGS

    def _emptied(self, name: str, shape: object) -> bool:
        with self._connected(name) as connection:
            connection.execute(_SESSIONS)
            if connection.execute(_SHAPE).fetchone() != shape:
                return False
            connection.execute(_EMPTY)
            return True

    def _do(self, statement: str) -> None:
        with self._connected("postgres") as connection:
            connection.execute(statement.encode())

    def _connected(self, name: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self._server.url(name), autocommit=True)
