"""The configured projects and API keys as the doors see them: read once a second."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.core.secrets import hash_key
from relay.runtime import Runtime
from relay.services.memory import remember
from relay.store.tables import api_keys, projects
from relay.store.writer import is_away

USE_NOTED = timedelta(minutes=1)
"""How much time passes before the use of a key is noted again."""


@dataclass(frozen=True)
class ConfiguredProject:
    """One project with what its doors have to know; `has_keys` counts keys of its own in use."""

    id: UUID
    public_id: str
    name: str
    active: bool
    refuse: list[Json]
    origins: tuple[str, ...]
    conversion_labels: Mapping[str, str]
    traffic_sources: Mapping[str, str]
    keyless: bool
    currency: str | None
    has_keys: bool
    archived: bool = False


@dataclass(frozen=True)
class ConfiguredKey:
    """An API key in use; `project_id` None opens all projects."""

    id: UUID
    name: str
    project_id: UUID | None
    scopes: frozenset[str]


def project(rt: Runtime, project_id: UUID) -> ConfiguredProject | None:
    """The project with this id, archived or not. Raises Busy when the database is away."""
    own = projects.c.id == project_id
    return remember(rt, ("project", project_id), lambda: _load_project(rt, own))


def project_by_public_id(rt: Runtime, public_id: str) -> ConfiguredProject | None:
    """The project in use with this public id. Raises Busy when the database is away."""
    own = sa.and_(projects.c.public_id == public_id, projects.c.archived_at.is_(None))
    return remember(rt, ("public id", public_id), lambda: _load_project(rt, own))


def key(rt: Runtime, given: str | None) -> ConfiguredKey | None:
    """The API key in use that was given, its use noted. Raises Busy when the database is away."""
    if not given:
        return None
    hashed = hash_key(given)
    return remember(rt, ("api key", hashed), lambda: _load_key(rt, hashed))


def _load_project(rt: Runtime, condition: sa.ColumnElement[bool]) -> ConfiguredProject | None:
    keyed = sa.exists().where(
        api_keys.c.project_id == projects.c.id, api_keys.c.revoked_at.is_(None)
    )
    with rt.database.read() as connection:
        statement = sa.select(projects, keyed.label("has_keys")).where(condition)
        row = connection.execute(statement).one_or_none()
    return None if row is None else _project(row)


def _project(row: Any) -> ConfiguredProject:
    settings = row.settings
    return ConfiguredProject(
        id=row.id,
        public_id=row.public_id,
        name=row.name,
        active=settings.get("active", True),
        refuse=settings.get("refuse", []),
        origins=tuple(settings.get("origins", ())),
        conversion_labels=_names(settings.get("conversion_labels", [])),
        traffic_sources=_names(settings.get("traffic_sources", [])),
        keyless=settings.get("keyless", True),
        currency=settings.get("currency"),
        has_keys=bool(row.has_keys),
        archived=row.archived_at is not None,
    )


def _names(listed: list[Json]) -> dict[str, str]:
    return {one["id"]: one["name"] for one in listed}


def _load_key(rt: Runtime, hashed: str) -> ConfiguredKey | None:
    owner = sa.select(projects.c.id).where(projects.c.archived_at.is_(None))
    statement = sa.select(api_keys).where(
        api_keys.c.hash == hashed,
        api_keys.c.revoked_at.is_(None),
        sa.or_(api_keys.c.expires_on.is_(None), api_keys.c.expires_on >= rt.clock.now().date()),
        sa.or_(api_keys.c.project_id.is_(None), api_keys.c.project_id.in_(owner)),
    )
    with rt.database.read() as connection:
        row = connection.execute(statement).one_or_none()
    if row is None:
        return None
    _note_use(rt, row)
    return ConfiguredKey(row.id, row.name, row.project_id, frozenset(row.scopes))


def _note_use(rt: Runtime, row: Any) -> None:
    """Note that the key is used; where that cannot be written, the call goes on all the same."""
    now = rt.clock.now()
    if row.used_at is not None and now - row.used_at < USE_NOTED:
        return
    own = sa.update(api_keys).where(api_keys.c.id == row.id)
    try:
        with rt.database.write() as connection:
            connection.execute(own.values(used_at=now))
    except sa.exc.SQLAlchemyError as error:
        if not is_away(error):
            raise
