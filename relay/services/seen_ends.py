"""What is about to end, and what could not be compared: looked at every few minutes."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.jws import read_claims
from relay.core.secrets import Sealed
from relay.runtime import Runtime
from relay.services import configured
from relay.services.configured import ConfiguredSource, ConfiguredTarget
from relay.services.sightings import Seen
from relay.store.tables import projects, reconciliations, sources, state_is, targets

logger = logging.getLogger(__name__)

SOON = timedelta(days=30)
"""How long before its end a credential or a version is a problem."""


def ending(rt: Runtime, _since: datetime, now: datetime) -> Sequence[Seen]:
    """Credentials and versions that end soon, and sources whose newest comparison failed."""
    found = [
        *_each(_in_use(rt, targets), lambda own: _of_target(configured.target(rt, own), now)),
        *_each(_in_use(rt, sources), lambda own: _of_source(configured.source(rt, own), now)),
    ]
    return [*found, *_not_compared(rt, now)]


def _each(ids: Iterable[UUID], read: Callable[[UUID], Iterable[Seen]]) -> Iterator[Seen]:
    """What is read of each; one that cannot be read, as its secrets are sealed, stops no other."""
    for own in ids:
        try:
            yield from read(own)
        except (Sealed, LookupError, ValueError) as error:
            logger.warning("the credentials of %s cannot be read: %s", own, error)


def _in_use(rt: Runtime, table: sa.Table) -> Sequence[UUID]:
    query = (
        sa.select(table.c.id)
        .join(projects, projects.c.id == table.c.project_id)
        .where(table.c.archived_at.is_(None), projects.c.archived_at.is_(None))
    )
    with rt.database.read() as connection:
        return connection.execute(query.order_by(table.c.id)).scalars().all()


def _of_target(target: ConfiguredTarget | None, now: datetime) -> Iterator[Seen]:
    if target is None:
        return
    about: dict[str, Any] = {"project_id": target.project_id, "target_id": target.id, "at": now}
    ends = first_end(target.secrets, target.credentials_end)
    if ends is not None and _is_soon(ends, now):
        yield Seen(sort="credential", facts={"ends": ends.isoformat()}, **about)
    kind = target.kind
    gone = kind.version_ends(target.settings)
    if gone is not None and _is_soon(gone, now):
        facts = {"ends": gone.isoformat(), "label": kind.target.label}
        yield Seen(sort="version", facts=facts | {"version": kind.target.api_version}, **about)


def _of_source(source: ConfiguredSource | None, now: datetime) -> Iterator[Seen]:
    if source is None:
        return
    ends = first_end(source.secrets, source.options.get("credentials_end"))
    if ends is not None and _is_soon(ends, now):
        about: dict[str, Any] = {"project_id": source.project_id, "source_id": source.id}
        yield Seen(sort="credential", at=now, facts={"ends": ends.isoformat()}, **about)


def _is_soon(ends: date, now: datetime) -> bool:
    return ends <= (now + SOON).date()


def first_end(secrets: Iterable[str], said: str | None) -> date | None:
    """The first day on which one of these credentials ends: as somebody has said, or as a signed
    token says of itself (RFC 7519, `exp`)."""
    known = [date.fromisoformat(said)] if said else []
    for secret in secrets:
        claims = read_claims(secret) if secret.count(".") == 2 else ""
        at = claims.get("exp") if isinstance(claims, dict) else None
        if isinstance(at, int | float) and 0 < at < _LAST:
            known.append(datetime.fromtimestamp(at, UTC).date())
    return min(known, default=None)


_LAST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


def _not_compared(rt: Runtime, now: datetime) -> list[Seen]:
    """Sources of kinds that list, whose newest comparison with the provider's list failed."""
    kinds = [name for name, kind in rt.catalog.sources.items() if kind.source.listing]
    newest = (
        sa.select(reconciliations.c.id)
        .where(reconciliations.c.source_id == sources.c.id, ~state_is(reconciliations, "running"))
        .order_by(reconciliations.c.id.desc())
        .limit(1)
        .correlate(sources)
        .scalar_subquery()
    )
    query = (
        sa.select(sources.c.id, sources.c.project_id, reconciliations.c.finished_at)
        .select_from(sources)
        .join(reconciliations, reconciliations.c.id == newest)
        .where(sources.c.kind.in_(kinds), sources.c.archived_at.is_(None))
        .where(state_is(reconciliations, "failed"))
    )
    with rt.database.read() as connection:
        rows = connection.execute(query).all()
    return [
        Seen(
            sort="reconcile",
            project_id=row.project_id,
            source_id=row.id,
            since=row.finished_at,
            at=now,
        )
        for row in rows
    ]
