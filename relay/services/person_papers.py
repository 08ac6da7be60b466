"""The papers that a person is given: leads with all versions, what came in, what went out."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.cards import card_of, text_card
from relay.core.contract import Json
from relay.services.person_blanking import of_leads
from relay.store.tables import (
    attempts,
    bodies,
    deliveries,
    fetches,
    import_refusals,
    imports,
    lead_versions,
    leads,
    sources,
    status_changes,
    submissions,
    targets,
    turned_away,
)

MOST = 500
"""Versions, deliveries and submissions of one lead that are written down: the newest."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One file of those that a person is given."""

    name: str
    content: bytes


def of(connection: sa.Connection, found: Any) -> Iterator[Paper]:
    """The papers of one find; none of what is gone by now."""
    if found.what == "lead":
        yield from _lead(connection, found.row_id)
    elif found.what == "submission":
        yield from _submission(connection, found.row_id)
    elif found.what == "turned away":
        yield from _turned_away(connection, found.row_id)
    elif found.what == "refused row":
        yield from _refused_row(connection, found.row_id, found.number)


def _lead(connection: sa.Connection, lead_id: UUID) -> Iterator[Paper]:
    query = (
        sa.select(leads, sources.c.name.label("source"), sources.c.kind.label("source_kind"))
        .join(sources, sources.c.id == leads.c.source_id)
        .where(leads.c.id == lead_id)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return
    told = {
        "number": row.number,
        "id": row.public_id,
        "came_by": {"source": row.source, "kind": row.source_kind},
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "versions": _rows(
            connection,
            sa.select(*(lead_versions.c[name] for name in ("version", "created_at", "document")))
            .where(lead_versions.c.lead_id == lead_id)
            .order_by(lead_versions.c.version.desc()),
        ),
        "statuses": _rows(
            connection,
            sa.select(*(status_changes.c[name] for name in ("at", "change")))
            .where(status_changes.c.lead_id == lead_id)
            .order_by(status_changes.c.id.desc()),
        ),
        "sent": _sent(connection, lead_id),
    }
    name = f"leads/lead-{row.number}"
    yield Paper(f"{name}.json", _json(told))
    yield Paper(f"{name}.txt", _text(told).encode())
    for submission_id in of_leads(connection, [lead_id])[-MOST:]:
        yield from _submission(connection, submission_id)


def _sent(connection: sa.Connection, lead_id: UUID) -> list[dict[str, Any]]:
    """What went to whom and when, with the requests; what others answered is theirs."""
    query = (
        sa.select(
            deliveries.c.id,
            targets.c.name.label("target"),
            targets.c.kind,
            deliveries.c.event,
            deliveries.c.version,
            deliveries.c.state,
            deliveries.c.settled_at,
            deliveries.c.remote_id,
            deliveries.c.remote_url,
        )
        .join(targets, targets.c.id == deliveries.c.target_id)
        .where(deliveries.c.lead_id == lead_id)
        .order_by(deliveries.c.id.desc())
    )
    found = _rows(connection, query)
    for row in found:
        tries = sa.select(attempts.c.started_at, attempts.c.outcome, attempts.c.exchanges).where(
            attempts.c.delivery_id == row.pop("id")
        )
        row["attempts"] = [
            _try(one) for one in _rows(connection, tries.order_by(attempts.c.id.desc()))
        ]
    return found


def _try(row: Mapping[str, Any]) -> dict[str, Any]:
    requests = [said.get("request") for said in row["exchanges"]]
    return {"started_at": row["started_at"], "outcome": row["outcome"], "requests": requests}


def _submission(connection: sa.Connection, submission_id: UUID) -> Iterator[Paper]:
    names = ("method", "query", "headers", "body", "address", "size", "blanked_at")
    query = (
        sa.select(
            *(submissions.c[name] for name in ("id", "received_at", "state", "document")),
            *(submissions.c[name] for name in ("warnings", "reasons")),
            sources.c.name.label("source"),
            *(bodies.c[name] for name in names),
            bodies.c.parts,
            fetches.c.body.label("fetched"),
        )
        .join(bodies, bodies.c.id == submissions.c.body_id)
        .join(sources, sources.c.id == submissions.c.source_id)
        .outerjoin(fetches, fetches.c.submission_id == submissions.c.id)
        .where(submissions.c.id == submission_id, submissions.c.erased_at.is_(None))
    )
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return
    alone = row["parts"] == 1  # what others said in the same request is theirs
    raw, fetched = row["body"] if alone else b"", row["fetched"]
    hidden = {"body", "fetched", "parts", *(() if alone else ("query", "headers"))}
    told = {name: value for name, value in row.items() if name not in hidden}
    name = f"submissions/{row['received_at']:%Y-%m-%d}-{row['id']}"
    yield Paper(f"{name}.json", _json(told))
    if raw:
        yield Paper(f"{name}.raw", bytes(raw))
    if fetched:
        yield Paper(f"{name}.fetched.raw", bytes(fetched))


def _turned_away(connection: sa.Connection, row_id: UUID) -> Iterator[Paper]:
    query = sa.select(turned_away).where(turned_away.c.id == row_id)
    for row in connection.execute(query).mappings():
        told = {name: row[name] for name in ("at", "status", "reason", "headers", "address")}
        yield Paper(f"turned-away/{row_id}.json", _json(told))
        yield Paper(f"turned-away/{row_id}.raw", bytes(row["body"]))


def _refused_row(connection: sa.Connection, import_id: UUID, number: int) -> Iterator[Paper]:
    query = (
        sa.select(imports.c.name, imports.c.header, import_refusals)
        .join(imports, imports.c.id == import_refusals.c.import_id)
        .where(import_refusals.c.import_id == import_id, import_refusals.c.row == number)
    )
    for row in connection.execute(query).mappings():
        told = {name: row[name] for name in ("name", "header", "row", "cells", "reasons")}
        yield Paper(f"uploads/{import_id}-row-{number}.json", _json(told))


def _rows(connection: sa.Connection, query: sa.Select[Any]) -> list[dict[str, Any]]:
    """The newest rows, oldest first."""
    return [dict(row) for row in connection.execute(query.limit(MOST)).mappings()][::-1]


def _json(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, indent=2, default=_plain).encode()


def _plain(value: Any) -> Json:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _text(told: Mapping[str, Any]) -> str:
    """A lead in words, for people."""
    newest = told["versions"][-1]["document"] if told["versions"] else {}
    lines = [
        f"Lead {told['number']}",
        f"Came on {_moment(told['created_at'])} by “{told['came_by']['source']}”.",
        f"Last changed on {_moment(told['updated_at'])}, {len(told['versions'])} versions.",
        "",
        text_card(card_of(newest)),
        *_listed("What was said of it", [_status(one) for one in told["statuses"]]),
        *_listed("Whom it was sent to", [_sending(one) for one in told["sent"]]),
    ]
    return "\n".join(lines) + "\n"


def _listed(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield f"\n{title}"
    yield from lines or ("nobody" if title.startswith("Whom") else "nothing",)


def _status(one: Mapping[str, Any]) -> str:
    said = ", ".join(f"{name}: {value}" for name, value in one["change"].items())
    return f"- {_moment(one['at'])}: {said}"


def _sending(one: Mapping[str, Any]) -> str:
    times = [_moment(attempt["started_at"]) for attempt in one["attempts"]]
    when = f"tried on {', '.join(times)}" if times else "never tried"
    record = f"; record {one['remote_id']}" if one["remote_id"] else ""
    return f"- {one['target']} ({one['kind']}), {one['event']}: {one['state']}, {when}{record}"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
