"""Which statuses the leads of a project have, by the totals that are kept of them."""

from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.store.tables import lead_totals

MOST = 100
"""Statuses that can be chosen; a sender may make up any number of them."""


def statuses_of(rt: Runtime, project: UUID) -> list[str]:
    """The statuses that leads of a project have, those of most leads first."""
    number = sa.func.sum(lead_totals.c.count)
    query = (
        sa.select(lead_totals.c.status)
        .where(lead_totals.c.project_id == project)
        .group_by(lead_totals.c.status)
        .having(number > 0)
        .order_by(number.desc(), lead_totals.c.status)
        .limit(MOST)
    )
    with rt.database.read() as connection:
        return list(connection.execute(query).scalars())
