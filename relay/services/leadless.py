"""What a searcher's text may mean beside leads: submissions that became none, and why."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.word_lists import says
from relay.runtime import Runtime
from relay.services.arrival import hashed_event
from relay.services.text_lookup import EVERYWHERE, Texts, newest
from relay.services.word_lists import has_words, holding
from relay.store.tables import (
    event_keys,
    sources,
    state_is,
    submissions,
    turned_away,
    word_lists,
)

MOST = 20
"""Submissions that are shown of each sort, the newest."""

OPEN_LOOKED_AT = 200
"""Submissions on their way that are looked at, the newest: mostly there is none."""

REFUSALS_LOOKED_AT = 300
REFUSAL_AT_MOST = 8 * 1024
"""Requests turned away that are looked at, the newest, and bytes of each."""

SHELVED = ("quarantined", "held", "refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Something that arrived and is no lead; `what` is a submission's state, or `turned away`.

    `lead_id` is the lead that it repeats.
    """

    id: UUID
    what: str
    at: datetime
    source_id: UUID
    source: str
    reasons: list[Any]
    test: bool = False
    partial: bool = False
    lead_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Leadless:
    """What was found, newest first; `more` says that not all is shown.

    Where `refusals_cut`, older requests that were turned away were not looked at.
    """

    found: list[Other]
    more: bool = False
    refusals_cut: bool = False


def about(
    rt: Runtime, project: UUID, text: str, lead_ids: Collection[UUID] = (), *, ids_only: bool
) -> Leadless:
    """What arrived with this text and became no lead, and what came again of these leads."""
    if not text.strip() or "\0" in text:
        return Leadless([])
    with rt.database.read() as connection:
        found = _by_id(connection, project, text.strip())
        if ids_only:
            return Leadless(found)
        found += _shelved(connection, project, text)
        found += _events(connection, project, text.strip())
        found += _repeats(connection, project, lead_ids)
        found += _open(connection, project, text)
        refusals, cut = _refusals(connection, project, text)
    each = {one.id: one for one in (*found, *refusals)}
    told = sorted(each.values(), key=lambda one: one.at, reverse=True)
    return Leadless(told[:MOST], more=len(told) > MOST, refusals_cut=cut)


_first = submissions.alias("first")
_LIST = (
    sa.select(submissions, sources.c.name.label("source"), _first.c.lead_id.label("repeats"))
    .join(sources, sources.c.id == submissions.c.source_id)
    .outerjoin(_first, _first.c.id == submissions.c.duplicate_of)
)


def _read(connection: sa.Connection, query: sa.Select[Any]) -> list[Other]:
    rows = connection.execute(query.order_by(submissions.c.id.desc()).limit(MOST + 1)).mappings()
    return [_other(row) for row in rows]


def _other(row: Any) -> Other:
    return Other(
        id=row["id"],
        what=row["state"],
        at=row["received_at"],
        source_id=row["source_id"],
        source=row["source"],
        reasons=row["reasons"],
        test=row["test"],
        partial=row["partial"],
        lead_id=row["lead_id"] or row["repeats"],
    )


def _by_id(connection: sa.Connection, project: UUID, text: str) -> list[Other]:
    try:
        identifier = UUID(text)
    except ValueError:
        return []
    mine = submissions.c.project_id == project, submissions.c.id == identifier
    return _read(connection, _LIST.where(*mine, submissions.c.state != "stored"))


def _shelved(connection: sa.Connection, project: UUID, text: str) -> list[Other]:
    if not has_words(text):
        return []
    mine = word_lists.c.project_id == project, sa.not_(word_lists.c.of_lead)
    texts = Texts(word_lists, "about_id", mine, partial(holding, connection, text), MOST + 1)
    ids = newest(connection, texts, EVERYWHERE, MOST * 10).ids  # some may have become leads since
    return _read(
        connection, _LIST.where(submissions.c.id.in_(ids), state_is(submissions, *SHELVED))
    )


def _events(connection: sa.Connection, project: UUID, text: str) -> list[Other]:
    """By the provider's own id of it."""
    mine = sa.select(sources.c.id).where(sources.c.project_id == project)
    keys = [(one, hashed_event(one, text)) for one in connection.execute(mine).scalars()]
    firsts = sa.select(event_keys.c.submission_id).where(
        sa.tuple_(event_keys.c.source_id, event_keys.c.event_key).in_(keys)
    )
    ids = list(connection.execute(firsts).scalars())
    if not ids:
        return []
    either = sa.or_(submissions.c.id.in_(ids), submissions.c.duplicate_of.in_(ids))
    return _read(connection, _LIST.where(either, submissions.c.state != "stored"))


def _repeats(connection: sa.Connection, project: UUID, lead_ids: Collection[UUID]) -> list[Other]:
    """What came again of the leads that were found."""
    if not lead_ids:
        return []
    firsts = sa.select(submissions.c.id).where(submissions.c.lead_id.in_(lead_ids)).limit(1000)
    ids = list(connection.execute(firsts).scalars())
    mine = submissions.c.project_id == project, submissions.c.duplicate_of.in_(ids)
    return _read(connection, _LIST.where(*mine))


def _open(connection: sa.Connection, project: UUID, text: str) -> list[Other]:
    query = (
        _LIST.where(state_is(submissions, "received"), submissions.c.project_id == project)
        .order_by(submissions.c.received_at.desc())
        .limit(OPEN_LOOKED_AT)
    )
    rows = connection.execute(query).mappings()
    return [
        _other(row) for row in rows if says(json.dumps(row["document"], ensure_ascii=False), text)
    ]


def _refusals(connection: sa.Connection, project: UUID, text: str) -> tuple[list[Other], bool]:
    """Requests that were turned away and say this; whether older ones were not looked at."""
    body = sa.func.substr(turned_away.c.body, 1, REFUSAL_AT_MOST, type_=sa.LargeBinary())
    query = (
        sa.select(turned_away, body.label("beginning"), sources.c.name.label("source"))
        .join(sources, sources.c.id == turned_away.c.source_id)
        .where(sources.c.project_id == project)
        .order_by(turned_away.c.id.desc())
        .limit(REFUSALS_LOOKED_AT)
    )
    rows = connection.execute(query).mappings().all()
    found = [
        Other(
            id=row["id"],
            what="turned away",
            at=row["at"],
            source_id=row["source_id"],
            source=row["source"],
            reasons=[row["reason"]],
        )
        for row in rows
        if says(bytes(row["beginning"]).decode("utf-8", "replace"), text)
    ]
    return found, len(rows) == REFUSALS_LOOKED_AT
