"""The people who sign in to the console: who they are, and what they may do where."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services import credentials
from relay.services.auditing import note
from relay.services.credentials import UserError
from relay.store.tables import ROLES, memberships, users

__all__ = [
    "User",
    "UserError",
    "by_email",
    "check_password",
    "create_user",
    "draft",
    "has_users",
    "insert",
    "of_row",
    "raise_epoch",
    "user",
]


@dataclass(frozen=True, slots=True)
class User:
    """One person; `epoch` is raised to end all of their sessions.

    `role` holds in all projects, `roles` in single ones, by project id; the higher one counts.
    """

    id: UUID
    email: str
    role: str | None
    epoch: int
    roles: Mapping[UUID, str] = field(default_factory=dict)
    has_password: bool = True
    has_second_step: bool = False

    def role_in(self, project_id: UUID | None) -> str | None:
        """The person's role in a project, or (None) in all of them."""
        own = None if project_id is None else self.roles.get(project_id)
        return min((role for role in (self.role, own) if role), key=ROLES.index, default=None)

    def may(self, role: str, project_id: UUID | None) -> bool:
        """Whether the person has this role or a higher one in a project, or (None) in all."""
        own = self.role_in(project_id)
        return own is not None and ROLES.index(own) <= ROLES.index(role)


def create_user(
    rt: Runtime,
    email: str,
    password: str,
    role: str | None = "owner",
    roles: Mapping[UUID, str] | None = None,
    actor: str = "command line",
) -> User:
    """Make a user with a role in all projects, or with `roles` by project. Raises UserError."""
    made, row = draft(rt, email, role, roles or {}, credentials.hashed(password))
    with rt.database.write() as connection:
        insert(connection, made, row)
        where = next(iter(made.roles), None) if role is None else None
        told = {"role": made.role_in(where)}
        note(connection, rt, where, actor, "add", f"user {made.email}", after=told)
    return made


def check_password(rt: Runtime, email: str, password: str) -> User | None:
    """The user whose password this is, or None after the same time."""
    with rt.database.read() as connection:
        found = _find(connection, users.c.email == credentials.plain(email))
    fits = credentials.fits(found[0].password_hash if found else None, password)
    if found is None or not fits or found[0].disabled_at is not None:
        return None
    row, person = found
    if renewed := credentials.renewed(row.password_hash, password):
        with rt.database.write() as connection:
            own = sa.update(users).where(
                users.c.id == row.id, users.c.password_hash == row.password_hash
            )
            connection.execute(own.values(password_hash=renewed))
    return person


def user(rt: Runtime, user_id: UUID) -> User | None:
    """The user with this id who may sign in, or None."""
    with rt.database.read() as connection:
        found = _find(connection, sa.and_(users.c.id == user_id, users.c.disabled_at.is_(None)))
    return found and found[1]


def by_email(rt: Runtime, email: str) -> User | None:
    """The user with this address, disabled or not, or None."""
    with rt.database.read() as connection:
        found = _find(connection, users.c.email == credentials.plain(email))
    return found and found[1]


def raise_epoch(connection: sa.Connection, user_id: UUID) -> None:
    """Let no session of a user's count that is there by now."""
    own = sa.update(users).where(users.c.id == user_id)
    connection.execute(own.values(epoch=users.c.epoch + 1))


def has_users(rt: Runtime) -> bool:
    """Whether anybody can sign in yet."""
    with rt.database.read() as connection:
        return connection.execute(sa.select(users.c.id).limit(1)).first() is not None


def draft(
    rt: Runtime,
    email: str,
    role: str | None,
    roles: Mapping[UUID, str],
    password_hash: str | None,
    invited_by: str | None = None,
) -> tuple[User, dict[str, Any]]:
    """A checked user who is not there yet, and the row. Raises UserError."""
    wrong = next((one for one in (role, *roles.values()) if one not in {*ROLES, None}), None)
    if wrong is not None:
        raise UserError(f"The role must be one of {', '.join(ROLES)}.")
    if role is None and not roles:
        raise UserError("Choose a role: in all projects, or in one.")
    address = credentials.address(email)
    made = User(new_id(), address, role, 0, dict(roles), has_password=password_hash is not None)
    return made, {
        "id": made.id,
        "email": made.email,
        "password_hash": password_hash,
        "role": role,
        "epoch": 0,
        "created_at": rt.clock.now(),
        "invited_by": invited_by,
    }


def insert(connection: sa.Connection, made: User, row: dict[str, Any]) -> None:
    """Keep a drafted user. Raises UserError where the address has one already."""
    taken = sa.select(users.c.id).where(users.c.email == made.email)
    if connection.execute(taken).first() is not None:
        raise UserError(f"There is a user {made.email} already.")
    connection.execute(sa.insert(users).values(row))
    if made.roles:
        rows = [{"user_id": made.id, "project_id": p, "role": r} for p, r in made.roles.items()]
        connection.execute(sa.insert(memberships), rows)


def of_row(row: Any, roles: Mapping[UUID, str]) -> User:
    """The user of a row of the table, with the roles by project."""
    return User(
        id=row.id,
        email=row.email,
        role=row.role,
        epoch=row.epoch,
        roles=roles,
        has_password=row.password_hash is not None,
        has_second_step=row.totp_since is not None,
    )


def _find(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> tuple[Any, User] | None:
    row = connection.execute(sa.select(users).where(condition)).one_or_none()
    if row is None:
        return None
    own = sa.select(memberships.c.project_id, memberships.c.role)
    found = connection.execute(own.where(memberships.c.user_id == row.id)).all()
    return row, of_row(row, {one.project_id: one.role for one in found})
