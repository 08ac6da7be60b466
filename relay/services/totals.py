"""How many leads there are of each status and with which click ids, exact at every commit."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from relay.store.insert import new_rows
from relay.store.tables import lead_totals

KEY = ("project_id", "status", "has_gclid", "has_cid", "has_fbp", "has_fbc")
"""What leads are counted by."""

LeadRow = Mapping[str, Any] | sa.RowMapping
"""Columns of `leads`: those of `KEY` and `archived_at`, which may be missing where it is null."""


def shift(
    connection: sa.Connection, before: Iterable[LeadRow | None], after: Iterable[LeadRow | None]
) -> None:
    """Count these leads as they are now, and no more as they were; None for none.

    An archived lead is not counted. Call it as late in the transaction as can be: it locks rows
    that others wait for, in one order for all.
    """
    moved: Counter[tuple[Any, ...]] = Counter()
    moved.update(_key(row) for row in after if _counts(row))
    moved.subtract(_key(row) for row in before if _counts(row))
    rows = [
        {**dict(zip(KEY, key, strict=True)), "count": number}
        for key, number in sorted(moved.items())
        if number
    ]
    if rows:
        insert = new_rows(connection, lead_totals)
        count = lead_totals.c.count + insert.excluded.count
        upsert = insert.on_conflict_do_update(index_elements=KEY, set_={"count": count})
        connection.execute(upsert, rows)


def _counts(row: LeadRow | None) -> bool:
    return row is not None and row.get("archived_at") is None


def _key(row: LeadRow | None) -> tuple[Any, ...]:
    return tuple(row[name] for name in KEY) if row is not None else ()
