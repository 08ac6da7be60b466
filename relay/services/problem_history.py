"""Retention of problems: how often each minute had them, and what was told of them."""

from datetime import timedelta

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.store.tables import notices, problem_minutes, state_is

BATCH = 500
"""Rows that one transaction removes, so that nobody waits long for it."""


def remove_old(rt: Runtime, days: int) -> int:
    """Remove minutes and settled notices that are older than so many days; returns how many.

    Problems and their turns stay. 0 days keep all for ever.
    """
    if days == 0:
        return 0
    before = rt.clock.now() - timedelta(days=days)
    told = (~state_is(notices, "waiting", "sending"), notices.c.created_at < before)
    return _remove(rt, problem_minutes, problem_minutes.c.minute < before) + _remove(
        rt, notices, sa.and_(*told)
    )


def _remove(rt: Runtime, table: sa.Table, old: sa.ColumnElement[bool]) -> int:
    key, total = sa.tuple_(*table.primary_key.columns), 0
    while True:
        some = sa.select(*table.primary_key.columns).where(old).limit(BATCH)
        with rt.database.write() as connection:
            removed = connection.execute(sa.delete(table).where(key.in_(some))).rowcount
        total += removed
        if removed < BATCH:
            return total
