"""A relay with a long past on PostgreSQL, which says of each statement how it was answered."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tests.conftest import NOON, SECRET, SettableClock, _statement
from tests.factories import Bell, Incoming, catalog
from tests.servers import Postgres, RedisServer

ROWS = 1_000_000
"""Old rows of each table."""

TIMES = 8
"""How often a path is run: from the sixth time on PostgreSQL may plan for all values."""

MOST_PASSED_OVER = 5_000
"""Rows that a plan may read in vain; more of them grow with the table."""

LARGE = (
    "bodies|submissions|event_keys|leads|lead_versions|lead_texts|word_lists|deliveries|attempts|"
    "audit"
)


def must_be_cheap(found: list[str], most: int = MOST_PASSED_OVER) -> None:
    """Fail where one of these plans reads more than `most` rows in vain, or all of a big table."""
    for plan in found:
        assert not re.search(rf"Seq Scan on ({LARGE})\b", plan), plan
        for passed_over in re.findall(r"Rows Removed by (?:Filter|Join Filter): (\d+)", plan):
            assert int(passed_over) <= most, plan


@dataclass
class Plans:
    """A relay with a long past, and what its database said of each statement."""

    acme: Incoming
    source: Any
    target: UUID
    told: list[str]

    def of(self, path: Callable[[int], object]) -> list[str]:
        """The plans of a path that is run several times."""
        self.told.clear()
        for number in range(TIMES):
            path(number)
        assert self.told, "no statement was explained"
        return list(self.told)


@contextmanager
def grown(postgres_server: Postgres, redis_server: RedisServer, data: Path) -> Iterator[Plans]:
    """The relay, in a database of its own that goes with it."""
    from relay.app import build_runtime
    from relay.config import load_config

    _statement(postgres_server, "CREATE DATABASE grown TEMPLATE template_relay")
    settings = {
        "RELAY_MODE": "local",
        "RELAY_DATA_DIR": str(data),
        "DATABASE_URL": postgres_server.url("grown"),
        "REDIS_URL": redis_server.url,
        "SECRET_KEY": SECRET,
    }
    clock = SettableClock(NOON + timedelta(days=200))
    rt = build_runtime(load_config(settings), clock=clock, queue=Bell(), catalog=catalog())
    acme = Incoming(rt)
    options = {"repeat_window": 600, "match": {"by": ["email", "phone"], "window": 864000}}
    source, target = acme.source(options=options), acme.target()
    acme.route(source, target)
    others = [acme.target(f"other {number}") for number in range(3)]
    _grow(acme, source.id, [target, *others])
    told: list[str] = []
    sa.event.listen(rt.database.engine, "checkout", _explaining(told))
    yield Plans(acme, source, target, told)
    rt.close()
    _statement(postgres_server, "DROP DATABASE grown WITH (FORCE)")


def _explaining(told: list[str]) -> Callable[..., None]:
    """Have PostgreSQL tell the plan of every statement of a connection, with what it read."""

    def begin(connection: Any, record: Any, _proxy: Any) -> None:
        if "explained" in record.info:
            return
        record.info["explained"] = True
        settings = {
            "auto_explain.log_min_duration": "0",
            "auto_explain.log_analyze": "on",
            "auto_explain.log_timing": "off",
            "client_min_messages": "log",
        }
        connection.execute("LOAD 'auto_explain'")
        for name, value in settings.items():
            connection.execute(f"SET {name} = {value}")
        connection.commit()
        connection.add_notice_handler(lambda notice: told.append(notice.message_primary or ""))

    return begin


def _grow(acme: Incoming, source_id: UUID, targets: list[UUID]) -> None:
    """A hundred days of leads, each delivered, with a few of everything else."""
    given = {
        "rows": ROWS,
        "project": acme.project,
        "source": source_id,
        "targets": [str(target) for target in targets],
        "begin": NOON,
    }
    script = Path(__file__).with_name("grow.sql").read_text(encoding="utf-8")
    with acme.rt.database.write() as connection:
        connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '512MB'")
        connection.exec_driver_sql("SET LOCAL session_replication_role = 'replica'")  # no checks
        indexes = _take_indexes_away(connection)
        for statement in script.split(";\n"):
            if statement.strip():
                connection.execute(sa.text(statement), given)
        for definition in indexes:
            connection.exec_driver_sql(definition)
    with acme.rt.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")


def _take_indexes_away(connection: sa.Connection) -> list[str]:
    """Drop the plain indexes, which are made faster afterwards; returns their definitions."""
    found = connection.exec_driver_sql(
        "SELECT indexname, indexdef FROM pg_indexes "
        "WHERE schemaname = 'public' AND indexname LIKE 'ix\\_%%'"
    ).all()
    for row in found:
        connection.exec_driver_sql(f"DROP INDEX {row.indexname}")
    return [row.indexdef for row in found]
