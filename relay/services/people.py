"""Who may sign in and what they may do where, as owners see and change it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services import credentials, user_links
from relay.services.auditing import note
from relay.services.users import User, UserError, by_email, draft, insert, of_row, raise_epoch
from relay.store.tables import ROLES, memberships, projects, users
from relay.store.tables import user_links as links

SHOWN = 100
"""People of one page of the list."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One person in a list; `state` is active, invited (has not come yet) or disabled.

    `single_sign_on` says whether the provider's account is known.
    """

    user: User
    state: str
    created_at: datetime
    signed_in_at: datetime | None
    invited_by: str | None
    single_sign_on: bool
    projects: Mapping[UUID, str]
    """Names of the projects in use in which the person has a role of their own, by id."""


def everybody(rt: Runtime, after: str = "", limit: int = SHOWN) -> list[Listed]:
    """The people by address, from the one behind `after` on."""
    return _listed(rt, users.c.email > after, limit)


def of_project(rt: Runtime, project_id: UUID, limit: int = 1000) -> list[Listed]:
    """The people who have a role in a project: by membership, or in all projects."""
    members = sa.select(memberships.c.user_id).where(memberships.c.project_id == project_id)
    return _listed(rt, sa.or_(users.c.role.is_not(None), users.c.id.in_(members)), limit)


def one(rt: Runtime, user_id: UUID) -> Listed | None:
    """One person, or None."""
    return next(iter(_listed(rt, users.c.id == user_id, 1)), None)


def commands(owner: User, person: User) -> bool:
    """Whether an owner may end a person's sessions, make links for them, disable them.

    An owner of all projects may. An owner of single ones may with those who are nowhere else:
    whoever holds somebody's link is that person from then on.
    """
    if owner.may("owner", None):
        return True
    single = bool(person.roles) and all(owner.may("owner", one) for one in person.roles)
    return single and person.role is None


def invite(
    rt: Runtime, email: str, role: str, project_id: UUID | None, actor: str
) -> tuple[User, str | None]:
    """Let somebody in, in a project or (None) in all; returns the user, and a link for a new one.

    Who has an account already only gets the role. Raises UserError.
    """
    found = by_email(rt, credentials.address(email))
    if found is not None:
        if found.role_in(project_id) is not None:
            raise UserError(f"{found.email} is here already.")
        give(rt, found.id, project_id, role, actor)
        return found, None
    own = {} if project_id is None else {project_id: role}
    made, row = draft(rt, email, None if own else role, own, None, invited_by=actor)
    with rt.database.write() as connection:
        insert(connection, made, row)
        link = user_links.make(connection, rt, made.id, "invitation", actor)
        subject = f"user {made.email}"
        note(connection, rt, project_id, actor, "invite", subject, after={"role": role})
    return made, link


def give(rt: Runtime, user_id: UUID, project_id: UUID | None, role: str | None, actor: str) -> None:
    """Give somebody a role in a project, or (None) in all of them; a role of None takes it away.

    Links that were made for them stop working: who holds one was trusted with less. Raises
    UserError, also where the last owner of all projects would be gone.
    """
    if role not in {*ROLES, None}:
        raise UserError(f"The role must be one of {', '.join(ROLES)}.")
    with rt.database.write() as connection:
        person = _locked(connection, user_id)
        before = _role(connection, user_id, project_id, person)
        if before == role:
            return
        if project_id is None:
            _keep_an_owner(connection, user_id, stays=role == "owner")
            own = sa.update(users).where(users.c.id == user_id)
            connection.execute(own.values(role=role))
        else:
            _write_membership(connection, user_id, project_id, role)
        user_links.withdraw(connection, user_id)
        told = [{"role": one} if one else None for one in (before, role)]
        note(connection, rt, project_id, actor, "change role", f"user {person.email}", *told)


def disable(rt: Runtime, user_id: UUID, actor: str, *, disabled: bool = True) -> None:
    """Let somebody in no more, or again. Raises UserError for the last owner of all projects."""
    with rt.database.write() as connection:
        person = _locked(connection, user_id)
        _keep_an_owner(connection, user_id, stays=not disabled)
        own = sa.update(users).where(users.c.id == user_id)
        connection.execute(own.values(disabled_at=rt.clock.now() if disabled else None))
        user_links.withdraw(connection, user_id)
        raise_epoch(connection, user_id)
        action = "disable" if disabled else "enable"
        note(connection, rt, None, actor, action, f"user {person.email}")


def new_link(rt: Runtime, user_id: UUID, actor: str) -> str:
    """A link by which somebody gives themselves a password: an invitation if they never had one.

    Raises UserError where they are disabled.
    """
    with rt.database.write() as connection:
        person = _locked(connection, user_id)
        if person.disabled_at is not None:
            raise UserError(f"{person.email} is disabled.")
        never = person.password_hash is None and person.subject is None
        purpose = "invitation" if never else "reset"
        note(connection, rt, None, actor, f"make {purpose} link", f"user {person.email}")
        return user_links.make(connection, rt, user_id, purpose, actor)


def waiting_links(rt: Runtime, user_id: UUID) -> list[Any]:
    """The links of a user's that can still be used: purpose, made_by, expires_at."""
    own = sa.select(links.c.purpose, links.c.made_by, links.c.expires_at).where(
        links.c.user_id == user_id,
        links.c.used_at.is_(None),
        links.c.expires_at > rt.clock.now(),
    )
    with rt.database.read() as connection:
        return list(connection.execute(own).all())


