"""Looking for a person in leads: their versions, statuses, deliveries and attempts."""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.services.person_look import Found, Look, Seen, as_text
from relay.store.tables import attempts, deliveries, lead_versions, leads, status_changes

BATCH = 200
"""Leads of one look."""

_COLUMNS = (
    "name",
    "email",
    "phone",
    "company",
    "first_name",
    "last_name",
    "form_name",
    "phone_raw",
    "unique_identifier",
    "sub_id",
    "lead_key",
)


def see(connection: sa.Connection, look: Look, after: Json) -> Seen:
    """The next leads by their numbers."""
    mine = leads.c.project_id == look.project_id
    columns = (leads.c.id, leads.c.number, leads.c.source_id, leads.c.created_at)
    page = sa.select(*columns, *(leads.c[name] for name in _COLUMNS)).where(
        mine, leads.c.number > (after or 0)
    )
    rows = connection.execute(page.order_by(leads.c.number).limit(BATCH)).all()
    if not rows:
        return Seen()
    highest = connection.execute(sa.select(sa.func.max(leads.c.number)).where(mine)).scalar_one()
    seen = Seen(share=rows[-1].number / highest)
    seen.after = rows[-1].number if len(rows) == BATCH else None
    ids = [row.id for row in rows]
    versions = _versions(connection, ids)
    told = _told(connection, ids)
    for row in rows:
        _judge(look, row, versions[row.id], told[row.id], seen)
    return seen


def _judge(look: Look, row: Any, versions: list[Any], told: list[str], seen: Seen) -> None:
    holding = [one for one in versions if look.holds(row.source_id, one.document, one.warnings)]
    documents = [json.loads(one.document) for one in holding]
    if not any(look.counts(row.created_at, one) for one in documents or [None]):
        return
    own = [one for one in documents if look.is_own(row.source_id, one)]
    if own:
        seen.finds.append(Found("lead", row.id, "own"))
        seen.others.update(*(look.whose(row.source_id, one) - look.contacts for one in own))
    elif holding or look.holds(row.source_id, *told, *(getattr(row, name) for name in _COLUMNS)):
        seen.finds.append(Found("lead", row.id, "mention"))


def _versions(connection: sa.Connection, ids: Sequence[UUID]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    of = lead_versions.c
    query = sa.select(of.lead_id, as_text(of.document), as_text(of.warnings))
    for row in connection.execute(query.where(of.lead_id.in_(ids))):
        found[row.lead_id].append(row)
    return found


def _told(connection: sa.Connection, ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """What was said of the leads, and what went out and came back, as texts."""
    changes, sent, tries = status_changes.c, deliveries.c, attempts.c
    queries = (
        sa.select(changes.lead_id, as_text(changes.change)).where(changes.lead_id.in_(ids)),
        sa.select(
            sent.lead_id, as_text(sent.noted), sent.reason, sent.remote_id, sent.remote_url
        ).where(sent.lead_id.in_(ids)),
        sa.select(sent.lead_id, as_text(tries.exchanges), tries.message)
        .join(deliveries, sent.id == tries.delivery_id)
        .where(sent.lead_id.in_(ids)),
    )
    found: dict[UUID, list[str]] = defaultdict(list)
    for query in queries:
        for lead_id, *texts in connection.execute(query):
            found[lead_id] += [text for text in texts if text]
    return found
