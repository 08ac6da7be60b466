"""What an attempt's outcome means for its delivery and its lane: a pure function."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from relay.core.contract import Kind, Outcome
from relay.core.retry import JITTER, bounded, next_wait

SHORTEST_HOLD = 1.0
"""The shortest time a throttled lane is held, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The delivery's next `state`; while it waits, for `wait` seconds.

    `counts` says whether the attempt is one of those the schedule allows. `reached` says whether
    the target answered for itself (the breaker asks). `hold` is for how many seconds all lanes of
    the account are held, `pause` why this lane is paused until a person resumes it.
    """

    state: str
    reason: str | None = None
    wait: float | None = None
    counts: bool = True
    reached: bool = True
    hold: float | None = None
    pause: Literal["unauthorized", "gone"] | None = None

    @property
    def ended(self) -> bool:
        """Whether the delivery is over."""
        return self.state != "waiting"


def judge(
    outcome: Outcome,
    *,
    attempt: int,
    schedule: Sequence[float],
    max_attempts: int | None,
    fallback_wait: float,
    jitter: float,
) -> Verdict:
    """The verdict on counted attempt number `attempt` (from 1); `jitter` is from -1 to 1."""
    message = outcome.message or None
    match outcome.kind:
        case Kind.DELIVERED | Kind.IGNORED:
            return Verdict(state=outcome.kind.value, reason=message, hold=_held(outcome))
        case Kind.ACCEPTED:
            return _accepted(outcome, fallback_wait)
        case Kind.REJECTED:
            reason = message or "rejected by the target"
            return Verdict(state="failed", reason=reason, hold=_held(outcome))
        case Kind.THROTTLED:
            return _throttled(outcome, fallback_wait, jitter)
        case Kind.UNAUTHORIZED:
            reason = message or "the credential is not accepted"
            return _paused("unauthorized", reason)
        case Kind.GONE:
            return _paused("gone", message or "the target says that it is gone")
        case Kind.RETRY:
            wait = next_wait(schedule, attempt, jitter, outcome.retry_after)
            last = max_attempts is not None and attempt >= max_attempts
            return _again(message, None if last else wait, attempt)


def _held(outcome: Outcome) -> float | None:
    """How long the account rests after its limit was used up, in seconds."""
    return bounded(outcome.hold) or None


def _accepted(outcome: Outcome, fallback_wait: float) -> Verdict:
    """Taken, and asked about later: no try is used up, and others need not wait for it."""
    asked = outcome.retry_after
    return Verdict(
        state="waiting",
        reason=outcome.message or "taken; what became of it is asked later",
        wait=max(bounded(fallback_wait if asked is None else asked), SHORTEST_HOLD),
        counts=False,
        hold=_held(outcome),
    )


def _throttled(outcome: Outcome, fallback_wait: float, jitter: float) -> Verdict:
    asked = outcome.retry_after
    wait = max(bounded(fallback_wait if asked is None else asked), SHORTEST_HOLD)
    return Verdict(
        state="waiting",
        reason=outcome.message or "the target asks for patience",
        wait=wait * (1 + JITTER / 2 * abs(jitter)),
        counts=False,
        hold=wait,
    )


def _paused(pause: Literal["unauthorized", "gone"], reason: str) -> Verdict:
    return Verdict(state="waiting", reason=reason, wait=0.0, counts=False, pause=pause)


def _again(message: str | None, wait: float | None, attempt: int) -> Verdict:
    message = message or "the attempt failed"
    if wait is None:
        reason = f"given up after {attempt} attempts: {message}"
        return Verdict(state="failed", reason=reason, reached=False)
    return Verdict(state="waiting", reason=message, wait=wait, reached=False)
