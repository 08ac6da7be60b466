"""Before a bulk run: how many deliveries a filter names, by state and target, within bounds."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services import filters
from relay.services.browse import Row
from relay.services.filtering import Filter, conditions, resolved
from relay.services.stretch import walked
from relay.store.tables import deliveries, targets

COUNTED = 100_000
"""Deliveries that are counted where indexes find them."""

LOOKED_THROUGH = 20_000
"""Deliveries that are looked through, the newest first, for what no index finds."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts by state and target, the largest first; not `whole` where there may be more."""

    rows: list[Row]
    whole: bool

    @property
    def total(self) -> int:
        """All of them."""
        return sum(row["count"] for row in self.rows)

    def of(self, states: Collection[str]) -> int:
        """Those in one of these states."""
        return sum(row["count"] for row in self.rows if row["state"] in states)


def count(rt: Runtime, wanted: Filter) -> Counted:
    """Count what a filter names, as far as that is cheap."""
    wanted = resolved(rt, wanted)
    found = sa.select(deliveries.c.state, deliveries.c.target_id).where(*conditions(wanted))
    if filters.to_json(wanted).keys() <= {"project", "since", "until"}:
        found = found.order_by(deliveries.c.id.desc())  # else other projects' rows may be read
    base = walked(wanted)
    with rt.database.read() as connection:
        whole = True
        if base is not None:
            way = sa.select(deliveries.c.id).where(*base).order_by(deliveries.c.id.desc())
            least = connection.scalar(way.offset(LOOKED_THROUGH - 1).limit(1))
            whole = least is None
            found = found if least is None else found.where(deliveries.c.id >= least)
        rows = connection.execute(_grouped(found.limit(COUNTED + 1))).mappings().all()
    counted = Counted([dict(row) for row in rows], whole)
    return Counted(counted.rows, whole and counted.total <= COUNTED)


def _grouped(found: sa.Select[*tuple[object, ...]]) -> sa.Select[*tuple[object, ...]]:
    few = found.subquery()
    sums = (
        sa.select(few.c.state, few.c.target_id, sa.func.count().label("count"))
        .group_by(few.c.state, few.c.target_id)
        .subquery()
    )
    return (
        sa.select(sums, targets.c.name.label("target"))
        .outerjoin(targets, targets.c.id == sums.c.target_id)
        .order_by(sums.c["count"].desc(), targets.c.name, sums.c.state)
    )
