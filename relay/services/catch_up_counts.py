"""Before a target catches up: how many leads it never got, and what becomes of some of them."""

from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.bulk_walk import never_got
from relay.services.catching_up import NO_ROUTE, judge
from relay.services.configured import ConfiguredTarget
from relay.services.filtering import Filter
from relay.store.tables import leads

LOOKED_THROUGH = 50_000
"""Leads that are looked through, the newest first."""

JUDGED = 200
"""Of what was never got, the newest that are judged."""


@dataclass(frozen=True, slots=True)
class NeverGot:
    """How many there are, not `whole` where there may be more; of the `judged` newest ones so many
    would go, and the others not, for these reasons."""

    total: int
    whole: bool
    judged: int
    going: int
    why_not: dict[str, int]


def count(rt: Runtime, target: ConfiguredTarget, wanted: Filter) -> NeverGot:
    """Count the leads that the target never got, in the filter's time and from its source."""
    found = sa.select(leads.c.id).where(*never_got(wanted))
    with rt.database.read() as connection:
        since = connection.scalar(_farthest(wanted))
        found = found if since is None else found.where(leads.c.created_at >= since)
        total = connection.scalar(sa.select(sa.func.count()).select_from(found.subquery())) or 0
        newest = found.order_by(leads.c.created_at.desc(), leads.c.number.desc()).limit(JUDGED)
        ids = list(connection.execute(newest).scalars())
        told = [one for _, one in judge(rt, connection, target, ids, wanted.source)]
    why_not = Counter(one.reason or NO_ROUTE for one in told if one.route is None)
    going = len(told) - why_not.total()
    return NeverGot(total, since is None, len(told), going, dict(why_not.most_common()))


def _farthest(wanted: Filter) -> sa.Select[tuple[object]]:
    """The time of the last lead that is looked through; none where that is all."""
    created = leads.c.created_at
    span = [leads.c.project_id == wanted.project, leads.c.archived_at.is_(None)]
    if wanted.since is not None:
        span.append(created >= wanted.since)
    if wanted.until is not None:
        span.append(created < wanted.until)
    way = sa.select(created).where(*span).order_by(created.desc())
    return way.offset(LOOKED_THROUGH).limit(1)
