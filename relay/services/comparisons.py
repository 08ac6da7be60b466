"""The provider's counts beside ours, as the newest comparisons of each source found them."""

from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.browse import Row
from relay.services.ledger import Span
from relay.store.tables import reconciliations, sources


def newest(rt: Runtime, span: Span | None = None) -> list[Row]:
    """The newest comparison of each source, among those that began within the span.

    `listed` is the provider's count, `known` ours, `taken` what was missing and has come in.
    """
    asked = span or Span()
    of = reconciliations.c
    within = [
        *([of.started_at >= asked.since] if asked.since else []),
        *([of.started_at < asked.until] if asked.until else []),
        *([of.project_id == asked.project] if asked.project else []),
    ]
    place = sa.func.row_number().over(partition_by=of.source_id, order_by=of.id.desc())
    placed = sa.select(reconciliations, place.label("place")).where(*within).subquery()
    query = (
        sa.select(placed, sources.c.name.label("source"))
        .join(sources, sources.c.id == placed.c.source_id)
        .where(placed.c.place == 1)
        .order_by(sources.c.name, placed.c.id)
    )
    with rt.database.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def of_source(rt: Runtime, source_id: UUID) -> Row | None:
    """The newest comparison of this source, if there was one."""
    query = (
        sa.select(reconciliations)
        .where(reconciliations.c.source_id == source_id)
        .order_by(reconciliations.c.id.desc())
        .limit(1)
    )
    with rt.database.read() as connection:
        found = connection.execute(query).mappings().first()
    return None if found is None else dict(found)


def told(row: Row, *, quoting: bool = True) -> str:
    """A comparison in words; why it failed, where `quoting`, may be in the provider's own."""
    counts = f"the provider has {row['listed']}, {row['known']} were here"
    if row["taken"]:
        counts += f", {row['taken']} came in"
    if row["state"] == "finished":
        return counts
    state = "it goes on" if row["state"] == "running" else "it ended"
    reason = f": {row['reason']}" if row["reason"] and quoting else ""
    return f"{counts} so far; {state}{reason}"
