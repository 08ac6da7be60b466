"""The database: one engine, and transactions that say whether they write."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from relay.store.expressions import add_functions

LOCK_WAIT = 15
"""Seconds that a SQLite writer waits for the one before it."""
IDLE_SECONDS = 1.0
"""How long a pooled connection may lie unused before it is asked whether it still lives."""

_DEAD_AFTER = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # milliseconds
}
"""When a PostgreSQL that vanished without a word counts as gone; the system's own is a quarter
of an hour."""


class Database:
    """One engine on PostgreSQL or SQLite."""

    def __init__(self, url: str, pool_size: int = 8) -> None:
        self.engine = _engine(url, pool_size)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite, where one transaction writes at a time."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that writes; commits at the end, rolls back on an exception."""
        with self.engine.connect() as connection:
            connection.execution_options(relay_begin="IMMEDIATE")  # read by `_begin_sqlite`
            with connection.begin():
                yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that only reads."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def _engine(url: str, pool_size: int) -> sa.Engine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = sa.create_engine(
            parsed,
            connect_args={"timeout": LOCK_WAIT},
            pool_size=pool_size,
            max_overflow=64,
            hide_parameters=True,  # people's data, which an exception would bring into the log
        )
        sa.event.listen(engine, "do_connect", _make_private)
        sa.event.listen(engine, "connect", _set_up_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.drivername in {"postgres", "postgresql"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    engine = sa.create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=64,
        hide_parameters=True,
        connect_args={**_DEAD_AFTER, "options": "-c timezone=UTC"},
    )
    # Rows in one INSERT cost PostgreSQL a third less than psycopg's pipeline of single ones.
    engine.dialect.use_insertmanyvalues_wo_returning = True
    sa.event.listen(engine, "checkin", _note_use)
    sa.event.listen(engine, "checkout", partial(_ask_if_idle, engine.dialect))
    return engine


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used"] = time.monotonic()


def _ask_if_idle(dialect: sa.Dialect, connection: Any, record: Any, _proxy: Any) -> None:
    """Replace a connection that died while it lay idle; asking before every use would cost a
    tenth of the throughput."""
    if time.monotonic() - record.info.get("used", -IDLE_SECONDS) < IDLE_SECONDS:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise sa.exc.InvalidatePoolError("the database has closed its connections") from error


def _make_private(_dialect: Any, _record: Any, arguments: list[Any], _options: Any) -> None:
    """Make the file before SQLite does, which lets all users of the machine read it.

    The files that SQLite keeps beside it have the same permissions.
    """
    path = str(arguments[0])
    if path != ":memory:" and not path.startswith("file:"):
        with suppress(OSError):  # SQLite itself says what is wrong with the place
            Path(path).touch(mode=0o600)


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: `_begin_sqlite` does
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-16000",
    ):
        connection.execute(f"PRAGMA {pragma}")
    add_functions(connection)


def _begin_sqlite(connection: sa.Connection) -> None:
    mode = connection.get_execution_options().get("relay_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")
