"""Times cut to the minute or hour they are in, as both databases say it."""

from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from relay.store.types import Instant

_WRITTEN = {"minute": "%Y-%m-%d %H:%M:00.000000", "hour": "%Y-%m-%d %H:00:00.000000"}


def begun(
    connection: sa.Connection,
    unit: Literal["minute", "hour"],
    column: sa.ColumnElement[datetime],
) -> sa.ColumnElement[datetime]:
    """When the minute or hour began (UTC) that a time is in."""
    if connection.dialect.name == "sqlite":
        return sa.func.strftime(_literal(_WRITTEN[unit]), column, type_=Instant)
    return sa.func.date_trunc(_literal(unit), column, type_=Instant)


def _literal(text: str) -> sa.ColumnElement[str]:
    """Written out: a bound value would make what is grouped by something else each time."""
    return sa.literal_column(f"'{text}'")
