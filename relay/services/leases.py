"""What this process knows of its own leases, so that a sender need not ask the database."""

import logging
import threading
import time
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.store.tables import deliveries, state_is

logger = logging.getLogger(__name__)


class Leases:
    """Until when each claimed delivery is surely ours, by the monotonic clock.

    The end is reckoned from before the claim was written. A process that was stopped for a while
    finds its leases over when it goes on, whatever the database would still have said.
    """

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._ends: dict[UUID, float] = {}
        self._tokens: dict[UUID, UUID] = {}
        self._lock = threading.Lock()

    def end_from_now(self) -> float:
        """The end of a lease that is written after this call."""
        return time.monotonic() + self._rt.config.lease_seconds

    def keep(self, delivery_ids: Iterable[UUID], token: UUID, until: float) -> None:
        """Know of these leases and renew them until they are dropped."""
        with self._lock:
            for delivery_id in delivery_ids:
                self._ends[delivery_id] = until
                self._tokens[delivery_id] = token

    def holds(self, delivery_id: UUID, token: UUID) -> bool:
        """Whether the delivery is surely still leased under this token."""
        with self._lock:
            ours = self._tokens.get(delivery_id) == token
            return ours and time.monotonic() < self._ends[delivery_id]

    def drop(self, delivery_id: UUID, token: UUID) -> None:
        """Stop renewing this lease."""
        with self._lock:
            if self._tokens.get(delivery_id) == token:
                del self._tokens[delivery_id], self._ends[delivery_id]

    def renew(self) -> int:
        """Write a later end for all leases with one statement; returns how many are still ours."""
        with self._lock:
            tokens = dict(self._tokens)
        if not tokens:
            return 0
        until = self.end_from_now()
        renewed = self._write(set(tokens.values()))
        with self._lock:
            for delivery_id in renewed:
                if self._tokens.get(delivery_id) == tokens.get(delivery_id):
                    self._ends[delivery_id] = until
        return len(renewed)

    def _write(self, tokens: set[UUID]) -> list[UUID]:
        # What a settlement has locked is over in a moment: waiting for it could deadlock with it.
        ours = (
            sa.select(deliveries.c.id)
            .where(state_is(deliveries, "sending"), deliveries.c.lease_token.in_(tokens))
            .with_for_update(skip_locked=True)
        )
        until = self._rt.clock.now() + timedelta(seconds=self._rt.config.lease_seconds)
        with self._rt.database.write() as connection:
            renewed = connection.execute(
                sa.update(deliveries)
                .where(deliveries.c.id.in_(ours))
                .values(leased_until=until)
                .returning(deliveries.c.id)
            )
            return list(renewed.scalars())
