"""What came of one attempt, on its way into the database."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from relay.core.clean import clean_text
from relay.core.ids import new_id
from relay.core.verdict import Verdict
from relay.net.client import Attempted
from relay.services.claim import Job

LONGEST_TEXT = 2000
"""Characters kept of a message, a remote id and a remote address."""

Lease = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """One attempt to be written; `attempt_id` makes writing it twice harmless."""

    job: Job
    attempted: Attempted
    verdict: Verdict
    started_at: datetime
    ended_at: datetime
    attempt_id: UUID = field(default_factory=new_id)

    @property
    def lease(self) -> Lease:
        """The delivery and the token that it was claimed with."""
        return self.job.id, self.job.token

    @property
    def key(self) -> str:
        """What batches are sorted by."""
        return str(self.job.id)

    def without_exchanges(self) -> "Settlement":
        """The bare fact, for a database that refuses the rest of it."""
        bare = replace(self.attempted.outcome, message="", remote_id=None, remote_url=None)
        attempted = replace(self.attempted, exchanges=[], outcome=bare)
        return replace(self, attempted=attempted, verdict=replace(self.verdict, reason=None))


@dataclass(frozen=True, slots=True)
class Settled:
    """What was written. `late` attempts changed nothing but the log. `ready` are the lanes of the
    batch's accounts that have more to send."""

    settlement: Settlement
    late: bool
    ready: frozenset[UUID]


def short(text: str | None) -> str | None:
    """Words of a target as they are kept."""
    return None if text is None else clean_text(text)[:LONGEST_TEXT]
