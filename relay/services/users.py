"""The people who sign in to the console: passwords by argon2, and the one-use link of the first."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.store.tables import ROLES, setup_links, users

MINIMUM_PASSWORD = 10
"""Characters that a password must have at least."""
MAXIMUM_PASSWORD = 512
"""Characters beyond which a password is refused unread: hashing is work."""
LINK_LIFE = timedelta(hours=24)

_hasher = PasswordHasher()
_NOBODY = (  # a hash that no password fits, so that an unknown address takes as long as a known one
    "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5bm9ib2R5bm9ib2R5"
    "$Yx0Pp7oS0e0O2uNqf6sVd2y5yJk0qk1o4rJt3nZ8b1E"
)


class UserError(Exception):
    """The user cannot be made as asked; the text says why, for the person who asked."""


@dataclass(frozen=True, slots=True)
class User:
    """One person; `epoch` is raised to end all of their sessions."""

    id: UUID
    email: str
    role: str
    epoch: int


def create_user(rt: Runtime, email: str, password: str, role: str = "owner") -> User:
    """Make a user. Raises UserError."""
    user, row = _draft(rt, email, password, role)
    with rt.database.write() as connection:
        _insert(connection, user, row)
    return user


def check_password(rt: Runtime, email: str, password: str) -> User | None:
    """The user whose password this is, or None after the same time."""
    with rt.database.read() as connection:
        row = connection.execute(sa.select(users).where(users.c.email == _address(email))).first()
    given = password[: MAXIMUM_PASSWORD + 1]
    if not _fits(row.password_hash if row else _NOBODY, given) or row is None:
        return None
    changes: dict[str, Any] = {"signed_in_at": rt.clock.now()}
    if _hasher.check_needs_rehash(row.password_hash):
        changes["password_hash"] = _hasher.hash(given)
    with rt.database.write() as connection:
        connection.execute(sa.update(users).where(users.c.id == row.id).values(changes))
    return User(row.id, row.email, row.role, row.epoch)


def user(rt: Runtime, user_id: UUID) -> User | None:
    """The user with this id, or None."""
    with rt.database.read() as connection:
        row = connection.execute(sa.select(users).where(users.c.id == user_id)).first()
    return None if row is None else User(row.id, row.email, row.role, row.epoch)


def end_sessions(rt: Runtime, user_id: UUID) -> None:
    """Sign a user out everywhere."""
    with rt.database.write() as connection:
        connection.execute(
            sa.update(users).where(users.c.id == user_id).values(epoch=users.c.epoch + 1)
        )


def has_users(rt: Runtime) -> bool:
    """Whether anybody can sign in yet."""
    with rt.database.read() as connection:
        return connection.execute(sa.select(users.c.id).limit(1)).first() is not None


def setup_link(rt: Runtime) -> str | None:
    """A new one-use address for making the first user, good for a day; None once there is one.

    Links made before stop working. Only a hash of it is kept.
    """
    token = secrets.token_urlsafe(24)
    now = rt.clock.now()
    with rt.database.write() as connection:
        if connection.execute(sa.select(users.c.id).limit(1)).first() is not None:
            return None
        connection.execute(sa.delete(setup_links))
        connection.execute(
            sa.insert(setup_links).values(
                hash=_hash(token), created_at=now, expires_at=now + LINK_LIFE
            )
        )
    return f"{rt.config.public_url}/console/setup/{token}"


def setup_link_works(rt: Runtime, token: str) -> bool:
    """Whether the link with this token can still be used."""
    with rt.database.read() as connection:
        return connection.execute(_open_link(rt, token)).first() is not None


def use_setup_link(rt: Runtime, token: str, email: str, password: str) -> User:
    """Make the first user, an owner, and use the link up. Raises UserError."""
    user, row = _draft(rt, email, password, "owner")
    with rt.database.write() as connection:
        used = connection.execute(
            sa.update(setup_links).where(*_still_open(rt, token)).values(used_at=rt.clock.now())
        )
        if used.rowcount != 1:
            raise UserError("This link has been used or is too old.")
        _insert(connection, user, row)
    return user


def _open_link(rt: Runtime, token: str) -> sa.Select[tuple[str]]:
    return sa.select(setup_links.c.hash).where(*_still_open(rt, token))


def _still_open(rt: Runtime, token: str) -> tuple[sa.ColumnElement[bool], ...]:
    """This link, unused and young, while there is no user, however the first one was made."""
    return (
        setup_links.c.hash == _hash(token),
        setup_links.c.used_at.is_(None),
        setup_links.c.expires_at > rt.clock.now(),
        ~sa.exists(sa.select(users.c.id)),
    )


def _draft(rt: Runtime, email: str, password: str, role: str) -> tuple[User, dict[str, Any]]:
    """The checked user and its row; the slow hashing is done outside any transaction."""
    address = _address(email)
    if "@" not in address or len(address) > 254 or any(sign.isspace() for sign in address):
        raise UserError("Give an e-mail address.")
    if len(password) < MINIMUM_PASSWORD:
        raise UserError(f"A password has at least {MINIMUM_PASSWORD} characters.")
    if len(password) > MAXIMUM_PASSWORD:
        raise UserError(f"A password has at most {MAXIMUM_PASSWORD} characters.")
    if role not in ROLES:
        raise UserError(f"The role must be one of {', '.join(ROLES)}.")
    made = User(new_id(), address, role, 0)
    return made, {
        "id": made.id,
        "email": address,
        "password_hash": _hasher.hash(password),
        "role": role,
        "epoch": 0,
        "created_at": rt.clock.now(),
    }


def _insert(connection: sa.Connection, made: User, row: dict[str, Any]) -> None:
    taken = sa.select(users.c.id).where(users.c.email == made.email)
    if connection.execute(taken).first() is not None:
        raise UserError(f"There is a user {made.email} already.")
    connection.execute(sa.insert(users).values(row))


def _fits(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _address(email: str) -> str:
    return email.strip().lower()


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
