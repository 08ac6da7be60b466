"""How long each project keeps what it has: by its own settings, else by the relay's."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.runtime import Runtime
from relay.services import configure
from relay.store.tables import projects

SETTINGS = {
    "bodies": "RELAY_KEEP_BODIES_DAYS",
    "attempts": "RELAY_KEEP_ATTEMPTS_DAYS",
    "leads": "RELAY_KEEP_LEADS_DAYS",
}
"""The settings that hold for projects that say nothing of their own."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Days that raw submissions, requests and answers, and leads are kept; 0 is for ever."""

    bodies: int
    attempts: int
    leads: int


PARTS = tuple(one.name for one in fields(Kept))


def of_relay(rt: Runtime) -> Kept:
    """What holds where a project says nothing."""
    config = rt.config
    return Kept(config.keep_bodies_days, config.keep_attempts_days, config.keep_leads_days)


def of_project(rt: Runtime, project_id: UUID) -> tuple[Kept, Mapping[str, int]]:
    """What holds in a project, and what of that it says itself."""
    query = sa.select(projects.c.settings).where(projects.c.id == project_id)
    with rt.database.read() as connection:
        settings = connection.execute(query).scalar_one()
    return _kept(rt, settings), settings.get("keep", {})


def of_all(rt: Runtime) -> dict[UUID, Kept]:
    """What holds in each project, archived ones too."""
    with rt.database.read() as connection:
        rows = connection.execute(sa.select(projects.c.id, projects.c.settings)).all()
    return {row.id: _kept(rt, row.settings) for row in rows}


def oldest(kept: Mapping[UUID, Kept], part: str, now: datetime) -> dict[UUID, datetime]:
    """Before when this part goes, by project; those that keep it for ever are not named."""
    days = {project: getattr(one, part) for project, one in kept.items()}
    return {project: now - timedelta(days=number) for project, number in days.items() if number}


def save(rt: Runtime, project_id: UUID, keep: Mapping[str, int], actor: str) -> None:
    """Let a project keep its parts for so many days; those not named as the relay says.

    Raises Mistakes.
    """
    found = configure.editable(rt, project_id)
    document: dict[str, Json] = {} if found is None else dict(found[0])
    configure.save_project(rt, project_id, {**document, "keep": dict(keep)}, actor)


def _kept(rt: Runtime, settings: Mapping[str, Json]) -> Kept:
    given = {**{name: getattr(of_relay(rt), name) for name in PARTS}, **settings.get("keep", {})}
    return Kept(**{name: int(given[name]) for name in PARTS})
