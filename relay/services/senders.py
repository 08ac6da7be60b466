"""The senders: threads of a worker process that bring claimed deliveries to their targets."""

import logging
import queue
import random
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from uuid import UUID

from relay.core.verdict import judge
from relay.net.client import Attempted
from relay.runtime import Runtime
from relay.services.claim import Job
from relay.services.leases import Leases
from relay.services.refills import Refills
from relay.services.sending import attempt
from relay.services.settle import settle
from relay.services.settlement import Settled, Settlement
from relay.services.slots import Slots
from relay.store.writer import GroupCommit

logger = logging.getLogger(__name__)

END_WAIT = 5.0
"""Seconds that the end waits for leases that are being renewed."""

LINGER = 0.01
"""Seconds that a settlement waits for others: one transaction for many costs a third of many."""

SETTLE_WAIT = 86400.0
"""Seconds that a fact may wait for a database that is away: it is not sent again to be known."""


class Senders:
    """A pool of up to RELAY_SENDERS threads, with the keeping of their leases.

    A delivery takes one slot from its claim until it is settled, so what is under way here and what
    is leased in the database agree.
    """

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._slots = Slots(rt.config.senders)
        self._leases = Leases(rt)
        self._refills = Refills(rt, self)
        self._work: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._draining = False
        self._closed = threading.Event()
        self._settler: GroupCommit[Settlement, Settled] = GroupCommit(
            rt.database,
            settle,
            key=lambda settlement: settlement.key,
            wait=SETTLE_WAIT,
            after=self._refill_after,
            linger=LINGER,
            whole=lambda count: count >= self._slots.held(),
        )
        self._keeper = threading.Thread(target=self._keep_leases, name="leases", daemon=True)
        self._keeper.start()

    def reserve(self, lane: UUID, most: int) -> int:
        """Take up to `most` senders for a lane; those not used are given back."""
        return 0 if self._draining else self._slots.reserve(lane, most)

    def give_back(self, lane: UUID, count: int) -> None:
        """Give back senders that were reserved and not used."""
        self._slots.free(lane, count)

    def lease_end(self) -> float:
        """Until when a lease that is written after this call surely holds (monotonic seconds)."""
        return self._leases.end_from_now()

    def send(self, jobs: Sequence[Job], known_until: float) -> None:
        """Send these claimed deliveries, for which senders were reserved; does not wait."""
        for job in jobs:
            self._leases.keep([job.id], job.token, known_until)
        for job in jobs:
            self._work.put(job)
        self._grow()

    def refill(self, lane: UUID, after: float = 0.0) -> None:
        """Claim for this lane again, in so many seconds, on a thread of the pool's own."""
        if not self._draining:
            self._refills.add(lane, after)

    def drain(self, timeout: float) -> bool:
        """Claim nothing more and wait for what is under way; False when it took too long."""
        self._draining = True
        return self._slots.wait_empty(timeout)

    def close(self) -> None:
        """End the threads without waiting for what is under way: it goes again later."""
        self._draining = True
        self._closed.set()
        self._refills.close()
        for _ in self._threads:
            self._work.put(None)
        self._settler.close()
        self._keeper.join(END_WAIT)

    def _grow(self) -> None:
        with self._lock:
            while len(self._threads) < self._slots.held():
                thread = threading.Thread(target=self._run, name="sender", daemon=True)
                self._threads.append(thread)
                thread.start()

    def _run(self) -> None:
        while (job := self._work.get()) is not None:
            try:
                self._send(job)
            except Exception:
                logger.exception("delivery %s could not be sent", job.id)
                self._forget(job)

    def _send(self, job: Job) -> None:
        if not self._leases.holds(job.id, job.token):
            logger.warning("delivery %s was not sent: its lease is over", job.id)
            self._forget(job)
            return
        started_at = self._rt.clock.now()
        attempted = attempt(self._rt, job)
        target = job.target
        verdict = judge(
            attempted.outcome,
            attempt=job.attempts + 1,
            schedule=target.schedule,
            max_attempts=job.max_attempts,
            fallback_wait=target.kind.target.fallback_wait,
            jitter=random.uniform(-1, 1),  # noqa: S311 - spreads load, guards nothing
        )
        self._note(job, attempted, verdict.state)
        self._settle(
            Settlement(
                job=job,
                attempted=attempted,
                verdict=verdict,
                started_at=started_at,
                ended_at=self._rt.clock.now(),
            )
        )

    def _note(self, job: Job, attempted: Attempted, state: str) -> None:
        kind, outcome = job.target.kind.name, attempted.outcome.kind.value
        self._rt.metrics.count("relay_attempts", kind, outcome)
        self._rt.metrics.observe("relay_attempt_seconds", attempted.milliseconds / 1000, kind)
        logger.info(
            "attempt delivery=%s target=%s number=%d outcome=%s status=%s error=%s ms=%d then=%s",
            job.id,
            job.target.name,
            job.number,
            outcome,
            attempted.status,
            attempted.error,
            attempted.milliseconds,
            state,
        )

    def _settle(self, settlement: Settlement, *, bare: bool = False) -> None:
        def done(future: "Future[Settled]") -> None:
            error = future.exception()
            if error is not None and not bare:
                # what was said cannot be stored; that it was said must be, or it is said again
                logger.error("attempt of %s is kept bare: %s", settlement.job.id, error)
                self._settle(settlement.without_exchanges(), bare=True)
                return
            if error is not None:
                logger.error("attempt of %s cannot be written: %s", settlement.job.id, error)
            self._forget(settlement.job)

        self._settler.post(settlement).add_done_callback(done)

    def _forget(self, job: Job) -> None:
        self._leases.drop(job.id, job.token)
        self._slots.free(job.target.id)

    def _refill_after(self, settled: list[Settled]) -> None:
        for lane in [*self._slots.hungry(), *settled[0].ready]:
            self.refill(lane)

    def _keep_leases(self) -> None:
        while not self._closed.wait(self._rt.config.lease_renew_seconds):
            try:
                self._leases.renew()
            except Exception:  # the next round may find the database back
                logger.exception("leases could not be renewed")
