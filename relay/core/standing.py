"""Why a delivery stands where it does, and what a person can do about it, in words.

What attempts say is in relay/core/advice.py; this is about what the relay itself decided.
"""

from dataclasses import dataclass
from datetime import datetime

from relay.core.advice import Advice

SKIPPED: tuple[tuple[str, Advice], ...] = (
    (
        "a test submission",
        Advice(
            "It was a test, and its source does not forward tests.",
            "To see tests arrive, let the source forward them, then send a test again.",
            "source",
        ),
    ),
    (
        "a partial response",
        Advice(
            "The form was not finished, and its source does not forward what is unfinished.",
            "If unfinished forms are to go out, let the source forward partials.",
            "source",
        ),
    ),
    (
        "the route does not send the event",
        Advice(
            "The route does not send events of this kind.",
            "If this target is to hear of them, tick the event on the route.",
            "replay",
        ),
    ),
    (
        "the route's condition does not match",
        Advice(
            "The route's condition does not match this lead.",
            "If it should have gone there, change the condition, then send it again.",
            "replay",
        ),
    ),
    (
        "consent denied",
        Advice(
            "The person did not consent to what this target is for.",
            "Nothing: it must not go there.",
        ),
    ),
    (
        "consent not understood",
        Advice(
            "What the form says of consent is neither a yes nor a no.",
            "Put right how the source's mapping reads the answer, then release or send it again.",
            "mapping",
        ),
    ),
    (
        "consent never asked",
        Advice(
            "The form never asked for the consent that this target needs.",
            "Ask for it in the form, or set at the source what holds where nobody is asked.",
            "source",
        ),
    ),
    (
        "this contact is blocked",
        Advice(
            "The contact is blocked: nothing more goes out to it.",
            "Nothing, unless it was blocked by mistake.",
        ),
    ),
    (
        "it was sent on",
        Advice(
            "Its sender set how often it may be sent on, and that is used up.",
            "Nothing, unless its sender raises max_contact_attempts.",
        ),
    ),
)
"""Reasons of skipped deliveries by how they begin."""

CANCELLED: tuple[tuple[str, Advice], ...] = (
    ("the person's data was erased", Advice("The person's data was erased.", "Nothing.")),
    SKIPPED[-2],
    (
        "",
        Advice(
            "Somebody stopped it before it went out.",
            "Send it again, if it is wanted after all.",
            "replay",
        ),
    ),
)

EXPIRED: tuple[tuple[str, Advice], ...] = (
    (
        "a later submission asked",
        Advice(
            "A later submission of its sender let it expire.", "Nothing: its sender wants it so."
        ),
    ),
    (
        "",
        Advice(
            "It waited longer than its target allows, or than seven days.",
            "See why the target was paused, held back or failing so long; if the lead is still of"
            " use, send it again.",
            "replay",
        ),
    ),
)

SUPERSEDED = Advice("A newer version of the lead went out in its place.", "Nothing.")

WORKER_DIED = Advice(
    "Its worker ended three times while sending it, so it was given up to save the others.",
    "The worker's log has the details; report them. It can be sent again.",
    "replay",
)

OF_PAUSE = {
    "manual": Advice("Somebody paused the target.", "Resume it on its page.", "resume"),
    "unauthorized": Advice(
        "The target is paused: its credentials are not accepted.",
        "Enter working ones in its settings; what waits then goes out by itself.",
        "settings",
    ),
    "gone": Advice(
        "The target is paused: it says that it is gone.",
        "Point it to something that is there, then resume it.",
        "settings",
    ),
}

BREAKER = Advice(
    "The target failed many times in a row, so one delivery at a time is tried.",
    "It goes on by itself as soon as one succeeds. If it stays so, see whether the system runs.",
    "wait",
)
HELD = Advice(
    "The target is held back: its limit is used up, or it asked for patience.",
    "It goes on by itself at the time shown. A rate limit set here keeps it from happening.",
    "limits",
)
BEHIND = Advice(
    "An earlier delivery of this lead to this target goes first, so that they keep their order.",
    "Nothing, or look at the earlier one.",
    "wait",
)
SCHEDULED = Advice(
    "It is not due yet.", "Nothing: it goes out by itself at the time shown.", "wait"
)
DUE = Advice("It is due and goes out in a moment.", "Nothing.", "wait")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """What the target's lane says."""

    pause: str | None = None
    hold_until: datetime | None = None
    breaker: str | None = None


def of_ended(state: str, reason: str | None) -> Advice | None:
    """Why a delivery ended in this state, where the relay decided it; None where attempts did."""
    said = reason or ""
    if state == "superseded":
        return SUPERSEDED
    if state == "failed" and "worker died" in said:
        return WORKER_DIED
    known = {"skipped": SKIPPED, "cancelled": CANCELLED, "expired": EXPIRED}.get(state, ())
    return next((advice for begin, advice in known if said.startswith(begin)), None)


def of_waiting(lane: Lane, *, behind: bool, due_at: datetime, now: datetime) -> Advice:
    """What a delivery waits for."""
    if lane.pause is not None:
        return OF_PAUSE.get(lane.pause, OF_PAUSE["manual"])
    if lane.hold_until is not None and lane.hold_until > now:
        return HELD
    if lane.breaker not in (None, "closed"):
        return BREAKER
    if behind:
        return BEHIND
    return SCHEDULED if due_at > now else DUE
