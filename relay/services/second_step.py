"""The second step of signing in: codes of an app (TOTP), and recovery codes for when it is lost."""

import hmac
import secrets
from uuid import UUID

import pyotp
import sqlalchemy as sa

from relay.core.secrets import Sealed, hash_key
from relay.runtime import Runtime
from relay.services.auditing import note
from relay.services.users import User, UserError, raise_epoch
from relay.store.tables import recovery_codes, users

PERIOD = 30
"""Seconds for which an app shows one code."""
DRIFT = (-1, 0, 1)
"""Periods before and after now whose codes are taken: clocks differ, and typing takes time."""
RECOVERY_CODES = 10
NAME = "Lead relay"
"""How an app names the relay."""

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that looks like another


def begin(rt: Runtime, person: User) -> None:
    """Make a key for the person's app, which counts once a code of it was given."""
    sealed = rt.box.seal({"user": str(person.id), "key": pyotp.random_base32()})
    with rt.database.write() as connection:
        own = sa.update(users).where(users.c.id == person.id, users.c.totp_since.is_(None))
        connection.execute(own.values(totp_secret=sealed, totp_step=None))


def begun(rt: Runtime, person: User) -> tuple[str, str] | None:
    """The key that waits for its first code, and its address as apps read it; None if none does."""
    with rt.database.read() as connection:
        own = sa.select(users.c.totp_secret)
        waiting = own.where(users.c.id == person.id, users.c.totp_since.is_(None))
        sealed = connection.execute(waiting).scalar_one_or_none()
    key = _opened(rt, person.id, sealed)
    if key is None:
        return None
    return key, pyotp.TOTP(key, name=person.email, issuer=NAME).provisioning_uri()


def confirm(rt: Runtime, person: User, code: str) -> list[str]:
    """Turn the second step on by a code of the app; returns recovery codes, to be shown once.

    Other sessions end. Raises UserError where the code is not the app's.
    """
    with rt.database.write() as connection:
        if not _take_code(connection, rt, person.id, code, on=False):
            raise UserError("That is not the code that the app shows. Check the device's clock.")
        own = sa.update(users).where(users.c.id == person.id)
        connection.execute(own.values(totp_since=rt.clock.now()))
        raise_epoch(connection, person.id)
        codes = _new_codes(connection, person.id)
        note(connection, rt, None, person.email, "turn on second step", f"user {person.email}")
    return codes


def check(rt: Runtime, user_id: UUID, code: str) -> str | None:
    """Use up a code; returns what it was, "code" or "recovery code", or None for a wrong one."""
    with rt.database.write() as connection:
        if _take_code(connection, rt, user_id, code, on=True):
            return "code"
        return "recovery code" if _take_recovery_code(connection, rt, user_id, code) else None


def renew_codes(rt: Runtime, person: User) -> list[str]:
    """New recovery codes in place of all that there are, to be shown once."""
    with rt.database.write() as connection:
        codes = _new_codes(connection, person.id)
        note(connection, rt, None, person.email, "renew recovery codes", f"user {person.email}")
    return codes


def codes_left(rt: Runtime, user_id: UUID) -> int:
    """How many recovery codes can still be used."""
    own = sa.select(sa.func.count()).where(
        recovery_codes.c.user_id == user_id, recovery_codes.c.used_at.is_(None)
    )
    with rt.database.read() as connection:
        return int(connection.execute(own).scalar_one())


def turn_off(rt: Runtime, person: User, actor: str) -> None:
    """Ask a person for no second step any more; their sessions end where somebody else does it."""
    with rt.database.write() as connection:
        own = sa.update(users).where(users.c.id == person.id)
        connection.execute(own.values(totp_secret=None, totp_since=None, totp_step=None))
        connection.execute(sa.delete(recovery_codes).where(recovery_codes.c.user_id == person.id))
        if actor != person.email:
            raise_epoch(connection, person.id)
        note(connection, rt, None, actor, "turn off second step", f"user {person.email}")


def _opened(rt: Runtime, user_id: UUID, sealed: str | None) -> str | None:
    """The key, where it can be opened and is this user's."""
    try:
        found = rt.box.open(sealed) if sealed else None
    except Sealed:
        return None
    return str(found["key"]) if found and found["user"] == str(user_id) else None


def _take_code(
    connection: sa.Connection, rt: Runtime, user_id: UUID, code: str, *, on: bool
) -> bool:
    """Whether this is a code of now that was not taken before; it is from here on."""
    counts = users.c.totp_since.is_not(None) if on else users.c.totp_since.is_(None)
    own = sa.select(users.c.totp_secret).where(users.c.id == user_id, counts)
    key = _opened(rt, user_id, connection.execute(own).scalar_one_or_none())
    given = "".join(code.split())
    if key is None or not (given.isascii() and given.isdigit()):
        return False
    now = int(rt.clock.now().timestamp()) // PERIOD
    app = pyotp.TOTP(key)
    fitting = [now + by for by in DRIFT if hmac.compare_digest(app.generate_otp(now + by), given)]
    return any(_is_newer(connection, user_id, step) for step in fitting)


def _is_newer(connection: sa.Connection, user_id: UUID, step: int) -> bool:
    """Whether no code of this period or a later one was taken; asked by one of two at a time."""
    last = users.c.totp_step
    own = sa.update(users).where(users.c.id == user_id, sa.or_(last.is_(None), last < step))
    return connection.execute(own.values(totp_step=step)).rowcount == 1


def _take_recovery_code(connection: sa.Connection, rt: Runtime, user_id: UUID, code: str) -> bool:
    own = sa.update(recovery_codes).where(
        recovery_codes.c.user_id == user_id,
        recovery_codes.c.hash == _hash(user_id, code),
        recovery_codes.c.used_at.is_(None),
    )
    return connection.execute(own.values(used_at=rt.clock.now())).rowcount == 1


def _new_codes(connection: sa.Connection, user_id: UUID) -> list[str]:
    connection.execute(sa.delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    parts = [["".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4)]
             for _ in range(RECOVERY_CODES)]  # fmt: skip
    codes = ["-".join(part) for part in parts]
    rows = [{"user_id": user_id, "hash": _hash(user_id, code)} for code in codes]
    connection.execute(sa.insert(recovery_codes), rows)
    return codes


def _hash(user_id: UUID, code: str) -> str:
    """A hash that says nothing of another person's codes."""
    return hash_key(f"{user_id}:{''.join(code.lower().replace('-', '').split())}")
