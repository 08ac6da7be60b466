"""What is configured, as lists show it: projects, sources, targets and routes with their states."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.browse import Row
from relay.store.tables import (
    api_keys,
    deliveries,
    lanes,
    projects,
    routes,
    sources,
    state_is,
    submissions,
    targets,
)

COUNTED = 1000
"""Where counting stops: a list says "1000+" rather than read a million rows."""


def all_projects(rt: Runtime) -> Sequence[Row]:
    """The projects in use, oldest first."""
    query = sa.select(projects).where(projects.c.archived_at.is_(None))
    return _rows(rt, query.order_by(projects.c.created_at, projects.c.id))


def keys_of(rt: Runtime, project: UUID | None = None) -> Sequence[Row]:
    """The API keys in use by name, of a project or (None) all with their `project`'s public id."""
    query = (
        sa.select(*_without(api_keys, "hash"), projects.c.public_id.label("project"))
        .outerjoin(projects, projects.c.id == api_keys.c.project_id)
        .where(api_keys.c.revoked_at.is_(None), projects.c.archived_at.is_(None))
    )
    if project is not None:
        query = query.where(api_keys.c.project_id == project)
    return _rows(rt, query.order_by(projects.c.public_id, api_keys.c.name))


def sources_of(rt: Runtime, project: UUID) -> Sequence[Row]:
    """The project's sources by name, with the time of the newest submission as `last_at`."""
    last = (
        sa.select(sa.func.max(submissions.c.received_at))
        .where(submissions.c.source_id == sources.c.id)
        .scalar_subquery()
    )
    query = sa.select(*_without(sources, "secrets"), last.label("last_at")).where(
        sources.c.project_id == project, sources.c.archived_at.is_(None)
    )
    return _rows(rt, query.order_by(sources.c.name))


def targets_of(rt: Runtime, project: UUID) -> Sequence[Row]:
    """The project's targets by name, with their lane and how many deliveries are `waiting`."""
    query = (
        sa.select(*_without(targets, "secrets"), *_lane(), _waiting().label("waiting"))
        .outerjoin(lanes, lanes.c.target_id == targets.c.id)
        .where(targets.c.project_id == project, targets.c.archived_at.is_(None))
    )
    return _rows(rt, query.order_by(targets.c.name))


def routes_of(
    rt: Runtime, project: UUID, *, source: UUID | None = None, target: UUID | None = None
) -> Sequence[Row]:
    """The project's routes with the names of their ends, by source and target."""
    query = (
        sa.select(
            routes,
            sources.c.name.label("source"),
            sources.c.kind.label("source_kind"),
            targets.c.name.label("target"),
            targets.c.kind.label("target_kind"),
        )
        .join(sources, sources.c.id == routes.c.source_id)
        .join(targets, targets.c.id == routes.c.target_id)
        .where(routes.c.project_id == project, routes.c.archived_at.is_(None))
        .where(sources.c.archived_at.is_(None), targets.c.archived_at.is_(None))
    )
    if source is not None:
        query = query.where(routes.c.source_id == source)
    if target is not None:
        query = query.where(routes.c.target_id == target)
    return _rows(rt, query.order_by(sources.c.name, targets.c.name))


def shelf_counts(rt: Runtime, project: UUID) -> dict[str, int]:
    """How many submissions are quarantined and held, each counted up to COUNTED."""
    counts = [
        _count(
            sa.select(submissions.c.id).where(
                submissions.c.project_id == project, state_is(submissions, state)
            )
        ).label(state)
        for state in ("quarantined", "held")
    ]
    return dict(_rows(rt, sa.select(*counts))[0])


def _lane() -> list[sa.ColumnElement[Any]]:
    wanted = ("paused_at", "pause", "pause_reason", "hold_until", "hold_reason", "breaker")
    return [lanes.c[name] for name in (*wanted, "open_until")]


def _waiting() -> sa.ScalarSelect[int]:
    return _count(
        sa.select(deliveries.c.id)
        .where(deliveries.c.target_id == targets.c.id, state_is(deliveries, "waiting"))
        .correlate(targets)
    )


def _count(query: sa.Select[*tuple[Any, ...]]) -> sa.ScalarSelect[int]:
    """How many rows a query finds, at most COUNTED."""
    return sa.select(sa.func.count()).select_from(query.limit(COUNTED).subquery()).scalar_subquery()


def _without(table: sa.Table, *names: str) -> list[sa.ColumnElement[Any]]:
    return [column for column in table.c if column.name not in names]


def _rows(rt: Runtime, query: sa.Select[*tuple[Any, ...]]) -> Sequence[Row]:
    with rt.database.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]
