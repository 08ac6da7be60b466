"""One-use links by which people give themselves a password; only a hash of them is kept."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.secrets import hash_key
from relay.runtime import Runtime
from relay.services import credentials
from relay.services.auditing import note
from relay.services.users import User, UserError, raise_epoch, user
from relay.store.tables import user_links, users

LIVES = {"invitation": timedelta(days=7), "reset": timedelta(hours=24)}
"""How long a link of each purpose can be used."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link that can still be used: whose it is, and what for."""

    user_id: UUID
    email: str
    purpose: str


def make(connection: sa.Connection, rt: Runtime, user_id: UUID, purpose: str, actor: str) -> str:
    """A new link of a user's, whose others stop working; the address, to be shown once."""
    token = secrets.token_urlsafe(32)
    now = rt.clock.now()
    withdraw(connection, user_id)
    connection.execute(
        sa.insert(user_links).values(
            hash=hash_key(token),
            user_id=user_id,
            purpose=purpose,
            made_by=actor,
            created_at=now,
            expires_at=now + LIVES[purpose],
        )
    )
    return f"{rt.config.public_url}/console/link/{token}"


def withdraw(connection: sa.Connection, user_id: UUID) -> None:
    """Let no link of a user's work any more."""
    connection.execute(sa.delete(user_links).where(user_links.c.user_id == user_id))


def link(rt: Runtime, token: str) -> Link | None:
    """The link with this token, or None where it cannot be used any more."""
    with rt.database.read() as connection:
        row = connection.execute(_open(rt, token)).one_or_none()
    return None if row is None else Link(row.user_id, row.email, row.purpose)


def use(rt: Runtime, token: str, password: str) -> User:
    """Give the link's user this password and use the link up; their sessions end.

    Raises UserError.
    """
    password_hash = credentials.hashed(password)
    with rt.database.write() as connection:
        row = connection.execute(_open(rt, token)).one_or_none()
        if row is None or not _use_up(connection, rt, token):
            raise UserError("This link has been used, withdrawn, or is too old.")
        own = sa.update(users).where(users.c.id == row.user_id)
        connection.execute(own.values(password_hash=password_hash))
        raise_epoch(connection, row.user_id)
        done = {"invitation": "accept invitation", "reset": "set password by link"}[row.purpose]
        note(connection, rt, None, row.email, done, f"user {row.email}")
    found = user(rt, row.user_id)
    if found is None:
        raise UserError("This link has been used, withdrawn, or is too old.")
    return found


def _use_up(connection: sa.Connection, rt: Runtime, token: str) -> bool:
    own = sa.update(user_links).where(
        user_links.c.hash == hash_key(token), user_links.c.used_at.is_(None)
    )
    return connection.execute(own.values(used_at=rt.clock.now())).rowcount == 1


def _open(rt: Runtime, token: str) -> sa.Select[Any]:
    """The link and its user, while it can be used and the user may sign in."""
    return (
        sa.select(user_links.c.user_id, user_links.c.purpose, users.c.email)
        .join(users, users.c.id == user_links.c.user_id)
        .where(
            user_links.c.hash == hash_key(token),
            user_links.c.used_at.is_(None),
            user_links.c.expires_at > rt.clock.now(),
            users.c.disabled_at.is_(None),
        )
    )
