"""To whom notices go: the configured recipients, opened when there is something to tell."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json, Settings
from relay.core.kinds import TargetKind
from relay.core.private import join
from relay.runtime import Runtime
from relay.services.browse import Row
from relay.services.configured import texts_of
from relay.services.wanted import Mistakes
from relay.store.tables import notices, projects, recipients

SHOWN = 20
"""Notices of a recipient that are shown."""


@dataclass(frozen=True)
class Recipient:
    """One recipient with its kind; `settings` holds the secrets in clear, `secrets` their values.

    Without `sorts` it is told of all; `quiet` is how many seconds are between two notices.
    """

    id: UUID
    project_id: UUID
    project_public_id: str
    project_name: str
    name: str
    kind: TargetKind
    settings: Settings
    secrets: tuple[str, ...]
    sorts: tuple[str, ...]
    resolved: bool
    house: bool
    quiet: float
    changed_at: datetime

    @property
    def rate_key(self) -> str:
        """What its vendor's limits are counted by, also where a target has the same account."""
        return self.kind.rate_key(self.settings, self.id)


def keep_to_project(document: Json) -> None:
    """Raise Mistakes where a recipient's document has them told of the relay's own problems: only
    who may change all projects decides that."""
    if document.get("house"):
        raise Mistakes(["house: is decided by those who may change all projects"])


def recipient(rt: Runtime, recipient_id: UUID) -> Recipient | None:
    """One that is in use, with its project. Raises Sealed where its secrets cannot be opened."""
    query = (
        sa.select(
            recipients, projects.c.public_id.label("public_id"), projects.c.name.label("project")
        )
        .join(projects, projects.c.id == recipients.c.project_id)
        .where(recipients.c.id == recipient_id, recipients.c.archived_at.is_(None))
        .where(projects.c.archived_at.is_(None))
    )
    with rt.database.read() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else _opened(rt, row)


def recipients_of(rt: Runtime, project_id: UUID) -> list[Row]:
    """The project's recipients in use by name, each with how its newest notice went."""
    newest = (
        sa.select(notices.c.id)
        .where(notices.c.recipient_id == recipients.c.id)
        .order_by(notices.c.id.desc())
        .limit(1)
        .correlate(recipients)
        .scalar_subquery()
    )
    columns = [column for column in recipients.c if column.name != "secrets"]
    query = (
        sa.select(
            *columns,
            notices.c.state.label("newest_state"),
            sa.func.coalesce(notices.c.settled_at, notices.c.due_at).label("newest_at"),
        )
        .select_from(recipients)
        .outerjoin(notices, notices.c.id == newest)
        .where(recipients.c.project_id == project_id, recipients.c.archived_at.is_(None))
        .order_by(recipients.c.name)
    )
    with rt.database.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def newest_notices(rt: Runtime, recipient_id: UUID) -> list[Row]:
    """What a recipient was sent, newest first, with what was said."""
    query = (
        sa.select(notices)
        .where(notices.c.recipient_id == recipient_id)
        .order_by(notices.c.id.desc())
        .limit(SHOWN)
    )
    with rt.database.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def _opened(rt: Runtime, row: Any) -> Recipient:
    sealed = rt.box.open(row.secrets)
    options = row.options
    return Recipient(
        id=row.id,
        project_id=row.project_id,
        project_public_id=row.public_id,
        project_name=row.project,
        name=row.name,
        kind=rt.catalog.targets[row.kind],
        settings=join(row.settings, sealed["settings"]),
        secrets=tuple(texts_of(sealed["settings"])),
        sorts=tuple(options.get("sorts", ())),
        resolved=bool(options.get("resolved")),
        house=bool(options.get("house")),
        quiet=float(options.get("quiet", 60)),
        changed_at=row.updated_at,
    )
