"""Whether the rules that people write make sense; each function lists what is wrong, in words."""

import limits

from relay.core.contract import Json
from relay.core.lead import LeadSchema


def limit_problems(text: str) -> list[str]:
    """What is wrong with a limit such as `10/second` (`limits` notation, several by semicolons)."""
    try:
        found = limits.parse_many(text)
    except ValueError:
        return [f"{text!r} is no limit: write 10/second, 100 per minute or 5000/day"]
    if any(limit.amount < 1 for limit in found):
        return [f"{text!r} would let nothing through"]
    return []


def placement_problems(wish: Json, lead: LeadSchema) -> list[str]:
    """What is wrong with the place in the lead that a source's mapping puts an answer to."""
    if not isinstance(wish, str) or wish == "drop" or lead.place(wish) is not None:
        return []
    return [f"a lead has no place {wish}"]


def origin_problems(wish: Json, lead: LeadSchema) -> list[str]:
    """What is wrong with the place in the lead that a target's mapping takes a value from."""
    if not isinstance(wish, str) or lead.knows(wish):
        return []
    return [f"a lead never has anything at {wish}"]
