"""Blanking submissions of a person who is erased: the rows stay, so that repeats of them are known
as such and the ledger stays even, and say nothing any more.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core import pointers
from relay.core.contract import Json
from relay.core.masking import SHORTEST, mask
from relay.core.spotting import Spotter
from relay.services import word_lists
from relay.services.removing import Counts, keep_counts
from relay.services.returning import REASONS
from relay.store.tables import bodies, fetches, submissions

BLANK_BODY: Mapping[str, Any] = {
    "body": b"",
    "headers": {},
    "query": "[]",
    "address": "",
    "sha256": "",
}
"""The columns of a body that says nothing any more."""

BLANK: Mapping[str, Any] = {
    "document": None,
    "warnings": [],
    "reasons": REASONS,
    "lead_key": None,
    "lead_id": None,
    "lead_version": None,
    "hold": None,
    "tries": 0,
    "lease_token": None,
    "leased_until": None,
}
"""The columns of a submission that says nothing any more."""

_FETCHED: dict[str, Any] = {"body": None, "exchanges": [], "due_at": None, "lease_token": None}


def blank(connection: sa.Connection, ids: Collection[UUID], spotter: Spotter, now: datetime) -> int:
    """Blank these submissions and what repeats them; returns how many there were.

    A worker that has one of them finds its lease gone.
    """
    rows = _locked(connection, _with_repeats(connection, ids))
    if not rows:
        return 0
    counts: Counts = Counter()
    for row in rows:
        if row.owed:
            counts[row.project_id, row.stored_at.date(), "owed", ""] += row.owed
    keep_counts(connection, counts)
    taken = [row.id for row in rows]
    ended = sa.case((submissions.c.state == "duplicate", "duplicate"), else_="refused")
    blanked = {
        **BLANK,
        "document": sa.null(),
        "owed": 0,
        "state": ended,
        "told": True,
        "erased_at": now,
    }
    connection.execute(sa.update(submissions).where(submissions.c.id.in_(taken)).values(blanked))
    word_lists.remove(connection, taken)
    connection.execute(
        sa.update(fetches).where(fetches.c.submission_id.in_(taken)).values(_FETCHED)
    )
    _blank_bodies(connection, rows, spotter, now)
    return len(rows)


def of_leads(connection: sa.Connection, lead_ids: Sequence[UUID]) -> list[UUID]:
    """The submissions that became these leads."""
    brought = sa.select(submissions.c.id).where(submissions.c.lead_id.in_(lead_ids))
    return list(connection.execute(brought).scalars())


def _with_repeats(connection: sa.Connection, ids: Collection[UUID]) -> set[UUID]:
    found = newly = set(ids)
    while newly:
        repeats = sa.select(submissions.c.id).where(submissions.c.duplicate_of.in_(newly))
        newly = set(connection.execute(repeats).scalars()) - found
        found = found | newly
    return found


def _locked(connection: sa.Connection, ids: Collection[UUID]) -> Sequence[Any]:
    names = ("id", "body_id", "project_id", "stored_at", "owed", "document")
    query = sa.select(*(submissions.c[name] for name in names)).where(
        submissions.c.id.in_(ids), submissions.c.erased_at.is_(None)
    )
    return connection.execute(query.order_by(submissions.c.id).with_for_update()).all()


def _blank_bodies(
    connection: sa.Connection, rows: Sequence[Any], spotter: Spotter, now: datetime
) -> None:
    """Blank the bodies of which nothing else is left; in the others mask what the person said."""
    said: dict[UUID, list[Json]] = defaultdict(list)
    for row in rows:
        said[row.body_id].append(row.document)
    shared = sa.select(submissions.c.body_id).where(
        submissions.c.body_id.in_(said), submissions.c.erased_at.is_(None)
    )
    others = set(connection.execute(shared).scalars())
    apart = sorted(said.keys() - others)
    connection.execute(
        sa.update(bodies).where(bodies.c.id.in_(apart)).values({**BLANK_BODY, "blanked_at": now})
    )
    for body_id in sorted(others):
        _mask_body(connection, body_id, said[body_id], spotter)


def _mask_body(
    connection: sa.Connection, body_id: UUID, documents: Sequence[Json], spotter: Spotter
) -> None:
    row = connection.execute(sa.select(bodies).where(bodies.c.id == body_id)).one()
    kind = content_type(row.headers)
    texts = {
        str(leaf)
        for document in documents
        for _, leaf in pointers.leaves(document)
        if len(str(leaf)) >= SHORTEST and not isinstance(leaf, bool)
    }
    connection.execute(
        sa.update(bodies)
        .where(bodies.c.id == body_id)
        .values(
            body=spotter.masked(mask(row.body, kind, texts), kind=kind),
            headers=spotter.masked_json(row.headers),
            query=json.dumps(spotter.masked_json(json.loads(row.query)), ensure_ascii=False),
        )
    )


def content_type(headers: Json) -> str:
    """The type of a body by its headers, "" where they do not say."""
    named = {name.lower(): text for name, text in headers.items()}
    return str(named.get("content-type", ""))
