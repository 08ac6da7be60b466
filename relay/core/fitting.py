"""Cards as messages to people: what they read, in the room that there is; what is cut is said."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from relay.core.cards import Card, Line, card_of
from relay.core.conversations import Json

MACHINE_PLACES: tuple[str, ...] = (
    "/device",
    "/ids",
    "/keys",
    "/form/id",
    "/attribution/ads/campaign_id",
    "/attribution/ads/adgroup_id",
    "/attribution/ads/ad_id",
    "/attribution/browser_ids",
    "/attribution/channel_flow",
    "/attribution/click_ids",
    "/attribution/ga",
    "/attribution/page_id",
    "/attribution/sub_id",
    "/attribution/traffic_source_id",
    "/consent/additional_consent",
    "/consent/certificates",
    "/consent/gcs",
    "/consent/gpp",
    "/consent/tcf",
    "/consent/tcpa/ip",
)
"""What says something to machines alone."""

WITH_DETAILS: Json = {
    "type": "boolean",
    "title": "With identifiers and device data",
    "default": False,
}
"""The schema of a setting that says whether a message has the whole card."""

NAME_PARTS = ("/contact/first_name", "/contact/last_name")

SHORTEST = 12
"""Characters that must be left of a value, else its line is left out."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The lines that fit, some of them shortened, and how many values are not there whole."""

    lines: tuple[Line, ...]
    missing: int

    @property
    def cut(self) -> str:
        """What was cut, in a few words; "" where nothing was."""
        values = "1 value" if self.missing == 1 else f"{self.missing} values"
        return f"{values} did not fit whole" if self.missing else ""


def message_card(lead: Json, *, whole: bool = False) -> Card:
    """The card as a message shows it: the name said once, and, unless the whole is wanted, without
    device data and identifiers."""
    named = NAME_PARTS if lead.get("contact", {}).get("full_name") else ()
    return card_of(lead, named if whole else (*named, *MACHINE_PLACES))


def fit_card(card: Card, *, room: int, longest: int, size: Callable[[Line], int]) -> Fitted:
    """The lines of a card that fit into so much room, none of them longer than `longest`.

    `size` says how much room a line takes, as its product counts.
    """
    lines: list[Line] = []
    cut = 0
    for line in card.lines:
        fitting = _shortened(line, min(longest, room), size)
        cut += fitting is not line
        if fitting is not None:
            lines.append(fitting)
            room -= size(fitting)
    return Fitted(tuple(lines), cut)


def utf16_length(text: str) -> int:
    """The length of a text as most chats count it: signs beyond the first 65536 are two."""
    return len(text) + sum(sign > "\uffff" for sign in text)


def shorten_utf16(text: str, most: int) -> str:
    """The text in at most so many signs, as most chats count them; one that is cut ends with …"""
    if utf16_length(text) <= most:
        return text
    return text.encode("utf-16-le")[: (most - 1) * 2].decode("utf-16-le", "ignore").rstrip() + "…"


def _shortened(line: Line, most: int, size: Callable[[Line], int]) -> Line | None:
    """The line, as much of it as fits, or None where hardly anything does."""
    if size(line) <= most:
        return line
    if len(line.text) <= SHORTEST or size(_begun(line, SHORTEST)) > most:
        return None  # the most of a lead of very many answers: told at once
    fits, too_long = SHORTEST, len(line.text)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if size(_begun(line, middle)) <= most:
            fits = middle
        else:
            too_long = middle
    return _begun(line, fits)


def _begun(line: Line, length: int) -> Line:
    return replace(line, text=line.text[:length].rstrip() + "…")
