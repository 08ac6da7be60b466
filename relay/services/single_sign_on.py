"""Whom an identity of the provider's lets in: people who were invited, or of certain domains."""

import sqlalchemy as sa

from relay.net.identity import Identity
from relay.runtime import Runtime
from relay.services import user_links
from relay.services.auditing import note
from relay.services.credentials import plain
from relay.services.users import User, UserError, by_email, draft, insert, raise_epoch, user
from relay.store.tables import users


def is_on(rt: Runtime) -> bool:
    """Whether there is a provider."""
    return bool(rt.config.oidc_issuer)


def admitted(rt: Runtime, identity: Identity) -> User:
    """The user whom this identity is, found or made. Raises UserError, in words for the person.

    The first time somebody is known by the verified e-mail address, then by the provider's own
    name for them: an address may be given to somebody else one day.
    """
    known = _linked(rt, identity)
    if known is not None:
        return known
    if identity.email is None:
        raise UserError("The provider has not verified your e-mail address.")
    found = by_email(rt, identity.email)
    if found is not None:
        return _link(rt, found, identity)
    if plain(identity.email).rpartition("@")[2] in rt.config.oidc_domains:
        return _make(rt, identity)
    raise UserError(f"{identity.email} has no account here. Ask an owner of the relay for one.")


def _linked(rt: Runtime, identity: Identity) -> User | None:
    own = sa.select(users.c.id, users.c.disabled_at).where(
        users.c.issuer == identity.issuer, users.c.subject == identity.subject
    )
    with rt.database.read() as connection:
        row = connection.execute(own).one_or_none()
    if row is not None and row.disabled_at is not None:
        raise UserError("This account is disabled. Ask an owner of the relay.")
    return None if row is None else user(rt, row.id)


def _link(rt: Runtime, found: User, identity: Identity) -> User:
    """Let the address's owner have the account, and nobody else any more.

    A password may have been chosen by whoever was handed the invitation, so it goes, with all
    links and sessions.
    """
    own = sa.update(users).where(
        users.c.id == found.id, users.c.subject.is_(None), users.c.disabled_at.is_(None)
    )
    values = {"issuer": identity.issuer, "subject": identity.subject, "password_hash": None}
    with rt.database.write() as connection:
        if connection.execute(own.values(values)).rowcount != 1:
            raise UserError("This account is disabled, or belongs to somebody else.")
        user_links.withdraw(connection, found.id)
        raise_epoch(connection, found.id)
        note(connection, rt, None, found.email, "link single sign-on", f"user {found.email}")
    return user(rt, found.id) or found


def _make(rt: Runtime, identity: Identity) -> User:
    made, row = draft(rt, identity.email or "", rt.config.oidc_role, {}, None)
    row |= {"issuer": identity.issuer, "subject": identity.subject, "invited_by": "single sign-on"}
    with rt.database.write() as connection:
        insert(connection, made, row)
        after = {"role": made.role}
        note(connection, rt, None, made.email, "join by domain", f"user {made.email}", after=after)
    return made