def _locked(connection: sa.Connection, user_id: UUID) -> Any:
    """The user's row, and with it all owners': of two who take each other's role one comes first.

    Raises UserError where there is none.
    """
    owners = sa.or_(users.c.id == user_id, users.c.role == "owner")
    statement = sa.select(users).where(owners).order_by(users.c.id).with_for_update()
    rows = {row.id: row for row in connection.execute(statement)}
    if user_id not in rows:
        raise UserError("There is no such user any more.")
    return rows[user_id]


def _keep_an_owner(connection: sa.Connection, user_id: UUID, *, stays: bool) -> None:
    """Raise UserError where nobody but this user could still do everything."""
    other = sa.select(users.c.id).where(
        users.c.role == "owner",
        users.c.id != user_id,
        users.c.disabled_at.is_(None),
        sa.or_(users.c.password_hash.is_not(None), users.c.subject.is_not(None)),
    )
    own = sa.select(users.c.role).where(users.c.id == user_id, users.c.disabled_at.is_(None))
    is_owner = connection.execute(own).scalar_one_or_none() == "owner"
    if is_owner and not stays and connection.execute(other.limit(1)).first() is None:
        raise UserError("This is the last owner of all projects. Make somebody else one first.")


def _role(
    connection: sa.Connection, user_id: UUID, project_id: UUID | None, person: Any
) -> str | None:
    if project_id is None:
        found: str | None = person.role
        return found
    own = sa.select(memberships.c.role).where(
        memberships.c.user_id == user_id, memberships.c.project_id == project_id
    )
    return connection.execute(own).scalar_one_or_none()


def _write_membership(
    connection: sa.Connection, user_id: UUID, project_id: UUID, role: str | None
) -> None:
    own = (memberships.c.user_id == user_id, memberships.c.project_id == project_id)
    connection.execute(sa.delete(memberships).where(*own))
    if role is not None:
        row = {"user_id": user_id, "project_id": project_id, "role": role}
        connection.execute(sa.insert(memberships).values(row))


def _listed(rt: Runtime, condition: sa.ColumnElement[bool], limit: int) -> list[Listed]:
    statement = sa.select(users).where(condition).order_by(users.c.email).limit(limit)
    held = sa.select(memberships, projects.c.name, projects.c.archived_at).join(
        projects, projects.c.id == memberships.c.project_id
    )
    with rt.database.read() as connection:
        rows = connection.execute(statement).all()
        ids = [row.id for row in rows]
        of_them = held.where(memberships.c.user_id.in_(ids)).order_by(projects.c.name)
        own = connection.execute(of_them).all()
    return [_one(row, [one for one in own if one.user_id == row.id]) for row in rows]


def _one(row: Any, own: list[Any]) -> Listed:
    came = row.password_hash is not None or row.subject is not None
    return Listed(
        user=of_row(row, {one.project_id: one.role for one in own}),
        state="disabled" if row.disabled_at else "active" if came else "invited",
        created_at=row.created_at,
        signed_in_at=row.signed_in_at,
        invited_by=row.invited_by,
        single_sign_on=row.subject is not None,
        projects={one.project_id: one.name for one in own if one.archived_at is None},
    )
