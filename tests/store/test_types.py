"""Times with a zone, and JSON as it was sent."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa

from relay.core.clean import clean
from relay.store.database import Database
from relay.store.types import Instant, JsonText

kept = sa.Table(
    "test_kept",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", Instant),
    sa.Column("told", JsonText),
)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    with made.write() as connection:
        kept.create(connection)
    yield made
    made.close()


def _keep(database: Database, **values: Any) -> Any:
    with database.write() as connection:
        connection.execute(sa.delete(kept))
        connection.execute(sa.insert(kept).values(id=1, **values))
    with database.read() as connection:
        return connection.execute(sa.select(kept)).one()


def test_a_time_comes_back_in_utc_to_the_microsecond(database: Database) -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    row = _keep(database, at=datetime(2026, 3, 2, 17, 30, 1, 234567, tzinfo=zone))
    assert row.at == datetime(2026, 3, 2, 12, 0, 1, 234567, tzinfo=UTC)
    assert row.at.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(sa.exc.StatementError, match="without a zone"):
        _keep(database, at=datetime(2026, 3, 2, 12, 0))  # noqa: DTZ001 - that is the point


def test_times_of_different_zones_compare_as_moments(database: Database) -> None:
    """SQLite compares texts: 13:30+02:00 is earlier than 12:00 UTC and reads as later."""
    _keep(database, at=datetime(2026, 3, 2, 13, 30, tzinfo=timezone(timedelta(hours=2))))
    noon = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    with database.read() as connection:
        assert connection.execute(sa.select(kept.c.id).where(kept.c.at < noon)).all()


def test_json_keeps_order_numbers_and_scripts(database: Database) -> None:
    told = {"z": 1.10, "a": [None, False, {"ü": "Łódź 漢字"}], "big": 2**60, "e": ""}
    row = _keep(database, told=told)
    assert row.told == told
    assert list(row.told) == ["z", "a", "big", "e"]


def test_no_value_is_sql_null(database: Database) -> None:
    _keep(database, told=None, at=None)
    with database.read() as connection:
        assert connection.execute(
            sa.select(kept.c.id).where(kept.c.told.is_(None), kept.c.at.is_(None))
        ).all()


@pytest.mark.parametrize(
    "told", [{"a\x00b": "c\x00"}, ["lone \ud83d"], {"n": float("nan"), "i": float("-inf")}]
)
def test_what_databases_refuse_is_kept_once_it_is_cleaned(database: Database, told: Any) -> None:
    cleaned = clean(told)
    assert _keep(database, told=cleaned).told == cleaned
    assert "\x00" not in str(cleaned)
