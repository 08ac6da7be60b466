"""What a target's pace comes to: its limits in words, its tries on a line of time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from relay.core.rates import Try, rate, span, throughput, tries
from relay.core.retry import SCHEDULE
from relay.services.configured import ConfiguredTarget


@dataclass(frozen=True, slots=True)
class Facts:
    """What a pace comes to, in words and steps; `usual` says that it is the kind's own."""

    limits: list[str]
    throughput: str
    tries: list[Try]
    total: str
    marks: list[float]
    usual: bool


def facts(target: ConfiguredTarget) -> Facts:
    """What a target's pace comes to."""
    own = target.retry.get("schedule")
    return facts_of(target, target.limits, own, usual=own is None)


def usual_schedule(target: ConfiguredTarget) -> Sequence[float]:
    """The waits where the target has none of its own."""
    own = target.kind.target.schedule
    return SCHEDULE if own is None else own


def facts_of(
    target: ConfiguredTarget, limits: Sequence[str], own: Sequence[float] | None, *, usual: bool
) -> Facts:
    """What these limits and waits come to; no waits of its own mean the usual ones."""
    found = tries(usual_schedule(target) if own is None else own)
    total = found[-1].at
    scale = math.log1p(total) or 1.0
    return Facts(
        limits=[one.words if (one := rate(text)) else text for text in limits],
        throughput=throughput(limits),
        tries=found,
        total=span(total),
        marks=[100 * math.log1p(one.at) / scale for one in found],
        usual=usual,
    )
