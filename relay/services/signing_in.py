"""What is written down of people coming in and going out, and of those who were refused."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services import credentials
from relay.services.auditing import note
from relay.services.user_links import withdraw
from relay.services.users import User, UserError, raise_epoch, user
from relay.store.tables import audit, users

REFUSED = "sign-in refused"
MOST_REFUSED = 200
"""Refused sign-ins that are noted within an hour: guessing must not fill the table."""
WITHIN = timedelta(hours=1)


def entered(rt: Runtime, person: User, how: str, address: str | None) -> None:
    """Note that a person has signed in: `how` in words, and from which address."""
    with rt.database.write() as connection:
        own = sa.update(users).where(users.c.id == person.id)
        connection.execute(own.values(signed_in_at=rt.clock.now()))
        after = {"by": how, "address": address}
        note(connection, rt, None, person.email, "sign in", f"user {person.email}", after=after)


def refused(rt: Runtime, email: str, why: str, address: str | None) -> None:
    """Note that a sign-in was refused, as long as there are not too many of them.

    An address that is no user's is not kept: people type passwords into the wrong field.
    """
    with rt.database.write() as connection:
        recent = sa.select(audit.c.id).where(
            audit.c.action == REFUSED, audit.c.at > rt.clock.now() - WITHIN
        )
        if len(connection.execute(recent.limit(MOST_REFUSED)).all()) >= MOST_REFUSED:
            return
        own = sa.select(users.c.email).where(users.c.email == credentials.plain(email))
        known = connection.execute(own).scalar_one_or_none()
        subject = f"user {known}" if known else "an unknown user"
        after = {"why": why, "address": address}
        note(connection, rt, None, known or "nobody", REFUSED, subject, after=after)


def end_sessions(rt: Runtime, person: User, actor: str) -> None:
    """Sign a person out everywhere."""
    with rt.database.write() as connection:
        raise_epoch(connection, person.id)
        done = "sign out" if actor == person.email else "end sessions"
        note(connection, rt, None, actor, done, f"user {person.email}")


def is_password(rt: Runtime, person: User, password: str) -> bool:
    """Whether this is the person's password."""
    own = sa.select(users.c.password_hash).where(users.c.id == person.id)
    with rt.database.read() as connection:
        stored = connection.execute(own).scalar_one_or_none()
    return credentials.fits(stored, password)


def change_password(rt: Runtime, person: User, old: str, new: str) -> User:
    """Give a person another password, in place of the old one if they have one; sessions end.

    Raises UserError.
    """
    if person.has_password and not is_password(rt, person, old):
        raise UserError("The present password is another one.")
    set_password(rt, person.id, person.email, new, "change password", person.email)
    return user(rt, person.id) or person


def set_password(
    rt: Runtime, user_id: UUID, email: str, password: str, action: str, actor: str
) -> None:
    """Give a user this password; sessions end, and links lead nowhere. Raises UserError."""
    password_hash = credentials.hashed(password)
    with rt.database.write() as connection:
        own = sa.update(users).where(users.c.id == user_id)
        connection.execute(own.values(password_hash=password_hash))
        withdraw(connection, user_id)
        raise_epoch(connection, user_id)
        note(connection, rt, None, actor, action, f"user {email}")
