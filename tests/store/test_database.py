"""Transactions on both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from relay.store.database import Database
from relay.store.insert import insert_new

counters = sa.Table(
    "test_counters",
    sa.MetaData(),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Integer, nullable=False),
)

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
only_postgres = pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    with made.write() as connection:
        counters.create(connection)
        connection.execute(sa.insert(counters), [{"name": "a", "value": 0}])
    yield made
    made.close()


def _value(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(sa.select(counters.c.value)).scalar_one()


def test_write_commits_at_the_end_and_rolls_back_on_an_error(database: Database) -> None:
    with database.write() as connection:
        connection.execute(sa.update(counters).values(value=1))

    def fail() -> None:
        with database.write() as connection:
            connection.execute(sa.update(counters).values(value=2))
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert _value(database) == 1


def test_writers_that_read_first_take_turns(database: Database) -> None:
    """A deferred SQLite transaction fails with `database is locked` when it begins to write."""

    def add(_number: int) -> None:
        with database.write() as connection:
            found = sa.select(counters.c.value).with_for_update()
            value = connection.execute(found).scalar_one()
            connection.execute(sa.update(counters).values(value=value + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(80)))
    assert _value(database) == 80


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    with database.write() as connection:
        connection.execute(sa.update(counters).values(value=5))
        assert _value(database) == 0
    assert _value(database) == 5


def test_insert_new_leaves_what_is_there(database: Database) -> None:
    with database.write() as connection:
        insert_new(connection, counters, [{"name": "a", "value": 9}, {"name": "b", "value": 7}])
        insert_new(connection, counters, [])
        rows = connection.execute(sa.select(counters).order_by(counters.c.name)).all()
    assert [tuple(row) for row in rows] == [("a", 0), ("b", 7)]


@only_sqlite
def test_sqlite_flushes_every_commit_and_keeps_foreign_keys(database: Database) -> None:
    with database.read() as connection:
        told = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert told == ["wal", 2, 1]


@only_postgres
def test_the_address_may_be_written_as_hosts_hand_it_out(database_url: str) -> None:
    """Heroku and its like say postgres://."""
    database = Database(database_url.replace("postgresql://", "postgres://"))
    with database.read() as connection:
        assert connection.execute(sa.text("SHOW timezone")).scalar_one() == "UTC"
    database.close()


@only_postgres
def test_a_connection_that_died_while_idle_is_replaced(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.store.database.IDLE_SECONDS", 0.0)
    with database.read() as connection:
        pid = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
    other = Database(database.engine.url.render_as_string(hide_password=False))
    with other.read() as connection:
        connection.execute(sa.select(sa.func.pg_terminate_backend(pid)))
    other.close()
    assert _value(database) == 0


def test_an_error_does_not_repeat_what_was_to_be_stored(database: Database) -> None:
    """It ends in the log, where people's data has no place."""
    insert = sa.text("INSERT INTO nowhere VALUES (:value)")
    with pytest.raises(sa.exc.DBAPIError) as caught, database.write() as connection:
        connection.execute(insert, {"value": "ada@example.com"})
    assert "ada@example.com" not in str(caught.value)


def test_a_new_sqlite_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE one (a)")
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    database.close()
    assert modes == {"new.db": 0o600, "new.db-wal": 0o600, "new.db-shm": 0o600}
