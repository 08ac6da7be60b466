"""How a target's lane is doing, in words, and what a person can do about it."""

from datetime import datetime

from relay.core.rates import span
from relay.services.browse import Row
from relay.services.configured import ConfiguredTarget
from relay.web.console.words import PAUSE, Word

REPEAT = {
    "key": "Every delivery has a key that the vendor knows, so a second try does no harm.",
    "lookup": "It is looked up first, so a second try does not make a second record.",
    "upsert": "A second try updates what the first one made.",
    "may double": "A try whose answer got lost may arrive twice: the vendor takes no key.",
}
"""What becomes of a second try, by a kind's `repeat`."""

_TODO = {
    "manual": "Resume it when it may go on.",
    "unauthorized": "Put the credentials right in the settings; it goes on by itself then.",
    "gone": "See whether the target is still there; change its settings, or resume it.",
}


def lane_word(lane: Row, now: datetime) -> Word:
    """The lane's state, why, and what to do."""
    if lane["paused_at"]:
        tone = "warn" if lane["pause"] == "manual" else "bad"
        return Word(PAUSE.get(lane["pause"], "Paused"), tone, _TODO.get(lane["pause"], ""))
    if lane["breaker"] and lane["breaker"] != "closed":
        return Word(
            "It does not answer",
            "bad",
            "It failed ten times in a row. One delivery at a time is tried, within a minute each, "
            "and the others wait; as soon as one gets through, all go on.",
        )
    if lane["hold_until"] and lane["hold_until"] > now:
        return Word("Holding back", "warn", "It goes on by itself at that time.")
    return Word("Open", "good")


def ages(target: ConfiguredTarget) -> list[str]:
    """Why deliveries are due later than at once, and when they are too old."""
    found = []
    kind = target.kind.target
    if kind.min_age:
        found.append(
            f"A lead is sent {span(kind.min_age)} after it came at the earliest: "
            f"{kind.label} cannot judge it before. Until then its delivery says when it is due."
        )
    if target.max_age:
        found.append(f"A lead that is older than {span(target.max_age)} expires unsent.")
    return found
