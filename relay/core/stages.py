"""What became of a lead: how a change of its state is said, and what it makes of the document."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields

from relay.core.contract import Json
from relay.core.lead import is_empty

OF_STAGE = ("native", "conversion_name", "loss_reason")
"""Members that say something of one stage, and go with it unless they are said anew."""

LARGEST_AMOUNT = 2**53 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """Members of a lead's state to be set; None leaves one as it is, an empty text takes it away.

    `native` is the status in the words of each system. `qualified_at` is ISO 8601 in UTC. `cleared`
    names members to be taken away.
    """

    stage: str | None = None
    native: Mapping[str, Json] | None = None
    value_minor: int | None = None
    currency: str | None = None
    note: str | None = None
    loss_reason: str | None = None
    conversion_name: str | None = None
    qualified_at: str | None = None
    cleared: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError for an amount that no JSON reader and no database counts exactly."""
        if abs(self.value_minor or 0) > LARGEST_AMOUNT:
            raise ValueError(f"value_minor must lie within {LARGEST_AMOUNT}")

    def to_json(self) -> dict[str, Json]:
        """The members that are said, null for those that are taken away."""
        given = {one.name: getattr(self, one.name) for one in fields(self)[:-1]}
        said = {name: value for name, value in given.items() if value is not None}
        told = {name: None if is_empty(value) else value for name, value in said.items()}
        return {**told, **dict.fromkeys(self.cleared)}


def at_stage(stage: str, labels: Collection[str]) -> dict[str, Json]:
    """A stage as a change says it; one of the project's conversion labels is a conversion too."""
    if stage not in labels:
        return {"stage": stage or None}
    return {"stage": stage, "conversion_name": stage}


def with_state(document: Json, change: Mapping[str, Json]) -> Json:
    """The lead's document after a change of its state, as `StatusChange.to_json` says it."""
    former = document.get("state") or {}
    kept = dict(former)
    if change.get("stage", former.get("stage")) != former.get("stage"):
        kept = {name: value for name, value in former.items() if name not in OF_STAGE}
    state = {**kept, **change}
    if change.get("native"):
        state["native"] = {**(kept.get("native") or {}), **change["native"]}
    state = {name: value for name, value in state.items() if value is not None}
    rest = {name: value for name, value in document.items() if name != "state"}
    return {**rest, "state": state} if state else rest
