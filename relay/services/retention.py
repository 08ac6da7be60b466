"""Retention: old contents are blanked, old leads are removed with their counts kept."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services import keeping, letting_go
from relay.services.granted_to import remove_unused
from relay.services.person_requests import end_old
from relay.services.problem_history import remove_old
from relay.store.tables import (
    attempts,
    bodies,
    deliveries,
    imports,
    leads,
    reconciliations,
    sources,
    submissions,
    turned_away,
)

BATCH = 500
"""Rows that one transaction takes up, so that nobody waits long for it."""

Progress = Callable[[int], None]
"""Told how many more rows were done."""


@dataclass(frozen=True, slots=True)
class Retained:
    """How many rows were blanked or removed."""

    bodies: int
    turned_away: int
    attempts: int
    leads: int
    submissions: int
    imports: int = 0
    comparisons: int = 0
    grants: int = 0
    person_requests: int = 0
    problem_history: int = 0


def retain(rt: Runtime, progress: Progress | None = None) -> Retained:
    """Let go of what each project has kept long enough, by its settings or RELAY_KEEP_..._DAYS."""
    told = progress or (lambda _done: None)
    kept = keeping.of_all(rt)

    def go_through(part: str, walk: _Walk) -> int:
        return _go_through(rt, keeping.oldest(kept, part, rt.clock.now()), walk, told)

    return Retained(
        bodies=go_through("bodies", _BODIES),
        turned_away=go_through("bodies", _TURNED_AWAY),
        attempts=go_through("attempts", _ATTEMPTS),
        leads=go_through("leads", _LEADS),
        submissions=go_through("leads", _LEADLESS),
        imports=go_through("bodies", _IMPORTS),
        comparisons=go_through("bodies", _COMPARISONS),
        grants=remove_unused(rt, rt.config.keep_attempts_days),
        person_requests=end_old(rt),
        problem_history=remove_old(rt, rt.config.keep_attempts_days),
    )


Act = Callable[[sa.Connection, Sequence[UUID], datetime, datetime], int]
"""Lets go of these rows, which are older than a time, at another; returns of how many."""


@dataclass(frozen=True, slots=True)
class _Walk:
    """A way through a table in the order of `keys`: `rows` have an id, a project_id and an `at`.

    Where they come in the order of `at`, or nearly so, it ends where they are young enough.
    """

    rows: sa.Select[Any]
    keys: tuple[sa.ColumnElement[Any], ...]
    at: sa.ColumnElement[datetime]
    act: Act


def _go_through(rt: Runtime, oldest: Mapping[UUID, datetime], walk: _Walk, told: Progress) -> int:
    """Go through a table once for all projects, batch by batch; what one of them keeps longer is
    passed over."""
    if not oldest:
        return 0
    youngest = max(oldest.values())
    by_time = walk.keys[0] is walk.at
    page = walk.rows.order_by(*walk.keys).limit(BATCH)
    page = page.where(walk.at < youngest) if by_time else page
    total, following = 0, page
    while True:
        with rt.database.write() as connection:
            rows = connection.execute(following).all()
            done = 0
            for before, ids in _grouped(rows, oldest).items():
                done += walk.act(connection, ids, before, rt.clock.now())
        told(done)
        total += done
        if len(rows) < BATCH or rows[-1].at >= youngest:
            return total
        names = ("at", "id") if by_time else ("id",)
        values = [getattr(rows[-1], name) for name in names]
        last = [sa.literal(one, key.type) for one, key in zip(values, walk.keys, strict=True)]
        following = page.where(sa.tuple_(*walk.keys) > sa.tuple_(*last))
        if by_time:  # where the index begins to be read
            following = following.where(walk.at >= last[0])


def _grouped(rows: Sequence[Any], oldest: Mapping[UUID, datetime]) -> dict[datetime, list[UUID]]:
    """Those that are old enough, by before when they are."""
    groups: dict[datetime, list[UUID]] = defaultdict(list)
    for row in rows:
        before = oldest.get(row.project_id)
        if before is not None and row.at < before:
            groups[before].append(row.id)
    return groups


def _walk(table: sa.Table, at: str, act: Act, *, by_time: bool = False) -> _Walk:
    """A way through a table that names its project itself."""
    of, time = table.c, table.c[at]
    rows = sa.select(of.id, of.project_id, time.label("at"))
    return _Walk(rows, (time, of.id) if by_time else (of.id,), time, act)


_WHOLE = _walk(bodies, "received_at", letting_go.blank_bodies, by_time=True)
_BODIES = replace(_WHOLE, rows=_WHOLE.rows.where(bodies.c.blanked_at.is_(None)))
_ATTEMPTS = _Walk(
    sa.select(attempts.c.id, deliveries.c.project_id, attempts.c.started_at.label("at"))
    .join(deliveries, deliveries.c.id == attempts.c.delivery_id)
    .where(attempts.c.blanked_at.is_(None)),
    (attempts.c.started_at, attempts.c.id),
    attempts.c.started_at,
    letting_go.blank_attempts,
)
_TURNED_AWAY = _Walk(
    sa.select(turned_away.c.id, sources.c.project_id, turned_away.c.at).join(
        sources, sources.c.id == turned_away.c.source_id
    ),
    (turned_away.c.id,),
    turned_away.c.at,
    letting_go.remove_turned_away,
)
_LEADS = _walk(leads, "created_at", letting_go.remove_old_leads)
_LEADLESS = _walk(submissions, "received_at", letting_go.remove_leadless)
_IMPORTS = _walk(imports, "created_at", letting_go.remove_imports)
_COMPARISONS = _walk(reconciliations, "started_at", letting_go.remove_comparisons)
