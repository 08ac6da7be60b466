"""The configured sources, targets and routes as the hot paths see them: read once a second."""

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json, Settings
from relay.core.kinds import SourceKind, TargetKind
from relay.core.private import join
from relay.core.secrets import hash_key
from relay.runtime import Runtime
from relay.store.tables import projects, routes, sources, targets
from relay.store.writer import Busy, is_away

FRESH_SECONDS = 1.0
"""How old what is remembered may be; a change made by another process shows after this time."""

PATIENCE = 1.0
"""Seconds that a thread waits for another that reads the same anew: what lay unused for an hour is
used only where the database does not answer."""

REMEMBERED = 4096
"""Entries kept; guessed keys must not fill the memory."""


@dataclass(frozen=True)
class ConfiguredSource:
    """One source with its kind; `settings` holds the secrets in clear, `secrets` their values."""

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
    paused: bool
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

    @property
    def in_flight(self) -> int:
        """Deliveries that may be under way to this target at a time."""
        return int(self.retry.get("in_flight") or self.kind.target.in_flight)

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
    return _remember(rt, ("key", hashed), lambda: _load_open_source(rt, hashed))


def source(rt: Runtime, source_id: UUID) -> ConfiguredSource | None:
    """The source with this id, archived or not. Raises Busy when the database is away."""
    return _remember(rt, ("source", source_id), lambda: _load_source(rt, sources.c.id == source_id))


def target(rt: Runtime, target_id: UUID) -> ConfiguredTarget | None:
    """The target with this id. Raises Busy when the database is away."""
    return _remember(rt, ("target", target_id), lambda: _load_target(rt, target_id))


def routes_from(rt: Runtime, source_id: UUID) -> list[ConfiguredRoute]:
    """The routes that start at this source. Raises Busy when the database is away."""
    return _remember(rt, ("routes", source_id), lambda: _load_routes(rt, source_id))


def forget(rt: Runtime) -> None:
    """Read everything anew at the next use; whoever changes the configuration calls this."""
    rt.part(_new_memory).clear()


def open_source(rt: Runtime, row: Any) -> ConfiguredSource:
    """A source from its row, which carries the project's `public_id` as `project_public_id`."""
    secrets = rt.box.open(row.secrets)
    return ConfiguredSource(
        id=row.id,
        project_id=row.project_id,
        project_public_id=row.project_public_id,
        name=row.name,
        kind=rt.catalog.sources[row.kind],
        key=secrets["key"],
        settings=join(row.settings, secrets["settings"]),
        secrets=tuple(_texts([secrets["settings"], secrets["options"]])),
        options=join(row.options, secrets["options"]),
        mapping=row.mapping,
        refuse=row.refuse,
        paused=row.paused_at is not None,
        archived=row.archived_at is not None,
    )


def open_target(rt: Runtime, row: Any) -> ConfiguredTarget:
    """A target from its row."""
    secrets = rt.box.open(row.secrets)
    settings = join(row.settings, secrets["settings"])
    kind = rt.catalog.targets[row.kind]
    return ConfiguredTarget(
        id=row.id,
        project_id=row.project_id,
        name=row.name,
        kind=kind,
        settings=settings,
        secrets=tuple(_texts(secrets["settings"])),
        mapping=row.mapping,
        limits=tuple(row.limits or kind.target.limits),
        retry=row.retry,
        rate_key=rate_key(kind, settings, row.id),
        changed_at=row.updated_at,
    )


def rate_key(kind: TargetKind, settings: Settings, target_id: UUID) -> str:
    """What a target's limits are counted by: the vendor's account, which may itself be a secret."""
    account = kind.target.rate_key(settings)
    return f"target:{target_id}" if account is None else f"{kind.name}:{hash_key(account)[:32]}"


T = TypeVar("T")


class _Memory:
    """Values with the time until which they are fresh; one thread at a time reads each anew."""

    def __init__(self) -> None:
        self._values: dict[Hashable, tuple[Any, float]] = {}
        self._reading: dict[Hashable, threading.Lock] = {}

    def clear(self) -> None:
        self._values.clear()

    def get(self, key: Hashable, load: Callable[[], T]) -> T:
        known = self._values.get(key)
        if known is None:
            return self._load(key, load, None)
        value: T = known[0]
        late = time.monotonic() - known[1]
        if late < 0:
            return value
        reading = self._reading.setdefault(key, threading.Lock())
        if not reading.acquire(timeout=0 if late < FRESH_SECONDS else PATIENCE):
            return value
        try:
            now_known = self._values.get(key, known)
            return now_known[0] if now_known is not known else self._load(key, load, value)
        finally:
            reading.release()

    def _load(self, key: Hashable, load: Callable[[], T], stale: T | None) -> T:
        try:
            value = load()
        except sa.exc.SQLAlchemyError as error:
            if not is_away(error):
                raise
            if stale is None:
                raise Busy("the database is away") from error
            value = stale
        if len(self._values) >= REMEMBERED:
            self._make_room()
        self._values[key] = (value, time.monotonic() + FRESH_SECONDS)
        return value

    def _make_room(self) -> None:
        """What is not there goes first: whoever tries out keys must not cost the real ones theirs,
        which are all there is while the database is away."""
        absent = [key for key, (value, _) in list(self._values.items()) if value is None]
        for key in absent or list(self._values):
            self._values.pop(key, None)
            self._reading.pop(key, None)


def _new_memory(_rt: Runtime) -> _Memory:
    return _Memory()


def _remember(rt: Runtime, key: Hashable, load: Callable[[], T]) -> T:
    return rt.part(_new_memory).get(key, load)


def _load_open_source(rt: Runtime, key_hash: str) -> ConfiguredSource | None:
    return _load_source(
        rt,
        sa.and_(
            sources.c.key_hash == key_hash,
            sources.c.archived_at.is_(None),
            projects.c.archived_at.is_(None),
        ),
    )


def _load_source(rt: Runtime, condition: sa.ColumnElement[bool]) -> ConfiguredSource | None:
    statement = (
        sa.select(sources, projects.c.public_id.label("project_public_id"))
        .join(projects, projects.c.id == sources.c.project_id)
        .where(condition)
    )
    with rt.database.read() as connection:
        row = connection.execute(statement).one_or_none()
    return None if row is None else open_source(rt, row)


def _load_target(rt: Runtime, target_id: UUID) -> ConfiguredTarget | None:
    statement = sa.select(targets).where(targets.c.id == target_id, targets.c.archived_at.is_(None))
    with rt.database.read() as connection:
        row = connection.execute(statement).one_or_none()
    return None if row is None else open_target(rt, row)


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


def _texts(value: Json) -> list[str]:
    """Every text within a JSON value."""
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, dict):
        return [text for member in value.values() for text in _texts(member)]
    if isinstance(value, list):
        return [text for member in value for text in _texts(member)]
    return []
