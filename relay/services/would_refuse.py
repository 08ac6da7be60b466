"""Which of the newest submissions of a source a set of rules would refuse, before it is saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from relay.core.conditions import matches
from relay.core.contract import Json
from relay.runtime import Runtime
from relay.services import past
from relay.services.browse import Row

HELD_AGAINST = 100
"""Submissions that rules are held against, the newest that could be read."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One submission, and the reason of the first rule that does not want it; None where all do."""

    row: Row
    reason: str | None


def would_refuse(rt: Runtime, source_id: UUID, rules: Sequence[Json]) -> list[Judged]:
    """The newest submissions held against these rules, in their order."""
    rows = [row for row in past.newest(rt, source_id, HELD_AGAINST) if row["document"] is not None]
    return [Judged(row, _reason(row["document"], rules)) for row in rows]


def _reason(document: Json, rules: Sequence[Json]) -> str | None:
    found = (rule["reason"] for rule in rules if matches(rule["when"], document))
    return next(found, None)
