"""The configured sources, targets and routes as the hot paths see them: read once a second."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json, Settings
from relay.core.kinds import SourceKind, TargetKind
from relay.core.private import join
from relay.core.retry import SCHEDULE
from relay.core.secrets import hash_key
from relay.runtime import Runtime
from relay.services.configure import ensure_source
from relay.services.configured_projects import (
    ConfiguredKey,
    ConfiguredProject,
    key,
    project,
    project_by_public_id,
)
from relay.services.memory import forget, remember
from relay.store.tables import projects, routes, source_tokens, sources, targets

__all__ = [
    "ConfiguredKey",
    "ConfiguredProject",
    "ConfiguredRoute",
    "ConfiguredSource",
    "ConfiguredTarget",
    "forget",
    "key",
    "project",
    "project_by_public_id",
    "routes_from",
    "source",
    "source_by_key",
    "source_by_token",
    "source_of_kind",
    "target",
]

FIRST_CALL = "first call"
"""Who makes a source, by the audit log, that a call needs and that nobody has set up."""


@dataclass(frozen=True)
class ConfiguredSource:
    """One source with its kind; `settings` holds the secrets in clear, `secrets` their values.

    `refuse` begins with the rules of its project.
    """

    id: UUID
    project_id: UUID
    project_public_id: str
    name: str
    kind: SourceKind
    key: str
    settings: Settings
    secrets: tuple[str, ...]
    options: Mapping[str, Json]
    mapping: Mapping[str, Json]
    refuse: list[Json]
    changed_at: datetime
    paused: bool
    project_active: bool = True
    archived: bool = False


@dataclass(frozen=True)
class ConfiguredTarget:
    """One target with its kind; `settings` holds the secrets in clear, `secrets` their values."""

    id: UUID
    project_id: UUID
    name: str
    kind: TargetKind
    settings: Settings
    secrets: tuple[str, ...]
    mapping: Mapping[str, Json]
    limits: tuple[str, ...]
    retry: Mapping[str, Json]
    rate_key: str
    changed_at: datetime
    grant_key: str | None = None
    credentials_end: str | None = None
    """The day (ISO 8601) on which they end, where somebody has said it."""

    @property
    def in_flight(self) -> int:
        """Deliveries that may be under way to this target at a time."""
        return int(self.retry.get("in_flight") or self.kind.target.in_flight)

    @property
    def schedule(self) -> Sequence[float]:
        """The waits in seconds between attempts."""
        return self.retry.get("schedule") or self.kind.target.schedule or SCHEDULE

    @property
    def max_age(self) -> int | None:
        """Seconds after which a lead is too old for this target."""
        return self.retry.get("max_age") or self.kind.target.max_age


@dataclass(frozen=True)
class ConfiguredRoute:
    """One route; `condition` is a JSON Schema over the lead, `events` the ones it sends."""

    id: UUID
    source_id: UUID
    target_id: UUID
    condition: Json
    events: tuple[str, ...]
    options: Mapping[str, Json]


def source_by_key(rt: Runtime, key: str) -> ConfiguredSource | None:
    """The source whose address ends in this key. Raises Busy when the database is away."""
    hashed = hash_key(key)
    return remember(rt, ("key", hashed), lambda: _load_open_source(rt, hashed))


def source(rt: Runtime, source_id: UUID) -> ConfiguredSource | None:
    """The source with this id, archived or not. Raises Busy when the database is away."""
    return remember(rt, ("source", source_id), lambda: _load_source(rt, sources.c.id == source_id))


def target(rt: Runtime, target_id: UUID) -> ConfiguredTarget | None:
    """The target with this id. Raises Busy when the database is away."""
    return remember(rt, ("target", target_id), lambda: _load_target(rt, target_id))


def routes_from(rt: Runtime, source_id: UUID) -> list[ConfiguredRoute]:
    """The routes that start at this source. Raises Busy when the database is away."""
    return remember(rt, ("routes", source_id), lambda: _load_routes(rt, source_id))


def source_by_token(rt: Runtime, kind: str, token: str) -> ConfiguredSource | None:
    """The source in use that calls of a lead API name so, in whichever project.

    Raises Busy when the database is away.
    """
    hashed = hash_key(f"{kind}:{token}")
    return remember(rt, ("token", hashed), lambda: _load_named_source(rt, hashed))


def source_of_kind(
    rt: Runtime, project_id: UUID, kind: str, *, make: bool = True
) -> ConfiguredSource | None:
    """The project's oldest source of this kind in use: where calls arrive that name none.

    Where there never was one it is made, by one process alone, if it is to be: whoever may not
    call must not change what is configured. None where all are archived, or the project is. Raises
    Busy when the database is away.
    """
    name = ("kind", project_id, kind, make)
    return remember(rt, name, lambda: _load_source_of_kind(rt, project_id, kind, make))


def _open_source(rt: Runtime, row: Any) -> ConfiguredSource:
    secrets = rt.box.open(row.secrets)
    of_project = row.project_settings
    return ConfiguredSource(
        id=row.id,
        project_id=row.project_id,
        project_public_id=row.project_public_id,
        name=row.name,
        kind=rt.catalog.sources[row.kind],
        key=secrets["key"],
        settings=join(row.settings, secrets["settings"]),
        secrets=tuple(texts_of([secrets["settings"], secrets["options"]])),
        options=join(row.options, secrets["options"]),
        mapping=row.mapping,
        refuse=[*of_project.get("refuse", []), *row.refuse],
        changed_at=row.updated_at,
        paused=row.paused_at is not None,
        project_active=of_project.get("active", True),
        archived=row.archived_at is not None,
    )


def _open_target(rt: Runtime, row: Any) -> ConfiguredTarget:
    secrets = rt.box.open(row.secrets)
    settings = join(row.settings, secrets["settings"])
    kind = rt.catalog.targets[row.kind]
    texts = tuple(texts_of(secrets["settings"]))
    return ConfiguredTarget(
        id=row.id,
        project_id=row.project_id,
        name=row.name,
        kind=kind,
        settings=settings,
        secrets=texts,
        mapping=row.mapping,
        limits=tuple(row.limits or kind.target.limits),
        retry=row.retry,
        rate_key=kind.rate_key(settings, row.id),
        changed_at=row.updated_at,
        grant_key=kind.grant_key(settings, texts),
        credentials_end=row.credentials_end,
    )


def _load_open_source(rt: Runtime, key_hash: str) -> ConfiguredSource | None:
    return _load_source(rt, sa.and_(sources.c.key_hash == key_hash, *_IN_USE))


def _load_named_source(rt: Runtime, token_hash: str) -> ConfiguredSource | None:
    named = sa.select(source_tokens.c.source_id).where(source_tokens.c.hash == token_hash)
    return _load_source(rt, sa.and_(sources.c.id == named.scalar_subquery(), *_IN_USE))


def _load_source_of_kind(
    rt: Runtime, project_id: UUID, kind: str, make: bool
) -> ConfiguredSource | None:
    of_kind = sa.and_(sources.c.project_id == project_id, sources.c.kind == kind)
    oldest = sa.select(sources.c.id).where(of_kind).order_by(sources.c.archived_at.is_not(None))
    oldest = oldest.order_by(sources.c.created_at, sources.c.id).limit(1)
    with rt.database.read() as connection:
        source_id = connection.execute(oldest).scalar_one_or_none()
    if source_id is None and make:
        source_id = ensure_source(rt, project_id, kind, FIRST_CALL)
    return _load_source(rt, sa.and_(sources.c.id == source_id, *_IN_USE))


_IN_USE = (sources.c.archived_at.is_(None), projects.c.archived_at.is_(None))


def _load_source(rt: Runtime, condition: sa.ColumnElement[bool]) -> ConfiguredSource | None:
    statement = (
        sa.select(
            sources,
            projects.c.public_id.label("project_public_id"),
            projects.c.settings.label("project_settings"),
        )
        .join(projects, projects.c.id == sources.c.project_id)
        .where(condition)
    )
    with rt.database.read() as connection:
        row = connection.execute(statement).one_or_none()
    return None if row is None else _open_source(rt, row)


def _load_target(rt: Runtime, target_id: UUID) -> ConfiguredTarget | None:
    statement = sa.select(targets).where(targets.c.id == target_id, targets.c.archived_at.is_(None))
    with rt.database.read() as connection:
        row = connection.execute(statement).one_or_none()
    return None if row is None else _open_target(rt, row)


def _load_routes(rt: Runtime, source_id: UUID) -> list[ConfiguredRoute]:
    statement = (
        sa.select(routes)
        .join(targets, targets.c.id == routes.c.target_id)
        .where(
            routes.c.source_id == source_id,
            routes.c.archived_at.is_(None),
            targets.c.archived_at.is_(None),
        )
        .order_by(routes.c.created_at, routes.c.id)
    )
    with rt.database.read() as connection:
        rows = connection.execute(statement).all()
    return [
        ConfiguredRoute(
            id=row.id,
            source_id=row.source_id,
            target_id=row.target_id,
            condition=row.condition,
            events=tuple(row.events),
            options=row.options,
        )
        for row in rows
    ]


def texts_of(value: Json) -> list[str]:
    """Every text within a JSON value."""
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, dict):
        return [text for member in value.values() for text in texts_of(member)]
    if isinstance(value, list):
        return [text for member in value for text in texts_of(member)]
    return []
