"""Changes of the configuration become rows, each with a line in the audit log."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.ids import new_id
from relay.core.readings import instant
from relay.runtime import Runtime
from relay.services.changes import Change, shown, shown_after
from relay.services.elements import EVERYWHERE, TABLES, Element, columns
from relay.services.naming import secret_values
from relay.store.insert import insert_new
from relay.store.tables import api_keys, audit, lanes, rate_keys, source_tokens, sources

HELD_FOR_SETTINGS = ("unauthorized", "gone")
"""Pauses that a change of the target's settings may have put right."""


def record(rt: Runtime, connection: sa.Connection, changes: Sequence[Change], actor: str) -> None:
    """Write what changes, in the order given; parents come before what they hold."""
    now = rt.clock.now()
    _let_go_of_keys(connection, changes)
    _let_go_of_tokens(connection, changes)
    for change in changes:
        if change.action == "archive":
            _archive(connection, change.element, now)
        else:
            _write(rt, connection, change, now)
        connection.execute(sa.insert(audit).values(**_audit_row(change, actor, now)))


def _let_go_of_keys(connection: sa.Connection, changes: Sequence[Change]) -> None:
    """Keys are unique, and two elements may swap theirs: the old ones go first."""
    for change in changes:
        before, after = change.before, change.element
        if before is None or before.document.get("key") == after.document.get("key"):
            continue
        table, column = (sources, "key_hash") if after.what == "source" else (api_keys, "hash")
        connection.execute(
            sa.update(table).where(table.c.id == after.id).values({column: f"changing {after.id}"})
        )


def _let_go_of_tokens(connection: sa.Connection, changes: Sequence[Change]) -> None:
    """Like keys; what is archived is found by none of its tokens."""
    own = [change.element.id for change in changes if change.element.what == "source"]
    if own:
        connection.execute(sa.delete(source_tokens).where(source_tokens.c.source_id.in_(own)))


def _archive(connection: sa.Connection, element: Element, now: datetime) -> None:
    table = TABLES[element.what]
    ended = "revoked_at" if element.what == "api key" else "archived_at"
    connection.execute(sa.update(table).where(table.c.id == element.id).values({ended: now}))


def _write(rt: Runtime, connection: sa.Connection, change: Change, now: datetime) -> None:
    element = replace(change.element, changed=_secrets_changed(change, now))
    table = TABLES[element.what]
    values = columns(element, rt.box)
    if "updated_at" in table.c:
        values["updated_at"] = now
    if change.before is None:
        owner = {} if element.what == "project" else {"project_id": _owner(element)}
        row = {"id": element.id, **owner, **values, "created_at": now}
        connection.execute(sa.insert(table).values(**row))
    else:
        ended = "revoked_at" if element.what == "api key" else "archived_at"
        if element.made is not None:
            values["used_at"] = None
        statement = sa.update(table).where(table.c.id == element.id)
        connection.execute(statement.values(**values, **{ended: None}))
    if element.what == "target":
        _write_lane(rt, connection, element)
    if element.what == "source":
        _write_tokens(rt, connection, element)


def _secrets_changed(change: Change, now: datetime) -> dict[str, str]:
    """When each secret became what it is: now, where it is another one than before."""
    before = change.before
    stored = dict(secret_values(before)) if before else {}
    known = before.changed if before else {}
    return {
        place: instant(now) if stored.get(place) != value else known[place]
        for place, value in secret_values(change.element)
        if stored.get(place) != value or place in known
    }


def _owner(element: Element) -> UUID | None:
    return None if element.project_id == EVERYWHERE else element.project_id


def _write_tokens(rt: Runtime, connection: sa.Connection, source: Element) -> None:
    kind = rt.catalog.sources[source.document["kind"]]
    hashes = kind.token_hashes(source.document["settings"])
    if rows := [{"hash": hashed, "source_id": source.id} for hashed in dict.fromkeys(hashes)]:
        connection.execute(sa.insert(source_tokens), rows)


def _write_lane(rt: Runtime, connection: sa.Connection, target: Element) -> None:
    """The target's lane, counted by its account and let go where the settings had held it."""
    kind = rt.catalog.targets[target.document["kind"]]
    key = kind.rate_key(target.document["settings"], target.id)
    insert_new(connection, rate_keys, [{"key": key}])
    insert_new(connection, lanes, [{"target_id": target.id, "rate_key": key}])
    own = sa.update(lanes).where(lanes.c.target_id == target.id)
    connection.execute(own.values(rate_key=key))
    connection.execute(
        own.where(lanes.c.pause.in_(HELD_FOR_SETTINGS)).values(
            paused_at=None, pause=None, pause_reason=None
        )
    )


def _audit_row(change: Change, actor: str, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "project_id": _owner(change.element),
        "at": now,
        "actor": actor,
        "action": change.action,
        "subject": change.subject,
        "before": shown(change.before) if change.before else None,
        "after": None if change.action == "archive" else shown_after(change),
    }
