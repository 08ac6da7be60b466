"""The chain of one lead: submissions, versions, deliveries and their attempts."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.browse import LANE, Row
from relay.store.tables import (
    attempts,
    bodies,
    deliveries,
    fetches,
    lanes,
    lead_versions,
    leads,
    routes,
    sources,
    status_changes,
    submissions,
    targets,
)

AT_MOST = 100
"""Submissions, versions and deliveries that a chain shows: the newest."""
ATTEMPTS_AT_MOST = 100
BODY_AT_MOST = 100_000
"""Bytes of each raw body in a chain; a submission alone has all of its own."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Everything known of one lead, oldest first; a delivery's row holds its `attempts_made`."""

    lead: Row
    submissions: list[Row]
    versions: list[Row]
    changes: list[Row]
    deliveries: list[Row]


def lead_chain(rt: Runtime, lead_id: UUID) -> Chain | None:
    """The chain of one lead, or None; six queries whatever its length."""
    with rt.database.read() as connection:
        lead = (
            connection.execute(
                sa.select(
                    leads, sources.c.name.label("source"), sources.c.kind.label("source_kind")
                )
                .join(sources, sources.c.id == leads.c.source_id)
                .where(leads.c.id == lead_id)
            )
            .mappings()
            .first()
        )
        if lead is None:
            return None
        return Chain(
            dict(lead),
            _newest(
                connection,
                _submissions(_BEGINNING).where(submissions.c.lead_id == lead_id),
                submissions.c.id,
            ),
            _newest(
                connection,
                sa.select(lead_versions).where(lead_versions.c.lead_id == lead_id),
                lead_versions.c.version,
            ),
            _newest(
                connection,
                sa.select(status_changes).where(status_changes.c.lead_id == lead_id),
                status_changes.c.id,
            ),
            _deliveries(connection, lead_id),
        )


def attempts_of(rt: Runtime, delivery_id: UUID) -> list[Row]:
    """The newest attempts of one delivery, oldest first."""
    with rt.database.read() as connection:
        return _attempts(connection, [delivery_id])[delivery_id]


def submission(rt: Runtime, submission_id: UUID) -> Row | None:
    """One submission with the raw body it came in (`raw`, `raw_headers`, ...), or None.

    Where its data is or was to be fetched, with what was said (`fetched_body`, `fetch_...`).
    """
    query = _with_fetch(_submissions()).where(submissions.c.id == submission_id)
    with rt.database.read() as connection:
        found = connection.execute(query).mappings().first()
    return None if found is None else dict(found)


def submissions_in(rt: Runtime, project: UUID, ids: list[UUID]) -> list[UUID]:
    """Those of these submissions that are the project's."""
    query = sa.select(submissions.c.id).where(
        submissions.c.id.in_(ids), submissions.c.project_id == project
    )
    with rt.database.read() as connection:
        return list(connection.execute(query).scalars())


_BEGINNING: sa.ColumnElement[bytes] = sa.func.substr(
    bodies.c.body, 1, BODY_AT_MOST, type_=sa.LargeBinary()
)


def _submissions(
    body: sa.ColumnElement[bytes] = bodies.c.body,
) -> sa.Select[tuple[object, ...]]:
    return (
        sa.select(
            submissions,
            sources.c.name.label("source"),
            sources.c.kind.label("kind"),
            sources.c.archived_at.label("source_archived_at"),
            body.label("raw"),
            bodies.c.headers.label("raw_headers"),
            bodies.c.method.label("raw_method"),
            bodies.c.query.label("raw_query"),
            bodies.c.size.label("raw_size"),
            bodies.c.sha256.label("raw_sha256"),
            bodies.c.address.label("raw_address"),
            bodies.c.blanked_at.label("raw_blanked_at"),
        )
        .join(bodies, bodies.c.id == submissions.c.body_id)
        .join(sources, sources.c.id == submissions.c.source_id)
    )


def _with_fetch(query: sa.Select[tuple[object, ...]]) -> sa.Select[tuple[object, ...]]:
    of = fetches.c
    return query.add_columns(
        of.body.label("fetched_body"),
        of.fetched_at,
        of.exchanges.label("fetch_exchanges"),
        of.outcome.label("fetch_outcome"),
        of.attempts.label("fetch_attempts"),
        of.due_at.label("fetch_due_at"),
    ).outerjoin(fetches, of.submission_id == submissions.c.id)


def _deliveries(connection: sa.Connection, lead_id: UUID) -> list[Row]:
    query = (
        sa.select(
            deliveries,
            targets.c.name.label("target"),
            targets.c.kind.label("target_kind"),
            targets.c.archived_at.label("target_archived_at"),
            routes.c.condition.label("route_condition"),
            *LANE,
        )
        .join(targets, targets.c.id == deliveries.c.target_id)
        .outerjoin(lanes, lanes.c.target_id == deliveries.c.target_id)
        .outerjoin(routes, routes.c.id == deliveries.c.route_id)
        .where(deliveries.c.lead_id == lead_id)
    )
    found = _newest(connection, query, deliveries.c.id)
    tries = _attempts(connection, [row["id"] for row in found])
    return [{**row, "attempts_made": tries[row["id"]]} for row in found]


def _attempts(connection: sa.Connection, ids: list[UUID]) -> dict[UUID, list[Row]]:
    query = sa.select(attempts).where(attempts.c.delivery_id.in_(ids))
    made: dict[UUID, list[Row]] = defaultdict(list)
    for row in _newest(connection, query, attempts.c.id, ATTEMPTS_AT_MOST):
        made[row["delivery_id"]].append(row)
    return made


def _newest(
    connection: sa.Connection,
    query: sa.Select[tuple[object, ...]],
    key: sa.ColumnElement[object],
    limit: int = AT_MOST,
) -> list[Row]:
    found = connection.execute(query.order_by(key.desc()).limit(limit)).mappings()
    rows: list[Row] = [dict(row) for row in found]
    return rows[::-1]
