"""What a condition would let through: the newest leads of a source, held against it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core import pointers
from relay.core.condition_fields import FORM_FIELDS, TOKENS, field
from relay.core.condition_rows import ConditionRow, row_schema, rows_of
from relay.core.conditions import matches
from relay.core.contract import Json
from relay.core.lead import LeadSchema
from relay.runtime import Runtime
from relay.services import configured
from relay.services.browse import Row
from relay.services.configured import ConfiguredRoute
from relay.services.owing import why_not
from relay.store.tables import lead_versions, leads, submissions

HELD_AGAINST = 100
"""Leads that a condition is held against."""

LOOKED_THROUGH = 1000
"""Newest submissions of a source that may have brought them."""

NAMES = 40
"""Form fields and tokens that are offered by name."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A row that a lead does not fulfil, and what the lead says there."""

    row: ConditionRow
    said: Json


@dataclass(frozen=True, slots=True)
class Match:
    """One lead held against a condition; `hindrance` is why it would be skipped all the same."""

    lead: Row
    matches: bool
    failed: tuple[Failed, ...]
    hindrance: str | None = None

    @property
    def goes(self) -> bool:
        """Whether it would be sent."""
        return self.matches and self.hindrance is None


def newest_leads(rt: Runtime, source: UUID, limit: int = HELD_AGAINST) -> Sequence[Row]:
    """The newest leads that a source brought, with their newest `document`."""
    lately = (
        sa.select(submissions.c.lead_id)
        .where(submissions.c.source_id == source)
        .order_by(submissions.c.received_at.desc())
        .limit(LOOKED_THROUGH)
        .subquery()
    )
    query = _documents().where(leads.c.id.in_(sa.select(lately.c.lead_id)))
    return _rows(rt, query.order_by(leads.c.id.desc()).limit(limit))


def names_seen(rt: Runtime, project: UUID, limit: int = 50) -> list[str]:
    """Pointers of the form fields and tokens of the project's newest leads, the commonest first."""
    return names_in(newest_of_project(rt, project, limit))


def newest_of_project(rt: Runtime, project: UUID, limit: int = 50) -> Sequence[Row]:
    """The newest leads of a project, with their newest `document`."""
    query = _documents().where(leads.c.project_id == project)
    newest = query.order_by(leads.c.created_at.desc(), leads.c.number.desc())
    return _rows(rt, newest.limit(limit))


def names_in(found: Sequence[Row]) -> list[str]:
    """Pointers of the form fields and tokens that these leads have, the commonest first."""
    counted: Counter[str] = Counter()
    for row in found:
        for prefix in (FORM_FIELDS, TOKENS):
            named = pointers.get(row["document"], prefix)
            for name in named if isinstance(named, dict) else ():
                counted[prefix + pointers.joined((name,))] += 1
    return [pointer for pointer, _ in counted.most_common(NAMES) if len(pointer) < 200]


def hold_against(
    rt: Runtime, route: ConfiguredRoute, limit: int = HELD_AGAINST
) -> Sequence[Match] | None:
    """The newest leads of a route's source, held against it; None where an end of it is gone.

    Raises ValueError where the condition is none.
    """
    source = configured.source(rt, route.source_id)
    target = configured.target(rt, route.target_id)
    if source is None or target is None:
        return None
    anything = ConfiguredRoute(
        route.id, route.source_id, route.target_id, {}, route.events, route.options
    )
    rows = rows_of(route.condition, rt.catalog.lead)
    found = []
    for row in newest_leads(rt, route.source_id, limit):
        lead = SimpleNamespace(**row)
        hindrance = why_not(lead, source, anything, target, route.events[0])
        fits = matches(route.condition, lead.document)
        failed = () if fits or rows is None else _failed(rows.rows, lead.document, rt.catalog.lead)
        found.append(Match(row, fits, failed, hindrance))
    return found


def _failed(rows: Sequence[ConditionRow], document: Json, lead: LeadSchema) -> tuple[Failed, ...]:
    """The rows that this lead does not fulfil, each with what it says there."""
    return tuple(
        Failed(row, _said(row, document, lead))
        for row in rows
        if not matches(row_schema(row, lead), document)
    )


def _said(row: ConditionRow, document: Json, lead: LeadSchema) -> Json:
    about = field(lead, row.field)
    return pointers.get(document, pointers.joined(about.steps)) if about else None


def _documents() -> sa.Select[*tuple[Any, ...]]:
    wanted = ("id", "number", "public_id", "version", "name", "email", "phone", "test", "partial")
    return (
        sa.select(*(leads.c[name] for name in (*wanted, "created_at")), lead_versions.c.document)
        .join(
            lead_versions,
            sa.and_(
                lead_versions.c.lead_id == leads.c.id, lead_versions.c.version == leads.c.version
            ),
        )
        .where(leads.c.archived_at.is_(None))
    )


def _rows(rt: Runtime, query: sa.Select[*tuple[Any, ...]]) -> Sequence[Row]:
    with rt.database.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]
