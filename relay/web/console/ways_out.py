"""Where a problem is looked into and put right: links for its page, the most useful first."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import url_for

from relay.core.problem_words import advice
from relay.services.browse import Row
from relay.web.console.project import may


@dataclass(frozen=True, slots=True)
class Way:
    """One link, as a button; `main` is the one that the advice is about."""

    label: str
    href: str
    main: bool = False


def of(row: Row) -> list[Way]:
    """The ways that the signed-in person may go."""
    ways = list(_ways(row))
    return sorted(ways, key=lambda way: not way.main)


def _ways(row: Row) -> Iterator[Way]:
    step = advice(row).step
    if row["target_id"] is not None and row["target"] is not None:
        yield from _of_target(row, step)
    if row["source_id"] is not None and row["source"] is not None:
        yield from _of_source(row)
    if row["sort"] == "notice" and may("editor"):
        recipient = row["facts"].get("recipient")
        href = _to("notices.show", recipient_id=recipient)
        yield Way("Open its settings and test it", href, main=True)


def _of_target(row: Row, step: str) -> Iterator[Way]:
    target = row["target_id"]
    if step in _MENDING and may("editor"):
        words, page = _MENDING[step]
        yield Way(words, _to(f"targets.{page}", target_id=target), main=True)
    if row["sort"] in _STATES:
        words = "See those deliveries" if step != "replay" else "See them and send them again"
        href = _to("deliveries.index", target=target, **_STATES[row["sort"]])
        yield Way(words, href, main=step == "replay")
    words = "Resume or test it" if step == "resume" else "Open the target"
    yield Way(words, _to("targets.show", target_id=target), main=step in {"resume", "wait"})


_MENDING = {
    "settings": ("Fix its settings", "edit"),
    "mapping": ("Edit its mapping", "outgoing.index"),
    "limits": ("Set a limit", "pace.index"),
}
"""Where a target is put right, by the step of an advice: words and page."""

_STATES: dict[str, dict[str, Any]] = {
    "delivery": {"state": ["failed", "waiting"]},
    "expired": {"state": "expired"},
    "crashed": {"state": "failed"},
    "paused": {"state": "waiting"},
    "unreachable": {"state": "waiting"},
    "overdue": {"state": "waiting"},
}
"""Which of a target's deliveries a problem is about."""


def _of_source(row: Row) -> Iterator[Way]:
    source, sort = row["source_id"], row["sort"]
    if sort == "quarantine":
        if may("editor"):
            yield Way("Edit the mapping", _to("mapping.index", source_id=source), main=True)
        yield Way("See what waits for it", _to("shelves.index", source=source))
    if sort in {"turned away", "silence"}:
        shelf = _to("shelves.index", shelf="turned-away", source=source)
        yield Way("See what was turned away", shelf, main=sort == "turned away")
    if sort == "credential" and may("editor"):
        yield Way("Fix its settings", _to("sources.edit", source_id=source), main=True)
    yield Way("Open the source", _to("sources.show", source_id=source), main=sort == "silence")


def _to(page: str, **values: Any) -> str:
    return url_for(f"console.project.{page}", **values)
