"""Looking for a person in what arrived: submissions in every state, and what was turned away."""

import json
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.runtime import Runtime
from relay.services import configured
from relay.services.person_look import Found, Look, Seen, as_text
from relay.services.remapping import understood
from relay.services.returning import is_list
from relay.store.tables import bodies, fetches, submissions, turned_away

BATCH = 100
"""Submissions of one look, each with its whole body."""

_BODY = ("method", "door", "query", "body", "address", "parts", "blanked_at")


def see(rt: Runtime, connection: sa.Connection, look: Look, after: Json) -> Seen:
    """The next submissions by the time of their arrival."""
    of = submissions.c
    query = _submissions().where(of.project_id == look.project_id)
    if after is not None:
        at, last = datetime.fromisoformat(after[0]), UUID(after[1])
        behind = sa.tuple_(of.received_at, of.id) > sa.tuple_(
            sa.literal(at, of.received_at.type), sa.literal(last, of.id.type)
        )
        query = query.where(of.received_at >= at, behind)
    rows = connection.execute(query.order_by(of.received_at, of.id).limit(BATCH)).all()
    if not rows:
        return Seen()
    seen = Seen(share=_share(connection, look, rows[-1].received_at))
    if len(rows) == BATCH:
        seen.after = [rows[-1].received_at.isoformat(), str(rows[-1].id)]
    for row in rows:
        if row.erased_at is None:
            _judge(rt, look, row, seen)
    return seen


def _submissions() -> sa.Select[Any]:
    of = submissions.c
    return (
        sa.select(
            of.id,
            of.source_id,
            of.position,
            of.received_at,
            of.lead_key,
            of.erased_at,
            *(as_text(of[name]) for name in ("document", "warnings", "reasons")),
            *(bodies.c[name] for name in _BODY),
            as_text(bodies.c.headers),
            fetches.c.body.label("fetched"),
            as_text(fetches.c.exchanges),
        )
        .join(bodies, bodies.c.id == of.body_id)
        .outerjoin(fetches, fetches.c.submission_id == of.id)
    )


def _judge(rt: Runtime, look: Look, row: Any, seen: Seen) -> None:
    headers = json.loads(row.headers)
    kind = {name.lower(): str(text) for name, text in headers.items()}.get("content-type", "")
    raw = look.holds(row.source_id, row.body, kind=kind)
    said = (row.document, row.warnings, row.reasons, row.fetched, row.exchanges, row.lead_key)
    if not raw and not look.holds(row.source_id, *said, row.query, row.headers):
        return
    document = _document(rt, row, headers)
    if not look.counts(row.received_at, document, listed=is_list(row.door, row.method)):
        return
    own = look.is_own(row.source_id, document) or (document is None and row.parts == 1)
    seen.finds.append(Found("submission", row.id, "own" if own else "mention"))
    if own:
        seen.others.update(look.whose(row.source_id, document) - look.contacts)


def _document(rt: Runtime, row: Any, headers: Json) -> Json:
    """What it says as a lead; of what has none, what its source makes of it today."""
    if row.document is not None:
        return json.loads(row.document)
    source = configured.source(rt, row.source_id)
    if source is None or (row.blanked_at is not None and row.fetched is None):
        return None
    found = understood(source, SimpleNamespace(**{**row._mapping, "headers": headers}))  # noqa: SLF001 - public by its documentation
    at = row.position if row.fetched is None else 0
    mapped = None if isinstance(found, str) or at >= len(found) else found[at][1]
    return None if mapped is None else mapped.document


def _share(connection: sa.Connection, look: Look, at: datetime) -> float:
    """How much of the time has been looked through."""
    of = submissions.c
    mine = sa.select(of.received_at).where(of.project_id == look.project_id)
    first = connection.execute(mine.order_by(of.received_at).limit(1)).scalar_one()
    last = connection.execute(mine.order_by(of.received_at.desc()).limit(1)).scalar_one()
    whole = (last - first).total_seconds()
    return (at - first).total_seconds() / whole if whole else 1.0


def see_turned_away(connection: sa.Connection, look: Look, after: Json) -> Seen:
    """What the next source has turned away."""
    following = [one for one in look.sources if after is None or str(one) > after]
    if not following:
        return Seen()
    source_id = following[0]
    columns = [one for one in turned_away.c if one.name != "headers"]
    query = sa.select(*columns, as_text(turned_away.c.headers)).where(
        turned_away.c.source_id == source_id
    )
    done = 1 - (len(following) - 1) / len(look.sources)
    seen = Seen(after=str(source_id) if len(following) > 1 else None, share=done)
    for row in connection.execute(query):
        kind = str(json.loads(row.headers).get("content-type", ""))
        held = look.holds(source_id, row.body, kind=kind) or look.holds(
            source_id, row.headers, row.reason
        )
        if held and look.counts(row.at):
            seen.finds.append(Found("turned away", row.id, "own"))
    return seen
