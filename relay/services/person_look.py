"""What it takes to look for a person in one project, and what one look at some rows has found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa

from relay.core.contacts import Contact, contacts_of
from relay.core.contract import Json
from relay.core.spotting import Spotter
from relay.runtime import Runtime
from relay.services.browse import Row
from relay.services.person_requests import contacts_of as asked_for
from relay.services.returning import comes_back
from relay.store.tables import sources

Relation = Literal["own", "mention"]

MOST_OTHERS = 20
"""Further contacts that are told of a person."""


@dataclass(frozen=True, slots=True)
class Found:
    """A row in which the person stands: it is the person's own, or only names them."""

    what: str
    row_id: UUID
    relation: Relation
    number: int = 0


@dataclass(slots=True)
class Seen:
    """What some rows hold; `after` is where the next ones begin, None where there are none, `share`
    how much of the stage is done."""

    finds: list[Found] = field(default_factory=list)
    others: set[Contact] = field(default_factory=set)
    after: Json = None
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Look:
    """Whom to look for and where. What came after `before` counts only where it must not be there:
    who was erased may come again on their own."""

    project_id: UUID
    spotter: Spotter
    sources: Mapping[UUID, str | None]
    before: datetime | None = None

    @property
    def contacts(self) -> frozenset[Contact]:
        """By what the person is known."""
        return self.spotter.contacts

    def holds(self, source_id: UUID | None, *texts: Any, kind: str = "") -> bool:
        """Whether the person stands in one of these texts or bytes."""
        region = self.sources.get(source_id) if source_id else None
        return any(self.spotter.holds(text, region, kind) for text in texts)

    def whose(self, source_id: UUID, document: Json) -> frozenset[Contact]:
        """Whom a document is about."""
        return (
            frozenset() if document is None else contacts_of(document, self.sources.get(source_id))
        )

    def is_own(self, source_id: UUID, document: Json) -> bool:
        """Whether a document is about the person."""
        return bool(self.whose(source_id, document) & self.contacts)

    def counts(self, at: datetime, document: Json = None, *, listed: bool = False) -> bool:
        """Whether what came at this time is to be found."""
        if self.before is None or at <= self.before:
            return True
        return document is not None and comes_back(document, at, self.before, listed=listed)


def look_for(rt: Runtime, connection: sa.Connection, row: Row) -> Look:
    """The look that a request asks for."""
    query = sa.select(sources.c.id, sources.c.options).where(
        sources.c.project_id == row["project_id"]
    )
    regions = {one.id: one.options.get("region") for one in connection.execute(query)}
    spotter = Spotter(asked_for(rt, row))
    return Look(row["project_id"], spotter, dict(sorted(regions.items())), row["erasing_at"])


def as_text(column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """A column of JSON as the text that is stored."""
    text: sa.ColumnElement[str] = sa.type_coerce(column, sa.Text).label(column.key)
    return text
