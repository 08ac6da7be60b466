"""The rows of grants: what vendors gave, sealed, and who is asking for it now."""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Access, Json
from relay.core.ids import new_id
from relay.core.secrets import Sealed
from relay.runtime import Runtime
from relay.store.insert import insert_new
from relay.store.tables import grants

logger = logging.getLogger(__name__)

MARGIN = 60.0
"""Seconds before its end from which an access is no longer used; less for one that lasts a few
minutes."""

LEASE_MARGIN = 10.0
"""Seconds that an asking worker has beside the time of its request."""

LONGEST = 10 * 365 * 86400.0
"""Seconds; what is said to last longer lasts until it is refused."""


@dataclass(frozen=True, slots=True)
class Held:
    """An access and until when it may be used; None is until it is refused.

    One that could not be `stored` is known to this process alone.
    """

    access: Access
    until: datetime | None
    stored: bool = True

    def serves(self, refused: str | None, now: datetime) -> bool:
        """Whether it may be used now, and is not the token that was refused."""
        return self.access.token != refused and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Asking:
    """The right to ask for an access alone; `before` is the one that is to be renewed."""

    key: str
    token: UUID
    before: Access | None
    sealed: str | None


def find(rt: Runtime, key: str, refused: str | None) -> Held | Asking | None:
    """What is kept and serves, else the right to ask for it; None while another worker asks."""
    now = rt.clock.now()
    with rt.database.read() as connection:
        row = _row(connection, key)
    held = _held(rt, row)
    if held is not None and held.serves(refused, now):
        return held
    return None if _is_asked(row, now) else _begin(rt, key, refused, now)


def _begin(rt: Runtime, key: str, refused: str | None, now: datetime) -> Held | Asking | None:
    """As `find` does, with nobody else beside: others may have done so meanwhile."""
    with rt.database.write() as connection:
        insert_new(connection, grants, [{"key": key}])
        row = _row(connection, key, for_update=True)
        held = _held(rt, row)
        if held is not None and held.serves(refused, now):
            return held
        if _is_asked(row, now):
            return None
        asking = Asking(key, new_id(), held.access if held else None, row.access)
        lease = timedelta(seconds=rt.config.total_seconds + LEASE_MARGIN)
        connection.execute(
            sa.update(grants)
            .where(grants.c.key == key)
            .values(lease_token=asking.token, leased_until=now + lease)
        )
    return asking


def keep(rt: Runtime, asking: Asking, given: Access) -> Held:
    """Store what was given and end the right to ask.

    A refresh token that the vendor did not change stays the one that was known. Whoever comes late
    stores its own only where nobody else has stored one. A database that is away costs no token.
    """
    if given.refresh_token is None and asking.before is not None:
        given = replace(given, refresh_token=asking.before.refresh_token)
    now = rt.clock.now()
    lasts = _seconds(given.expires_in)
    ends = None if lasts is None else now + timedelta(seconds=lasts)
    held = Held(given, _usable_until(now, ends))
    try:
        _store(rt, asking, rt.box.seal(_document(given)), now, ends)
    except sa.exc.SQLAlchemyError:
        logger.exception("a grant could not be stored, this process alone knows it")
        return replace(held, stored=False)
    return held


def _store(rt: Runtime, asking: Asking, sealed: str, now: datetime, ends: datetime | None) -> None:
    ours = grants.c.lease_token == asking.token
    unchanged = grants.c.access.is_not_distinct_from(asking.sealed)
    with rt.database.write() as connection:
        connection.execute(
            sa.update(grants)
            .where(grants.c.key == asking.key, sa.or_(ours, unchanged))
            .values(
                access=sealed, made_at=now, expires_at=ends, lease_token=None, leased_until=None
            )
        )


def give_up(rt: Runtime, asking: Asking) -> None:
    """End the right to ask: nothing was given."""
    with rt.database.write() as connection:
        connection.execute(
            sa.update(grants)
            .where(grants.c.key == asking.key, grants.c.lease_token == asking.token)
            .values(lease_token=None, leased_until=None)
        )


def _row(connection: sa.Connection, key: str, *, for_update: bool = False) -> Any:
    statement = sa.select(grants).where(grants.c.key == key)
    return connection.execute(statement.with_for_update() if for_update else statement).first()


def _is_asked(row: Any, now: datetime) -> bool:
    return row is not None and row.leased_until is not None and row.leased_until > now


def _held(rt: Runtime, row: Any) -> Held | None:
    if row is None or row.access is None:
        return None
    try:
        access = Access(**rt.box.open(row.access))
    except (Sealed, TypeError, ValueError):
        logger.warning("a grant cannot be opened by the present key: it is asked for anew")
        return None
    return Held(access, _usable_until(row.made_at, row.expires_at))


def _usable_until(made_at: datetime, ends: datetime | None) -> datetime | None:
    if ends is None:
        return None
    return ends - timedelta(seconds=min(MARGIN, (ends - made_at).total_seconds() / 10))


def _document(access: Access) -> dict[str, Json]:
    details: Mapping[str, Json] = access.details
    return {**asdict(replace(access, details={})), "details": dict(details)}


def _seconds(lasts: float | None) -> float | None:
    """None for what is no such time."""
    return lasts if lasts is not None and 0 < lasts < LONGEST else None
