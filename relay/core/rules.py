"""Whether the limits that people write make sense."""

import limits


def limit_problems(text: str) -> list[str]:
    """What is wrong with a limit such as `10/second` (`limits` notation, several by semicolons)."""
    try:
        found = limits.parse_many(text)
    except ValueError:
        return [f"{text!r} is no limit: write 10/second, 100 per minute or 5000/day"]
    if any(limit.amount < 1 for limit in found):
        return [f"{text!r} would let nothing through"]
    return []
