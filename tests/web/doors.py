"""What tests of the door need: sources in the database, and a look at what was kept."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.ids import new_id
from relay.core.secrets import hash_key
from relay.runtime import Runtime
from relay.store.tables import bodies, projects, sources, submissions, turned_away

KEY = "key-of-the-source"


def add_source(
    runtime: Runtime,
    kind: str = "generic",
    key: str = KEY,
    *,
    settings: dict[str, Any] | None = None,
    paused: bool = False,
    **options: Any,
) -> UUID:
    """A source of its own project; returns its id. `settings` all count as secret."""
    now = runtime.clock.now()
    project, source = new_id(), new_id()
    places = {f"/{name}": value for name, value in (settings or {}).items()}
    with runtime.database.write() as connection:
        connection.execute(
            sa.insert(projects).values(
                id=project, public_id=f"p-{project}", name="Acme", settings={}, created_at=now
            )
        )
        connection.execute(
            sa.insert(sources).values(
                id=source,
                project_id=project,
                name="form",
                kind=kind,
                key_hash=hash_key(key),
                settings={},
                options=options,
                secrets=runtime.box.seal({"key": key, "settings": places, "options": {}}),
                mapping={},
                refuse=[],
                created_at=now,
                updated_at=now,
                paused_at=now if paused else None,
            )
        )
    return source


def kept(runtime: Runtime) -> list[Any]:
    """Every submission with its body, in the order of arrival."""
    query = (
        sa.select(submissions, bodies.c.body, bodies.c.headers, bodies.c.address, bodies.c.query)
        .join(bodies, bodies.c.id == submissions.c.body_id)
        .order_by(submissions.c.id)
    )
    with runtime.database.read() as connection:
        return list(connection.execute(query))


def refused(runtime: Runtime) -> list[Any]:
    """Every request that was turned away, in the order of arrival."""
    with runtime.database.read() as connection:
        return list(connection.execute(sa.select(turned_away).order_by(turned_away.c.id)))
