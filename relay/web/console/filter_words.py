"""A filter of deliveries in words: what restricts, each with its title."""

from collections.abc import Callable, Mapping
from datetime import datetime

from relay.core.contract import Json
from relay.services.filters import PLAIN, UNTOLD
from relay.web.console import words
from relay.web.console.show import duration
from relay.web.console.veil import veiled

Said = list[tuple[str, str | datetime]]

CLASSES = {"none": "no answer"}


def in_words(given: Mapping[str, Json], names: Mapping[str, str]) -> Said:
    """What a filter's JSON says; `names` are those of sources and targets by their ids.

    The project goes without saying. What tells of a person is not told to viewers.
    """
    said: Said = []
    for name, value in given.items():
        if name == "project":
            continue
        title = TITLES.get(name, name.replace("_", " "))
        if name not in PLAIN and veiled():
            said.append((title, "something that is not shown"))
        else:
            said.append((title, _told(name, value, names)))
    return said


TITLES = {
    "states": "State",
    "source": "Source",
    "target": "Target",
    "lead": "Lead",
    "leads": "Leads",
    "number": "Lead number",
    "delivery": "Delivery",
    "run": "Bulk run",
    "since": "From",
    "until": "Before",
    "text": "Search",
    "said": "Search",
    "events": "Event",
    "outcomes": "Last attempt",
    "ever": "Any attempt",
    "classes": "Last answer",
    "least": "Attempts at least",
    "most": "Attempts at most",
    "slower": "Took at least",
    "holding": "The lead contains",
    "as_sent": "Looked for in",
}


def _told(name: str, value: Json, names: Mapping[str, str]) -> str | datetime:
    if name in ("since", "until"):
        return datetime.fromisoformat(str(value))
    if value == UNTOLD:
        return "no longer kept"
    tell = _TELL.get(name)
    if name in ("source", "target"):
        return names.get(str(value), str(value))
    if isinstance(value, list):
        return ", ".join(str(tell(one) if tell else one) for one in value)
    return str(tell(value) if tell else value)


_TELL: Mapping[str, Callable[[Json], str]] = {
    "states": lambda one: words.delivery(one).label,
    "events": lambda one: str(words.EVENT.get(one, one)),
    "outcomes": lambda one: words.outcome(one).label,
    "ever": lambda one: words.outcome(one).label,
    "classes": lambda one: str(CLASSES.get(one, one)),
    "slower": duration,
    "as_sent": lambda _one: "what was sent",
}
