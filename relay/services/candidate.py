"""One submission on its way to a lead: what filing, repeats and owing write on."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from relay.core.contract import Json
from relay.runtime import Runtime
from relay.services import configured
from relay.services.configured import ConfiguredSource


@dataclass(slots=True)
class Candidate:
    """One submission on its way to a lead, and how that ended."""

    submission: Any
    source: ConfiguredSource
    lead_key: str
    state: str = "received"
    reasons: list[Json] = field(default_factory=list)
    duplicate_of: UUID | None = None
    lead_id: UUID | None = None
    lead_version: int | None = None
    owed: int = 0

    @classmethod
    def of(cls, rt: Runtime, row: Any) -> "Candidate":
        """A candidate from this row of `submissions`."""
        source = configured.source(rt, row.source_id)
        if source is None:
            raise LookupError(f"no source {row.source_id}")
        return cls(submission=row, source=source, lead_key=row.lead_key)

    def end(self, state: str, message: str) -> None:
        """Settle it without a lead, and say why."""
        self.state = state
        self.reasons = [{"place": "", "message": message}]

    @property
    def open(self) -> bool:
        """Whether it still is to become a lead."""
        return self.state == "received"
