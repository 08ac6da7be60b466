"""One submission on its way to a lead: what filing, repeats and owing write on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from relay.core.contract import Json
from relay.runtime import Runtime
from relay.services import configured
from relay.services.configured import ConfiguredSource
from relay.services.totals import LeadRow


@dataclass(frozen=True, slots=True)
class FiledLead:
    """A lead as a submission left it; `created` says that it was this submission's doing."""

    id: UUID
    number: int
    public_id: str
    version: int
    created: bool
    document: Json
    status: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """What a lead brings along from another system: when it was made there, and what its clients
    know it by. Nothing is owed for it.
    """

    at: datetime
    number: int | None = None
    public_id: str | None = None


@dataclass(slots=True)
class Candidate:
    """One submission on its way to a lead, and how that ended.

    A `fresh` one is not in the database yet, and so was not filed by anybody else.
    `warnings` are beside those from reading it. `companions` bring the same submission to other
    leads, and what they owe counts as its own. Nothing is owed where `forward` is
    false. `archived` are rows of leads that it took away.
    """

    submission: Any
    source: ConfiguredSource
    lead_key: str
    state: str = "received"
    reasons: list[Json] = field(default_factory=list)
    duplicate_of: UUID | None = None
    lead_id: UUID | None = None
    lead_version: int | None = None
    owed: int = 0
    lead: FiledLead | None = None
    moved: Moved | None = None
    forward: bool = True
    warnings: list[Json] = field(default_factory=list)
    companions: list["Candidate"] = field(default_factory=list)
    archived: Sequence[LeadRow] = ()
    fresh: bool = False

    @classmethod
    def of(cls, rt: Runtime, row: Any) -> "Candidate":
        """A candidate from this row of `submissions`."""
        source = configured.source(rt, row.source_id)
        if source is None:
            raise LookupError(f"no source {row.source_id}")
        return cls(submission=row, source=source, lead_key=row.lead_key)

    def end(self, state: str, message: str, place: str = "") -> None:
        """Settle it without a lead, and say why, and where it says what is in the way."""
        self.state = state
        self.reasons = [{"place": place, "message": message}]

    @property
    def all_warnings(self) -> list[Json]:
        """What of it was not understood or not done."""
        return [*self.submission.warnings, *self.warnings]

    def settled(self) -> dict[str, Any]:
        """The columns of `submissions` that say how it ended."""
        return {
            "state": self.state,
            "reasons": self.reasons,
            "duplicate_of": self.duplicate_of,
            "lead_id": self.lead_id,
            "lead_version": self.lead_version,
            "owed": self.owed + sum(one.owed for one in self.companions),
            "warnings": self.all_warnings,
        }

    @property
    def open(self) -> bool:
        """Whether it still is to become a lead."""
        return self.state == "received"
