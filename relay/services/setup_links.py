"""The one-use link by which the first user is made; only a hash of it is kept."""

import secrets
from datetime import timedelta

import sqlalchemy as sa

from relay.core.secrets import hash_key
from relay.runtime import Runtime
from relay.services import credentials
from relay.services.users import User, UserError, draft, insert
from relay.store.tables import setup_links, users

LINK_LIFE = timedelta(hours=24)


def setup_link(rt: Runtime) -> str | None:
    """A new one-use address for making the first user, good for a day; None once there is one.

    Links made before stop working.
    """
    token = secrets.token_urlsafe(24)
    now = rt.clock.now()
    with rt.database.write() as connection:
        if connection.execute(sa.select(users.c.id).limit(1)).first() is not None:
            return None
        connection.execute(sa.delete(setup_links))
        row = {"hash": hash_key(token), "created_at": now, "expires_at": now + LINK_LIFE}
        connection.execute(sa.insert(setup_links).values(row))
    return f"{rt.config.public_url}/console/setup/{token}"


def setup_link_works(rt: Runtime, token: str) -> bool:
    """Whether the link with this token can still be used."""
    with rt.database.read() as connection:
        open_link = sa.select(setup_links.c.hash).where(*_still_open(rt, token))
        return connection.execute(open_link).first() is not None


def use_setup_link(rt: Runtime, token: str, email: str, password: str) -> User:
    """Make the first user, an owner, and use the link up. Raises UserError."""
    made, row = draft(rt, email, "owner", {}, credentials.hashed(password))
    with rt.database.write() as connection:
        used = connection.execute(
            sa.update(setup_links).where(*_still_open(rt, token)).values(used_at=rt.clock.now())
        )
        if used.rowcount != 1:
            raise UserError("This link has been used or is too old.")
        insert(connection, made, row)
    return made


def _still_open(rt: Runtime, token: str) -> tuple[sa.ColumnElement[bool], ...]:
    """This link, unused and young, while there is no user, however the first one was made."""
    return (
        setup_links.c.hash == hash_key(token),
        setup_links.c.used_at.is_(None),
        setup_links.c.expires_at > rt.clock.now(),
        ~sa.exists(sa.select(users.c.id)),
    )
