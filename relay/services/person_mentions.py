"""A person who is erased, named in what others said: the name goes, the rest stays."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.spotting import Spotter
from relay.services import searching, word_lists
from relay.services.lead_rows import copies
from relay.services.person_blanking import content_type
from relay.store.tables import (
    attempts,
    audit,
    bodies,
    bulk_runs,
    deliveries,
    fetches,
    lead_versions,
    leads,
    status_changes,
    submissions,
    views,
)

_JSON_OF: dict[sa.Table, tuple[str, ...]] = {
    lead_versions: ("document", "warnings"),
    status_changes: ("change",),
    deliveries: ("noted", "reason", "remote_id", "remote_url"),
}
"""Columns of what belongs to a lead."""


NAMED_IN: Mapping[str, tuple[sa.Table, tuple[str, ...]]] = {
    "audit": (audit, ("subject", "before", "after")),
    "bulk run": (bulk_runs, ("filter", "reason")),
    "view": (views, ("name", "query")),
}
"""Tables in whose columns somebody may have named a person, by what one of their rows is."""


def mask_leads(connection: sa.Connection, ids: Sequence[UUID], spotter: Spotter) -> None:
    """Take the person's contacts out of others' leads, and out of what was sent of them."""
    for table, columns in _JSON_OF.items():
        _mask(connection, table, table.c.lead_id.in_(ids), columns, spotter)
    of_leads = sa.select(deliveries.c.id).where(deliveries.c.lead_id.in_(ids))
    own = attempts.c.delivery_id.in_(of_leads)
    _mask(connection, attempts, own, ("exchanges", "message"), spotter)
    _copy_anew(connection, ids, spotter)


def mask_submissions(connection: sa.Connection, ids: Sequence[UUID], spotter: Spotter) -> None:
    """Take the person's contacts out of what others sent."""
    columns = ("document", "warnings", "reasons", "lead_key")
    _mask(connection, submissions, submissions.c.id.in_(ids), columns, spotter)
    _mask(connection, fetches, fetches.c.submission_id.in_(ids), ("exchanges", "body"), spotter)
    word_lists.remove(connection, ids)  # the sweep tells them anew
    anew = sa.update(submissions).where(submissions.c.id.in_(ids))
    connection.execute(anew.values(told=False))
    of_these = sa.select(submissions.c.body_id).where(submissions.c.id.in_(ids))
    for row in connection.execute(sa.select(bodies).where(bodies.c.id.in_(of_these))).all():
        query = spotter.masked_json(json.loads(row.query))
        connection.execute(
            sa.update(bodies)
            .where(bodies.c.id == row.id)
            .values(
                body=spotter.masked(row.body, kind=content_type(row.headers)),
                headers=spotter.masked_json(row.headers),
                query=json.dumps(query, ensure_ascii=False),
            )
        )


def mask_named(connection: sa.Connection, what: str, ids: Sequence[UUID], spotter: Spotter) -> None:
    """Take the person's contacts out of rows of a table of `NAMED_IN`."""
    table, columns = NAMED_IN[what]
    _mask(connection, table, table.c.id.in_(ids), columns, spotter)


def _mask(
    connection: sa.Connection,
    table: sa.Table,
    where: sa.ColumnElement[bool],
    columns: Sequence[str],
    spotter: Spotter,
) -> None:
    keys = list(table.primary_key.columns)
    query = sa.select(*keys, *(table.c[name] for name in columns)).where(where)
    for row in connection.execute(query).mappings().all():
        masked = {name: _masked(row[name], spotter) for name in columns}
        changed = {name: value for name, value in masked.items() if value != row[name]}
        if changed:
            own = [key == row[key.name] for key in keys]
            connection.execute(sa.update(table).where(*own).values(changed))


def _masked(value: Any, spotter: Spotter) -> Any:
    return spotter.masked(value) if isinstance(value, bytes) else spotter.masked_json(value)


def _copy_anew(connection: sa.Connection, ids: Sequence[UUID], spotter: Spotter) -> None:
    """Write what lists and searches know of these leads by their newest versions."""
    newest = sa.and_(
        lead_versions.c.lead_id == leads.c.id, lead_versions.c.version == leads.c.version
    )
    query = sa.select(leads, lead_versions.c.document).join(lead_versions, newest)
    for row in connection.execute(query.where(leads.c.id.in_(ids))).mappings().all():
        copied = {
            name: value for name, value in copies(row["document"]).items() if name != "status"
        }
        if spotter.holds(row["lead_key"]):
            copied["lead_key"] = f"lead:{row['id']}"
        connection.execute(sa.update(leads).where(leads.c.id == row["id"]).values(copied))
        if row["archived_at"] is None:
            searching.keep(connection, [{**row, **copied}])
        word_lists.keep(connection, [(dict(row), row["document"])])
